// What the host's sources take from node:fs/promises, on the simulated disk for paths below its root.
import { constants } from "node:fs";
import * as real from "node:fs/promises";
import { life, numberOf, ROOT } from "./machine.ts";
import type { Life } from "./machine.ts";

export * from "node:fs/promises";

const isReal = (path: unknown): boolean => !String(path).startsWith(ROOT);

const failed = (code: string, path: string): Error =>
  Object.assign(new Error(`${code} ${path}`), { code });

/** A file that is open in one life. */
class Handle {
  readonly fd: number;
  readonly #path: string;
  readonly #life: Life;
  #at = 0;

  constructor(path: string, of: Life) {
    this.#path = path;
    this.#life = of;
    this.fd = numberOf(this);
  }

  #bytes(): Uint8Array {
    return this.#life.disk.bytesOf(this.#path) ?? new Uint8Array();
  }

  writeNow(
    bytes: Uint8Array,
    from: number,
    length: number = bytes.length - from,
    place: number | null = null,
  ): number {
    this.#life.change();
    const before = this.#bytes();
    const at = place ?? before.length;
    const all = new Uint8Array(Math.max(before.length, at + length));
    all.set(before);
    all.set(bytes.subarray(from, from + length), at);
    this.#life.disk.writeNow(this.#path, all);
    return length;
  }

  syncNow(): void {
    this.#life.change();
    if (this.#life.syncs) this.#life.disk.syncNow(this.#path);
  }

  async write(
    bytes: Uint8Array,
    from = 0,
    length = bytes.length,
    place: number | null = null,
  ): Promise<{ bytesWritten: number }> {
    return { bytesWritten: this.writeNow(bytes, from, length, place) };
  }

  async read(buffer: Uint8Array): Promise<{ bytesRead: number; buffer: Uint8Array }> {
    this.#life.look();
    const part = this.#bytes().subarray(this.#at, this.#at + buffer.length);
    buffer.set(part);
    this.#at += part.length;
    return { bytesRead: part.length, buffer };
  }

  async sync(): Promise<void> {
    if (this.#life.disk.kindOf(this.#path) !== "folder") return this.syncNow();
    this.#life.change();
    await this.#life.disk.syncFolder(this.#path);
  }

  datasync(): Promise<void> {
    return this.sync();
  }

  async truncate(length: number): Promise<void> {
    this.#life.change();
    await this.#life.disk.write(this.#path, this.#bytes().slice(0, length));
  }

  async stat(): Promise<{ size: number; isFile: () => boolean }> {
    const kind = this.#life.disk.kindOf(this.#path);
    return { size: this.#bytes().length, isFile: () => kind === "file" };
  }

  async close(): Promise<void> {}
}

export const open = async (
  path: string,
  flags: string | number = "r",
  mode?: number,
): Promise<unknown> => {
  if (isReal(path)) return real.open(path, flags, mode);
  const of = life();
  of.look();
  const kind = of.disk.kindOf(path);
  const makes = typeof flags === "string" ? /^[wa]/.test(flags) : (flags & constants.O_CREAT) !== 0;
  if (kind === undefined && !makes) throw failed("ENOENT", path);
  if (kind !== undefined && typeof flags === "string" && flags.includes("x"))
    throw failed("EEXIST", path);
  if (kind === undefined) {
    of.change();
    await of.disk.write(path, new Uint8Array());
  } else if (flags === "w") throw new TypeError("A file that is written over");
  return new Handle(path, of);
};

export const writeFile = async (path: string, text: string, options?: object): Promise<void> => {
  if (isReal(path)) return real.writeFile(path, text, options);
  life().change();
  return life().disk.write(path, new TextEncoder().encode(text));
};

export const mkdir = async (path: string, options?: object): Promise<void> => {
  if (isReal(path)) {
    await real.mkdir(path, options);
    return;
  }
  life().change();
  if (!(await life().disk.makeFolder(path))) throw failed("EEXIST", path);
};

export const readdir = async (path: string): Promise<string[]> => {
  if (isReal(path)) return real.readdir(path);
  life().look();
  if (life().disk.kindOf(path) !== "folder") throw failed("ENOENT", path);
  return life().disk.list(path);
};

export const rename = async (from: string, to: string): Promise<void> => {
  if (isReal(from)) return real.rename(from, to);
  life().change();
  return life().disk.rename(from, to);
};

export const unlink = async (path: string): Promise<void> => {
  if (isReal(path)) return real.unlink(path);
  life().change();
  return life().disk.remove(path);
};

export const rm = async (path: string, options?: object): Promise<void> => {
  if (isReal(path)) return real.rm(path, options);
  life().change();
  return life().disk.remove(path);
};

export const stat = async (path: string): Promise<unknown> => {
  if (isReal(path)) return real.stat(path);
  const kind = life().disk.kindOf(path);
  if (kind === undefined) throw failed("ENOENT", path);
  return { isFile: () => kind === "file", isDirectory: () => kind === "folder" };
};
