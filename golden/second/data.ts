// The ground of the second verifier: JSON, hashes, seeds, commitments, leaves and trees, as
// docs/spec/{json,trace,merkle}.md have them. It imports nothing of Reach, on purpose: what it agrees
// on was written twice. Slow and plain; the code that is used is in assembly/ and evidence/.
import { createHash } from "node:crypto";

/** A value that is hidden: all that is known of it is that it is there. */
export class Hole {
  readonly number: number;
  constructor(number: number) {
    this.number = number;
  }
}
export type Value = null | boolean | number | string | Hole | Value[] | Members;
export type Members = { [name: string]: Value };

export function fail(why: string): never {
  throw new Error(why);
}
export function need(holds: boolean, why: string): asserts holds {
  if (!holds) fail(why);
}
export const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString("hex");

/** A text as it is, and of anything else its JSON. */
export const textOf = (value: Value | undefined): string =>
  typeof value === "string" ? value : canonical(value ?? null);

/** 32 bytes in lower-case hex. */
export function hash32(text: Value | undefined): Buffer {
  need(typeof text === "string" && /^[0-9a-f]{64}$/.test(text), "not 32 bytes in hex");
  return Buffer.from(text, "hex");
}
export function elements(value: Value | undefined): Value[] {
  need(Array.isArray(value), "not an array");
  return value;
}
export function members(value: Value | undefined): Members {
  const isObject = typeof value === "object" && value !== null && !Array.isArray(value);
  need(isObject && !(value instanceof Hole), "not an object");
  return value;
}
/** An object with these members and no others. */
export function exactly(value: Value | undefined, names: string): Members {
  const object = members(value);
  const there = Object.keys(object).sort().join(" ");
  need(there === names.split(" ").sort().join(" "), `not the members ${names}`);
  return object;
}

/** A name in a pointer (RFC 6901). */
export const escaped = (name: string): string => name.replaceAll("~", "~0").replaceAll("/", "~1");

/** The elements or members of a value, in the order in which they are written and committed to. */
export const childrenOf = (value: Value[] | Members): [string, Value][] =>
  Array.isArray(value)
    ? value.map((element, i) => [`${i}`, element])
    : Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));

/** RFC 8785. A hole is 01, its number, 01: no JSON has these bytes. */
export function canonical(value: Value): string {
  if (value instanceof Hole) return `\u0001${value.number}\u0001`;
  need(typeof value !== "string" || !/\p{Surrogate}/u.test(value), "half a surrogate pair");
  if (typeof value !== "object" || value === null) return JSON.stringify(value);
  if (Array.isArray(value)) return `[${value.map(canonical).join(",")}]`;
  return `{${childrenOf(value)
    .map((of) => of.map(canonical).join(":"))
    .join(",")}}`;
}

/** Reads a canonical text, with holes in it or, as everything in a file, without. */
export function parse(bytes: Uint8Array, withHoles = false): Value {
  const text = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  let mark = "hole";
  while (text.includes(mark)) mark += "e";
  const parts = withHoles ? text.split("\u0001") : [text];
  const marked = parts.map((part, i) => (i % 2 === 0 ? part : `"${mark}${part}"`));
  const value = JSON.parse(marked.join(""), (_name, found: Value) =>
    typeof found === "string" && found.startsWith(mark)
      ? new Hole(Number(found.slice(mark.length)))
      : found,
  ) as Value;
  need(canonical(value) === text, "not canonical JSON");
  return value;
}

export const hasHole = (value: Value): boolean =>
  value instanceof Hole ||
  (typeof value === "object" && value !== null && Object.values(value).some(hasHole));

// Seeds (TRACE-12, TRACE-20).

export const sha256 = (...parts: (Uint8Array | string)[]): Buffer =>
  createHash("sha256")
    .update(Buffer.concat(parts.map((part) => Buffer.from(part))))
    .digest();
const tagged = (tag: number, ...parts: (Uint8Array | string)[]): Buffer =>
  sha256(Buffer.of(tag), ...parts);

/** The place of run.json's own values in the tree of seeds. */
export const RUN = 0xffffffff;

/** The seed `levels` below an inner seed of the tree, on the way to this record. */
export const seedBelow = (inner: Uint8Array, levels: number, seq: number): Buffer =>
  levels === 0
    ? Buffer.from(inner)
    : tagged(0x42, seedBelow(inner, levels - 1, seq >>> 1), Buffer.of(seq & 1));
export const recordSeed = (run: Uint8Array, seq: number): Buffer => seedBelow(run, 32, seq);

