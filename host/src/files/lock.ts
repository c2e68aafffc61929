// One process at a time writes a log, or changes a keyring. The lock is SQLite's on a file of its own: the system
// takes it back when a process ends, however it ends, and a copy of the folder does not carry it along. The file
// stays, and is no lock.
import { closeSync, openSync } from "node:fs";
import { DatabaseSync } from "node:sqlite";
import { setTimeout as sleep } from "node:timers/promises";
import { hostCode } from "./codes.ts";
import { ReachError } from "./error.ts";

/** Milliseconds between two tries. */
const PAUSE = 25;

/** SQLITE_BUSY: another process holds it. */
const BUSY = 5;

/** A lock that is held. */
export interface Lock {
  /** Gives it up; once more does nothing. */
  release(): void;
}

/** What is said where another process holds the lock. */
export interface InUse {
  readonly code: string;
  readonly what: string;
  readonly why: string;
  readonly hint: string;
}

/**
 * Takes the lock, or waits for it so many milliseconds.
 *
 * @throws ReachError as `inUse` says: another process holds it; `REACH-E4111` there can be none at this place
 */
export async function lockFile(path: string, wait: number, inUse: InUse): Promise<Lock> {
  makeFile(path);
  for (let waited = 0; ; waited += PAUSE) {
    let database: DatabaseSync | undefined;
    try {
      const held = (database = new DatabaseSync(path));
      // Nothing is ever written: the journal needs no file.
      held.exec("PRAGMA busy_timeout = 0; PRAGMA journal_mode = MEMORY; BEGIN EXCLUSIVE");
      return {
        release: () => {
          if (held.isOpen) held.close();
        },
      };
    } catch (error) {
      database?.close();
      if ((error as { errcode?: number }).errcode !== BUSY) throw noLock(path, error);
      if (waited >= wait) {
        const { code, what, why, hint } = inUse;
        throw new ReachError(code, what, { where: path, why, hint, cause: error });
      }
    }
    await sleep(PAUSE);
  }
}

/** Makes it for its owner alone. One that is there is not opened: that would end a lock of this process on it (POSIX). */
function makeFile(path: string): void {
  try {
    closeSync(openSync(path, "wx", 0o600));
  } catch {
    // It is there; or the database says why it cannot be.
  }
}

const noLock = (path: string, cause: unknown): ReachError =>
  new ReachError(hostCode.unwritable, "The lock cannot be taken.", {
    where: path,
    why: cause instanceof Error ? cause.message : "the system says no more",
    hint: "Is there such a folder, and may you write in it?",
    cause,
  });
