// entered.jsonl of a run's folder: what entered the run, a line each, and which effects have begun.
// docs/spec/run-folder.md, RUN-3 to RUN-5.
import { concat, fromHex, fromUtf8, sameBytes, toHex, utf8 } from "@reach-fabric/engine";
import { createHash } from "node:crypto";

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

/** A record that entered a run, and what follows from it. */
export interface Entry {
  readonly record: Uint8Array;
  readonly stamp: Annotation;
  /** Digest of what left the engine after it, 32 bytes (TRACE-24). */
  readonly left: Uint8Array;
  /** Keys of effects that begin once the line is durable: from then on they may have been performed. */
  readonly begun?: readonly string[];
}

/** Effects that begin later than they were asked for: they had waited for a place. */
export interface Begun {
  readonly begun: readonly string[];
  /** In UTC with milliseconds. */
  readonly at: string;
}

/** That a person has looked: an effect that had begun is to be performed again. */
export interface Retried {
  readonly at: string;
  readonly by: string;
  readonly retried: string;
}

/** That an effect has come to its end, while nothing may enter: its answer enters later. */
export interface Arrived {
  /** The effect's key. */
  readonly arrived: string;
  readonly at: string;
  /** What came, as answerBytes() has it. */
  readonly answer: Uint8Array;
}

export type Line = Entry | Begun | Retried | Arrived;

/** A line whose record or answer lies beside the lines, under its SHA-256 in hex. */
type Apart<L, Name extends keyof L> = Omit<L, Name> & { readonly body: string };
type ApartEntry = Apart<Entry, "record">;
type ApartArrived = Apart<Arrived, "answer">;

/** A line as it is kept. */
export type KeptLine = Line | ApartEntry | ApartArrived;

/** Bytes of a record above which it lies beside the lines: who looks for an effect need not read it. */
export const LONGEST_RECORD: number = 256 * 1024;

/** `joined`: it was written together with the line before. */
type Written<L extends KeptLine> = L & { readonly joined?: true };

/** What stands in a line before the record, and behind it. */
const before = ({ left }: Pick<Entry, "left">): Uint8Array =>
  utf8(`{"left":"${toHex(left)}","record":`);
const behind = ({
  begun = [],
  joined,
  ...parts
}: Partial<
  Pick<Entry, "stamp"> & Begun & Retried & Omit<Arrived, "answer"> & { readonly joined: true }
>): string =>
  [
    // In this order, whichever the line has.
    ...(["stamp", "arrived", "at", "by", "retried"] as const).flatMap((name) =>
      parts[name] === undefined ? [] : [`,"${name}":${JSON.stringify(parts[name])}`],
    ),
    ...(begun.length === 0 ? [] : [`,"begun":${JSON.stringify(begun)}`]),
    ...(joined === undefined ? [] : [',"joined":true']),
    "}",
  ].join("");

/** A line, without its end. */
export function formatLine(line: Written<KeptLine>): Uint8Array {
  if ("arrived" in line) {
    const { arrived, at, joined } = line;
    const end = behind({ arrived, at, ...(joined === undefined ? {} : { joined }) });
    if ("body" in line) return utf8(`{"body":"${line.body}"${end}`);
    return concat([utf8(ANSWER), line.answer, utf8(end)]);
  }
  if ("body" in line) {
    const { body, left, ...parts } = line;
    return utf8(`{"body":"${body}","left":"${toHex(left)}"${behind(parts)}`);
  }
  if (!("record" in line)) return utf8(`{${behind(line).slice(1)}`);
  const { record, left, ...parts } = line;
  return concat([before({ left }), record, utf8(behind(parts))]);
}

/** Lines as they are written together, each with its end; and the records that lie beside them, by their digests. */
export function formatLines(lines: readonly Line[]): {
  readonly bytes: Uint8Array;
  readonly bodies: ReadonlyMap<string, Uint8Array>;
} {
  const bodies = new Map<string, Uint8Array>();
  const parts = lines.flatMap((line, i) => {
    const kept = apart(line, bodies);
    return [formatLine(i === 0 ? kept : { ...kept, joined: true }), Uint8Array.of(NEWLINE)];
  });
  return { bytes: concat(parts), bodies };
}

function apart(line: Line, bodies: Map<string, Uint8Array>): KeptLine {
  const large = "record" in line ? line.record : "answer" in line ? line.answer : undefined;
  if (large === undefined || large.length <= LONGEST_RECORD) return line;
  const body = createHash("sha256").update(large).digest("hex");
  bodies.set(body, large);
  if ("arrived" in line) return { arrived: line.arrived, at: line.at, body };
  const { record: _, ...entry } = line as Entry;
  return { ...entry, body };
}

