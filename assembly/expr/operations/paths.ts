/** Paths: getpath, setpath, delpaths. No value is copied but the containers along the way. */

import { textByte } from "../../bytes/byte";
import { arenaRoom, arenaTake, ROOM, SCRATCH } from "../../bytes/arena";
import { charge } from "../../errors/errors";
import { arrayAppend, arrayNew } from "../../value/array";
import {
  addressOf,
  ARRAY,
  arrayStorage,
  copyCell,
  elementAt,
  lengthOf,
  NULL,
  NUMBER,
  numberOf,
  OBJECT,
  objectStorage,
  PAIR,
  setCell,
  setNull,
  setUsed,
  STRING,
  tagOf,
} from "../../value/cell";
import { equalStatus } from "../../value/compare";
import { objectFind } from "../../value/object";
import { DEEPEST, FRAME, walkBase, walkSet, walkTop } from "../../value/walk";
import {
  getIndex,
  outOfMemory,
  setIndex,
  sliceError,
  sliceBegin,
  sliceKey,
  sliceEnd,
  toInt,
} from "./access";
import {
  DONE,
  FATAL,
  kindName,
  messageBegin,
  messageEnd,
  messageText,
  raiseText,
  RAISED,
} from "./raise";
import { sortedOrder } from "./sorting";

const CURRENT: usize = memory.data(16, 16);

function checkPath(path: usize): i32 {
  if (tagOf(path) != ARRAY) return raiseText("Path must be specified as an array");
  if (lengthOf(path) > DEEPEST) return raiseText("Path too deep");
  return DONE;
}

/** to = root at path. */
export function getPath(to: usize, root: usize, path: usize): i32 {
  if (checkPath(path) != DONE) return RAISED;
  copyCell(CURRENT, root);
  const n = lengthOf(path);
  for (let i: u32 = 0; i < n; i++) {
    const r = getIndex(CURRENT, CURRENT, elementAt(path, i));
    if (r != DONE) return r;
    if (!charge(1)) return FATAL;
  }
  copyCell(to, CURRENT);
  return DONE;
}

/** to = root with the value at path replaced. `to` may be `root`. */
export function setPath(to: usize, root: usize, path: usize, value: usize): i32 {
  if (checkPath(path) != DONE) return RAISED;
  const start = walkTop();
  const bottom = walkBase() + start;
  walkSet(start + (((lengthOf(path) + 3) * 16) & ~31));
  const r = setSteps(to, root, path, value, bottom);
  walkSet(start);
  return r;
}

function setSteps(to: usize, root: usize, path: usize, value: usize, bottom: usize): i32 {
  const n = lengthOf(path);
  copyCell(bottom, root);
  // Down: every container on the way is remembered.
  for (let i: u32 = 0; i < n; i++) {
    const r = getIndex(bottom + (i + 1) * 16, bottom + i * 16, elementAt(path, i));
    if (r != DONE) return r;
    if (!charge(1)) return FATAL;
  }
  // Up: each gets its new part.
  copyCell(CURRENT, value);
  for (let i = n; i > 0; i--) {
    const r = setIndex(CURRENT, bottom + (i - 1) * 16, elementAt(path, i - 1), CURRENT);
    if (r != DONE) return r;
  }
  copyCell(to, CURRENT);
  return DONE;
}

// A level of delpaths: the container so far, the keys to delete from it, and its share of the
// sorted paths. Twice as large as other frames.
const LEVEL: u32 = FRAME * 2;
const OBJECT_AT: u32 = 0;
const KEYS_AT: u32 = 16;
const NEXT_AT: u32 = 32;
const END_AT: u32 = 36;
const GROUP_AT: u32 = 40;

/** to = root without the parts that the paths lead to. */
export function deletePaths(to: usize, root: usize, paths: usize): i32 {
  if (tagOf(paths) != ARRAY) return raiseText("Paths must be specified as an array");
  const n = lengthOf(paths);
  for (let i: u32 = 0; i < n; i++) {
    const p = elementAt(paths, i);
    if (tagOf(p) != ARRAY) {
      messageBegin();
      messageText("Path must be specified as array, not ");
      messageText(kindName(p));
      return messageEnd();
    }
    if (lengthOf(p) > DEEPEST) return raiseText("Path too deep");
  }
  if (n == 0) {
    copyCell(to, root);
    return DONE;
  }
  const order = sortedOrder(paths);
  if (order <= 0) return order as i32;
  if (lengthOf(pathAt(paths, order, 0)) == 0) {
    setNull(to);
    return DONE;
  }
  return deleteSorted(to, root, paths, order, n);
}

function pathAt(paths: usize, order: isize, i: u32): usize {
  return elementAt(paths, load<u32>((order as usize) + (i << 2)));
}

