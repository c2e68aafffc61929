/** Strings: UTF-8, measured in code points, built without copying where the last text grows. */

import { textByte } from "../../bytes/byte";
import { arenaRoom, arenaTake, ROOM, SCRATCH } from "../../bytes/arena";
import { Buffer, bufferBytes } from "../../bytes/buffer";
import { decodeAt, encodedSize, encodeTo, sizeAt } from "../../bytes/utf8";
import { E_LIMIT_SIZE } from "../../errors/codes";
import { LONGEST_STRING } from "./limits";
import { Fuel, fail } from "../../errors/errors";
import { writeJsonJq } from "../../json/writer";
import { arrayAppend, arrayNew } from "../../value/array";
import {
  addressOf,
  ARRAY,
  ASCII,
  Cell,
  elementAt,
  flagsOf,
  lengthOf,
  NULL,
  NUMBER,
  numberOf,
  OBJECT,
  setNumber,
  STRING,
  tagOf,
  valueAt,
} from "../../value/cell";
import { compareBytes } from "../../value/order";
import { iterateError, outOfMemory } from "./access";
import { DONE, FATAL, raiseText, typeError, typeError2 } from "./raise";

/** Texts that are being built; its contents are copied to SCRATCH by textDone(). */
export const BUILD: Buffer = changetype<Buffer>(memory.data(16, 16));

const OUT: usize = memory.data(16, 16);
const ITEM: usize = memory.data(16, 16);

/** Where the text that was concatenated last ends, and where its room ends. */
let chainEnd: usize = 0;
let chainRoom: usize = 0;

/** Begins an evaluation: no text can be prolonged. */
export function stringsReset(): void {
  chainEnd = 0;
  chainRoom = 0;
}

/** Bytes for a text in SCRATCH, or 0. */
export function stringBytes(size: u32): usize {
  if (size > ROOM - 16 && !arenaRoom(SCRATCH, (size as u64) + 16)) return 0;
  return arenaTake(SCRATCH, size + 16);
}

export function tooLong(): i32 {
  fail(E_LIMIT_SIZE, 0);
  return FATAL;
}

/** to = a copy of the bytes as a string. */
export function copyText(to: usize, from: usize, size: u32): i32 {
  if (size > LONGEST_STRING) return tooLong();
  const at = stringBytes(size);
  if (at == 0) return outOfMemory();
  Fuel.charge(size >>> 5);
  memory.copy(at, from, size);
  Cell.setString(to, at, size, 0);
  return DONE;
}

/** to = the text in BUILD. */
export function textDone(to: usize): i32 {
  return copyText(to, BUILD.at, BUILD.len);
}

/** to = a + b. Where `a` is the text that grew last, b is written behind it. */
export function concat(to: usize, a: usize, b: usize): i32 {
  const n = lengthOf(a);
  const m = lengthOf(b);
  const f = flagsOf(a) & flagsOf(b) & ASCII;
  if (n == 0 || m == 0) {
    Cell.copy(to, n == 0 ? b : a);
    return DONE;
  }
  if (n + m > LONGEST_STRING) return tooLong();
  if (!Fuel.charge(m >>> 4)) return FATAL;
  let at = addressOf(a);
  if (at + n != chainEnd || chainEnd + m > chainRoom) {
    if (!Fuel.charge(n >>> 4)) return FATAL;
    const room = n + m + (n + m < 64 ? 16 : n + m);
    const fresh = stringBytes(room);
    if (fresh == 0) return outOfMemory();
    memory.copy(fresh, at, n);
    at = fresh;
    chainRoom = fresh + room;
  }
  memory.copy(at + n, addressOf(b), m);
  chainEnd = at + n + m;
  Cell.setString(to, at, n + m, f);
  return DONE;
}

