/** What stands behind a backslash. */

import { textByte } from "../bytes/byte";
import {
  BACKSLASH,
  CARET,
  DOLLAR,
  DOT,
  LEFT_BRACE,
  LEFT_BRACKET,
  LEFT_PAREN,
  LOWER_A,
  LOWER_B,
  LOWER_C,
  LOWER_D,
  LOWER_E,
  LOWER_F,
  LOWER_N,
  LOWER_O,
  LOWER_P,
  LOWER_R,
  LOWER_S,
  LOWER_T,
  LOWER_U,
  LOWER_V,
  LOWER_W,
  LOWER_X,
  MINUS,
  PLUS,
  QUESTION,
  RIGHT_BRACE,
  RIGHT_BRACKET,
  SLASH,
  ZERO,
} from "../bytes/characters";
import { fourHex, hexValue } from "../bytes/hex";
import { decodeAt, sizeAt } from "../bytes/utf8";
import { ECMA, JQ, refuse, refuseText } from "./dialect";
import { addDigits, addProperty, addSpace, addWord } from "./properties";

/** Does a class follow the backslash? In Perl's syntax a bare \p is the letter. */
export function isEscapedClass(at: usize, stop: usize, how: u32): bool {
  const c: u32 = textByte(at) | 32;
  if (c == LOWER_P) return how == ECMA || (at + 1 < stop && textByte(at + 1) == LEFT_BRACE);
  return c == LOWER_D || c == LOWER_W || c == LOWER_S;
}

/** \d and its like and \p{...}, without the backslash: adds to the set. Address behind it, or 0. */
export function addEscapedClass(at: usize, stop: usize, how: u32, folded: bool): usize {
  const ecma = how == ECMA;
  const c: u32 = textByte(at);
  const negate = (c & 32) == 0;
  switch (c | 32) {
    case LOWER_D:
      addDigits(ecma, negate);
      return at + 1;
    case LOWER_W:
      addWord(ecma, folded, negate);
      return at + 1;
    case LOWER_S:
      addSpace(ecma, negate);
      return at + 1;
  }
  let name = at + 1;
  if (name >= stop || textByte(name) != LEFT_BRACE) {
    refuse("invalid property name");
    return 0;
  }
  const open = name;
  name++;
  let not = negate;
  if (!ecma && name < stop && textByte(name) == CARET) {
    not = !not;
    name++;
  }
  let q = name;
  while (q < stop && textByte(q) != RIGHT_BRACE) q++;
  if (q == stop) {
    refuse("end pattern with unmatched parenthesis");
    return 0;
  }
  if (!addProperty(name, (q - name) as u32, not, ecma)) {
    refuseText("invalid character property name", open, (q + 1 - open) as u32);
    return 0;
  }
  return q + 1;
}

/** Address behind what escapedCharacter() has read. */
let behind: usize = 0;
export function escapeEnd(): usize {
  return behind;
}

