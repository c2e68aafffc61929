/** strptime, in the C locale. */

import { textByte } from "../../../bytes/byte";
import { SCRATCH } from "../../../bytes/arena";
import {
  CARET,
  COLON,
  HASH,
  LOWER_A,
  LOWER_B,
  LOWER_C,
  LOWER_D,
  LOWER_E,
  LOWER_H,
  LOWER_J,
  LOWER_K,
  LOWER_L,
  LOWER_M,
  LOWER_N,
  LOWER_P,
  LOWER_R,
  LOWER_S,
  LOWER_T,
  LOWER_U,
  LOWER_W,
  LOWER_X,
  LOWER_Y,
  LOWER_Z,
  MINUS,
  NINE,
  PERCENT,
  PLUS,
  SPACE,
  UNDERSCORE,
  UPPER_A,
  UPPER_B,
  UPPER_C,
  UPPER_D,
  UPPER_E,
  UPPER_F,
  UPPER_H,
  UPPER_I,
  UPPER_M,
  UPPER_O,
  UPPER_P,
  UPPER_R,
  UPPER_S,
  UPPER_T,
  UPPER_U,
  UPPER_V,
  UPPER_W,
  UPPER_X,
  UPPER_Y,
  UPPER_Z,
  ZERO,
} from "../../../bytes/characters";
import { charge } from "../../../errors/errors";
import { arrayAppend } from "../../../value/array";
import { addressOf, lengthOf, setString, STRING, tagOf } from "../../../value/cell";
import { outOfMemory } from "../../operations/access";
import {
  DONE,
  messageBegin,
  messageBytes,
  messageEnd,
  messageText,
  raiseText,
} from "../../operations/raise";
import { pieces } from "./broken-down";
import { clearTime, daysFrom, floorDiv, setDays, setSeconds, TIME } from "./calendar";
import { MONTHS, NAMES, STARTS } from "./names";

/** What is left to be read, and what was read that only counts at the end. */
let scan: usize = 0;
let scanEnd: usize = 0;
let pm: i32 = -1;
let century: i32 = -1;
let haveWeekday: bool = false;
let haveYearday: bool = false;
let epoch: bool = false;

export function parseTime(to: usize, c: usize, format: usize): i32 {
  if (tagOf(c) != STRING || tagOf(format) != STRING)
    return raiseText("strptime/1 requires string inputs and arguments");
  clearTime();
  TIME.year = 1900;
  pm = -1;
  century = -1;
  haveWeekday = false;
  haveYearday = false;
  epoch = false;
  scan = addressOf(c);
  scanEnd = scan + lengthOf(c);
  charge(lengthOf(c) + lengthOf(format));
  const matched = match(addressOf(format), addressOf(format) + lengthOf(format));
  if (!matched || (scan < scanEnd && !isBlank(textByte(scan)))) {
    messageBegin();
    messageText('date "');
    messageBytes(addressOf(c), lengthOf(c));
    messageText('" does not match format "');
    messageBytes(addressOf(format), lengthOf(format));
    messageText('"');
    return messageEnd();
  }
  if (pm >= 0) TIME.hours = (TIME.hours % 12) + pm * 12;
  if (!epoch) {
    const days = daysFrom(TIME.year, TIME.month, TIME.day);
    if (!haveWeekday && TIME.day != 0) TIME.weekday = (days + 4 - floorDiv(days + 4, 7) * 7) as i32;
    if (!haveYearday && TIME.day != 0) TIME.yearday = (days - daysFrom(TIME.year, 0, 1)) as i32;
    if (haveYearday && TIME.day == 0) {
      const s = TIME.seconds;
      const h = TIME.hours;
      const m = TIME.minutes;
      setDays(daysFrom(TIME.year, 0, 1) + TIME.yearday);
      TIME.hours = h;
      TIME.minutes = m;
      TIME.seconds = s;
    }
  }
  const r = pieces(to, 0);
  if (r != DONE || scan >= scanEnd) return r;
  const rest = memory.data(16, 16);
  setString(rest, scan, (scanEnd - scan) as u32, 0);
  return arrayAppend(SCRATCH, to, to, rest) ? DONE : outOfMemory();
}

function isBlank(c: u32): bool {
  return c == SPACE || (c >= 9 && c <= 13);
}

function isLetter(c: u32): bool {
  return (c | 32) >= LOWER_A && (c | 32) <= LOWER_Z;
}

function skipBlanks(): void {
  while (scan < scanEnd && isBlank(textByte(scan))) scan++;
}

/** A number of at most so many digits between the bounds, or -1. */
function take(low: i32, high: i32, digits: i32): i32 {
  while (scan < scanEnd && textByte(scan) == SPACE) scan++;
  let x = 0;
  let n = 0;
  while (n < digits && scan < scanEnd && textByte(scan) - 48 < 10 && textByte(scan) >= ZERO) {
    x = x * 10 + (textByte(scan) - 48);
    scan++;
    n++;
  }
  return n == 0 || x < low || x > high ? -1 : x;
}

/** Number of the name at the scan position, long or short, or -1. */
function takeName(first: i32, count: i32): i32 {
  for (let i = first; i < first + count; i++) {
    const from: i32 = textByte(STARTS + i);
    const length: i32 = textByte(STARTS + i + 1) - from;
    if (sameLetters(from, length)) {
      scan += length;
      return i - first;
    }
    if (sameLetters(from, 3)) {
      scan += 3;
      return i - first;
    }
  }
  return -1;
}

function sameLetters(from: i32, length: i32): bool {
  if (scan + length > scanEnd) return false;
  for (let i = 0; i < length; i++) {
    if ((textByte(scan + i) | 32) != (NAMES.charCodeAt(from + i) | 32)) return false;
  }
  return true;
}

