// Where a run is kept while it happens: what entered it, as all else follows from that. A recorder promises one
// thing: when append() has resolved, the record survives whatever happens to the process or the machine (ABI-8).
import { createIn, runFolder } from "./run-folder.ts";
import type { InboxReader, Lease, NewRun, Rest, RunLabels, RunStore } from "./store.ts";
import { newIdentity } from "../record/identity.ts";
import type { Beginning, IdentityOptions, RunIdentity } from "../record/identity.ts";
import type { Line } from "../record/journal.ts";

export interface Recorder {
  readonly run: RunIdentity;
  /** What is given to the run from outside while it goes on. */
  readonly inbox?: InboxReader;
  begin(beginning: Beginning): Promise<void>;
  /** Takes what entered since, together. Resolves when all of it is durable; if it rejects, none of it counts. */
  append(lines: readonly Line[]): Promise<void>;
  /** @param rest how the run is left; without it, interrupted */
  close(rest?: Rest): Promise<void>;
}

/**
 * A recorder that keeps nothing beyond the process: for tests and for embedders that keep what onRecord() gives them.
 *
 * @example
 * const { status } = await run({ engine, pack, input, recorder: memoryRecorder() });
 * status; // → "completed"
 */
export function memoryRecorder(options: IdentityOptions = {}): Recorder {
  const recorder = {
    run: newIdentity(options),
    begin: () => Promise.resolve(),
    append: () => Promise.resolve(),
    close: () => Promise.resolve(),
  };
  forgetful.add(recorder);
  return recorder;
}

const forgetful = new WeakSet<Recorder>();

/** Whether a recorder keeps nothing: then no digest of what left is needed. One that wraps such a recorder may keep something. */
export const keepsNothing = (recorder: Recorder): boolean => forgetful.has(recorder);

/**
 * Records a run in a folder, which must be empty or not there yet:
 *
 * ```
 * run.json       the run's id and attempt, its beginning, the digests of engine and pack
 * secret         the run secret in hex, readable by its owner only
 * pack/          pack.json, and every file of the pack under its SHA-256
 * lock           whose process writes it: SQLite's lock on this file, and not the file
 * entered.jsonl  a record that entered a line, each on the disk before anything that follows from it leaves the process
 * ```
 *
 * What was appended is on the disk; what could not be appended is taken back, so that the file
 * ends with a whole record unless the machine stopped in the middle of a write, which readKept()
 * recognises.
 *
 * @throws ReachError from begin() and append(): `REACH-E4110` disk full, `REACH-E4111` not
 *   writable, `REACH-E4112` the folder holds something, `REACH-E4114` another process records in it
 *
 * @example
 * await run({ engine, pack, input, recorder: folderRecorder("runs/2") });
 * const { records } = await readKept(engine, runFolder("runs/2"));
 */
export const folderRecorder = (
  folder: string,
  options: IdentityOptions = {},
  labels: RunLabels = {},
): Recorder =>
  recorderOf(
    newIdentity(options),
    labels,
    (run) => createIn(folder, run),
    runFolder(folder).inbox(),
  );

/**
 * Records a run in a store, from its first record on.
 *
 * @throws ReachError from begin() and append(): as RunStore.create() and Lease.append()
 *
 * @example
 * const store = folderStore("runs");
 * const recorder = storeRecorder(store, { workflow: "loan" });
 * await run({ engine, pack, input, recorder });
 * const { state } = await store.run(recorder.run.id).head();
 * state; // → "completed"
 */
export function storeRecorder(
  store: RunStore,
  labels: RunLabels = {},
  options: IdentityOptions = {},
): Recorder {
  const identity = newIdentity(options);
  return recorderOf(identity, labels, (run) => store.create(run), store.run(identity.id).inbox());
}

/** Goes on recording a run under a lease of it. */
export const resumedRecorder = (lease: Lease, inbox: InboxReader): Recorder =>
  recording(lease.run, inbox, () => Promise.resolve(lease));

const recorderOf = (
  identity: RunIdentity,
  labels: RunLabels,
  create: (run: NewRun) => Promise<Lease>,
  inbox: InboxReader,
): Recorder =>
  recording(identity, inbox, ({ pack, engine, startedAt }) =>
    create({ run: identity, pack, engine, startedAt, ...labels }),
  );

function recording(
  identity: RunIdentity,
  inbox: InboxReader,
  open: (beginning: Beginning) => Promise<Lease>,
): Recorder {
  let lease: Lease | undefined;
  let length = 0;
  return {
    run: identity,
    inbox,
    begin: async (beginning) => {
      lease = await open(beginning);
      length = lease.file?.lines.length ?? 0;
    },
    append: async (lines) => {
      if (lease === undefined) throw new TypeError("append() comes after begin()");
      const at = length;
      length += lines.length;
      await lease.append(at, lines);
    },
    close: async (rest = { state: "interrupted" }) => {
      const held = lease;
      lease = undefined;
      await held?.release(rest);
    },
  };
}
