/**
 * URIs of http effects: template expansion, a strict reading, and the parts that a grant is about.
 *
 * What this accepts is narrow on purpose (RFC 3986 with an http scheme, no user information, no
 * fragment, no path that two parsers could read differently): the origin and path that the engine
 * checks must be the ones that the host's client will use.
 */

import { textByte } from "../../bytes/byte";
import {
  AMPERSAND,
  AT,
  BACKSLASH,
  BANG,
  COLON,
  COMMA,
  DIGIT_2,
  DOLLAR,
  DOT,
  EQUALS,
  HASH,
  LEFT_BRACE,
  LEFT_BRACKET,
  LOWER_A,
  LOWER_E,
  LOWER_Z,
  MINUS,
  NINE,
  PERCENT,
  PLUS,
  QUESTION,
  RIGHT_BRACE,
  RIGHT_BRACKET,
  SEMICOLON,
  SLASH,
  SPACE,
  UPPER_A,
  UPPER_Z,
  ZERO,
} from "../../bytes/characters";
import { Buffer, bufferByte, bufferBytes, bufferText } from "../../bytes/buffer";
import { hexPair, hexValue } from "../../bytes/hex";
import { utf8Valid } from "../../bytes/utf8";
import { isUnreserved, percentEncode } from "../../bytes/percent";
import { writeNumber } from "../../json/writer";
import {
  addressOf,
  ARRAY,
  elementAt,
  FALSE,
  keyAt,
  lengthOf,
  NUMBER,
  numberOf,
  OBJECT,
  STRING,
  tagOf,
  TRUE,
  valueAt,
} from "../../value/cell";
import { objectGet } from "../../value/object";
import { CONFIGURATION, EXPRESSION, problem, PROBLEM_DETAIL } from "../state/problem";

/** The URI being made, and after checkUri() its canonical text. */
export const URI: Buffer = changetype<Buffer>(memory.data(16, 16));
const RAW: Buffer = changetype<Buffer>(memory.data(16, 16));
const LONGEST: u32 = 8192;

let originLength: u32 = 0;
let pathLength: u32 = 0;

/** Bytes of URI that are the origin (scheme://host[:port]). */
export function uriOrigin(): u32 {
  return originLength;
}
/** Bytes of the path behind the origin, without the query. */
export function uriPath(): u32 {
  return pathLength;
}

function isDigit(c: u32): bool {
  return c >= ZERO && c <= NINE;
}
/** Appends a scalar's text, encoded. False if it is no scalar. */
function encodeValue(v: usize): bool {
  const tag = tagOf(v);
  if (tag == STRING) percentEncode(RAW, addressOf(v), lengthOf(v));
  else if (tag == NUMBER) {
    const from = RAW.len;
    writeNumber(numberOf(v), RAW);
    // Digits, signs and points stand for themselves, but for the plus of an exponent.
    for (let i = from; i < RAW.len; i++) {
      if (textByte(RAW.at + i) == PLUS) {
        bufferText(RAW, "00");
        memory.copy(RAW.at + i + 3, RAW.at + i + 1, RAW.len - i - 3);
        store<u8>(RAW.at + i, 0x25);
        store<u8>(RAW.at + i + 1, 0x32);
        store<u8>(RAW.at + i + 2, 0x42);
        break;
      }
    }
  } else if (tag == TRUE) bufferText(RAW, "true");
  else if (tag == FALSE) bufferText(RAW, "false");
  else return false;
  return true;
}

/** Starts from a text as it is. */
export function uriFromText(c: usize): void {
  RAW.len = 0;
  bufferBytes(RAW, addressOf(c), lengthOf(c));
}

/** Starts from a URI template; {name} is a top-level member of `data`. False: a problem. */
export function uriFromTemplate(c: usize, data: usize): bool {
  RAW.len = 0;
  const at = addressOf(c);
  const n = lengthOf(c);
  let i: u32 = 0;
  while (i < n) {
    const b = textByte(at + i);
    if (b != LEFT_BRACE) {
      bufferByte(RAW, b);
      i++;
      continue;
    }
    const start = i + 1;
    while (i < n && textByte(at + i) != RIGHT_BRACE) i++;
    if (i == n) return problem(CONFIGURATION, 400, "The endpoint's URI template is malformed");
    const v = tagOf(data) == OBJECT ? objectGet(data, at + start, i - start) : 0;
    if (v == 0 || !encodeValue(v)) {
      problem(EXPRESSION, 400, "The endpoint's URI template names a value that is not there");
      appendPrintable(at + start, i - start);
      return false;
    }
    i++;
  }
  return true;
}

