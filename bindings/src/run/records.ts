/** The records of a trace as TypeScript sees them (docs/spec/trace.md). */

import { fromUtf8 } from "../core/bytes.ts";
import type { Json } from "../core/value.ts";
import type { EffectType } from "../generated/effects.ts";

/** The first record: everything that the run begins with. */
export interface StartRecord {
  readonly kind: "start";
  readonly seq: number;
  /** SHA-256 of pack.json, in hex. */
  readonly pack: string;
  readonly workflow: string;
  readonly input: Json;
  readonly grant: Json;
  readonly limits: Json;
  readonly semantics: number;
}

/** What only a task of a workflow may cause: where in the document, and in which turn of its loops. */
interface Place {
  /** JSON pointer of the task in the workflow document. */
  readonly task: string;
  /** Indices of the enclosing `for` loops, outermost first. */
  readonly iteration: number[];
}

/** The engine asks the outside for something. */
export interface RequestRecord extends Place {
  readonly kind: "request";
  readonly seq: number;
  /** Names the effect within the run (TRACE-4). */
  readonly key: string;
  readonly type: EffectType;
  readonly occurrence: number;
  readonly request: { [key: string]: Json };
}

/** What the outside answered. */
export interface ResultRecord {
  readonly kind: "result";
  readonly seq: number;
  readonly key: string;
  readonly result: { [key: string]: Json };
}

/** An answer to an effect that was cancelled before it came: it has no consequences. */
export interface LateRecord {
  readonly kind: "late";
  readonly seq: number;
  readonly key: string;
  readonly result: { [key: string]: Json };
}

/** A task has ended. */
export interface TaskRecord extends Place {
  readonly kind: "task";
  readonly seq: number;
  readonly status: "completed" | "skipped" | "faulted" | "cancelled";
  readonly input: Json;
  readonly context: Json;
  readonly output?: Json;
  readonly error?: Json;
  readonly next: string;
}

/** A `try` task will run again. */
export interface RetryRecord extends Place {
  readonly kind: "retry";
  readonly seq: number;
  readonly attempt: number;
  /** Milliseconds. */
  readonly delay: number;
  readonly error: Json;
}

/** The outside ends the run. */
export interface CancelRecord {
  readonly kind: "cancel";
  readonly seq: number;
  readonly reason: Json;
}

/** The outside suspends the run: until it is resumed, no result is taken. */
export interface SuspendRecord {
  readonly kind: "suspend";
  readonly seq: number;
  readonly reason: Json;
}

/** A suspended run goes on. */
export interface ResumeRecord {
  readonly kind: "resume";
  readonly seq: number;
  readonly reason: Json;
}

/** The last record of a run that has ended. */
export interface OutcomeRecord {
  readonly kind: "outcome";
  readonly seq: number;
  readonly status: "completed" | "faulted" | "cancelled";
  readonly output?: Json;
  readonly error?: Json;
  /** Of a cancelled run: that of its `cancel` record. */
  readonly reason?: string | null;
}

/** What entered the engine. */
export type InputRecord =
  | StartRecord
  | ResultRecord
  | LateRecord
  | CancelRecord
  | SuspendRecord
  | ResumeRecord;
/** What left the engine. */
export type OutputRecord = RequestRecord | TaskRecord | RetryRecord | OutcomeRecord;
export type TraceRecord = InputRecord | OutputRecord;

/**
 * Every kind of record (TRACE-1): whether it enters the engine or leaves it. What is `timing` enters, too, but
 * says only when something came: it has no consequences, and is in no decision digest (TRACE-18, TRACE-19).
 */
const kinds: ReadonlyMap<string, "input" | "timing" | "output"> = new Map(
  Object.entries({
    start: "input",
    result: "input",
    late: "timing",
    cancel: "input",
    suspend: "timing",
    resume: "timing",
    request: "output",
    task: "output",
    retry: "output",
    outcome: "output",
  } satisfies Record<InputRecord["kind"], "input" | "timing"> &
    Record<OutputRecord["kind"], "output">),
);

/**
 * The record in these bytes. The kind and the number are checked, the rest is as it came: a record
 * that others wrote is believed only after a replay.
 *
 * @throws TypeError for bytes that are not a record of this format
 *
 * @example parseRecord(records[0]!).kind; // → "start"
 */
