/** Strings: escapes, and programs in them. */

import { textByte } from "../../bytes/byte";
import {
  BACKSLASH,
  CR,
  FF,
  LEFT_PAREN,
  LF,
  LOWER_B,
  LOWER_F,
  LOWER_N,
  LOWER_R,
  LOWER_T,
  LOWER_U,
  QUOTE,
  RIGHT_PAREN,
  SLASH,
} from "../../bytes/characters";
import { fourHex } from "../../bytes/hex";
import { bad, offset, ok, Rule } from "./cursor";
import * as L from "./lexer";
import {
  pieceBegin,
  pieceByte,
  pieceBytes,
  pieceCell,
  pieceCodePoint,
  pieceEmpty,
} from "./literals";
import * as N from "./nodes";
import { constant, link, newNode, nodeAt, reversed, under } from "./nodes";

/**
 * A string literal; the current token is its opening quote. Without interpolation it is an
 * N_CONST, otherwise an N_STRING whose parts are texts and programs (`query`) in turn.
 */
export function stringTerm(format: usize, formatLength: u32, query: Rule): u32 {
  const at = offset();
  const quote = L.tokStart;
  let list: u32 = 0;
  let programs: u32 = 0;
  const n = newNode(N.N_STRING, at);
  nodeAt(n).name = format as u32;
  nodeAt(n).nameLength = formatLength;
  pieceBegin();
  let p = L.pos;
  while (true) {
    if (p >= L.textEnd) {
      L.syntaxError(quote, "syntax error, unterminated string", 0, 0);
      return 0;
    }
    const c: u32 = textByte(p);
    if (c == QUOTE) break;
    if (c != BACKSLASH) {
      let q = p + 1;
      while (q < L.textEnd && textByte(q) != QUOTE && textByte(q) != BACKSLASH) q++;
      pieceBytes(p, (q - p) as u32);
      p = q;
      continue;
    }
    if (p + 1 < L.textEnd && textByte(p + 1) == LEFT_PAREN) {
      if (!pieceEmpty()) list = link(list, constant(pieceCell(), at));
      L.setPos(p + 2);
      L.next();
      const q = query();
      if (!ok()) return 0;
      if (L.tok != RIGHT_PAREN) return bad();
      // Wrapped, so that the list of parts can be linked and constants stay programs.
      const part = newNode(N.N_PIPE, at);
      nodeAt(part).a = q;
      under(part, q);
      under(n, part);
      list = link(list, part);
      programs++;
      p = L.pos;
      pieceBegin();
      continue;
    }
    p = escape(p);
    if (p == 0) return 0;
  }
  L.setPos(p + 1);
  if (programs == 0) {
    const cell = pieceCell();
    L.next();
    return constant(cell, at);
  }
  if (!pieceEmpty()) list = link(list, constant(pieceCell(), at));
  L.next();
  nodeAt(n).a = reversed(list);
  return n;
}

/** Reads one escape at p into the piece; where it ends, or 0. */
function escape(p: usize): usize {
  const c: u32 = p + 1 < L.textEnd ? textByte(p + 1) : 0;
  switch (c) {
    case QUOTE:
    case BACKSLASH:
    case SLASH:
      pieceByte(c);
      break;
    case LOWER_B:
      pieceByte(8);
      break;
    case LOWER_F:
      pieceByte(FF);
      break;
    case LOWER_N:
      pieceByte(LF);
      break;
    case LOWER_R:
      pieceByte(CR);
      break;
    case LOWER_T:
      pieceByte(9);
      break;
    case LOWER_U: {
      const high = fourHex(p + 2, L.textEnd);
      if (high < 0) break;
      if (
        high >= 0xd800 &&
        high < 0xdc00 &&
        p + 7 < L.textEnd &&
        textByte(p + 6) == BACKSLASH &&
        textByte(p + 7) == LOWER_U
      ) {
        const low = fourHex(p + 8, L.textEnd);
        if (low >= 0xdc00 && low < 0xe000) {
          pieceCodePoint((0x10000 + ((high - 0xd800) << 10) + (low - 0xdc00)) as u32);
          return p + 12;
        }
      }
      pieceCodePoint((high >= 0xd800 && high < 0xe000 ? 0xfffd : high) as u32);
      return p + 6;
    }
    default:
  }
  if (
    c == QUOTE ||
    c == BACKSLASH ||
    c == SLASH ||
    c == LOWER_B ||
    c == LOWER_F ||
    c == LOWER_N ||
    c == LOWER_R ||
    c == LOWER_T
  )
    return p + 2;
  L.syntaxError(p, "invalid escape in a string", p, p + 2 <= L.textEnd ? 2 : 1);
  return 0;
}
