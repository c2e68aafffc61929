/**
 * Tokens of a jq program. The parser pulls them one at a time: `tok` is the current one.
 *
 * Inside a string literal the parser reads the text itself (string-literal.ts), because a
 * string may hold a whole program in `\( )`; it moves `pos` and then asks for the next token.
 */

import { textByte } from "../../bytes/byte";
import {
  ASTERISK,
  AT,
  BACKSLASH,
  BANG,
  COLON,
  COMMA,
  CR,
  DOLLAR,
  DOT,
  EQUALS,
  GREATER,
  HASH,
  LEFT_BRACE,
  LEFT_BRACKET,
  LEFT_PAREN,
  LESS,
  LF,
  LOWER_A,
  LOWER_B,
  LOWER_C,
  LOWER_D,
  LOWER_E,
  LOWER_F,
  LOWER_I,
  LOWER_L,
  LOWER_M,
  LOWER_O,
  LOWER_R,
  LOWER_T,
  MINUS,
  PERCENT,
  PIPE,
  PLUS,
  QUESTION,
  QUOTE,
  RIGHT_BRACE,
  RIGHT_BRACKET,
  RIGHT_PAREN,
  SEMICOLON,
  SLASH,
  SPACE,
} from "../../bytes/characters";
import * as C from "../../errors/codes";
import { failDetail } from "../../errors/errors";
import { isDigit, isNamePart, isNameStart, textIs } from "./text";

// Tokens of one character are their own code; the others follow.
export const T_END: u32 = 0;
export const T_QUOTE: u32 = 34; // a string begins; `pos` is behind the quote
export const T_IDENT: u32 = 128;
export const T_FIELD: u32 = 129; // .name
export const T_BINDING: u32 = 130; // $name
export const T_NUMBER: u32 = 131;
export const T_FORMAT: u32 = 132; // @name
export const T_REC: u32 = 133; // ..
export const T_EQ: u32 = 134;
export const T_NE: u32 = 135;
export const T_LE: u32 = 136;
export const T_GE: u32 = 137;
export const T_DEFINED: u32 = 138; // //
export const T_ALTERNATION: u32 = 139; // ?//
export const T_SET_PIPE: u32 = 140;
export const T_SET_ADD: u32 = 141;
export const T_SET_SUB: u32 = 142;
export const T_SET_MUL: u32 = 143;
export const T_SET_DIV: u32 = 144;
export const T_SET_MOD: u32 = 145;
export const T_SET_DEFINED: u32 = 146;
export const T_LOC: u32 = 147; // $__loc__
// Keywords, all above FIRST_KEYWORD.
export const FIRST_KEYWORD: u32 = 160;
export const T_AS: u32 = 160;
export const T_DEF: u32 = 161;
export const T_IF: u32 = 162;
export const T_THEN: u32 = 163;
export const T_ELSE: u32 = 164;
export const T_ELIF: u32 = 165;
export const T_END_WORD: u32 = 166;
export const T_AND: u32 = 167;
export const T_OR: u32 = 168;
export const T_REDUCE: u32 = 169;
export const T_FOREACH: u32 = 170;
export const T_TRY: u32 = 171;
export const T_CATCH: u32 = 172;
export const T_LABEL: u32 = 173;
export const T_BREAK: u32 = 174;
export const T_IMPORT: u32 = 175;
export const T_INCLUDE: u32 = 176;
export const T_MODULE: u32 = 177;
export const T_BAD: u32 = 255;

/**
 * The current token, its name or text without sigil, and where it begins in the program.
 * Registers that the parser reads: bench column `compile and load a workflow of 200 tasks`.
 */
export let tok: u32 = T_END;
export let tokAt: usize = 0;
export let tokLength: u32 = 0;
export let tokStart: usize = 0;
/** The next character to be read. */
export let pos: usize = 0;
/** The program's first character, and the first one behind its last. */
export let textStart: usize = 0;
export let textEnd: usize = 0;

export function lexBegin(at: usize, length: u32): void {
  textStart = at;
  textEnd = at + length;
  pos = at;
}