/** The character that an escape means, without the backslash; -1: it was refused. */
export function escapedCharacter(at: usize, stop: usize, how: u32, inClass: bool): i32 {
  const c: u32 = textByte(at);
  behind = at + 1;
  switch (c) {
    case LOWER_T:
      return 9;
    case LOWER_N:
      return 10;
    case LOWER_R:
      return 13;
    case LOWER_F:
      return 12;
    case LOWER_V:
      return 11;
    case LOWER_A:
      if (how == JQ) return 7;
      break;
    case LOWER_E:
      if (how == JQ) return 27;
      break;
    case LOWER_B:
      if (inClass) return 8;
      break;
    case LOWER_C: {
      const letter = at + 1 < stop ? textByte(at + 1) : 0;
      if (how == ECMA && (letter | 32) - 97 >= 26) break;
      if (letter == 0) break;
      behind = at + 2;
      return letter & 31;
    }
    case LOWER_X:
      return hexEscape(at + 1, stop, how);
    case LOWER_U:
      if (how == ECMA) return unicodeEscape(at + 1, stop);
      break;
    case ZERO: {
      if (how == JQ) return octalEscape(at, stop);
      if (at + 1 < stop && textByte(at + 1) - ZERO <= 9) break;
      return 0;
    }
  }
  if (how == JQ && c - 49 < 7) return octalEscape(at, stop);
  if (how == JQ && c == LOWER_O && at + 1 < stop && textByte(at + 1) == LEFT_BRACE)
    return braced(at + 2, stop, 8);
  if (how == ECMA) {
    // ^$\.*+?()[]{}|/ and, in a class, - may be escaped, and nothing else.
    const syntax =
      c == CARET ||
      c == DOLLAR ||
      c == BACKSLASH ||
      c == DOT ||
      (c >= LEFT_PAREN && c <= PLUS) ||
      c == QUESTION ||
      c == LEFT_BRACKET ||
      c == RIGHT_BRACKET ||
      (c >= LEFT_BRACE && c <= RIGHT_BRACE) ||
      c == SLASH ||
      (inClass && c == MINUS);
    if (!syntax) {
      refuse("invalid escape");
      return -1;
    }
    return c as i32;
  }
  behind = at + (sizeAt(at) as usize);
  return decodeAt(at) as i32;
}

/** \0oo and \ooo: at most three digits. */
function octalEscape(at: usize, stop: usize): i32 {
  let value = 0;
  behind = at;
  for (let i = 0; i < 3 && behind < stop && textByte(behind) - ZERO < 8; i++) {
    value = value * 8 + (textByte(behind) - ZERO);
    behind++;
  }
  if (value < 128) return value;
  refuse(value > 255 ? "too big number" : "invalid code point value");
  return -1;
}

/** The digit at a place before the end, or -1. */
function digitAt(at: usize, stop: usize): i32 {
  return at < stop ? hexValue(textByte(at)) : -1;
}

/** \xHH, in jq also \xH, \x and \x{H...}. */
function hexEscape(at: usize, stop: usize, how: u32): i32 {
  if (how == JQ && at < stop && textByte(at) == LEFT_BRACE) return braced(at + 1, stop, 16);
  let value = 0;
  let count = 0;
  while (count < 2 && digitAt(at, stop) >= 0) {
    value = value * 16 + digitAt(at, stop);
    at++;
    count++;
  }
  if (how == ECMA && count < 2) {
    refuse("invalid escape");
    return -1;
  }
  if (value >= 128 && how == JQ) {
    refuse("invalid code point value");
    return -1;
  }
  behind = at;
  return value;
}

/** H...} or, with base 8, O...} */
function braced(at: usize, stop: usize, base: i32): i32 {
  let value: u32 = 0;
  let count = 0;
  while (digitAt(at, stop) >= 0 && digitAt(at, stop) < base) {
    if (value < 0x1000000) value = value * base + (digitAt(at, stop) as u32);
    at++;
    count++;
  }
  const good = count > 0 && at < stop && textByte(at) == RIGHT_BRACE && value <= 0x10ffff;
  if (!good || (value >= 0xd800 && value < 0xe000)) {
    refuse("invalid code point value");
    return -1;
  }
  behind = at + 1;
  return value as i32;
}

/** \uHHHH, a pair of them, or \u{H...}. */
function unicodeEscape(at: usize, stop: usize): i32 {
  if (at < stop && textByte(at) == LEFT_BRACE) return braced(at + 1, stop, 16);
  const high = fourHex(at, stop);
  if (high < 0) {
    refuse("invalid escape");
    return -1;
  }
  behind = at + 4;
  if (high < 0xd800 || high > 0xdfff) return high;
  // Texts are UTF-8: half a pair matches nothing in them.
  if (
    high < 0xdc00 &&
    at + 5 < stop &&
    textByte(at + 4) == BACKSLASH &&
    textByte(at + 5) == LOWER_U
  ) {
    const low = fourHex(at + 6, stop);
    if (low >= 0xdc00 && low <= 0xdfff) {
      behind = at + 10;
      return 0x10000 + ((high & 0x3ff) << 10) + (low & 0x3ff);
    }
  }
  return high;
}