function deleteSorted(to: usize, root: usize, paths: usize, order: isize, n: u32): i32 {
  const start = walkTop();
  const bottom = walkBase();
  let top = start;
  let depth: u32 = 0;
  if (!openLevel(bottom + top, root, 0, n)) return outOfMemory();
  walkSet(top + LEVEL);
  let result = DONE;
  while (true) {
    const f = bottom + top;
    const i = load<u32>(f, NEXT_AT);
    const end = load<u32>(f, END_AT);
    if (i < end) {
      if (!charge(1)) {
        result = FATAL;
        break;
      }
      const path = pathAt(paths, order, i);
      const key = elementAt(path, depth);
      const whole = lengthOf(path) == depth + 1;
      let j = i + 1;
      while (j < end && equalStatus(key, elementAt(pathAt(paths, order, j), depth)) == 1) j++;
      store<u32>(f, i, GROUP_AT);
      store<u32>(f, j, NEXT_AT);
      if (whole) {
        if (!arrayAppend(SCRATCH, f + KEYS_AT, f + KEYS_AT, key)) {
          result = outOfMemory();
          break;
        }
        continue;
      }
      result = getIndex(CURRENT, f + OBJECT_AT, key);
      if (result != DONE) break;
      if (tagOf(CURRENT) == NULL) continue;
      top += LEVEL;
      depth++;
      if (!walkSet(top + LEVEL) || !openLevel(bottom + top, CURRENT, i, j)) {
        result = outOfMemory();
        break;
      }
      if (!charge(1)) {
        result = FATAL;
        break;
      }
      continue;
    }
    result = deleteKeys(f + OBJECT_AT, f + OBJECT_AT, f + KEYS_AT);
    if (result != DONE) break;
    if (top == start) {
      copyCell(to, f + OBJECT_AT);
      break;
    }
    copyCell(CURRENT, f + OBJECT_AT);
    top -= LEVEL;
    depth--;
    walkSet(top + LEVEL);
    const p = bottom + top;
    const key = elementAt(pathAt(paths, order, load<u32>(p, GROUP_AT)), depth);
    result = setIndex(p + OBJECT_AT, p + OBJECT_AT, key, CURRENT);
    if (result != DONE) break;
  }
  walkSet(start);
  return result;
}

function openLevel(f: usize, object: usize, from: u32, end: u32): bool {
  copyCell(f + OBJECT_AT, object);
  store<u32>(f, from, NEXT_AT);
  store<u32>(f, end, END_AT);
  return arrayNew(SCRATCH, f + KEYS_AT, 2);
}

/** to = t without the elements or fields named by the array `keys`. `to` may be `t`. */
function deleteKeys(to: usize, t: usize, keys: usize): i32 {
  const m = lengthOf(keys);
  if (m == 0 || tagOf(t) == NULL) {
    copyCell(to, t);
    return DONE;
  }
  const isArray = tagOf(t) == ARRAY;
  if (!isArray && tagOf(t) != OBJECT) {
    messageBegin();
    messageText("Cannot delete fields from ");
    messageText(kindName(t));
    return messageEnd();
  }
  const n = lengthOf(t);
  if (n + 1 > ROOM && !arenaRoom(SCRATCH, n + 1)) return outOfMemory();
  charge(n >>> 2);
  const gone = arenaTake(SCRATCH, n + 1);
  memory.fill(gone, 0, n + 1);
  for (let i: u32 = 0; i < m; i++) {
    const k = elementAt(keys, i);
    if (!isArray) {
      if (tagOf(k) != STRING) return cannotDelete(k, " field of object");
      const found = objectFind(t, addressOf(k), lengthOf(k));
      if (found >= 0) store<u8>(gone + found, 1);
      continue;
    }
    if (tagOf(k) == NUMBER) {
      const x = numberOf(k);
      if (x != x) continue;
      let at = toInt(x);
      if (at < 0) at += n as i32;
      if (at >= 0 && (at as u32) < n) store<u8>(gone + at, 1);
    } else if (tagOf(k) == OBJECT) {
      if (!sliceKey(t, k)) return sliceError();
      if (!charge((sliceEnd() - sliceBegin()) >>> 4)) return FATAL;
      memory.fill(gone + sliceBegin(), 1, sliceEnd() - sliceBegin());
    } else return cannotDelete(k, " element of array");
  }
  const at = isArray ? arrayStorage(SCRATCH, n) : objectStorage(SCRATCH, n);
  if (at == 0) return outOfMemory();
  const from = addressOf(t);
  let kept: u32 = 0;
  for (let i: u32 = 0; i < n; i++) {
    if (textByte(gone + i)) continue;
    if (isArray) copyCell(at + ((kept as usize) << 4), from + ((i as usize) << 4));
    else memory.copy(at + kept * PAIR, from + i * PAIR, PAIR);
    kept++;
  }
  setUsed(at, kept);
  setCell(to, isArray ? ARRAY : OBJECT, 0, kept, at);
  return DONE;
}

function cannotDelete(k: usize, what: string): i32 {
  messageBegin();
  messageText("Cannot delete ");
  messageText(kindName(k));
  messageText(what);
  return messageEnd();
}
