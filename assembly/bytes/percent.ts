/** Percent-encoding (RFC 3986 section 2.1), of all but unreserved characters (section 2.3). */

import { Buffer, bufferByte } from "./buffer";
import { hexDigit } from "./hex";

/** A letter, a digit, or one of - . _ ~ */
export function isUnreserved(c: u32): bool {
  return (
    (c >= 0x30 && c <= 0x39) ||
    (c >= 0x41 && c <= 0x5a) ||
    (c >= 0x61 && c <= 0x7a) ||
    c == 0x2d ||
    c == 0x2e ||
    c == 0x5f ||
    c == 0x7e
  );
}

/** Appends `%` and two upper-case digits. */
export function writePercent(b: Buffer, byte: u32): void {
  bufferByte(b, 0x25);
  bufferByte(b, upperDigit(byte >>> 4));
  bufferByte(b, upperDigit(byte & 15));
}

function upperDigit(value: u32): u32 {
  const c = hexDigit(value);
  return c < 0x61 ? c : c - 0x20;
}

/** Appends a text, encoded. */
export function percentEncode(b: Buffer, at: usize, length: u32): void {
  for (let i: u32 = 0; i < length; i++) {
    const c = load<u8>(at + i) as u32;
    if (isUnreserved(c)) bufferByte(b, c);
    else writePercent(b, c);
  }
}
