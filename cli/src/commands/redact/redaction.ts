import { EvidenceError } from "@reach-fabric/evidence";
import { CliError, EXIT, problemOf } from "../../ui/problem.ts";
import { EVIDENCE } from "../../ui/codes.ts";

/** What a redaction makes; a pointer that is wrong is wrong usage, and not evidence that has failed. */
export function inRedaction<T>(file: string, work: () => T): T {
  try {
    return work();
  } catch (error) {
    const problem = problemOf(error, file);
    const isUsage =
      error instanceof EvidenceError &&
      [EVIDENCE.noSuchValue, EVIDENCE.notWithoutRecords].includes(error.code);
    throw new CliError(isUsage ? { ...problem, exitCode: EXIT.usage } : problem);
  }
}
