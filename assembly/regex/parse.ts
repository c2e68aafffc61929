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
import { assertion, begin, dot, emitSet, escape, literal } from "./atoms";
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
import { HERE, placeBegin } from "./place";
import * as P from "./program";
import { interval, repeat } from "./quantifiers";
import { ENDLESS } from "./repeat";

/** Bytes of the slots that the machine needs for the threads of a program. */
const MOST_SLOTS: u32 = 1 << 24;

/** Compiles a pattern of valid UTF-8. False: whyRefused() says why. */
export function parseRegex(at: usize, length: u32, how: u32, options: u32): bool {
  placeBegin(at, length, how, options);
  regexBegin();
  P.programBegin(how | options);
  P.emit(P.SAVE, 0, 0);
  groupsBegin();
  while (HERE.at < HERE.end) {
    if (!next()) return refuseSize(); // unless there is a reason already
    if (isTooLarge()) return refuseSize();
  }
  if (areGroupsOpen()) return refuse("end pattern with unmatched parenthesis");
  close();
  P.emit(P.SAVE, 0, 1);
  P.emit(P.MATCH, 0, 0);
  if (P.codeCount() * (P.FACTS.groups + 1) * 8 > MOST_SLOTS) return refuseSize();
  findPrefilter(HERE.unicodeEdges);
  return true;
}

function next(): bool {
  const c: u32 = textByte(HERE.at);
  if (HERE.flags & EXTENDED) {
    if (c == SPACE || (c >= 9 && c <= CR)) {
      HERE.at++;
      return true;
    }
    if (c == HASH) {
      while (HERE.at < HERE.end && textByte(HERE.at) != LF) HERE.at++;
      return true;
    }
  }
  switch (c) {
    case LEFT_PAREN:
      return openGroup();
    case RIGHT_PAREN:
      if (!areGroupsOpen()) return refuse("unmatched close parenthesis");
      HERE.at++;
      close();
      return true;
    case PIPE:
      HERE.at++;
      alternative();
      return true;
    case ASTERISK:
      HERE.at++;
      return repeat(0, ENDLESS);
    case PLUS:
      HERE.at++;
      return repeat(1, ENDLESS);
    case QUESTION:
      HERE.at++;
      return repeat(0, 1);
    case LEFT_BRACE:
      return interval();
    case DOT:
      HERE.at++;
      begin();
      return dot((HERE.flags & DOT_ALL) != 0);
    case CARET:
      HERE.at++;
      if (!(HERE.flags & LINES)) return assertion(P.TEXT_BEGIN);
      return assertion(HERE.dialect == ECMA ? P.ECMA_LINE_BEGIN : P.LINE_BEGIN);
    case DOLLAR:
      HERE.at++;
      if (HERE.dialect == ECMA) return assertion(HERE.flags & LINES ? P.ECMA_LINE_END : P.TEXT_END);
      return assertion(HERE.flags & LINES ? P.LINE_END : P.NEARLY_END);
    case LEFT_BRACKET: {
      begin();
      const after = readClass(HERE.at + 1, HERE.end, HERE.dialect, (HERE.flags & IGNORE_CASE) != 0);
      if (after == 0) return false;
      HERE.at = after;
      emitSet();
      return true;
    }
    case BACKSLASH:
      return escape();
    default:
      if (HERE.dialect == ECMA && (c == RIGHT_BRACKET || c == RIGHT_BRACE))
        return refuse("lone closing bracket");
      return literal();
  }
}
