// The ground of the second verifier: JSON, hashes, seeds, commitments, leaves and trees, as
// docs/spec/{json,trace,merkle}.md have them. It imports nothing of Reach, on purpose: what it agrees
// on was written twice. Slow and plain; the code that is used is in assembly/ and evidence/.
import { createHash, createHmac } from "node:crypto";

/** A value that is hidden: all that is known of it is that it is there. */
export class Hole {
  readonly number: number;
  constructor(number: number) {
    this.number = number;
  }
}
export type Value = null | boolean | number | string | Hole | Value[] | { [name: string]: Value };
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

export function members(value: Value | undefined): Members {
  const isObject = typeof value === "object" && value !== null && !Array.isArray(value);
  need(isObject && !(value instanceof Hole), "not an object");
  return value;
}
export function elements(value: Value | undefined): Value[] {
  need(Array.isArray(value), "not an array");
  return value;
}
/** An object with these members and no others; a name with `?` may be absent. */
export function exactly(value: Value | undefined, names: string): Members {
  const object = members(value);
  const known = names.split(" ").filter((name) => name !== "");
  const isKnown = (name: string): boolean => known.includes(name) || known.includes(`${name}?`);
  need(Object.keys(object).every(isKnown), `other members than ${names}`);
  const isThere = (name: string): boolean => name.endsWith("?") || Object.hasOwn(object, name);
  need(known.every(isThere), `not all members of ${names}`);
  return object;
}

/** A name in a pointer (RFC 6901). */
export const escaped = (name: string): string => name.replaceAll("~", "~0").replaceAll("/", "~1");

/** RFC 8785. A hole is 01, its number, 01: no JSON has these bytes. */
export function canonical(value: Value): string {
  if (value instanceof Hole) return `\u0001${value.number}\u0001`;
  if (Array.isArray(value)) return `[${value.map(canonical).join(",")}]`;
  if (typeof value === "object" && value !== null) {
    const written = childrenOf(value).map(
      ([name, child]) => `${canonical(name)}:${canonical(child)}`,
    );
    return `{${written.join(",")}}`;
  }
  need(typeof value !== "string" || !/\p{Surrogate}/u.test(value), "half a surrogate pair");
  return JSON.stringify(value);
}

/** Reads a canonical text, with holes in it or, as everything in a file, without. */
export function parse(bytes: Uint8Array, withHoles = false): Value {
  const text = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  need(withHoles || !text.includes("\u0001"), "a control character");
  let mark = "hole";
  while (text.includes(mark)) mark += "e";
  const parts = text.split("\u0001").map((part, i) => (i % 2 === 0 ? part : `"${mark}${part}"`));
  const value = JSON.parse(parts.join(""), (_name, found: Value) =>
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

// Seeds.

export const sha256 = (...parts: (Uint8Array | string)[]): Buffer => {
  const hash = createHash("sha256");
  for (const part of parts) hash.update(part);
  return hash.digest();
};
const u32be = (number: number): Buffer => {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(number);
  return bytes;
};
const tagged = (tag: number, ...parts: (Uint8Array | string)[]): Buffer =>
  sha256(Uint8Array.of(tag), ...parts);

export const runSeed = (secret: Uint8Array, id: string, attempt: number): Buffer =>
  createHmac("sha256", secret).update(`reach/v4/run-seed\0${id}\0`).update(u32be(attempt)).digest();

/** The place of run.json's own values in the tree of seeds. */
export const RUN = 0xffffffff;

/** The seed `levels` below an inner seed of the tree, on the way to this record. */
export function seedBelow(inner: Uint8Array, levels: number, seq: number): Buffer {
  let seed: Buffer = Buffer.from(inner);
  for (let bit = levels - 1; bit >= 0; bit--) {
    seed = tagged(0x42, seed, Uint8Array.of((seq >>> bit) & 1));
  }
  return seed;
}
export const recordSeed = (run: Uint8Array, seq: number): Buffer => seedBelow(run, 32, seq);

/** Each slot that there is, and its code. */
export const SLOT: Readonly<Record<string, number>> = {
  input: 0,
  output: 1,
  error: 2,
  context: 3,
  request: 4,
  result: 5,
  reason: 6,
  actor: 16,
  annotations: 17,
  decision: 18,
  tenant: 19,
};
export const slotSeed = (record: Uint8Array, slot: string): Buffer =>
  tagged(0x40, record, Uint8Array.of(SLOT[slot] ?? 255));
export const childSeed = (seed: Uint8Array, index: number): Buffer =>
  tagged(0x41, seed, u32be(index));

/** The fewest aligned stretches of 2^level records that are exactly the records for which `isIn`. */
export function cover(size: number, isIn: (seq: number) => boolean): [number, number][] {
  const found: [number, number][] = [];
  for (let from = 0; from < size;) {
    let end = from;
    while (end < size && isIn(end)) end += 1;
    while (from < end) {
      let level = 0;
      while (from % 2 ** (level + 1) === 0 && from + 2 ** (level + 1) <= end) level += 1;
      found.push([from, level]);
      from += 2 ** level;
    }
    from += 1;
  }
  return found;
}

// Commitments.

function varint(number: number): Buffer {
  const bytes: number[] = [];
  for (; number >= 128; number = Math.floor(number / 128)) bytes.push((number % 128) | 128);
  return Buffer.from([...bytes, number]);
}
/** The elements or members of a value, in the order in which they are committed to. */
export const childrenOf = (value: Value[] | Members): [string, Value][] =>
  Array.isArray(value)
    ? value.map((element, i) => [`${i}`, element])
    : Object.keys(value)
        .sort()
        .map((name) => [name, value[name] ?? null]);

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
    const bytes = Buffer.alloc(8);
    bytes.writeDoubleBE(value);
    return tagged(0x53, seed, bytes);
  }
  const isArray = Array.isArray(value);
  const children = childrenOf(value);
  if (children.length === 0) return tagged(isArray ? 0x57 : 0x58, seed);
  return containerOf(
    isArray,
    children.map(([name, child], i) => [name, commitment(child, childSeed(seed, i))]),
  );
}

