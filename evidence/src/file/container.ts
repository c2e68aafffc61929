// The .reach container: a zip file without compression of which there is exactly one for a list of
// entries. docs/spec/evidence.md, EVID-1 to EVID-3.
//
// A zip file says everything twice, and readers differ in what they believe, skip and repair. So a
// file is read in the plainest way, front to back, and what was read is written again: only if that
// gives the same bytes, CRCs included, is it a .reach file. No second reading can see other
// entries, and no byte is without meaning.
import { firstDifferentByte } from "../encoding/bytes.ts";
import { EvidenceError, quoted } from "../errors/errors.ts";

/** One file in the container. */
export interface ContainerEntry {
  readonly name: string;
  readonly bytes: Uint8Array;
}

/** What a container may hold at most: EVID-2. */
export const CONTAINER_LIMITS: {
  readonly fileBytes: number;
  readonly entryBytes: number;
  readonly entries: number;
  readonly nameBytes: number;
} = {
  fileBytes: 512 * 2 ** 20,
  entryBytes: 256 * 2 ** 20,
  entries: 4096,
  nameBytes: 128,
};

// APPNOTE.TXT 6.3.10: the three records, of which nothing but name, size, CRC and offset varies.
const LOCAL = { signature: 0x04034b50, size: 30 };
const CENTRAL = { signature: 0x02014b50, size: 46 };
const END = { signature: 0x06054b50, size: 22 };
/** Version 1.0 on MS-DOS: stored files, no attributes. */
const VERSION = 10;
/** 1980-01-01, the first day of a zip file's calendar; its midnight is 0. */
const DATE = (1 << 5) | 1;

/** Lower-case path of one to four parts: EVID-3. No `.` or `..` part, no root, no drive, no link. */
const NAME = /^[a-z0-9][a-z0-9._-]*(\/[a-z0-9][a-z0-9._-]*){0,3}$/;

/**
 * The one container of these entries.
 *
 * @throws EvidenceError `REACH-E5003`, `E5004`, `E5007`: it would be over a limit, or have a name
 *   that no reader takes
 */
export function writeContainer(entries: readonly ContainerEntry[]): Uint8Array<ArrayBuffer> {
  checkLimits(entries);
  const sizes = entries.map(({ name, bytes }) => 2 * name.length + bytes.length);
  const perEntry = LOCAL.size + CENTRAL.size;
  const file = new Uint8Array(sizes.reduce((sum, size) => sum + size + perEntry, END.size));
  const view = new DataView(file.buffer);
  const crcs = entries.map(({ bytes }) => crc32(bytes));
  const offsets: number[] = [];

  let at = 0;
  entries.forEach(({ name, bytes }, i) => {
    offsets.push(at);
    view.setUint32(at, LOCAL.signature, true);
    writeShared(view, at + 4, name, bytes, crcs[i] ?? 0);
    writeName(file, at + LOCAL.size, name);
    file.set(bytes, at + LOCAL.size + name.length);
    at += LOCAL.size + name.length + bytes.length;
  });
  const directory = at;
  entries.forEach(({ name, bytes }, i) => {
    view.setUint32(at, CENTRAL.signature, true);
    view.setUint16(at + 4, VERSION, true);
    writeShared(view, at + 6, name, bytes, crcs[i] ?? 0);
    view.setUint32(at + 42, offsets[i] ?? 0, true);
    writeName(file, at + CENTRAL.size, name);
    at += CENTRAL.size + name.length;
  });
  view.setUint32(at, END.signature, true);
  view.setUint16(at + 8, entries.length, true);
  view.setUint16(at + 10, entries.length, true);
  view.setUint32(at + 12, at - directory, true);
  view.setUint32(at + 16, directory, true);
  return file;
}

/**
 * The entries of a .reach file, as views into it. Checks the container and nothing inside it.
 *
 * @throws EvidenceError `REACH-E5001` to `REACH-E5007`
 */
