/** Shapes of values that come from outside. */

import { lengthOf, NUMBER, numberOf, OBJECT, tagOf } from "../../value/cell";
import { objectField } from "../../value/object";

/** Room in a record, and in the memory that reading it takes, for all but the one big value. */
export const RECORD_ROOM: u32 = 1 << 20;
/** Latest time that a clock may say: the last millisecond of the year 9999. */
const LAST_TIME: f64 = 253402300799999;

/** Largest whole number that every JSON reader agrees on: 2^53 - 1. */
export const MOST_WHOLE: f64 = 9007199254740991;

export function isTime(v: usize): bool {
  return isWhole(v, LAST_TIME);
}

/** {"effects","fuel"}: whole numbers. */
export function isLimits(v: usize): bool {
  if (tagOf(v) != OBJECT || lengthOf(v) != 2) return false;
  return (
    isWhole(objectField(v, "effects"), 4294967295) && isWhole(objectField(v, "fuel"), MOST_WHOLE)
  );
}

/** True if the cell (0: none) is a whole number from 0 to `most`. */
export function isWhole(v: usize, most: f64): bool {
  if (v == 0 || tagOf(v) != NUMBER) return false;
  const x = numberOf(v);
  return x >= 0 && x <= most && floor<f64>(x) == x;
}
