/** Arrays of numbers, without a value in between: doubles to their JSON text and back. */

import { textByte } from "../bytes/byte";
import { COMMA, LEFT_BRACKET, RIGHT_BRACKET } from "../bytes/characters";
import { Buffer } from "../bytes/buffer";
import * as C from "../errors/codes";
import { fail } from "../errors/errors";
import { NUMBER_ROOM } from "./format";
import { readNumeral } from "./numerals";
import { beginsWithMark, unexpected } from "./reader";
import { Space } from "./space";
import { writeNumber } from "./writer";

const cell: usize = memory.data(16, 16);

/** Appends the RFC 8785 text of an array of doubles; NaN and the infinities as JSON-15 has them. */
export function numbersToText(at: usize, length: u32, b: Buffer): bool {
  if (length % 8 != 0) return fail(C.E_FRAMES, length);
  const count = length / 8;
  // As many bytes as canonicalize() may write; the output is somebody's next input.
  b.room(2);
  store<u8>(b.at + b.len, 0x5b);
  b.len += 1;
  for (let i: u32 = 0; i < count; i++) {
    b.room(NUMBER_ROOM + 2);
    if (i != 0) {
      store<u8>(b.at + b.len, 0x2c);
      b.len += 1;
    }
    writeNumber(load<f64>(at + ((i as usize) << 3)), b);
    if (b.len >= (C.MAX_INPUT as u32)) {
      b.len = 0;
      return fail(C.E_LIMIT_SIZE, 0);
    }
  }
  b.room(1);
  store<u8>(b.at + b.len, 0x5d);
  b.len += 1;
  return true;
}

/** Appends the doubles of a JSON array of numbers, read as everywhere (boundary mode). */
export function numbersFromText(at: usize, length: u32, b: Buffer): bool {
  const end = at + length;
  const start = b.len;
  const done = readList(at, end, b);
  if (!done) b.len = start;
  return done;
}

function readList(text: usize, end: usize, b: Buffer): bool {
  if (beginsWithMark(text, end)) return fail(C.E_JSON_BOM, 0);
  let p = Space.skip(text, end);
  if (p >= end) return fail(C.E_JSON_EMPTY, (end - text) as u32);
  if (textByte(p) != LEFT_BRACKET) return unexpected(p, end, text, C.E_JSON_SYNTAX);
  p = Space.skip(p + 1, end);
  let open = p >= end || textByte(p) != RIGHT_BRACKET;
  while (open) {
    p = readNumeral(p, end, text, C.JSON_BOUNDARY, cell);
    if (p == 0) return false;
    b.room(8);
    store<u64>(b.at + b.len, load<u64>(cell, 8));
    b.len += 8;
    p = Space.skip(p, end);
    if (p >= end) return fail(C.E_JSON_TRUNCATED, (end - text) as u32);
    const next = textByte(p);
    if (next == COMMA) p = Space.skip(p + 1, end);
    else if (next == RIGHT_BRACKET) open = false;
    else return unexpected(p, end, text, C.E_JSON_SYNTAX);
  }
  p = Space.skip(p + 1, end);
  return p >= end || unexpected(p, end, text, C.E_JSON_TRAILING);
}
