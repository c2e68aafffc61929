// A log as a folder: tiles and bundles as C2SP tlog-tiles names them, and a few files beside them.
// docs/spec/log.md, LOG-15 and LOG-20.
import type { Engine } from "@reach-fabric/engine";
import {
  emptyFrontier,
  EvidenceError,
  openCheckpoint,
  parseCanonicalJson,
  parseNoteKey,
  readFrontier,
} from "@reach-fabric/evidence";
import type { Frontier, NoteKey, SignedCheckpoint } from "@reach-fabric/evidence";
import { logFile } from "@reach-fabric/schema";
import { join } from "node:path";
import { hostCode } from "../files/codes.ts";
import { ReachError } from "../files/error.ts";
import type { InUse } from "../files/lock.ts";
import type { Disk } from "./disk.ts";

/** Names in a log's folder, besides `tile/`. */
export const NAMES = {
  /** Which log it is. */
  file: "log.json",
  /** The last checkpoint. */
  checkpoint: "checkpoint",
  /** A checkpoint that is durable and about to become the last one. */
  next: "checkpoint.next",
  /** The last checkpoint that witnesses have cosigned. */
  witnessed: "checkpoint.witnessed",
  lock: "lock",
} as const;

/** What is said of a log, or of a witness, that another process has. */
export const logInUse: InUse = {
  code: hostCode.logInUse,
  what: "The log is in use.",
  why: "another process is writing to it",
  hint: "Only one can: wait for its end, or send the entries through it.",
};

/** What log.json says. */
export interface LogIdentity {
  readonly origin: string;
  readonly key: NoteKey;
  readonly witnesses: readonly NoteKey[];
}

/** A checkpoint with its note. */
export interface CheckpointNote extends SignedCheckpoint {
  readonly note: Uint8Array;
}

/** What to say of a log whose files are not what they were. */
export const damaged = (where: string, why: string, cause?: unknown): ReachError =>
  new ReachError(hostCode.damagedLog, "The log is damaged.", {
    where,
    why,
    hint: "`reach log fsck` names what is wrong; restore the file from a copy.",
    exitCode: 1,
    cause,
  });

/** A file of a log. Errors of its content are errors of this file. */
export function inFile<T>(path: string, read: () => T): T {
  try {
    return read();
  } catch (error) {
    if (!(error instanceof EvidenceError)) throw error;
    throw damaged(path, `${error.message} (${error.code})`, error);
  }
}

/**
 * Which log a folder holds.
 *
 * @throws ReachError `REACH-E4160` none, `REACH-E4161` log.json is not what it was
 */
export async function readIdentity(
  engine: Engine,
  disk: Disk,
  folder: string,
): Promise<LogIdentity> {
  const path = join(folder, NAMES.file);
  const bytes = await disk.read(path);
  if (bytes === undefined) {
    throw new ReachError(hostCode.notALog, "This is not the folder of a log.", {
      where: folder,
      why: `there is no ${NAMES.file}`,
      hint: "Make a log: reach log init FOLDER --key KEY",
    });
  }
  return inFile(path, () => {
    const { origin, key, witnesses } = parseCanonicalJson(engine, bytes, logFile, NAMES.file);
    return { origin, key: parseNoteKey(key), witnesses: witnesses.map(parseNoteKey) };
  });
}

/** A checkpoint of this log in one of its files; undefined where there is no such file. */
export async function readNote(
  disk: Disk,
  folder: string,
  name: string,
  { origin, key, witnesses }: LogIdentity,
): Promise<CheckpointNote | undefined> {
  const path = join(folder, name);
  const note = await disk.read(path);
  if (note === undefined) return undefined;
  return { ...inFile(path, () => openCheckpoint(note, origin, key, witnesses)), note };
}

/** The last checkpoint. A log without one is damaged: it would begin again from nothing. */
export async function readLast(
  disk: Disk,
  folder: string,
  identity: LogIdentity,
): Promise<CheckpointNote> {
  const last = await readNote(disk, folder, NAMES.checkpoint, identity);
  if (last !== undefined) return last;
  throw damaged(join(folder, NAMES.checkpoint), "there is no checkpoint");
}

/** A file that a log must have. */
export async function readPart(disk: Disk, folder: string, path: string): Promise<Uint8Array> {
  const full = join(folder, ...path.split("/"));
  const bytes = await disk.read(full);
  if (bytes !== undefined) return bytes;
  throw damaged(full, "the file is missing");
}

/** The frontier of a log of this size, as its files have it. */
export async function readFrontierOf(disk: Disk, folder: string, size: bigint): Promise<Frontier> {
  if (size === 0n) return emptyFrontier;
  try {
    return await readFrontier(Number(size), (path) => readPart(disk, folder, path));
  } catch (error) {
    if (!(error instanceof EvidenceError)) throw error;
    throw damaged(folder, error.message, error);
  }
}
