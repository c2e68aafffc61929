// Checks a log's folder from the ground up: every tile is made again from the entries, and compared
// byte for byte with what is there. docs/spec/log.md, LOG-25.
import { createEngine, hashFrames, sameBytes } from "@reach-fabric/engine";
import type { Engine } from "@reach-fabric/engine";
import {
  entriesPath,
  EvidenceError,
  firstDifferentByte,
  formatEntries,
  frontierRoot,
  growTiles,
  parseEntries,
  parseEntry,
  parseTile,
  parseTilePath,
  tilePath,
} from "@reach-fabric/evidence";
import type { Frontier } from "@reach-fabric/evidence";
import { join } from "node:path";
import { hostCode } from "../files/codes.ts";
import { ReachError } from "../files/error.ts";
import { machineDisk } from "./disk.ts";
import type { Disk } from "./disk.ts";
import { firstBadByte } from "./bad-byte.ts";
import { NAMES, readIdentity, readLast, readNote } from "./layout.ts";
import type { CheckpointNote, LogIdentity } from "./layout.ts";

/** Something in a log's folder that is not as it was written. */
export interface Fault {
  /** Below the folder, with `/`. */
  readonly file: string;
  /** The first byte that is another one, where that can be told. */
  readonly offset?: number;
  readonly why: string;
}

/** What fsck() found. */
export interface FsckReport {
  readonly ok: boolean;
  readonly origin?: string;
  /** Entries, by the checkpoint. */
  readonly size?: number;
  /** Files that were read and compared. */
  readonly files: number;
  readonly faults: readonly Fault[];
  /** What is there and means nothing: an interrupted commit's files. */
  readonly notes: readonly string[];
}

/** So many faults are named. */
const MOST = 100;

/**
 * Checks every byte of a log. It changes nothing, and needs no key.
 *
 * Guarantees: `ok` only if the checkpoint is the log's, all entries are entries and in the order of
 * their times, they make the root that was signed, and every file that is there, parts of tiles that
 * older checkpoints need included, is what follows from them.
 *
 * @param progress is told how many of the entries were read
 *
 * @example
 * const { ok, faults } = await fsck("audit");
 * ok; // → true
 * for (const { file, offset, why } of faults) console.log(file, offset, why);
 */
export async function fsck(
  folder: string,
  {
    disk = machineDisk,
    progress,
  }: { disk?: Disk; progress?: (read: number, of: number) => void } = {},
): Promise<FsckReport> {
  const engine = createEngine();
  const found: Found = { faults: [], notes: [], seen: new Set() };
  let identity: LogIdentity;
  let last: CheckpointNote;
  try {
    identity = await readIdentity(engine, disk, folder);
    last = await readLast(disk, folder, identity);
    found.seen.add(NAMES.file).add(NAMES.checkpoint);
  } catch (error) {
    if (!(error instanceof ReachError) || error.code !== hostCode.damagedLog) throw error;
    const file = error.where === join(folder, NAMES.file) ? NAMES.file : NAMES.checkpoint;
    return report(found, [{ file, why: error.why ?? error.message }]);
  }
  await checkNotes(found, disk, folder, identity, last);
  const size = Number(last.size);
  const walk = new Walk(engine, disk, folder, found);
  for (let first = 0; first < size; first += 256) {
    await walk.bundle(first / 256, Math.min(256, size - first));
    progress?.(Math.min(size, first + 256), size);
  }
  const faults = walk.end(last);
  await checkStrangers(found, disk, folder, size);
  return { ...report(found, faults), origin: identity.origin, size };
}

interface Found {
  readonly faults: Fault[];
  readonly notes: string[];
  /** Files that were read. */
  readonly seen: Set<string>;
}

function report({ faults, notes, seen }: Found, more: readonly Fault[]): FsckReport {
  const all = [...more, ...faults];
  return { ok: all.length === 0, files: seen.size, faults: all.slice(0, MOST), notes };
}

/** The checkpoints besides the last one: of this log, and of its past. */
async function checkNotes(
  { faults, notes, seen }: Found,
  disk: Disk,
  folder: string,
  identity: LogIdentity,
  last: CheckpointNote,
): Promise<void> {
  seen.add(NAMES.witnessed);
  try {
    const witnessed = await readNote(disk, folder, NAMES.witnessed, identity);
    if (witnessed === undefined) seen.delete(NAMES.witnessed);
    const strangers = witnessed === undefined ? 0 : witnessed.unverified.length;
    if (strangers > 0) faults.push({ file: NAMES.witnessed, why: "a signature by an unknown key" });
    if (witnessed !== undefined && witnessed.size > last.size) {
      faults.push({
        file: NAMES.witnessed,
        why: "witnesses have seen more entries than there are",
      });
    }
  } catch (error) {
    if (!(error instanceof ReachError)) throw error;
    faults.push({ file: NAMES.witnessed, why: error.why ?? error.message });
  }
  if ((await disk.read(join(folder, NAMES.next))) === undefined) return;
  seen.add(NAMES.next);
  notes.push(`${NAMES.next} is there: an append was interrupted, and the next one puts it right`);
}

