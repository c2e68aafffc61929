/** Literals of a program: numbers in jq's looser grammar, and the escapes of strings. */

import { textByte } from "../../bytes/byte";
import { DOT, LOWER_E, LOWER_I, LOWER_N, MINUS, NINE, PLUS, ZERO } from "../../bytes/characters";
import { arenaTake } from "../../bytes/arena";
import { Buffer, bufferByte, bufferBytes, bufferRoom } from "../../bytes/buffer";
import { parseNumber } from "../../json/number";
import { CELL, setNumber, setString } from "../../value/cell";
import { encodeTo } from "../../bytes/utf8";
import { TREE } from "./nodes";
import { isDigit, literalBytes, literalLength } from "./text";

/** Bytes of the literal that is being read. */
const PIECE: Buffer = changetype<Buffer>(memory.data(16, 16));

/** A cell in the compiler's arena with a number literal's value; 1., .5 and 007 are numbers too. */
export function numberCell(at: usize, length: u32): u32 {
  const cell = arenaTake(TREE, CELL);
  setNumber(cell, looseNumber(at, length));
  return cell as u32;
}

/** The double of a literal that jq accepts but JSON does not (1. .5 1.e3 007). */
export function looseNumber(at: usize, length: u32): f64 {
  PIECE.len = 0;
  let i: u32 = 0;
  if (i < length && textByte(at) == MINUS) {
    bufferByte(PIECE, MINUS);
    i++;
  }
  while (i + 1 < length && textByte(at + i) == ZERO && isDigitAt(at + i + 1)) i++;
  if (textByte(at + i) == DOT) bufferByte(PIECE, ZERO);
  for (; i < length; i++) {
    const c: u32 = textByte(at + i);
    if (c == DOT && (i + 1 == length || !isDigitAt(at + i + 1))) continue;
    bufferByte(PIECE, c);
  }
  bufferRoom(PIECE, 16);
  return parseNumber(PIECE.at, PIECE.len);
}

function isDigitAt(at: usize): bool {
  const c: u32 = textByte(at);
  return c >= ZERO && c <= NINE;
}

export function pieceBegin(): void {
  PIECE.len = 0;
}
export function pieceBytes(at: usize, length: u32): void {
  bufferBytes(PIECE, at, length);
}
export function pieceByte(byte: u32): void {
  bufferByte(PIECE, byte);
}
export function pieceCodePoint(cp: u32): void {
  bufferRoom(PIECE, 4);
  PIECE.len += encodeTo(PIECE.at + PIECE.len, cp);
}
export function pieceEmpty(): bool {
  return PIECE.len == 0;
}

/** A string cell in the compiler's arena with the bytes collected since pieceBegin(). */
export function pieceCell(): u32 {
  const cell = stringCell(PIECE.at, PIECE.len);
  PIECE.len = 0;
  return cell;
}

/** A string cell in the compiler's arena that refers to the given bytes' copy. */
export function stringCell(at: usize, length: u32): u32 {
  const cell = arenaTake(TREE, CELL);
  // A literal is at most as long as the program, which the caller has bounded.
  const to = arenaTake(TREE, length + 16);
  memory.copy(to, at, length);
  setString(cell, to, length, 0);
  return cell as u32;
}

/** The same for an ASCII literal of the engine. */
export function textCell(text: string): u32 {
  const cell = arenaTake(TREE, CELL);
  setString(cell, literalBytes(TREE, text), literalLength(text), 0);
  return cell as u32;
}

/** True when the bytes are a number as jq reads it outside JSON: +1, .5, 1., nan, -infinity. */
export function isLooseNumber(at: usize, length: u32): bool {
  let i: u32 = 0;
  if (i < length && (textByte(at) == PLUS || textByte(at) == MINUS)) i++;
  if (isWord(at + i, length - i, 0x6e616e, 3)) return true;
  if (isWord(at + i, length - i, 0x666e69, 3)) return true;
  if (length - i == 8 && (load<u64>(at + i) | 0x2020202020202020) == 0x7974696e69666e69)
    return true;
  let digits: u32 = 0;
  while (i < length && isDigit(textByte(at + i))) {
    i++;
    digits++;
  }
  if (i < length && textByte(at + i) == DOT) {
    i++;
    while (i < length && isDigit(textByte(at + i))) {
      i++;
      digits++;
    }
  }
  if (digits == 0) return false;
  if (i < length && (textByte(at + i) | 32) == LOWER_E) {
    i++;
    if (i < length && (textByte(at + i) == PLUS || textByte(at + i) == MINUS)) i++;
    if (i == length) return false;
    while (i < length && isDigit(textByte(at + i))) i++;
  }
  return i == length;
}

function isWord(at: usize, length: u32, word: u32, size: u32): bool {
  if (length != size) return false;
  return (textByte(at) | (textByte(at + 1) << 8) | (textByte(at + 2) << 16) | 0x202020) == word;
}

/** The value of such a number. */
export function looseValue(at: usize, length: u32): f64 {
  let i: u32 = 0;
  const negative = textByte(at) == MINUS;
  if (negative || textByte(at) == PLUS) i++;
  const c: u32 = textByte(at + i) | 32;
  const x = c == LOWER_N ? NaN : c == LOWER_I ? Infinity : looseNumber(at + i, length - i);
  return negative ? -x : x;
}