function appendPrintable(at: usize, length: u32): void {
  for (let i: u32 = 0; i < length && i < 100; i++) {
    const c = textByte(at + i);
    bufferByte(PROBLEM_DETAIL, c >= SPACE && c < 0x7f ? c : 0x3f);
  }
}

/** Appends the members of an object as a query. Arrays repeat their key. False: a problem. */
export function uriQuery(query: usize): bool {
  let mark: u32 = 0x3f;
  for (let i: u32 = 0; i < RAW.len; i++) if (textByte(RAW.at + i) == QUESTION) mark = 0x26;
  for (let i: u32 = 0; i < lengthOf(query); i++) {
    const v = valueAt(query, i);
    const many = tagOf(v) == ARRAY;
    const n: u32 = many ? lengthOf(v) : 1;
    for (let j: u32 = 0; j < n; j++) {
      bufferByte(RAW, mark);
      mark = 0x26;
      percentEncode(RAW, addressOf(keyAt(query, i)), lengthOf(keyAt(query, i)));
      bufferByte(RAW, EQUALS);
      if (!encodeValue(many ? elementAt(v, j) : v)) {
        return problem(
          EXPRESSION,
          400,
          "A query parameter is neither text, number, boolean nor an array of them",
        );
      }
    }
  }
  return true;
}

function invalid(why: string): bool {
  problem(CONFIGURATION, 400, "The endpoint is not a URI that Reach accepts");
  bufferText(PROBLEM_DETAIL, why);
  return false;
}

/** Reads RAW strictly and leaves the canonical text in URI. False: a problem. */
export function checkUri(): bool {
  const out = URI;
  out.len = 0;
  const at: usize = RAW.at;
  const n = RAW.len;
  if (n > LONGEST) return invalid("it is longer than 8192 bytes");
  let i: u32 = 0;
  if (startsWith(at, n, "https://")) i = 8;
  else if (startsWith(at, n, "http://")) i = 7;
  else return invalid("it must begin with https:// or http://");
  bufferText(out, i == 8 ? "https://" : "http://");
  const host = i;
  if (i < n && textByte(at + i) == LEFT_BRACKET) {
    while (i < n && textByte(at + i) != RIGHT_BRACKET) {
      const c = textByte(at + i);
      if ((c != LEFT_BRACKET || i != host) && c != COLON && c != DOT && hexValue(c) < 0)
        return invalid("its host is malformed");
      bufferByte(out, lower(c));
      i++;
    }
    if (i == n) return invalid("its host is malformed");
    bufferByte(out, RIGHT_BRACKET);
    i++;
  } else {
    while (i < n) {
      const c = textByte(at + i);
      if (c == COLON || c == SLASH || c == QUESTION) break;
      if (c == AT) return invalid("user information is not allowed");
      if (
        !(isDigit(c) || ((c | 0x20) >= LOWER_A && (c | 0x20) <= LOWER_Z) || c == MINUS || c == DOT)
      )
        return invalid("its host is malformed");
      bufferByte(out, lower(c));
      i++;
    }
    if (i == host) return invalid("it has no host");
    if (textByte(at + i - 1) == DOT) return invalid("its host ends in a dot");
  }
  if (i < n && textByte(at + i) == COLON) {
    i++;
    let port: u32 = 0;
    const start = i;
    while (i < n && isDigit(textByte(at + i)) && i - start < 6)
      port = port * 10 + textByte(at + i++) - ZERO;
    if (i == start || port == 0 || port > 65535 || textByte(at + start) == ZERO)
      return invalid("its port is malformed");
    if (port != (host == 8 ? 443 : 80)) bufferBytes(out, at + start - 1, i - start + 1);
  }
  originLength = out.len;
  if (i == n || textByte(at + i) == QUESTION) bufferByte(out, SLASH);
  else if (textByte(at + i) != SLASH) return invalid("its host is malformed");
  let query = false;
  while (i < n) {
    const c = textByte(at + i);
    if (c == QUESTION && !query) {
      query = true;
      pathLength = out.len - originLength;
    } else if (c == PERCENT) {
      const d = i + 2 < n ? hexPair(at + i + 1) : -1;
      if (d < 0) return invalid("a percent sign must be followed by two hex digits");
      if (!query) {
        if (d < (SPACE as i32) || d == 0x7f)
          return invalid("an encoded control character in the path");
        if (d == SLASH || d == BACKSLASH) return invalid("an encoded slash in the path");
        // Whoever decodes twice sees a slash, a backslash or a dot.
        const e = d == PERCENT && i + 4 < n ? hexPair(at + i + 3) : -1;
        if (e == SLASH || e == BACKSLASH || e == DOT)
          return invalid("a doubly encoded slash or dot in the path");
      }
    } else if (c == HASH) return invalid("a fragment is not allowed");
    else if (!isAllowed(c)) return invalid("a character that must be percent-encoded");
    bufferByte(out, c);
    i++;
  }
  if (!query) pathLength = out.len - originLength;
  return (
    checkSegments(out.at + originLength, pathLength) &&
    checkLayers(out.at + originLength, pathLength)
  );
}

