// The folder of a run, as a run that is kept: docs/spec/run-folder.md. One process at a time records in it, by a lock of the system.
import { readdir, rm } from "node:fs/promises";
import { join } from "node:path";
import { hostCode } from "../files/codes.ts";
import { ReachError } from "../files/error.ts";
import { cannotWrite, makeFolder, syncFolder } from "../files/files.ts";
import { lockFile } from "../files/lock.ts";
import type { Lock } from "../files/lock.ts";
import type { Line } from "../record/journal.ts";
import { beginReading, endReading, FolderInbox, lastMessage, putMessage } from "./folder-inbox.ts";
import { isSecret, names, readMeta, readRunFile, writeBeginning } from "./folder-files.ts";
import { stateIn, writeState } from "./folder-state.ts";
import type { FolderState } from "./folder-state.ts";
import { forgotten, IN_USE, inUse, leaseLost } from "./errors.ts";
import { Journal } from "./journal-file.ts";
import { ENDED, labelsOf, requireLabels } from "./store.ts";
import type { KeptRun, Lease, NewRun, Rest, RunFile, RunHead } from "./store.ts";

/** Milliseconds that a claim waits: who only looks whether a run is in use has its lock for a moment. */
const MOMENT = 100;

/**
 * The run that a folder keeps.
 *
 * @example
 * await run({ engine, pack, input, recorder: folderRecorder("runs/6") });
 * const { state } = await runFolder("runs/6").head();
 * state; // → "completed"
 */
export function runFolder(folder: string): KeptRun {
  return {
    where: folder,
    head: () => headOf(folder),
    read: async () => (await readRunFile(folder)).file,
    claim: () => claim(folder),
    put: async (message, at) => {
      await readMeta(folder);
      const { evidence } = await stateIn(folder);
      if (evidence !== undefined) throw forgotten(folder, evidence);
      return putMessage(folder, message, at);
    },
    inbox: () => new FolderInbox(folder),
    forget: (evidence) =>
      locked(folder, async () => {
        const { epoch, state } = await stateIn(folder);
        const rest = ENDED.has(state) ? state : "interrupted";
        await writeState(folder, { epoch, lines: 0, crashes: 0, state: rest, evidence });
        await empty(folder, [names.lock, names.meta, names.state]);
      }),
    remove: async () => {
      await locked(folder, () => empty(folder, [names.lock, names.meta]));
      // What says whose it is last: cut off in between, it is found again.
      await rm(join(folder, names.meta), { force: true });
      await rm(folder, { recursive: true, force: true });
    },
  };
}

/** Keeps a new run in a folder, which must be empty or not there yet. */
export async function createIn(folder: string, beginning: NewRun): Promise<Lease> {
  requireLabels(beginning);
  await makeRunFolder(folder);
  const lock = await lockRun(folder);
  try {
    if (await isUnfinished(folder)) await empty(folder, [names.lock]);
    else await makeEmptyRun(folder);
    try {
      await writeBeginning(folder, beginning);
      const journal = await Journal.create(join(folder, names.entered));
      await syncFolder(folder);
      await writeState(folder, { epoch: 1, lines: 0, crashes: 0, state: "running" });
      const held = { folder, lock, epoch: 1, crashes: 0, length: 0, file: undefined, before: "" };
      return new FolderLease(beginning.run, held, Promise.resolve(journal));
    } catch (error) {
      // The folder was empty, and no one else writes into it while the lock is held.
      await empty(folder, [names.lock]);
      throw cannotWrite(folder, error);
    }
  } catch (error) {
    lock.release();
    throw error;
  }
}

async function claim(folder: string): Promise<Lease> {
  await readMeta(folder);
  const { epoch: last } = await stateIn(folder);
  const lock = await lockRun(folder, MOMENT);
  try {
    const before = await stateIn(folder);
    // It was not only looked at: another process has claimed it meanwhile.
    if (before.epoch !== last) throw inUse(folder);
    const { file, whole } = await readRunFile(folder);
    const { length } = file.lines;
    const isCrash = before.state === "running" && before.lines === length;
    const crashes = isCrash ? before.crashes + 1 : 0;
    const epoch = before.epoch + 1;
    const { read = "" } = before;
    await writeState(folder, { epoch, lines: length, crashes, read, state: "running" });
    const held = { folder, lock, epoch, crashes, length, file, before: read };
    return new FolderLease(file.run, held, undefined, whole);
  } catch (error) {
    lock.release();
    throw error;
  }
}

/** What a lease of a folder holds. */
interface Held {
  readonly folder: string;
  readonly lock: Lock;
  readonly epoch: number;
  readonly crashes: number;
  /** Lines that are there. */
  readonly length: number;
  readonly file: RunFile | undefined;
  /** The last message that was read by those who executed it before. */
  readonly before: string;
}

class FolderLease implements Lease {
  readonly run;
  readonly epoch: number;
  readonly crashes: number;
  readonly file: RunFile | undefined;
  readonly #held: Held;
  /** Bytes of the journal that are whole. */
  readonly #whole: number;
  #journal: Promise<Journal> | undefined;
  #length: number;
  #isOver = false;

