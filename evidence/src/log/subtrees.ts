// Proofs made from tiles, wherever they are: a folder, a server. docs/spec/log.md, LOG-16; MERKLE-4.
import { concat, hashEach } from "@reach-fabric/engine";
import { EvidenceError } from "../errors/errors.ts";
import { parseTile, TILE } from "./tile.ts";

/** Gives the hashes of tile n of a level, `width` of them: a log's files, or a server's. */
export type TileSource = (level: number, n: bigint, width: number) => Promise<Uint8Array>;

/** Part of a tree: the leaves from `start` up to before `end`. */
interface Part {
  readonly start: bigint;
  readonly end: bigint;
}

/** The largest power of two below n, for n > 1. */
const powerBelow = (n: bigint): bigint => 1n << BigInt((n - 1n).toString(2).length - 1);

/** The largest power of two that n is a multiple of, and that is not above `most`. */
function stepAt(n: bigint, most: bigint): bigint {
  const fits = 1n << BigInt(most.toString(2).length - 1);
  const aligned = n & -n;
  return n === 0n || aligned > fits ? fits : aligned;
}

/** The perfect subtrees of which these leaves consist, from the left to the right. */
export function perfectParts({ start, end }: Part): Part[] {
  const parts: Part[] = [];
  for (let at = start; at < end;) {
    const next = at + stepAt(at, end - at);
    parts.push({ start: at, end: next });
    at = next;
  }
  return parts;
}

/** The root over each two of these hashes, again and again until one is left. */
export function perfectRoot(hashes: Uint8Array): Uint8Array {
  let level = hashes;
  while (level.length > 32) level = hashEach(level, 64, 1);
  return level;
}

/** The node above two hashes. */
export const nodeHash = (left: Uint8Array, right: Uint8Array): Uint8Array =>
  hashEach(concat([left, right]), 64, 1);

/** Reads subtrees of a log of this size. Tiles that were read are kept for the next question. */
export class Subtrees {
  readonly #size: bigint;
  readonly #source: TileSource;
  readonly #tiles = new Map<string, Promise<Uint8Array>>();

  constructor(size: bigint, source: TileSource) {
    this.#size = size;
    this.#source = source;
  }

  /** Root of the leaves of a part whose start is a multiple of every step in it. */
  async root(part: Part): Promise<Uint8Array> {
    const roots = await Promise.all(perfectParts(part).map((perfect) => this.#perfect(perfect)));
    return roots.reduceRight((right, left) => nodeHash(left, right));
  }

  /** Roots of the perfect subtrees of a part. */
  parts(part: Part): Promise<Uint8Array[]> {
    return Promise.all(perfectParts(part).map((perfect) => this.#perfect(perfect)));
  }

  async #perfect({ start, end }: Part): Promise<Uint8Array> {
    const height = (end - start).toString(2).length - 1;
    const level = Math.floor(height / 8);
    const below = BigInt(8 * level);
    const first = start >> below;
    const n = first / BigInt(TILE);
    const at = Number(first % BigInt(TILE));
    const tile = await this.#tile(level, n);
    return perfectRoot(tile.slice(32 * at, 32 * (at + 2 ** (height - 8 * level))));
  }

  #tile(level: number, n: bigint): Promise<Uint8Array> {
    const whole = this.#size >> BigInt(8 * level);
    const rest = whole - n * BigInt(TILE);
    const width = rest >= BigInt(TILE) ? TILE : Number(rest);
    const key = `${level}/${n}`;
    let tile = this.#tiles.get(key);
    if (tile === undefined) {
      tile = this.#source(level, n, width).then((bytes) => {
        parseTile(bytes, width);
        return bytes;
      });
      this.#tiles.set(key, tile);
    }
    return tile;
  }

  /**
   * The proof that the leaves of a subtree are in the tree, as MERKLE-4 has it.
   *
   * @throws EvidenceError `REACH-E5333` for leaves that are not of this tree
   */
  async proof({ start, end }: Part): Promise<Uint8Array[]> {
    if (start < 0n || start >= end || end > this.#size) {
      throw new EvidenceError("REACH-E5333", `the log has ${this.#size} entries`);
    }
    const beside: Part[] = [];
    let known = true;
    let whole: Part = { start: 0n, end: this.#size };
    let part: Part = { start, end };
    while (part.start !== whole.start || part.end !== whole.end) {
      const middle = whole.start + powerBelow(whole.end - whole.start);
      const left = { start: whole.start, end: middle };
      const right = { start: middle, end: whole.end };
      if (part.end <= middle) {
        beside.unshift(right);
        whole = left;
      } else {
        beside.unshift(left);
        whole = right;
        if (part.start < middle) {
          known = false;
          part = { start: middle, end: part.end };
        }
      }
    }
    if (!known) beside.unshift(part);
    return Promise.all(beside.map((each) => this.root(each)));
  }

  /** The proof that an entry is in the log. */
  inclusion(index: bigint): Promise<Uint8Array[]> {
    return this.proof({ start: index, end: index + 1n });
  }

  /** The proof that the log of this size has grown into this one; nothing grows into anything. */
  consistency(oldSize: bigint): Promise<Uint8Array[]> {
    return oldSize === 0n ? Promise.resolve([]) : this.proof({ start: 0n, end: oldSize });
  }
}
