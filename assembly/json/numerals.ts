/** Reading one JSON number (RFC 8259 section 6), with the rules for integers of docs/spec/json.md. */

import { textByte } from "../bytes/byte";
import { DOT, LOWER_E, MINUS, PLUS, ZERO } from "../bytes/characters";
import { ONES } from "../bytes/word";
import * as C from "../errors/codes";
import { fail } from "../errors/errors";
import { ASCII, CANONICAL, Cell, setString } from "../value/cell";
import { formatNumber, NUMBER_TEXT } from "./format";
import { decimal, parseNumber } from "./parse";

/** Every integer of so many digits is a double and prints as itself. */
const SAFE_DIGITS: usize = 15;
/** A significand of so many digits fits 64 bits. */
const WORD_DIGITS: usize = 19;
const printed: usize = memory.data(64, 16);

/** Inlined as in bytes/word.ts. */
// oxlint-disable-next-line typescript/no-extraneous-class
class Eight {
  /** Are the eight bytes digits: does each begin with 3, also with 6 added? */
  @inline static areDigits(v: u64): bool {
    const six = ((v + ONES * 0x06) & (ONES * 0xf0)) >> 4;
    return ((v & (ONES * 0xf0)) | six) == ONES * 0x33;
  }
  /** Their value, the first one being the highest: pairs, fours, and all eight of them. */
  @inline static value(v: u64): u64 {
    v -= ONES * 0x30;
    v = (v * 10 + (v >> 8)) & 0x00ff00ff00ff00ff;
    v = (v * 100 + (v >> 16)) & 0x0000ffff0000ffff;
    return (v * 10000 + (v >> 32)) & 0x00000000ffffffff;
  }
}

/**
 * Reads the number that begins at p and writes its cell at c. Returns the address behind it, or 0
 * with the error recorded (offsets count from `text`).
 */
export function readNumeral(p: usize, end: usize, text: usize, mode: u32, c: usize): usize {
  const negative = textByte(p) == MINUS;
  const first = negative ? p + 1 : p;
  let q = first;
  let w: u64 = 0;
  // The slack behind the text may hold digits: every look goes with a look at the end.
  let digit: u32 = q < end ? textByte(q) - ZERO : 255;
  if (digit > 9) return stop(q, end, text);
  do {
    w = w * 10 + (digit as u64);
    q++;
    digit = q < end ? textByte(q) - ZERO : 255;
  } while (digit <= 9);
  const wholeDigits = q - first;
  if (wholeDigits > 1 && textByte(first) == ZERO) return stop(first + 1, end, text);
  const next: u32 = q < end ? textByte(q) : 0;
  if (next != DOT && (next | 0x20) != LOWER_E) {
    if (wholeDigits <= SAFE_DIGITS) {
      if (!negative) Cell.setNumber(c, w as f64);
      else Cell.setNumber(c, mode & C.JSON_JQ ? -(w as f64) : 0 - (w as f64)); // 0 - 0 is 0, not -0
      return q;
    }
    return integer(p, q, text, mode, c);
  }

  let digits = wholeDigits;
  if (next == DOT) {
    const fraction = ++q;
    digit = q < end ? textByte(q) - ZERO : 255;
    if (digit > 9) return stop(q, end, text);
    while (q + 8 <= end && Eight.areDigits(load<u64>(q))) {
      w = w * 100000000 + Eight.value(load<u64>(q));
      q += 8;
    }
    digit = q < end ? textByte(q) - ZERO : 255;
    while (digit <= 9) {
      w = w * 10 + (digit as u64);
      q++;
      digit = q < end ? textByte(q) - ZERO : 255;
    }
    digits += q - fraction;
  }
  let e: i64 = (wholeDigits as i64) - (digits as i64);
  let plain = digits <= WORD_DIGITS;
  if (q < end && (textByte(q) | 0x20) == LOWER_E) {
    q++;
    const sign: u32 = q < end ? textByte(q) : 0;
    if (sign == PLUS || sign == MINUS) q++;
    digit = q < end ? textByte(q) - ZERO : 255;
    if (digit > 9) return stop(q, end, text);
    const from = q;
    let power: i64 = 0;
    do {
      power = power * 10 + (digit as i64);
      q++;
      digit = q < end ? textByte(q) - ZERO : 255;
    } while (digit <= 9);
    if (q - from > 9) plain = false;
    e += sign == MINUS ? -power : power;
  }
  let x: f64;
  if (plain) {
    x = decimal(w, e);
    if (negative) x = -x;
  } else x = parseNumber(p, (q - p) as u32);
  return number(x, p, q, text, mode, c);
}

/** An integer literal of more digits than are always safe. */
function integer(p: usize, q: usize, text: usize, mode: u32, c: usize): usize {
  const length = (q - p) as u32;
  const x = parseNumber(p, length);
  const strict = (mode & C.JSON_JQ) == 0;
  const asText = (mode & C.JSON_INTEGERS_TEXT) != 0;
  if ((strict || asText) && !printsAs(x, p, length)) {
    if (asText) {
      if (length > (C.MAX_STRING as u32)) {
        fail(C.E_LIMIT_SIZE, (p - text) as u32);
        return 0;
      }
      setString(c, p, length, CANONICAL | ASCII);
      return q;
    }
    if (abs(x) != Infinity) {
      fail(C.E_JSON_INTEGER, (p - text) as u32);
      return 0;
    }
  }
  return number(x, p, q, text, mode, c);
}

function printsAs(x: f64, p: usize, length: u32): bool {
  if (length > NUMBER_TEXT || abs(x) == Infinity) return false;
  return formatNumber(x, printed) == length && memory.compare(printed, p, length) == 0;
}

function number(x: f64, p: usize, q: usize, text: usize, mode: u32, c: usize): usize {
  if (abs(x) == Infinity) {
    if ((mode & C.JSON_JQ) == 0) {
      fail(C.E_JSON_RANGE, (p - text) as u32);
      return 0;
    }
    x = x < 0 ? -f64.MAX_VALUE : f64.MAX_VALUE;
  }
  Cell.setNumber(c, x == 0 && (mode & C.JSON_JQ) == 0 ? 0 : x);
  return q;
}

function stop(where: usize, end: usize, text: usize): usize {
  const code: u32 = where >= end ? C.E_JSON_TRUNCATED : C.E_JSON_NUMBER;
  fail(code, ((where >= end ? end : where) - text) as u32);
  return 0;
}
