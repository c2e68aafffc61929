// The value slots of records: which members hold values, and leaves made of records and back.
// docs/spec/trace.md, TRACE-11 and TRACE-13.
import { utf8 } from "@reach-fabric/engine";
import { concat } from "./bytes.ts";
import { quoted } from "./errors.ts";
import { memberSpans } from "./json.ts";

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

/** The kinds of records that entered the engine; all others were computed. */
export const INPUTS: ReadonlySet<string> = new Set([
  "start",
  "result",
  "late",
  "cancel",
  "suspend",
  "resume",
]);

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
  for (const [name, { start, end }] of memberSpans(bytes)) {
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
}

/** The value slots of a record with their values, in the order in which they stand in it. */
export function slotValues(
  bytes: Uint8Array,
  record: { readonly kind: string; readonly seq: number },
): SlotValue[] {
  const spans = memberSpans(bytes);
  return slotPointers(record).map((pointer) => {
    const name = slotName(pointer);
    const span = spans.get(name);
    if (span === undefined) throw new TypeError(`No member ${quoted(name)} in the record`);
    return {
      pointer,
      bytes: bytes.subarray(span.start, span.end),
    };
  });
}

/** The leaf of a record: its bytes with a commitment in hex in place of each value. */
export function leafOf(
  record: Uint8Array,
  slots: readonly SlotValue[],
  commitments: readonly string[],
): Uint8Array<ArrayBuffer> {
  const parts: Uint8Array[] = [];
  let at = 0;
  for (const [i, { bytes }] of slots.entries()) {
    const start = bytes.byteOffset - record.byteOffset;
    parts.push(record.subarray(at, start), commitmentBytes(commitments[i] ?? ""));
    at = start + bytes.length;
  }
  return concat([...parts, record.subarray(at)]);
}

/** A commitment as the JSON string that stands in a leaf. */
export const commitmentBytes = (hex: string): Uint8Array => utf8(`"${hex}"`);
