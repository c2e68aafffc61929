// Tiles: how a log's entries and hashes lie in files (C2SP tlog-tiles). docs/spec/log.md, LOG-10 and
// LOG-11.
//
// A tile of level L holds up to 256 roots of perfect subtrees of 256^L entries each; an entry bundle
// holds up to 256 entries, each behind its length in two bytes.
import { concat, hashEach, sameBytes } from "@reach-fabric/engine";
import type { Engine } from "@reach-fabric/engine";
import { EvidenceError } from "../errors/errors.ts";

/** Hashes of a full tile, entries of a full bundle. */
export const TILE = 256;
/** Longest entry: its length has two bytes. */
export const MAX_ENTRY = 65_535;
/** The tree of 2^64 entries has no more levels. */
const MAX_LEVEL = 8;

const notTile = (what: string): EvidenceError => new EvidenceError("REACH-E5334", what);

/** A tile's number as the end of a path: groups of three digits, all but the last behind an x. */
function numberPath(n: bigint): string {
  const digits = n.toString();
  const groups = digits.padStart(Math.ceil(digits.length / 3) * 3, "0").match(/\d{3}/g) ?? [];
  return groups.map((group, i) => (i === groups.length - 1 ? group : `x${group}`)).join("/");
}

/** Where tile n of a level is, in a log in which it has so many hashes (256: it is full). */
export function tilePath(level: number, n: bigint, width: number = TILE): string {
  return `tile/${level}/${numberPath(n)}${partial(width)}`;
}

/** Where bundle n of the entries is. */
export function entriesPath(n: bigint, width: number = TILE): string {
  return `tile/entries/${numberPath(n)}${partial(width)}`;
}

function partial(width: number): string {
  if (!Number.isInteger(width) || width < 1 || width > TILE) throw notTile("a width is 1 to 256");
  return width === TILE ? "" : `.p/${width}`;
}

/** What such a path names. */
export interface TileName {
  /** `entries`, or the level of a tile of hashes. */
  readonly level: number | "entries";
  readonly n: bigint;
  readonly width: number;
}

/**
 * Reads a path in its one spelling.
 *
 * @throws EvidenceError `REACH-E5334`
 */
export function parseTilePath(path: string): TileName {
  const form = /^tile\/(entries|\d)\/((?:x\d{3}\/){0,6}\d{3})(?:\.p\/(\d{1,3}))?$/;
  const [, kind = "", number = "", width] = form.exec(path) ?? [];
  const level = kind === "entries" ? kind : Number(kind);
  const n = BigInt(number.replaceAll(/[x/]/g, "") || "0");
  const name: TileName = { level, n, width: width === undefined ? TILE : Number(width) };
  const isName =
    number !== "" &&
    (level === "entries" || level <= MAX_LEVEL) &&
    name.width >= 1 &&
    (width === undefined || name.width < TILE) &&
    path === (level === "entries" ? entriesPath(n, name.width) : tilePath(level, n, name.width));
  if (!isName) throw notTile("not the path of a tile");
  return name;
}

/** The bytes of a bundle. */
export function formatEntries(entries: readonly Uint8Array[]): Uint8Array {
  if (entries.length < 1 || entries.length > TILE) throw notTile("a bundle has 1 to 256 entries");
  return concat(
    entries.flatMap((entry) => {
      if (entry.length > MAX_ENTRY) throw notTile(`an entry has at most ${MAX_ENTRY} bytes`);
      return [Uint8Array.of(entry.length >> 8, entry.length & 0xff), entry];
    }),
  );
}

/**
 * The entries of a bundle of so many.
 *
 * @throws EvidenceError `REACH-E5334` it does not hold exactly these
 */
export function parseEntries(bytes: Uint8Array, width: number): Uint8Array[] {
  const entries: Uint8Array[] = [];
  let at = 0;
  while (at < bytes.length && entries.length < width) {
    const length = ((bytes[at] ?? 0) << 8) | (bytes[at + 1] ?? 0);
    if (at + 2 + length > bytes.length) throw notTile("a bundle ends inside an entry");
    entries.push(bytes.slice(at + 2, at + 2 + length));
    at += 2 + length;
  }
  if (at !== bytes.length || entries.length !== width) {
    throw notTile(`a bundle does not hold ${width} entries and nothing else`);
  }
  return entries;
}

/**
 * The hashes of a tile of so many.
 *
 * @throws EvidenceError `REACH-E5334` its size is another
 */
export function parseTile(bytes: Uint8Array, width: number): Uint8Array[] {
  if (bytes.length !== 32 * width)
    throw notTile(`a tile of ${width} hashes has ${32 * width} bytes`);
  return Array.from({ length: width }, (_, i) => bytes.slice(32 * i, 32 * i + 32));
}

/** All tiles of a tree, from its leaf hashes: partial ones at the right edge, full ones before. */
export function tilesOf(leafHashes: readonly Uint8Array[]): Map<string, Uint8Array> {
  const tiles = new Map<string, Uint8Array>();
  let hashes = concat(leafHashes);
  for (let level = 0; hashes.length > 0; level++) {
    for (let n = 0; n * TILE * 32 < hashes.length; n++) {
      const tile = hashes.slice(n * TILE * 32, (n + 1) * TILE * 32);
      tiles.set(tilePath(level, BigInt(n), tile.length / 32), tile);
    }
    hashes = roots(hashes.subarray(0, hashes.length - (hashes.length % (TILE * 32))));
  }
  return tiles;
}

/** The roots over each 256 of these hashes. */
function roots(hashes: Uint8Array): Uint8Array<ArrayBuffer> {
  let level = hashes.slice();
  for (let width = TILE; width > 1 && level.length > 0; width /= 2) level = hashEach(level, 64, 1);
  return level;
}

/**
 * Whether these entries are all of a log's, in their order: their tree has the checkpoint's size and
 * root.
 *
 * @throws EvidenceError `REACH-E5333`
 */
export function checkEntries(
  engine: Pick<Engine, "merkleRoot">,
  entries: readonly Uint8Array[],
  { size, root }: { readonly size: bigint; readonly root: Uint8Array },
): void {
  const found = engine.merkleRoot(entries);
  if (BigInt(entries.length) === size && sameBytes(found, root)) return;
  throw new EvidenceError("REACH-E5333", "the entries are not those of the checkpoint");
}
