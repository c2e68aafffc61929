/**
 * Decimal text to the nearest double, ties to even, for any number of digits.
 *
 * Three ways, each exact: small significands and powers by one operation (Clinger, "How to read
 * floating point numbers accurately", 1990); up to 19 digits by a 128-bit product (Lemire, "Number
 * parsing at a gigabyte per second", 2021, without fallback as Mushtak and Lemire proved in 2023);
 * more digits by comparing big integers where those two leave two candidates.
 */

import { textByte } from "../bytes/byte";
import { DOT, MINUS, PLUS, ZERO } from "../bytes/characters";
import { Powers } from "./powers";
import { Wide } from "./wide";
import { compareToHalfway } from "./exact";

/** 10^0 .. 10^22: the powers of ten that are doubles. */
const TENS: usize = memory.data<f64>([
  1, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16, 1e17,
  1e18, 1e19, 1e20, 1e21, 1e22,
]);

const INFINITY_BITS: u64 = 0x7ff0000000000000;
/** Beyond this every exponent means zero or infinity, whatever 64 MiB of digits stand before it. */
const HUGE_EXPONENT: i64 = 1000000000;

/**
 * The double nearest to a JSON number literal; infinity when it is too large. The caller has
 * checked the grammar (RFC 8259 section 6).
 */
export function parseNumber(at: usize, length: u32): f64 {
  const end = at + length;
  const negative = textByte(at) == MINUS;
  let p = at + (negative ? 1 : 0);
  let w: u64 = 0; // the first 19 significant digits
  let digits: u32 = 0; // significant digits seen
  let q: i64 = 0; // decimal exponent of w
  let point = false;
  let lost = false; // a digit other than 0 was left out of w
  for (; p < end; p++) {
    const byte = textByte(p);
    const digit = byte - ZERO;
    if (digit <= 9) {
      if (digits < 19) {
        w = w * 10 + (digit as u64);
        if (w != 0) digits++;
        if (point) q--;
      } else {
        if (digit != 0) lost = true;
        if (!point) q++;
      }
    } else if (byte == DOT) point = true;
    else break; // e or E
  }
  if (p < end) q += exponentAt(p + 1, end);
  const x = w == 0 ? 0 : magnitude(w, q, lost, at, length);
  return negative ? -x : x;
}

/** Reads [+-]digits. */
function exponentAt(at: usize, end: usize): i64 {
  let p = at;
  const sign = textByte(p);
  if (sign == PLUS || sign == MINUS) p++;
  let e: i64 = 0;
  for (; p < end; p++) if (e < HUGE_EXPONENT) e = e * 10 + ((textByte(p) - ZERO) as i64);
  return sign == MINUS ? -e : e;
}

/** w * 10^q, with the whole literal at hand should digits have been lost. */
function magnitude(w: u64, q: i64, lost: bool, at: usize, length: u32): f64 {
  if (!lost) return decimal(w, q);
  // The value lies strictly between w * 10^q and (w + 1) * 10^q. Nineteen digits are finer than a
  // double, so those two round to one double or to two neighbours.
  const low = reinterpret<u64>(decimal(w, q));
  const high = reinterpret<u64>(decimal(w + 1, q));
  if (low == high) return reinterpret<f64>(low);
  const order = compareToHalfway(at, length, low);
  const up = order > 0 || (order == 0 && (low & 1) != 0);
  return reinterpret<f64>(up ? high : low);
}

/** w * 10^q, correctly rounded. */
export function decimal(w: u64, q: i64): f64 {
  if (q >= -22 && q <= 22 && w <= 9007199254740992) {
    // Both operands are exact, so the one rounding is the right one.
    const ten = load<f64>(TENS + (((q < 0 ? -q : q) as usize) << 3));
    return q < 0 ? (w as f64) / ten : (w as f64) * ten;
  }
  if (w == 0 || q < -342) return 0;
  if (q > 308) return Infinity;
  return reinterpret<f64>(eiselLemire(w, q as i32));
}

/** Bits of the double nearest to w * 10^q; w != 0, -342 <= q <= 308. */
function eiselLemire(w: u64, q: i32): u64 {
  const leading = clz<u64>(w);
  w <<= leading;
  const entry = Powers.at(q);
  const power = load<u64>(entry);
  let high = Wide.mulHigh(w, power);
  let low = w * power;
  if ((high & 0x1ff) == 0x1ff) {
    // The bits below the rounding bit are all ones: a carry from the power's low word may come in.
    // The method wants 10^-27 .. 10^-1 rounded up; the table holds them rounded down.
    const lowWord = load<u64>(entry, 8) + (q < 0 && q >= -27 ? 1 : 0);
    const carry = Wide.mulHigh(w, lowWord);
    low += carry;
    if (low < carry) high++;
  }
  const upper = high >> 63;
  const shift = upper + 9; // 64 bits - 52 of the significand - 3
  let m = high >> shift;
  // floor(q * log2(10)) + 63, moved to the exponent of the double.
  let e: i64 = ((((217706 * q) >> 16) + 63 + 1023) as i64) + (upper as i64) - (leading as i64);
  if (e <= 0) {
    // Subnormal: fewer bits of significand.
    if (e <= -63) return 0;
    m >>= (1 - e) as u64;
    m = (m + (m & 1)) >> 1;
    return m; // 2^52 here is the smallest normal number, and its bits say so
  }
  if (low <= 1 && q >= -4 && q <= 23 && (m & 3) == 1 && m << shift == high) m &= ~1; // a tie
  m = (m + (m & 1)) >> 1;
  if (m >= 0x20000000000000) {
    m = 0x10000000000000;
    e++;
  }
  if (e >= 0x7ff) return INFINITY_BITS;
  return ((e as u64) << 52) | (m & 0xfffffffffffff);
}
