/**
 * gmtime and mktime. A broken-down time is an array: year, month (0..11), day, hours, minutes, seconds, day of the
 * week (0 is Sunday), day of the year (0..365).
 */

import { SCRATCH } from "../../../bytes/arena";
import {
  ARRAY,
  arrayStorage,
  elementAt,
  lengthOf,
  NUMBER,
  numberOf,
  setCell,
  setNumber,
  setUsed,
  tagOf,
} from "../../../value/cell";
import { outOfMemory } from "../../operations/access";
import { DONE, raiseText } from "../../operations/raise";
import { clearTime, secondsOf, setSeconds, TIME } from "./calendar";

/** Seconds beyond this are no date (year 2^31 of C's struct tm). */
export const MAX_SECONDS: f64 = 67768036191676799;

export function pieces(to: usize, fraction: f64): i32 {
  const at = arrayStorage(SCRATCH, 9);
  if (at == 0) return outOfMemory();
  setNumber(at, TIME.year as f64);
  setNumber(at + 16, TIME.month as f64);
  setNumber(at + 32, TIME.day as f64);
  setNumber(at + 48, TIME.hours as f64);
  setNumber(at + 64, TIME.minutes as f64);
  setNumber(at + 80, (TIME.seconds as f64) + fraction);
  setNumber(at + 96, TIME.weekday as f64);
  setNumber(at + 112, TIME.yearday as f64);
  setUsed(at, 8);
  setCell(to, ARRAY, 0, 8, at);
  return DONE;
}

export function gmTime(to: usize, c: usize): i32 {
  if (tagOf(c) != NUMBER) return raiseText("gmtime() requires numeric inputs");
  const x = numberOf(c);
  if (!(abs(x) < MAX_SECONDS))
    return raiseText("error converting number of seconds since epoch to datetime");
  setSeconds(trunc(x) as i64);
  return pieces(to, x - floor(x));
}

/** Fills the fields from an array; false when one of them is no number. */
export function readPieces(c: usize): bool {
  clearTime();
  const n = lengthOf(c);
  for (let i: u32 = 0; i < 8 && i < n; i++) {
    const item = elementAt(c, i);
    if (tagOf(item) != NUMBER || numberOf(item) != numberOf(item)) return false;
    const x = numberOf(item);
    const whole: i32 =
      x <= -2147483648 ? i32.MIN_VALUE : x >= 2147483647 ? i32.MAX_VALUE : (x as i32);
    if (i == 0) TIME.year = whole;
    else if (i == 1) TIME.month = whole;
    else if (i == 2) TIME.day = whole;
    else if (i == 3) TIME.hours = whole;
    else if (i == 4) TIME.minutes = whole;
    else if (i == 5) TIME.seconds = whole;
    else if (i == 6) TIME.weekday = whole;
    else TIME.yearday = whole;
  }
  if (n == 0) TIME.year = 1900;
  setSeconds(secondsOf());
  return true;
}

export function makeTime(to: usize, c: usize): i32 {
  if (tagOf(c) != ARRAY) return raiseText("mktime requires array inputs");
  if (!readPieces(c)) return raiseText("mktime requires parsed datetime inputs");
  setNumber(to, secondsOf() as f64);
  return DONE;
}
