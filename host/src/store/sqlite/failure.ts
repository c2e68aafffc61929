// What went wrong in the store's thread, as it is handed over, and what SQLite's own errors are called.
import { statfsSync } from "node:fs";
import { dirname } from "node:path";
import { hostCode } from "../../files/codes.ts";
import { ReachError } from "../../files/error.ts";

/** An error without its class. */
export interface StoreFailure {
  /** Undefined for what no user has caused. */
  readonly code: string | undefined;
  readonly message: string;
  readonly where?: string | undefined;
  readonly why?: string | undefined;
  readonly hint?: string | undefined;
}

/** Bytes without which a store cannot be opened. */
const LEAST_ROOM = 64 * 1024;

/** Primary result codes of SQLite. */
const BUSY = 5;
const READONLY = 8;
const IOERR = 10;
const CORRUPT = 11;
const FULL = 13;
const CANTOPEN = 14;
const NOTADB = 26;
/** SQLITE_IOERR_SHMSIZE: the index of the write-ahead log has no room on the disk. */
const NO_ROOM = 4874;

/** The primary code of an error of SQLite's; undefined for another. */
export function sqliteCode(error: unknown): number | undefined {
  const { errcode } = Object(error) as { errcode?: unknown };
  return typeof errcode === "number" ? errcode & 0xff : undefined;
}

export const isBusy = (error: unknown): boolean => sqliteCode(error) === BUSY;

/** What to say of an error in a store's file. */
export function storeFailureOf(file: string, error: unknown): StoreFailure {
  if (error instanceof ReachError) {
    const { code, message, where, why, hint } = error;
    return { code, message, where, why, hint };
  }
  const message = error instanceof Error ? error.message : String(error);
  // JSON of a head that is none.
  const own = error instanceof SyntaxError ? CORRUPT : sqliteCode(error);
  const said = sqliteFailure(isFull(file, error) ? FULL : own, message);
  return said === undefined ? { code: undefined, message } : { where: file, ...said };
}

/** Where SQLite cannot make a file, it does not say that there is no room for it. */
function isFull(file: string, error: unknown): boolean {
  const code = sqliteCode(error);
  if (Object(error).errcode === NO_ROOM) return true;
  if (code !== CANTOPEN && code !== IOERR) return false;
  try {
    const { bavail, bsize } = statfsSync(dirname(file));
    return bavail * bsize < LEAST_ROOM;
  } catch {
    return false;
  }
}

function sqliteFailure(code: number | undefined, message: string): StoreFailure | undefined {
  if (code === FULL) {
    return {
      code: hostCode.full,
      message: "The disk is full.",
      why: "the last write was not kept",
      hint: "Make room: what was kept before is whole.",
    };
  }
  if (code === NOTADB) {
    const why = "it is no database of SQLite, or its beginning was overwritten";
    return { code: hostCode.notARun, message: "This is not a store of runs.", why };
  }
  if (code === CORRUPT) {
    return {
      code: hostCode.damagedRun,
      message: "The store of runs is damaged.",
      why: message,
      hint: "Put back a copy of it, or begin another one.",
    };
  }
  const unwritable = "The store of runs cannot be written.";
  if (code === READONLY) {
    const why = "the file, its folder or its file system is read-only";
    return { code: hostCode.unwritable, message: unwritable, why };
  }
  if (code === BUSY) {
    const why = "another process has been writing to it for too long";
    return { code: hostCode.unwritable, message: unwritable, why, hint: "Try again." };
  }
  if (code === CANTOPEN || code === IOERR) {
    return { code: hostCode.unwritable, message: unwritable, why: message };
  }
  return undefined;
}

/** The error that was handed over. */
export function errorOfFailure({ code, message, ...details }: StoreFailure): Error {
  return code === undefined ? new Error(message) : new ReachError(code, message, details);
}
