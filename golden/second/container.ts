// The container of evidence (EVID-1 to EVID-5): a zip archive that is a function of its entries.
import { crc32 } from "node:zlib";
import { need, parse } from "./data.ts";
import type { Value } from "./data.ts";

export type Entries = Map<string, Uint8Array>;

const u32 = (value: number): Buffer =>
  Buffer.from([value, value >>> 8, value >>> 16, value >>> 24]);
const u16 = (...values: number[]): Buffer =>
  Buffer.concat(values.map((n) => u32(n).subarray(0, 2)));

export function writeContainer(entries: Entries): Buffer {
  const [local, central]: [Buffer[], Buffer[]] = [[], []];
  let offset = 0;
  for (const [name, data] of entries) {
    // Version 10; flags, method and time 0; the first of January 1980.
    const common = [u16(10, 0, 0, 0, 33), u32(crc32(data)), u32(data.length), u32(data.length)];
    const both = Buffer.concat([...common, u16(name.length, 0)]);
    const entry = Buffer.concat([u32(0x04034b50), both, Buffer.from(name), data]);
    const place = Buffer.concat([u16(0, 0, 0, 0, 0), u32(offset), Buffer.from(name)]);
    local.push(entry);
    central.push(Buffer.concat([u32(0x02014b50), u16(10), both, place]));
    offset += entry.length;
  }
  const size = Buffer.concat(central).length;
  const count = u16(0, 0, entries.size, entries.size);
  return Buffer.concat([
    ...local,
    ...central,
    u32(0x06054b50),
    count,
    u32(size),
    u32(offset),
    u16(0),
  ]);
}

/** Reads the local entries from front to back, writes them again, and requires equal bytes. */
export function readContainer(file: Uint8Array): Entries {
  const bytes = Buffer.from(file.buffer, file.byteOffset, file.length);
  const entries: Entries = new Map();
  for (let at = 0; bytes.readUInt32LE(at) === 0x04034b50;) {
    const [size, start] = [bytes.readUInt32LE(at + 18), at + 30 + bytes.readUInt16LE(at + 26)];
    entries.set(bytes.toString("latin1", at + 30, start), bytes.subarray(start, start + size));
    at = start + size;
  }
  need(bytes.equals(writeContainer(entries)), "not the one container of its entries");
  return entries;
}

/** The lines of a .jsonl entry: canonical texts, each with its newline. */
export function linesOf(bytes: Uint8Array = Buffer.of()): Value[] {
  need(bytes.at(-1) === 10, "no lines, or no newline at the end");
  const lines = Buffer.from(bytes).toString("latin1").slice(0, -1).split("\n");
  return lines.map((line) => parse(Buffer.from(line, "latin1")));
}
