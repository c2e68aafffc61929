/** Base64 with padding (RFC 4648 section 4). */

import { LOWER_A, LOWER_Z, NINE, PLUS, SLASH, UPPER_A, UPPER_Z, ZERO } from "./characters";
import { Buffer, bufferByte } from "./buffer";

const DIGITS: string = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
const PAD: u32 = 0x3d;

function digit(value: u32): u32 {
  return load<u16>(changetype<usize>(DIGITS) + ((value as usize) << 1));
}

/** The value of a digit, or -1. */
export function base64Value(c: u32): i32 {
  if (c >= UPPER_A && c <= UPPER_Z) return c - UPPER_A;
  if (c >= LOWER_A && c <= LOWER_Z) return c - 71;
  if (c >= ZERO && c <= NINE) return c + 4;
  return c == PLUS ? 62 : c == SLASH ? 63 : -1;
}

/** True if a text is the one form of some bytes: padded, and no bits behind the last byte. */
export function isBase64(at: usize, length: u32): bool {
  if ((length & 3) != 0) return false;
  let n = length;
  let pads: u32 = 0;
  while (pads < 2 && n != 0 && load<u8>(at + n - 1) == PAD) {
    pads++;
    n--;
  }
  let last = 0;
  for (let i: u32 = 0; i < n; i++) {
    last = base64Value(load<u8>(at + i));
    if (last < 0) return false;
  }
  return pads == 0 || (last & (pads == 1 ? 3 : 15)) == 0;
}

/** Appends bytes. */
export function writeBase64(b: Buffer, at: usize, count: u32): void {
  for (let i: u32 = 0; i < count; i += 3) {
    const left = count - i;
    const bits =
      ((load<u8>(at + i) as u32) << 16) |
      (left > 1 ? (load<u8>(at + i + 1) as u32) << 8 : 0) |
      (left > 2 ? (load<u8>(at + i + 2) as u32) : 0);
    bufferByte(b, digit(bits >>> 18));
    bufferByte(b, digit((bits >>> 12) & 63));
    bufferByte(b, left > 1 ? digit((bits >>> 6) & 63) : PAD);
    bufferByte(b, left > 2 ? digit(bits & 63) : PAD);
  }
}
