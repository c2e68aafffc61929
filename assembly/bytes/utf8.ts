/**
 * UTF-8 as RFC 3629 section 4 and Unicode table 3-7 define it: no overlong form, no surrogate,
 * nothing above U+10FFFF.
 */

import { HIGH_BITS } from "./word";

/**
 * Bytes of the well-formed sequence at `at`, which ends at or before `end`; 0 if there is none.
 * Reads up to 3 bytes behind `end`.
 */
export function sequenceAt(at: usize, end: usize): u32 {
  const lead = load<u8>(at) as u32;
  if (lead < 0x80) return 1;
  const second = load<u8>(at, 1) as u32;
  if (lead < 0xe0) {
    // C0 and C1 would be overlong.
    return lead >= 0xc2 && (second & 0xc0) == 0x80 && at + 2 <= end ? 2 : 0;
  }
  const third = load<u8>(at, 2) as u32;
  if (lead < 0xf0) {
    // E0 80..9F would be overlong, ED A0..BF is a surrogate.
    const low: u32 = lead == 0xe0 ? 0xa0 : 0x80;
    const high: u32 = lead == 0xed ? 0x9f : 0xbf;
    return second >= low && second <= high && (third & 0xc0) == 0x80 && at + 3 <= end ? 3 : 0;
  }
  if (lead > 0xf4) return 0;
  // F0 80..8F would be overlong, F4 90.. lies above U+10FFFF.
  const low: u32 = lead == 0xf0 ? 0x90 : 0x80;
  const high: u32 = lead == 0xf4 ? 0x8f : 0xbf;
  const rest = (third & 0xc0) == 0x80 && (load<u8>(at, 3) & 0xc0) == 0x80;
  return second >= low && second <= high && rest && at + 4 <= end ? 4 : 0;
}

/** -1 if the bytes are UTF-8, otherwise the offset of the first sequence that is not. */
export function utf8Valid(at: usize, length: u32): i32 {
  const end = at + length;
  let p = at;
  while (p < end) {
    if (p + 8 <= end && (load<u64>(p) & HIGH_BITS) == 0) {
      p += 8;
      continue;
    }
    const n = sequenceAt(p, end);
    if (n == 0) return (p - at) as i32;
    p += n;
  }
  return -1;
}

/** Code points in valid UTF-8: the bytes that are not continuations (10xxxxxx). */
export function codePoints(at: usize, length: u32): u32 {
  const end = at + length;
  let p = at;
  let continuations: u32 = 0;
  while (p + 8 <= end) {
    const w = load<u64>(p);
    continuations += popcnt<u64>(w & (~w << 1) & HIGH_BITS) as u32;
    p += 8;
  }
  for (; p < end; p++) if ((load<u8>(p) & 0xc0) == 0x80) continuations++;
  return length - continuations;
}

/** Bytes of the character at `at` in valid UTF-8. */
export function sizeAt(at: usize): u32 {
  const lead = load<u8>(at) as u32;
  return lead < 0x80 ? 1 : lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : 4;
}

/** The code point at `at` in valid UTF-8. */
export function decodeAt(at: usize): u32 {
  const lead = load<u8>(at) as u32;
  if (lead < 0x80) return lead;
  const second = load<u8>(at, 1) & 0x3f;
  if (lead < 0xe0) return ((lead & 0x1f) << 6) | second;
  const third = load<u8>(at, 2) & 0x3f;
  if (lead < 0xf0) return ((lead & 0x0f) << 12) | ((second as u32) << 6) | third;
  return (
    ((lead & 7) << 18) | ((second as u32) << 12) | ((third as u32) << 6) | (load<u8>(at, 3) & 0x3f)
  );
}

/** Bytes that encodeTo() writes for a code point. */
export function encodedSize(codePoint: u32): u32 {
  return codePoint < 0x80 ? 1 : codePoint < 0x800 ? 2 : codePoint < 0x10000 ? 3 : 4;
}

/** Writes a code point (no surrogate) as UTF-8 and returns the number of bytes. */
export function encodeTo(at: usize, codePoint: u32): u32 {
  if (codePoint < 0x80) {
    store<u8>(at, codePoint);
    return 1;
  }
  if (codePoint < 0x800) {
    store<u8>(at, 0xc0 | (codePoint >>> 6));
    store<u8>(at, 0x80 | (codePoint & 0x3f), 1);
    return 2;
  }
  if (codePoint < 0x10000) {
    store<u8>(at, 0xe0 | (codePoint >>> 12));
    store<u8>(at, 0x80 | ((codePoint >>> 6) & 0x3f), 1);
    store<u8>(at, 0x80 | (codePoint & 0x3f), 2);
    return 3;
  }
  store<u8>(at, 0xf0 | (codePoint >>> 18));
  store<u8>(at, 0x80 | ((codePoint >>> 12) & 0x3f), 1);
  store<u8>(at, 0x80 | ((codePoint >>> 6) & 0x3f), 2);
  store<u8>(at, 0x80 | (codePoint & 0x3f), 3);
  return 4;
}

/** True if no byte is above 0x7f. */
export function isAscii(at: usize, length: u32): bool {
  const end = at + length;
  let p = at;
  for (; p + 8 <= end; p += 8) if ((load<u64>(p) & 0x8080808080808080) != 0) return false;
  for (; p < end; p++) if (load<u8>(p) >= 0x80) return false;
  return true;
}
