/**
 * gmtime, mktime, strftime, strptime: the proleptic Gregorian calendar in UTC, in the C locale.
 * A broken-down time is an array: year, month (0..11), day, hours, minutes, seconds, day of the
 * week (0 is Sunday), day of the year (0..365).
 */

import { SCRATCH } from "../../bytes/arena";
import { bufferByte, bufferText } from "../../bytes/buffer";
import { charge } from "../../errors/errors";
import { arrayAppend } from "../../value/array";
import {
  addressOf,
  ARRAY,
  arrayStorage,
  elementAt,
  lengthOf,
  NUMBER,
  numberOf,
  setCell,
  setNumber,
  setString,
  setUsed,
  STRING,
  tagOf,
} from "../../value/cell";
import { outOfMemory } from "../operations/access";
import {
  DONE,
  messageBegin,
  messageBytes,
  messageEnd,
  messageText,
  raiseText,
} from "../operations/raise";
import { LONGEST } from "../operations/limits";
import { BUILD, textDone, tooLong } from "../operations/strings";

// The fields of the time under consideration.
let year: i64 = 0;
let month: i32 = 0;
let day: i32 = 0;
let hours: i32 = 0;
let minutes: i32 = 0;
let seconds: i32 = 0;
let weekday: i32 = 0;
let yearday: i32 = 0;

const NAMES =
  "SundayMondayTuesdayWednesdayThursdayFridaySaturdayJanuaryFebruaryMarchAprilMayJuneJulyAugustSeptemberOctoberNovemberDecember";
/** Where each name begins, and the end of the last one. */
const STARTS: usize = memory.data<u8>([
  0, 6, 12, 19, 28, 36, 42, 50, 57, 65, 70, 75, 78, 82, 86, 92, 101, 108, 116, 124,
]);
const MONTHS: i32 = 7;

function floorDiv(a: i64, b: i64): i64 {
  return a / b - (a % b != 0 && a < 0 != b < 0 ? 1 : 0);
}

/** Days from 1970-01-01 to the first of March of a year, plus days: era arithmetic. */
function daysFrom(y: i64, m: i64, d: i64): i64 {
  // Months are counted from March, so that the leap day ends a year.
  y += floorDiv(m, 12);
  m = m - floorDiv(m, 12) * 12;
  if (m < 2) {
    y -= 1;
    m += 12;
  }
  const era = floorDiv(y, 400);
  const yearOfEra = y - era * 400;
  const dayOfYear = (153 * (m - 2) + 2) / 5;
  return (
    era * 146097 + yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear - 719468 + d - 1
  );
}

function setDays(days: i64): void {
  weekday = (days + 4 - floorDiv(days + 4, 7) * 7) as i32;
  const z = days + 719468;
  const era = floorDiv(z, 146097);
  const doe = z - era * 146097;
  const yoe = (doe - doe / 1460 + doe / 36524 - doe / 146096) / 365;
  const doy = doe - (365 * yoe + yoe / 4 - yoe / 100);
  const mp = (5 * doy + 2) / 153;
  day = (doy - (153 * mp + 2) / 5 + 1) as i32;
  month = (mp < 10 ? mp + 2 : mp - 10) as i32;
  year = yoe + era * 400 + (month < 2 ? 1 : 0);
  yearday = (days - daysFrom(year, 0, 1)) as i32;
}

/** Seconds since 1970 of the fields, whatever their ranges. */
function secondsOf(): i64 {
  return (
    daysFrom(year, month, day) * 86400 +
    (hours as i64) * 3600 +
    (minutes as i64) * 60 +
    (seconds as i64)
  );
}

function setSeconds(t: i64): void {
  const days = floorDiv(t, 86400);
  const rest = (t - days * 86400) as i32;
  setDays(days);
  hours = rest / 3600;
  minutes = (rest / 60) % 60;
  seconds = rest % 60;
}

/** Seconds beyond this are no date (year 2^31 of C's struct tm). */
const MAX_SECONDS: f64 = 67768036191676799;

