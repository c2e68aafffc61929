/** Looking into values and replacing parts of them: one step of a path. */

import { SCRATCH } from "../../bytes/arena";
import { codePoints, sizeAt } from "../../bytes/utf8";
import { Fuel } from "../../errors/errors";
import { arrayAppend, arrayNew, arraySlice } from "../../value/array";
import {
  addressOf,
  ARRAY,
  arrayStorage,
  ASCII,
  Cell,
  elementAt,
  flagsOf,
  lengthOf,
  NULL,
  NUMBER,
  numberOf,
  OBJECT,
  objectStorage,
  PAIR,
  setCell,
  setNull,
  setNumber,
  setString,
  setUsed,
  STRING,
  tagOf,
} from "../../value/cell";
import { equalStatus, TOO_DEEP } from "../../value/compare";
import { objectField, objectGet, objectSet } from "../../value/object";
import {
  DONE,
  FATAL,
  kindName,
  messageBegin,
  messageDump,
  messageEnd,
  messageText,
  messageValue,
  raiseText,
} from "./raise";
import { fail } from "../../errors/errors";
import { E_LIMIT_MEMORY } from "../../errors/codes";

/** Array indices end here, as in jq. */
const MAX_INDEX: i32 = 0x1fffffff;

/** The arena's limit was hit: a fault, not an error. */
export function outOfMemory(): i32 {
  fail(E_LIMIT_MEMORY, 0);
  return FATAL;
}

/** A double as jq's int: truncated, clamped. */
export function toInt(x: f64): i32 {
  if (x <= -2147483648) return i32.MIN_VALUE;
  if (x >= 2147483647) return i32.MAX_VALUE;
  return x as i32;
}

/** to = t[k] */
export function getIndex(to: usize, t: usize, k: usize): i32 {
  const tt = tagOf(t);
  const kt = tagOf(k);
  if (tt == OBJECT && kt == STRING) {
    const v = objectGet(t, addressOf(k), lengthOf(k));
    if (v == 0) setNull(to);
    else Cell.copy(to, v);
    return DONE;
  }
  if (tt == ARRAY && kt == NUMBER) {
    // `to` may be `t`: it is written last.
    const x = numberOf(k);
    let i = toInt(x);
    if (i < 0) i += lengthOf(t);
    if (x == x && i >= 0 && (i as u32) < lengthOf(t)) Cell.copy(to, elementAt(t, i as u32));
    else setNull(to);
    return DONE;
  }
  if (tt == NULL && (kt == STRING || kt == NUMBER || kt == OBJECT)) {
    setNull(to);
    return DONE;
  }
  if ((tt == ARRAY || tt == STRING) && kt == OBJECT) {
    return sliceKey(t, k) ? slice(to, t) : sliceError();
  }
  if (tt == ARRAY && kt == ARRAY) return indexesOf(to, t, k);
  return indexError(t, k);
}

function indexError(t: usize, k: usize): i32 {
  messageBegin();
  messageText("Cannot index ");
  messageText(kindName(t));
  messageText(" with ");
  messageText(kindName(k));
  messageText(" (");
  messageDump(k);
  messageText(")");
  return messageEnd();
}

export function iterateError(c: usize): i32 {
  messageBegin();
  messageText("Cannot iterate over ");
  messageValue(c);
  return messageEnd();
}

/** Bounds found by sliceBounds: 0 <= sliceFrom <= sliceTo <= length. */
let sliceFrom: u32 = 0;
export function sliceBegin(): u32 {
  return sliceFrom;
}
let sliceTo: u32 = 0;
export function sliceEnd(): u32 {
  return sliceTo;
}

/** sliceBounds() of a key {"start": ..., "end": ...}: both must be there. */
export function sliceKey(t: usize, key: usize): bool {
  const from = objectField(key, "start");
  const to = objectField(key, "end");
  return from != 0 && to != 0 && sliceBounds(t, from, to);
}

export function sliceError(): i32 {
  return raiseText("Array/string slice indices must be integers");
}

