// The lines of disclosures.jsonl of format v2, read back into trees of fields. docs/spec/evidence.md,
// EVID-14.
//
//     [pointer, seed, value]             a whole field, with all that is below it
//     [pointer, salt, shape, hidden]     a container of which some children are hidden
import { fromHex, pathOf } from "@reach-fabric/engine";
import { EvidenceError, quoted } from "../errors/errors.ts";
import { byName, fieldOf, hiddenField, openField } from "../commitments/fields.ts";
import type { Field, Shape } from "../commitments/fields.ts";
import { ENTRY } from "./layout.ts";
import type { Line } from "../encoding/json.ts";

/** Containers that may be open within one another: as many as in a JSON text (JSON-12). */
const DEEPEST = 1024;
const HEX = /^[0-9a-f]{64}$/;
/** The pointer of a slot: `/SEQ/SLOT` or `/run/MEMBER`. */
const SLOT = /^\/(0|[1-9]\d{0,15}|run)\/[a-z]+$/;

/** A line as it stands, with what it says taken apart. */
interface Shown {
  readonly pointer: string;
  /** The pointer as JSON text without quotes. */
  readonly text: string;
  readonly place: string;
  readonly whole?: { readonly seed: string; readonly value: string; readonly bytes: Uint8Array };
  readonly open?: {
    readonly salt: string;
    readonly shape: Shape;
    readonly hidden: readonly (readonly [name: string, commitment: string])[];
  };
}

/**
 * The slots that these lines show, each as a tree; nothing is compared with what was signed.
 *
 * @throws EvidenceError `REACH-E5501` a line of another form, `REACH-E5505` lines that do not make a
 *   tree: a child that is not in its place, twice or missing
 */
export function readFields(lines: readonly Line[]): Field[] {
  const roots: Field[] = [];
  /** Containers whose children come next, the innermost last. */
  const open: { field: Field; shown: Set<string> }[] = [];
  const close = (depth: number): void => {
    for (let top = open.pop(); top !== undefined; top = open.pop()) {
      complete(top.field);
      if (open.length <= depth) return;
    }
  };
  for (const [i, line] of lines.entries()) {
    const shown = readLine(line, `${ENTRY.disclosures}, line ${i + 1}`);
    const above = open.findLastIndex(({ field }) => isBelow(field.pointer, shown.text));
    if (open.length > above + 1) close(above + 1);
    const parent = open[above]?.field;
    if (parent === undefined && !SLOT.test(shown.pointer)) {
      throw misplaced(shown.place, `nothing above ${quoted(shown.pointer)} is open`);
    }
    const field = toField(shown, parent);
    if (parent === undefined) roots.push(field);
    else parent.children.push(field);
    if (shown.open === undefined) continue;
    if (open.length >= DEEPEST) throw malformed(shown.place, "it is nested too deeply");
    open.push({ field, shown: new Set() });
  }
  if (open.length > 0) close(0);
  return roots;
}

const malformed = (place: string, why: string): EvidenceError =>
  new EvidenceError("REACH-E5501", `${place}: ${why}`);
const misplaced = (place: string, why: string): EvidenceError =>
  new EvidenceError("REACH-E5505", `${place}: ${why}`);

/** Whether a pointer is that of a child, both as JSON text. */
const isBelow = (pointer: string, text: string): boolean =>
  text.startsWith(`${pointer}/`) && !text.includes("/", pointer.length + 1);

function readLine({ bytes, text: line, value }: Line, place: string): Shown {
  if (!Array.isArray(value)) throw malformed(place, "not an array");
  const [pointer, salt, third, hidden, ...more] = value as unknown[];
  const isOpen = value.length === 4;
  if (value.length < 3 || more.length > 0) throw malformed(place, "not three or four elements");
  if (typeof pointer !== "string" || !pointer.startsWith("/")) {
    throw malformed(place, "the pointer is not one of a value");
  }
  if (typeof salt !== "string" || !HEX.test(salt)) {
    throw malformed(place, `the ${isOpen ? "salt" : "seed"} is not 32 bytes in hex`);
  }
  const text = JSON.stringify(pointer).slice(1, -1);
  if (!isOpen) {
    const start = `["${text}","${salt}",`.length;
    const value = line.slice(start, -1);
    // What stands before a slot's value is ASCII: bytes and units are one.
    return { pointer, text, place, whole: { seed: salt, value, bytes: bytes.subarray(start, -1) } };
  }
  const shape = shapeOf(third, place);
  if (typeof hidden !== "object" || hidden === null || Array.isArray(hidden)) {
    throw malformed(place, "what is hidden is not an object");
  }
  const members = Object.entries(hidden as Record<string, unknown>).map(([name, commitment]) => {
    if (typeof commitment !== "string" || !HEX.test(commitment)) {
      throw malformed(place, "a commitment is not 32 bytes in hex");
    }
    return [JSON.stringify(name).slice(1, -1), commitment] as const;
  });
  return { pointer, text, place, open: { salt, shape, hidden: members } };
}

function shapeOf(value: unknown, place: string): Shape {
  const [type, count] = Array.isArray(value) ? (value as unknown[]) : [];
  const isShape =
    Array.isArray(value) &&
    value.length === 2 &&
    (type === "object" || type === "array") &&
    Number.isSafeInteger(count) &&
    (count as number) > 0;
  if (isShape) return [type, count as number];
  throw malformed(place, "the shape is not that of a container with children");
}

function toField({ text, whole, open }: Shown, parent: Field | undefined): Field {
  const [name = ""] = parent === undefined ? [] : pathOf(text.slice(parent.pointer.length));
  if (whole !== undefined) {
    const field = fieldOf(whole.value, text, fromHex(whole.seed), name);
    return parent === undefined ? { ...field, bytes: whole.bytes } : field;
  }
  const { salt = "", shape = ["", 0], hidden = [] } = open ?? {};
  const field = openField(text, name, fromHex(salt), shape);
  for (const [child, commitment] of hidden)
    field.children.push(hiddenField(text, child, fromHex(commitment)));
  return field;
}

/** All children of a container are there, each once, in canonical order: those shown came in it. */
function complete(field: Field): void {
  const [type, count] = field.shape ?? ["", 0];
  const where = `what is shown at ${quoted(JSON.parse(`"${field.pointer}"`) as string)}`;
  const { children } = field;
  if (children.length !== count) {
    throw misplaced(where, `${children.length} children, its shape says ${count}`);
  }
  const isArray = type === "array";
  const compare = isArray
    ? (a: Field, b: Field): number => Number(a.name) - Number(b.name)
    : byName;
  const shown = children.filter(({ shape }) => shape !== undefined);
  const inOrder = shown.every((child, i) => i === 0 || compare(shown[i - 1] as Field, child) < 0);
  children.sort(compare);
  const isOnce = children.every((child, i) =>
    isArray ? child.name === String(i) : child.name !== children[i - 1]?.name,
  );
  if (!inOrder || !isOnce) throw misplaced(where, "a child twice, missing, or not in its place");
}