function pieces(to: usize, fraction: f64): i32 {
  const at = arrayStorage(SCRATCH, 9);
  if (at == 0) return outOfMemory();
  setNumber(at, year as f64);
  setNumber(at + 16, month as f64);
  setNumber(at + 32, day as f64);
  setNumber(at + 48, hours as f64);
  setNumber(at + 64, minutes as f64);
  setNumber(at + 80, (seconds as f64) + fraction);
  setNumber(at + 96, weekday as f64);
  setNumber(at + 112, yearday as f64);
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
function readPieces(c: usize): bool {
  year = 0;
  month = 0;
  day = 0;
  hours = 0;
  minutes = 0;
  seconds = 0;
  weekday = 0;
  yearday = 0;
  const n = lengthOf(c);
  for (let i: u32 = 0; i < 8 && i < n; i++) {
    const item = elementAt(c, i);
    if (tagOf(item) != NUMBER || numberOf(item) != numberOf(item)) return false;
    const x = numberOf(item);
    const whole: i32 =
      x <= -2147483648 ? i32.MIN_VALUE : x >= 2147483647 ? i32.MAX_VALUE : (x as i32);
    if (i == 0) year = whole;
    else if (i == 1) month = whole;
    else if (i == 2) day = whole;
    else if (i == 3) hours = whole;
    else if (i == 4) minutes = whole;
    else if (i == 5) seconds = whole;
    else if (i == 6) weekday = whole;
    else yearday = whole;
  }
  if (n == 0) year = 1900;
  setSeconds(secondsOf());
  return true;
}

export function makeTime(to: usize, c: usize): i32 {
  if (tagOf(c) != ARRAY) return raiseText("mktime requires array inputs");
  if (!readPieces(c)) return raiseText("mktime requires parsed datetime inputs");
  setNumber(to, secondsOf() as f64);
  return DONE;
}

export function formatTime(to: usize, c: usize, format: usize): i32 {
  if (tagOf(c) == NUMBER) {
    const x = numberOf(c);
    if (!(abs(x) < MAX_SECONDS))
      return raiseText("error converting number of seconds since epoch to datetime");
    if (tagOf(format) != STRING) return raiseText("strftime/1 requires a string format");
    setSeconds(trunc(x) as i64);
  } else {
    if (tagOf(c) != ARRAY) return raiseText("strftime/1 requires parsed datetime inputs");
    if (tagOf(format) != STRING) return raiseText("strftime/1 requires a string format");
    if (!readPieces(c)) return raiseText("strftime/1 requires parsed datetime inputs");
  }
  BUILD.len = 0;
  charge(lengthOf(format));
  const at = addressOf(format);
  const n = lengthOf(format);
  let i: u32 = 0;
  while (i < n) {
    const x: u32 = load<u8>(at + i);
    i++;
    if (x != 37 || i >= n) {
      bufferByte(BUILD, x);
      continue;
    }
    let f: u32 = load<u8>(at + i);
    i++;
    // GNU's flags: no padding, spaces, zeros, upper case.
    let pad: i32 = -1;
    if (f == 45 || f == 95 || f == 48) {
      pad = f == 45 ? 0 : f == 95 ? 32 : 48;
      if (i < n) {
        f = load<u8>(at + i);
        i++;
      }
    }
    if (f == 69 || f == 79) {
      if (i < n) {
        f = load<u8>(at + i);
        i++;
      }
    }
    conversion(f, pad);
    if (BUILD.len > LONGEST) return tooLong();
  }
  return textDone(to);
}

function padded(x: i64, width: i32, pad: i32): void {
  if (x < 0) {
    bufferByte(BUILD, 45);
    x = -x;
    width--;
  }
  let digits = 1;
  for (let y = x; y >= 10; y /= 10) digits++;
  if (pad != 0) for (let k = digits; k < width; k++) bufferByte(BUILD, pad);
  let power: i64 = 1;
  for (let k = 1; k < digits; k++) power *= 10;
  while (power > 0) {
    bufferByte(BUILD, (48 + ((x / power) % 10)) as u32);
    power /= 10;
  }
}

function name(i: i32, letters: i32): void {
  const from: i32 = load<u8>(STARTS + i);
  const end: i32 = load<u8>(STARTS + i + 1);
  for (let k = from; k < end && k - from < letters; k++) bufferByte(BUILD, NAMES.charCodeAt(k));
}

function conversion(f: u32, flag: i32): void {
  const zero = flag < 0 ? 48 : flag;
  const space = flag < 0 ? 32 : flag;
  switch (f) {
    case 37:
      bufferByte(BUILD, 37);
      break;
    case 110:
      bufferByte(BUILD, 10);
      break;
    case 116:
      bufferByte(BUILD, 9);
      break;
    case 89:
      padded(year, flag > 0 ? 4 : 1, zero);
      break; // Y
    case 67:
      padded(floorDiv(year, 100), 2, zero);
      break; // C
    case 121:
      padded(((year % 100) + 100) % 100, 2, zero);
      break; // y
    case 109:
      padded(month + 1, 2, zero);
      break; // m
    case 100:
      padded(day, 2, zero);
      break; // d
    case 101:
      padded(day, 2, space);
      break; // e
    case 72:
      padded(hours, 2, zero);
      break; // H
    case 107:
      padded(hours, 2, space);
      break; // k
    case 73:
      padded(twelve(), 2, zero);
      break; // I
    case 108:
      padded(twelve(), 2, space);
      break; // l
    case 77:
      padded(minutes, 2, zero);
      break; // M
    case 83:
      padded(seconds, 2, zero);
      break; // S
    case 112:
      bufferText(BUILD, hours < 12 ? "AM" : "PM");
      break; // p
    case 80:
      bufferText(BUILD, hours < 12 ? "am" : "pm");
      break; // P
    case 90:
      bufferText(BUILD, "UTC");
      break; // Z
    case 122:
      bufferText(BUILD, "+0000");
      break; // z
    case 115:
      padded(secondsOf(), 1, 48);
      break; // s
    case 106:
      padded(yearday + 1, 3, zero);
      break; // j
    case 97:
      name(weekday, 3);
      break; // a
    case 65:
      name(weekday, 99);
      break; // A
    case 98:
    case 104:
      name(MONTHS + month, 3);
      break; // b h
    case 66:
      name(MONTHS + month, 99);
      break; // B
    case 117:
      padded(weekday == 0 ? 7 : weekday, 1, 48);
      break; // u
    case 119:
      padded(weekday, 1, 48);
      break; // w
    case 85:
      padded((yearday + 7 - weekday) / 7, 2, zero);
      break; // U
    case 87:
      padded((yearday + 7 - ((weekday + 6) % 7)) / 7, 2, zero);
      break; // W
    case 71:
      padded(isoYear(), 1, 48);
      break; // G
    case 103:
      padded(((isoYear() % 100) + 100) % 100, 2, zero);
      break; // g
    case 86: // V
      isoYear();
      padded(isoWeek, 2, zero);
      break;
    case 68:
      conversions("m/d/y");
      break; // D
    case 70:
      conversions("Y-m-d");
      break; // F
    case 82:
      conversions("H:M");
      break; // R
    case 84:
    case 88:
      conversions("H:M:S");
      break; // T X
    case 120:
      conversions("m/d/y");
      break; // x
    case 114:
      conversions("I:M:S p");
      break; // r
    case 99:
      conversions("a b e H:M:S Y");
      break; // c
    default:
      bufferByte(BUILD, 37);
      bufferByte(BUILD, f);
  }
}

/** Letters are conversions, everything else stands for itself. */
function conversions(text: string): void {
  for (let i = 0; i < text.length; i++) {
    const c = text.charCodeAt(i);
    if (c >= 65) conversion(c, -1);
    else bufferByte(BUILD, c);
  }
}

function twelve(): i32 {
  return hours % 12 == 0 ? 12 : hours % 12;
}

let isoWeek: i32 = 0;

function isLeap(y: i64): bool {
  return y % 4 == 0 && (y % 100 != 0 || y % 400 == 0);
}

/** The year of ISO 8601's week, which is left in isoWeek. */
function isoYear(): i64 {
  const monday = (weekday + 6) % 7;
  let week = (yearday - monday + 10) / 7;
  let y = year;
  if (week < 1) {
    y--;
    const length = isLeap(y) ? 366 : 365;
    week = (yearday + length - monday + 10) / 7;
  } else if (week == 53) {
    const length = isLeap(y) ? 366 : 365;
    if (yearday - monday + 3 >= length) {
      week = 1;
      y++;
    }
  }
  isoWeek = week;
  return y;
}

// ---- strptime -----------------------------------------------------------------------------------

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
  year = 1900;
  month = 0;
  day = 0;
  hours = 0;
  minutes = 0;
  seconds = 0;
  weekday = 0;
  yearday = 0;
  pm = -1;
  century = -1;
  haveWeekday = false;
  haveYearday = false;
  epoch = false;
  scan = addressOf(c);
  scanEnd = scan + lengthOf(c);
  charge(lengthOf(c) + lengthOf(format));
  const matched = match(addressOf(format), addressOf(format) + lengthOf(format));
  if (!matched || (scan < scanEnd && !isBlank(load<u8>(scan)))) {
    messageBegin();
    messageText('date "');
    messageBytes(addressOf(c), lengthOf(c));
    messageText('" does not match format "');
    messageBytes(addressOf(format), lengthOf(format));
    messageText('"');
    return messageEnd();
  }
  if (pm >= 0) hours = (hours % 12) + pm * 12;
  if (!epoch) {
    const days = daysFrom(year, month, day);
    if (!haveWeekday && day != 0) weekday = (days + 4 - floorDiv(days + 4, 7) * 7) as i32;
    if (!haveYearday && day != 0) yearday = (days - daysFrom(year, 0, 1)) as i32;
    if (haveYearday && day == 0) {
      const s = seconds;
      const h = hours;
      const m = minutes;
      setDays(daysFrom(year, 0, 1) + yearday);
      hours = h;
      minutes = m;
      seconds = s;
    }
  }
  const r = pieces(to, 0);
  if (r != DONE || scan >= scanEnd) return r;
  const rest = memory.data(16, 16);
  setString(rest, scan, (scanEnd - scan) as u32, 0);
  return arrayAppend(SCRATCH, to, to, rest) ? DONE : outOfMemory();
}

