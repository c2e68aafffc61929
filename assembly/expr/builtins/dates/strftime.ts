/** strftime, in the C locale. */

import { textByte } from "../../../bytes/byte";
import {
  LF,
  LOWER_A,
  LOWER_B,
  LOWER_C,
  LOWER_D,
  LOWER_E,
  LOWER_G,
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
  PERCENT,
  SPACE,
  TAB,
  UNDERSCORE,
  UPPER_A,
  UPPER_B,
  UPPER_C,
  UPPER_D,
  UPPER_E,
  UPPER_F,
  UPPER_G,
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
import { bufferByte, bufferText } from "../../../bytes/buffer";
import { charge } from "../../../errors/errors";
import { addressOf, ARRAY, lengthOf, NUMBER, numberOf, STRING, tagOf } from "../../../value/cell";
import { LONGEST_STRING } from "../../operations/limits";
import { raiseText } from "../../operations/raise";
import { BUILD, textDone, tooLong } from "../../operations/strings";
import { MAX_SECONDS, readPieces } from "./broken-down";
import { floorDiv, isoYear, secondsOf, setSeconds, TIME } from "./calendar";
import { MONTHS, NAMES, STARTS } from "./names";

/** What a number is padded with. */
const SPACES: i32 = SPACE;
const ZEROS: i32 = ZERO;

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
    const x: u32 = textByte(at + i);
    i++;
    if (x != PERCENT || i >= n) {
      bufferByte(BUILD, x);
      continue;
    }
    let f: u32 = textByte(at + i);
    i++;
    // GNU's flags: no padding, spaces, zeros, upper case.
    let pad: i32 = -1;
    if (f == MINUS || f == UNDERSCORE || f == ZERO) {
      pad = f == MINUS ? 0 : f == UNDERSCORE ? SPACES : ZEROS;
      if (i < n) {
        f = textByte(at + i);
        i++;
      }
    }
    if (f == UPPER_E || f == UPPER_O) {
      if (i < n) {
        f = textByte(at + i);
        i++;
      }
    }
    conversion(f, pad);
    if (BUILD.len > LONGEST_STRING) return tooLong();
  }
  return textDone(to);
}

function padded(x: i64, width: i32, pad: i32): void {
  if (x < 0) {
    bufferByte(BUILD, MINUS);
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
  const from: i32 = textByte(STARTS + i);
  const end: i32 = textByte(STARTS + i + 1);
  for (let k = from; k < end && k - from < letters; k++) bufferByte(BUILD, NAMES.charCodeAt(k));
}

function conversion(f: u32, flag: i32): void {
  const zero = flag < 0 ? ZEROS : flag;
  const space = flag < 0 ? SPACES : flag;
  switch (f) {
    case PERCENT:
      bufferByte(BUILD, PERCENT);
      break;
    case LOWER_N:
      bufferByte(BUILD, LF);
      break;
    case LOWER_T:
      bufferByte(BUILD, TAB);
      break;
    case UPPER_Y:
      padded(TIME.year, flag > 0 ? 4 : 1, zero);
      break;
    case UPPER_C:
      padded(floorDiv(TIME.year, 100), 2, zero);
      break;
    case LOWER_Y:
      padded(((TIME.year % 100) + 100) % 100, 2, zero);
      break;
    case LOWER_M:
      padded(TIME.month + 1, 2, zero);
      break;
    case LOWER_D:
      padded(TIME.day, 2, zero);
      break;
    case LOWER_E:
      padded(TIME.day, 2, space);
      break;
    case UPPER_H:
      padded(TIME.hours, 2, zero);
      break;
    case LOWER_K:
      padded(TIME.hours, 2, space);
      break;
    case UPPER_I:
      padded(twelve(), 2, zero);
      break;
    case LOWER_L:
      padded(twelve(), 2, space);
      break;
    case UPPER_M:
      padded(TIME.minutes, 2, zero);
      break;
    case UPPER_S:
      padded(TIME.seconds, 2, zero);
      break;
    case LOWER_P:
      bufferText(BUILD, TIME.hours < 12 ? "AM" : "PM");
      break;
    case UPPER_P:
      bufferText(BUILD, TIME.hours < 12 ? "am" : "pm");
      break;
    case UPPER_Z:
      bufferText(BUILD, "UTC");
      break;
    case LOWER_Z:
      bufferText(BUILD, "+0000");
      break;
    case LOWER_S:
      padded(secondsOf(), 1, ZEROS);
      break;
    case LOWER_J:
      padded(TIME.yearday + 1, 3, zero);
      break;
    case LOWER_A:
      name(TIME.weekday, 3);
      break;
    case UPPER_A:
      name(TIME.weekday, 99);
      break;
    case LOWER_B:
    case LOWER_H:
      name(MONTHS + TIME.month, 3);
      break;
    case UPPER_B:
      name(MONTHS + TIME.month, 99);
      break;
    case LOWER_U:
      padded(TIME.weekday == 0 ? 7 : TIME.weekday, 1, ZEROS);
      break;
    case LOWER_W:
      padded(TIME.weekday, 1, ZEROS);
      break;
    case UPPER_U:
      padded((TIME.yearday + 7 - TIME.weekday) / 7, 2, zero);
      break;
    case UPPER_W:
      padded((TIME.yearday + 7 - ((TIME.weekday + 6) % 7)) / 7, 2, zero);
      break;
    case UPPER_G:
      padded(isoYear(), 1, ZEROS);
      break;
    case LOWER_G:
      padded(((isoYear() % 100) + 100) % 100, 2, zero);
      break;
    case UPPER_V:
      isoYear();
      padded(TIME.isoWeek, 2, zero);
      break;
    case UPPER_D:
      conversions("m/d/y");
      break;
    case UPPER_F:
      conversions("Y-m-d");
      break;
    case UPPER_R:
      conversions("H:M");
      break;
    case UPPER_T:
    case UPPER_X:
      conversions("H:M:S");
      break;
    case LOWER_X:
      conversions("m/d/y");
      break;
    case LOWER_R:
      conversions("I:M:S p");
      break;
    case LOWER_C:
      conversions("a b e H:M:S Y");
      break;
    default:
      bufferByte(BUILD, PERCENT);
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
  return TIME.hours % 12 == 0 ? 12 : TIME.hours % 12;
}
