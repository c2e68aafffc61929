/**
 * Values to text: RFC 8785 for canonical values, whose keys lie sorted.
 *
 * No recursion. A frame of the explicit stack is one open container:
 *
 *     +0 u32 address of the next entry    +4 u32 address behind the last one
 *     +8 u32 ARRAY or OBJECT              +12 u32 unused
 */

import { textByte } from "../bytes/byte";
import { HIDDEN, SPACE } from "../bytes/characters";
import { Buffer, bufferText, TEXT } from "../bytes/buffer";
import { chunkGive, chunkTake } from "../bytes/memory";
import { shaUpdate } from "../bytes/sha256";
import { HIGH_BITS, ONES } from "../bytes/word";
import * as C from "../errors/codes";
import { fail } from "../errors/errors";
import {
  addressOf,
  ARRAY,
  CELL,
  FALSE,
  flagsOf,
  lengthOf,
  NULL,
  NUMBER,
  numberOf,
  OBJECT,
  PAIR,
  QUOTED,
  rawTagOf,
  STRING,
  tagOf,
  TRUE,
} from "../value/cell";
import { formatNumber, NUMBER_ROOM } from "./format";

/** A chunk for MAX_DEPTH_JQ + 2 frames of 16 bytes. */
const STACK: u32 = 262144;
/** Open containers that fit: one more than jq prints. */
const MOST_FRAMES: u32 = 10002;
/** Hashing hands over its text whenever so much has gathered. */
const PIECE: u32 = 16384;

// How a value is written.
const CANONICAL_TEXT: u32 = 0;
const JQ_TEXT: u32 = 1;
/** The first, and a hidden value as it was read: it is passed on. The others look at it. */
const CARRIED: u32 = 2;

/**
 * Appends the RFC 8785 text of a value; NaN is null, infinities are the largest doubles, -0 is 0.
 * False with the error recorded, and the buffer as it was: E_LIMIT_SIZE when the text has more
 * than `maximum` bytes, E_LIMIT_DEPTH.
 */
export function writeJson(c: usize, b: Buffer, maximum: u32): bool {
  return writeInto(c, b, maximum, CANONICAL_TEXT, 0);
}

/** The same of what a record passes on: hidden values stay what they are. */
export function carryJson(c: usize, b: Buffer, maximum: u32): bool {
  return writeInto(c, b, maximum, CARRIED, 0);
}

/** The same as jq's tojson writes it: -0 is "-0", what is nested too deep is skipped. */
export function writeJsonJq(c: usize, b: Buffer, maximum: u32): bool {
  return writeInto(c, b, maximum, JQ_TEXT, 0);
}

/** Feeds the text of writeJson() to a hash stream (sha256.ts), piece by piece through TEXT. */
export function hashJson(c: usize, stream: usize, maximum: u32): bool {
  const b: Buffer = TEXT;
  b.len = 0;
  if (!writeInto(c, b, maximum, CANONICAL_TEXT, stream)) return false;
  shaUpdate(stream, b.at, b.len);
  b.len = 0;
  return true;
}

function writeInto(c: usize, b: Buffer, maximum: u32, style: u32, stream: usize): bool {
  const stack = chunkTake(STACK);
  const start = b.len;
  const done = writeValue(c, b, maximum, style, stream, stack);
  if (!done) b.len = start;
  chunkGive(stack, STACK);
  return done;
}

/** Room that is always there: for a bracket or a comma, a short key, its colon and a number. */
const ROOM: u32 = 128;
/** The longest string, with its quotes, that is copied by a loop here. */
const SHORT_TEXT: u32 = 48;

/** Inlined as in bytes/word.ts. */
// oxlint-disable-next-line typescript/no-extraneous-class
class Put {
  /** Can string() copy it? */
  @inline static isShort(c: usize): bool {
    return (flagsOf(c) & QUOTED) != 0 && lengthOf(c) + 2 <= SHORT_TEXT;
  }
  /** Copies a short string in whole words: up to seven bytes too many are read and written. */
  @inline static short(c: usize, to: usize): usize {
    const from = addressOf(c) - 1;
    const size = (lengthOf(c) as usize) + 2;
    for (let i: usize = 0; i < size; i += 8) store<u64>(to + i, load<u64>(from + i));
    return to + size;
  }
}