function isBlank(c: u32): bool {
  return c == 32 || (c >= 9 && c <= 13);
}

function skipBlanks(): void {
  while (scan < scanEnd && isBlank(load<u8>(scan))) scan++;
}

/** A number of at most so many digits between the bounds, or -1. */
function take(low: i32, high: i32, digits: i32): i32 {
  while (scan < scanEnd && load<u8>(scan) == 32) scan++;
  let x = 0;
  let n = 0;
  while (n < digits && scan < scanEnd && load<u8>(scan) - 48 < 10 && load<u8>(scan) >= 48) {
    x = x * 10 + (load<u8>(scan) - 48);
    scan++;
    n++;
  }
  return n == 0 || x < low || x > high ? -1 : x;
}

/** Number of the name at the scan position, long or short, or -1. */
function takeName(first: i32, count: i32): i32 {
  for (let i = first; i < first + count; i++) {
    const from: i32 = load<u8>(STARTS + i);
    const length: i32 = load<u8>(STARTS + i + 1) - from;
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
    if ((load<u8>(scan + i) | 32) != (NAMES.charCodeAt(from + i) | 32)) return false;
  }
  return true;
}

function match(at: usize, end: usize): bool {
  let p = at;
  while (p < end) {
    const c: u32 = load<u8>(p);
    p++;
    if (isBlank(c)) {
      skipBlanks();
      continue;
    }
    if (c != 37 || p >= end) {
      if (scan >= scanEnd || load<u8>(scan) != c) return false;
      scan++;
      continue;
    }
    let f: u32 = load<u8>(p);
    p++;
    while ((f == 45 || f == 95 || f == 48 || f == 94 || f == 35 || f == 69 || f == 79) && p < end) {
      f = load<u8>(p);
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
    } else if (c == 32) skipBlanks();
    else {
      if (scan >= scanEnd || load<u8>(scan) != c) return false;
      scan++;
    }
  }
  return true;
}

