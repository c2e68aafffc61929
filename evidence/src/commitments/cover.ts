// Which inner seeds show stretches of records, and no other record. docs/spec/evidence.md, EVID-39.
import { seedBelow } from "./seeds.ts";
import type { Engine } from "@reach-fabric/engine";

/** The records from `from` up to before `from` + 2^`level`: those below one seed of the tree. */
export interface Stretch {
  readonly from: number;
  readonly level: number;
}

/**
 * The fewest stretches that are all of the first records but some.
 *
 * @param but in ascending order
 */
export function stretchesOf(size: number, but: readonly number[]): Stretch[] {
  const found: Stretch[] = [];
  let from = 0;
  for (const end of [...but, size]) {
    while (from < end) {
      let level = 0;
      while (from % 2 ** (level + 1) === 0 && from + 2 ** (level + 1) <= end) level += 1;
      found.push({ from, level });
      from += 2 ** level;
    }
    from = end + 1;
  }
  return found;
}

/** Gives the seeds of records that a stretch with its seed covers. */
export class Cover {
  readonly #stretches: readonly Stretch[];
  readonly #seeds: readonly Uint8Array[];
  /** The stretch that was asked for last: records are looked at one after the other. */
  #at = 0;

  /** @param stretches in ascending order, each with its seed */
  constructor(stretches: readonly Stretch[], seeds: readonly Uint8Array[]) {
    this.#stretches = stretches;
    this.#seeds = seeds;
  }

  /** The seed of a record; undefined for one that is not covered. */
  seedOf(engine: Engine, seq: number): Uint8Array | undefined {
    const beginOf = (at: number): number => this.#stretches[at]?.from ?? Infinity;
    while (this.#at > 0 && beginOf(this.#at) > seq) this.#at -= 1;
    while (beginOf(this.#at + 1) <= seq) this.#at += 1;
    const [stretch, seed] = [this.#stretches[this.#at], this.#seeds[this.#at]];
    if (stretch === undefined || seed === undefined) return undefined;
    const { from, level } = stretch;
    if (seq < from || seq >= from + 2 ** level) return undefined;
    return seedBelow(engine, seed, level, seq);
  }
}

/** The seed of a stretch. */
export const seedOf = (engine: Engine, runSeed: Uint8Array, { from, level }: Stretch): Uint8Array =>
  seedBelow(engine, runSeed, 32 - level, from / 2 ** level);
