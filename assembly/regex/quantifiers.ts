/** What repeats an atom: *, +, ? and intervals. */

import { textByte } from "../bytes/byte";
import { COMMA, PLUS, QUESTION, RIGHT_BRACE, ZERO } from "../bytes/characters";
import { literalAtom } from "./atoms";
import { ECMA, JQ, refuse, refuseSize } from "./dialect";
import { top } from "./groups";
import { byteAt, CURSOR, ABSENT } from "./place";
import * as P from "./program";
import { ENDLESS, repeatEndless, repeatUpTo } from "./repeat";

const MOST_REPEATS: u32 = 100000;

/** {n}, {n,} or {n,m}; in jq any other brace is a character. */
export function interval(): bool {
  let q = CURSOR.at + 1;
  let least: u32 = 0;
  let most: u32 = 0;
  const from = q;
  while (byteAt(q) - 48 <= 9) {
    if (least <= MOST_REPEATS) least = least * 10 + (textByte(q) - ZERO);
    q++;
  }
  const hasLeast = q != from;
  most = least;
  if (hasLeast && byteAt(q) == COMMA) {
    q++;
    most = ENDLESS;
    if (byteAt(q) - 48 <= 9) {
      most = 0;
      while (byteAt(q) - 48 <= 9) {
        if (most <= MOST_REPEATS) most = most * 10 + (textByte(q) - ZERO);
        q++;
      }
    }
  }
  if (!hasLeast || byteAt(q) != RIGHT_BRACE) {
    if (CURSOR.dialect == ECMA)
      return refuse(CURSOR.atom == ABSENT ? "nothing to repeat" : "incomplete quantifier");
    return literalAtom();
  }
  CURSOR.at = q + 1;
  if (least > MOST_REPEATS || (most != ENDLESS && most > MOST_REPEATS))
    return refuse("too big number for repeat range");
  if (most < least) return refuse("upper is smaller than lower in repeat range");
  return repeat(least, most);
}

/** Repeats the last atom; a question mark behind it makes it lazy. */
export function repeat(least: u32, most: u32): bool {
  if (CURSOR.atom == ABSENT) {
    return refuse(
      CURSOR.dialect == ECMA ? "nothing to repeat" : "target of repeat operator is not specified",
    );
  }
  if (CURSOR.dialect == JQ && top().bare) return refuse("target of repeat operator is invalid");
  let lazy = false;
  if (byteAt(CURSOR.at) == QUESTION) {
    lazy = true;
    CURSOR.at++;
  } else if (
    byteAt(CURSOR.at) == PLUS &&
    CURSOR.dialect == JQ &&
    textByte(CURSOR.at - 1) != RIGHT_BRACE
  ) {
    return refuse("possessive quantifiers are not supported");
  }
  const first = CURSOR.atom as u32;
  if (CURSOR.dialect == ECMA && most != 1 && P.FACTS.groups > CURSOR.atomGroups) {
    P.insert(first, P.CLEAR, 2 * (CURSOR.atomGroups + 1), (2 * (P.FACTS.groups + 1)) as i32);
  }
  const empty = top().lastEmpty;
  if (least == 0) top().lastEmpty = true;
  const size = P.codeCount() - first;
  const copies = most == ENDLESS ? least + 1 : most;
  if (((copies as u64) + 1) * ((size + 4) as u64) > (P.MOST_CODE as u64)) return refuseSize();
  const height = empty ? P.loopHeight(first) + 1 : 0;
  if (height > P.MOST_HEIGHT) return refuseSize();
  if (most == 0) P.CODE.len = first * P.REGEX_INSTRUCTION;
  else if (most == ENDLESS) repeatEndless(first, size, least, lazy, height, CURSOR.dialect);
  else repeatUpTo(first, size, least, most, lazy, CURSOR.dialect == ECMA ? height : 0);
  if (CURSOR.dialect == ECMA) CURSOR.atom = ABSENT;
  return true;
}
