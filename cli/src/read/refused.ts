// What is wrong in a JSON file that evidence has refused: a policy, a keyring, a key.
import { EngineError, pointerOf } from "@reach-fabric/engine";
import { EvidenceError } from "@reach-fabric/evidence";
import { inOrder } from "@reach-fabric/schema";
import type { Path } from "@reach-fabric/schema";
import { lineColumn } from "./files.ts";
import { CliError, documentProblem, problemOf, problemOfDocument } from "../ui/problem.ts";
import type { CliProblem } from "../ui/problem.ts";

/** A file that people write. */
export interface WrittenFile {
  readonly path: string;
  /** What is in it, where the problems have their places in that. */
  readonly bytes?: Uint8Array;
}

/**
 * The error of a command for whose file evidence has thrown one, with all that is wrong in it, by line. Its
 * `problem` has no lines: they are looked for only when it is told.
 *
 * @param exitCode in place of what the code of the error means elsewhere
 */
export function refusedFile(error: unknown, file: WrittenFile, exitCode?: number): CliError {
  const found = problemOf(error, file.path);
  const problem = { ...found, exitCode: exitCode ?? found.exitCode };
  if (!(error instanceof EvidenceError)) return new CliError(problem);
  const { problems, cause } = error;
  if (problems.length === 0) {
    if (file.bytes === undefined || !(cause instanceof EngineError)) return new CliError(problem);
    // It is no JSON, from a byte on.
    const { exitCode: code, ...said } = problem;
    const place = lineColumn(file.bytes, cause.offset);
    const told = { ...said, where: file.path, file: file.path, ...place };
    return new CliError(problemOfDocument([told], code));
  }
  return new CliError(problemIn(error, file, problem.exitCode), async () => {
    if (file.bytes === undefined) return problemIn(error, file, problem.exitCode);
    const { readJson } = await import("@reach-fabric/host/packs");
    const document = readJson(file.bytes, file.path);
    return problemIn(error, file, problem.exitCode, (path) => document.locate(path));
  });
}

type Locate = (path: Path) => { readonly line?: number; readonly column?: number };

function problemIn(
  { code, hint, problems }: EvidenceError,
  { path: file }: WrittenFile,
  exitCode: number,
  locate: Locate = () => ({}),
): CliProblem {
  const placed = problems.map((problem) => {
    const { line, column } = locate(problem.path);
    const place = line === undefined || column === undefined ? {} : { line, column };
    return { ...problem, pointer: pointerOf(problem.path), place };
  });
  const told = inOrder(placed, ({ place }) => place.line ?? 0).map(({ place, ...problem }) =>
    documentProblem({ ...(hint && { hint }), ...problem, ...place, code, where: file, file }),
  );
  return problemOfDocument(told, exitCode);
}
