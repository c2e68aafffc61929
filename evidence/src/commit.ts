// Salted commitments: a value is signed without being shown, and can be shown later.
// docs/spec/trace.md, TRACE-11 to TRACE-13; docs/spec/evidence.md, EVID-13 to EVID-15.
import { toHex, utf8 } from "@reach-fabric/engine";
import type { Engine } from "@reach-fabric/engine";
import { concat } from "./bytes.ts";
import { EvidenceError, quoted } from "./errors.ts";
import { memberSpans } from "./json.ts";
import type { Span } from "./json.ts";

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

/** JSON type and number of elements or members: an array and an object never look alike. */
type Shape = readonly [type: string, count: number];

/** The shape of a JSON value (TRACE-12). */
function shapeOf(value: unknown): Shape {
  if (value === null) return ["null", 0];
  if (Array.isArray(value)) return ["array", value.length];
  if (typeof value === "object") return ["object", Object.keys(value).length];
  return [typeof value, 0];
}

/** One disclosed value: its line in disclosures.jsonl, which is what its commitment hashes. */
export interface Disclosure {
  readonly line: Uint8Array;
  readonly pointer: string;
  /** Where the value is in `line`. */
  readonly span: Span;
  readonly value: unknown;
}

/** The value's own canonical bytes. */
export const valueBytes = ({ line, span }: Disclosure): Uint8Array =>
  line.subarray(span.start, span.end);

/**
 * The disclosure of a value at a pointer, salted by the run's secret.
 *
 * @param bytes the canonical bytes of `value`
 */
export function disclose(
  engine: Engine,
  runSecret: Uint8Array,
  pointer: string,
  value: unknown,
  bytes: Uint8Array,
): Disclosure {
  const salt = toHex(engine.hmacSha256(runSecret, utf8(pointer)));
  const head = lineHead(salt, pointer, shapeOf(value));
  const line = concat([head, bytes, CLOSE]);
  return { line, pointer, span: { start: head.length, end: line.length - 1 }, value };
}

const CLOSE = utf8("]");

/** The line up to the value. Salt, pointer and shape are ASCII without anything to escape. */
const lineHead = (salt: string, pointer: string, shape: Shape): Uint8Array =>
  utf8(`${JSON.stringify([salt, pointer, shape]).slice(0, -1)},`);

/** A pointer that something can be disclosed at: `/SEQ/SLOT` or `/run/MEMBER`. */
const POINTER = /^\/(0|[1-9]\d{0,15}|run)\/[a-z]+$/;

/**
 * The disclosure in one canonical line.
 *
 * @throws EvidenceError `REACH-E5501`: not [salt, pointer, shape, value], a salt that is not 32
 *   bytes in lower-case hex, a shape that is not the value's
 */
export function readDisclosure(line: Uint8Array, parsed: unknown, what: string): Disclosure {
  const malformed = (why: string): EvidenceError =>
    new EvidenceError("REACH-E5501", `${what}: ${why}`);
  if (!Array.isArray(parsed) || parsed.length !== 4) throw malformed("not four elements");
  const [salt, pointer, shape, value] = parsed as [unknown, unknown, unknown, unknown];
  if (typeof salt !== "string" || !/^[0-9a-f]{64}$/.test(salt)) {
    throw malformed("the salt is not 32 bytes in hex");
  }
  if (typeof pointer !== "string" || !POINTER.test(pointer)) {
    throw malformed("the pointer is not one of a value");
  }
  const actual = shapeOf(value);
  if (JSON.stringify(shape) !== JSON.stringify(actual)) {
    throw malformed(`the value at ${pointer} is ${actual.join(" of ")}, the shape says otherwise`);
  }
  const { length } = lineHead(salt, pointer, actual);
  return { line, pointer, span: { start: length, end: line.length - 1 }, value };
}

/** The commitments to disclosed values, in hex: H("value", line) each, in few calls. */
export function commitments(engine: Engine, disclosures: readonly Disclosure[]): string[] {
  const tag = utf8("reach/v1/value\0");
  const frames = disclosures.map(({ line }) => {
    const length = new Uint8Array(8);
    new DataView(length.buffer).setBigUint64(0, BigInt(line.length));
    return concat([tag, length, line]);
  });
  return engine.hashFrames(frames).map(toHex);
}

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
): { pointer: string; value: unknown; bytes: Uint8Array }[] {
  const spans = memberSpans(bytes);
  return slotPointers(record).map((pointer) => {
    const name = slotName(pointer);
    const span = spans.get(name);
    if (span === undefined) throw new TypeError(`No member ${quoted(name)} in the record`);
    return {
      pointer,
      value: (record as unknown as Record<string, unknown>)[name],
      bytes: bytes.subarray(span.start, span.end),
    };
  });
}

/** A commitment as the JSON string that stands in a leaf. */
export const commitmentBytes = (hex: string): Uint8Array => utf8(`"${hex}"`);
