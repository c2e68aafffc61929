/** Bracketed classes: [a-z], [^\d_], [[:alpha:]]. */

import { textByte } from "../bytes/byte";
import { decodeAt, sizeAt } from "../bytes/utf8";
import { ECMA, refuse } from "./dialect";
import { addEscapedClass, escapeEnd, escapedCharacter, isEscapedClass } from "./escapes";
import { FACTS, MOST_COST, spend } from "./program";
import { addPosix } from "./properties";
import { setAdd, setAddCases, setBegin, setNegate } from "./sets";

/** Adds up as a class and no single character. */
const CLASS: i32 = -2;
const FAILED: i32 = -1;

let q: usize = 0;

/** What a minus sign means next: itself, or a range from `low`; or a range is open. */
const ITSELF: u32 = 0;
const VALUE: u32 = 1;
const RANGE: u32 = 2;

/**
 * Reads a class whose opening bracket is behind us into the set that is being built. Returns the
 * address behind its end, or 0.
 */
export function readClass(at: usize, end: usize, dialect: u32, ignoreCase: bool): usize {
  setBegin();
  q = at;
  const negate = q < end && textByte(q) == 94;
  if (negate) q++;
  if (dialect != ECMA && q < end && textByte(q) == 93 && !hasEnd(end)) {
    refuse("empty char-class");
    return 0;
  }
  let state = ITSELF;
  let low = 0;
  let first = true;
  while (true) {
    spend(1);
    if (FACTS.cost > MOST_COST) return 0; // the parser says why
    if (q >= end) {
      refuse("premature end of char-class");
      return 0;
    }
    if (textByte(q) == 93 && !(first && dialect != ECMA)) break;
    first = false;
    const minus = textByte(q) == 45 && state == VALUE;
    if (minus && q + 1 < end && textByte(q + 1) != 93) {
      if (low == CLASS) {
        refuse("unmatched range specifier in char-class");
        return 0;
      }
      q++;
      state = RANGE;
      continue;
    }
    const code = member(end, dialect, ignoreCase);
    if (code == FAILED) return 0;
    if (state != RANGE) {
      if (code != CLASS) setAdd(code as u32, code as u32);
      low = code;
      state = VALUE;
      continue;
    }
    if (code == CLASS) {
      refuse("char-class value at end of range");
      return 0;
    }
    if (code < low) {
      refuse("empty range in char class");
      return 0;
    }
    setAdd(low as u32, code as u32);
    state = ITSELF;
  }
  q++;
  if (ignoreCase) setAddCases();
  if (negate) setNegate();
  return q;
}

/** A closing bracket that comes first is a character if there is another one. */
function hasEnd(end: usize): bool {
  for (let r = q + 1; r < end; r++) if (textByte(r) == 93) return true;
  return false;
}

/** A character, or CLASS where a whole class was added. */
function member(end: usize, dialect: u32, folded: bool): i32 {
  const c: u32 = textByte(q);
  if (c == 91 && dialect != ECMA && q + 1 < end && textByte(q + 1) == 58) {
    const name = q + 2;
    const negate = name < end && textByte(name) == 94;
    const from = negate ? name + 1 : name;
    let r = from;
    while (r + 1 < end && textByte(r) != 58 && textByte(r) != 93) r++;
    if (r + 1 < end && textByte(r) == 58 && textByte(r + 1) == 93) {
      if (addPosix(from, (r - from) as u32, negate)) {
        q = r + 2;
        return CLASS;
      }
    }
  }
  if (c != 92) {
    const code = decodeAt(q) as i32;
    q += sizeAt(q) as usize;
    return code;
  }
  q++;
  if (q >= end) {
    refuse("end pattern at escape");
    return FAILED;
  }
  if (isEscapedClass(q, end, dialect)) {
    q = addEscapedClass(q, end, dialect, folded);
    return q == 0 ? FAILED : CLASS;
  }
  const code = escapedCharacter(q, end, dialect, true);
  q = escapeEnd();
  return code;
}
