// Files: bounded reading of regular files, and writing that leaves the whole file or none.
import { constants, existsSync } from "node:fs";
import { mkdir, open, readdir, realpath, rename, stat, unlink } from "node:fs/promises";
import type { FileHandle } from "node:fs/promises";
import { randomBytes } from "node:crypto";
import { basename, dirname, join, resolve } from "node:path";
import { hostCode } from "./codes.ts";
import { ReachError } from "./error.ts";

/** Largest file that is read as a document: the engine's own limit for one input. */
const MAX_FILE: number = 64 * 1024 * 1024;

/** Words for the system's reasons; the system's own text is kept for what is not here. */
const reasons: Readonly<Record<string, string>> = {
  EACCES: "permission denied",
  EPERM: "permission denied",
  EROFS: "the file system is read-only",
  EISDIR: "it is a folder",
  ENOTDIR: "a part of the path is not a folder",
  ENOENT: "there is no such file or folder",
  EEXIST: "it exists already",
  ELOOP: "it is a symbolic link",
  EMFILE: "too many open files",
  ENAMETOOLONG: "the name is too long",
  EIO: "the disk reported an error",
};
const FULL = new Set(["ENOSPC", "EDQUOT", "EFBIG"]);

/** The system's error code of something that was thrown, for example `ENOENT`. */
export function systemCode(error: unknown): string {
  const code = (error as { code?: unknown } | null)?.code;
  return typeof code === "string" ? code : "";
}

const reasonOf = (code: string): string => reasons[code] ?? code;

/** What to say of a file that could not be read; what the system did not say is passed on. */
export function cannotRead(path: string, error: unknown): Error {
  const code = systemCode(error);
  if (error instanceof Error && (error instanceof ReachError || code === "")) return error;
  const missing = code === "ENOENT";
  return new ReachError(
    missing ? hostCode.missing : hostCode.unreadable,
    "The file cannot be read.",
    {
      where: path,
      why: reasonOf(code),
      cause: error,
    },
  );
}

/** What to say of a file that could not be written; what the system did not say is passed on. */
export function cannotWrite(path: string, error: unknown): Error {
  const code = systemCode(error);
  if (error instanceof Error && (error instanceof ReachError || code === "")) return error;
  return FULL.has(code)
    ? new ReachError(hostCode.full, "The disk is full.", {
        where: path,
        why: "the last write was not kept",
        hint: "Make room, or name a file on another disk.",
        cause: error,
      })
    : new ReachError(hostCode.unwritable, "The file cannot be written.", {
        where: path,
        why: reasonOf(code),
        cause: error,
      });
}

/**
 * The bytes of a regular file of at most `limit` bytes.
 *
 * @throws ReachError `REACH-E4101` unreadable, `REACH-E4102` not there, `REACH-E4103` too large,
 *   `REACH-E4104` a device, pipe or folder
 */
export async function readRegularFile(
  path: string,
  { limit = MAX_FILE, follow = true }: { limit?: number; follow?: boolean } = {},
): Promise<Uint8Array> {
  // Not blocking: opening a pipe would otherwise wait for a writer.
  const flags =
    constants.O_RDONLY | (constants.O_NONBLOCK ?? 0) | (follow ? 0 : (constants.O_NOFOLLOW ?? 0));
  let file: FileHandle | undefined;
  try {
    file = await open(path, flags);
    const isFile = (await file.stat()).isFile();
    if (!isFile)
      throw new ReachError(hostCode.notAFile, "This is not a regular file.", { where: path });
    return await readUpTo(file, path, limit);
  } catch (error) {
    throw cannotRead(path, error);
  } finally {
    await file?.close();
  }
}

/** Reads to the end; what grows while it is read still ends at the limit. */
export async function readUpTo(file: FileHandle, path: string, limit: number): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for (;;) {
    const { bytesRead, buffer } = await file.read(Buffer.allocUnsafe(65536), 0, 65536, null);
    if (bytesRead === 0) break;
    size += bytesRead;
    if (size > limit) throw tooLarge(path, limit);
    chunks.push(buffer.subarray(0, bytesRead));
  }
  return new Uint8Array(Buffer.concat(chunks, size));
}

