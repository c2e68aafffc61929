// What a run commits to, once more, from docs/spec/trace.md alone: plain JavaScript and node:crypto.
import { createHash } from "node:crypto";

export type Value = null | boolean | number | string | Value[] | { [name: string]: Value };
type Bytes = Uint8Array;

const H = (...parts: readonly (Bytes | number)[]): Bytes => {
  const hash = createHash("sha256");
  for (const part of parts) hash.update(typeof part === "number" ? Buffer.of(part) : part);
  return hash.digest();
};
const u32be = (n: number): Bytes => Buffer.from(n.toString(16).padStart(8, "0"), "hex");
const varint = (n: number): Bytes =>
  n < 128 ? Buffer.of(n) : Buffer.concat([Buffer.of((n % 128) + 128), varint(Math.floor(n / 128))]);

export function recordSeed(runSeed: Bytes, seq: number): Bytes {
  let seed = runSeed;
  for (const bit of seq.toString(2).padStart(32, "0")) seed = H(0x42, seed, Number(bit));
  return seed;
}

export function commitment(value: Value, seed: Bytes): Bytes {
  const child = (inner: Value, index: number): Bytes =>
    commitment(inner, H(0x41, seed, u32be(index)));
  if (value === null) return H(0x50, seed);
  if (typeof value === "boolean") return H(value ? 0x52 : 0x51, seed);
  if (typeof value === "string") return H(0x54, seed, Buffer.from(value));
  if (typeof value === "number") {
    const bytes = Buffer.alloc(8);
    bytes.writeDoubleBE(value);
    return H(0x53, seed, bytes);
  }
  if (Array.isArray(value)) {
    if (value.length === 0) return H(0x57, seed);
    return H(0x55, varint(value.length), ...value.map(child));
  }
  const names = Object.keys(value).sort(); // by UTF-16, as RFC 8785
  if (names.length === 0) return H(0x58, seed);
  const parts = names.flatMap((name, i) => {
    const bytes = Buffer.from(name);
    return [varint(bytes.length), bytes, child(value[name] ?? null, i)];
  });
  return H(0x56, varint(names.length), ...parts);
}

const codes = ["input", "output", "error", "context", "request", "result", "reason"];
const slots: Readonly<Record<string, readonly string[]>> = {
  start: ["input"],
  request: ["request"],
  result: ["result"],
  late: ["result"],
  task: ["input", "context", "output", "error"],
  retry: ["error"],
  outcome: ["output", "error", "reason"],
  cancel: ["reason"],
  suspend: ["reason"],
  resume: ["reason"],
};
const entering = ["start", "result", "late", "cancel", "suspend", "resume"];

/** The text of a record's leaf: the members of a canonical record stand in their order. */
export function leafText(runSeed: Bytes, record: Bytes): string {
  const fields = JSON.parse(Buffer.from(record).toString()) as { [name: string]: Value };
  const { kind, seq } = fields as { [name: string]: Value; kind: string; seq: number };
  const seed = recordSeed(runSeed, seq);
  for (const name of slots[kind] ?? []) {
    const value = fields[name];
    if (value === undefined) continue;
    const slotSeed = H(0x40, seed, codes.indexOf(name));
    fields[name] = Buffer.from(commitment(value, slotSeed)).toString("hex");
  }
  return JSON.stringify(fields);
}

function root(leaves: readonly Bytes[]): Bytes {
  if (leaves.length === 0) return H();
  if (leaves.length === 1) return leaves[0] ?? H();
  const split = 2 ** Math.floor(Math.log2(leaves.length - 1));
  return H(1, root(leaves.slice(0, split)), root(leaves.slice(split)));
}

export interface Model {
  readonly root: string;
  readonly size: number;
  readonly entered: { readonly root: string; readonly size: number };
  readonly left: string;
}

const hex = (bytes: Bytes): string => Buffer.from(bytes).toString("hex");

/** What a run with these records commits to. */
export function commitmentsOf(runSeed: Bytes, records: readonly Bytes[]): Model {
  const all: Bytes[] = [];
  const entered: Bytes[] = [];
  let left: Bytes[] = [];
  for (const record of records) {
    const text = leafText(runSeed, record);
    const leaf = H(0, Buffer.from(text));
    const { kind } = JSON.parse(text) as { kind: string };
    all.push(leaf);
    if (entering.includes(kind)) left = [];
    else left.push(leaf);
    if (entering.includes(kind) || kind === "outcome") entered.push(leaf);
  }
  return {
    root: hex(root(all)),
    size: all.length,
    entered: { root: hex(root(entered)), size: entered.length },
    left: hex(H(...left)),
  };
}
