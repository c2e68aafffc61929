/** + - * / % of all kinds of values, with jq's messages. */

import { SCRATCH } from "../../bytes/arena";
import { E_LIMIT_SIZE } from "../../errors/codes";
import { LONGEST_STRING } from "./limits";
import { Fuel, fail } from "../../errors/errors";
import { arrayAppend, arrayConcat, arrayNew } from "../../value/array";
import {
  addressOf,
  ARRAY,
  ASCII,
  capacityOf,
  Cell,
  elementAt,
  flagsOf,
  KEPT,
  keyAt,
  lengthOf,
  NULL,
  NUMBER,
  numberOf,
  OBJECT,
  PAIR,
  setCell,
  setNull,
  setNumber,
  setUsed,
  STRING,
  tagOf,
  usedOf,
  valueAt,
} from "../../value/cell";
import { equalStatus, TOO_DEEP } from "../../value/compare";
import { objectFind } from "../../value/object";
import { DEEPEST, FRAME, walkBase, walkSet, walkTop } from "../../value/walk";
import { objectCopy, outOfMemory } from "./access";
import { DONE, FATAL, raiseText, typeError2 } from "./raise";
import { concat, splitString, stringBytes } from "./strings";
import { setString } from "../../value/cell";

export function add(to: usize, a: usize, b: usize): i32 {
  const x = tagOf(a);
  const y = tagOf(b);
  if (x == NUMBER && y == NUMBER) setNumber(to, numberOf(a) + numberOf(b));
  else if (x == NULL) Cell.copy(to, b);
  else if (y == NULL) Cell.copy(to, a);
  else if (x == STRING && y == STRING) return concat(to, a, b);
  else if (x == ARRAY && y == ARRAY) {
    const before = addressOf(a);
    const n = lengthOf(a);
    Fuel.charge(lengthOf(b) >>> 2);
    if (!arrayConcat(SCRATCH, to, a, b)) return outOfMemory();
    if (addressOf(to) != before) Fuel.charge(n >>> 3);
  } else if (x == OBJECT && y == OBJECT) return merge(to, a, b);
  else return typeError2(a, b, "cannot be added");
  return DONE;
}

const MERGED: usize = memory.data(16, 16);

/** to = a + b: b's pairs replace a's. Pairs with new keys are added in place where possible. */
function merge(to: usize, a: usize, b: usize): i32 {
  const n = lengthOf(a);
  const m = lengthOf(b);
  if (m == 0 || n == 0) {
    Cell.copy(to, m == 0 ? a : b);
    return DONE;
  }
  if (!Fuel.charge(m)) return FATAL;
  const at = addressOf(a);
  let inPlace = !(flagsOf(a) & KEPT) && usedOf(at) == n && capacityOf(at) - n >= m;
  for (let i: u32 = 0; i < m && inPlace; i++) {
    const k = keyAt(b, i);
    if (objectFind(a, addressOf(k), lengthOf(k)) >= 0) inPlace = false;
  }
  if (inPlace) {
    memory.copy(at + n * PAIR, addressOf(b), m * PAIR);
    setUsed(at, n + m);
    setCell(to, OBJECT, 0, n + m, at);
    return DONE;
  }
  const from = addressOf(b);
  if (!objectCopy(MERGED, a, m + (n >>> 1))) return outOfMemory();
  for (let i: u32 = 0; i < m; i++) ownPut(MERGED, from + i * PAIR, from + i * PAIR + 16);
  Cell.copy(to, MERGED);
  return DONE;
}

/** Sets a key of an object whose storage nobody else has seen and which has room. */
function ownPut(o: usize, key: usize, value: usize): void {
  const found = objectFind(o, addressOf(key), lengthOf(key));
  if (found >= 0) {
    Cell.copy(valueAt(o, found as u32), value);
    return;
  }
  const n = lengthOf(o);
  const at = addressOf(o);
  Cell.copy(at + n * PAIR, key);
  Cell.copy(at + n * PAIR + 16, value);
  setUsed(at, n + 1);
  setCell(o, OBJECT, 0, n + 1, at);
}

export function subtract(to: usize, a: usize, b: usize): i32 {
  const x = tagOf(a);
  if (x == NUMBER && tagOf(b) == NUMBER) {
    setNumber(to, numberOf(a) - numberOf(b));
    return DONE;
  }
  if (x != ARRAY || tagOf(b) != ARRAY) return typeError2(a, b, "cannot be subtracted");
  if (!arrayNew(SCRATCH, MERGED, 4)) return outOfMemory();
  const n = lengthOf(a);
  const m = lengthOf(b);
  for (let i: u32 = 0; i < n; i++) {
    let keep = true;
    for (let j: u32 = 0; j < m && keep; j++) {
      const r = equalStatus(elementAt(a, i), elementAt(b, j));
      if (r == TOO_DEEP) return raiseText("Equality check too deep");
      if (r == 1) keep = false;
    }
    if (!Fuel.charge(1 + (m >>> 2))) return FATAL;
    if (keep && !arrayAppend(SCRATCH, MERGED, MERGED, elementAt(a, i))) return outOfMemory();
  }
  Cell.copy(to, MERGED);
  return DONE;
}

