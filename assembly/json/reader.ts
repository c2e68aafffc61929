/**
 * JSON text to a value: RFC 8259, strict UTF-8, the rules of docs/spec/json.md.
 *
 * No recursion. Values that wait for their container to close lie on a stack of cells:
 *
 *     | frame | value | value | frame | key | value | key | value ...
 *
 * A frame is a cell of its own, at the place that the finished container's cell will take:
 *
 *     +0  u32 offset of the frame before it in the stack (NONE: this is the outermost)
 *     +4  u32 ARRAY or OBJECT
 *     +8  u32 offset of the opening bracket in the text (kept for errors)
 *     +12 u32 height of the highest container inside so far
 *
 * When a container closes, its entries are copied to storage of exactly their number.
 */

import { textByte } from "../bytes/byte";
import {
  COLON,
  COMMA,
  HIDDEN,
  LEFT_BRACE,
  LEFT_BRACKET,
  LOWER_A,
  LOWER_F,
  LOWER_I,
  LOWER_N,
  LOWER_T,
  MINUS,
  QUOTE,
  ZERO,
} from "../bytes/characters";
import { Arena, arenaOver, arenaRoom } from "../bytes/arena";
import { chunkGive, chunkTake } from "../bytes/memory";
import { sequenceAt } from "../bytes/utf8";
import * as C from "../errors/codes";
import { fail, setErrorDepth } from "../errors/errors";
import {
  addressOf,
  ARRAY,
  arrayStorage,
  CANONICAL,
  Cell,
  lengthOf,
  OBJECT,
  objectStorage,
  OPAQUE,
  setBool,
  setHeight,
  setNull,
  setNumber,
  setUsed,
} from "../value/cell";
import { equalBytes } from "../value/order";
import { readNumeral } from "./numerals";
import { Space } from "./space";
import { orderedPair, orderPairs, pairsAscend, SHORT_RUN, sortPairs, sortSpace } from "./sort";
import { readString, Strings } from "./strings";

const FIRST_STACK: u32 = 65536;
/** What one turn of the loop may push: a frame, a key, a value. */
const MARGIN: u32 = 64;
const NONE: u32 = 0xffffffff;

let stackAt: usize = 0;
let stackSize: u32 = 0;
let depth: u32 = 0;

/**
 * Reads the JSON text [at, at + length) and writes its value's cell at `out`; storage comes from
 * the arena, strings without escapes stay in the text. At least 16 readable bytes must follow the
 * text. False with the error recorded: code, byte offset, depth (open containers).
 */
export function parseJson(at: usize, length: u32, mode: u32, arena: Arena, out: usize): bool {
  stackSize = FIRST_STACK;
  stackAt = chunkTake(stackSize);
  depth = 0;
  const done = readText(at, at + length, mode, arena, out);
  chunkGive(stackAt, stackSize);
  if (!done) setErrorDepth(depth);
  return done;
}

