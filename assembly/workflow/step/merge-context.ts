/** What the branches of a fork make of $context together (WF-32). */

import { SCRATCH } from "../../bytes/arena";
import { E_LIMIT_MEMORY } from "../../errors/codes";
import { charge, fail } from "../../errors/errors";
import { isOpaqueReplay } from "../../errors/looks";
import {
  addressOf,
  copyCell,
  keyAt,
  lengthOf,
  OBJECT,
  objectStorage,
  PAIR,
  sameCell,
  setCell,
  setUsed,
  tagOf,
  valueAt,
} from "../../value/cell";
import { equalStatus } from "../../value/compare";
import { compareKeys } from "../../value/order";

/**
 * merged = merged with what a branch has changed since `base`, the context that its fork began with.
 * Of objects those members count that are new, gone or others; anything else counts as a whole. All
 * are canonical, so their keys are in order. False at a limit, whose error is
 * recorded.
 */
export function mergeContext(merged: usize, base: usize, branch: usize): bool {
  if (tagOf(merged) != OBJECT || tagOf(branch) != OBJECT) {
    const r = isAlike(base, branch);
    if (r == 0) copyCell(merged, branch);
    return charge(1);
  }
  const most = lengthOf(merged) + lengthOf(branch);
  const bases: u32 = tagOf(base) == OBJECT ? lengthOf(base) : 0;
  const at = objectStorage(SCRATCH, most);
  if (at == 0) return fail(E_LIMIT_MEMORY, 0);
  let n: u32 = 0;
  let i: u32 = 0;
  let j: u32 = 0;
  let k: u32 = 0;
  while (j < lengthOf(merged) || k < lengthOf(branch)) {
    if (!charge(1)) return false;
    const order = keyOrder(merged, j, branch, k);
    const here = order <= 0;
    const there = order >= 0;
    const holder = here ? merged : branch;
    const key = here ? j : k;
    while (i < bases && keyOrder(base, i, holder, key) < 0) i++;
    const before: usize = i < bases && keyOrder(base, i, holder, key) == 0 ? valueAt(base, i) : 0;
    let changed: bool = there != (before != 0);
    if (there && before != 0) changed = isAlike(before, valueAt(branch, k)) != 1;
    if (changed ? there : here) {
      const pair = at + n * PAIR;
      copyCell(pair, keyAt(holder, key));
      copyCell(pair + 16, changed ? valueAt(branch, k) : valueAt(merged, j));
      n++;
    }
    if (here) j++;
    if (there) k++;
  }
  setUsed(at, n);
  setCell(merged, OBJECT, 0, n, at);
  return true;
}

/**
 * Are they equal? In an opaque replay a hidden value that a branch has left where it was, or what holds it, is
 * not looked at to know that.
 */
function isAlike(a: usize, b: usize): i32 {
  return isOpaqueReplay() && sameCell(a, b) ? 1 : equalStatus(a, b);
}

/** The order of two keys; a key that is not there is behind all others. */
function keyOrder(a: usize, i: u32, b: usize, j: u32): i32 {
  if (i >= lengthOf(a)) return 1;
  if (j >= lengthOf(b)) return -1;
  const x = keyAt(a, i);
  const y = keyAt(b, j);
  return compareKeys(addressOf(x), lengthOf(x), addressOf(y), lengthOf(y));
}