/** Goes through the entries and makes the tiles anew, once from the entries and once from tiles. */
class Walk {
  readonly #engine: Engine;
  readonly #disk: Disk;
  readonly #folder: string;
  readonly #found: Found;
  /** By entries, and by the tiles of level 0: where they differ, the signed root says which is right. */
  readonly #sides = { entries: new Side(), tiles: new Side() };
  /** Bundles that do not hash to their tile. */
  readonly #apart: {
    n: number;
    width: number;
    raw: Uint8Array;
    tile: Uint8Array;
    made: Uint8Array;
  }[] = [];
  #at = "";
  /** A bundle has neither entries nor hashes: nothing above it can be made again. */
  #isBroken = false;

  constructor(engine: Engine, disk: Disk, folder: string, found: Found) {
    this.#engine = engine;
    this.#disk = disk;
    this.#folder = folder;
    this.#found = found;
  }

  async bundle(n: number, width: number): Promise<void> {
    const bundlePath = entriesPath(BigInt(n), width);
    const path = tilePath(0, BigInt(n), width);
    const raw = await this.#read(bundlePath);
    const tile = await this.#read(path);
    const hashes = this.#attempt(path, () => tile && parseTile(tile, width));
    const entries = raw && this.#entries(bundlePath, raw, width, hashes);
    const made = entries && hashFrames(entries, 0);
    if (entries && hashes) {
      this.#checkEntries(bundlePath, n, entries);
      await this.#checkParts(`${entriesPath(BigInt(n))}.p`, width, (part) =>
        formatEntries(entries.slice(0, part)),
      );
      await this.#checkParts(`${tilePath(0, BigInt(n))}.p`, width, (part) =>
        (tile as Uint8Array).subarray(0, 32 * part),
      );
    } else await this.#skipParts(n);
    if (
      raw &&
      tile &&
      made &&
      hashes &&
      made.some((hash, i) => !sameBytes(hash, hashes[i] as Uint8Array))
    ) {
      this.#apart.push({ n, width, raw, tile, made: Buffer.concat(made) });
    }
    this.#isBroken ||= made === undefined && hashes === undefined;
    if (this.#isBroken) return;
    await this.#sides.entries.take(made ?? hashes, (file, bytes) => this.#checkTile(file, bytes));
    await this.#sides.tiles.take(hashes ?? made, (file, bytes) => this.#checkTile(file, bytes));
  }

  /** The faults that come first: which side is wrong is known now. */
  end({ root }: CheckpointNote): Fault[] {
    const { entries, tiles } = this.#sides;
    const entriesHold = sameBytes(frontierRoot(entries.frontier), root);
    const tilesHold = sameBytes(frontierRoot(tiles.frontier), root);
    const right = tilesHold ? tiles : entries;
    const faults = this.#apart.map(({ n, width, raw, tile, made }): Fault => {
      if (entriesHold) {
        const file = tilePath(0, BigInt(n), width);
        return {
          file,
          offset: firstDifferentByte(tile, made),
          why: "not the hashes of the entries",
        };
      }
      const file = entriesPath(BigInt(n), width);
      const { offset, index } = firstBadByte(raw, parseTile(tile, width));
      const why = `entry ${256 * n + index} is not the one whose hash ${tilesHold ? "is signed" : "is in its tile"}`;
      return { file, offset, why };
    });
    faults.push(...right.faults);
    if (!entriesHold && !tilesHold && faults.length + this.#found.faults.length === 0) {
      faults.push({
        file: NAMES.checkpoint,
        why: "the entries do not make the root that was signed",
      });
    }
    return faults;
  }

  async #read(path: string): Promise<Uint8Array | undefined> {
    const bytes = await this.#disk.read(join(this.#folder, path));
    this.#found.seen.add(path);
    if (bytes === undefined) this.#found.faults.push({ file: path, why: "the file is missing" });
    return bytes;
  }

  #attempt<T>(file: string, read: () => T): T | undefined {
    try {
      return read();
    } catch (error) {
      if (!(error instanceof EvidenceError)) throw error;
      this.#found.faults.push({ file, why: error.message });
      return undefined;
    }
  }

  /** The entries of a bundle; where it is none, the tile says up to where it is right. */
  #entries(
    file: string,
    raw: Uint8Array,
    width: number,
    hashes: readonly Uint8Array[] | undefined,
  ): Uint8Array[] | undefined {
    try {
      return parseEntries(raw, width);
    } catch (error) {
      if (!(error instanceof EvidenceError)) throw error;
      const place = hashes === undefined ? {} : { offset: firstBadByte(raw, hashes).offset };
      this.#found.faults.push({ file, ...place, why: error.message });
      return undefined;
    }
  }

  #checkEntries(file: string, n: number, entries: readonly Uint8Array[]): void {
    for (const [i, bytes] of entries.entries()) {
      const index = 256 * n + i;
      const entry = this.#attempt(file, () => parseEntry(this.#engine, bytes));
      if (entry === undefined) continue;
      const isFirst = index === 0;
      if ((entry.type === "opened") !== isFirst) {
        this.#found.faults.push({ file, why: `entry ${index} is of type ${entry.type}` });
      }
      if (entry.at < this.#at) {
        this.#found.faults.push({ file, why: `the log's time goes back at entry ${index}` });
      }
      this.#at = entry.at;
    }
  }

  /** Parts of a tile or bundle that older checkpoints need: each is its beginning. */
  async #checkParts(
    path: string,
    width: number,
    part: (size: number) => Uint8Array,
  ): Promise<void> {
    for (const name of await this.#disk.list(join(this.#folder, path))) {
      const size = Number(name);
      if (!/^[1-9]\d{0,2}$/.test(name) || size >= width) continue;
      const file = `${path}/${name}`;
      const bytes = await this.#read(file);
      const offset = bytes === undefined ? -1 : firstDifferentByte(bytes, part(size));
      if (offset >= 0)
        this.#found.faults.push({ file, offset, why: "not the beginning of its tile" });
    }
  }

  /** Of a tile that is damaged itself, they say nothing. */
  async #skipParts(n: number): Promise<void> {
    for (const path of [entriesPath(BigInt(n)), tilePath(0, BigInt(n))]) {
      for (const name of await this.#disk.list(join(this.#folder, `${path}.p`))) {
        this.#found.seen.add(`${path}.p/${name}`);
      }
    }
  }

  /** A tile above level 0, if it is there; what must be there is known at the end. */
  async #checkTile(file: string, bytes: Uint8Array): Promise<Fault | undefined> {
    const found = await this.#disk.read(join(this.#folder, file));
    if (found === undefined) return { file, why: "the file is missing" };
    this.#found.seen.add(file);
    const offset = firstDifferentByte(found, bytes);
    return offset < 0 ? undefined : { file, offset, why: "not the hashes of the tiles below it" };
  }
}