function readText(text: usize, end: usize, mode: u32, arena: Arena, out: usize): bool {
  const deepest: u32 = mode & C.JSON_JQ ? C.MAX_DEPTH_JQ : C.MAX_DEPTH;
  let frame = NONE;
  let sp = stackAt;
  let p = text;
  if (beginsWithMark(text, end)) return fail(C.E_JSON_BOM, 0);
  p = Space.skip(p, end);
  if (p >= end) return fail(C.E_JSON_EMPTY, (end - text) as u32);

  while (true) {
    // Here a value begins at p, behind any space.
    if (arenaOver(arena)) return fail(C.E_LIMIT_MEMORY, (p - text) as u32);
    if (sp + MARGIN > stackAt + stackSize) {
      const used = sp - stackAt;
      if (!growStack(arena)) return fail(C.E_LIMIT_MEMORY, (p - text) as u32);
      sp = stackAt + used;
    }
    if (p >= end) return fail(C.E_JSON_TRUNCATED, (end - text) as u32);
    const byte = textByte(p);
    if (byte == QUOTE) {
      const short = Strings.readShort(p, end, sp);
      p = short != 0 ? short : readString(p, end, text, mode, arena, sp);
      if (p == 0) return false;
      sp += 16;
    } else if (byte == LEFT_BRACE || byte == LEFT_BRACKET) {
      if (depth == deepest) return fail(C.E_LIMIT_DEPTH, (p - text) as u32);
      const tag = byte == LEFT_BRACE ? OBJECT : ARRAY;
      store<u32>(sp, frame);
      store<u32>(sp, tag, 4);
      store<u64>(sp, (p - text) as u64, 8);
      frame = (sp - stackAt) as u32;
      sp += 16;
      depth++;
      p = Space.skip(p + 1, end);
      // ']' and '}' are two after their opening brackets.
      if (p >= end || textByte(p) != byte + 2) {
        if (tag == OBJECT) {
          p = readKey(p, end, text, mode, arena, sp);
          if (p == 0) return false;
          sp += 16;
        }
        continue;
      }
      // Empty: it is closed below.
    } else if (byte - ZERO <= 9 || byte == MINUS) {
      if (mode & C.JSON_JQ && byte == MINUS && p + 1 < end && isLetter(textByte(p + 1))) {
        p = readWord(p, end, text, mode, sp);
      } else p = readNumeral(p, end, text, mode, sp);
      if (p == 0) return false;
      sp += 16;
    } else {
      p =
        byte == HIDDEN && mode & C.JSON_HIDDEN
          ? readHidden(p, end, text, sp)
          : readWord(p, end, text, mode, sp);
      if (p == 0) return false;
      sp += 16;
    }

    // Here a value has ended at p: close what ends here too, up to the next comma.
    while (true) {
      if (frame == NONE) {
        p = Space.skip(p, end);
        if (p < end) return unexpected(p, end, text, C.E_JSON_TRAILING);
        Cell.copy(out, stackAt);
        return true;
      }
      p = Space.skip(p, end);
      if (p >= end) return fail(C.E_JSON_TRUNCATED, (end - text) as u32);
      const next = textByte(p);
      const at = stackAt + frame;
      const tag = load<u32>(at, 4);
      if (next == COMMA) {
        p = Space.skip(p + 1, end);
        if (tag == OBJECT) {
          p = readKey(p, end, text, mode, arena, sp);
          if (p == 0) return false;
          sp += 16;
        }
        break;
      }
      if (next != (tag == OBJECT ? 0x7d : 0x5d)) return unexpected(p, end, text, C.E_JSON_SYNTAX);
      frame = load<u32>(at);
      const height = load<u32>(at, 12) + 1;
      if (tag == OBJECT) {
        if (!closeObject(at, sp, mode, arena)) return failAt(p, text);
      } else if (!closeArray(at, sp, mode, arena)) return failAt(p, text);
      if ((mode & C.JSON_JQ) == 0) setHeight(at, height);
      if (frame != NONE) {
        const above = stackAt + frame;
        if (load<u32>(above, 12) < height) store<u32>(above, height, 12);
      }
      depth--;
      sp = at + 16;
      p++;
    }
  }
}

/** Does the text begin with a byte order mark? */
export function beginsWithMark(text: usize, end: usize): bool {
  return end - text >= 3 && (load<u32>(text) & 0xffffff) == 0xbfbbef;
}

/** Doubles the stack. It counts against the arena's limit, since what it holds will end up there. */
function growStack(arena: Arena): bool {
  const size = stackSize << 1;
  if (!arenaRoom(arena, size as u64)) return false;
  const to = chunkTake(size);
  memory.copy(to, stackAt, stackSize);
  chunkGive(stackAt, stackSize);
  stackAt = to;
  stackSize = size;
  return true;
}

/** A key and its colon; returns the address of the value behind it, or 0. */
function readKey(p: usize, end: usize, text: usize, mode: u32, arena: Arena, c: usize): usize {
  if (p >= end) return stop(C.E_JSON_TRUNCATED, end, text);
  if (textByte(p) != QUOTE) {
    unexpected(p, end, text, C.E_JSON_SYNTAX);
    return 0;
  }
  const opening = p - text;
  const short = Strings.readShort(p, end, c);
  p = short != 0 ? short : readString(p, end, text, mode, arena, c);
  if (p == 0) return 0;
  // The high half of the address tells where the key stood, until its object closes.
  store<u32>(c, opening as u32, 12);
  p = Space.skip(p, end);
  if (p >= end) return stop(C.E_JSON_TRUNCATED, end, text);
  if (textByte(p) != COLON) {
    unexpected(p, end, text, C.E_JSON_SYNTAX);
    return 0;
  }
  return Space.skip(p + 1, end);
}