export function multiply(to: usize, a: usize, b: usize): i32 {
  const x = tagOf(a);
  const y = tagOf(b);
  if (x == NUMBER && y == NUMBER) {
    setNumber(to, numberOf(a) * numberOf(b));
    return DONE;
  }
  if (x == STRING && y == NUMBER) return repeat(to, a, numberOf(b));
  if (x == NUMBER && y == STRING) return repeat(to, b, numberOf(a));
  if (x == OBJECT && y == OBJECT) return mergeDeep(to, a, b);
  return typeError2(a, b, "cannot be multiplied");
}

/** Where jq says that the result of a repetition is too long. */
const REPEAT_LIMIT: f64 = 2147483639;

function repeat(to: usize, s: usize, times: f64): i32 {
  if (!(times >= 0)) {
    setNull(to);
    return DONE;
  }
  const n = lengthOf(s);
  const count = times > 2147483647 ? 2147483647 : Math.floor(times);
  const size = (n as f64) * count;
  if (size >= REPEAT_LIMIT) return raiseText("Repeat string result too long");
  if (size > (LONGEST_STRING as f64)) {
    fail(E_LIMIT_SIZE, 0);
    return FATAL;
  }
  if (!Fuel.charge((size as u32) >>> 4)) return FATAL;
  const at = stringBytes(size as u32);
  if (at == 0) return outOfMemory();
  const from = addressOf(s);
  let done: u32 = 0;
  if (size != 0) {
    memory.copy(at, from, n);
    done = n;
    while (done < (size as u32)) {
      const more = min<u32>(done, (size as u32) - done);
      memory.copy(at + done, at, more);
      done += more;
    }
  }
  setString(to, at, size as u32, flagsOf(s) & ASCII);
  return DONE;
}

/** a * b: objects under equal keys are merged, too. */
function mergeDeep(to: usize, a: usize, b: usize): i32 {
  const start = walkTop();
  const bottom = walkBase();
  let top = start;
  let depth: u32 = 0;
  // A frame: +0 the object being built, +16 b's address, +20 its next pair, +24 its length.
  if (!openMerge(bottom + top, a, b)) return outOfMemory();
  let result = DONE;
  while (true) {
    const f = bottom + top;
    const i = load<u32>(f, 20);
    if (i < load<u32>(f, 24)) {
      const pair = (load<u32>(f, 16) as usize) + i * PAIR;
      store<u32>(f, i + 1, 20);
      if (!Fuel.charge(1)) {
        result = FATAL;
        break;
      }
      if (tagOf(pair + 16) == OBJECT) {
        const found = objectFind(f, addressOf(pair), lengthOf(pair));
        if (found >= 0 && tagOf(valueAt(f, found as u32)) == OBJECT) {
          depth++;
          if (depth > DEEPEST) {
            result = raiseText("Object merge too deep");
            break;
          }
          top += FRAME;
          if (
            !walkSet(top + FRAME) ||
            !openMerge(bottom + top, valueAt(f, found as u32), pair + 16)
          ) {
            result = outOfMemory();
            break;
          }
          continue;
        }
      }
      ownPut(f, pair, pair + 16);
      continue;
    }
    if (top == start) {
      Cell.copy(to, f);
      break;
    }
    top -= FRAME;
    depth--;
    const p = bottom + top;
    // The pair that was being merged is the one before the next.
    const pair = (load<u32>(p, 16) as usize) + (load<u32>(p, 20) - 1) * PAIR;
    ownPut(p, pair, f);
  }
  walkSet(start);
  return result;
}

function openMerge(f: usize, a: usize, b: usize): bool {
  if (!objectCopy(f, a, lengthOf(b))) return false;
  store<u32>(f, addressOf(b) as u32, 16);
  store<u32>(f, 0, 20);
  store<u32>(f, lengthOf(b), 24);
  return true;
}

export function divide(to: usize, a: usize, b: usize): i32 {
  if (tagOf(a) == NUMBER && tagOf(b) == NUMBER) {
    if (numberOf(b) == 0) return typeError2(a, b, "cannot be divided because the divisor is zero");
    setNumber(to, numberOf(a) / numberOf(b));
    return DONE;
  }
  if (tagOf(a) == STRING && tagOf(b) == STRING) return splitString(to, a, b);
  return typeError2(a, b, "cannot be divided");
}

/** A double as a 64-bit integer: truncated, clamped. */
function toLong(x: f64): i64 {
  if (x <= -9223372036854775808.0) return i64.MIN_VALUE;
  if (x >= 9223372036854775808.0) return i64.MAX_VALUE;
  return x as i64;
}

export function modulo(to: usize, a: usize, b: usize): i32 {
  if (tagOf(a) != NUMBER || tagOf(b) != NUMBER)
    return typeError2(a, b, "cannot be divided (remainder)");
  const x = numberOf(a);
  const y = numberOf(b);
  if (x != x || y != y) {
    setNumber(to, NaN);
    return DONE;
  }
  const divisor = toLong(y);
  if (divisor == 0)
    return typeError2(a, b, "cannot be divided (remainder) because the divisor is zero");
  setNumber(to, divisor == -1 ? 0 : ((toLong(x) % divisor) as f64));
  return DONE;
}
