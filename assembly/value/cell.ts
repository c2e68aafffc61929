/**
 * Cells: the one representation of a value inside the engine.
 *
 *     +0  u8  tag
 *     +1  u8  flags
 *     +2  u16 height  canonical containers: levels of nesting, an empty one has 1; else 0
 *     +4  u32 length   string: bytes of UTF-8; array: elements; object: pairs; else 0
 *     +8  u64 payload  number: the double; string, array, object: address in the low 32 bits;
 *                      opaque: its number (and no length, so that a forgotten look finds nothing)
 *
 * A value is immutable once another cell refers to its storage. Array storage is a run of cells,
 * object storage a run of pairs (key cell, value cell: 32 bytes); both are preceded by a header:
 *
 *     -16 u32 capacity  elements or pairs that fit
 *     -12 u32 used      elements or pairs written so far
 *     -8  u32 index     objects: address of a hash index (0: none), see object.ts
 *     -4  u32 forward   used by the compaction of the run's state only
 *
 * Storage may hold more than a given cell sees: a cell sees the first `length` entries. Appending
 * to a cell whose length equals `used` writes behind them in place (below `capacity`), so that
 * building an array by `. + [x]` costs amortised O(1) and no older cell notices.
 *
 * A string's bytes have no header and may lie anywhere that outlives the cell: in an input text,
 * in a pack, in an arena.
 *
 * A hidden value (OPAQUE) may be copied and stored. Asking for its tag is a look, which ends an opaque
 * replay (errors/looks.ts). What goes round the look stands in few files, to which tools/looks.ts holds it:
 *
 *     json/reader.ts, json/writer.ts   read it from a record, and write it into one as it was
 *     json/canonical.ts                copies what crosses a task boundary
 *     expr/machine/machine.ts          loads tags itself; an OPAQUE one takes the slow way, to a look
 *     expr/machine/tracking.ts         a value is where it is: nothing is asked about it
 *     workflow/step/merge-context.ts   what a branch has left alone is as it was
 *     workflow/call/llm.ts             what a model says is a text, or admit() had not taken it
 *     workflow/run/advance.ts          the reason of a command, which nothing reads
 */

import { Arena, arenaRoom, arenaTake } from "../bytes/arena";
import { isAscii } from "../bytes/utf8";
import { look } from "../errors/looks";

export const NULL: u32 = 0;
export const FALSE: u32 = 1;
export const TRUE: u32 = 2;
export const NUMBER: u32 = 3;
export const STRING: u32 = 4;
export const ARRAY: u32 = 5;
export const OBJECT: u32 = 6;
/** A hidden value of an opaque replay: may be passed on, never looked at. */
export const OPAQUE: u32 = 7;

/** Keys of this value and of all values inside are in RFC 8785 order; no NaN, infinity, -0. */
export const CANONICAL: u32 = 1;
/** The storage, and all storage below it, outlives the scratch arena. */
export const KEPT: u32 = 2;
/** A string known to be ASCII, so that bytes are code points. */
export const ASCII: u32 = 4;
/** A string that lies in its JSON text between its quotes, and holds nothing to be escaped. */
export const QUOTED: u32 = 8;

export const CELL: u32 = 16;
export const PAIR: u32 = 32;
export const HEADER: u32 = 16;

export function tagOf(c: usize): u32 {
  const tag = load<u8>(c) as u32;
  // The core computes no run: nothing is hidden there.
  // @ts-expect-error: only `asc --use CORE=1` gives the name
  if (isDefined(CORE)) return tag;
  return tag == OPAQUE ? look() : tag;
}
/** The tag, without a look: see above who may ask for it. */
export function rawTagOf(c: usize): u32 {
  return load<u8>(c);
}
export function flagsOf(c: usize): u32 {
  return load<u8>(c, 1);
}
export function lengthOf(c: usize): u32 {
  return load<u32>(c, 4);
}
export function addressOf(c: usize): usize {
  return load<u32>(c, 8);
}
export function numberOf(c: usize): f64 {
  return load<f64>(c, 8);
}

