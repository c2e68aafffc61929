// Chance that is the same every time: all choices follow from a text.
import { pseudoRandom } from "../../evidence/test/fixtures/fixture.ts";

export interface Dice {
  /** A whole number from 0 on, below the limit. */
  below(limit: number): number;
  pick<T>(some: readonly T[]): T;
  bytes(size: number): Uint8Array;
}

export function dice(seed: string): Dice {
  const bytes = pseudoRandom(seed);
  const below = (limit: number): number => new DataView(bytes(4).buffer).getUint32(0) % limit;
  const pick = <T>(some: readonly T[]): T => {
    if (some.length === 0) throw new Error("nothing to choose from");
    return some[below(some.length)] as T;
  };
  return { below, pick, bytes };
}