/** null, true, false; in jq mode also nan and the infinities, in any case, with a sign or not. */
function readWord(p: usize, end: usize, text: usize, mode: u32, c: usize): usize {
  const byte = textByte(p);
  if (mode & C.JSON_JQ) {
    const negative = byte == MINUS;
    const q = negative ? p + 1 : p;
    const first = textByte(q) | 0x20;
    if (first == LOWER_I) {
      if (wordAt(q, end, "infinity", true) || wordAt(q, end, "inf", true)) {
        setNumber(c, negative ? -Infinity : Infinity);
        return q + (wordAt(q, end, "infinity", true) ? 8 : 3);
      }
    } else if (first == LOWER_N && wordAt(q, end, "nan", true)) {
      setNumber(c, NaN);
      return q + 3;
    }
  }
  if (byte == LOWER_N && wordAt(p, end, "null", false)) {
    setNull(c);
    return p + 4;
  }
  if (byte == LOWER_T && wordAt(p, end, "true", false)) {
    setBool(c, true);
    return p + 4;
  }
  if (byte == LOWER_F && wordAt(p, end, "false", false)) {
    setBool(c, false);
    return p + 5;
  }
  wrongWord(p, end, text);
  return 0;
}

/** A hidden value: its number between two bytes that stand nowhere else in JSON. */
function readHidden(p: usize, end: usize, text: usize, c: usize): usize {
  // The core computes no run: nothing is hidden there.
  // @ts-expect-error: only `asc --use CORE=1` gives the name
  if (isDefined(CORE)) return 0;
  let number: u64 = 0;
  let q = p + 1;
  for (; q < end && textByte(q) - ZERO <= 9; q++) {
    number = number * 10 + (textByte(q) - ZERO);
    if (number > (u32.MAX_VALUE as u64)) break;
  }
  const isPadded = textByte(p + 1) == ZERO && q != p + 2;
  if (q == p + 1 || isPadded || q >= end || textByte(q) != HIDDEN) {
    unexpected(q, end, text, C.E_JSON_SYNTAX);
    return 0;
  }
  Cell.set(c, OPAQUE, 0, 0, number as u32);
  return q + 1;
}

function isLetter(byte: u32): bool {
  return (byte | 0x20) - LOWER_A < 26;
}

/** Is this word (an ASCII literal) at p, not followed by a letter or digit? */
function wordAt(p: usize, end: usize, word: string, anyCase: bool): bool {
  const from = changetype<usize>(word);
  const n = (load<u32>(from - 4) >>> 1) as usize;
  if (p + n > end) return false;
  for (let i: usize = 0; i < n; i++) {
    const byte = textByte(p + i);
    if ((anyCase ? byte | 0x20 : byte) != (load<u16>(from + (i << 1)) as u32)) return false;
  }
  if (p + n == end) return true;
  const next = textByte(p + n);
  return !isLetter(next) && next - 0x30 > 9;
}

/** Points at the first byte that is wrong, or at the end of a text that stops inside a word. */
function wrongWord(p: usize, end: usize, text: usize): bool {
  const byte = textByte(p);
  const word = byte == LOWER_N ? "null" : byte == LOWER_T ? "true" : byte == LOWER_F ? "false" : "";
  const from = changetype<usize>(word);
  const n = (load<u32>(from - 4) >>> 1) as usize;
  let i: usize = 0;
  while (i < n && p + i < end && textByte(p + i) == (load<u16>(from + (i << 1)) as u8)) i++;
  return unexpected(p + i, end, text, C.E_JSON_SYNTAX);
}

/** The byte at p cannot stand here: the given code, unless it is not even UTF-8. */
export function unexpected(p: usize, end: usize, text: usize, code: u32): bool {
  if (p >= end) return fail(C.E_JSON_TRUNCATED, (end - text) as u32);
  const known = sequenceAt(p, end) != 0;
  return fail(known ? code : C.E_JSON_UTF8, (p - text) as u32);
}

function stop(code: u32, where: usize, text: usize): usize {
  fail(code, (where - text) as u32);
  return 0;
}

/** Codes that closing found: a duplicate has recorded its key's offset, a limit gets this one. */
function failAt(p: usize, text: usize): bool {
  if (duplicateAt != NONE) return fail(C.E_JSON_DUPLICATE, duplicateAt);
  return fail(C.E_LIMIT_MEMORY, (p - text) as u32);
}