  constructor(run: Lease["run"], held: Held, journal?: Promise<Journal>, whole = 0) {
    this.run = run;
    this.epoch = held.epoch;
    this.crashes = held.crashes;
    this.file = held.file;
    this.#held = held;
    this.#length = held.length;
    this.#journal = journal;
    this.#whole = whole;
    beginReading(held.folder);
  }

  async append(at: number, lines: readonly Line[]): Promise<void> {
    if (this.#isOver || at !== this.#length) throw leaseLost(this.#held.folder);
    // Before it is kept: of two that are asked for at once, one is wrong.
    this.#length += lines.length;
    this.#journal ??= Journal.goOn(join(this.#held.folder, names.entered), this.#whole);
    await (await this.#journal).append(lines);
  }

  async release(rest: Rest): Promise<void> {
    if (this.#isOver) return;
    this.#isOver = true;
    const { folder, lock, epoch, before } = this.#held;
    const given = endReading(folder);
    const read = given > before ? given : before;
    try {
      const journal = await this.#journal?.catch(() => undefined);
      await journal?.close();
      const restedAt = new Date().toISOString();
      const state: FolderState = {
        epoch,
        lines: this.#length,
        crashes: 0,
        read,
        restedAt,
        ...rest,
      };
      // It is of no consequence for the run.
      await writeState(folder, state).catch(() => undefined);
    } finally {
      lock.release();
    }
  }
}

async function headOf(folder: string): Promise<RunHead> {
  const meta = await readMeta(folder);
  const { id, attempt, startedAt, engine, pack } = meta;
  const { lines: _, crashes: __, read: ___, ...said } = await stateIn(folder);
  const isSo = said.state !== "running" || (await isInUse(folder));
  return {
    id,
    attempt,
    startedAt,
    engine,
    pack,
    ...labelsOf(meta),
    awaits: [],
    ...said,
    state: isSo ? said.state : "interrupted",
  };
}

/** Whether there is a message that those who executed the run have not read. */
export const hasNews = async (folder: string): Promise<boolean> =>
  (await lastMessage(folder)) > ((await stateIn(folder)).read ?? "");

async function isInUse(folder: string): Promise<boolean> {
  try {
    (await lockRun(folder)).release();
    return false;
  } catch (error) {
    if (error instanceof ReachError && error.code === hostCode.fileInUse) return true;
    throw error;
  }
}

/** Does something to a run that no process executes. */
async function locked(folder: string, work: () => Promise<void>): Promise<void> {
  await readMeta(folder);
  const lock = await lockRun(folder, MOMENT);
  try {
    await work();
  } finally {
    lock.release();
  }
}

/**
 * Takes the lock of a run's folder: one process at a time records in it. It ends with the process.
 *
 * @throws ReachError `REACH-E4114` another process has it, `REACH-E4111` it cannot be taken
 */
async function lockRun(folder: string, wait = 0): Promise<Lock> {
  try {
    return await lockFile(join(folder, names.lock), wait, IN_USE);
  } catch (error) {
    throw error instanceof ReachError ? error : cannotWrite(folder, error);
  }
}

/** Makes the folder, if it is not there; it may hold nothing but a lock, or what is unfinished. */
async function makeRunFolder(folder: string): Promise<void> {
  await makeFolder(folder);
  if (!(await isUnfinished(folder))) await makeEmptyRun(folder);
}

/** What a run has before it is one, of which run.json is the last (RUN-1). */
const BEGINNING: ReadonlySet<string> = new Set([
  names.lock,
  names.secret,
  names.pack,
  names.request,
  names.entered,
]);

/** Whether a process was killed before the run was one: a run secret, beside nothing else than what has been written by then. */
async function isUnfinished(folder: string): Promise<boolean> {
  const found = await readdir(folder).catch(() => []);
  const isOurs = (name: string): boolean =>
    BEGINNING.has(name) || /^\.(secret|request\.json|run\.json)\.[0-9a-f]{12}\.part$/.test(name);
  if (!found.every(isOurs)) return false;
  // It is written first.
  return (
    found.some((name) => /^(?:\.secret\.|secret$)/.test(name)) &&
    (await isSecret(join(folder, names.secret)))
  );
}

async function makeEmptyRun(folder: string): Promise<void> {
  const found = await readdir(folder).catch((error: unknown) => {
    throw cannotWrite(folder, error);
  });
  if (found.every((name) => name === names.lock)) return;
  throw new ReachError(hostCode.notEmpty, "The folder is not empty.", {
    where: folder,
    why: "existing files are never overwritten",
    hint: "Name a folder that does not exist yet.",
  });
}

async function empty(folder: string, but: readonly string[]): Promise<void> {
  for (const name of await readdir(folder).catch(() => [])) {
    if (but.includes(name)) continue;
    await rm(join(folder, name), { recursive: true, force: true });
  }
}
