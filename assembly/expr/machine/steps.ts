/** The steps of the machine that call for more than a few loads and stores. */

import { SCRATCH } from "../../bytes/arena";
import { arrayConcat } from "../../value/array";
import {
  ARRAY,
  ASCII,
  Cell,
  NULL,
  OBJECT,
  objectStorage,
  setCell,
  setNull,
  setNumber,
  STRING,
  tagOf,
} from "../../value/cell";
import { compareValues, equalStatus, TOO_DEEP } from "../../value/compare";
import * as O from "../bytecode/opcodes";
import { getIndex, outOfMemory, putKey, slice, sliceBounds } from "../operations/access";
import { add, divide, modulo, multiply, subtract } from "../operations/arithmetic";
import { getPath } from "../operations/paths";
import {
  DONE,
  messageBegin,
  messageEnd,
  messageText,
  messageValue,
  raiseText,
  typeError2,
} from "../operations/raise";
import { appendStep, checkStep, identical, PATH, PATH_VALUE, clearPathFault } from "./tracking";

const TEMP: usize = memory.data(16, 16);
const KEY: usize = memory.data(16, 16);
const EXTRA: usize = memory.data(16, 16);

/** FIELD and INDEX with all flags. */
export function indexStep(to: usize, t: usize, k: usize, tracking: bool): i32 {
  clearPathFault();
  if (!tracking) return getIndex(to, t, k);
  let r = checkStep(t, k);
  if (r != DONE) return r;
  r = getIndex(TEMP, t, k);
  if (r != DONE) return r;
  r = appendStep(k, TEMP);
  Cell.copy(to, TEMP);
  return r;
}

/** {"start": from, "end": to}, the key of a slice in a path. */
function sliceKey(to: usize, from: usize, end: usize): bool {
  const at = objectStorage(SCRATCH, 2);
  if (at == 0) return false;
  setCell(to, OBJECT, 0, 0, at);
  setNull(EXTRA);
  return (
    putKey(to, to, START_KEY(), from == 0 ? EXTRA : from) == DONE &&
    putKey(to, to, END_KEY(), end == 0 ? EXTRA : end) == DONE
  );
}

const KEY_TEXT: usize = memory.data<u8>([115, 116, 97, 114, 116, 101, 110, 100]);
const KEY_CELLS: usize = memory.data(32, 16);
function START_KEY(): usize {
  setCell(KEY_CELLS, STRING, ASCII, 5, KEY_TEXT);
  return KEY_CELLS;
}
function END_KEY(): usize {
  setCell(KEY_CELLS + 16, STRING, ASCII, 3, KEY_TEXT + 5);
  return KEY_CELLS + 16;
}

export function sliceStep(to: usize, t: usize, from: usize, end: usize, tracking: bool): i32 {
  clearPathFault();
  const tag = tagOf(t);
  if (tracking || (tag != ARRAY && tag != STRING && tag != NULL)) {
    if (!sliceKey(KEY, from, end)) return outOfMemory();
    return indexStep(to, t, KEY, tracking);
  }
  if (tag == NULL) {
    setNull(to);
    return DONE;
  }
  if (!sliceBounds(t, from, end)) return raiseText("Array/string slice indices must be integers");
  return slice(to, t);
}

export function getPathStep(to: usize, t: usize, path: usize, tracking: bool): i32 {
  const r = getPath(TEMP, t, path);
  if (r != DONE) return r;
  if (tracking && identical(t, PATH_VALUE)) {
    Cell.copy(EXTRA, TEMP);
    if (!arrayConcat(SCRATCH, PATH, PATH, path)) return outOfMemory();
    Cell.copy(PATH_VALUE, EXTRA);
  }
  Cell.copy(to, TEMP);
  return DONE;
}

function compareStep(op: u32, to: usize, a: usize, b: usize): i32 {
  if (op == O.OP_EQ || op == O.OP_NE) {
    const e = equalStatus(a, b);
    if (e == TOO_DEEP) return raiseText("Equality check too deep");
    Cell.setBool(to, (e == 1) == (op == O.OP_EQ));
    return DONE;
  }
  const r = compareValues(a, b);
  if (r == TOO_DEEP) return raiseText("Comparison too deep");
  let yes = false;
  if (op == O.OP_LT) yes = r < 0;
  else if (op == O.OP_LE) yes = r <= 0;
  else if (op == O.OP_GT) yes = r > 0;
  else yes = r >= 0;
  Cell.setBool(to, yes);
  return DONE;
}

export function binaryStep(op: u32, to: usize, a: usize, b: usize): i32 {
  switch (op) {
    case O.OP_ADD:
      return add(to, a, b);
    case O.OP_SUB:
      return subtract(to, a, b);
    case O.OP_MUL:
      return multiply(to, a, b);
    case O.OP_DIV:
      return divide(to, a, b);
    case O.OP_MOD:
      return modulo(to, a, b);
    default:
      return compareStep(op, to, a, b);
  }
}

export function putStep(to: usize, o: usize, k: usize, v: usize): i32 {
  if (tagOf(k) == STRING) return putKey(to, o, k, v);
  messageBegin();
  messageText("Cannot use ");
  messageValue(k);
  messageText(" as object key");
  return messageEnd();
}

export function countError(c: usize): i32 {
  setNumber(EXTRA, 1);
  return typeError2(c, EXTRA, "cannot be subtracted");
}
