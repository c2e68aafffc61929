// entered.jsonl of a run's folder: what entered the run, a line each, and in the end that it has ended.
// docs/spec/run-folder.md, RUN-3 to RUN-5.
import { concat, fromHex, fromUtf8, sameBytes, toHex, utf8 } from "@reach-fabric/engine";
import { open, unlink } from "node:fs/promises";
import type { FileHandle } from "node:fs/promises";
import { hostCode } from "../files/codes.ts";
import { ReachError } from "../files/error.ts";
import { cannotWrite, writeAll } from "../files/files.ts";

/**
 * What the host notes beside a record: signed with the evidence, in neither digest, and of no
 * consequence for a replay.
 */
export interface Annotation {
  readonly [name: string]: string | number;
  /** The record. */
  readonly seq: number;
  /** When the host had it, in UTC with milliseconds. */
  readonly at: string;
}

/** A record that enters a run. */
export interface Entry {
  /** Digest of what left the engine since the record before, 32 bytes (TRACE-24); the first has none. */
  readonly left?: Uint8Array;
  readonly record: Uint8Array;
  readonly stamp: Annotation;
}

/** That the run has ended: the digest of what left last. */
export type End = Required<Pick<Entry, "left">>;

/** What stands in a line before the record, and behind it. */
const before = ({ left }: Pick<Entry, "left">): Uint8Array =>
  utf8(left === undefined ? '{"record":' : `{"left":"${toHex(left)}","record":`);
const behind = ({ stamp }: Pick<Entry, "stamp">): Uint8Array =>
  utf8(`,"stamp":${JSON.stringify(stamp)}}`);

/** A line, without its end. */
export const formatLine = (line: Entry | End): Uint8Array =>
  "record" in line
    ? concat([before(line), line.record, behind(line)])
    : utf8(`{"left":"${toHex(line.left)}"}`);

/** What a line says; undefined for one that formatLine() does not give. Whether its record is one, the engine says. */
function parseLine(bytes: Uint8Array): Entry | End | undefined {
  let line;
  try {
    const { left, stamp } = JSON.parse(fromUtf8(bytes)) as { left?: string; stamp?: Annotation };
    const digest = left === undefined ? {} : { left: fromHex(left) };
    if (stamp === undefined) {
      line = digest as End;
    } else {
      if (typeof stamp.at !== "string" || !Number.isSafeInteger(stamp.seq)) return undefined;
      const parts = { ...digest, stamp };
      const end = bytes.length - behind(parts).length;
      line = { ...parts, record: bytes.subarray(before(parts).length, end) };
    }
    return sameBytes(formatLine(line), bytes) ? line : undefined;
  } catch {
    return undefined;
  }
}

/**
 * The lines of a journal. The last may be cut off, as the machine stopped in the middle of a write: it is
 * told by its length, `torn`.
 *
 * @returns `bad`: the first line that is not as it was written, from 1 on
 */
export function parseJournal(bytes: Uint8Array): {
  readonly lines: readonly (Entry | End)[];
  readonly torn: number;
  readonly bad?: number;
} {
  const lines: (Entry | End)[] = [];
  let start = 0;
  for (let end = bytes.indexOf(NEWLINE); end >= 0; end = bytes.indexOf(NEWLINE, start)) {
    const line = parseLine(bytes.subarray(start, end));
    if (line === undefined) {
      // A disk may write the end of a line before its middle.
      if (end === bytes.length - 1) break;
      return { lines, torn: 0, bad: lines.length + 1 };
    }
    lines.push(line);
    start = end + 1;
  }
  return { lines, torn: bytes.length - start };
}

/** A file that only grows, by lines of which each is on the disk when append() resolves. */
export class Journal {
  readonly #path: string;
  readonly #file: FileHandle;
  #length = 0;
  #broken = false;

  private constructor(path: string, file: FileHandle) {
    this.#path = path;
    this.#file = file;
  }

  static async create(path: string): Promise<Journal> {
    try {
      return new Journal(path, await open(path, "ax", 0o600));
    } catch (error) {
      throw cannotWrite(path, error);
    }
  }

  async append(line: Entry | End): Promise<void> {
    if (this.#broken) {
      const why = "an earlier write failed, and a record must not be missing";
      throw new ReachError(hostCode.unwritable, "The file cannot be written.", {
        where: this.#path,
        why,
      });
    }
    const bytes = concat([formatLine(line), Uint8Array.of(NEWLINE)]);
    try {
      await writeAll(this.#file, bytes);
      await this.#file.datasync();
      this.#length += bytes.length;
    } catch (error) {
      // After a failed write or sync nobody can say what is on the disk beyond the last length.
      this.#broken = true;
      await this.#file.truncate(this.#length).catch(() => undefined);
      await this.#file.datasync().catch(() => undefined);
      throw cannotWrite(this.#path, error);
    }
  }

  async close(): Promise<void> {
    await this.#file.close();
    if (this.#length === 0) await unlink(this.#path).catch(() => undefined);
  }
}

const NEWLINE = 0x0a;
