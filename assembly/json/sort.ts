/**
 * Sorting the pairs of an object: stable, at most n log n comparisons, no recursion.
 *
 * A pair is 32 bytes, a key cell and a value cell (value/cell.ts). Runs of 16 are sorted by
 * insertion and then merged bottom up between the pairs and an equally large spare area.
 */

import { chunkGive, chunkTake } from "../bytes/memory";
import { HIGH_BITS, Word } from "../bytes/word";
import { addressOf, lengthOf } from "../value/cell";
import { compareKeys } from "../value/order";

/** So many pairs are sorted by insertion. */
export const SHORT_RUN: u32 = 16;

/** Inlined as in bytes/word.ts. */
// oxlint-disable-next-line typescript/no-extraneous-class
class Pair {
  /**
   * The first eight bytes of a pair's key as one big-endian word, zeros behind a shorter key. It
   * decides most comparisons; bytes behind a key may always be read (bytes/memory.ts).
   */
  @inline static prefix(pair: usize): u64 {
    const length = lengthOf(pair);
    const word = Word.swap64(load<u64>(addressOf(pair)));
    return length >= 8 ? word : word & ~((-1 as u64) >> ((length << 3) as u64));
  }
  /** RFC 8785 section 3.2.3 order of the keys of two pairs, whose prefixes are at hand. */
  @inline static compare(a: usize, aPrefix: u64, b: usize, bPrefix: u64): i32 {
    // Outside ASCII, UTF-16 order is not the order of the bytes.
    if (aPrefix != bPrefix && ((aPrefix | bPrefix) & HIGH_BITS) == 0)
      return aPrefix < bPrefix ? -1 : 1;
    return compareKeys(addressOf(a), lengthOf(a), addressOf(b), lengthOf(b));
  }
  @inline static move(to: usize, from: usize): void {
    store<u64>(to, load<u64>(from));
    store<u64>(to, load<u64>(from, 8), 8);
    store<u64>(to, load<u64>(from, 16), 16);
    store<u64>(to, load<u64>(from, 24), 24);
  }
}

/** True if every key comes before the next one: sorted, and no two are equal. */
export function pairsAscend(at: usize, n: u32): bool {
  if (n < 2) return true;
  let before = Pair.prefix(at);
  for (let i: u32 = 1; i < n; i++) {
    const p = at + ((i as usize) << 5);
    const prefix = Pair.prefix(p);
    if (Pair.compare(p - 32, before, p, prefix) >= 0) return false;
    before = prefix;
  }
  return true;
}

/** The order of up to SHORT_RUN pairs: u64 prefix, u32 address of the pair, u32 unused, each. */
const order: usize = memory.data(256, 16);

/**
 * Finds the order of at most SHORT_RUN pairs, without moving them: orderedPair(i) is then the pair that
 * comes in place i. Returns a pair that has the same key as the one before it, or 0.
 */
export function orderPairs(at: usize, n: u32): usize {
  let same: usize = 0;
  const end = at + ((n as usize) << 5);
  let behind = order;
  for (let p = at; p < end; p += 32) {
    const prefix = Pair.prefix(p);
    let slot = behind;
    while (slot != order) {
      const before: usize = load<u32>(slot - 16, 8);
      const c = Pair.compare(before, load<u64>(slot - 16), p, prefix);
      if (c <= 0) {
        if (c == 0) same = p;
        break;
      }
      store<u64>(slot, load<u64>(slot - 16));
      store<u64>(slot, load<u64>(slot - 16, 8), 8);
      slot -= 16;
    }
    store<u64>(slot, prefix);
    store<u32>(slot, p as u32, 8);
    behind += 16;
  }
  return same;
}

export function orderedPair(i: u32): usize {
  return load<u32>(order + ((i as usize) << 4), 8);
}

/** Bytes that sortPairs() borrows beside the pairs. */
export function sortSpace(n: u32): u32 {
  return n <= SHORT_RUN ? 0 : n << 5;
}

/** Sorts n pairs by key; equal keys stay in the order in which they were. */
export function sortPairs(at: usize, n: u32): void {
  for (let i: u32 = 0; i < n; i += SHORT_RUN) {
    insertionSort(at + ((i as usize) << 5), n - i < SHORT_RUN ? n - i : SHORT_RUN);
  }
  if (n <= SHORT_RUN) return;
  const spare = chunkTake(n << 5);
  let from = at;
  let to = spare;
  for (let width = SHORT_RUN; width < n; width <<= 1) {
    for (let i: u32 = 0; i < n; i += width << 1) {
      const middle = i + width < n ? i + width : n;
      const end = middle + width < n ? middle + width : n;
      mergeRuns(from, to, i, middle, end);
    }
    const other = from;
    from = to;
    to = other;
  }
  if (from != at) memory.copy(at, from, (n as usize) << 5);
  chunkGive(spare, n << 5);
}

const held: usize = memory.data(32, 16);

function insertionSort(at: usize, n: u32): void {
  const end = at + ((n as usize) << 5);
  for (let p = at + 32; p < end; p += 32) {
    const prefix = Pair.prefix(p);
    if (Pair.compare(p - 32, Pair.prefix(p - 32), p, prefix) <= 0) continue;
    Pair.move(held, p);
    let hole = p;
    do {
      Pair.move(hole, hole - 32);
      hole -= 32;
    } while (hole > at && Pair.compare(hole - 32, Pair.prefix(hole - 32), held, prefix) > 0);
    Pair.move(hole, held);
  }
}

function mergeRuns(from: usize, to: usize, low: u32, middle: u32, high: u32): void {
  let a = from + ((low as usize) << 5);
  let b = from + ((middle as usize) << 5);
  const aEnd = b;
  const bEnd = from + ((high as usize) << 5);
  let t = to + ((low as usize) << 5);
  if (b == bEnd) {
    memory.copy(t, a, aEnd - a);
    return;
  }
  let aPrefix = Pair.prefix(a);
  let bPrefix = Pair.prefix(b);
  while (true) {
    if (Pair.compare(a, aPrefix, b, bPrefix) <= 0) {
      Pair.move(t, a);
      a += 32;
      t += 32;
      if (a == aEnd) break;
      aPrefix = Pair.prefix(a);
    } else {
      Pair.move(t, b);
      b += 32;
      t += 32;
      if (b == bEnd) break;
      bPrefix = Pair.prefix(b);
    }
  }
  if (a < aEnd) memory.copy(t, a, aEnd - a);
  else memory.copy(t, b, bEnd - b);
}