export function parseRecord(bytes: Uint8Array): TraceRecord {
  let value: unknown;
  try {
    value = JSON.parse(fromUtf8(bytes));
  } catch (error) {
    throw new TypeError("Not a record: it is not JSON", { cause: error });
  }
  if (!isRecord(value)) throw new TypeError("Not a record: its kind or its seq is unknown");
  return value;
}

/** What the host of a run has to know of a record that left: not what tasks were given and gave, which may be large. */
export type RecordHead =
  | RequestRecord
  | Pick<TaskRecord, "kind" | "seq" | "task" | "iteration">
  | Pick<RetryRecord, "kind" | "seq" | "task" | "iteration">
  | Pick<OutcomeRecord, "kind" | "seq" | "status">;

/** Bytes of a record up to which all of it is read. */
const SMALL = 1 << 12;

/**
 * What there is to know of a record that left an engine, without reading what may be large: of a long record no values
 * but these are made.
 *
 * @throws TypeError for bytes that are not such a record
 *
 * @example headOf(records.at(-1)!).kind; // → "outcome"
 */
export function headOf(bytes: Uint8Array): RecordHead {
  if (bytes.length <= SMALL) return outputOf(parseRecord(bytes));
  const head = membersOf(bytes, HEAD);
  if (!isRecord(head)) throw new TypeError("Not a record: its kind or its seq is unknown");
  return head.kind === "request" ? outputOf(parseRecord(bytes)) : outputOf(head);
}

const HEAD: ReadonlySet<string> = new Set(["kind", "seq", "task", "iteration", "status"]);

function outputOf(record: TraceRecord): OutputRecord {
  if (kinds.get(record.kind) === "output") return record as OutputRecord;
  throw new TypeError("Not a record that has left");
}

const QUOTE = 0x22;
const COMMA = 0x2c;
const COLON = 0x3a;
const BACKSLASH = 0x5c;

/** Some members of an object, from its JSON text without spaces. */
function membersOf(bytes: Uint8Array, wanted: ReadonlySet<string>): Record<string, unknown> {
  const found: Record<string, unknown> = {};
  let depth = 0;
  let start = 1;
  let name = "";
  for (let at = 0; at < bytes.length; at++) {
    const byte = bytes[at];
    if (byte === QUOTE) at = endOfText(bytes, at);
    else if (byte === 0x7b || byte === 0x5b) depth += 1;
    else if (byte === COLON && depth === 1) {
      name = JSON.parse(fromUtf8(bytes.subarray(start, at))) as string;
      start = at + 1;
    } else if (byte === 0x7d || byte === 0x5d || byte === COMMA) {
      if (depth === 1) {
        if (wanted.has(name)) found[name] = JSON.parse(fromUtf8(bytes.subarray(start, at)));
        start = at + 1;
      }
      if (byte !== COMMA) depth -= 1;
    }
  }
  return found;
}

/** Where the text that begins here ends. */
function endOfText(bytes: Uint8Array, start: number): number {
  let at = start + 1;
  for (; at < bytes.length && bytes[at] !== QUOTE; at++) if (bytes[at] === BACKSLASH) at += 1;
  return at;
}

function isRecord(value: unknown): value is TraceRecord {
  if (typeof value !== "object" || value === null) return false;
  const { kind, seq } = value as Partial<TraceRecord>;
  return typeof kind === "string" && kinds.has(kind) && Number.isSafeInteger(seq);
}

/**
 * True for a record that entered the engine, false for one that left it; a record of evidence serves, too,
 * whose values are commitments.
 *
 * @example records.filter((record) => isInput(record)).length; // → 2
 */
export function isInput(record: Uint8Array | { readonly kind: string }): boolean {
  const direction = directionOf(record);
  return direction === "input" || direction === "timing";
}

/**
 * True for a record that entered the engine and says only when something came: a late answer, and that the
 * run was suspended or resumed. Without it the run decides the same.
 *
 * @example records.filter((record) => !isTiming(record));
 */
export const isTiming = (record: Uint8Array | { readonly kind: string }): boolean =>
  directionOf(record) === "timing";

const directionOf = (record: Uint8Array | { readonly kind: string }): string | undefined =>
  kinds.get((record instanceof Uint8Array ? parseRecord(record) : record).kind);
