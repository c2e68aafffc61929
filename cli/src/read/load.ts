import { EngineError, fromUtf8, pathOf, valueAt } from "@reach-fabric/engine";
import type { Engine, Pack } from "@reach-fabric/engine";
import { join } from "node:path";
import { pointAt } from "./files.ts";
import { CliError, problemOf } from "../ui/problem.ts";
import type { Problem } from "../ui/problem.ts";

/** Loads a pack whose files are in a folder; what the engine refuses is said with its place. */
export function loadInto(engine: Engine, pack: Pack, folder: string): void {
  try {
    engine.load(pack);
  } catch (error) {
    throw new CliError(unloadable(error, pack, folder));
  }
}

/** The engine's error about a pack, whose message ends with the place: `at POINTER of FILE`. */
export function unloadable(error: unknown, pack: Pack, folder: string): Problem {
  const problem = problemOf(error, folder);
  const place = /^(.*) at (\/.*) of (.+)$/s.exec(problem.what);
  if (place === null || !(error instanceof EngineError)) return problem;
  const [, what = "", pointer = "", path = ""] = place;
  const where = `${join(folder, path)} ${pointer}`;
  const program = error.code.startsWith("REACH-E13")
    ? expressionAt(pack, path, pointer)
    : undefined;
  const { code, exitCode } = problem;
  // Bytes are counted in expressions only.
  const why = program === undefined ? {} : { why: pointAt(program, error.offset) };
  return { code, what, where, ...why, exitCode };
}

/** The program of the expression at a pointer of a file: what is between `${` and `}`, if they are there. */
function expressionAt({ files }: Pack, path: string, pointer: string): string | undefined {
  const file = files.find((one) => one.path === path);
  const document: unknown = file && JSON.parse(fromUtf8(file.bytes));
  const value = valueAt(document, pathOf(pointer));
  if (typeof value !== "string") return undefined;
  return /^\s*\$\{(.*)\}\s*$/s.exec(value)?.[1] ?? value;
}
