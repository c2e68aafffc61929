/**
 * jq's order of all values: null < false < true < numbers < strings < arrays < objects.
 * NaN is below every number. Strings by code point; arrays element by element; objects first by
 * their sorted keys, then by the values in that order. One fuel unit a value compared, and one for
 * every 32 bytes of text.
 */

import { arenaMark, arenaRelease, arenaRoom, arenaTake, Mark, ROOM, SCRATCH } from "../bytes/arena";
import { Fuel } from "../errors/errors";
import {
  addressOf,
  ARRAY,
  Cell,
  elementAt,
  keyAt,
  lengthOf,
  NUMBER,
  numberOf,
  OBJECT,
  STRING,
  tagOf,
} from "./cell";
import { objectFind } from "./object";
import { compareBytes } from "./order";
import { DEEPEST, FRAME, Walk, walkTop } from "./walk";

/** What the two functions below return for values nested more than DEEPEST levels. */
export const TOO_DEEP: i32 = 2;

/** -1, 0, 1; or TOO_DEEP. */
export function compareValues(a: usize, b: usize): i32 {
  const heads = compareHeads(a, b);
  if (heads != SAME_KIND) return heads;
  // The sorted orders of keys are not needed afterwards: sorting many objects must not fill memory.
  const mark = changetype<Mark>(MARK);
  arenaMark(SCRATCH, mark);
  const result = compareContents(a, b);
  arenaRelease(SCRATCH, mark);
  return result;
}

const MARK: usize = memory.data(16, 16);

function compareContents(a: usize, b: usize): i32 {
  const start = walkTop();
  const bottom = Walk.base();
  let top = start;
  let depth: u32 = 0;
  let result = 0;
  Frame.push(bottom + top, a, b);
  top += FRAME;
  while (top != start) {
    const f = bottom + top - FRAME;
    const x = load<u32>(f) as usize;
    const y = load<u32>(f, 4) as usize;
    const i = load<u32>(f, 8);
    let p: usize = 0;
    let q: usize = 0;
    if (tagOf(x) == ARRAY) {
      const n = lengthOf(x);
      const m = lengthOf(y);
      if (i >= n || i >= m) {
        result = n == m ? 0 : n < m ? -1 : 1;
        if (result != 0) break;
        top -= FRAME;
        depth--;
        continue;
      }
      p = elementAt(x, i);
      q = elementAt(y, i);
    } else {
      if (i == 0) {
        if (depth >= DEEPEST && lengthOf(x) != 0) {
          result = TOO_DEEP;
          break;
        }
        result = compareKeySets(x, y, f);
        if (result != 0) break;
      }
      if (i >= lengthOf(x)) {
        top -= FRAME;
        depth--;
        continue;
      }
      p = Cell.valueAt(x, load<u32>(load<u32>(f, 12) + (i << 2)));
      q = Cell.valueAt(y, load<u32>(load<u32>(f, 16) + (i << 2)));
    }
    store<u32>(f, i + 1, 8);
    if (depth >= DEEPEST) {
      result = TOO_DEEP;
      break;
    }
    const r = compareHeads(p, q);
    if (r == SAME_KIND) {
      if (!Walk.set(top + FRAME)) {
        result = TOO_DEEP;
        break;
      }
      Frame.push(bottom + top, p, q);
      top += FRAME;
      depth++;
    } else if (r != 0) {
      result = r;
      break;
    }
    if (!Fuel.charge(1)) break;
  }
  Walk.set(start);
  return result;
}

/** Both are arrays or both are objects: their contents decide. */
const SAME_KIND: i32 = 3;

/** Inlined as in bytes/word.ts. */
// oxlint-disable-next-line typescript/no-extraneous-class
class Frame {
  @inline static push(f: usize, a: usize, b: usize): void {
    store<u32>(f, a as u32);
    store<u32>(f, b as u32, 4);
    store<u32>(f, 0, 8);
  }
}

function compareHeads(a: usize, b: usize): i32 {
  const x = tagOf(a);
  const y = tagOf(b);
  if (x != y) return x < y ? -1 : 1;
  if (x == NUMBER) return compareNumbers(numberOf(a), numberOf(b));
  if (x == STRING) {
    Fuel.charge((lengthOf(a) < lengthOf(b) ? lengthOf(a) : lengthOf(b)) >>> 5);
    return compareBytes(addressOf(a), lengthOf(a), addressOf(b), lengthOf(b));
  }
  if (x == ARRAY || x == OBJECT) return SAME_KIND;
  return 0;
}

/** NaN is smaller than every number, itself included: sorting [nan, nan] is stable all the same. */
function compareNumbers(x: f64, y: f64): i32 {
  if (x < y) return -1;
  if (x == y) return 0;
  if (x != x) return -1;
  return 1;
}

/**
 * Compares the sorted key lists of two objects. The sorted orders (arrays of pair numbers) are
 * left in the frame for the values.
 */
