/**
 * Patterns to programs, in one pass and without recursion: open groups lie on a stack. What needs
 * backtracking is refused by name.
 */

import { textByte } from "../bytes/byte";
import {
  ASTERISK,
  BACKSLASH,
  CARET,
  CR,
  DOLLAR,
  DOT,
  HASH,
  LEFT_BRACE,
  LEFT_BRACKET,
  LEFT_PAREN,
  LF,
  PIPE,
  PLUS,
  QUESTION,
  RIGHT_BRACE,
  RIGHT_BRACKET,
  RIGHT_PAREN,
  SPACE,
} from "../bytes/characters";
import { assertion, begin, dot, emitSet, escape, literalAtom } from "./atoms";
import { readClass } from "./class";
import {
  DOT_ALL,
  ECMA,
  EXTENDED,
  IGNORE_CASE,
  LINES,
  refuse,
  refuseSize,
  regexBegin,
} from "./dialect";
import { findPrefilter } from "./prefilter";
import { alternative, areGroupsOpen, close, groupsBegin, isTooLarge } from "./groups";
import { openGroup } from "./parentheses";
import { CURSOR, cursorBegin } from "./place";
import * as P from "./program";
import { interval, repeat } from "./quantifiers";
import { ENDLESS } from "./repeat";

/** Bytes of the slots that the machine needs for the threads of a program. */
const MOST_SLOTS: u32 = 1 << 24;

/** Compiles a pattern of valid UTF-8. False: whyRefused() says why. */
export function parseRegex(at: usize, length: u32, how: u32, options: u32): bool {
  cursorBegin(at, length, how, options);
  regexBegin();
  P.programBegin(how | options);
  P.codeAppend(P.SAVE, 0, 0);
  groupsBegin();
  while (CURSOR.at < CURSOR.end) {
    if (!next()) return refuseSize(); // unless there is a reason already
    if (isTooLarge()) return refuseSize();
  }
  if (areGroupsOpen()) return refuse("end pattern with unmatched parenthesis");
  close();
  P.codeAppend(P.SAVE, 0, 1);
  P.codeAppend(P.MATCH, 0, 0);
  if (P.codeCount() * (P.FACTS.groups + 1) * 8 > MOST_SLOTS) return refuseSize();
  findPrefilter(CURSOR.unicodeEdges);
  return true;
}

function next(): bool {
  const c: u32 = textByte(CURSOR.at);
  if (CURSOR.flags & EXTENDED) {
    if (c == SPACE || (c >= 9 && c <= CR)) {
      CURSOR.at++;
      return true;
    }
    if (c == HASH) {
      while (CURSOR.at < CURSOR.end && textByte(CURSOR.at) != LF) CURSOR.at++;
      return true;
    }
  }
  switch (c) {
    case LEFT_PAREN:
      return openGroup();
    case RIGHT_PAREN:
      if (!areGroupsOpen()) return refuse("unmatched close parenthesis");
      CURSOR.at++;
      close();
      return true;
    case PIPE:
      CURSOR.at++;
      alternative();
      return true;
    case ASTERISK:
      CURSOR.at++;
      return repeat(0, ENDLESS);
    case PLUS:
      CURSOR.at++;
      return repeat(1, ENDLESS);
    case QUESTION:
      CURSOR.at++;
      return repeat(0, 1);
    case LEFT_BRACE:
      return interval();
    case DOT:
      CURSOR.at++;
      begin();
      return dot((CURSOR.flags & DOT_ALL) != 0);
    case CARET:
      CURSOR.at++;
      if (!(CURSOR.flags & LINES)) return assertion(P.TEXT_BEGIN);
      return assertion(CURSOR.dialect == ECMA ? P.ECMA_LINE_BEGIN : P.LINE_BEGIN);
    case DOLLAR:
      CURSOR.at++;
      if (CURSOR.dialect == ECMA)
        return assertion(CURSOR.flags & LINES ? P.ECMA_LINE_END : P.TEXT_END);
      return assertion(CURSOR.flags & LINES ? P.LINE_END : P.NEARLY_END);
    case LEFT_BRACKET: {
      begin();
      const after = readClass(
        CURSOR.at + 1,
        CURSOR.end,
        CURSOR.dialect,
        (CURSOR.flags & IGNORE_CASE) != 0,
      );
      if (after == 0) return false;
      CURSOR.at = after;
      emitSet();
      return true;
    }
    case BACKSLASH:
      return escape();
    default:
      if (CURSOR.dialect == ECMA && (c == RIGHT_BRACKET || c == RIGHT_BRACE))
        return refuse("lone closing bracket");
      return literalAtom();
  }
}
