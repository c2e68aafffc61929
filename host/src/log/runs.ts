// Runs in an audit log: one entry before the first effect, one about the evidence. docs/spec/log.md, LOG-13
// and LOG-32.
import type { Engine } from "@reach-fabric/engine";
import { evidenceEntryOf, withProof } from "@reach-fabric/evidence";
import type { Recorder } from "../record/recorder.ts";
import type { Log } from "./log.ts";
import { readLog } from "./reader.ts";

/**
 * A recorder that notes the run in a log when it begins: durable there before anything is asked of the
 * world. A run that is never heard of again has left its beginning.
 *
 * @example
 * await run({ ...options, recorder: loggedRecorder(folderRecorder("runs/1"), log) });
 */
export function loggedRecorder(recorder: Recorder, log: Log): Recorder {
  return {
    ...recorder,
    begin: async (beginning) => {
      await recorder.begin(beginning);
      const { pack, engine } = beginning;
      const { id, attempt } = recorder.run;
      const body = { run: id, attempt, pack: pack.digest, engine };
      await log.append({ type: "started", body });
    },
  };
}

/**
 * Puts evidence into a log.
 *
 * @returns the evidence with the proof that it is there
 * @throws EvidenceError, ReachError as evidenceEntryOf(), Log.append() and readLog() do
 */
export async function logEvidence(
  log: Log,
  engine: Engine,
  evidence: Uint8Array,
): Promise<Uint8Array<ArrayBuffer>> {
  const { index } = await log.append(evidenceEntryOf(engine, evidence));
  const reader = await readLog(log.folder);
  return withProof(engine, evidence, await reader.prove(index));
}