/** Bounds of t[from:to]; the cells may be 0 or null: absent. False: one is no number. */
export function sliceBounds(t: usize, from: usize, to: usize): bool {
  const length: f64 =
    tagOf(t) == ARRAY ? (lengthOf(t) as f64) : tagOf(t) == STRING ? (stringLength(t) as f64) : 0;
  let start: f64 = 0;
  let end = length;
  if (from != 0 && tagOf(from) != NULL) {
    if (tagOf(from) != NUMBER) return false;
    start = numberOf(from);
  }
  if (to != 0 && tagOf(to) != NULL) {
    if (tagOf(to) != NUMBER) return false;
    end = numberOf(to);
  }
  if (start != start) start = 0;
  if (start < 0) start += length;
  if (start < 0) start = 0;
  if (start > length) start = length;
  const first = start as u32;
  if (end != end) end = length;
  if (end < 0) end += length;
  if (end < 0) end = first as f64;
  if (end > length) end = length;
  let last = end as u32;
  if ((last as f64) < length && (last as f64) < end) last++;
  sliceFrom = first;
  sliceTo = last < first ? first : last;
  return true;
}

/** Code points of a string cell. */
export function stringLength(c: usize): u32 {
  if (flagsOf(c) & ASCII) return lengthOf(c);
  Fuel.charge(lengthOf(c) >>> 6);
  return codePoints(addressOf(c), lengthOf(c));
}

/** Byte offset of the code point number n, searched from a known place on. */
export function bytesOf(at: usize, length: u32, n: u32): u32 {
  let p: u32 = 0;
  while (n > 0 && p < length) {
    p += sizeAt(at + p);
    n--;
  }
  return p;
}

/** to = t[sliceFrom:sliceTo] */
export function slice(to: usize, t: usize): i32 {
  const from = sliceFrom;
  const end = sliceTo;
  if (tagOf(t) == ARRAY) {
    Fuel.charge((end - from) >>> 3);
    return arraySlice(SCRATCH, to, t, from, end) ? DONE : outOfMemory();
  }
  const at = addressOf(t);
  if (flagsOf(t) & ASCII) {
    setString(to, at + from, end - from, ASCII);
    return DONE;
  }
  Fuel.charge(lengthOf(t) >>> 5);
  const first = bytesOf(at, lengthOf(t), from);
  const size = bytesOf(at + first, lengthOf(t) - first, end - from);
  setString(to, at + first, size, 0);
  return DONE;
}

/** to = the indices at which the array k occurs in the array t. */
function indexesOf(to: usize, t: usize, k: usize): i32 {
  const n = lengthOf(t);
  const m = lengthOf(k);
  const address = addressOf(t);
  const keys = addressOf(k);
  const found = memory.data(16, 16);
  if (!arrayNew(SCRATCH, found, 4)) return outOfMemory();
  const number = memory.data(16, 16);
  for (let i: u32 = 0; m != 0 && i + m <= n; i++) {
    let same = true;
    for (let j: u32 = 0; j < m && same; j++) {
      const r = equalStatus(address + (((i + j) as usize) << 4), keys + ((j as usize) << 4));
      if (r == TOO_DEEP) return raiseText("Equality check too deep");
      if (r == 0) same = false;
    }
    if (!Fuel.charge(1)) return FATAL;
    if (!same) continue;
    setNumber(number, i as f64);
    if (!arrayAppend(SCRATCH, found, found, number)) return outOfMemory();
  }
  Cell.copy(to, found);
  return DONE;
}

/** to = t with t[k] set to v. `to` may be `t`. */
export function setIndex(to: usize, t: usize, k: usize, v: usize): i32 {
  const tt = tagOf(t);
  const kt = tagOf(k);
  if (kt == STRING && (tt == OBJECT || tt == NULL)) return putKey(to, t, k, v);
  if (kt == NUMBER && (tt == ARRAY || tt == NULL)) return setElement(to, t, numberOf(k), v);
  if (kt == OBJECT && (tt == ARRAY || tt == NULL)) return setSlice(to, t, k, v);
  if (kt == OBJECT && tt == STRING) return raiseText("Cannot update string slices");
  messageBegin();
  messageText("Cannot update field at ");
  messageText(kindName(k));
  messageText(" index of ");
  messageText(kindName(t));
  return messageEnd();
}

const EMPTY_OBJECT: usize = memory.data(16, 16);

