/** Resolving references: RFC 3986 section 5.2, on UTF-8 bytes. */

import { textByte } from "../bytes/byte";
import { COLON, DOT, HASH, LOWER_A, MINUS, PLUS, QUESTION, SLASH, ZERO } from "../bytes/characters";
import { Buffer, bufferByte, bufferBytes } from "../bytes/buffer";

/** What resolve() has made, without its fragment. */
export const RESOLVED: Buffer = changetype<Buffer>(memory.data(16, 16));
/** The reference's fragment, without "#". */
let fragmentAt: usize = 0;
export function fragmentBegin(): usize {
  return fragmentAt;
}
let fragmentLength: u32 = 0;
export function fragmentSize(): u32 {
  return fragmentLength;
}

// The parts of the last parse(): offsets into the text.
let schemeEnd: u32 = 0; // 0: none
let hasAuthority: bool = false;
let authority: u32 = 0;
let path: u32 = 0;
let query: u32 = 0; // its "?", or where the path ends
let end: u32 = 0; // where the fragment's "#" is, or the end

function parse(at: usize, length: u32): void {
  end = 0;
  while (end < length && textByte(at + end) != HASH) end++;
  fragmentAt = end < length ? at + end + 1 : at + length;
  fragmentLength = end < length ? length - end - 1 : 0;
  schemeEnd = 0;
  let i: u32 = 0;
  while (i < end && isSchemePart(textByte(at + i), i)) i++;
  if (i > 0 && i < end && textByte(at + i) == COLON) schemeEnd = i + 1;
  authority = schemeEnd;
  hasAuthority =
    end - authority >= 2 &&
    textByte(at + authority) == SLASH &&
    textByte(at + authority + 1) == SLASH;
  path = authority;
  if (hasAuthority) {
    path += 2;
    while (path < end && textByte(at + path) != SLASH && textByte(at + path) != QUESTION) path++;
  }
  query = path;
  while (query < end && textByte(at + query) != QUESTION) query++;
}

function isSchemePart(c: u32, i: u32): bool {
  if ((c | 32) - LOWER_A < 26) return true;
  return i > 0 && (c - ZERO <= 9 || c == PLUS || c == MINUS || c == DOT);
}

/** RESOLVED = the reference as an absolute URI, given the URI that it stands in. */
export function resolve(base: usize, baseLength: u32, at: usize, length: u32): void {
  const b: Buffer = RESOLVED;
  b.len = 0;
  parse(at, length);
  const ownFragment = fragmentAt;
  const ownFragmentLength = fragmentLength;
  if (schemeEnd != 0 || hasAuthority) {
    const scheme = schemeEnd;
    const ownPath = path;
    const ownQuery = query;
    const ownEnd = end;
    if (scheme == 0) {
      parse(base, baseLength);
      bufferBytes(b, base, schemeEnd);
    }
    bufferBytes(b, at, ownPath);
    const from = b.len;
    bufferBytes(b, at + ownPath, ownQuery - ownPath);
    removeDots(from);
    bufferBytes(b, at + ownQuery, ownEnd - ownQuery);
  } else {
    const ownQuery = query;
    const ownEnd = end;
    parse(base, baseLength);
    bufferBytes(b, base, path);
    const from = b.len;
    if (ownQuery == 0) {
      bufferBytes(b, base + path, query - path);
      if (ownEnd != 0) bufferBytes(b, at, ownEnd);
      else bufferBytes(b, base + query, end - query);
    } else {
      if (textByte(at) != SLASH) {
        // Merged: all of the base's path but what stands behind its last slash.
        let cut = query;
        while (cut > path && textByte(base + cut - 1) != SLASH) cut--;
        bufferBytes(b, base + path, cut - path);
        if (cut == path && hasAuthority) bufferByte(b, SLASH);
      }
      bufferBytes(b, at, ownQuery);
      removeDots(from);
      bufferBytes(b, at + ownQuery, ownEnd - ownQuery);
    }
  }
  fragmentAt = ownFragment;
  fragmentLength = ownFragmentLength;
}

/** RFC 3986 section 5.2.4, on the path that RESOLVED has from an offset on. */
function removeDots(from: u32): void {
  const b: Buffer = RESOLVED;
  if (from == b.len || textByte(b.at + from) != SLASH) return; // no hierarchy: a URN, or relative
  let to = from;
  let i = from;
  while (i < b.len) {
    // One segment with its slash.
    let next = i + 1;
    while (next < b.len && textByte(b.at + next) != SLASH) next++;
    const size = next - i - 1;
    const one = size == 1 && textByte(b.at + i + 1) == DOT;
    const two = size == 2 && textByte(b.at + i + 1) == DOT && textByte(b.at + i + 2) == DOT;
    if (two) while (to > from && textByte(b.at + --to) != SLASH) {}
    if (!one && !two) {
      memory.copy(b.at + to, b.at + i, next - i);
      to += next - i;
    } else if (next == b.len) {
      store<u8>(b.at + to++, SLASH);
    }
    i = next;
  }
  b.len = to;
}
