// The value slots of records: which members hold values, and leaves made of records and back.
// docs/spec/trace.md, TRACE-11 and TRACE-13.
import { utf8 } from "@reach-fabric/engine";
import { concat } from "./bytes.ts";
import { quoted } from "./errors.ts";
import { memberSpans } from "./json.ts";

/** The members of a record whose values are committed to, in the order of their names. */
const SLOTS: Readonly<Record<string, readonly string[]>> = {
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
};

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
  return (SLOTS[record.kind] ?? [])
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

/** The value slots of a record with their canonical bytes. */
export function slotValues(
  bytes: Uint8Array,
  record: { readonly kind: string; readonly seq: number },
): { pointer: string; bytes: Uint8Array }[] {
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

/** A commitment as the JSON string that stands in a leaf. */
export const commitmentBytes = (hex: string): Uint8Array => utf8(`"${hex}"`);
