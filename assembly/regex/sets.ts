/**
 * Sets of code points, as the classes of a pattern need them.
 *
 * One set is built at a time, in WORK: ranges (u32 first, u32 last) in any order. setIntern() sorts
 * them and appends the set to SETS, where a program refers to it by its offset:
 *
 *     +0 u32 number of ranges   +4 u32 x 4: a bit for each ASCII character   +20 ranges, ascending
 */

import { textByte } from "../bytes/byte";
import { Buffer, bufferBytes, bufferRoom, bufferU32 } from "../bytes/buffer";
import { SETS, spend } from "./program";
import { FOLDS, FOLDS_SIZE, KINDS, RUNS, RUNS_SIZE } from "./tables";

const WORK: Buffer = changetype<Buffer>(memory.data(16, 16));
const RANGE: u32 = 8;
const LAST: u32 = 0x10ffff;

export function setBegin(): void {
  WORK.len = 0;
}

export function setAdd(first: u32, last: u32): void {
  bufferU32(WORK, first);
  bufferU32(WORK, last);
}

/**
 * Adds the code points of certain attributes (tools/unicode.ts): of the categories in a mask, of any
 * of the flags, or of a script (0: none); or all the others. Those below `least` are left out.
 */
export function setAddKind(
  categories: u32,
  flags: u32,
  script: u32,
  negate: bool,
  least: u32 = 0,
): void {
  spend(RUNS_SIZE >>> 5);
  let at = RUNS;
  let start: u32 = 0;
  while (at < RUNS + RUNS_SIZE) {
    let length: u32 = 0;
    let shift: u32 = 0;
    let byte: u32;
    do {
      byte = textByte(at++);
      length |= (byte & 127) << shift;
      shift += 7;
    } while (byte >= 128);
    const kind = load<u32>(KINDS + ((textByte(at++) as usize) << 2));
    const is =
      ((categories >>> (kind & 31)) & 1) != 0 ||
      (kind & flags) != 0 ||
      (script != 0 && ((kind >>> 9) & 15) == script);
    const end = start + length;
    if (is != negate && end > least) setAdd(start > least ? start : least, end - 1);
    start += length;
  }
}

/** Adds all that differs from a member only in case: the classes of simple case folding. */
export function setAddCases(): void {
  spend(FOLDS_SIZE >>> 4);
  // First the leaders of the members' classes, then whoever follows a leader.
  addFolds(false);
  addFolds(true);
}

function addFolds(followers: bool): void {
  setSort();
  const n = WORK.len / RANGE;
  let at = FOLDS;
  let code: u32 = 0;
  while (at < FOLDS + FOLDS_SIZE) {
    code += leb(at);
    at += lebSize(at);
    const leader = code - leb(at);
    at += lebSize(at);
    const other = followers ? code : leader;
    if (inRanges(followers ? leader : code, n)) setAdd(other, other);
  }
}

function leb(at: usize): u32 {
  const low: u32 = textByte(at);
  if (low < 128) return low;
  const middle: u32 = textByte(at + 1);
  if (middle < 128) return (low & 127) | (middle << 7);
  return (low & 127) | ((middle & 127) << 7) | (textByte(at + 2) << 14);
}

function lebSize(at: usize): usize {
  return textByte(at) < 128 ? 1 : textByte(at + 1) < 128 ? 2 : 3;
}

/** Is it in one of the first `n` ranges of WORK, which are sorted? */
function inRanges(code: u32, n: u32): bool {
  return find(WORK.at, n, code);
}

function find(at: usize, n: u32, code: u32): bool {
  let low: u32 = 0;
  let high = n;
  while (low < high) {
    const middle = (low + high) >>> 1;
    const range = at + ((middle as usize) << 3);
    if (code < load<u32>(range)) high = middle;
    else if (code > load<u32>(range, 4)) low = middle + 1;
    else return true;
  }
  return false;
}

/** Sorts the ranges and joins those that touch. Shell's sort: hundreds of ranges at the most. */
function setSort(): void {
  const n = WORK.len / RANGE;
  const at: usize = WORK.at;
  spend(n >>> 3);
  for (let gap = n >>> 1; gap > 0; gap >>>= 1) {
    for (let i = gap; i < n; i++) {
      const range = load<u64>(at + ((i as usize) << 3));
      let j = i;
      while (j >= gap && load<u32>(at + (((j - gap) as usize) << 3)) > (range as u32)) {
        store<u64>(at + ((j as usize) << 3), load<u64>(at + (((j - gap) as usize) << 3)));
        j -= gap;
      }
      store<u64>(at + ((j as usize) << 3), range);
    }
  }
  let to: u32 = 0;
  for (let i: u32 = 1; i < n; i++) {
    const last = at + ((to as usize) << 3);
    const range = at + ((i as usize) << 3);
    if (load<u32>(range) <= load<u32>(last, 4) + 1) {
      if (load<u32>(range, 4) > load<u32>(last, 4)) store<u32>(last, load<u32>(range, 4), 4);
    } else {
      to++;
      store<u64>(at + ((to as usize) << 3), load<u64>(range));
    }
  }
  if (n != 0) WORK.len = (to + 1) * RANGE;
}

/** Replaces the set by all code points that are not in it. */
export function setNegate(): void {
  setSort();
  const n = WORK.len / RANGE;
  bufferRoom(WORK, WORK.len + RANGE);
  let start: u32 = 0;
  const from = WORK.len;
  for (let i: u32 = 0; i < n; i++) {
    const range = (WORK.at as usize) + ((i as usize) << 3);
    const first = load<u32>(range);
    const last = load<u32>(range, 4);
    if (first > start) setAdd(start, first - 1);
    start = last + 1;
  }
  if (start <= LAST) setAdd(start, LAST);
  const size = WORK.len - from;
  memory.copy(WORK.at, WORK.at + from, size);
  WORK.len = size;
}

/** The only member of the set, or -1. */
export function setSingle(): i32 {
  setSort();
  if (WORK.len != RANGE || load<u32>(WORK.at) != load<u32>(WORK.at, 4)) return -1;
  return load<u32>(WORK.at) as i32;
}

/** Appends the set to SETS and returns its offset. */
export function setIntern(): u32 {
  setSort();
  const n = WORK.len / RANGE;
  const offset = SETS.len;
  bufferU32(SETS, n);
  for (let word: u32 = 0; word < 4; word++) {
    let bits: u32 = 0;
    for (let bit: u32 = 0; bit < 32; bit++) if (inRanges(word * 32 + bit, n)) bits |= 1 << bit;
    bufferU32(SETS, bits);
  }
  bufferBytes(SETS, WORK.at, WORK.len);
  return offset;
}

/** Is a code point in the set at this offset of SETS? */
export function setHas(offset: u32, code: u32): bool {
  const at: usize = SETS.at + offset;
  if (code < 128) return ((load<u32>(at + 4 + ((code >>> 5) << 2)) >>> (code & 31)) & 1) != 0;
  return find(at + 20, load<u32>(at), code);
}
