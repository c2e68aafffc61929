// The container of evidence (EVID-1 to EVID-5): a zip archive that is a function of its entries.
import { crc32 } from "node:zlib";
import { need, parse } from "./data.ts";
import type { Value } from "./data.ts";

export type Entries = Map<string, Uint8Array>;

function header(signature: number, sizes: readonly (readonly [size: 2 | 4, value: number])[]) {
  const bytes = Buffer.alloc(4 + sizes.reduce((sum, [size]) => sum + size, 0));
  let at = bytes.writeUInt32LE(signature);
  for (const [size, value] of sizes) at = bytes.writeUIntLE(value, at, size);
  return bytes;
}

export function writeContainer(entries: Entries): Buffer {
  const local: Uint8Array[] = [];
  const central: Uint8Array[] = [];
  let offset = 0;
  const sizeOf = (parts: readonly Uint8Array[]): number =>
    parts.reduce((sum, { length }) => sum + length, 0);
  for (const [name, data] of entries) {
    // Version 10, flags, method and time 0, the first of January 1980.
    const common = [
      ...([10, 0, 0, 0, 33] as const).map((value) => [2, value] as const),
      ...([crc32(data), data.length, data.length] as const).map((value) => [4, value] as const),
      ...([name.length, 0] as const).map((value) => [2, value] as const),
    ];
    local.push(header(0x04034b50, common), Buffer.from(name), data);
    const place = [
      [2, 0],
      [2, 0],
      [2, 0],
      [4, 0],
      [4, offset],
    ] as const;
    central.push(header(0x02014b50, [[2, 10], ...common, ...place]), Buffer.from(name));
    offset = sizeOf(local);
  }
  const count = [
    [2, 0],
    [2, 0],
    [2, entries.size],
    [2, entries.size],
  ] as const;
  const end = header(0x06054b50, [...count, [4, sizeOf(central)], [4, offset], [2, 0]]);
  return Buffer.concat([...local, ...central, end]);
}

/** Reads the local entries from front to back, writes them again, and requires equal bytes. */
export function readContainer(file: Uint8Array): Entries {
  const bytes = Buffer.from(file.buffer, file.byteOffset, file.length);
  const entries: Entries = new Map();
  let at = 0;
  while (bytes.readUInt32LE(at) === 0x04034b50) {
    const [size, length] = [bytes.readUInt32LE(at + 18), bytes.readUInt16LE(at + 26)];
    const name = bytes.toString("latin1", at + 30, at + 30 + length);
    need(/^[a-z0-9][a-z0-9._-]*(\/[a-z0-9][a-z0-9._-]*){0,3}$/.test(name), "not a name");
    need(name.length <= 128 && !entries.has(name), "a name too long, or twice");
    entries.set(name, bytes.subarray(at + 30 + length, at + 30 + length + size));
    at += 30 + length + size;
  }
  need(entries.size <= 4096, "too many entries");
  need(bytes.equals(writeContainer(entries)), "not the one container of its entries");
  return entries;
}

/** The lines of a .jsonl entry: canonical texts, each with its newline. */
export function linesOf(bytes: Uint8Array | undefined): Value[] {
  need(bytes !== undefined && bytes.at(-1) === 10, "no lines, or no newline at the end");
  const lines: Value[] = [];
  for (let from = 0; from < bytes.length;) {
    const end = bytes.indexOf(10, from);
    lines.push(parse(bytes.subarray(from, end)));
    from = end + 1;
  }
  return lines;
}