/** Replaces the frame at `at` and its elements up to sp by the array's cell. */
function closeArray(at: usize, sp: usize, mode: u32, arena: Arena): bool {
  duplicateAt = NONE;
  const from = at + 16;
  const n = ((sp - from) >> 4) as u32;
  const to = arrayStorage(arena, n);
  if (to == 0) return false;
  for (let i: usize = 0; i < sp - from; i += 16) Cell.copy(to + i, from + i);
  setUsed(to, n);
  Cell.set(at, ARRAY, mode & C.JSON_JQ ? 0 : CANONICAL, n, to);
  return true;
}

/** Offset of the key that stands twice, or NONE. */
let duplicateAt: u32 = NONE;

/** The same for an object: in boundary mode sorted and free of duplicates, in jq mode as written. */
function closeObject(at: usize, sp: usize, mode: u32, arena: Arena): bool {
  duplicateAt = NONE;
  const from = at + 16;
  let n = ((sp - from) >> 5) as u32;
  let ordered = true; // is the order in which the pairs lie the one that is wanted?
  if (!pairsAscend(from, n)) {
    if (mode & C.JSON_JQ) {
      n = dropDuplicates(from, n, arena);
      if (n == NONE) {
        duplicateAt = NONE;
        return false;
      }
    } else if (n <= SHORT_RUN) {
      ordered = false;
      if (orderPairs(from, n) != 0) {
        sortPairs(from, n);
        duplicateAt = findDuplicate(from, n);
        return false;
      }
    } else {
      if (!arenaRoom(arena, sortSpace(n))) return false;
      sortPairs(from, n);
      duplicateAt = findDuplicate(from, n);
      if (duplicateAt != NONE) return false;
    }
  }
  const to = objectStorage(arena, n);
  if (to == 0) return false;
  for (let i: u32 = 0; i < n; i++) {
    const pair = ordered ? from + ((i as usize) << 5) : orderedPair(i);
    const place = to + ((i as usize) << 5);
    store<u64>(place, load<u64>(pair));
    store<u64>(place, load<u32>(pair, 8) as u64, 8); // forgets where the key stood
    Cell.copy(place + 16, pair + 16);
  }
  setUsed(to, n);
  Cell.set(at, OBJECT, mode & C.JSON_JQ ? 0 : CANONICAL, n, to);
  return true;
}

function sameKey(a: usize, b: usize): bool {
  return equalBytes(addressOf(a), lengthOf(a), addressOf(b), lengthOf(b));
}

/** In sorted pairs: the first key in the text that stands there a second time, or NONE. */
function findDuplicate(at: usize, n: u32): u32 {
  let found = NONE;
  for (let i: u32 = 1; i < n; i++) {
    const p = at + ((i as usize) << 5);
    const offset = load<u32>(p, 12);
    if (offset < found && sameKey(p - 32, p)) found = offset;
  }
  return found;
}

/**
 * As jq does: the value of a repeated key goes to where the key stood first. Returns the number
 * of pairs left, or NONE when the arena's limit is hit. Sorts a copy, so that hostile keys cost
 * n log n like any others.
 */
function dropDuplicates(at: usize, n: u32, arena: Arena): u32 {
  const bytes = n << 5;
  if (!arenaRoom(arena, (bytes as u64) + (sortSpace(n) as u64))) return NONE;
  const sorted = chunkTake(bytes);
  memory.copy(sorted, at, bytes);
  sortPairs(sorted, n);
  let left = n;
  let first = sorted;
  for (let i: u32 = 1; i < n; i++) {
    const p = sorted + ((i as usize) << 5);
    if (!sameKey(first, p)) first = p;
    else {
      const later = findByOffset(at, n, load<u32>(p, 12));
      Cell.copy(findByOffset(at, n, load<u32>(first, 12)) + 16, later + 16);
      store<u32>(later, NONE); // no tag: dropped
      left--;
    }
  }
  chunkGive(sorted, bytes);
  if (left != n) {
    let to = at;
    for (let p = at; p < at + bytes; p += 32) {
      if (load<u32>(p) == NONE) continue;
      if (to != p) memory.copy(to, p, 32);
      to += 32;
    }
  }
  return left;
}

/** The pair whose key stood at this offset: pairs lie in the order of the text. */
function findByOffset(at: usize, n: u32, offset: u32): usize {
  let low: u32 = 0;
  let high = n;
  while (high - low > 1) {
    const middle = (low + high) >>> 1;
    if (load<u32>(at + ((middle as usize) << 5), 12) <= offset) low = middle;
    else high = middle;
  }
  return at + ((low as usize) << 5);
}
