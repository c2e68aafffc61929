/** Stable sorting of arrays by jq's order, and what is made of it: sort, group, unique, min, max. */

import { arenaRoom, arenaTake, ROOM, SCRATCH } from "../../bytes/arena";
import { Fuel } from "../../errors/errors";
import { arrayAppend, arrayNew } from "../../value/array";
import {
  addressOf,
  ARRAY,
  arrayStorage,
  Cell,
  elementAt,
  lengthOf,
  setNull,
  setUsed,
  tagOf,
} from "../../value/cell";
import { compareValues, TOO_DEEP } from "../../value/compare";
import { outOfMemory } from "./access";
import { DONE, FATAL, raiseText, RAISED, typeError, typeError2 } from "./raise";

function tooDeep(): i32 {
  return raiseText("Comparison too deep");
}

/**
 * Element numbers (u32 each) of the array `keys` in ascending order, equal ones in their old
 * order. 0: an error was raised; -1: a limit was hit.
 */
export function sortedOrder(keys: usize): isize {
  const n = lengthOf(keys);
  const size = (n + 1) * 8;
  if (n > 0x0fffffff || (size > ROOM && !arenaRoom(SCRATCH, size))) return outOfMemory();
  Fuel.charge(n);
  let from = arenaTake(SCRATCH, size);
  let to = from + ((n as usize) << 2);
  const cells = addressOf(keys);
  for (let i: u32 = 0; i < n; i++) store<u32>(from + (i << 2), i);
  for (let width: u32 = 1; width < n; width <<= 1) {
    for (let low: u32 = 0; low < n; low += width << 1) {
      const middle = min<u32>(low + width, n);
      const high = min<u32>(low + (width << 1), n);
      let i = low;
      let j = middle;
      // Runs that are in order already are only copied.
      if (middle < high) {
        const r = Keys.compareAt(
          cells,
          load<u32>(from + ((middle - 1) << 2)),
          load<u32>(from + (middle << 2)),
        );
        if (r == TOO_DEEP) return tooDeep();
        if (r <= 0) j = high;
        if (!Fuel.charge(1)) return FATAL;
      }
      if (j == high) {
        memory.copy(to + (low << 2), from + (low << 2), (high - low) << 2);
        continue;
      }
      for (let k = low; k < high; k++) {
        let left = j >= high;
        if (!left && i < middle) {
          const r = Keys.compareAt(cells, load<u32>(from + (i << 2)), load<u32>(from + (j << 2)));
          if (r == TOO_DEEP) return tooDeep();
          left = r <= 0;
        }
        store<u32>(to + (k << 2), load<u32>(from + ((left ? i : j) << 2)));
        if (left) i++;
        else j++;
      }
      if (!Fuel.charge(high - low)) return FATAL;
    }
    const swap = from;
    from = to;
    to = swap;
  }
  return from as isize;
}

/** Inlined as in bytes/word.ts. */
// oxlint-disable-next-line typescript/no-extraneous-class
class Keys {
  @inline static compareAt(cells: usize, i: u32, j: u32): i32 {
    return compareValues(cells + ((i as usize) << 4), cells + ((j as usize) << 4));
  }
}

/** True when both are arrays of one length; raises otherwise. */
function checkKeys(values: usize, keys: usize): bool {
  if (tagOf(values) == ARRAY && tagOf(keys) == ARRAY && lengthOf(values) == lengthOf(keys))
    return true;
  if (values == keys) typeError(values, "cannot be sorted, as it is not an array");
  else typeError2(values, keys, "cannot be sorted, as they are not both arrays");
  return false;
}

/** to = values in the order of keys. */
export function sortBy(to: usize, values: usize, keys: usize): i32 {
  if (!checkKeys(values, keys)) return RAISED;
  const order = sortedOrder(keys);
  if (order <= 0) return order as i32;
  const n = lengthOf(values);
  const at = arrayStorage(SCRATCH, n);
  if (at == 0) return outOfMemory();
  const from = addressOf(values);
  for (let i: u32 = 0; i < n; i++) {
    Cell.copy(
      at + ((i as usize) << 4),
      from + ((load<u32>((order as usize) + (i << 2)) as usize) << 4),
    );
  }
  setUsed(at, n);
  Cell.set(to, ARRAY, 0, n, at);
  return DONE;
}

const GROUP: usize = memory.data(16, 16);
const GROUPS: usize = memory.data(16, 16);

/** to = the groups of values with equal keys (unique: the first value of each). */
export function groupBy(to: usize, values: usize, keys: usize, unique: bool): i32 {
  if (!checkKeys(values, keys)) return RAISED;
  const order = sortedOrder(keys);
  if (order <= 0) return order as i32;
  const n = lengthOf(values);
  if (!arrayNew(SCRATCH, GROUPS, unique ? n : 4)) return outOfMemory();
  const cells = addressOf(keys);
  for (let i: u32 = 0; i < n; i++) {
    const k = load<u32>((order as usize) + (i << 2));
    let fresh = i == 0;
    if (!fresh) {
      const r = Keys.compareAt(cells, load<u32>((order as usize) + ((i - 1) << 2)), k);
      if (r == TOO_DEEP) return tooDeep();
      fresh = r != 0;
    }
    if (!Fuel.charge(1)) return FATAL;
    const value = elementAt(values, k);
    if (unique) {
      if (fresh && !arrayAppend(SCRATCH, GROUPS, GROUPS, value)) return outOfMemory();
      continue;
    }
    if (fresh) {
      if (i != 0 && !arrayAppend(SCRATCH, GROUPS, GROUPS, GROUP)) return outOfMemory();
      if (!arrayNew(SCRATCH, GROUP, 4)) return outOfMemory();
    }
    if (!arrayAppend(SCRATCH, GROUP, GROUP, value)) return outOfMemory();
  }
  if (!unique && n != 0 && !arrayAppend(SCRATCH, GROUPS, GROUPS, GROUP)) return outOfMemory();
  Cell.copy(to, GROUPS);
  return DONE;
}

/** to = the value with the smallest (largest) key: of equal ones the first (the last). */
export function extreme(to: usize, values: usize, keys: usize, smallest: bool): i32 {
  if (tagOf(values) != ARRAY || tagOf(keys) != ARRAY)
    return typeError2(values, keys, "cannot be iterated over");
  const n = lengthOf(values);
  if (lengthOf(keys) != n) return typeError2(values, keys, "have wrong length");
  if (n == 0) {
    setNull(to);
    return DONE;
  }
  const cells = addressOf(keys);
  let best: u32 = 0;
  for (let i: u32 = 1; i < n; i++) {
    const r = Keys.compareAt(cells, i, best);
    if (r == TOO_DEEP) return tooDeep();
    if (r < 0 == smallest) best = i;
    if (!Fuel.charge(1)) return FATAL;
  }
  Cell.copy(to, elementAt(values, best));
  return DONE;
}