/**
 * Lines with the records that lie beside them.
 *
 * @param read gives what lies under a digest
 * @returns `bad`: the number of the first line, from 1 on, whose record is not what its digest says
 */
export async function withBodies(
  lines: readonly KeptLine[],
  read: (digest: string) => Promise<Uint8Array | undefined>,
): Promise<{ readonly lines: readonly Line[]; readonly bad?: number }> {
  const whole: Line[] = [];
  for (const line of lines) {
    if (!("body" in line)) whole.push(line);
    else {
      const { body, ...rest } = line;
      const found = await read(body);
      const digest = found && createHash("sha256").update(found).digest("hex");
      if (found === undefined || digest !== body) return { lines: whole, bad: whole.length + 1 };
      whole.push("arrived" in rest ? { ...rest, answer: found } : { ...rest, record: found });
    }
  }
  return { lines: whole };
}

/** What a line says; undefined for one that formatLine() does not give. Whether its record is one, the engine says. */
function parseLine(bytes: Uint8Array): Written<KeptLine> | undefined {
  try {
    const read = JSON.parse(fromUtf8(bytes)) as Partial<
      Entry & ApartEntry & Begun & Retried & Arrived & { joined: true }
    >;
    const { left, record: _, stamp, at, ...rest } = read as typeof read & { left?: string };
    if (read.begun?.every((key) => typeof key === "string") === false) return undefined;
    let line: Written<KeptLine>;
    if (stamp === undefined) {
      if (at === undefined || !INSTANT.test(at)) return undefined;
      const { begun, by, retried, arrived, body, joined } = read;
      const together = joined === undefined ? {} : { joined };
      if (typeof arrived === "string") {
        const end = utf8(behind({ arrived, at, ...together })).length;
        const answer = bytes.subarray(utf8(ANSWER).length, bytes.length - end);
        line = { arrived, at, ...(body === undefined ? { answer } : { body }), ...together };
        if (body !== undefined && !DIGEST.test(body)) return undefined;
      } else if (begun !== undefined) line = { at, begun, ...together };
      else if (by !== undefined && retried !== undefined) line = { at, by, retried, ...together };
      else return undefined;
    } else {
      if (!INSTANT.test(stamp.at) || !Number.isSafeInteger(stamp.seq)) return undefined;
      if (rest.body !== undefined) {
        if (!DIGEST.test(rest.body)) return undefined;
        line = { ...rest, body: rest.body, left: fromHex(left ?? ""), stamp };
        return sameBytes(formatLine(line), bytes) ? line : undefined;
      }
      const start = before({ left: fromHex(left ?? "") });
      const end = bytes.length - utf8(behind({ stamp, ...rest })).length;
      line = {
        left: fromHex(left ?? ""),
        record: bytes.subarray(start.length, end),
        stamp,
        ...rest,
      };
    }
    return sameBytes(formatLine(line), bytes) ? line : undefined;
  } catch {
    return undefined;
  }
}

const ANSWER = '{"answer":';
const DIGEST = /^[0-9a-f]{64}$/;
const INSTANT = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/;

/**
 * The lines of a journal. Those that were written last may be cut off, or have holes, as the machine stopped in the
 * middle of a write: `torn` is how many bytes that is, from the first line on that is not whole.
 *
 * @returns `bad`: the first line that is not as it was written, from 1 on, where that is no such end
 */
export function parseJournal(bytes: Uint8Array): {
  readonly lines: readonly KeptLine[];
  readonly torn: number;
  readonly bad?: number;
} {
  const lines: KeptLine[] = [];
  for (let start = 0; start < bytes.length;) {
    const end = bytes.indexOf(NEWLINE, start);
    const line = end < 0 ? undefined : parseLine(bytes.subarray(start, end));
    if (line === undefined) {
      const isEnd = isOneWrite(bytes.subarray(start));
      return isEnd
        ? { lines, torn: bytes.length - start }
        : { lines, torn: 0, bad: lines.length + 1 };
    }
    const { joined: _, ...read } = line;
    lines.push(read);
    start = end + 1;
  }
  return { lines, torn: 0 };
}

/** Whether all of it may have been written at once: a disk may write the end of that before its middle. */
function isOneWrite(bytes: Uint8Array): boolean {
  for (let start = 0, first = true; ; first = false) {
    const end = bytes.indexOf(NEWLINE, start);
    if (end < 0) return true;
    const line = first ? undefined : parseLine(bytes.subarray(start, end));
    if (line !== undefined && line.joined === undefined) return false;
    start = end + 1;
  }
}

const NEWLINE = 0x0a;
