/**
 * Doubles to text as RFC 8785 section 3.2.2.3 asks: ECMAScript's Number::toString, the shortest
 * digits that read back as the same double and, of those, the closest to it.
 *
 * The digits come from Schubfach (Giulietti, "The Schubfach way to render doubles", 2020).
 */

import { Powers } from "./powers";
import { Wide } from "./wide";

/** 10^0 .. 10^19: the smallest numbers with one digit more each. */
const TENS: usize = memory.data<u64>([
  1, 10, 100, 1000, 10000, 100000, 1000000, 10000000, 100000000, 1000000000, 10000000000,
  100000000000, 1000000000000, 10000000000000, 100000000000000, 1000000000000000, 10000000000000000,
  100000000000000000, 1000000000000000000, 10000000000000000000,
]);

/** The significant digits found by shortest(), as an integer, and their power of ten. */
let digits: u64 = 0;
let exponent: i32 = 0;

/** Most bytes that formatNumber() writes: -1.2345678901234567e-308 and one to spare. */
export const NUMBER_TEXT: u32 = 25;

/** Writes a finite double and returns the number of bytes. Both zeros are "0". */
export function formatNumber(x: f64, at: usize): u32 {
  if (x == 0) {
    store<u8>(at, 0x30);
    return 1;
  }
  const bits = reinterpret<u64>(x);
  let to = at;
  if (bits >> 63) {
    store<u8>(to, 0x2d);
    to++;
  }
  const unsigned = bits & (u64.MAX_VALUE >> 1);
  const magnitude = reinterpret<f64>(unsigned);
  if (magnitude < 9007199254740992) {
    const whole = magnitude as u64;
    if ((whole as f64) == magnitude)
      return (writeDigits(whole, countDigits(whole), to) - at) as u32;
  }
  shortest(unsigned);
  dropZeros();
  return (layOut(to) - at) as u32;
}

/** Moves trailing zeros of the digits to the exponent. */
function dropZeros(): void {
  if (digits % 10 != 0) return;
  while (digits % 10000 == 0) {
    digits /= 10000;
    exponent += 4;
  }
  while (digits % 10 == 0) {
    digits /= 10;
    exponent++;
  }
}

/** ECMAScript 6.1.6.1.20: where the point and the exponent go. Returns the end of the text. */
function layOut(at: usize): usize {
  const k = countDigits(digits) as i32;
  const n = k + exponent; // the value is 0.digits * 10^n
  if (k <= n && n <= 21) {
    const to = writeDigits(digits, k, at);
    memory.fill(to, 0x30, n - k);
    return to + (n - k);
  }
  if (0 < n && n <= 21) {
    // The point goes after n digits: the rest moves one place.
    const to = writeDigits(digits, k, at);
    for (let i = k; i > n; i--) store<u8>(at + i, load<u8>(at + i - 1));
    store<u8>(at + n, 0x2e);
    return to + 1;
  }
  if (-6 < n && n <= 0) {
    store<u16>(at, 0x2e30); // "0."
    memory.fill(at + 2, 0x30, -n);
    return writeDigits(digits, k, at + 2 - n);
  }
  let to = writeDigits(digits, k, at + 1);
  store<u8>(at, load<u8>(at, 1));
  if (k == 1) to = at + 1;
  else store<u8>(at, 0x2e, 1);
  store<u8>(to, 0x65);
  store<u8>(to, n > 0 ? 0x2b : 0x2d, 1);
  const e = (n > 0 ? n - 1 : 1 - n) as u64;
  return writeDigits(e, countDigits(e), to + 2);
}

function countDigits(x: u64): i32 {
  // log10(2) = 1233 / 4096, rounded down: at most one too few, which the table settles.
  const guess = (((64 - clz<u64>(x | 1)) as i32) * 1233) >> 12;
  return guess + (x < load<u64>(TENS + ((guess as usize) << 3)) ? 0 : 1);
}

/** Writes x with exactly n digits (zeros in front) and returns the address behind them. */
function writeDigits(x: u64, n: i32, at: usize): usize {
  const end = at + n;
  let to = end;
  // Division of 64 bits is slow: it splits off eight digits at a time.
  while (x >> 32) {
    const rest = x / 100000000;
    let low = (x - rest * 100000000) as u32;
    for (let i = 0; i < 4; i++) {
      to -= 2;
      Two.digits(to, low % 100);
      low /= 100;
    }
    x = rest;
  }
  let y = x as u32;
  while (to - at >= 2) {
    to -= 2;
    Two.digits(to, y % 100);
    y /= 100;
  }
  if (to > at) store<u8>(at, 0x30 + y);
  return end;
}

/** Inlined as in bytes/word.ts. */
// oxlint-disable-next-line typescript/no-extraneous-class
class Two {
  @inline static digits(at: usize, x: u32): void {
    const tens = x / 10;
    store<u16>(at, 0x3030 + tens + ((x - tens * 10) << 8));
  }
}

/** Puts the shortest decimal of a positive double into `digits` and `exponent`. */
function shortest(bits: u64): void {
  const biased = (bits >> 52) as i32;
  const fraction = bits & 0xfffffffffffff;
  const c = biased == 0 ? fraction : fraction | 0x10000000000000;
  const q = (biased == 0 ? 1 : biased) - 1075;
  // The interval that rounds to x, in quarters of its last place; its ends belong to it when c is
  // even. Just above a power of two the lower half is only half as wide.
  const narrow = fraction == 0 && biased > 1;
  const odd = c & 1;
  const k = (q * 1262611 - (narrow ? 524031 : 0)) >> 22; // floor(log10(2^q)), or of 3/4 of it
  const h = (q + ((-k * 1741647) >> 19) + 1) as u64;
  const entry = Powers.at(-k);
  // Schubfach wants the power rounded up; 10^0 .. 10^55 are exact.
  let low = load<u64>(entry, 8);
  let high = load<u64>(entry);
  if (k > 0 || k < -55) {
    low++;
    if (low == 0) high++;
  }
  const lower = roundToOdd(high, low, (4 * c - (narrow ? 1 : 2)) << h) + odd;
  const value = roundToOdd(high, low, (4 * c) << h);
  const upper = roundToOdd(high, low, (4 * c + 2) << h) - odd;
  const s = value >> 2;
  exponent = k;
  if (s >= 10) {
    // One digit fewer, if exactly one of the two neighbours lies inside.
    const shorter = s / 10;
    const down = lower <= 40 * shorter;
    const up = 40 * shorter + 40 <= upper;
    if (down != up) {
      digits = shorter + (up ? 1 : 0);
      exponent = k + 1;
      return;
    }
  }
  const down = lower <= 4 * s;
  const up = 4 * s + 4 <= upper;
  if (down != up) {
    digits = s + (up ? 1 : 0);
    return;
  }
  // Both or neither: the closer one, and the even one of two equally close.
  const middle = 4 * s + 2;
  digits = s + (value > middle || (value == middle && (s & 1) != 0) ? 1 : 0);
}

/** floor(g * x / 2^128), its last bit set if anything was cut off. */
function roundToOdd(high: u64, low: u64, x: u64): u64 {
  const carry = Wide.mulHigh(low, x);
  const middle = high * x + carry;
  const top = Wide.mulHigh(high, x) + (middle < carry ? 1 : 0);
  return top | (middle > 1 ? 1 : 0);
}