export function setPos(to: usize): void {
  pos = to;
}

/** The lexer's position, to come back to after the prelude was parsed. */
export function lexRestore(start: usize, end: usize): void {
  textStart = start;
  textEnd = end;
}

/** Records a syntax error at a place in the program; false. */
export function syntaxError(at: usize, why: string, detail: usize, length: u32): bool {
  return failDetail(C.E_EXPR_SYNTAX, (at - textStart) as u32, why, detail, length);
}

/** Records that the current token cannot stand here; false. */
export function unexpectedToken(): bool {
  if (tok == T_END) return syntaxError(tokStart, "syntax error, unexpected end of program", 0, 0);
  return syntaxError(tokStart, "syntax error, unexpected", tokStart, (pos - tokStart) as u32);
}

function peek(ahead: usize): u32 {
  return pos + ahead < textEnd ? textByte(pos + ahead) : 0;
}

function skipBlanks(): void {
  while (pos < textEnd) {
    const c = textByte(pos);
    if (c == SPACE || c == 9 || c == LF || c == CR) pos++;
    else if (c == HASH) skipComment();
    else return;
  }
}

/** A comment ends at the end of the line, unless an odd number of backslashes stands before it. */
function skipComment(): void {
  while (pos < textEnd) {
    const c = textByte(pos);
    if (c == LF) return;
    if (c == CR && peek(1) == LF) return;
    if (c == BACKSLASH) {
      const d = peek(1);
      if (d == BACKSLASH || d == LF) pos++;
      else if (d == CR && peek(2) == LF) pos += 2;
    }
    pos++;
  }
  if (pos > textEnd) pos = textEnd;
}

function nameEnd(from: usize): usize {
  let p = from;
  while (p < textEnd && isNamePart(textByte(p))) p++;
  return p;
}

/** Reads a name that may carry module prefixes (a::b); returns its end. */
function pathEnd(from: usize): usize {
  let p = nameEnd(from);
  while (
    p + 2 < textEnd &&
    textByte(p) == COLON &&
    textByte(p + 1) == COLON &&
    isNameStart(textByte(p + 2))
  ) {
    p = nameEnd(p + 2);
  }
  return p;
}

function one(token: u32, length: usize): void {
  tok = token;
  pos += length;
}

function named(token: u32, from: usize, end: usize): void {
  tok = token;
  tokAt = from;
  tokLength = (end - from) as u32;
  pos = end;
}

