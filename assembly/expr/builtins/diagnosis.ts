/**
 * Why a text is not JSON, in jq's words and with jq's line and column: fromjson calls this after
 * the engine's own reader has refused the text.
 */

import { textByte } from "../../bytes/byte";
import {
  APOSTROPHE,
  BACKSLASH,
  COLON,
  COMMA,
  CR,
  LEFT_BRACE,
  LEFT_BRACKET,
  LF,
  LOWER_B,
  LOWER_F,
  LOWER_N,
  LOWER_R,
  LOWER_T,
  LOWER_U,
  QUOTE,
  RIGHT_BRACE,
  RIGHT_BRACKET,
  SLASH,
  SPACE,
} from "../../bytes/characters";
import { DEEPEST, walkBase, walkTop } from "../../value/walk";
import { Buffer, bufferUint } from "../../bytes/buffer";
import { fourHex } from "../../bytes/hex";
import { messageBytes, messageText } from "../operations/raise";
import { isLooseNumber } from "../syntax/literals";

const DIGITS: Buffer = changetype<Buffer>(memory.data(16, 16));

// What is open: bytes on the walk stack.
const OPEN_ARRAY: u32 = 0;
const OPEN_OBJECT: u32 = 1;
const OPEN_KEY: u32 = 2; // an object whose key waits for its value

// What was read last and waits for its place.
const NOTHING: u32 = 0;
const VALUE: u32 = 1;
const TEXT: u32 = 2;

let line: u32 = 1;
let column: u32 = 0;
let waiting: u32 = NOTHING;
let depth: u32 = 0;
/** Elements or pairs so far, of every open container: 0 or 1. */
let filled: usize = 0;
let kinds: usize = 0;

/** Adds the reason to the message under construction. */
export function diagnose(at: usize, length: u32): void {
  line = 1;
  column = 0;
  waiting = NOTHING;
  depth = 0;
  kinds = walkBase() + walkTop();
  filled = kinds + DEEPEST + 16;
  let token: usize = 0;
  let inString = false;
  let escaped = false;
  let values: u32 = 0;
  for (let p = at; p < at + length; p++) {
    const c: u32 = textByte(p);
    column++;
    if (c == LF) {
      line++;
      column = 0;
    }
    if (inString) {
      if (escaped) escaped = false;
      else if (c == BACKSLASH) escaped = true;
      else if (c == QUOTE) {
        inString = false;
        if (!said(stringFault(token, p)) && !said(place(TEXT))) {
          token = 0;
          continue;
        }
        where(false);
        return;
      }
      continue;
    }
    const structure =
      c == LEFT_BRACKET ||
      c == RIGHT_BRACKET ||
      c == LEFT_BRACE ||
      c == RIGHT_BRACE ||
      c == COMMA ||
      c == COLON;
    const blank = c == SPACE || c == 9 || c == LF || c == CR;
    if (!structure && !blank && c != QUOTE) {
      if (token == 0) token = p;
      continue;
    }
    if (token != 0) {
      const from = token;
      token = 0;
      if (said(literalFault(from, p))) {
        where(false);
        return;
      }
      if (depth == 0 && waiting != NOTHING) {
        values++;
        waiting = NOTHING;
      }
    }
    if (c == QUOTE) {
      inString = true;
      token = p + 1;
      continue;
    }
    if (structure && said(step(c))) {
      where(false);
      return;
    }
    if (depth == 0 && waiting != NOTHING) {
      values++;
      waiting = NOTHING;
    }
    if (values > 1) break;
  }
  if (values <= 1) {
    if (inString) {
      messageText("Unfinished string");
      where(true);
      return;
    }
    if (token != 0 && said(literalFault(token, at + length))) {
      where(true);
      return;
    }
    if (depth != 0) {
      messageText("Unfinished JSON term");
      where(true);
      return;
    }
    if (waiting != NOTHING) values++;
  }
  messageText(values == 0 ? "Expected JSON value" : "Unexpected extra JSON values");
}

/** True when there is a fault; it is then part of the message. */
function said(fault: string): bool {
  if (load<u32>(changetype<usize>(fault) - 4) == 0) return false;
  messageText(fault);
  return true;
}

function where(atEnd: bool): void {
  messageText(atEnd ? " at EOF at line " : " at line ");
  number(line);
  messageText(", column ");
  number(column);
}

function number(x: u32): void {
  DIGITS.len = 0;
  bufferUint(DIGITS, x);
  messageBytes(DIGITS.at, DIGITS.len);
}

