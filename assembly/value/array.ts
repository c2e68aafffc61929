/** Arrays: appending in place where nobody can notice, see cell.ts. */

import { Arena } from "../bytes/arena";
import {
  addressOf,
  ARRAY,
  arrayStorage,
  capacityOf,
  Cell,
  flagsOf,
  KEPT,
  lengthOf,
  setUsed,
  usedOf,
} from "./cell";

/** to = the empty array with room for `capacity` elements. False when the arena's limit is hit. */
export function arrayNew(a: Arena, to: usize, capacity: u32): bool {
  const at = arrayStorage(a, capacity);
  if (at == 0) return false;
  Cell.set(to, ARRAY, 0, 0, at);
  return true;
}

/** True when `more` elements can be written behind this view of its storage. */
function fits(array: usize, more: u32): bool {
  const n = lengthOf(array);
  const at = addressOf(array);
  return !(flagsOf(array) & KEPT) && usedOf(at) == n && capacityOf(at) - n >= more;
}

/** to = array + [value]. `to` may be `array`. False when the arena's limit is hit. */
export function arrayAppend(a: Arena, to: usize, array: usize, value: usize): bool {
  const n = lengthOf(array);
  let at = addressOf(array);
  if (!fits(array, 1)) {
    const capacity: u64 = (n as u64) + ((n as u64) >>> 1) + 4;
    if (capacity > 0x7ffffff) return arrayStorageFails(a);
    const fresh = arrayStorage(a, capacity as u32);
    if (fresh == 0) return false;
    memory.copy(fresh, at, (n as usize) << 4);
    at = fresh;
  }
  Cell.copy(at + ((n as usize) << 4), value);
  setUsed(at, n + 1);
  Cell.set(to, ARRAY, 0, n + 1, at);
  return true;
}

function arrayStorageFails(a: Arena): bool {
  a.over = 1;
  return false;
}

/** to = first + second. `to` may be either. False when the arena's limit is hit. */
export function arrayConcat(a: Arena, to: usize, first: usize, second: usize): bool {
  const n = lengthOf(first);
  const m = lengthOf(second);
  if (m == 0 || n == 0) {
    Cell.copy(to, m == 0 ? first : second);
    return true;
  }
  let at = addressOf(first);
  const from = addressOf(second);
  if (!fits(first, m)) {
    const capacity = (n as u64) + (m as u64) + ((n as u64) >>> 1);
    if (capacity > 0x7ffffff) return arrayStorageFails(a);
    const fresh = arrayStorage(a, capacity as u32);
    if (fresh == 0) return false;
    memory.copy(fresh, at, (n as usize) << 4);
    at = fresh;
  }
  memory.copy(at + ((n as usize) << 4), from, (m as usize) << 4);
  setUsed(at, n + m);
  Cell.set(to, ARRAY, 0, n + m, at);
  return true;
}

/** to = array[from:end], 0 <= from <= end <= length. A prefix shares storage. */
export function arraySlice(a: Arena, to: usize, array: usize, from: u32, end: u32): bool {
  if (from == 0) {
    Cell.set(to, ARRAY, flagsOf(array) & KEPT, end, addressOf(array));
    return true;
  }
  const n = end - from;
  const at = arrayStorage(a, n);
  if (at == 0) return false;
  memory.copy(at, addressOf(array) + ((from as usize) << 4), (n as usize) << 4);
  setUsed(at, n);
  Cell.set(to, ARRAY, 0, n, at);
  return true;
}
