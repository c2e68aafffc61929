// The texts of a value, those beside each other joined: a secret that is split over two of them is found, too.

/** Integers of fewer digits are no secret, and no part of one. */
const LONG_NUMBER = 1e7;

/** What is collected of a value. A text is several times in it, beside each that it could go on in. */
interface Runs {
  /** Names and texts of each array and object in their order. */
  readonly all: LongText;
  /** The same without the names. */
  readonly texts: LongText;
  /** What objects in an array say under one name. */
  readonly parts: LongText;
}

/** A text that is put together of many: joined a few at a time, as one that grows by each of them costs twice as much. */
class LongText {
  #pieces: string[] = [];
  #joined = "";

  add(text: string): void {
    if (text === "" || this.#pieces.push(text) < 256) return;
    this.#joined += this.#pieces.join("");
    this.#pieces = [];
  }

  toString(): string {
    return this.#joined + this.#pieces.join("");
  }
}

/**
 * All texts, names and long integers of a JSON value: for each array and object what its members say in their order,
 * with the names and without, and for an array of objects what those of one name say. An object's members stand in a
 * record in the order of RFC 8785, and are read in that order as well. A text that is JSON is looked into: whoever
 * reads it next may take its members out.
 */
export function textsOfValue(value: unknown): string {
  const runs: Runs = { all: new LongText(), texts: new LongText(), parts: new LongText() };
  runs.all.add(said(value));
  // A stack of its own: a value may be nested deeper than calls.
  const open: unknown[] = [jsonIn(value) ?? value];
  while (open.length > 0) {
    const at = open.pop();
    if (Array.isArray(at)) ofArray(at, runs, open);
    else if (isObject(at)) ofObject(at, runs, open);
  }
  return `${runs.all.toString()}\0${runs.texts.toString()}\0${runs.parts.toString()}`;
}

/** The array or object that a text is; undefined for any other. */
export function jsonIn(text: unknown): object | undefined {
  if (typeof text !== "string" || !/^\s*[[{]/.test(text)) return undefined;
  try {
    return JSON.parse(text) as object;
  } catch {
    return undefined;
  }
}

/** What is in a member, or in the JSON that it is. */
function openInto(open: unknown[], member: unknown): boolean {
  const inside = typeof member === "object" ? member : jsonIn(member);
  if (inside === null || inside === undefined) return false;
  open.push(inside);
  return true;
}

function ofArray(list: readonly unknown[], runs: Runs, open: unknown[]): void {
  let objects = 0;
  for (const item of list) {
    runs.all.add(said(item));
    if (openInto(open, item)) objects += 1;
  }
  if (objects > 1) ofParts(list, runs);
}

/** The parts of a content, for example: `[{"type":"text","text":"a"},{"type":"text","text":"b"}]`. */
function ofParts(list: readonly unknown[], runs: Runs): void {
  const byName = new Map<string, LongText>();
  for (const item of list) {
    if (!isObject(item)) continue;
    for (const name of Object.keys(item)) {
      const text = said(item[name]);
      if (text === "") continue;
      const run = byName.get(name) ?? new LongText();
      byName.set(name, run);
      run.add(text);
    }
  }
  for (const run of byName.values()) runs.parts.add(run.toString());
}

function ofObject(object: Readonly<Record<string, unknown>>, runs: Runs, open: unknown[]): void {
  const names = Object.keys(object);
  for (const name of names) openInto(open, object[name]);
  inOrder(object, names, runs);
  const isSorted = names.every((name, i) => i === 0 || (names[i - 1] ?? "") < name);
  if (!isSorted) inOrder(object, names.toSorted(), runs);
}

function inOrder(
  object: Readonly<Record<string, unknown>>,
  names: readonly string[],
  runs: Runs,
): void {
  for (const name of names) {
    const text = said(object[name]);
    runs.all.add(name);
    runs.all.add(text);
    runs.texts.add(text);
  }
}

const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === "object" &&
  value !== null &&
  !Array.isArray(value) &&
  !(value instanceof Uint8Array);

/** What a text or number says by itself. */
function said(value: unknown): string {
  if (typeof value === "string") return value;
  const isLong = typeof value === "number" && Math.abs(value) >= LONG_NUMBER;
  return (isLong && Number.isInteger(value)) || typeof value === "bigint" ? String(value) : "";
}