function matchOne(f: u32): bool {
  let x: i32 = 0;
  switch (f) {
    case 37:
      if (scan >= scanEnd || load<u8>(scan) != 37) return false;
      scan++;
      return true;
    case 110:
    case 116: // n t
      skipBlanks();
      return true;
    case 89: {
      // Y
      const negative = scan < scanEnd && load<u8>(scan) == 45;
      if (negative) scan++;
      x = take(0, 9999, 4);
      year = negative ? -x : x;
      return x >= 0;
    }
    case 67: // C
      x = take(0, 99, 2);
      century = x;
      year = (x as i64) * 100 + (year % 100);
      return x >= 0;
    case 121: // y
      x = take(0, 99, 2);
      year = century >= 0 ? (century as i64) * 100 + x : x >= 69 ? 1900 + x : 2000 + x;
      return x >= 0;
    case 109: // m
      x = take(1, 12, 2);
      month = x - 1;
      return x >= 0;
    case 100:
    case 101: // d e
      x = take(1, 31, 2);
      day = x;
      return x >= 0;
    case 72:
    case 107: // H k
      x = take(0, 23, 2);
      hours = x;
      return x >= 0;
    case 73:
    case 108: // I l
      x = take(1, 12, 2);
      hours = x % 12;
      if (pm < 0) pm = 0;
      return x >= 0;
    case 77: // M
      x = take(0, 59, 2);
      minutes = x;
      return x >= 0;
    case 83: // S
      x = take(0, 61, 2);
      seconds = x;
      return x >= 0;
    case 106: // j
      x = take(1, 366, 3);
      yearday = x - 1;
      haveYearday = true;
      return x >= 0;
    case 97:
    case 65: // a A
      x = takeName(0, 7);
      weekday = x;
      haveWeekday = true;
      return x >= 0;
    case 98:
    case 66:
    case 104: // b B h
      x = takeName(MONTHS, 12);
      month = x;
      return x >= 0;
    case 117: // u
      x = take(1, 7, 1);
      weekday = x % 7;
      haveWeekday = true;
      return x >= 0;
    case 119: // w
      x = take(0, 6, 1);
      weekday = x;
      haveWeekday = true;
      return x >= 0;
    case 85:
    case 87:
    case 86: // U W V: read and ignored
      return take(0, 53, 2) >= 0;
    case 112:
    case 80: {
      // p P
      if (scan + 2 > scanEnd || (load<u8>(scan + 1) | 32) != 109) return false;
      const c: u32 = load<u8>(scan) | 32;
      if (c != 97 && c != 112) return false;
      pm = c == 112 ? 1 : 0;
      scan += 2;
      return true;
    }
    case 115: {
      // s
      let t: i64 = 0;
      let n = 0;
      while (scan < scanEnd && load<u8>(scan) >= 48 && load<u8>(scan) <= 57 && n < 15) {
        t = t * 10 + (load<u8>(scan) - 48);
        scan++;
        n++;
      }
      setSeconds(t);
      epoch = true;
      return n != 0;
    }
    case 90: // Z: letters
      while (scan < scanEnd && (load<u8>(scan) | 32) >= 97 && (load<u8>(scan) | 32) <= 122) scan++;
      return true;
    case 122: {
      // z
      skipBlanks();
      if (scan < scanEnd && load<u8>(scan) == 90) {
        scan++;
        return true;
      }
      if (scan >= scanEnd || (load<u8>(scan) != 43 && load<u8>(scan) != 45)) return false;
      scan++;
      if (take(0, 99, 2) < 0) return false;
      if (scan < scanEnd && load<u8>(scan) == 58) scan++;
      if (scan < scanEnd && load<u8>(scan) >= 48 && load<u8>(scan) <= 57)
        return take(0, 59, 2) >= 0;
      return true;
    }
    case 68:
    case 120:
      return matchAll("m/d/y"); // D x
    case 70:
      return matchAll("Y-m-d"); // F
    case 82:
      return matchAll("H:M"); // R
    case 84:
    case 88:
      return matchAll("H:M:S"); // T X
    case 114:
      return matchAll("I:M:S p"); // r
    case 99:
      return matchAll("a b e H:M:S Y"); // c
    default:
      return false;
  }
}
