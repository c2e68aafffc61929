/** Hexadecimal digits (RFC 4648 section 8): bytes as text, text as bytes, numbers in escapes. */

import { LOWER_A, ZERO } from "./characters";
import { Buffer, bufferByte } from "./buffer";

/** The value of a digit in either case, or -1. */
export function hexValue(c: u32): i32 {
  if (c - ZERO <= 9) return (c - ZERO) as i32;
  const letter = (c | 0x20) - LOWER_A;
  return letter <= 5 ? ((letter + 10) as i32) : -1;
}

/** The lower-case digit of a value below 16. */
export function hexDigit(value: u32): u32 {
  return value + (value < 10 ? 0x30 : 0x57);
}

/** The byte that two digits stand for, or -1. */
export function hexPair(at: usize): i32 {
  const high = hexValue(load<u8>(at));
  const low = hexValue(load<u8>(at, 1));
  return high < 0 || low < 0 ? -1 : (high << 4) | low;
}

/** The number that four digits before `end` stand for; else minus one minus how many digits there are. */
export function fourHex(at: usize, end: usize): i32 {
  let number = 0;
  for (let i = 0; i < 4; i++) {
    const value = at + (i as usize) < end ? hexValue(load<u8>(at + (i as usize))) : -1;
    if (value < 0) return -1 - i;
    number = (number << 4) | value;
  }
  return number;
}

/** True if a text is lower-case digits and nothing else. */
export function isHex(at: usize, length: u32): bool {
  for (let i: u32 = 0; i < length; i++) {
    const c = load<u8>(at + i) as u32;
    const value = hexValue(c);
    if (value < 0 || hexDigit(value) != c) return false;
  }
  return true;
}

/** True if a text is the lower-case form of `count` bytes. */
export function isHexOf(at: usize, length: u32, bytes: usize, count: u32): bool {
  if (length != count << 1) return false;
  for (let i: u32 = 0; i < length; i++) {
    const byte = load<u8>(bytes + (i >>> 1)) as u32;
    if (load<u8>(at + i) != hexDigit((i & 1) == 0 ? byte >>> 4 : byte & 15)) return false;
  }
  return true;
}

/** Reads `count` bytes from their lower-case form. False if it is something else. */
export function readHex(at: usize, to: usize, count: u32): bool {
  if (!isHex(at, count << 1)) return false;
  for (let i: u32 = 0; i < count; i++) {
    store<u8>(to + i, hexPair(at + (i << 1)));
  }
  return true;
}

/** Appends bytes in their lower-case form. */
export function writeHex(b: Buffer, at: usize, count: u32): void {
  for (let i: u32 = 0; i < count; i++) {
    const byte = load<u8>(at + i) as u32;
    bufferByte(b, hexDigit(byte >>> 4));
    bufferByte(b, hexDigit(byte & 15));
  }
}
