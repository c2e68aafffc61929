// The value slots of records: which members hold values, and leaves made of records and back.
// docs/spec/trace.md, TRACE-11 and TRACE-13.
import { concat, utf8 } from "@reach-fabric/engine";
import { hexInto } from "../encoding/bytes.ts";
import { quoted } from "../errors/errors.ts";
import { membersOf } from "../encoding/scan.ts";

const [QUOTE, NEWLINE] = [0x22, 0x0a];

/** The members of a record whose values are committed to, in the order of their names. */
const SLOTS: ReadonlyMap<string, readonly string[]> = new Map(
  Object.entries({
    start: ["input"],
    request: ["request"],
    result: ["result"],
    late: ["result"],
    task: ["context", "error", "input", "output"],
    retry: ["error"],
    cancel: ["reason"],
    suspend: ["reason"],
    resume: [],
    outcome: ["error", "output"],
  }),
);

/** The pointers of the slots that a record or a leaf has. */
export function slotPointers(record: { readonly kind: string; readonly seq: number }): string[] {
  return (SLOTS.get(record.kind) ?? [])
    .filter((slot) => Object.hasOwn(record, slot))
    .map((slot) => `/${record.seq}/${slot}`);
}

/** The name of the slot that a pointer ends in. */
export const slotName = (pointer: string): string => pointer.slice(pointer.lastIndexOf("/") + 1);

/**
 * The canonical bytes of an object with other values for some of its members: a leaf from its
 * record, or a record from its leaf. Nothing else is read or written again.
 */
export function withMembers(
  bytes: Uint8Array,
  values: ReadonlyMap<string, Uint8Array>,
): Uint8Array<ArrayBuffer> {
  const parts: Uint8Array[] = [];
  let at = 0;
  for (const [name, { start, end }] of membersOf(bytes)) {
    const value = values.get(name);
    if (value === undefined) continue;
    parts.push(bytes.subarray(at, start), value);
    at = end;
  }
  return concat([...parts, bytes.subarray(at)]);
}

/** A value of a record. */
export interface SlotValue {
  readonly pointer: string;
  /** Canonical, a part of the record's bytes. */
  readonly bytes: Uint8Array;
  /** What they say. */
  readonly text: string;
}

/**
 * The value slots of a record with their values, in the order in which they stand in it.
 *
 * @param text what the bytes say, where it is at hand
 */
export function slotValues(
  bytes: Uint8Array,
  record: { readonly kind: string; readonly seq: number },
  text?: string,
): SlotValue[] {
  const members = membersOf(bytes, text);
  return slotPointers(record).map((pointer) => {
    const name = slotName(pointer);
    const member = members.get(name);
    if (member === undefined) throw new TypeError(`No member ${quoted(name)} in the record`);
    return { pointer, bytes: bytes.subarray(member.start, member.end), text: member.text };
  });
}

/**
 * The bytes of trace.jsonl: each record with the commitment of each of its values in the value's place.
 *
 * @param commitments 32 bytes for each value, in the order of the records and their slots
 * @returns where the leaves are in them, without their newlines
 */
export function traceOf(
  records: readonly Uint8Array[],
  slots: readonly (readonly SlotValue[])[],
  commitments: readonly Uint8Array[],
): { trace: Uint8Array<ArrayBuffer>; leaves: Uint8Array[] } {
  const all = slots.flat();
  const without = all.reduce((size, { bytes }) => size - bytes.length, all.length * 66);
  const trace = new Uint8Array(records.reduce((size, { length }) => size + length + 1, without));
  let [at, next] = [0, 0];
  const leaves = records.map((record, i) => {
    const start = at;
    let from = 0;
    const copy = (to: number): void => {
      trace.set(record.subarray(from, to), at);
      at += to - from;
    };
    for (const { bytes } of slots[i] ?? []) {
      const place = bytes.byteOffset - record.byteOffset;
      copy(place);
      trace[at] = QUOTE;
      at = hexInto(commitments[next++] as Uint8Array, trace, at + 1);
      trace[at++] = QUOTE;
      from = place + bytes.length;
    }
    copy(record.length);
    trace[at++] = NEWLINE;
    return trace.subarray(start, at - 1);
  });
  return { trace, leaves };
}

/** A commitment as the JSON string that stands in a leaf. */
export const commitmentBytes = (hex: string): Uint8Array => utf8(`"${hex}"`);
