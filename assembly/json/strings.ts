/**
 * Reading one JSON string (RFC 8259 section 7): checked and measured in one pass over the text,
 * eight bytes at a time, and decoded in a second one only if it holds an escape.
 */

import { textByte } from "../bytes/byte";
import {
  BACKSLASH,
  LOWER_B,
  LOWER_F,
  LOWER_N,
  LOWER_R,
  LOWER_T,
  LOWER_U,
  QUOTE,
  SLASH,
} from "../bytes/characters";
import { Arena, arenaRoom, arenaTake, ROOM } from "../bytes/arena";
import { fourHex } from "../bytes/hex";
import { encodedSize, encodeTo, sequenceAt } from "../bytes/utf8";
import { HIGH_BITS, ONES } from "../bytes/word";
import * as C from "../errors/codes";
import { fail } from "../errors/errors";
import { ASCII, CANONICAL, Cell, QUOTED, STRING } from "../value/cell";

const REPLACEMENT: u32 = 0xfffd;

/** Inlined as in bytes/word.ts. */
// oxlint-disable-next-line typescript/no-extraneous-class
export class Strings {
  /**
   * readString() for what most keys are, up to 15 bytes of ASCII without escapes: the address
   * behind it, or 0, and then nothing was done.
   */
  @inline static readShort(p: usize, end: usize, c: usize): usize {
    let q = p + 1;
    let marks = Eight.marks(load<u64>(q));
    if (marks == 0) {
      q += 8;
      marks = Eight.marks(load<u64>(q));
    }
    q += (ctz<u64>(marks) >> 3) as usize; // 8, and then no quote perhaps, where there is no mark
    if (q >= end || textByte(q) != (QUOTE as u8)) return 0;
    Cell.set(c, STRING, CANONICAL | ASCII | QUOTED, (q - p - 1) as u32, p + 1);
    return q + 1;
  }
}

/** Inlined as in bytes/word.ts. */
// oxlint-disable-next-line typescript/no-extraneous-class
class Eight {
  /**
   * Marks the bytes that are a quote, a backslash, a control character or not ASCII with their
   * high bit. A borrow may mark later bytes as well: only the first mark counts.
   */
  @inline static marks(w: u64): u64 {
    const quote = (w ^ (ONES * 0x22)) - ONES;
    const backslash = (w ^ (ONES * 0x5c)) - ONES;
    return (w | (w - ONES * 0x20) | quote | backslash) & HIGH_BITS;
  }
}

/**
 * Reads the string whose opening quote is at p and writes its cell at c. Returns the address
 * behind the closing quote, or 0 with the error recorded (offsets count from `text`).
 */
export function readString(
  p: usize,
  end: usize,
  text: usize,
  mode: u32,
  arena: Arena,
  c: usize,
): usize {
  const start = p + 1;
  let q = start;
  let flags = CANONICAL | ASCII;
  let saved: u32 = 0; // bytes by which the escapes shrink
  while (true) {
    let w = Eight.marks(load<u64>(q));
    while (w == 0) {
      q += 8;
      if (q >= end) break;
      w = Eight.marks(load<u64>(q));
    }
    if (w != 0) q += (ctz<u64>(w) >> 3) as usize;
    if (q >= end) return stop(C.E_JSON_TRUNCATED, end, text);
    const byte = textByte(q);
    if (byte == QUOTE) break;
    if (byte >= 0x80) {
      flags = CANONICAL;
      do {
        const n = sequenceAt(q, end);
        if (n == 0) return stop(C.E_JSON_UTF8, q, text);
        q += n;
      } while (textByte(q) >= 0x80 && q < end);
    } else if (byte == BACKSLASH) {
      const found = escapeAt(q, end, mode);
      if (found < 0) {
        const code = -found as u32;
        return stop(code, code == C.E_JSON_TRUNCATED ? end : q, text);
      }
      const codePoint = found as u32;
      const size = (found >> 32) as u32;
      if (codePoint < 0x80) saved += size - 1;
      else {
        flags = CANONICAL;
        saved += size - encodedSize(codePoint);
      }
      q += size;
    } else return stop(C.E_JSON_CONTROL, q, text);
    if (q >= end) return stop(C.E_JSON_TRUNCATED, end, text);
  }
  const length = ((q - start) as u32) - saved;
  if (length > (C.MAX_STRING as u32)) return stop(C.E_LIMIT_SIZE, p, text);
  if (saved == 0) Cell.set(c, STRING, flags | QUOTED, length, start);
  else {
    // Eight bytes more, because unescape() copies whole words.
    const size = length + 8;
    if (size > ROOM && !arenaRoom(arena, size)) return stop(C.E_LIMIT_MEMORY, p, text);
    const to = arenaTake(arena, size);
    unescape(start, q, mode, to);
    Cell.set(c, STRING, flags, length, to);
  }
  return q + 1;
}

