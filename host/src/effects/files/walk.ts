// The way down from a granted folder to a file, on which no link is followed (GRANT-28), also where one is put there meanwhile.
import { constants } from "node:fs";
import type { BigIntStats } from "node:fs";
import { lstat, open, stat } from "node:fs/promises";
import type { FileHandle } from "node:fs/promises";
import { join } from "node:path";
import { hostCode } from "../../files/codes.ts";
import { systemCode } from "../../files/files.ts";
import { RequestFailed } from "../egress/failure.ts";
import { HostTrouble, throwTrouble } from "../egress/trouble.ts";

// A system that lacks one has undefined, which adds nothing.
const { O_RDONLY, O_DIRECTORY, O_NOFOLLOW, O_NONBLOCK } = constants;

/** Which folder or file something is, whatever it is called. */
type Identity = Pick<BigIntStats, "dev" | "ino">;
const isSame = (a: Identity, b: Identity): boolean => a.dev === b.dev && a.ino === b.ino;

/** What no run may open. */
export const notPlain = (why: string): RequestFailed =>
  new RequestFailed("denied", hostCode.notPlain, why);

/** A folder that is held: what is asked for in it is found there, wherever it is moved. Close it. */
export class HeldFolder {
  readonly #handle: FileHandle;
  /** That of the grant. */
  readonly #top: Identity;
  /** The folders below that, down to this one. */
  readonly #way: readonly { readonly path: string; readonly is: Identity }[];
  /** What leads to it for the next call. */
  readonly #path: string;
  readonly #isBound: boolean;

  private constructor(
    handle: FileHandle,
    path: string,
    isBound: boolean,
    top: Identity,
    way: readonly { readonly path: string; readonly is: Identity }[],
  ) {
    this.#handle = handle;
    this.#top = top;
    this.#way = way;
    this.#isBound = isBound;
    this.#path = isBound ? `/proc/self/fd/${handle.fd}` : path;
  }

  /**
   * Opens the operator's directory. Links on the way to it are the operator's own.
   *
   * @param isBound false: where the system has no name for what is open, as it is tried in tests
   * @throws HostTrouble where it is not there, or is no directory
   */
  static async open(directory: string, isBound: boolean = true): Promise<HeldFolder> {
    let handle: FileHandle | undefined;
    try {
      handle = await open(directory, O_RDONLY | O_DIRECTORY);
      const is = await handle.stat({ bigint: true });
      if (!is.isDirectory())
        throw new HostTrouble("a directory of the grant is another kind of file");
      const has = isBound && (await isNamed(handle, is));
      return new HeldFolder(handle, directory, has, is, []);
    } catch (error) {
      await handle?.close();
      if (error instanceof HostTrouble) throw error;
      throw new HostTrouble(`a directory of the grant cannot be opened: ${systemCode(error)}`);
    }
  }

  /** What a name in it is to the system. */
  at(name: string): string {
    return this.#isBound ? `${this.#path}/${name}` : join(this.#path, name);
  }