/** Some of the functions below once more, for hot loops: inlined as in bytes/word.ts. */
// oxlint-disable-next-line typescript/no-extraneous-class
export class Cell {
  @inline static set(c: usize, tag: u32, flags: u32, length: u32, address: usize): void {
    store<u32>(c, tag | (flags << 8));
    store<u32>(c, length, 4);
    store<u64>(c, address as u64, 8);
  }
  @inline static setNumber(c: usize, x: f64): void {
    store<u64>(c, (NUMBER | (CANONICAL << 8)) as u64);
    if (x != x) store<u64>(c, 0x7ff8000000000000, 8);
    else store<f64>(c, x, 8);
  }
  @inline static setBool(c: usize, b: bool): void {
    store<u64>(c, (b ? TRUE : FALSE) as u64);
    store<u64>(c, 0, 8);
  }
  @inline static setString(c: usize, at: usize, length: u32, flags: u32): void {
    Cell.set(c, STRING, flags, length, at);
  }
  @inline static valueAt(c: usize, i: u32): usize {
    return addressOf(c) + ((i as usize) << 5) + CELL;
  }
  @inline static copy(to: usize, from: usize): void {
    store<u64>(to, load<u64>(from));
    store<u64>(to, load<u64>(from, 8), 8);
  }
}

/** Writes tag, flags, length and address at once. */
export function setCell(c: usize, tag: u32, flags: u32, length: u32, address: usize): void {
  Cell.set(c, tag, flags, length, address);
}

export function setNull(c: usize): void {
  store<u64>(c, 0);
  store<u64>(c, 0, 8);
}
export function setBool(c: usize, b: bool): void {
  Cell.setBool(c, b);
}
/** The one setter of numbers: every NaN gets the same bits. */
export function setNumber(c: usize, x: f64): void {
  Cell.setNumber(c, x);
}
export function setString(c: usize, at: usize, length: u32, flags: u32): void {
  Cell.set(c, STRING, flags, length, at);
}

/** A text that the pack or the run keeps. */
export function setKeptText(c: usize, at: usize, length: u32): void {
  setString(c, at, length, CANONICAL | KEPT | (isAscii(at, length) ? ASCII : 0));
}

/** A copy of a text as a cell that lives in the arena, to be kept. */
export function keptText(a: Arena, at: usize, length: u32): u32 {
  const cell = arenaTake(a, 16);
  const copy = arenaTake(a, length);
  memory.copy(copy, at, length);
  setKeptText(cell, copy, length);
  return cell as u32;
}

/** Levels of nesting of a canonical container, which the depth limit is checked against. */
export function heightOf(c: usize): u32 {
  return load<u16>(c, 2);
}
export function setHeight(c: usize, height: u32): void {
  store<u16>(c, height as u16, 2);
}

/** Copies a cell (not what it refers to). */
export function copyCell(to: usize, from: usize): void {
  Cell.copy(to, from);
}

/** True if both cells are one value in one place. */
export function sameCell(a: usize, b: usize): bool {
  return load<u64>(a) == load<u64>(b) && load<u64>(a, 8) == load<u64>(b, 8);
}

/** jq's truth: everything but null and false. */
export function isTruthy(c: usize): bool {
  return tagOf(c) > FALSE;
}

/** Storage for `capacity` elements (0 is fine); the caller fills it and sets used with arrayUsed(). */
export function arrayStorage(a: Arena, capacity: u32): usize {
  return storage(a, capacity, CELL);
}
/** Storage for `capacity` pairs. */
export function objectStorage(a: Arena, capacity: u32): usize {
  return storage(a, capacity, PAIR);
}

/** 0 when the arena's limit does not allow it: the over flag is then up. */
function storage(a: Arena, capacity: u32, unit: u32): usize {
  const size = (HEADER as u64) + (capacity as u64) * (unit as u64);
  if (size > 65536 && !arenaRoom(a, size)) return 0;
  const at = arenaTake(a, size as u32) + HEADER;
  store<u32>(at - 16, capacity);
  store<u32>(at - 12, 0);
  store<u64>(at - 8, 0);
  return at;
}

export function usedOf(storageAt: usize): u32 {
  return load<u32>(storageAt - 12);
}
export function setUsed(storageAt: usize, used: u32): void {
  store<u32>(storageAt - 12, used);
}
export function capacityOf(storageAt: usize): u32 {
  return load<u32>(storageAt - 16);
}

/** Address of element i (no check). */
export function elementAt(c: usize, i: u32): usize {
  return addressOf(c) + ((i as usize) << 4);
}
/** Address of the key cell of pair i (no check). */
export function keyAt(c: usize, i: u32): usize {
  return addressOf(c) + ((i as usize) << 5);
}
/** Address of the value cell of pair i (no check). */
export function valueAt(c: usize, i: u32): usize {
  return Cell.valueAt(c, i);
}