/** Writes any string at the end of the buffer, which may move, and makes room behind it. */
function putString(c: usize, to: usize, b: Buffer): usize {
  b.len = (to - b.at) as u32;
  writeString(addressOf(c), lengthOf(c), b);
  b.room(ROOM);
  return b.at + b.len;
}

/** Where the writer must stop to look: no room left, a piece to be hashed, or too much text. */
function edgeOf(b: Buffer, limit: u64, stream: usize): usize {
  const most = min<u64>(limit + 1, stream != 0 ? (PIECE as u64) : limit + 1) as u32;
  return b.at + min<u32>(b.cap - ROOM, most);
}

function writeValue(
  c: usize,
  b: Buffer,
  maximum: u32,
  style: u32,
  stream: usize,
  stack: usize,
): bool {
  let top = stack; // behind the innermost frame
  let limit = (b.len as u64) + (maximum as u64);
  b.room(ROOM);
  let to: usize = b.at + b.len; // where the next byte goes; b.len follows at the edge
  let edge: usize = edgeOf(b, limit, stream);
  while (true) {
    const tag = style == CARRIED ? rawTagOf(c) : tagOf(c);
    let opened = false;
    if (style == JQ_TEXT && top - stack > (C.MAX_DEPTH_JQ as usize) << 4) {
      b.len = (to - b.at) as u32;
      bufferText(b, "<skipped: too deep>");
      b.room(ROOM);
      to = b.at + b.len;
      edge = 0;
    } else if (tag == STRING) {
      if (Put.isShort(c)) to = Put.short(c, to);
      else {
        to = putString(c, to, b);
        edge = 0;
      }
    } else if (tag == NUMBER) {
      const x = numberOf(c);
      if (style == JQ_TEXT && reinterpret<u64>(x) == 0x8000000000000000) {
        store<u16>(to, 0x302d); // -0
        to += 2;
      } else to += numberText(x, to);
    } else if (tag == ARRAY || tag == OBJECT) {
      store<u8>(to++, tag == ARRAY ? 0x5b : 0x7b);
      const n = lengthOf(c);
      if (n == 0) store<u8>(to++, tag == ARRAY ? 0x5d : 0x7d);
      else {
        if (top - stack >= (MOST_FRAMES as usize) << 4) return fail(C.E_LIMIT_DEPTH, 0);
        const from = addressOf(c);
        store<u32>(top, from as u32);
        store<u32>(top, (from as u32) + n * (tag == ARRAY ? CELL : PAIR), 4);
        store<u32>(top, tag, 8);
        top += 16;
        opened = true;
      }
    } else if (tag == NULL) {
      store<u32>(to, 0x6c6c756e);
      to += 4;
    } else if (tag == TRUE) {
      store<u32>(to, 0x65757274);
      to += 4;
    } else if (tag == FALSE) {
      store<u64>(to, 0x65736c6166);
      to += 5;
    } else {
      // As it was read (reader.ts).
      store<u8>(to++, HIDDEN);
      to += formatNumber(addressOf(c) as f64, to);
      store<u8>(to++, HIDDEN);
    }

    // On to the next entry; containers that have none left are closed.
    while (true) {
      if (to >= edge) {
        b.len = (to - b.at) as u32;
        if ((b.len as u64) > limit) return fail(C.E_LIMIT_SIZE, 0);
        if (stream != 0 && b.len >= PIECE) {
          shaUpdate(stream, b.at, b.len);
          limit -= b.len as u64;
          b.len = 0;
        }
        b.room(ROOM);
        to = b.at + b.len;
        edge = edgeOf(b, limit, stream);
      }
      if (top == stack) {
        b.len = (to - b.at) as u32;
        return true;
      }
      const next = load<u32>(top - 16) as usize;
      const isArray = load<u32>(top - 8) == ARRAY;
      if (next == (load<u32>(top - 12) as usize)) {
        store<u8>(to++, isArray ? 0x5d : 0x7d);
        top -= 16;
        continue;
      }
      if (!opened) store<u8>(to++, 0x2c);
      if (isArray) {
        store<u32>(top - 16, (next + CELL) as u32);
        c = next;
      } else {
        store<u32>(top - 16, (next + PAIR) as u32);
        if (Put.isShort(next)) to = Put.short(next, to);
        else {
          to = putString(next, to, b);
          edge = 0;
        }
        store<u8>(to++, 0x3a);
        c = next + CELL;
      }
      break;
    }
  }
}