function stop(code: u32, where: usize, text: usize): usize {
  fail(code, (where - text) as u32);
  return 0;
}

/** The code point of the escape at q, its size in the text in the high half; or minus a code. */
function escapeAt(q: usize, end: usize, mode: u32): i64 {
  if (q + 1 >= end) return -(C.E_JSON_TRUNCATED as i64);
  let one: u32;
  switch (textByte(q + 1)) {
    case QUOTE:
      one = 0x22;
      break;
    case BACKSLASH:
      one = 0x5c;
      break;
    case SLASH:
      one = 0x2f;
      break;
    case LOWER_B:
      one = 0x08;
      break;
    case LOWER_F:
      one = 0x0c;
      break;
    case LOWER_N:
      one = 0x0a;
      break;
    case LOWER_R:
      one = 0x0d;
      break;
    case LOWER_T:
      one = 0x09;
      break;
    case LOWER_U:
      return unicodeAt(q, end, mode);
    default:
      return -(C.E_JSON_ESCAPE as i64);
  }
  return ((2 as i64) << 32) | (one as i64);
}

/** The same for \uXXXX: a surrogate pair is one character, half of one is an error (or U+FFFD). */
function unicodeAt(q: usize, end: usize, mode: u32): i64 {
  const unit = hexAt(q + 2, end);
  if (unit < 0) return unit as i64;
  if ((unit & 0xf800) != 0xd800) return ((6 as i64) << 32) | (unit as i64);
  if (unit < 0xdc00 && q + 8 <= end && load<u16>(q, 6) == 0x755c) {
    const low = hexAt(q + 8, end);
    if (low == -(C.E_JSON_TRUNCATED as i32)) return low as i64;
    if (low >= 0xdc00 && low <= 0xdfff) {
      return ((12 as i64) << 32) | ((0x10000 + ((unit & 0x3ff) << 10) + (low & 0x3ff)) as i64);
    }
  }
  if (mode & C.JSON_JQ) return ((6 as i64) << 32) | (REPLACEMENT as i64);
  return -(C.E_JSON_SURROGATE as i64);
}

/** Four hexadecimal digits, or minus a code. */
function hexAt(at: usize, end: usize): i32 {
  const unit = fourHex(at, end);
  if (unit >= 0) return unit;
  const digits = -1 - unit;
  return at + (digits as usize) >= end ? -(C.E_JSON_TRUNCATED as i32) : -(C.E_JSON_ESCAPE as i32);
}

/** Decodes the checked text [from, end) to `to`; may write up to 7 bytes behind the result. */
function unescape(from: usize, end: usize, mode: u32, to: usize): void {
  let p = from;
  let t = to;
  while (p < end) {
    const w = load<u64>(p);
    // Zero bytes of w ^ 5c5c.. are backslashes; the first mark is exact, as above.
    const x = w ^ (ONES * 0x5c);
    const mark = (x - ONES) & ~x & HIGH_BITS;
    store<u64>(t, w);
    if (mark == 0) {
      p += 8;
      t += 8;
      continue;
    }
    const run = (ctz<u64>(mark) >> 3) as usize;
    p += run;
    t += run;
    if (p >= end) break;
    const found = escapeAt(p, end, mode);
    if ((found as u32) < 0x80) store<u8>(t++, found as u8);
    else t += encodeTo(t, found as u32);
    p += (found >> 32) as usize;
  }
}