/** A value has ended. */
function place(kind: u32): string {
  if (waiting != NOTHING) return "Expected separator between values";
  waiting = kind;
  return "";
}

function literalFault(at: usize, end: usize): string {
  const n = (end - at) as u32;
  const c: u32 = textByte(at);
  if (c == APOSTROPHE) return "Invalid string literal; expected \", but got '";
  if (c == LOWER_T) return n == 4 && load<u32>(at) == 0x65757274 ? place(VALUE) : "Invalid literal";
  if (c == LOWER_F)
    return n == 5 && load<u32>(at + 1) == 0x65736c61 ? place(VALUE) : "Invalid literal";
  if (c == LOWER_N && n > 1 && textByte(at + 1) == LOWER_U) {
    return n == 4 && load<u32>(at) == 0x6c6c756e ? place(VALUE) : "Invalid literal";
  }
  return isLooseNumber(at, n) ? place(VALUE) : "Invalid numeric literal";
}

function stringFault(at: usize, end: usize): string {
  let p = at;
  while (p < end) {
    const c: u32 = textByte(p);
    p++;
    if (c < SPACE)
      return "Invalid string: control characters from U+0000 through U+001F must be escaped";
    if (c != BACKSLASH) continue;
    if (p >= end) return "Expected escape character at end of string";
    const e: u32 = textByte(p);
    p++;
    if (e == LOWER_U) {
      if (p + 4 > end) return "Invalid \\uXXXX escape";
      const high = fourHex(p, end);
      if (high < 0) return "Invalid characters in \\uXXXX escape";
      p += 4;
      if (high < 0xd800 || high > 0xdbff) continue;
      if (p + 6 > end || load<u16>(p) != 0x755c)
        return "Invalid \\uXXXX\\uXXXX surrogate pair escape";
      const low = fourHex(p + 2, end);
      if (low < 0xdc00 || low > 0xdfff) return "Invalid \\uXXXX\\uXXXX surrogate pair escape";
      p += 6;
    } else if (
      e != QUOTE &&
      e != BACKSLASH &&
      e != SLASH &&
      e != LOWER_B &&
      e != LOWER_F &&
      e != LOWER_N &&
      e != LOWER_R &&
      e != LOWER_T
    ) {
      return "Invalid escape";
    }
  }
  return "";
}

function innermost(): u32 {
  return textByte(kinds + depth - 1);
}

function push(kind: u32): void {
  store<u8>(kinds + depth, kind as u8);
  store<u8>(filled + depth, 0);
  depth++;
}

/** One of [ ] { } , : */
function step(c: u32): string {
  switch (c) {
    case LEFT_BRACKET:
    case LEFT_BRACE:
      if (depth >= DEEPEST) return "Exceeds depth limit for parsing";
      if (waiting != NOTHING) return "Expected separator between values";
      push(c == LEFT_BRACKET ? OPEN_ARRAY : OPEN_OBJECT);
      return "";
    case COLON:
      if (waiting == NOTHING) return "Expected string key before ':'";
      if (depth == 0 || innermost() != OPEN_OBJECT) return "':' not as part of an object";
      if (waiting != TEXT) return "Object keys must be strings";
      store<u8>(kinds + depth - 1, OPEN_KEY as u8);
      waiting = NOTHING;
      return "";
    case COMMA:
      if (waiting == NOTHING) return "Expected value before ','";
      if (depth == 0) return "',' not as part of an object or array";
      if (innermost() == OPEN_OBJECT) return "Objects must consist of key:value pairs";
      if (innermost() == OPEN_KEY) store<u8>(kinds + depth - 1, OPEN_OBJECT as u8);
      store<u8>(filled + depth - 1, 1);
      waiting = NOTHING;
      return "";
    case RIGHT_BRACKET:
      if (depth == 0 || innermost() != OPEN_ARRAY) return "Unmatched ']'";
      if (waiting == NOTHING && textByte(filled + depth - 1) != 0)
        return "Expected another array element";
      break;
    default:
      if (depth == 0) return "Unmatched '}'";
      if (waiting != NOTHING) {
        if (innermost() != OPEN_KEY) return "Objects must consist of key:value pairs";
      } else if (innermost() != OPEN_OBJECT) return "Unmatched '}'";
      else if (textByte(filled + depth - 1) != 0) return "Expected another key-value pair";
  }
  depth--;
  waiting = VALUE;
  return "";
}
