import {
  attachPack,
  EvidenceError,
  openEvidence,
  recordsOf,
  REPLAY_FUEL,
} from "@reach-fabric/evidence";
import type { Budget, Evidence, RunRecord } from "@reach-fabric/evidence";
import type { Engine, Pack } from "@reach-fabric/engine";
import type { Machine } from "../ui/machine.ts";
import { readInput } from "./files.ts";
import { wholeNumber } from "./options.ts";
import { CliError, EXIT, problemOf } from "../ui/problem.ts";
import { EVIDENCE } from "../ui/codes.ts";

/** The option for who computes runs that come from others. */
export const FUEL: readonly [string, string, (text: string) => number] = [
  "--fuel <n>",
  `compute a run that may use so much fuel (default: ${REPLAY_FUEL})`,
  (text) => wholeNumber("--fuel", text),
];

/**
 * The bytes of evidence with a pack that was left out of it. Bytes that are no evidence stay what they are: who
 * reads them says so.
 *
 * @param file where the bytes are from
 * @param pack a .pack file, a pack's folder, or the workflow that it is made of
 */
export async function withPack(
  engine: Engine,
  bytes: Uint8Array,
  file: string,
  pack: string | undefined,
): Promise<Uint8Array> {
  if (pack === undefined) return bytes;
  const { loadPack } = await import("@reach-fabric/host/packs");
  let loaded: Pack;
  try {
    loaded = await loadPack(pack);
  } catch (error) {
    throw new CliError(problemOf(error, pack));
  }
  try {
    return attachPack(engine, bytes, loaded);
  } catch (error) {
    if (!(error instanceof EvidenceError)) throw error;
    if (![EVIDENCE.tooLarge, EVIDENCE.otherPack].includes(error.code)) return bytes;
    throw new CliError({ ...problemOf(error, `${file}, ${pack}`), exitCode: EXIT.usage });
  }
}

/** The evidence in a file, opened and not verified. Errors name the file. */
export function readEvidence(
  machine: Machine,
  engine: Engine,
  file: string,
  bytes: Uint8Array = readInput(machine, file),
): Evidence {
  try {
    return openEvidence(engine, bytes);
  } catch (error) {
    throw new CliError(problemOf(error, file));
  }
}

/** The records of evidence, computed one after the other. Errors name the file. */
export function* recordsIn(
  engine: Engine,
  file: string,
  evidence: Evidence,
  budget: Budget = {},
): Generator<RunRecord, void, undefined> {
  try {
    yield* recordsOf(engine, evidence, budget);
  } catch (error) {
    throw new CliError(problemOf(error, file));
  }
}

/** The record with a number, as far as they come; no more are computed. */
export function recordAt(records: Iterable<RunRecord>, seq: number): RunRecord | undefined {
  for (const record of records) if (record.seq === seq) return record;
  return undefined;
}
