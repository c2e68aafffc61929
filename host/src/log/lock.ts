// One process at a time writes a log. The lock is SQLite's on a file of its own: the system takes it
// back when a process ends, however it ends, and a copy of the folder does not carry it along.
import { DatabaseSync } from "node:sqlite";
import { setTimeout as sleep } from "node:timers/promises";
import { hostCode } from "../files/codes.ts";
import { ReachError } from "../files/error.ts";

/** Milliseconds between two tries. */
const PAUSE = 25;

/** SQLITE_BUSY: another process holds it. */
const BUSY = 5;

/** A lock that is held. */
export interface Lock {
  release(): void;
}

/**
 * Takes the lock, or waits for it so many milliseconds.
 *
 * @throws ReachError `REACH-E4162` another process holds it
 */
export async function lockFile(path: string, wait: number): Promise<Lock> {
  for (let waited = 0; ; waited += PAUSE) {
    const database = new DatabaseSync(path);
    try {
      // Nothing is ever written: the journal needs no file.
      database.exec("PRAGMA busy_timeout = 0; PRAGMA journal_mode = MEMORY; BEGIN EXCLUSIVE");
      return { release: () => database.close() };
    } catch (error) {
      database.close();
      if ((error as { errcode?: number }).errcode !== BUSY) throw error;
      if (waited >= wait) {
        throw new ReachError(hostCode.logInUse, "The log is in use.", {
          where: path,
          why: "another process is writing to it",
          hint: "Only one can: wait for its end, or send the entries through it.",
          cause: error,
        });
      }
    }
    await sleep(PAUSE);
  }
}