  /** The folder of that name in it, as it was last seen; this one stays open. */
  async enter(name: string, seen?: BigIntStats): Promise<HeldFolder> {
    const found = seen ?? (await this.look(name));
    if (found === undefined) throw missing();
    if (!found.isDirectory()) throw notPlain(kindOf(found));
    this.requireInside(found);
    const path = this.at(name);
    const handle = await opened(path, O_RDONLY | O_DIRECTORY);
    try {
      if (!isSame(await handle.stat({ bigint: true }), found)) throw changed();
      const way = [...this.#way, { path, is: found }];
      return new HeldFolder(handle, path, this.#isBound, this.#top, way);
    } catch (error) {
      await handle.close();
      throw error;
    }
  }

  /** What a name in it stands for, itself and no other thing that it leads to; undefined where nothing is. */
  async look(name: string): Promise<BigIntStats | undefined> {
    try {
      const found = await lstat(this.at(name), { bigint: true });
      await this.requireWay();
      return found;
    } catch (error) {
      if (systemCode(error) === "ENOENT") return undefined;
      throw ofSystem(error);
    }
  }

  /** The regular file of that name, as it was last seen, which has no other one, open for reading. Close it. */
  async file(name: string, seen?: BigIntStats): Promise<FileHandle> {
    const found = seen ?? (await this.look(name));
    if (found === undefined) throw missing();
    this.requireInside(found);
    requirePlain(found);
    // Not blocking: a pipe that has taken its place would otherwise wait for a writer.
    const handle = await opened(this.at(name), O_RDONLY | O_NONBLOCK);
    try {
      const is = await handle.stat({ bigint: true });
      if (!isSame(is, found)) throw changed();
      requirePlain(is);
      await this.requireWay();
      return handle;
    } catch (error) {
      await handle.close();
      throw error;
    }
  }

  /** Whether something is of the file system of the grant's directory: nothing else was mounted over it. */
  isInside({ dev }: Identity): boolean {
    return dev === this.#top.dev;
  }

  requireInside(found: Identity): void {
    if (!this.isInside(found)) throw notPlain("another file system is mounted there");
  }

  /** Makes the names in it durable. */
  async sync(): Promise<void> {
    // Windows has no such call.
    if (process.platform !== "win32") await this.#handle.sync();
  }

  /** Requires that the way here is still the one that was taken. A folder that is bound is its own way. */
  async requireWay(): Promise<void> {
    if (this.#isBound) return;
    for (const { path, is } of this.#way) {
      const found = await lstat(path, { bigint: true });
      if (!found.isDirectory() || !isSame(found, is)) throw changed();
    }
  }

  close(): Promise<void> {
    return this.#handle.close();
  }
}

/** Whether the system has a name for what is open: Linux has, where /proc is mounted. */
async function isNamed(handle: FileHandle, is: Identity): Promise<boolean> {
  if (process.platform !== "linux") return false;
  const found = await stat(`/proc/self/fd/${handle.fd}`, { bigint: true }).catch(() => undefined);
  return found !== undefined && isSame(found, is);
}

async function opened(path: string, flags: number): Promise<FileHandle> {
  try {
    return await open(path, flags | O_NOFOLLOW);
  } catch (error) {
    throw ofSystem(error);
  }
}

const missing = (): RequestFailed =>
  new RequestFailed("missing", hostCode.noSuchFile, "there is nothing of that name");

/** Another program is at work there: what was looked at is not what was opened. */
const changed = (): RequestFailed =>
  notPlain("it was put in the place of something else meanwhile");

/** Requires a regular file with one name: another one may be outside of the folder. */
export function requirePlain(found: BigIntStats): void {
  if (!found.isFile()) throw notPlain(kindOf(found));
  if (found.nlink > 1n) throw notPlain("the file has another name");
}

function kindOf(found: BigIntStats): string {
  if (found.isSymbolicLink()) return "it is a symbolic link";
  if (found.isDirectory()) return "it is a folder";
  return found.isFile() ? "it is a file" : "it is a device, a pipe or a socket";
}

/** The system's own reasons for what is there, and not for what this machine lacks. */
const DENIED: Readonly<Record<string, string>> = {
  EACCES: "permission denied",
  EPERM: "permission denied",
  EROFS: "the file system is read-only",
  EBUSY: "something is mounted there",
  ELOOP: "it is a symbolic link",
  ENOTDIR: "it is no folder",
  EISDIR: "it is a folder",
  ENXIO: "it is a device, a pipe or a socket",
  ENODEV: "it is a device, a pipe or a socket",
  ENAMETOOLONG: "a name is longer than the file system has them",
  EILSEQ: "a name is one that the file system does not have",
  EINVAL: "a name is one that the file system does not have",
};

/** What a system call came to: a failure of the world, or trouble of this machine (GRANT-17). */
export function ofSystem(error: unknown): Error {
  if (error instanceof RequestFailed || error instanceof HostTrouble) return error;
  const code = systemCode(error);
  if (code === "ENOENT") return missing();
  const why = DENIED[code];
  if (why !== undefined) return notPlain(why);
  if (code === "") return error as Error;
  try {
    throwTrouble(error);
  } catch (trouble) {
    return trouble as HostTrouble;
  }
  return new HostTrouble(`the file system has failed (${code})`, error);
}