/** to = c | tojson */
export function toJson(to: usize, c: usize): i32 {
  BUILD.len = 0;
  if (!writeJsonJq(c, BUILD, LONGEST_STRING)) return FATAL;
  if (!Fuel.charge(BUILD.len >>> 3)) return FATAL;
  return textDone(to);
}

/** to = c | tostring */
export function toText(to: usize, c: usize): i32 {
  if (tagOf(c) != STRING) return toJson(to, c);
  Cell.copy(to, c);
  return DONE;
}

/**
 * Offset of the needle in the text at or after `from`, or -1, also when the fuel runs out. A place
 * where the first byte fits costs 1, and 1 for 64 bytes of the needle: the search is quadratic in
 * the worst case, but never for free.
 */
export function findBytes(at: usize, length: u32, from: u32, needle: usize, size: u32): i32 {
  if (size == 0) return from <= length ? (from as i32) : -1;
  if (size > length) return -1;
  const last = length - size;
  const first: u32 = textByte(needle);
  for (let i = from; i <= last; i++) {
    if (textByte(at + i) != first) continue;
    if (size == 1 || compareBytes(at + i, size, needle, size) == 0) return i as i32;
    if (!Fuel.charge(1 + (size >>> 6))) return -1;
  }
  return -1;
}

/** to = text / separator */
export function splitString(to: usize, text: usize, separator: usize): i32 {
  const at = addressOf(text);
  const n = lengthOf(text);
  const m = lengthOf(separator);
  const f = flagsOf(text) & ASCII;
  if (!Fuel.charge(n >>> 3)) return FATAL;
  if (!arrayNew(SCRATCH, OUT, 4)) return outOfMemory();
  let p: u32 = 0;
  if (m == 0) {
    while (p < n) {
      const size = sizeAt(at + p);
      Cell.setString(ITEM, at + p, size, f);
      if (!arrayAppend(SCRATCH, OUT, OUT, ITEM)) return outOfMemory();
      p += size;
      if (!Fuel.charge(1)) return FATAL;
    }
  } else if (n != 0) {
    while (true) {
      const q = findBytes(at, n, p, addressOf(separator), m);
      const end = q < 0 ? n : (q as u32);
      Cell.setString(ITEM, at + p, end - p, f);
      if (!arrayAppend(SCRATCH, OUT, OUT, ITEM)) return outOfMemory();
      if (q < 0) break;
      p = end + m;
      if (!Fuel.charge(1)) return FATAL;
    }
  }
  Cell.copy(to, OUT);
  return DONE;
}

/** to = array | join(separator) */
export function joinStrings(to: usize, array: usize, separator: usize): i32 {
  if (tagOf(array) != ARRAY && tagOf(array) != OBJECT) return iterateError(array);
  const n = lengthOf(array);
  if (n != 0 && tagOf(separator) != STRING && n > 1) return joinOdd(to, array, separator);
  BUILD.len = 0;
  let f: u32 = tagOf(separator) == STRING ? flagsOf(separator) & ASCII : ASCII;
  for (let i: u32 = 0; i < n; i++) {
    const c = tagOf(array) == ARRAY ? elementAt(array, i) : valueAt(array, i);
    const tag = tagOf(c);
    if (i != 0) append(separator);
    if (tag == STRING) {
      append(c);
      f &= flagsOf(c);
    } else if (tag > NULL && tag <= NUMBER) {
      if (!writeJsonJq(c, BUILD, LONGEST_STRING)) return FATAL;
    } else if (tag != NULL) {
      const r = textDone(ITEM);
      return r == DONE ? typeError2(ITEM, c, "cannot be added") : r;
    }
    if (BUILD.len > LONGEST_STRING) return tooLong();
    if (!Fuel.charge(1 + (lengthOf(c) >>> 5))) return FATAL;
  }
  const r = textDone(to);
  if (r == DONE) Cell.setString(to, addressOf(to), lengthOf(to), f);
  return r;
}