/** The tiles above level 0 as they follow from hashes of level 0. */
class Side {
  frontier: Pick<Frontier, "size" | "tiles"> = { size: 0, tiles: [] };
  readonly #faults = new Map<string, Fault>();

  get faults(): Fault[] {
    const needed = new Set(
      this.frontier.tiles.map((tile, level) => {
        const hashes = Math.floor(this.frontier.size / 256 ** level);
        return tile.length === 0
          ? ""
          : tilePath(level, BigInt(Math.floor(hashes / 256)), tile.length);
      }),
    );
    // Of the parts of a tile only the last one has to be there.
    return [...this.#faults.values()].filter(
      ({ file, offset }) => offset !== undefined || !file.includes(".p/") || needed.has(file),
    );
  }

  async take(
    hashes: readonly Uint8Array[] = [],
    check: (file: string, bytes: Uint8Array) => Promise<Fault | undefined>,
  ): Promise<void> {
    const { files, tiles } = growTiles(this.frontier, hashes);
    this.frontier = { size: this.frontier.size + hashes.length, tiles };
    for (const { path, bytes } of files) {
      if (path.startsWith("tile/0/")) continue;
      const fault = await check(path, bytes);
      if (fault !== undefined) this.#faults.set(path, fault);
    }
  }
}

/** Files that no entry has a part in. */
async function checkStrangers(
  { faults, notes, seen }: Found,
  disk: Disk,
  folder: string,
  size: number,
): Promise<void> {
  const open = [""];
  for (let path = open.pop(); path !== undefined; path = open.pop()) {
    for (const name of await disk.list(join(folder, path))) {
      const file = path === "" ? name : `${path}/${name}`;
      if (seen.has(file) || file === NAMES.lock) continue;
      const isFolder = (await disk.read(join(folder, file))) === undefined;
      if (isFolder) open.push(file);
      else if (!isBeyond(file, size)) faults.push({ file, why: "it belongs to no log" });
      else notes.push(`${file} is beyond the checkpoint: an append was interrupted`);
    }
  }
}

function isBeyond(file: string, size: number): boolean {
  try {
    const { level, n, width } = parseTilePath(file);
    return (Number(n) * 256 + width) * 256 ** (level === "entries" ? 0 : level) > size;
  } catch (error) {
    if (error instanceof EvidenceError) return false;
    throw error;
  }
}
