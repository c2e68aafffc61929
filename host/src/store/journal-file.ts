// entered.jsonl on the disk: it only grows, by whole writes. docs/spec/run-folder.md, RUN-3.
//
// While it is open it has room behind its lines: where a write makes a file no longer, a sync has the file's length and
// places not to write, too, and takes less time.
import { constants } from "node:fs";
import { open, unlink } from "node:fs/promises";
import type { FileHandle } from "node:fs/promises";
import { dirname, join } from "node:path";
import { hostCode } from "../files/codes.ts";
import { ReachError } from "../files/error.ts";
import { writeDurably } from "../files/durable.ts";
import { cannotWrite, makeFolder, writeFileAtomic } from "../files/files.ts";
import { formatLines } from "../record/journal.ts";
import type { Line } from "../record/journal.ts";

/** Where the records of a journal lie that are not in its lines. */
export const bodiesBeside = (path: string): string => join(dirname(path), "bodies");

/** Milliseconds without a line after which the file is closed: of many runs that wait, each needs its lock alone. */
const IDLE = 1000;

/** Bytes of room at most. */
const MOST_ROOM = 64 * 1024;

/** The bytes of a file without the room behind its lines: no line has a zero. */
export function withoutRoom(bytes: Uint8Array): Uint8Array {
  let end = bytes.length;
  while (bytes[end - 1] === 0) end -= 1;
  return bytes.subarray(0, end);
}

/** Journals of this process whose files are open: those that were written to lately. */
let openFiles = 0;

/** A file that only grows, by lines which are all on the disk when append() resolves. */
export class Journal {
  readonly #path: string;
  /** Where records lie that are not in a line. */
  readonly #bodies: string;
  #file: FileHandle | undefined;
  /** Of its lines. */
  #length: number;
  /** Of its lines and the room behind them. */
  #size: number;
  #broken = false;
  #last: Promise<unknown> = Promise.resolve();
  #idle: NodeJS.Timeout | undefined;
  #closing: Promise<unknown> = Promise.resolve();

  private constructor(path: string, file: FileHandle, length: number) {
    this.#path = path;
    this.#bodies = bodiesBeside(path);
    this.#file = file;
    openFiles += 1;
    this.#length = length;
    this.#size = length;
  }

  static async create(path: string): Promise<Journal> {
    try {
      return new Journal(path, await open(path, "wx", 0o600), 0);
    } catch (error) {
      throw cannotWrite(path, error);
    }
  }

  /** One that goes on behind so many bytes: what is there beyond was cut off, and is taken away. */
  static async goOn(path: string, length: number): Promise<Journal> {
    try {
      const file = await open(path, constants.O_RDWR | constants.O_CREAT, 0o600);
      await file.truncate(length);
      await file.datasync();
      return new Journal(path, file, length);
    } catch (error) {
      throw cannotWrite(path, error);
    }
  }

  /** One write and one sync, however many lines; behind those of an earlier call. */
  async append(lines: readonly Line[]): Promise<void> {
    const appended = this.#last.then(() => this.#append(lines));
    this.#last = appended.catch(() => undefined);
    await appended;
  }

  async #append(lines: readonly Line[]): Promise<void> {
    if (this.#broken) {
      const why = "an earlier write failed, and a record must not be missing";
      throw new ReachError(hostCode.unwritable, "The file cannot be written.", {
        where: this.#path,
        why,
      });
    }
    const { bytes, bodies } = formatLines(lines);
    for (const [digest, body] of bodies) await this.#keepBody(digest, body);
    const file = await this.#opened();
    try {
      const end = this.#length + bytes.length;
      const written = end <= this.#size ? bytes : withRoom(bytes, Math.min(end, MOST_ROOM));
      await writeDurably(file, written, this.#length, openFiles === 1);
      this.#size = Math.max(this.#size, this.#length + written.length);
      this.#length = end;
    } catch (error) {
      // After a failed write or sync it is not known what is on the disk beyond the last length.
      this.#broken = true;
      await file.truncate(this.#length).catch(() => undefined);
      await file.datasync().catch(() => undefined);
      throw cannotWrite(this.#path, error);
    }
    this.#idle = setTimeout(() => this.#rest(), IDLE).unref();
  }

  /** The file, opened again where it was closed for a while: it must be as it was left. */
  async #opened(): Promise<FileHandle> {
    clearTimeout(this.#idle);
    if (this.#file !== undefined) return this.#file;
    await this.#closing;
    try {
      const file = await open(this.#path, "r+");
      const { size } = await file.stat();
      if (size === this.#size) {
        openFiles += 1;
        return (this.#file = file);
      }
      await file.close();
      throw new ReachError(hostCode.unwritable, "The file cannot be written.", {
        where: this.#path,
        why: `it has ${size} bytes, and had ${this.#size} when it was last written`,
      });
    } catch (error) {
      throw cannotWrite(this.#path, error);
    }
  }

  #rest(): void {
    const file = this.#file;
    if (file === undefined) return;
    openFiles -= 1;
    this.#file = undefined;
    this.#closing = this.#closeAt(file, this.#length);
  }

  /** Closes the file without its room. */
  async #closeAt(file: FileHandle, length: number): Promise<void> {
    try {
      if (this.#size > length) await file.truncate(length);
      this.#size = length;
    } catch {
      // The room stays, which a reader drops.
    }
    await file.close().catch(() => undefined);
  }

  /** A record that lies beside the lines is on the disk before the line that names it. */
  async #keepBody(digest: string, body: Uint8Array): Promise<void> {
    await makeFolder(this.#bodies);
    await writeFileAtomic(join(this.#bodies, digest), body, 0o600);
  }

  async close(): Promise<void> {
    clearTimeout(this.#idle);
    this.#rest();
    await this.#closing;
    if (this.#length === 0) await unlink(this.#path).catch(() => undefined);
  }
}

function withRoom(bytes: Uint8Array, room: number): Uint8Array {
  const all = new Uint8Array(bytes.length + room);
  all.set(bytes);
  return all;
}