function compareKeySets(x: usize, y: usize, f: usize): i32 {
  const p = sortedPairs(x);
  const q = sortedPairs(y);
  if (p == 0 || q == 0) return 1;
  store<u32>(f, p as u32, 12);
  store<u32>(f, q as u32, 16);
  const n = lengthOf(x);
  const m = lengthOf(y);
  let i: u32 = 0;
  while (i < n && i < m) {
    const a = keyAt(x, load<u32>(p + (i << 2)));
    const b = keyAt(y, load<u32>(q + (i << 2)));
    const r = compareBytes(addressOf(a), lengthOf(a), addressOf(b), lengthOf(b));
    if (r != 0) return r;
    Fuel.charge(1);
    i++;
  }
  return n == m ? 0 : n < m ? -1 : 1;
}

/**
 * Pair numbers of an object in the code point order of its keys (u32 each, in SCRATCH), or 0 when
 * the arena's limit is hit. Insertion sort while it is short, otherwise merging.
 */
export function sortedPairs(o: usize): usize {
  const n = lengthOf(o);
  Fuel.charge(n >>> 2);
  const size = (n + 1) * 8;
  if (size > ROOM && !arenaRoom(SCRATCH, size)) return 0;
  let from = arenaTake(SCRATCH, size);
  let to = from + ((n as usize) << 2);
  let sorted = true;
  for (let i: u32 = 0; i < n; i++) {
    store<u32>(from + (i << 2), i);
    if (i != 0 && keyOrder(o, i - 1, i) > 0) sorted = false;
  }
  if (sorted) return from;
  Fuel.charge(n);
  for (let width: u32 = 1; width < n; width <<= 1) {
    for (let low: u32 = 0; low < n; low += width << 1) {
      const middle = min<u32>(low + width, n);
      const high = min<u32>(low + (width << 1), n);
      let i = low;
      let j = middle;
      for (let k = low; k < high; k++) {
        const left =
          j >= high ||
          (i < middle && keyOrder(o, load<u32>(from + (i << 2)), load<u32>(from + (j << 2))) <= 0);
        store<u32>(to + (k << 2), load<u32>(from + ((left ? i : j) << 2)));
        if (left) i++;
        else j++;
      }
    }
    const swap = from;
    from = to;
    to = swap;
  }
  return from;
}

function keyOrder(o: usize, i: u32, j: u32): i32 {
  const a = keyAt(o, i);
  const b = keyAt(o, j);
  return compareBytes(addressOf(a), lengthOf(a), addressOf(b), lengthOf(b));
}

/** 0: different, 1: equal, TOO_DEEP. */
export function equalStatus(a: usize, b: usize): i32 {
  let r = equalHeads(a, b);
  if (r != SAME_KIND) return r;
  const start = walkTop();
  const bottom = Walk.base();
  let top = start;
  let depth: u32 = 0;
  r = 1;
  Frame.push(bottom + top, a, b);
  top += FRAME;
  while (top != start) {
    const f = bottom + top - FRAME;
    const x = load<u32>(f) as usize;
    const y = load<u32>(f, 4) as usize;
    const i = load<u32>(f, 8);
    if (i >= lengthOf(x)) {
      top -= FRAME;
      depth--;
      continue;
    }
    let p: usize = 0;
    let q: usize = 0;
    if (tagOf(x) == ARRAY) {
      p = elementAt(x, i);
      q = elementAt(y, i);
    } else {
      const key = keyAt(x, i);
      const found = objectFind(y, addressOf(key), lengthOf(key));
      if (found < 0) {
        r = 0;
        break;
      }
      p = Cell.valueAt(x, i);
      q = Cell.valueAt(y, found as u32);
    }
    store<u32>(f, i + 1, 8);
    if (!Fuel.charge(1)) break;
    if (depth >= DEEPEST) {
      r = TOO_DEEP;
      break;
    }
    const heads = equalHeads(p, q);
    if (heads == SAME_KIND) {
      if (!Walk.set(top + FRAME)) {
        r = TOO_DEEP;
        break;
      }
      Frame.push(bottom + top, p, q);
      top += FRAME;
      depth++;
    } else if (heads == 0) {
      r = 0;
      break;
    }
  }
  Walk.set(start);
  return r;
}

function equalHeads(a: usize, b: usize): i32 {
  const x = tagOf(a);
  if (x != tagOf(b)) return 0;
  if (x == NUMBER) return numberOf(a) == numberOf(b) ? 1 : 0;
  if (x < NUMBER) return 1;
  if (lengthOf(a) != lengthOf(b)) return 0;
  if (x == STRING) {
    Fuel.charge(lengthOf(a) >>> 5);
    return compareBytes(addressOf(a), lengthOf(a), addressOf(b), lengthOf(b)) == 0 ? 1 : 0;
  }
  if (x == ARRAY || x == OBJECT) return SAME_KIND;
  return 1;
}
