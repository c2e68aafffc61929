/** flatten and transpose. */

import { SCRATCH } from "../../bytes/arena";
import { charge } from "../../errors";
import { arrayAppend, arrayNew } from "../../value/array";
import {
  ARRAY,
  arrayStorage,
  copyCell,
  elementAt,
  lengthOf,
  NULL,
  OBJECT,
  setCell,
  setNull,
  setUsed,
  tagOf,
  valueAt,
} from "../../value/cell";
import { DEEPEST, FRAME, walkBase, walkSet, walkTop } from "../../value/walk";
import { iterateError, outOfMemory } from "../access";
import { DONE, FATAL, raiseText } from "../raise";

const OUT: usize = memory.data(16, 16);

/** to = the elements of c, arrays among them replaced by their elements down to `depth` levels. */
export function flattenArray(to: usize, c: usize, depth: f64): i32 {
  if (tagOf(c) != ARRAY && tagOf(c) != OBJECT) return iterateError(c);
  const start = walkTop();
  const bottom = walkBase();
  let top = start;
  if (!arrayNew(SCRATCH, OUT, 8)) return outOfMemory();
  store<u32>(bottom + top, c as u32);
  store<u32>(bottom + top, 0, 4);
  let level: f64 = 0;
  let result = DONE;
  while (true) {
    const f = bottom + top;
    const from = load<u32>(f) as usize;
    const i = load<u32>(f, 4);
    if (i >= lengthOf(from)) {
      if (top == start) break;
      top -= FRAME;
      level -= 1;
      continue;
    }
    store<u32>(f, i + 1, 4);
    const item = tagOf(from) == ARRAY ? elementAt(from, i) : valueAt(from, i);
    if (!charge(1)) {
      result = FATAL;
      break;
    }
    if (tagOf(item) == ARRAY && depth != level) {
      if (level > DEEPEST) {
        result = raiseText("Flatten too deep");
        break;
      }
      top += FRAME;
      level += 1;
      walkSet(top + FRAME);
      store<u32>(bottom + top, item as u32);
      store<u32>(bottom + top, 0, 4);
    } else if (!arrayAppend(SCRATCH, OUT, OUT, item)) {
      result = outOfMemory();
      break;
    }
  }
  walkSet(start);
  copyCell(to, OUT);
  return result;
}

/** to = rows and columns of an array of arrays exchanged, missing places null. */
export function transpose(to: usize, c: usize): i32 {
  if (tagOf(c) != ARRAY) return iterateError(c);
  const rows = lengthOf(c);
  let columns: u32 = 0;
  for (let i: u32 = 0; i < rows; i++) {
    const row = elementAt(c, i);
    if (tagOf(row) != ARRAY && tagOf(row) != NULL) return iterateError(row);
    if (tagOf(row) == ARRAY && lengthOf(row) > columns) columns = lengthOf(row);
  }
  if (!arrayNew(SCRATCH, OUT, columns)) return outOfMemory();
  const line = memory.data(16, 16);
  for (let j: u32 = 0; j < columns; j++) {
    if (!charge(rows)) return FATAL;
    const at = arrayStorage(SCRATCH, rows);
    if (at == 0) return outOfMemory();
    for (let i: u32 = 0; i < rows; i++) {
      const row = elementAt(c, i);
      const cell = at + ((i as usize) << 4);
      if (tagOf(row) == ARRAY && j < lengthOf(row)) copyCell(cell, elementAt(row, j));
      else setNull(cell);
    }
    setUsed(at, rows);
    setCell(line, ARRAY, 0, rows, at);
    if (!arrayAppend(SCRATCH, OUT, OUT, line)) return outOfMemory();
  }
  copyCell(to, OUT);
  return DONE;
}
