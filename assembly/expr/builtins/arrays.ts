/** flatten. */

import { SCRATCH } from "../../bytes/arena";
import { charge } from "../../errors/errors";
import { arrayAppend, arrayNew } from "../../value/array";
import {
  ARRAY,
  copyCell,
  elementAt,
  lengthOf,
  OBJECT,
  setNumber,
  tagOf,
  valueAt,
} from "../../value/cell";
import { DEEPEST, FRAME, walkBase, walkSet, walkTop } from "../../value/walk";
import { iterateError, outOfMemory } from "../operations/access";
import { DONE, FATAL, raiseText, typeError2 } from "../operations/raise";

const OUT: usize = memory.data(16, 16);
const ONE: usize = memory.data(16, 16);

/**
 * to = the elements of c, arrays among them replaced by their elements down to `depth` levels. A
 * depth that is no number matters to the first array only: one cannot be subtracted from it.
 */
export function flattenArray(to: usize, c: usize, depth: f64, noNumber: usize): i32 {
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
      if (noNumber != 0) {
        setNumber(ONE, 1);
        result = typeError2(noNumber, ONE, "cannot be subtracted");
        break;
      }
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