/** A separator that is no string: as adding it would go, for jq's message. */
function joinOdd(to: usize, array: usize, separator: usize): i32 {
  if (tagOf(separator) == NULL) {
    Cell.setString(ITEM, 0, 0, ASCII);
    return joinStrings(to, array, ITEM);
  }
  const first = tagOf(array) == ARRAY ? elementAt(array, 0) : valueAt(array, 0);
  if (tagOf(first) == STRING) return typeError2(first, separator, "cannot be added");
  if (tagOf(first) > NUMBER) {
    Cell.setString(ITEM, 0, 0, ASCII);
    return typeError2(ITEM, first, "cannot be added");
  }
  BUILD.len = 0;
  if (tagOf(first) != NULL && !writeJsonJq(first, BUILD, LONGEST_STRING)) return FATAL;
  const r = textDone(ITEM);
  return r == DONE ? typeError2(ITEM, separator, "cannot be added") : r;
}

/** Appends a string cell to BUILD. */
export function append(c: usize): void {
  appendBytes(addressOf(c), lengthOf(c));
}

/** Appends bytes to BUILD, which stays at most twice as long as a string may be. */
export function appendBytes(at: usize, size: u32): void {
  if (BUILD.len <= LONGEST_STRING) bufferBytes(BUILD, at, size);
}

/** to = text with ASCII letters in the given case. */
export function asciiCase(to: usize, text: usize, upper: bool): i32 {
  if (tagOf(text) != STRING) return raiseText("explode input must be a string");
  const n = lengthOf(text);
  const at = stringBytes(n);
  if (at == 0) return outOfMemory();
  if (!Fuel.charge(n >>> 4)) return FATAL;
  const from = addressOf(text);
  const first: u32 = upper ? 97 : 65;
  for (let i: u32 = 0; i < n; i++) {
    const c: u32 = textByte(from + i);
    store<u8>(at + i, (c - first < 26 ? c ^ 32 : c) as u8);
  }
  Cell.setString(to, at, n, flagsOf(text) & ASCII);
  return DONE;
}

export function explode(to: usize, text: usize): i32 {
  if (tagOf(text) != STRING) return raiseText("explode input must be a string");
  const at = addressOf(text);
  const n = lengthOf(text);
  if (!arrayNew(SCRATCH, OUT, n < 64 ? n : 64)) return outOfMemory();
  let p: u32 = 0;
  while (p < n) {
    setNumber(ITEM, decodeAt(at + p) as f64);
    if (!arrayAppend(SCRATCH, OUT, OUT, ITEM)) return outOfMemory();
    p += sizeAt(at + p);
    if (!Fuel.charge(1)) return FATAL;
  }
  Cell.copy(to, OUT);
  return DONE;
}

export function implode(to: usize, array: usize): i32 {
  if (tagOf(array) != ARRAY) return raiseText("implode input must be an array");
  const n = lengthOf(array);
  let size: u32 = 0;
  for (let i: u32 = 0; i < n; i++) {
    const c = elementAt(array, i);
    if (tagOf(c) != NUMBER || numberOf(c) != numberOf(c)) {
      return typeError(c, "can't be imploded, unicode codepoint needs to be numeric");
    }
    size += encodedSize(codePointOf(numberOf(c)));
    if (size > LONGEST_STRING) return tooLong();
    if (!Fuel.charge(1)) return FATAL;
  }
  const at = stringBytes(size);
  if (at == 0) return outOfMemory();
  let p = at;
  for (let i: u32 = 0; i < n; i++) p += encodeTo(p, codePointOf(numberOf(elementAt(array, i))));
  Cell.setString(to, at, size, 0);
  return DONE;
}

function codePointOf(x: f64): u32 {
  if (!(x > -1 && x < 1114112)) return 0xfffd;
  const c = x as i32 as u32;
  return c >= 0xd800 && c <= 0xdfff ? 0xfffd : c;
}