export function readContainer(file: Uint8Array): ContainerEntry[] {
  if (file.length > CONTAINER_LIMITS.fileBytes) {
    throw new EvidenceError(
      "REACH-E5007",
      `the file has ${file.length} bytes, ${CONTAINER_LIMITS.fileBytes} are allowed`,
    );
  }
  const view = new DataView(file.buffer, file.byteOffset, file.byteLength);
  const entries: ContainerEntry[] = [];
  let at = 0;
  while (at + 4 <= file.length && view.getUint32(at, true) === LOCAL.signature) {
    if (entries.length === CONTAINER_LIMITS.entries) throw tooMany();
    const entry = readEntry(file, view, at);
    entries.push(entry);
    at += LOCAL.size + entry.name.length + entry.bytes.length;
  }
  if (entries.length === 0) {
    throw new EvidenceError("REACH-E5001", "not a .reach file: it does not begin with an entry");
  }
  const offset = firstDifferentByte(file, writeContainer(entries));
  if (offset >= 0) {
    throw new EvidenceError(
      "REACH-E5005",
      `byte ${offset} is not what a .reach file with these entries has there`,
      { offset },
    );
  }
  return entries;
}

/** Whether a file begins as a container whose first entry has this name; what follows is not looked at. */
export function beginsWith(file: Uint8Array, name: string): boolean {
  if (file.length < LOCAL.size + name.length) return false;
  const view = new DataView(file.buffer, file.byteOffset, file.byteLength);
  return (
    view.getUint32(0, true) === LOCAL.signature &&
    view.getUint16(26, true) === name.length &&
    String.fromCharCode(...file.subarray(LOCAL.size, LOCAL.size + name.length)) === name
  );
}

function readEntry(file: Uint8Array, view: DataView, at: number): ContainerEntry {
  const cut = (): EvidenceError =>
    new EvidenceError("REACH-E5002", `the file ends inside the entry at byte ${at}`, {
      offset: file.length,
    });
  if (at + LOCAL.size > file.length) throw cut();
  const size = view.getUint32(at + 18, true);
  const nameSize = view.getUint16(at + 26, true);
  if (nameSize > CONTAINER_LIMITS.nameBytes || size > CONTAINER_LIMITS.entryBytes) {
    throw new EvidenceError("REACH-E5007", `the entry at byte ${at} is over a limit`, {
      offset: at,
    });
  }
  const start = at + LOCAL.size + nameSize;
  if (start + size > file.length) throw cut();
  const name = String.fromCharCode(...file.subarray(at + LOCAL.size, start));
  return { name, bytes: file.subarray(start, start + size) };
}

/** Names that are allowed, no two alike, sizes within the limits. */
function checkLimits(entries: readonly ContainerEntry[]): void {
  if (entries.length > CONTAINER_LIMITS.entries) throw tooMany();
  const names = new Set<string>();
  let total = 0;
  for (const { name, bytes } of entries) {
    if (!NAME.test(name) || name.length > CONTAINER_LIMITS.nameBytes) {
      throw new EvidenceError("REACH-E5003", `${quoted(name)} is not a name for an entry`);
    }
    if (names.has(name)) throw new EvidenceError("REACH-E5004", `there are two entries ${name}`);
    names.add(name);
    total += bytes.length;
    if (bytes.length > CONTAINER_LIMITS.entryBytes || total > CONTAINER_LIMITS.fileBytes) {
      throw new EvidenceError("REACH-E5007", `the entry ${name} is over the limit of size`);
    }
  }
}

const tooMany = (): EvidenceError =>
  new EvidenceError("REACH-E5007", `more than ${CONTAINER_LIMITS.entries} entries`);

/** The 26 bytes that the local and the central header share, from "version needed" on. */
function writeShared(
  view: DataView,
  at: number,
  name: string,
  bytes: Uint8Array,
  crc: number,
): void {
  view.setUint16(at, VERSION, true);
  // No flags, method 0 (stored), time 0.
  view.setUint16(at + 8, DATE, true);
  view.setUint32(at + 10, crc, true);
  view.setUint32(at + 14, bytes.length, true);
  view.setUint32(at + 18, bytes.length, true);
  view.setUint16(at + 22, name.length, true);
}

function writeName(file: Uint8Array, at: number, name: string): void {
  for (let i = 0; i < name.length; i++) file[at + i] = name.charCodeAt(i);
}

/** For each byte what it adds to the remainder. */
const CRC = Int32Array.from({ length: 256 }, (_, n) => {
  let c = n;
  for (let k = 0; k < 8; k++) c = c & 1 ? 0xedb88320 ^ (c >>> 1) : c >>> 1;
  return c;
});

/** CRC-32 of ISO 3309, which zip has. It finds damage; against an attacker it does nothing. */
function crc32(bytes: Uint8Array): number {
  let crc = -1;
  for (let i = 0; i < bytes.length; i++) {
    crc = (CRC[(crc ^ (bytes[i] as number)) & 0xff] as number) ^ (crc >>> 8);
  }
  return ~crc >>> 0;
}
