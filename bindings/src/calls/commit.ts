/** Commitments to what a run says: seeds, leaves and the two trees (docs/spec/trace.md, abi.md). */

import {
  requireByteArrays,
  requireBytes,
  requireOptions,
  ArgumentError,
} from "../core/arguments.ts";
import type { Text } from "../core/bytes.ts";
import { checkFuel } from "../core/core.ts";
import type { Core } from "../core/core.ts";
import { batches, split } from "./hash.ts";

type Hash = Uint8Array<ArrayBuffer>;

/** The head of a tree of records: its root, 32 bytes, and how many leaves it has. */
export interface TreeHead {
  readonly root: Hash;
  readonly size: number;
}

/** What the records of a run commit to, so far. */
export interface Commitments extends TreeHead {
  /** The tree of what entered; once the run has ended, its last leaf is that of the outcome. */
  readonly entered: TreeHead;
  /** SHA-256 of the leaf hashes of what left since the last record entered. */
  readonly left: Hash;
}

export interface CommitOptions {
  /** What start() and advance() give: the records, nothing, or of each record its leaf hash. */
  readonly keep?: "records" | "nothing" | "leaves";
  /**
   * The runs are opaque replays: in their records hidden values may stand, each written as hole() does. What
   * only passes them on is computed; the first look at one ends the run with the status `looked`. The `seed` is
   * null then: what is hidden cannot be committed to.
   */
  readonly holes?: {
    /** In place of the run's own limit; 1e9 unless it is given. */
    readonly fuel?: number;
  };
}

export interface CommitCalls {
  /**
   * For the runs that start() and restore() begin from now on, until the next commit() or load(): their
   * records are committed to as they are made, and leave as `keep` says. With `null` there are no
   * commitments, as after load(). Fuel, limits and what comes of the run are the same in any case.
   *
   * @param seed the run's seed, 32 bytes: with it every commitment can be computed
   */
  commit(seed: Uint8Array | null, options?: CommitOptions): void;
  /** What the run commits to so far. @throws EngineError `REACH-E1001` where it commits to nothing */
  commitments(): Commitments;
  /**
   * The commitment of one value.
   *
   * @param seed that of its slot or field, 32 bytes
   * @param text its RFC 8785 text; any other spelling is `REACH-E1601`
   */
  commitValue(seed: Uint8Array, text: Text): Hash;
  /**
   * The leaf hashes of whole records, in any order and of any kinds.
   *
   * @param seed the run's seed, 32 bytes
   * @returns `texts`: the leaves themselves, where they are asked for
   * @throws EngineError `REACH-E1601` for what is no record
   */
  leaves(
    seed: Uint8Array,
    records: readonly Uint8Array[],
    options?: { readonly texts?: boolean },
  ): { readonly hashes: Hash[]; readonly texts?: Hash[] };
}

/** The flag of an opaque replay. */
const HOLES = 4;
const kept = { records: 0, nothing: 1, leaves: 2 } as const;

/** A hidden value in the text of a record, by its number: an integer below 2^32. It is no JSON. */
export const hole = (number: number): string => `\u0001${String(number)}\u0001`;

export function commitCalls(core: Core): CommitCalls {
  const { exports } = core;
  return {
    commit: (seed, options = {}) => {
      requireOptions("options", options, ["keep", "holes"]);
      const { keep = "records", holes } = options;
      if (holes !== undefined) requireOptions("options.holes", holes, ["fuel"]);
      const fuel = holes?.fuel ?? 0;
      checkFuel(fuel);
      if (!Object.hasOwn(kept, keep)) {
        throw new ArgumentError("options.keep", '"records", "nothing" or "leaves"', keep);
      }
      const length = seed === null ? 0 : core.placeOne(requireSeed(seed));
      core.checked(exports.commit, length, kept[keep] + (holes === undefined ? 0 : HOLES), fuel);
    },
    commitments: () => {
      core.checked(exports.commitments);
      const out = core.output();
      const size = new DataView(out.buffer);
      return {
        root: out.slice(0, 32),
        size: size.getUint32(32, true),
        entered: { root: out.slice(36, 68), size: size.getUint32(68, true) },
        left: out.slice(72, 104),
      };
    },
    commitValue: (seed, text) => {
      const lengths = core.place(requireSeed(seed), text);
      core.checked(
        exports.commitValue,
        lengths.reduce((sum, length) => sum + length, 0),
      );
      return core.digest();
    },
    leaves: (seed, records, options = {}) => {
      requireSeed(seed);
      requireByteArrays("records", records);
      requireOptions("options", options, ["texts"]);
      const withTexts = options.texts === true;
      const hashes: Hash[] = [];
      const texts: Hash[] = [];
      for (const batch of batches(records)) {
        core.checked(exports.leaves, core.placeFrames([seed, ...batch]), withTexts ? 1 : 0);
        const out = core.output();
        const end = batch.length * 32;
        hashes.push(...split(out.subarray(0, end)));
        if (withTexts) texts.push(...frames(out.subarray(end)));
      }
      return withTexts ? { hashes, texts } : { hashes };
    },
  };
}

function requireSeed(seed: Uint8Array): Uint8Array {
  requireBytes("seed", seed);
  if (seed.length !== 32) throw new ArgumentError("seed", "32 bytes", seed);
  return seed;
}

function frames(bytes: Hash): Hash[] {
  const found: Hash[] = [];
  const lengths = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  for (let at = 0; at < bytes.length;) {
    const start = at + 4;
    at = start + lengths.getUint32(at, true);
    found.push(bytes.subarray(start, at));
  }
  return found;
}
