/** Comparing and copying pieces of UTF-8 text against ASCII literals of the engine. */

import { textByte } from "../../bytes/byte";
import { LOWER_A, LOWER_Z, NINE, UNDERSCORE, UPPER_A, UPPER_Z, ZERO } from "../../bytes/characters";
import { Arena, arenaTake } from "../../bytes/arena";

/** Characters in a literal of the engine. */
export function literalLength(text: string): u32 {
  return load<u32>(changetype<usize>(text) - 4) >>> 1;
}

/** True when the bytes [at, at+length) spell the literal. */
export function textIs(at: usize, length: u32, text: string): bool {
  if (length != literalLength(text)) return false;
  const from = changetype<usize>(text);
  for (let i: u32 = 0; i < length; i++) {
    if (textByte(at + i) != (load<u16>(from + ((i as usize) << 1)) as u8)) return false;
  }
  return true;
}

/** Copies an ASCII literal into an arena as bytes; its length is literalLength(text). */
export function literalBytes(a: Arena, text: string): usize {
  const length = literalLength(text);
  const at = arenaTake(a, length + 16);
  const from = changetype<usize>(text);
  for (let i: u32 = 0; i < length; i++) {
    store<u8>(at + i, load<u16>(from + ((i as usize) << 1)) as u8);
  }
  return at;
}

export function isNameStart(c: u32): bool {
  return (c >= LOWER_A && c <= LOWER_Z) || (c >= UPPER_A && c <= UPPER_Z) || c == UNDERSCORE;
}
export function isDigit(c: u32): bool {
  return c >= ZERO && c <= NINE;
}
export function isNamePart(c: u32): bool {
  return isNameStart(c) || isDigit(c);
}