/** Moves on to the next token. */
export function next(): void {
  skipBlanks();
  tokStart = pos;
  if (pos >= textEnd) {
    tok = T_END;
    return;
  }
  const c: u32 = textByte(pos);
  const d = peek(1);
  if (isNameStart(c)) {
    named(T_IDENT, pos, pathEnd(pos));
    tok = keyword();
    return;
  }
  if (isDigit(c) || (c == DOT && isDigit(d))) {
    named(T_NUMBER, pos, numberEnd(pos));
    return;
  }
  switch (c) {
    case DOT:
      if (isNameStart(d)) named(T_FIELD, pos + 1, nameEnd(pos + 1));
      else if (d == DOT) one(T_REC, 2);
      else one(DOT, 1);
      return;
    case DOLLAR:
      if (isNameStart(d)) {
        named(T_BINDING, pos + 1, pathEnd(pos + 1));
        if (textIs(tokAt, tokLength, "__loc__")) tok = T_LOC;
      } else one(T_BAD, 1);
      return;
    case AT:
      if (isNamePart(d)) named(T_FORMAT, pos + 1, nameEnd(pos + 1));
      else one(T_BAD, 1);
      return;
    case BANG:
      if (d == EQUALS) one(T_NE, 2);
      else one(T_BAD, 1);
      return;
    case EQUALS:
      if (d == EQUALS) one(T_EQ, 2);
      else one(c, 1);
      return;
    case LESS:
      if (d == EQUALS) one(T_LE, 2);
      else one(c, 1);
      return;
    case GREATER:
      if (d == EQUALS) one(T_GE, 2);
      else one(c, 1);
      return;
    case SLASH:
      if (d == SLASH) {
        if (peek(2) == EQUALS) one(T_SET_DEFINED, 3);
        else one(T_DEFINED, 2);
      } else if (d == EQUALS) one(T_SET_DIV, 2);
      else one(c, 1);
      return;
    case QUESTION:
      if (d == SLASH && peek(2) == SLASH) one(T_ALTERNATION, 3);
      else one(c, 1);
      return;
    case PIPE:
      if (d == EQUALS) one(T_SET_PIPE, 2);
      else one(c, 1);
      return;
    case PLUS:
      if (d == EQUALS) one(T_SET_ADD, 2);
      else one(c, 1);
      return;
    case MINUS:
      if (d == EQUALS) one(T_SET_SUB, 2);
      else one(c, 1);
      return;
    case ASTERISK:
      if (d == EQUALS) one(T_SET_MUL, 2);
      else one(c, 1);
      return;
    case PERCENT:
      if (d == EQUALS) one(T_SET_MOD, 2);
      else one(c, 1);
      return;
    case QUOTE:
    case LEFT_PAREN:
    case RIGHT_PAREN:
    case COMMA:
    case COLON:
    case SEMICOLON:
    case LEFT_BRACKET:
    case RIGHT_BRACKET:
    case LEFT_BRACE:
    case RIGHT_BRACE:
      one(c, 1);
      return;
    default:
      // The whole character belongs to the message.
      pos++;
      while (pos < textEnd && (textByte(pos) & 0xc0) == 0x80) pos++;
      tok = T_BAD;
  }
}

function numberEnd(from: usize): usize {
  let p = from;
  while (p < textEnd && isDigit(textByte(p))) p++;
  if (p < textEnd && textByte(p) == DOT) {
    p++;
    while (p < textEnd && isDigit(textByte(p))) p++;
  }
  if (p < textEnd && (textByte(p) | 32) == LOWER_E) {
    let q = p + 1;
    if (q < textEnd && (textByte(q) == PLUS || textByte(q) == MINUS)) q++;
    if (q < textEnd && isDigit(textByte(q))) {
      while (q < textEnd && isDigit(textByte(q))) q++;
      p = q;
    }
  }
  return p;
}

function keyword(): u32 {
  const at = tokAt;
  const n = tokLength;
  if (n < 2 || n > 7) return T_IDENT;
  switch (textByte(at)) {
    case LOWER_A:
      if (textIs(at, n, "as")) return T_AS;
      if (textIs(at, n, "and")) return T_AND;
      break;
    case LOWER_B:
      if (textIs(at, n, "break")) return T_BREAK;
      break;
    case LOWER_C:
      if (textIs(at, n, "catch")) return T_CATCH;
      break;
    case LOWER_D:
      if (textIs(at, n, "def")) return T_DEF;
      break;
    case LOWER_E:
      if (textIs(at, n, "else")) return T_ELSE;
      if (textIs(at, n, "end")) return T_END_WORD;
      if (textIs(at, n, "elif")) return T_ELIF;
      break;
    case LOWER_F:
      if (textIs(at, n, "foreach")) return T_FOREACH;
      break;
    case LOWER_I:
      if (textIs(at, n, "if")) return T_IF;
      if (textIs(at, n, "import")) return T_IMPORT;
      if (textIs(at, n, "include")) return T_INCLUDE;
      break;
    case LOWER_L:
      if (textIs(at, n, "label")) return T_LABEL;
      break;
    case LOWER_M:
      if (textIs(at, n, "module")) return T_MODULE;
      break;
    case LOWER_O:
      if (textIs(at, n, "or")) return T_OR;
      break;
    case LOWER_R:
      if (textIs(at, n, "reduce")) return T_REDUCE;
      break;
    case LOWER_T:
      if (textIs(at, n, "then")) return T_THEN;
      if (textIs(at, n, "try")) return T_TRY;
      break;
  }
  return T_IDENT;
}
