/**
 * Doubles to text as RFC 8785 section 3.2.2.3 asks: ECMAScript's Number::toString, the shortest
 * digits that read back as the same double and, of those, the closest to it.
 *
 * The digits come from Schubfach (Giulietti, "The Schubfach way to render doubles", 2020).
 */

import { textByte } from "../bytes/byte";
import { ONES } from "../bytes/word";
import { Powers } from "./powers";
import { Wide } from "./wide";

/** The digits found by shortest(), as an integer below 10^17, and their power of ten. */
let digits: u64 = 0;
let exponent: i32 = 0;

/** Most bytes of a number: -1.2345678901234567e-308 and one to spare. */
export const NUMBER_TEXT: u32 = 25;
/** Bytes that formatNumber() may write: it stores whole words, and what is too much is garbage. */
export const NUMBER_ROOM: u32 = 64;

const EIGHT: u64 = 100000000;
/** Digits in text, 17 at most, and as many bytes behind them as are copied in vain. */
const TEXT: usize = memory.data(64, 16);

/** Inlined as in bytes/word.ts. */
// oxlint-disable-next-line typescript/no-extraneous-class
class Digits {
  /**
   * The eight decimal digits of x < 10^8 as numbers, the first one in the lowest byte. First two
   * halves of four digits are computed, then four of two, then eight of one, all at a time.
   */
  @inline static eight(x: u32): u64 {
    const high = x / 10000;
    let w = (high as u64) | (((x - high * 10000) as u64) << 32);
    // x / 100 == x * 10486 >> 20 below 10^4; x / 10 == x * 103 >> 10 below 100.
    let q = ((w * 10486) >> 20) & 0x0000007f0000007f;
    w = q | ((w - q * 100) << 16);
    q = ((w * 103) >> 10) & 0x000f000f000f000f;
    return q | ((w - q * 10) << 8);
  }
  /** The same in ASCII. */
  @inline static text(eight: u64): u64 {
    return eight + ONES * 0x30;
  }
  /** Copies 24 bytes. */
  @inline static copy(to: usize, from: usize): void {
    const a = load<u64>(from);
    const b = load<u64>(from, 8);
    const c = load<u64>(from, 16);
    store<u64>(to, a);
    store<u64>(to, b, 8);
    store<u64>(to, c, 16);
  }
}

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
    if ((whole as f64) == magnitude) return (writeWhole(whole, to) - at) as u32;
  }
  shortest(unsigned);
  return (layOut(to) - at) as u32;
}

/** The shortest decimal of a finite double that is not 0, as an integer times a power of ten. */
export function decimalDigits(x: f64): u64 {
  shortest(reinterpret<u64>(x) & (u64.MAX_VALUE >> 1));
  return digits;
}
/** The power that belongs to the last decimalDigits(). */
export function decimalExponent(): i32 {
  return exponent;
}

/** Writes an integer below 10^16 that is not 0 and returns the address behind it. */
function writeWhole(x: u64, at: usize): usize {
  if (x < EIGHT) {
    const w = Digits.eight(x as u32);
    const zeros = ctz<u64>(w) & 56; // in front, in bits
    store<u64>(at, Digits.text(w) >> zeros);
    return at + 8 - ((zeros >> 3) as usize);
  }
  const high = x / EIGHT;
  const end = writeWhole(high, at);
  store<u64>(end, Digits.text(Digits.eight((x - high * EIGHT) as u32)));
  return end + 8;
}

/** ECMAScript 6.1.6.1.20: where the point and the exponent go. Returns the end of the text. */
function layOut(at: usize): usize {
  // All 17 digits, and how many of them are zeros in front and behind.
  const upper = digits / EIGHT;
  const lead = upper / EIGHT;
  const high = Digits.eight((upper - lead * EIGHT) as u32);
  const low = Digits.eight((digits - upper * EIGHT) as u32);
  store<u8>(TEXT, 0x30 + (lead as u8));
  store<u64>(TEXT + 1, Digits.text(high));
  store<u64>(TEXT + 9, Digits.text(low));
  const front = lead != 0 ? 0 : high != 0 ? 1 + (ctz<u64>(high) >> 3) : 9 + (ctz<u64>(low) >> 3);
  const behind = low != 0 ? clz<u64>(low) >> 3 : high != 0 ? 8 + (clz<u64>(high) >> 3) : 16;
  const from = TEXT + (front as usize);
  const k = 17 - (front as i32) - (behind as i32);
  const n = k + (behind as i32) + exponent; // the value is 0.digits * 10^n
  if (n > 21 || n <= -6) return layOutExponent(at, from, k, n);
  if (n <= 0) {
    store<u64>(at, 0x3030303030302e30); // 0.000000
    Digits.copy(at + 2 - n, from);
    return at + 2 - n + k;
  }
  Digits.copy(at, from);
  if (k > n) {
    // The digits behind the point once more, one place further.
    store<u8>(at + n, 0x2e);
    Digits.copy(at + n + 1, from + n);
    return at + k + 1;
  }
  for (let i = k; i < n; i += 8) store<u64>(at + i, ONES * 0x30);
  return at + n;
}

function layOutExponent(at: usize, from: usize, k: i32, n: i32): usize {
  Digits.copy(at + 1, from);
  store<u8>(at, textByte(from));
  let to = at + 1;
  if (k != 1) {
    store<u8>(to, 0x2e);
    to += k;
  }
  store<u16>(to, n > 0 ? 0x2b65 : 0x2d65); // e+, e-
  return writeWhole((n > 0 ? n - 1 : 1 - n) as u64, to + 2);
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
  // g * 4c * 2^h, exactly, in three words; the ends of the interval lie g * 2 * 2^h beside it, the
  // lower one of a narrow interval half as far. Each is rounded to odd: cut to the highest word,
  // whose last bit is set if anything but the uncertainty of g was cut off.
  const x = (4 * c) << h;
  const carry = Wide.mulHigh(low, x);
  const p0 = low * x;
  const p1 = high * x + carry;
  const p2 = Wide.mulHigh(high, x) + (p1 < carry ? 1 : 0);
  const value = p2 | (p1 > 1 ? 1 : 0);
  let shift = h + 1;
  let d1 = (high << shift) | (low >> (64 - shift));
  const u0 = p0 + (low << shift);
  const c0: u64 = u0 < p0 ? 1 : 0;
  const u1 = p1 + d1;
  const u2 = p2 + (high >> (64 - shift)) + (u1 < p1 ? 1 : 0);
  const v1 = u1 + c0;
  const upper = ((u2 + (v1 < u1 ? 1 : 0)) | (v1 > 1 ? 1 : 0)) - odd;
  if (narrow) {
    shift--;
    d1 = (high << shift) | (low >> (64 - shift));
  }
  const b0: u64 = p0 < low << shift ? 1 : 0;
  const l1 = p1 - d1;
  const l2 = p2 - (high >> (64 - shift)) - (p1 < d1 ? 1 : 0);
  const m1 = l1 - b0;
  const lower = ((l2 - (l1 < b0 ? 1 : 0)) | (m1 > 1 ? 1 : 0)) + odd;
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
