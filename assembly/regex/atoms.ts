/** The atoms of a pattern: characters, sets, assertions and escapes. */

import { textByte } from "../bytes/byte";
import {
  BACKSLASH,
  DIGIT_1,
  LESS,
  LOWER_B,
  LOWER_G,
  LOWER_K,
  LOWER_Y,
  LOWER_Z,
  NINE,
  UPPER_A,
  UPPER_B,
  UPPER_E,
  UPPER_G,
  UPPER_K,
  UPPER_N,
  UPPER_O,
  UPPER_Q,
  UPPER_R,
  UPPER_X,
  UPPER_Y,
  UPPER_Z,
} from "../bytes/characters";
import { decodeAt, sizeAt } from "../bytes/utf8";
import { ECMA, IGNORE_CASE, refuse } from "./dialect";
import { addEscapedClass, escapeEnd, escapedCharacter, isEscapedClass } from "./escapes";
import { item, isTooLarge, top } from "./groups";
import { byteAt, CURSOR, ABSENT, numberAt } from "./place";
import * as P from "./program";
import { setAdd, setAddCases, setBegin, setIntern, setNegate, setSingle } from "./sets";

/** An atom begins here. */
export function begin(): void {
  CURSOR.atom = P.codeCount() as i32;
  CURSOR.atomGroups = P.FACTS.groups;
  item(false, false);
}

export function assertion(kind: i32): bool {
  begin();
  top().bare = true;
  top().lastEmpty = true;
  const ascii = CURSOR.flags & IGNORE_CASE ? P.FOLDED_WORDS : P.ASCII_WORDS;
  P.codeAppend(P.ASSERT, CURSOR.dialect == ECMA ? ascii : P.UNICODE_WORDS, kind);
  if (CURSOR.dialect != ECMA && (kind == P.WORD_EDGE || kind == P.NO_WORD_EDGE))
    CURSOR.unicodeEdges = true;
  if (CURSOR.dialect == ECMA) CURSOR.atom = ABSENT;
  return true;
}

export function literalAtom(): bool {
  begin();
  const code = decodeAt(CURSOR.at);
  CURSOR.at += sizeAt(CURSOR.at) as usize;
  character(code);
  return true;
}

export function character(code: u32): void {
  if (CURSOR.flags & IGNORE_CASE) {
    setBegin();
    setAdd(code, code);
    if (code >= 128) setAddCases();
    else if ((code | 32) - 97 < 26) {
      setAdd(code ^ 32, code ^ 32);
      if ((code | 32) == 107) setAdd(0x212a, 0x212a); // the Kelvin sign
      if ((code | 32) == 115) setAdd(0x17f, 0x17f); // the long s
    }
    if (setSingle() < 0) {
      emitSet();
      return;
    }
  }
  P.codeAppend(P.CHAR, 0, code as i32);
}

/** The set that was built, as an instruction. */
export function emitSet(): void {
  const only = setSingle();
  if (only >= 0) P.codeAppend(P.CHAR, 0, only);
  else P.codeAppend(P.CHAR_SET, 0, setIntern() as i32);
}

/** Any character, or (`all` is false) any but what ends a line. */
export function dot(all: bool): bool {
  if (all) {
    P.codeAppend(P.ANY, 0, 0);
    return true;
  }
  setBegin();
  setAdd(10, 10);
  if (CURSOR.dialect == ECMA) {
    setAdd(13, 13);
    setAdd(0x2028, 0x2029);
  }
  setNegate();
  emitSet();
  return true;
}

export function escape(): bool {
  CURSOR.at++;
  if (CURSOR.at == CURSOR.end) return refuse("end pattern at escape");
  const c: u32 = textByte(CURSOR.at);
  const ecma = CURSOR.dialect == ECMA;
  if (isEscapedClass(CURSOR.at, CURSOR.end, CURSOR.dialect)) {
    begin();
    setBegin();
    const after = addEscapedClass(
      CURSOR.at,
      CURSOR.end,
      CURSOR.dialect,
      (CURSOR.flags & IGNORE_CASE) != 0,
    );
    if (after == 0) return false;
    CURSOR.at = after;
    if (ecma && CURSOR.flags & IGNORE_CASE) setAddCases();
    emitSet();
    return true;
  }
  switch (c) {
    case LOWER_B:
      CURSOR.at++;
      return assertion(P.WORD_EDGE);
    case UPPER_B:
      CURSOR.at++;
      return assertion(P.NO_WORD_EDGE);
    case LOWER_K:
      if (!ecma || byteAt(CURSOR.at + 1) == LESS) return refuse("backreferences are not supported");
      return refuse("invalid escape");
  }
  // In jq, a number that no group has yet is octal, from 10 on.
  if (c >= DIGIT_1 && c <= NINE && (ecma || numberAt(CURSOR.at) <= max<u32>(9, P.FACTS.groups)))
    return refuse("backreferences are not supported");
  if (!ecma) {
    switch (c) {
      case UPPER_A:
        CURSOR.at++;
        return assertion(P.TEXT_BEGIN);
      case LOWER_Z:
        CURSOR.at++;
        return assertion(P.TEXT_END);
      case UPPER_Z:
        CURSOR.at++;
        return assertion(P.NEARLY_END);
      case UPPER_G:
        return refuse("\\G is not supported");
      case UPPER_K:
        return refuse("\\K is not supported");
      case UPPER_R:
        return refuse("\\R is not supported");
      case UPPER_X:
        return refuse("\\X is not supported");
      case LOWER_G:
        return refuse("subexpression calls are not supported");
      case LOWER_Y:
      case UPPER_Y:
        return refuse("\\y is not supported");
      case UPPER_N: // as a dot that matches no line feed
      case UPPER_O: // as one that matches all
        CURSOR.at++;
        begin();
        return dot(c == UPPER_O);
      case UPPER_Q: // up to \E all is literal
        CURSOR.at++;
        while (
          CURSOR.at < CURSOR.end &&
          !(textByte(CURSOR.at) == BACKSLASH && byteAt(CURSOR.at + 1) == UPPER_E)
        ) {
          if (isTooLarge()) return false;
          literalAtom();
        }
        if (CURSOR.at < CURSOR.end) CURSOR.at += 2;
        return true;
    }
  }
  const code = escapedCharacter(CURSOR.at, CURSOR.end, CURSOR.dialect, false);
  if (code < 0) return false;
  begin();
  CURSOR.at = escapeEnd();
  character(code as u32);
  return true;
}
