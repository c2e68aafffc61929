/** What begins with a parenthesis: groups with a name or without, and changes of flags. */

import { textByte } from "../bytes/byte";
import {
  AMPERSAND,
  ASTERISK,
  BACKSLASH,
  BANG,
  COLON,
  DOLLAR,
  EQUALS,
  GREATER,
  HASH,
  LEFT_PAREN,
  LESS,
  LOWER_A,
  LOWER_I,
  LOWER_M,
  LOWER_S,
  LOWER_X,
  MINUS,
  PLUS,
  QUESTION,
  RIGHT_PAREN,
  TILDE,
  UNDERSCORE,
  UPPER_R,
  ZERO,
} from "../bytes/characters";
import { bufferU32 } from "../bytes/buffer";
import { DOT_ALL, ECMA, EXTENDED, IGNORE_CASE, JQ, LINES, refuse } from "./dialect";
import { open, OPTIONS_GROUP, top } from "./groups";
import { byteAt, CURSOR, ABSENT } from "./place";
import * as P from "./program";

export function openGroup(): bool {
  CURSOR.at++;
  if (CURSOR.dialect == JQ && byteAt(CURSOR.at) == ASTERISK)
    return refuse("callouts are not supported");
  if (byteAt(CURSOR.at) != QUESTION) return capture(0, 0);
  const kind = byteAt(CURSOR.at + 1);
  CURSOR.at += 2;
  if (kind == COLON) {
    open(ABSENT);
    return true;
  }
  if (kind == LESS) {
    const following = byteAt(CURSOR.at);
    if (following == EQUALS || following == BANG) return refuse("lookbehind is not supported");
    return named();
  }
  if (kind == EQUALS || kind == BANG) return refuse("lookahead is not supported");
  if (CURSOR.dialect == JQ) {
    if (kind == GREATER) return refuse("atomic groups are not supported");
    if (kind == LEFT_PAREN) return refuse("conditions are not supported");
    const numbered =
      kind - 48 <= 9 || ((kind == PLUS || kind == MINUS) && byteAt(CURSOR.at) - 48 <= 9);
    if (kind == UPPER_R || kind == AMPERSAND || numbered)
      return refuse("subexpression calls are not supported");
    if (kind == TILDE) return refuse("the absent operator is not supported");
    if (kind == HASH) {
      while (CURSOR.at < CURSOR.end && textByte(CURSOR.at) != RIGHT_PAREN)
        CURSOR.at += textByte(CURSOR.at) == BACKSLASH ? 2 : 1;
      if (CURSOR.at >= CURSOR.end) return refuse("end pattern in group");
      CURSOR.at++;
      return true;
    }
    CURSOR.at--;
    return kind == RIGHT_PAREN ? refuse("undefined group option") : inlineFlags();
  }
  return refuse("invalid group");
}

function capture(name: usize, length: u32): bool {
  if (P.FACTS.groups == P.MOST_GROUPS) return refuse("too many groups");
  P.FACTS.groups++;
  bufferU32(P.GROUP_NAMES, name as u32);
  bufferU32(P.GROUP_NAMES, length);
  open(P.FACTS.groups as i32);
  return true;
}

function named(): bool {
  const name = CURSOR.at;
  while (CURSOR.at < CURSOR.end && textByte(CURSOR.at) != GREATER) {
    const c: u32 = textByte(CURSOR.at);
    const digit = c - ZERO <= 9;
    const letter =
      (c | 32) - LOWER_A < 26 ||
      c == UNDERSCORE ||
      c >= 128 ||
      (CURSOR.dialect == ECMA && c == DOLLAR);
    if (!letter && !(digit && CURSOR.at != name)) return refuse("invalid group name <>");
    CURSOR.at++;
  }
  if (CURSOR.at == CURSOR.end || CURSOR.at == name) return refuse("group name is empty");
  const length = (CURSOR.at - name) as u32;
  CURSOR.at++;
  if (CURSOR.dialect == ECMA) {
    for (let i: u32 = 0; i < P.GROUP_NAMES.len; i += 8) {
      const known = load<u32>(P.GROUP_NAMES.at + i) as usize;
      if (
        load<u32>(P.GROUP_NAMES.at + i, 4) == length &&
        memory.compare(known, name, length) == 0
      ) {
        return refuse("two groups have one name");
      }
    }
  }
  return capture(name, length);
}

/** (?imsx-imsx) up to the end of the group around it, or (?imsx-imsx:...). */
function inlineFlags(): bool {
  let set = CURSOR.flags;
  let off = false;
  for (; CURSOR.at < CURSOR.end; CURSOR.at++) {
    let flag: u32 = 0;
    switch (textByte(CURSOR.at)) {
      case LOWER_I:
        flag = IGNORE_CASE;
        break;
      case LOWER_X:
        flag = EXTENDED;
        break;
      case LOWER_S:
        flag = DOT_ALL;
        break;
      case LOWER_M:
        flag = LINES;
        break;
      case MINUS:
        off = true;
        continue;
      case RIGHT_PAREN:
        CURSOR.flags = set;
        CURSOR.at++;
        CURSOR.atom = ABSENT;
        // Oniguruma takes all that follows in the group for one part.
        if (top().items != 0) top().joined = true;
        return true;
      case COLON:
        CURSOR.at++;
        open(OPTIONS_GROUP);
        CURSOR.flags = set;
        return true;
      default:
        return refuse("undefined group option");
    }
    set = off ? set & ~flag : set | flag;
  }
  return refuse("end pattern in group");
}
