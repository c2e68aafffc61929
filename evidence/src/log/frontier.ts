// The right edge of a log: all that is needed to go on with it. docs/spec/log.md, LOG-11 and LOG-20.
import { concat, hashFrames, merkleRoot } from "@reach-fabric/engine";
import { nodeHash, perfectRoot } from "./subtrees.ts";
import { entriesPath, formatEntries, parseEntries, parseTile, TILE, tilePath } from "./tile.ts";

/** The files of a log that are not full yet, as values. */
export interface Frontier {
  /** Entries of the log. */
  readonly size: number;
  /** The entries of the last bundle, less than 256. */
  readonly bundle: readonly Uint8Array[];
  /** The hashes of the last tile of each level, less than 256 each, from level 0 up. */
  readonly tiles: readonly (readonly Uint8Array[])[];
}

/** The frontier of a log without entries. */
export const emptyFrontier: Frontier = { size: 0, bundle: [], tiles: [] };

/** What a log that has grown needs on its disk. */
export interface Growth {
  readonly frontier: Frontier;
  /** Files that are new; none of them stands in the place of one that an older size needs. */
  readonly files: readonly { readonly path: string; readonly bytes: Uint8Array }[];
  /** Folders of parts of tiles that are full now. */
  readonly outgrown: readonly string[];
}

/** The frontier with more entries, and the files that they make. */
export function grow(frontier: Frontier, entries: readonly Uint8Array[]): Growth {
  const { tiles, ...hashed } = growTiles(frontier, hashFrames(entries, 0));
  const files = [...hashed.files];
  const outgrown = [...hashed.outgrown];
  let bundle = [...frontier.bundle];
  for (const [i, entry] of entries.entries()) {
    bundle.push(entry);
    if (bundle.length < TILE && i < entries.length - 1) continue;
    const n = BigInt(Math.floor((frontier.size + i) / TILE));
    files.push({ path: entriesPath(n, bundle.length), bytes: formatEntries(bundle) });
    if (bundle.length < TILE) continue;
    outgrown.push(`${entriesPath(n)}.p`);
    bundle = [];
  }
  return { frontier: { size: frontier.size + entries.length, bundle, tiles }, files, outgrown };
}

/** The tiles of a log with more entries, of which only the hashes are needed. */
export function growTiles(
  { size, tiles: before }: Pick<Frontier, "size" | "tiles">,
  leafHashes: readonly Uint8Array[],
): Pick<Growth, "files" | "outgrown"> & Pick<Frontier, "tiles"> {
  const files: { path: string; bytes: Uint8Array }[] = [];
  const outgrown: string[] = [];
  const tiles: Uint8Array[][] = [];
  let fresh = leafHashes;
  let first = size;
  for (let level = 0; fresh.length > 0 || level < before.length; level++) {
    let tile = [...(before[level] ?? [])];
    const above: Uint8Array[] = [];
    for (const [i, hash] of fresh.entries()) {
      tile.push(hash);
      if (tile.length < TILE && i < fresh.length - 1) continue;
      const n = BigInt(Math.floor((first + i) / TILE));
      const bytes = concat(tile);
      files.push({ path: tilePath(level, n, tile.length), bytes });
      if (tile.length < TILE) continue;
      outgrown.push(`${tilePath(level, n)}.p`);
      above.push(perfectRoot(bytes));
      tile = [];
    }
    tiles.push(tile);
    fresh = above;
    first = Math.floor(first / TILE);
  }
  return { files, outgrown, tiles };
}

/** The root of the tree that ends in this frontier. */
export function frontierRoot({ tiles }: Pick<Frontier, "tiles">): Uint8Array {
  const perfect: Uint8Array[] = [];
  for (const tile of tiles.toReversed()) {
    for (let bit = TILE / 2, at = 0; bit > 0; bit /= 2) {
      if ((tile.length & bit) === 0) continue;
      perfect.push(perfectRoot(concat(tile.slice(at, at + bit))));
      at += bit;
    }
  }
  const last = perfect.pop();
  return last === undefined
    ? merkleRoot([])
    : perfect.reduceRight((right, left) => nodeHash(left, right), last);
}

/** A file that the frontier of a log of this size needs. */
interface FrontierFile {
  readonly level: number | "entries";
  readonly n: number;
  /** 0: there is none yet. */
  readonly width: number;
}

/** The last bundle and the last tile of each level of a log of this size. */
export function frontierFiles(size: number): FrontierFile[] {
  const files: FrontierFile[] = [
    { level: "entries", n: Math.floor(size / TILE), width: size % TILE },
  ];
  for (let level = 0, hashes = size; hashes > 0; level++) {
    files.push({ level, n: Math.floor(hashes / TILE), width: hashes % TILE });
    hashes = Math.floor(hashes / TILE);
  }
  return files;
}

/**
 * The frontier of a log of this size, from its files. Whether it is the one that was signed, frontierRoot()
 * shows.
 *
 * @throws EvidenceError `REACH-E5334` a file that does not hold what its path says
 */
export async function readFrontier(
  size: number,
  read: (path: string) => Promise<Uint8Array>,
): Promise<Frontier> {
  const [entries, ...levels] = frontierFiles(size);
  const { n, width } = entries as FrontierFile;
  const bundle = width === 0 ? [] : parseEntries(await read(entriesPath(BigInt(n), width)), width);
  const tiles: Uint8Array[][] = [];
  for (const [level, { n, width }] of levels.entries()) {
    tiles.push(width === 0 ? [] : parseTile(await read(tilePath(level, BigInt(n), width)), width));
  }
  return { size, bundle, tiles };
}
