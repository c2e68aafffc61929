/** Percent-encoding (RFC 3986 section 2.1), of all but unreserved characters (section 2.3). */

import {
  DOT,
  LOWER_A,
  LOWER_Z,
  MINUS,
  NINE,
  PERCENT,
  TILDE,
  UNDERSCORE,
  UPPER_A,
  UPPER_Z,
  ZERO,
} from "./characters";
import { Buffer, bufferByte } from "./buffer";
import { hexDigit } from "./hex";

/** A letter, a digit, or one of - . _ ~ */
export function isUnreserved(c: u32): bool {
  return (
    (c >= ZERO && c <= NINE) ||
    (c >= UPPER_A && c <= UPPER_Z) ||
    (c >= LOWER_A && c <= LOWER_Z) ||
    c == MINUS ||
    c == DOT ||
    c == UNDERSCORE ||
    c == TILDE
  );
}

/** Appends `%` and two upper-case digits. */
export function writePercent(b: Buffer, byte: u32): void {
  bufferByte(b, PERCENT);
  bufferByte(b, upperDigit(byte >>> 4));
  bufferByte(b, upperDigit(byte & 15));
}

function upperDigit(value: u32): u32 {
  const c = hexDigit(value);
  return c < LOWER_A ? c : c - 0x20;
}

/** Appends a text, encoded. */
export function percentEncode(b: Buffer, at: usize, length: u32): void {
  for (let i: u32 = 0; i < length; i++) {
    const c = load<u8>(at + i) as u32;
    if (isUnreserved(c)) bufferByte(b, c);
    else writePercent(b, c);
  }
}
