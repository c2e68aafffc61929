/**
 * What the decision digest needs of forks (TRACE-15, TRACE-16): the entries of effects that branches
 * have used, and the races. Both come in the order of arrival and are put into that of branch paths.
 */

import { textByte } from "../bytes/byte";
import { COLON, DOT } from "../bytes/characters";
import { arenaTake, SCRATCH } from "../bytes/arena";
import { Buffer, bufferByte, bufferBytes, bufferText } from "../bytes/buffer";
import { addressOf, lengthOf } from "../value/cell";
import { compareBytes } from "../value/order";
import { bufferCell } from "../workflow/state/literal";
import { Branch, keep, prefixOf, RUN, runArena } from "../workflow/state/state";

/** An effect's key with its entry, or a race. */
@unmanaged
export class Used {
  /** The one before it. */
  next: u32;
  unused: u32;
}
/** Behind the fields: a text (a cell), and for an effect its entry of 32 bytes. */
const SIZE: u32 = 16 + 16 + 32;
export function usedText(u: u32): usize {
  return u + 16;
}
export function usedEntry(u: u32): usize {
  return u + 32;
}

export function newUsed(next: u32): u32 {
  const u = arenaTake(runArena(), SIZE) as u32;
  memory.fill(u, 0, SIZE);
  changetype<Used>(u).next = next;
  return u;
}

/** Notes that a branch's effect was used. False with a limit's error recorded. */
export function noteUse(key: usize, entry: usize): bool {
  const u = newUsed(RUN.uses);
  memory.copy(usedEntry(u), entry, 32);
  RUN.uses = u;
  return keep(usedText(u), key);
}

const NAME: Buffer = changetype<Buffer>(memory.data(16, 16));

/** Notes that the order of arrival decided: what happened to a branch, which ended its fork. */
export function noteRace(what: string, b: Branch): bool {
  const prefix = prefixOf(b);
  return note(what, addressOf(prefix), lengthOf(prefix) - 1);
}
/** Notes that a timer has fired before what it was for had ended. */
export function noteTimeout(key: usize): bool {
  return note("timeout", addressOf(key), lengthOf(key));
}

function note(what: string, path: usize, length: u32): bool {
  NAME.len = 0;
  bufferText(NAME, what);
  bufferByte(NAME, COLON);
  bufferBytes(NAME, path, length);
  const cell = arenaTake(SCRATCH, 16);
  bufferCell(cell, NAME);
  const u = newUsed(RUN.races);
  RUN.races = u;
  return keep(usedText(u), cell);
}

/** The addresses of a list's members in the order of their paths: an array in SCRATCH. */
export function inOrder(last: u32): usize {
  let n: u32 = 0;
  for (let u = last; u != 0; u = changetype<Used>(u).next) n++;
  let from = arenaTake(SCRATCH, n << 2);
  let to = arenaTake(SCRATCH, n << 2);
  length = n;
  for (let u = last; u != 0; u = changetype<Used>(u).next) store<u32>(from + (--n << 2), u);
  // Merging runs of 1, 2, 4 ...
  for (let width: u32 = 1; width < length; width <<= 1) {
    for (let begin: u32 = 0; begin < length; begin += width << 1) {
      const middle = min(begin + width, length);
      const end = min(begin + (width << 1), length);
      let i = begin;
      let j = middle;
      for (let k = begin; k < end; k++) {
        const first = i < middle && (j >= end || order(at(from, i), at(from, j)) <= 0);
        store<u32>(to + (k << 2), first ? at(from, i++) : at(from, j++));
      }
    }
    const swap = from;
    from = to;
    to = swap;
  }
  return from;
}
/** How many inOrder() has found. */
let length: u32 = 0;
export function usedCount(): u32 {
  return length;
}

function at(array: usize, i: u32): u32 {
  return load<u32>(array + (i << 2));
}

/** Numbers between dots, compared one by one; of a path and one that goes on from it, the path first. */
function order(x: u32, y: u32): i32 {
  const a = usedText(x);
  const b = usedText(y);
  let p = addressOf(a);
  let q = addressOf(b);
  const aEnd = p + lengthOf(a);
  const bEnd = q + lengthOf(b);
  // A race's path begins behind a colon; a key's last number is no part of its path.
  const aPath = pathEnd(p, aEnd);
  const bPath = pathEnd(q, bEnd);
  p = pathBegin(p, aEnd);
  q = pathBegin(q, bEnd);
  while (p < aPath && q < bPath) {
    const m = numberLength(p, aPath);
    const n = numberLength(q, bPath);
    if (m != n) return m < n ? -1 : 1;
    const r = compareBytes(p, m, q, n);
    if (r != 0) return r;
    p += m + 1;
    q += n + 1;
  }
  if (p < aPath || q < bPath) return p < aPath ? 1 : -1;
  const m = (aEnd - aPath) as u32;
  const n = (bEnd - bPath) as u32;
  if (m != n) return m < n ? -1 : 1;
  return compareBytes(aPath, m, bPath, n);
}

function pathBegin(p: usize, end: usize): usize {
  for (let q = p; q < end; q++) if (textByte(q) == COLON) return q + 1;
  return p;
}

/** Behind a race, and behind the last dot of a key. */
function pathEnd(p: usize, end: usize): usize {
  if (pathBegin(p, end) != p) return end;
  let q = end;
  while (q > p && textByte(q - 1) != DOT) q--;
  return q;
}

function numberLength(p: usize, end: usize): u32 {
  let q = p;
  while (q < end && textByte(q) != DOT) q++;
  return (q - p) as u32;
}
