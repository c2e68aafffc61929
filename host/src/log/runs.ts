// Runs in an audit log: one entry before the first effect, one about the evidence. docs/spec/log.md, LOG-13, LOG-32
// and LOG-61 to LOG-64.
import { createEngine } from "@reach-fabric/engine";
import type { Engine } from "@reach-fabric/engine";
import { evidenceEntryOf, startedEntryOf, withProof } from "@reach-fabric/evidence";
import type { Recorder } from "../record/recorder.ts";
import type { Log } from "./log.ts";
import { readLog } from "./reader.ts";

/** A recorder of a run that is noted in a log. */
export interface LoggedRecorder extends Recorder {
  /** The number of the entry with which the run began; undefined before that. */
  readonly started: number | undefined;
}

/**
 * A recorder that notes the run in a log when it begins: durable there before anything is asked of the
 * world. A run that is never heard of again has left its beginning, and what it was: input, grant, pack and time cannot
 * be others afterwards.
 *
 * @example
 * await run({ ...options, recorder: loggedRecorder(folderRecorder("runs/1"), log) });
 */
export function loggedRecorder(recorder: Recorder, log: Log): LoggedRecorder {
  let started: number | undefined;
  return {
    ...recorder,
    get started() {
      return started;
    },
    begin: async (beginning) => {
      const { pack, engine, startedAt, start: record } = beginning;
      const { run } = recorder;
      const facts = { run, record, pack: pack.digest, engine, startedAt };
      const entry = startedEntryOf(createEngine(), facts);
      await recorder.begin(beginning);
      started = (await log.append(entry)).index;
    },
  };
}

/**
 * Puts evidence into a log.
 *
 * @param started the number of the entry with which its run began
 * @returns the evidence with the proof that it is there, and that its run began there before
 * @throws EvidenceError, ReachError as evidenceEntryOf(), withProof(), Log.append() and readLog() do
 */
export async function logEvidence(
  log: Log,
  engine: Engine,
  evidence: Uint8Array,
  started?: number,
): Promise<Uint8Array<ArrayBuffer>> {
  const { index } = await log.append(evidenceEntryOf(engine, evidence));
  const reader = await readLog(log.folder);
  const start = started === undefined ? undefined : await reader.prove(started);
  return withProof(engine, evidence, await reader.prove(index), start);
}
