/**
 * Errors that a program may catch. Whoever finds one builds its message here (or sets the error
 * value) and returns RAISED; the machine unwinds to the nearest `try`.
 */

import { textByte } from "../../bytes/byte";
import { arenaRoom, arenaTake, ROOM, SCRATCH } from "../../bytes/arena";
import { Buffer, bufferByte, bufferBytes, bufferText } from "../../bytes/buffer";
import { writeNumber, writeString } from "../../json/writer";
import {
  addressOf,
  ARRAY,
  copyCell,
  elementAt,
  FALSE,
  keyAt,
  lengthOf,
  NULL,
  NUMBER,
  numberOf,
  setNull,
  setString,
  STRING,
  tagOf,
  TRUE,
  valueAt,
} from "../../value/cell";
import { sizeAt } from "../../bytes/utf8";

/** What a builtin returns: its output is written, an error was raised, or a limit was hit. */
export const DONE: i32 = 1;
export const RAISED: i32 = 0;
export const FATAL: i32 = -1;

/** The cell of the error that was raised last. */
export const ERROR_VALUE: usize = memory.data(16, 16);

const MESSAGE: Buffer = changetype<Buffer>(memory.data(16, 16));
const DUMP: Buffer = changetype<Buffer>(memory.data(16, 16));

export function messageBegin(): void {
  MESSAGE.len = 0;
}
export function messageText(text: string): void {
  bufferText(MESSAGE, text);
}
export function messageBytes(at: usize, length: u32): void {
  bufferBytes(MESSAGE, at, length);
}

/** Ends the message; it becomes the error. */
export function messageEnd(): i32 {
  if (MESSAGE.len > ROOM && !arenaRoom(SCRATCH, MESSAGE.len)) return FATAL;
  const at = arenaTake(SCRATCH, MESSAGE.len + 16);
  memory.copy(at, MESSAGE.at, MESSAGE.len);
  setString(ERROR_VALUE, at, MESSAGE.len, 0);
  return RAISED;
}

/** Raises a fixed message. */
export function raiseText(text: string): i32 {
  messageBegin();
  messageText(text);
  return messageEnd();
}

/** Raises any value. A hidden one is looked at: it cannot be an error. */
export function raiseValue(c: usize): i32 {
  tagOf(c);
  copyCell(ERROR_VALUE, c);
  return RAISED;
}

export function clearRaised(): void {
  setNull(ERROR_VALUE);
}

export function kindName(c: usize): string {
  switch (tagOf(c)) {
    case NULL:
      return "null";
    case FALSE:
    case TRUE:
      return "boolean";
    case NUMBER:
      return "number";
    case STRING:
      return "string";
    case ARRAY:
      return "array";
    default:
      return "object";
  }
}

/** Raises: kind (value) message */
export function typeError(c: usize, text: string): i32 {
  messageBegin();
  messageValue(c);
  messageText(" ");
  messageText(text);
  return messageEnd();
}

/** Raises: kind (value) and kind (value) message */
export function typeError2(a: usize, b: usize, text: string): i32 {
  messageBegin();
  messageValue(a);
  messageText(" and ");
  messageValue(b);
  messageText(" ");
  messageText(text);
  return messageEnd();
}

/** Adds: kind (value) */
export function messageValue(c: usize): void {
  messageText(kindName(c));
  messageText(" (");
  messageDump(c);
  messageText(")");
}

/** Most bytes of a value that a message shows; the closing bracket or quote is kept. */
const SHOWN: u32 = 29;

/** Adds the value's JSON text, cut to SHOWN bytes as jq does it. */
export function messageDump(c: usize): void {
  DUMP.len = 0;
  dump(c, 0);
  const n = DUMP.len;
  if (n <= SHOWN) {
    bufferBytes(MESSAGE, DUMP.at, n);
    return;
  }
  const first: u32 = textByte(DUMP.at);
  const close: u32 = first == 34 ? 34 : first == 91 ? 93 : first == 123 ? 125 : 0;
  let keep = close != 0 ? SHOWN - 4 : SHOWN - 3;
  while (keep > 0 && (textByte(DUMP.at + keep) & 0xc0) == 0x80) keep--;
  bufferBytes(MESSAGE, DUMP.at, keep);
  bufferText(MESSAGE, "...");
  if (close != 0) bufferByte(MESSAGE, close);
}

/**
 * Writes a value's JSON text into DUMP, stopping soon after SHOWN bytes. Each level writes a
 * bracket first, so the recursion is at most SHOWN + 2 deep whatever the value.
 */
function dump(c: usize, depth: u32): void {
  if (DUMP.len > SHOWN + 1) return;
  switch (tagOf(c)) {
    case NULL:
      bufferText(DUMP, "null");
      return;
    case FALSE:
      bufferText(DUMP, "false");
      return;
    case TRUE:
      bufferText(DUMP, "true");
      return;
    case NUMBER:
      dumpNumber(numberOf(c));
      return;
    case STRING:
      dumpString(c);
      return;
    case ARRAY:
      bufferByte(DUMP, 91);
      for (let i: u32 = 0; i < lengthOf(c) && DUMP.len <= SHOWN + 1; i++) {
        if (i != 0) bufferByte(DUMP, 44);
        dump(elementAt(c, i), depth + 1);
      }
      bufferByte(DUMP, 93);
      return;
    default:
      bufferByte(DUMP, 123);
      for (let i: u32 = 0; i < lengthOf(c) && DUMP.len <= SHOWN + 1; i++) {
        if (i != 0) bufferByte(DUMP, 44);
        dumpString(keyAt(c, i));
        bufferByte(DUMP, 58);
        dump(valueAt(c, i), depth + 1);
      }
      bufferByte(DUMP, 125);
  }
}

/**
 * A number as jq's messages show it: without exponent up to 15 zeros behind its digits, where
 * RFC 8785 writes 1e21 and above with one.
 */
function dumpNumber(x: f64): void {
  const start = DUMP.len;
  writeNumber(x, DUMP);
  const size = DUMP.len - start;
  const at: usize = DUMP.at + start;
  let e: u32 = 0;
  while (e < size && textByte(at + e) != 101) e++;
  if (e + 1 >= size || textByte(at + e + 1) != 43) return;
  let exponent: u32 = 0;
  for (let i = e + 2; i < size; i++) exponent = exponent * 10 + (textByte(at + i) - 48);
  let digits: u32 = 0;
  let to = start;
  for (let i: u32 = 0; i < e; i++) {
    const c: u32 = textByte(at + i);
    if (c >= 48 && c <= 57) digits++;
  }
  if (exponent + 1 > digits + 15) return;
  for (let i: u32 = 0; i < e; i++) {
    const c: u32 = textByte(at + i);
    if (c == 46) continue;
    store<u8>(DUMP.at + to, c as u8);
    to++;
  }
  DUMP.len = to;
  for (let i = digits; i <= exponent; i++) bufferByte(DUMP, 48);
}

/** A string, of which no more than a message can show is looked at. */
function dumpString(c: usize): void {
  const at = addressOf(c);
  let n = lengthOf(c);
  if (n > SHOWN + 1) {
    n = SHOWN + 1;
    while (n > 0 && (textByte(at + n) & 0xc0) == 0x80) n--;
    n += sizeAt(at + n);
  }
  writeString(at, n, DUMP);
}