const tooLarge = (path: string, limit: number): ReachError =>
  new ReachError(hostCode.tooLarge, "The file is too large.", {
    where: path,
    why: `the limit is ${limit} bytes`,
  });

/** Writes all of the bytes: one write may take only a part of them. */
export async function writeAll(file: FileHandle, bytes: Uint8Array, at?: number): Promise<void> {
  for (let done = 0; done < bytes.length;) {
    const place = at === undefined ? null : at + done;
    const { bytesWritten } = await file.write(bytes, done, bytes.length - done, place);
    done += bytesWritten;
  }
}

/** Makes a folder's entries durable. Windows has no such call: there it is a no-op. */
export async function syncFolder(path: string): Promise<void> {
  if (process.platform === "win32") return;
  const folder = await open(path, constants.O_RDONLY);
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
}

/**
 * Writes a file so that no part of it is ever seen: afterwards `path` holds all of the bytes, on
 * the disk, or it is as it was and nothing else is left behind.
 *
 * @param mode permissions of the new file; 0o600 for what only its owner may read
 * @throws ReachError `REACH-E4110` disk full, `REACH-E4111` any other reason, as a device that is there
 *
 * @example
 * await writeFileAtomic("decision.reach", bytes);
 */
export async function writeFileAtomic(
  path: string,
  bytes: Uint8Array,
  mode: number = 0o644,
): Promise<void> {
  const folder = dirname(path);
  const part = join(folder, `.${basename(path)}.${randomBytes(6).toString("hex")}.part`);
  let file: FileHandle | undefined;
  await requireReplaceable(path);
  try {
    file = await open(part, "wx", mode);
    await writeAll(file, bytes);
    await file.sync();
    await file.close();
    file = undefined;
    await rename(part, path);
    await syncFolder(folder);
  } catch (error) {
    await file?.close().catch(() => undefined);
    await unlink(part).catch(() => undefined);
    throw cannotWrite(path, error);
  }
}

/** A device or a pipe is never replaced by a file: who may do that would lose it for all. */
async function requireReplaceable(path: string): Promise<void> {
  const found = await stat(path).catch(() => undefined);
  if (found === undefined || found.isFile() || found.isDirectory()) return;
  throw new ReachError(hostCode.unwritable, "The file cannot be written.", {
    where: path,
    why: "it is a device or a pipe",
    hint: "Name a file.",
  });
}

/** Makes a folder durably, and those that it lies in, for its owner alone; one that is there stays as it is. */
export async function makeFolder(path: string): Promise<void> {
  // One by one: Node never ends where a file system makes no folders, as /proc.
  const missing: string[] = [];
  for (let at = resolve(path); !existsSync(at); at = dirname(at)) missing.unshift(at);
  try {
    for (const folder of missing) {
      await mkdir(folder, { mode: 0o700 }).catch((error: unknown) => {
        if (systemCode(error) !== "EEXIST") throw error;
      });
    }
    // The name of each: without that of one, all that lies in it is gone with it.
    for (const folder of missing) await syncFolder(dirname(folder));
  } catch (error) {
    throw cannotWrite(path, error);
  }
}

/**
 * Makes a folder with its parents; one that is there must be empty.
 *
 * @throws ReachError `REACH-E4112` it holds something, `REACH-E411x` it cannot be made
 */
export async function makeEmptyFolder(path: string): Promise<void> {
  await makeFolder(path);
  const found = await readdir(path).catch((error: unknown) => {
    throw cannotWrite(path, error);
  });
  if (found.length === 0) return;
  throw new ReachError(hostCode.notEmpty, "The folder is not empty.", {
    where: path,
    why: "existing files are never overwritten",
    hint: "Name a folder that does not exist yet.",
  });
}

/** The real folder of a file that a user named, for checks of what lies below it. */
export async function realFolderOf(path: string): Promise<string> {
  try {
    return await realpath(dirname(path));
  } catch (error) {
    throw cannotRead(path, error);
  }
}