/** Each slot that there is, and its code. */
export const SLOT: Readonly<Record<string, number>> = Object.fromEntries([
  ...["input", "output", "error", "context", "request", "result", "reason"].map((n, i) => [n, i]),
  ...["actor", "annotations", "decision", "tenant"].map((name, i) => [name, 16 + i]),
]);
export const slotsOf = (record: Members): string[] =>
  Object.keys(record).filter((name) => Object.hasOwn(SLOT, name));
export const slotSeed = (record: Uint8Array, slot: string): Buffer =>
  tagged(0x40, record, Buffer.of(SLOT[slot] ?? 255));
export const childSeed = (seed: Uint8Array, i: number): Buffer =>
  tagged(0x41, seed, Buffer.of(i >>> 24, i >>> 16, i >>> 8, i));

/** The fewest aligned stretches of 2^level records that are exactly the first ones for which `isIn`. */
export function cover(
  size: number,
  isIn: (seq: number) => boolean,
  from = 0,
  level = 32,
): [from: number, level: number][] {
  const end = from + 2 ** level;
  const all = Array.from({ length: Math.max(0, Math.min(size, end) - from) }, (_, i) => from + i);
  if (!all.some(isIn)) return [];
  if (end <= size && all.every(isIn)) return [[from, level]];
  return [0, 1].flatMap((side) => cover(size, isIn, from + side * 2 ** (level - 1), level - 1));
}

// Commitments (TRACE-21).

const varint = (number: number): Buffer =>
  number < 128
    ? Buffer.of(number)
    : Buffer.concat([Buffer.of((number % 128) | 128), varint(Math.floor(number / 128))]);

/** The commitment of an array or object with children, from theirs: it has no seed. */
export function containerOf(isArray: boolean, children: readonly (readonly [string, Buffer])[]) {
  const parts = children.flatMap(([name, hash]) =>
    isArray ? [hash] : [varint(Buffer.byteLength(name)), Buffer.from(name), hash],
  );
  return tagged(isArray ? 0x55 : 0x56, varint(children.length), ...parts);
}

export function commitment(value: Value, seed: Uint8Array): Buffer {
  need(!(value instanceof Hole), "a hidden value where a whole one is needed");
  if (value === null) return tagged(0x50, seed);
  if (typeof value === "boolean") return tagged(value ? 0x52 : 0x51, seed);
  if (typeof value === "string") return tagged(0x54, seed, value);
  if (typeof value === "number") {
    const double = new DataView(new ArrayBuffer(8));
    double.setFloat64(0, value);
    return tagged(0x53, seed, Buffer.from(double.buffer));
  }
  const isArray = Array.isArray(value);
  const children = childrenOf(value);
  if (children.length === 0) return tagged(isArray ? 0x57 : 0x58, seed);
  return containerOf(
    isArray,
    children.map(([name, child], i) => [name, commitment(child, childSeed(seed, i))]),
  );
}

// Records, their leaves (TRACE-13), and trees of RFC 6962.

export const seqOf = (record: Members): number => Number(record["seq"]);
export const enters = ({ kind }: Members): boolean =>
  ["start", "result", "late", "cancel", "suspend", "resume"].includes(textOf(kind));

/** The leaf of a record, given the commitment of each of its slots. */
export const leafOf = (record: Members, committed: (slot: string) => Buffer): Members => ({
  ...record,
  ...Object.fromEntries(slotsOf(record).map((slot) => [slot, hex(committed(slot))])),
});
export const leafHash = (leaf: Members): Buffer => tagged(0, canonical(leaf));
const node = (left: Uint8Array, right: Uint8Array): Buffer => tagged(1, left, right);

/** The largest power of two below n. */
export const half = (n: number): number => 2 ** (32 - Math.clz32(n - 1)) / 2;

/** The root of a tree whose first leaves are known, and the others as their largest subtrees. */
export function rootOf(known: readonly Buffer[], size: number, others: readonly Buffer[]): Buffer {
  const rest = others.values();
  const over = (from: number, end: number): Buffer => {
    if (from >= known.length) return rest.next().value ?? fail("too few hashes");
    const middle = from + half(end - from);
    return end - from === 1
      ? (known[from] ?? fail(""))
      : node(over(from, middle), over(middle, end));
  };
  need(size > 0 && known.length <= size, "more leaves than the tree has");
  const root = over(0, size);
  need(rest.next().done === true, "too many hashes");
  return root;
}

/** The root that an inclusion proof leads to. */
export function rootByProof(
  hash: Buffer,
  index: number,
  size: number,
  proof: readonly Buffer[],
): Buffer {
  need(index >= 0 && index < size && (size === 1) === (proof.length === 0), "no proof of a leaf");
  if (size === 1) return hash;
  const [k, below, top] = [half(size), proof.slice(0, -1), proof.at(-1) ?? hash];
  return index < k
    ? node(rootByProof(hash, index, k, below), top)
    : node(top, rootByProof(hash, index - k, size - k, below));
}