// Records and their leaves.

/** The slots and the other members of each kind of record. */
const KINDS: Readonly<Record<string, readonly [slots: string, others: string]>> = {
  start: ["input", "grant limits pack semantics workflow"],
  request: ["request", "iteration key occurrence task type"],
  result: ["result", "key"],
  late: ["result", "key"],
  task: ["input context output? error?", "iteration next status task"],
  retry: ["error", "attempt delay iteration task"],
  cancel: ["reason", ""],
  suspend: ["reason", ""],
  resume: ["reason", ""],
  outcome: ["output? error? reason?", "status"],
};
const ENTER = ["start", "result", "late", "cancel", "suspend", "resume"];

export const enters = (record: Members): boolean => ENTER.includes(textOf(record["kind"]));

/** A record, or its leaf: the members of its kind, and a number. */
export function recordOf(value: Value | undefined): Members {
  const [slots, others] = KINDS[textOf(members(value)["kind"])] ?? [];
  need(slots !== undefined, "not a kind of record");
  const record = exactly(value, `kind seq ${slots} ${others}`);
  const { seq } = record;
  need(Number.isInteger(seq) && Number(seq) >= 0 && Number(seq) < RUN, "not a record's number");
  return record;
}
export const slotsOf = (record: Members): string[] =>
  Object.keys(record).filter((name) => Object.hasOwn(SLOT, name));

/** The leaf of a record, given the commitment of each of its slots. */
export const leafOf = (record: Members, committed: (slot: string) => Buffer): Members =>
  Object.fromEntries(
    Object.entries(record).map(([name, value]) => [
      name,
      Object.hasOwn(SLOT, name) ? hex(committed(name)) : value,
    ]),
  );

// RFC 6962.

export const leafHash = (leaf: Members): Buffer => tagged(0, canonical(leaf));
const node = (left: Uint8Array, right: Uint8Array): Buffer => tagged(1, left, right);

/** The largest power of two below n. */
export function half(n: number): number {
  let k = 1;
  while (k * 2 < n) k *= 2;
  return k;
}

/** The root of a tree whose first leaves are known, and the others as their largest subtrees. */
export function rootOf(known: readonly Buffer[], size: number, others: readonly Buffer[]): Buffer {
  let next = 0;
  const over = (from: number, end: number): Buffer => {
    const hash = from >= known.length ? others[next++] : known[from];
    need(hash !== undefined, "too few hashes");
    if (from >= known.length || end - from === 1) return hash;
    const middle = from + half(end - from);
    return node(over(from, middle), over(middle, end));
  };
  need(size > 0 && known.length <= size, "more leaves than the tree has");
  const root = over(0, size);
  need(next === others.length, "too many hashes");
  return root;
}

/** The root that an inclusion proof leads to. */
export function rootByProof(
  hash: Buffer,
  index: number,
  size: number,
  proof: readonly Buffer[],
): Buffer {
  need(index >= 0 && index < size, "not a leaf of the tree");
  const top = proof.at(-1);
  need((top === undefined) === (size === 1), "a proof of another length");
  if (top === undefined) return hash;
  const k = half(size);
  const below = proof.slice(0, -1);
  if (index < k) return node(rootByProof(hash, index, k, below), top);
  return node(top, rootByProof(hash, index - k, size - k, below));
}
