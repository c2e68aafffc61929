import { EngineError, fromUtf8, pathOf, valueAt } from "@reach-fabric/engine";
import type { Engine, Pack } from "@reach-fabric/engine";
import type * as Host from "@reach-fabric/host";
import type { Path } from "@reach-fabric/schema";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { pointAt } from "./files.ts";
import { CliError, documentProblem, problemOf, sentence } from "../ui/problem.ts";
import type { CliProblem } from "../ui/problem.ts";
import { isOfKind } from "../ui/codes.ts";

/** How the host reads a document. */
type Reader = Pick<typeof Host, "readDocument">;

/** Loads a pack whose files are in a folder; what the engine refuses is said with its place. */
export function loadInto(engine: Engine, pack: Pack, folder: string, host: Reader): void {
  try {
    engine.load(pack);
  } catch (error) {
    throw new CliError(unloadable(error, pack, folder, host));
  }
}

/** The engine's error about a pack, with its place in the folder of the pack. */
export function unloadable(error: unknown, pack: Pack, folder: string, host: Reader): CliProblem {
  const problem = problemOf(error, folder);
  if (!(error instanceof EngineError)) return problem;
  const { code, file: path, pointer, reason } = error;
  if (path === undefined || pointer === undefined) return problem;
  // Bytes are counted in expressions only.
  const program = isOfKind(code, "program") ? expressionAt(pack, path, pointer) : undefined;
  const told = {
    code,
    what: sentence(reason),
    where: `${join(folder, path)} ${pointer || "/"}`,
    ...(program === undefined ? {} : { why: pointAt(program, error.offset) }),
  };
  const place = placeOf(join(folder, path), pathIn(pack, path, pointer), host);
  return {
    ...told,
    exitCode: problem.exitCode,
    problems: [documentProblem({ ...told, file: join(folder, path), ...place, pointer })],
  };
}

/** Where a file has the value at a path, if the file is there: a pack in one file has none beside it. */
export function placeOf(file: string, path: Path, host: Reader): LineColumn {
  try {
    const { line, column } = host.readDocument(readFileSync(file), file).locate(path);
    return line === undefined || column === undefined ? {} : { line, column };
  } catch {
    return {};
  }
}
type LineColumn = { readonly line?: number; readonly column?: number };

/** The path of a pointer into a file of a pack, with numbers where lists are. */
export const pathIn = (pack: Pack, file: string, pointer: string): Path =>
  pathsIn(pack)(file, pointer);

/** The same for many pointers: each file is read once. */
export function pathsIn({ files }: Pack): (file: string, pointer: string) => Path {
  const documents = new Map<string, unknown>();
  const documentOf = (file: string): unknown => {
    if (!documents.has(file)) {
      const found = files.find(({ path }) => path === file);
      documents.set(file, found && JSON.parse(fromUtf8(found.bytes)));
    }
    return documents.get(file);
  };
  return (file, pointer) =>
    pathOf(pointer).map((step, at, path) =>
      Array.isArray(valueAt(documentOf(file), path.slice(0, at))) ? Number(step) : step,
    );
}

/** The program of the expression at a pointer of a file: what is between `${` and `}`, if they are there. */
function expressionAt({ files }: Pack, path: string, pointer: string): string | undefined {
  const file = files.find((one) => one.path === path);
  const document: unknown = file && JSON.parse(fromUtf8(file.bytes));
  const value = valueAt(document, pathOf(pointer));
  if (typeof value !== "string") return undefined;
  return /^\s*\$\{(.*)\}\s*$/s.exec(value)?.[1] ?? value;
}
