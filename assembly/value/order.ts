/**
 * Orders of strings: RFC 8785 section 3.2.3 sorts keys by UTF-16 code units, jq by code points.
 * Both are decided on UTF-8 bytes, without decoding.
 */

import { textByte } from "../bytes/byte";

/** -1, 0, 1: code point order, which is byte order of UTF-8. */
export function compareBytes(a: usize, aLength: u32, b: usize, bLength: u32): i32 {
  const n = aLength < bLength ? aLength : bLength;
  let i: u32 = 0;
  while (i + 8 <= n && load<u64>(a + i) == load<u64>(b + i)) i += 8;
  for (; i < n; i++) {
    const x = textByte(a + i);
    const y = textByte(b + i);
    if (x != y) return x < y ? -1 : 1;
  }
  return aLength == bLength ? 0 : aLength < bLength ? -1 : 1;
}

/**
 * -1, 0, 1: UTF-16 code unit order (RFC 8785). It differs from byte order only where a
 * supplementary character (lead byte F0..F4, surrogates D800..DFFF in UTF-16) meets a character
 * of U+E000..U+FFFF (lead byte EE, EF).
 */
export function compareKeys(a: usize, aLength: u32, b: usize, bLength: u32): i32 {
  const n = aLength < bLength ? aLength : bLength;
  let i: u32 = 0;
  while (i + 8 <= n && load<u64>(a + i) == load<u64>(b + i)) i += 8;
  for (; i < n; i++) {
    const x = textByte(a + i);
    const y = textByte(b + i);
    if (x != y) {
      if (x >= 0xf0 && (y == 0xee || y == 0xef)) return -1;
      if (y >= 0xf0 && (x == 0xee || x == 0xef)) return 1;
      return x < y ? -1 : 1;
    }
  }
  return aLength == bLength ? 0 : aLength < bLength ? -1 : 1;
}

/** True when the two byte strings are equal. */
export function equalBytes(a: usize, aLength: u32, b: usize, bLength: u32): bool {
  return aLength == bLength && compareBytes(a, aLength, b, bLength) == 0;
}
