// Runs in an audit log: one entry before the first effect, one about the evidence. docs/spec/log.md, LOG-13, LOG-32
// and LOG-61 to LOG-64.
import { createEngine } from "@reach-fabric/engine";
import type { Engine } from "@reach-fabric/engine";
import {
  evidenceEntryOf,
  sameLoggedRun,
  startedEntryOf,
  subjectsIn,
  subjectsUnder,
  withProof,
} from "@reach-fabric/evidence";
import type { EvidenceEntry, MatterKey, RunStart } from "@reach-fabric/evidence";
import type { Beginning, RunIdentity } from "../record/identity.ts";
import type { Recorder } from "../store/recorder.ts";
import { hostCode } from "../files/codes.ts";
import { ReachError } from "../files/error.ts";
import type { Log } from "./log.ts";
import { readLog } from "./reader.ts";

/** What a log notes beside a run. */
export interface LoggedOptions {
  /** The tenant's key, under which it is noted whom the run is about; needed where the pack says so. */
  readonly matterKey?: MatterKey | undefined;
  /** The run goes on: its beginning is looked for in the log, and noted if it is not there. */
  readonly goesOn?: boolean;
}

/** A recorder of a run that is noted in a log. */
export interface LoggedRecorder extends Recorder {
  /** The number of the entry with which the run began; undefined before that. */
  readonly started: number | undefined;
}

/**
 * A recorder that notes the run in a log when it begins: durable there before anything is asked of the
 * world. A run that is never heard of again has left its beginning, and what it was: input, grant, pack and time cannot
 * be others afterwards. Where the pack has values of the class `subject`, who has the matter key can find it by them.
 *
 * @throws ReachError from begin(): `REACH-E4171` the pack has such values and there is no key; as Log.append() does
 *
 * @example
 * await run({ ...options, recorder: loggedRecorder(folderRecorder("runs/1"), log) });
 */
export function loggedRecorder(
  recorder: Recorder,
  log: Log,
  { matterKey, goesOn = false }: LoggedOptions = {},
): LoggedRecorder {
  let started: number | undefined;
  return {
    ...recorder,
    get started() {
      return started;
    },
    begin: async (beginning) => {
      const { pack, engine, startedAt, start: record } = beginning;
      const { run } = recorder;
      const own = createEngine();
      const subjects = subjectsOf(own, beginning, run, matterKey);
      const facts = { run, record, pack: pack.digest, engine, startedAt, ...subjects };
      const entry = startedEntryOf(own, facts);
      await recorder.begin(beginning);
      started = goesOn ? await startedIn(log, run) : undefined;
      started ??= (await log.append(entry)).index;
    },
  };
}

/** The number of the entry with which a run began; undefined where it is not in the log. */
async function startedIn(log: Log, { id, attempt }: RunIdentity): Promise<number | undefined> {
  const reader = await readLog(log.folder);
  for await (const { index, entry } of reader.entries()) {
    if (entry.type !== "started") continue;
    if (entry.body.run === id && entry.body.attempt === attempt) return index;
  }
  return undefined;
}

/** What the entry says of whom the run is about, where its pack says where that stands. */
function subjectsOf(
  engine: Engine,
  { pack, start }: Beginning,
  { id, attempt }: RunIdentity,
  key: MatterKey | undefined,
): Pick<RunStart, "subjects"> {
  const subjects = subjectsIn(pack, start);
  if (subjects === undefined) return {};
  if (key === undefined) {
    throw new ReachError(hostCode.noMatterKey, "The log needs a matter key.", {
      why: "the pack says whom its runs are about, and the log notes that under such a key",
      hint: "Give --matter-key FILE; make one: reach log matter-key -o FILE",
    });
  }
  if (subjects.length === 0) return {};
  return { subjects: subjectsUnder(engine, key, { run: id, attempt }, subjects) };
}

/**
 * Puts evidence into a log; what is there already, as after a crash, is not put there again.
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
  const entry = evidenceEntryOf(engine, evidence);
  const index = (await loggedIn(log, entry, started)) ?? (await log.append(entry)).index;
  const reader = await readLog(log.folder);
  const start = started === undefined ? undefined : await reader.prove(started);
  return withProof(engine, evidence, await reader.prove(index), start);
}

/** The number of the entry about evidence that is in the log, behind the beginning of its run. */
async function loggedIn(
  log: Log,
  wanted: EvidenceEntry,
  started: number | undefined,
): Promise<number | undefined> {
  if (started === undefined) return undefined;
  for await (const { index, entry } of (await readLog(log.folder)).entries(started)) {
    if (sameLoggedRun(entry, wanted)) return index;
  }
  return undefined;
}