function match(at: usize, end: usize): bool {
  let p = at;
  while (p < end) {
    const c: u32 = textByte(p);
    p++;
    if (isBlank(c)) {
      skipBlanks();
      continue;
    }
    if (c != PERCENT || p >= end) {
      if (scan >= scanEnd || textByte(scan) != c) return false;
      scan++;
      continue;
    }
    let f: u32 = textByte(p);
    p++;
    while (
      (f == MINUS ||
        f == UNDERSCORE ||
        f == ZERO ||
        f == CARET ||
        f == HASH ||
        f == UPPER_E ||
        f == UPPER_O) &&
      p < end
    ) {
      f = textByte(p);
      p++;
    }
    if (!matchOne(f)) return false;
  }
  return true;
}

function matchAll(text: string): bool {
  for (let i = 0; i < text.length; i++) {
    const c = text.charCodeAt(i);
    if (c >= 65) {
      if (!matchOne(c)) return false;
    } else if (c == SPACE) skipBlanks();
    else {
      if (scan >= scanEnd || textByte(scan) != c) return false;
      scan++;
    }
  }
  return true;
}

function matchOne(f: u32): bool {
  let x: i32 = 0;
  switch (f) {
    case PERCENT:
      if (scan >= scanEnd || textByte(scan) != PERCENT) return false;
      scan++;
      return true;
    case LOWER_N:
    case LOWER_T:
      skipBlanks();
      return true;
    case UPPER_Y: {
      const negative = scan < scanEnd && textByte(scan) == MINUS;
      if (negative) scan++;
      x = take(0, 9999, 4);
      TIME.year = negative ? -x : x;
      return x >= 0;
    }
    case UPPER_C:
      x = take(0, 99, 2);
      century = x;
      TIME.year = (x as i64) * 100 + (TIME.year % 100);
      return x >= 0;
    case LOWER_Y:
      x = take(0, 99, 2);
      TIME.year = century >= 0 ? (century as i64) * 100 + x : x >= 69 ? 1900 + x : 2000 + x;
      return x >= 0;
    case LOWER_M:
      x = take(1, 12, 2);
      TIME.month = x - 1;
      return x >= 0;
    case LOWER_D:
    case LOWER_E:
      x = take(1, 31, 2);
      TIME.day = x;
      return x >= 0;
    case UPPER_H:
    case LOWER_K:
      x = take(0, 23, 2);
      TIME.hours = x;
      return x >= 0;
    case UPPER_I:
    case LOWER_L:
      x = take(1, 12, 2);
      TIME.hours = x % 12;
      if (pm < 0) pm = 0;
      return x >= 0;
    case UPPER_M:
      x = take(0, 59, 2);
      TIME.minutes = x;
      return x >= 0;
    case UPPER_S:
      x = take(0, 61, 2);
      TIME.seconds = x;
      return x >= 0;
    case LOWER_J:
      x = take(1, 366, 3);
      TIME.yearday = x - 1;
      haveYearday = true;
      return x >= 0;
    case LOWER_A:
    case UPPER_A:
      x = takeName(0, 7);
      TIME.weekday = x;
      haveWeekday = true;
      return x >= 0;
    case LOWER_B:
    case UPPER_B:
    case LOWER_H:
      x = takeName(MONTHS, 12);
      TIME.month = x;
      return x >= 0;
    case LOWER_U:
      x = take(1, 7, 1);
      TIME.weekday = x % 7;
      haveWeekday = true;
      return x >= 0;
    case LOWER_W:
      x = take(0, 6, 1);
      TIME.weekday = x;
      haveWeekday = true;
      return x >= 0;
    case UPPER_U:
    case UPPER_W:
    case UPPER_V:
      // Read and ignored.
      return take(0, 53, 2) >= 0;
    case LOWER_P:
    case UPPER_P: {
      if (scan + 2 > scanEnd || (textByte(scan + 1) | 32) != LOWER_M) return false;
      const c: u32 = textByte(scan) | 32;
      if (c != LOWER_A && c != LOWER_P) return false;
      pm = c == LOWER_P ? 1 : 0;
      scan += 2;
      return true;
    }
    case LOWER_S: {
      let t: i64 = 0;
      let n = 0;
      while (scan < scanEnd && textByte(scan) >= ZERO && textByte(scan) <= NINE && n < 15) {
        t = t * 10 + (textByte(scan) - 48);
        scan++;
        n++;
      }
      setSeconds(t);
      epoch = true;
      return n != 0;
    }
    case UPPER_Z:
      // The name of a zone: any letters.
      while (scan < scanEnd && isLetter(textByte(scan))) scan++;
      return true;
    case LOWER_Z: {
      skipBlanks();
      if (scan < scanEnd && textByte(scan) == UPPER_Z) {
        scan++;
        return true;
      }
      if (scan >= scanEnd || (textByte(scan) != PLUS && textByte(scan) != MINUS)) return false;
      scan++;
      if (take(0, 99, 2) < 0) return false;
      if (scan < scanEnd && textByte(scan) == COLON) scan++;
      if (scan < scanEnd && textByte(scan) >= ZERO && textByte(scan) <= NINE)
        return take(0, 59, 2) >= 0;
      return true;
    }
    case UPPER_D:
    case LOWER_X:
      return matchAll("m/d/y");
    case UPPER_F:
      return matchAll("Y-m-d");
    case UPPER_R:
      return matchAll("H:M");
    case UPPER_T:
    case UPPER_X:
      return matchAll("H:M:S");
    case LOWER_R:
      return matchAll("I:M:S p");
    case LOWER_C:
      return matchAll("a b e H:M:S Y");
    default:
      return false;
  }
}