/** Appends a number: RFC 8785 section 3.2.2.3. */
export function writeNumber(x: f64, b: Buffer): void {
  b.room(NUMBER_ROOM);
  b.len += numberText(x, b.at + b.len);
}

/** Writes a number and returns its length; NUMBER_ROOM bytes are there. */
function numberText(x: f64, to: usize): u32 {
  if (x - x == 0) return formatNumber(x, to);
  if (x != x) {
    store<u32>(to, 0x6c6c756e); // null
    return 4;
  }
  return formatNumber(x > 0 ? f64.MAX_VALUE : -f64.MAX_VALUE, to);
}

/** Appends a string, quoted and escaped: RFC 8785 section 3.2.2.2. */
export function writeString(at: usize, length: u32, b: Buffer): void {
  // Words are copied whole: up to 7 bytes too many, which the next one overwrites.
  b.room(length + 16);
  let to: usize = b.at + b.len;
  store<u8>(to++, 0x22);
  const end = at + length;
  let p = at;
  while (p < end) {
    const w = load<u64>(p);
    let marks = escapeMarks(w);
    store<u64>(to, w);
    if (end - p < 8) marks &= ((1 as u64) << ((end - p) << 3)) - 1; // bytes behind the end
    if (marks == 0) {
      const step = end - p < 8 ? end - p : 8;
      p += step;
      to += step;
      continue;
    }
    const run = (ctz<u64>(marks) >> 3) as usize;
    b.len = (to + run - b.at) as u32;
    writeEscape(textByte(p + run), b);
    p += run + 1;
    b.room(((end - p) as u32) + 16);
    to = b.at + b.len;
  }
  store<u8>(to, 0x22);
  b.len = (to + 1 - b.at) as u32;
}

/** Marks quotes, backslashes and control characters by their high bit; the first mark is exact. */
function escapeMarks(w: u64): u64 {
  const quote = w ^ (ONES * 0x22);
  const backslash = w ^ (ONES * 0x5c);
  const control = (w - ONES * 0x20) & ~w;
  return (control | ((quote - ONES) & ~quote) | ((backslash - ONES) & ~backslash)) & HIGH_BITS;
}

/** Bytes of the two-character escapes, by control character; 0: there is none. */
const SHORT: usize = memory.data<u8>([0, 0, 0, 0, 0, 0, 0, 0, 0x62, 0x74, 0x6e, 0, 0x66, 0x72]);
const HEX: usize = memory.data<u8>([
  0x30, 0x31, 0x32, 0x33, 0x34, 0x35, 0x36, 0x37, 0x38, 0x39, 0x61, 0x62, 0x63, 0x64, 0x65, 0x66,
]);

function writeEscape(byte: u32, b: Buffer): void {
  const short: u32 = byte >= SPACE ? byte : byte < 14 ? textByte(SHORT + byte) : 0;
  if (short != 0) {
    put(b, 0x5c | (short << 8), 2);
    return;
  }
  put(b, 0x3030755c, 4); // \u00
  put(b, textByte(HEX + (byte >>> 4)) | (textByte(HEX + (byte & 15)) << 8), 2);
}

/** Appends the first n (at most 4) bytes of a word. */
function put(b: Buffer, word: u32, n: u32): void {
  b.room(4);
  store<u32>(b.at + b.len, word);
  b.len += n;
}