/** Whoever decodes the path again, up to three times, finds UTF-8 and no other path (GRANT-4). */
function checkLayers(at: usize, n: u32): bool {
  RAW.len = 0;
  bufferBytes(RAW, at, n);
  for (let layer: u32 = 1; layer <= MOST_LAYERS + 1; layer++) {
    if (layer > 1 && hasHidden()) return invalid("a doubly encoded slash or dot in the path");
    const length = RAW.len;
    decodeLayer();
    if (utf8Valid(RAW.at, RAW.len) >= 0) return invalid("what the path encodes is not UTF-8");
    if (RAW.len == length) return true;
    if (!checkSegments(RAW.at, RAW.len)) return false;
  }
  return invalid("the path is encoded more than three times");
}
const MOST_LAYERS: u32 = 3;

/** True if an escape in RAW stands for what divides or ends a path. */
function hasHidden(): bool {
  for (let i: u32 = 0; i + 2 < RAW.len; i++) {
    if (textByte(RAW.at + i) != PERCENT) continue;
    const d = hexPair(RAW.at + i + 1);
    if (d == SLASH || d == BACKSLASH || d == DOT || d == 0x7f) return true;
    if (d >= 0 && d < (SPACE as i32)) return true;
  }
  return false;
}

/** Reads the percent signs of RAW once, in place. */
function decodeLayer(): void {
  let to: u32 = 0;
  for (let i: u32 = 0; i < RAW.len; i++, to++) {
    const c = textByte(RAW.at + i);
    const d = c == PERCENT && i + 2 < RAW.len ? hexPair(RAW.at + i + 1) : -1;
    store<u8>(RAW.at + to, d < 0 ? c : d);
    if (d >= 0) i += 2;
  }
  RAW.len = to;
}

/** RFC 3986 pchar, slash and question mark. */
function isAllowed(c: u32): bool {
  if (isUnreserved(c) || c == SLASH || c == QUESTION || c == COLON || c == AT) return true;
  return (
    c == BANG || c == DOLLAR || (c >= AMPERSAND && c <= COMMA) || c == SEMICOLON || c == EQUALS
  );
}

/**
 * No empty, `.` or `..` segment, in any spelling or with parameters behind a semicolon, which some
 * servers cut off first (a path may end in a slash).
 */
function checkSegments(at: usize, n: u32): bool {
  let dots: u32 = 0;
  let others: u32 = 0;
  let i: u32 = 1;
  while (i <= n) {
    const c: u32 = i == n ? 0x2f : textByte(at + i);
    if (c == SLASH || (c == SEMICOLON && others == 0 && (dots == 1 || dots == 2))) {
      if (others == 0 && dots == 0 && i != n) return invalid("an empty segment in the path");
      if (others == 0 && (dots == 1 || dots == 2)) return invalid("a dot segment in the path");
      dots = 0;
      others = 0;
      i++;
    } else if (c == DOT) {
      dots++;
      i++;
    } else if (
      c == PERCENT &&
      textByte(at + i + 1) == DIGIT_2 &&
      (textByte(at + i + 2) | 0x20) == LOWER_E
    ) {
      dots++;
      i += 3;
    } else {
      others++;
      i++;
    }
  }
  return true;
}

function lower(c: u32): u32 {
  return c >= UPPER_A && c <= UPPER_Z ? c | 0x20 : c;
}
function startsWith(at: usize, n: u32, text: string): bool {
  const from = changetype<usize>(text);
  const length = load<u32>(from - 4) >>> 1;
  if (n < length) return false;
  for (let i: u32 = 0; i < length; i++) {
    if (lower(textByte(at + i)) != (load<u16>(from + ((i as usize) << 1)) as u32)) return false;
  }
  return true;
}