/** to = the object t (null: {}) with the string k set to v. */
export function putKey(to: usize, t: usize, k: usize, v: usize): i32 {
  let o = t;
  if (tagOf(t) == NULL) {
    const at = objectStorage(SCRATCH, 4);
    if (at == 0) return outOfMemory();
    setCell(EMPTY_OBJECT, OBJECT, 0, 0, at);
    o = EMPTY_OBJECT;
  }
  const before = addressOf(o);
  const n = lengthOf(o);
  if (!objectSet(SCRATCH, to, o, k, v)) return outOfMemory();
  if (addressOf(to) != before) Fuel.charge(n >>> 2);
  return DONE;
}

function setElement(to: usize, t: usize, x: f64, v: usize): i32 {
  if (x != x) return raiseText("Cannot set array element at NaN index");
  const isNull = tagOf(t) == NULL;
  const n: u32 = isNull ? 0 : lengthOf(t);
  let i = toInt(x);
  if (i < 0) i += n as i32;
  if (i < 0) return raiseText("Out of bounds negative array index");
  if (i > MAX_INDEX) return raiseText("Array index too large");
  if (!isNull && (i as u32) == n) return arrayAppend(SCRATCH, to, t, v) ? DONE : outOfMemory();
  const size = (i as u32) + 1 > n ? (i as u32) + 1 : n;
  Fuel.charge(size >>> 3);
  const at = arrayStorage(SCRATCH, size > n ? size + (size >>> 1) : size);
  if (at == 0) return outOfMemory();
  if (n != 0) memory.copy(at, addressOf(t), (n as usize) << 4);
  if (size > n) memory.fill(at + ((n as usize) << 4), 0, ((size - n) as usize) << 4);
  Cell.copy(at + ((i as usize) << 4), v);
  setUsed(at, size);
  setCell(to, ARRAY, 0, size, at);
  return DONE;
}

function setSlice(to: usize, t: usize, k: usize, v: usize): i32 {
  const n: u32 = tagOf(t) == NULL ? 0 : lengthOf(t);
  if (!sliceKey(t, k)) return sliceError();
  if (tagOf(v) != ARRAY) return raiseText("A slice of an array can only be assigned another array");
  const from = sliceFrom;
  const end = sliceTo;
  const m = lengthOf(v);
  const size = n - (end - from) + m;
  Fuel.charge(size >>> 3);
  const at = arrayStorage(SCRATCH, size);
  if (at == 0) return outOfMemory();
  const old: usize = n == 0 ? 0 : addressOf(t);
  memory.copy(at, old, (from as usize) << 4);
  memory.copy(at + ((from as usize) << 4), addressOf(v), (m as usize) << 4);
  memory.copy(
    at + (((from + m) as usize) << 4),
    old + ((end as usize) << 4),
    ((n - end) as usize) << 4,
  );
  setUsed(at, size);
  setCell(to, ARRAY, 0, size, at);
  return DONE;
}

/** 1: t has the key k, 0: it has not, -1: an error was raised. */
export function hasKey(t: usize, k: usize): i32 {
  const tt = tagOf(t);
  if (tt == NULL) return 0;
  if (tt == OBJECT && tagOf(k) == STRING)
    return objectGet(t, addressOf(k), lengthOf(k)) != 0 ? 1 : 0;
  if (tt == ARRAY && tagOf(k) == NUMBER) {
    const x = numberOf(k);
    if (x != x) return 0;
    const i = toInt(x);
    return i >= 0 && (i as u32) < lengthOf(t) ? 1 : 0;
  }
  messageBegin();
  messageText("Cannot check whether ");
  messageText(kindName(t));
  messageText(" has a ");
  messageText(kindName(k));
  messageText(" key");
  messageEnd();
  return -1;
}

/** Copies an object into fresh storage with room for `more` further pairs. 0: no room. */
export function objectCopy(to: usize, o: usize, more: u32): bool {
  const n = lengthOf(o);
  Fuel.charge(n >>> 2);
  const at = objectStorage(SCRATCH, n + more);
  if (at == 0) return false;
  memory.copy(at, addressOf(o), n * PAIR);
  setUsed(at, n);
  setCell(to, OBJECT, 0, n, at);
  return true;
}
