import { EngineError, fromUtf8 } from "@reach-fabric/engine";
import type { Engine, Pack } from "@reach-fabric/engine";
import type { PackManifest } from "@reach-fabric/schema";
import { join } from "node:path";
import { pointAt } from "./files.ts";
import { CliError, problemOf, sentence } from "../ui/problem.ts";
import type { Problem } from "../ui/problem.ts";
import { isOfKind } from "../ui/codes.ts";

/** Loads a pack whose files are in a folder; what the engine refuses is said with its place. */
export function loadInto(engine: Engine, pack: Pack, folder: string): void {
  try {
    engine.load(pack);
  } catch (error) {
    throw new CliError(unloadable(error, pack, folder));
  }
}

export const manifestOf = (pack: Pack): PackManifest =>
  JSON.parse(fromUtf8(pack.manifest)) as PackManifest;

/** The engine's error about a pack, with its place in the folder of the pack. */
export function unloadable(error: unknown, pack: Pack, folder: string): Problem {
  const problem = problemOf(error, folder);
  if (!(error instanceof EngineError)) return problem;
  const { file, pointer, reason } = error;
  if (file === undefined || pointer === undefined) return problem;
  // Bytes are counted in expressions only.
  const program = isOfKind(error.code, "program") ? expressionAt(pack, file, pointer) : undefined;
  return {
    code: problem.code,
    what: sentence(reason),
    where: `${join(folder, file)} ${pointer || "/"}`,
    ...(program === undefined ? {} : { why: pointAt(program, error.offset) }),
    exitCode: problem.exitCode,
  };
}

/** The program of the expression at a pointer of a file: what is between `${` and `}`, if they are there. */
function expressionAt({ files }: Pack, path: string, pointer: string): string | undefined {
  const file = files.find((one) => one.path === path);
  let value: unknown = file && JSON.parse(fromUtf8(file.bytes));
  for (const part of pointer.split("/").slice(1)) {
    const name = part.replaceAll("~1", "/").replaceAll("~0", "~");
    value = (value as Record<string, unknown> | null | undefined)?.[name];
  }
  if (typeof value !== "string") return undefined;
  return /^\s*\$\{(.*)\}\s*$/s.exec(value)?.[1] ?? value;
}
