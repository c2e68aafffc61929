// Where a run is kept while it happens: what entered it, as all else follows from that. A recorder promises one
// thing: when append() has resolved, the record survives whatever happens to the process or the machine (ABI-8).
import { utf8 } from "@reach-fabric/engine";
import type { Pack } from "@reach-fabric/engine";
import { manifestOf } from "@reach-fabric/evidence";
import { randomBytes, randomUUID } from "node:crypto";
import { readdir, rm } from "node:fs/promises";
import { join } from "node:path";
import { hostCode } from "../files/codes.ts";
import { ReachError } from "../files/error.ts";
import { cannotWrite, makeFolder, syncFolder, writeFileAtomic } from "../files/files.ts";
import { lockFile } from "../files/lock.ts";
import type { Lock } from "../files/lock.ts";
import { Journal } from "./journal.ts";
import type { Line } from "./journal.ts";

/** What the host knows of a run and the engine does not. */
export interface RunIdentity {
  /** A random lower-case UUID. */
  readonly id: string;
  /** From 1 on. */
  readonly attempt: number;
  /** 32 random bytes: the seeds of every commitment follow from them (TRACE-12). Never to be shown. */
  readonly secret: Uint8Array;
}

/** What a recorder is told before the first record. */
export interface Beginning {
  readonly pack: Pack;
  /** SHA-256 of the scalar engine, in hex. */
  readonly engine: string;
  /** In UTC with milliseconds. */
  readonly startedAt: string;
  /** The first record, which is about to enter. */
  readonly start: Uint8Array;
}

export interface Recorder {
  readonly run: RunIdentity;
  begin(beginning: Beginning): Promise<void>;
  /** Takes what entered since, together. Resolves when all of it is durable; if it rejects, none of it counts. */
  append(lines: readonly Line[]): Promise<void>;
  close(): Promise<void>;
}

/** Where identities come from; tests give their own. */
export interface IdentityOptions {
  readonly id?: string;
  /** 1 unless it is given. */
  readonly attempt?: number;
  readonly secret?: Uint8Array;
}

const identity = ({ id, attempt, secret }: IdentityOptions): RunIdentity => ({
  id: id ?? randomUUID(),
  attempt: attempt ?? 1,
  secret: secret ?? new Uint8Array(randomBytes(32)),
});

/**
 * A recorder that keeps nothing beyond the process: for tests and for embedders with a store.
 *
 * @example
 * const { status } = await run({ engine, pack, input, recorder: memoryRecorder() });
 * status; // → "completed"
 */
export function memoryRecorder(options: IdentityOptions = {}): Recorder {
  return {
    run: identity(options),
    begin: () => Promise.resolve(),
    append: () => Promise.resolve(),
    close: () => Promise.resolve(),
  };
}

/** The form of a run's folder: docs/spec/run-folder.md. */
export const RUN_FORMAT = "reach/run/v3";

/** Names inside it. */
export const names = {
  meta: "run.json",
  secret: "secret",
  pack: "pack",
  entered: "entered.jsonl",
  lock: "lock",
} as const;

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
 * ends with a whole record unless the machine stopped in the middle of a write, which readFolder()
 * recognises.
 *
 * @throws ReachError from begin() and append(): `REACH-E4110` disk full, `REACH-E4111` not
 *   writable, `REACH-E4112` the folder holds something, `REACH-E4114` another process records in it
 *
 * @example
 * await run({ engine, pack, input, recorder: folderRecorder("runs/2") });
 * const { records } = await readFolder(engine, "runs/2");
 */
export function folderRecorder(folder: string, options: IdentityOptions = {}): Recorder {
  return recorderIn(folder, identity(options), async (run, beginning) => {
    await makeEmptyRun(folder);
    const lock = await lockRun(folder);
    try {
      await makeEmptyRun(folder);
      try {
        await writeBeginning(folder, run, beginning);
        const journal = await Journal.create(join(folder, names.entered));
        await syncFolder(folder);
        return { lock, journal };
      } catch (error) {
        // The folder was empty, and no one else writes into it while the lock is held.
        await empty(folder);
        throw cannotWrite(folder, error);
      }
    } catch (error) {
      lock.release();
      throw error;
    }
  });
}

/**
 * Goes on recording a run in its folder, which was locked by lockRun() before it was read.
 *
 * @param length bytes of its journal that are whole; what is there beyond is taken away
 */
export const resumedRecorder = (
  folder: string,
  run: RunIdentity,
  { lock, length }: { readonly lock: Lock; readonly length: number },
): Recorder =>
  recorderIn(folder, run, async () => ({
    lock,
    journal: await Journal.goOn(join(folder, names.entered), length),
  }));

interface Held {
  readonly lock: Lock;
  readonly journal: Journal;
}

function recorderIn(
  folder: string,
  run: RunIdentity,
  open: (run: RunIdentity, beginning: Beginning) => Promise<Held>,
): Recorder {
  let held: Held | undefined;
  return {
    run,
    begin: async (beginning) => {
      held = await open(run, beginning);
    },
    append: async (lines) => {
      if (held === undefined) throw new TypeError("append() comes after begin()");
      await held.journal.append(lines);
    },
    close: async () => {
      const { journal, lock } = held ?? {};
      held = undefined;
      await journal?.close().finally(() => lock?.release());
    },
  };
}

/**
 * Takes the lock of a run's folder: one process at a time records in it. It ends with the process.
 *
 * @throws ReachError `REACH-E4114` another process has it, `REACH-E4111` it cannot be taken
 */
export async function lockRun(folder: string): Promise<Lock> {
  try {
    return await lockFile(join(folder, names.lock), 0, {
      code: hostCode.fileInUse,
      what: "The run is in use.",
      why: "another process executes it",
      hint: "Wait until that has ended.",
    });
  } catch (error) {
    throw error instanceof ReachError ? error : cannotWrite(folder, error);
  }
}

/** Makes the folder, if it is not there; it may hold nothing but a lock. */
async function makeEmptyRun(folder: string): Promise<void> {
  await makeFolder(folder);
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

const encode = (value: unknown): Uint8Array => utf8(JSON.stringify(value));

async function writeBeginning(
  folder: string,
  run: RunIdentity,
  { pack, engine, startedAt }: Beginning,
): Promise<void> {
  const secret = utf8(`${Buffer.from(run.secret).toString("hex")}\n`);
  await writeFileAtomic(join(folder, names.secret), secret, 0o600);
  await makeFolder(join(folder, names.pack));
  await writeFileAtomic(join(folder, names.pack, "pack.json"), pack.manifest);
  // Under their digests: no name of a pack ever becomes a name on this disk.
  const byPath = new Map(pack.files.map(({ path, bytes }) => [path, bytes]));
  for (const { path, sha256 } of manifestOf(pack).files) {
    const bytes = byPath.get(path);
    if (!bytes || !/^[0-9a-f]{64}$/.test(sha256)) throw new TypeError("A pack that is not one");
    await writeFileAtomic(join(folder, names.pack, sha256), bytes);
  }
  const { attempt, id } = run;
  const meta = { attempt, engine, format: RUN_FORMAT, id, pack: pack.digest, startedAt };
  await writeFileAtomic(join(folder, names.meta), encode(meta));
}

async function empty(folder: string): Promise<void> {
  for (const name of await readdir(folder).catch(() => [])) {
    if (name === names.lock) continue;
    await rm(join(folder, name), { recursive: true, force: true }).catch(() => undefined);
  }
}
