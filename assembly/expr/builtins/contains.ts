/** contains: strings within strings, elements within elements, pairs within pairs. */

import { charge } from "../../errors/errors";
import {
  addressOf,
  ARRAY,
  elementAt,
  keyAt,
  lengthOf,
  OBJECT,
  STRING,
  tagOf,
  valueAt,
} from "../../value/cell";
import { equalStatus, TOO_DEEP } from "../../value/compare";
import { objectGet } from "../../value/object";
import { DEEPEST, FRAME, walkBase, walkSet, walkTop } from "../../value/walk";
import { findBytes } from "../operations/strings";

/**
 * 1, 0 or TOO_DEEP. A frame is a question "does a contain b", with b's entry under consideration
 * (+8) and, for arrays, the element of a that is being tried (+12).
 */
export function containsValue(a: usize, b: usize): i32 {
  const start = walkTop();
  const bottom = walkBase();
  let top = start;
  let depth: u32 = 0;
  let answer = leaf(a, b);
  if (answer >= 0) return answer;
  open(bottom + top, a, b);
  answer = -1;
  // answer: -1 going down, otherwise what the question above found
  let going = true;
  while (going) {
    const f = bottom + top;
    const x = load<u32>(f) as usize;
    const y = load<u32>(f, 4) as usize;
    let i = load<u32>(f, 8);
    let j = load<u32>(f, 12);
    const isArray = tagOf(x) == ARRAY;
    let result = -1;
    if (answer >= 0) {
      if (isArray) {
        if (answer == 1) {
          i++;
          j = 0;
        } else j++;
      } else if (answer == 0) result = 0;
      else i++;
    }
    while (result < 0) {
      if (i >= lengthOf(y)) {
        result = 1;
        break;
      }
      let p: usize = 0;
      let q: usize = 0;
      if (isArray) {
        if (j >= lengthOf(x)) {
          result = 0;
          break;
        }
        p = elementAt(x, j);
        q = elementAt(y, i);
      } else {
        const key = keyAt(y, i);
        p = objectGet(x, addressOf(key), lengthOf(key));
        q = valueAt(y, i);
        if (p == 0) {
          result = 0;
          break;
        }
      }
      if (!charge(1)) {
        result = 0;
        break;
      }
      const r = leaf(p, q);
      if (r < 0) {
        if (depth >= DEEPEST) {
          walkSet(start);
          return TOO_DEEP;
        }
        store<u32>(f, i, 8);
        store<u32>(f, j, 12);
        top += FRAME;
        depth++;
        if (!walkSet(top + FRAME)) {
          walkSet(start);
          return TOO_DEEP;
        }
        open(bottom + top, p, q);
        break;
      }
      if (isArray) {
        if (r == 1) {
          i++;
          j = 0;
        } else j++;
      } else if (r == 0) result = 0;
      else i++;
    }
    if (result < 0) {
      answer = -1;
      continue;
    }
    answer = result;
    if (top == start) going = false;
    else {
      top -= FRAME;
      depth--;
    }
  }
  walkSet(start);
  return answer;
}

function open(f: usize, a: usize, b: usize): void {
  store<u32>(f, a as u32);
  store<u32>(f, b as u32, 4);
  store<u64>(f, 0, 8);
}

/** The answer where it needs no look inside, or -1. */
function leaf(a: usize, b: usize): i32 {
  const tag = tagOf(a);
  if (tag != tagOf(b)) return 0;
  if (tag == ARRAY || tag == OBJECT) return -1;
  if (tag == STRING) {
    charge(lengthOf(a) >>> 4);
    return findBytes(addressOf(a), lengthOf(a), 0, addressOf(b), lengthOf(b)) >= 0 ? 1 : 0;
  }
  return equalStatus(a, b);
}
