import { openEvidence } from "@reach-fabric/evidence";
import type { Evidence } from "@reach-fabric/evidence";
import type { Engine } from "@reach-fabric/engine";
import { readInput } from "./files.ts";
import { CliError, problemOf } from "./problem.ts";

/** The evidence in a file, opened and not verified. Errors name the file. */
export function readEvidence(engine: Engine, file: string): Evidence {
  const bytes = readInput(file);
  try {
    return openEvidence(engine, bytes);
  } catch (error) {
    throw new CliError(problemOf(error, file));
  }
}