export function isSpace(c: u32): bool {
  return (
    (c >= 9 && c <= 13) ||
    c == 32 ||
    c == 0x85 ||
    c == 0xa0 ||
    c == 0x1680 ||
    (c >= 0x2000 && c <= 0x200a) ||
    c == 0x2028 ||
    c == 0x2029 ||
    c == 0x202f ||
    c == 0x205f ||
    c == 0x3000
  );
}

/** to = text without white space at its beginning (1), its end (2) or both (3). */
export function trim(to: usize, text: usize, sides: u32): i32 {
  if (tagOf(text) != STRING) return raiseText("trim input must be a string");
  let at = addressOf(text);
  let end = at + lengthOf(text);
  Fuel.charge(lengthOf(text) >>> 5);
  while (sides & 1 && at < end && isSpace(decodeAt(at))) at += sizeAt(at);
  while (sides & 2 && end > at) {
    let p = end - 1;
    while ((textByte(p) & 0xc0) == 0x80) p--;
    if (!isSpace(decodeAt(p))) break;
    end = p;
  }
  Cell.setString(to, at, (end - at) as u32, flagsOf(text) & ASCII);
  return DONE;
}

/** -1 unless both are strings; otherwise whether `text` begins (ends) with `part`. */
export function affixed(text: usize, part: usize, atEnd: bool): i32 {
  if (tagOf(text) != STRING || tagOf(part) != STRING) {
    raiseText(atEnd ? "endswith() requires string inputs" : "startswith() requires string inputs");
    return -1;
  }
  const n = lengthOf(text);
  const m = lengthOf(part);
  Fuel.charge(m >>> 5);
  if (m > n) return 0;
  const at = addressOf(text) + ((atEnd ? n - m : (0 as u32)) as usize);
  return compareBytes(at, m, addressOf(part), m) == 0 ? 1 : 0;
}

/** to = text without the prefix (1), the suffix (2) or both (3). */
export function trimString(to: usize, text: usize, part: usize, sides: u32): i32 {
  Cell.copy(OUT, text);
  if (sides & 1) {
    const r = affixed(OUT, part, false);
    if (r < 0) return 0;
    if (r == 1)
      Cell.setString(
        OUT,
        addressOf(OUT) + lengthOf(part),
        lengthOf(OUT) - lengthOf(part),
        flagsOf(OUT) & ASCII,
      );
  }
  if (sides & 2) {
    const r = affixed(OUT, part, true);
    if (r < 0) return 0;
    if (r == 1)
      Cell.setString(OUT, addressOf(OUT), lengthOf(OUT) - lengthOf(part), flagsOf(OUT) & ASCII);
  }
  Cell.copy(to, OUT);
  return DONE;
}

/** to = the code point offsets at which `part` occurs in `text`, overlapping ones included. */
export function stringIndices(to: usize, text: usize, part: usize): i32 {
  if (tagOf(text) != STRING) return typeError(text, "cannot be searched, as it is not a string");
  if (tagOf(part) != STRING) return typeError(part, "is not a string");
  const at = addressOf(text);
  const n = lengthOf(text);
  const m = lengthOf(part);
  if (!arrayNew(SCRATCH, OUT, 4)) return outOfMemory();
  if (!Fuel.charge(n >>> 3)) return FATAL;
  let p: u32 = 0;
  let points: u32 = 0;
  let from: u32 = 0;
  while (m != 0) {
    const q = findBytes(at, n, from, addressOf(part), m);
    if (q < 0) break;
    while (p < (q as u32)) {
      p += sizeAt(at + p);
      points++;
    }
    setNumber(ITEM, points as f64);
    if (!arrayAppend(SCRATCH, OUT, OUT, ITEM)) return outOfMemory();
    from = (q as u32) + 1;
    if (!Fuel.charge(1 + (m >>> 5))) return FATAL;
  }
  Cell.copy(to, OUT);
  return DONE;
}
