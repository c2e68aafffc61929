/**
 * The exact comparison behind parse.ts: is a decimal literal above or below the middle between a
 * double and the next? Big integers in two static scratch areas; only literals of more than 19
 * digits that lie within 10^-18 of a middle come here.
 *
 *     area: u32 limbs, least significant first; its length is kept by whoever works on it
 */

import { textByte } from "../bytes/byte";
import { DOT, MINUS, PLUS, ZERO } from "../bytes/characters";

/** A middle has at most 767 significant digits: what follows the 800th only matters as not 0. */
const MOST_DIGITS: u32 = 800;
/** Limbs: 801 digits are 2661 bits, and 5^1142 * 2^54 has 2706. */
const LIMBS: u32 = 256;

const left: usize = memory.data(1024, 16);
const right: usize = memory.data(1024, 16);
let leftLimbs: u32 = 0;
let rightLimbs: u32 = 0;

/** Sign of (|literal| - middle between the positive double `low` and its successor). */
export function compareToHalfway(at: usize, length: u32, low: u64): i32 {
  const q = readDigits(at, at + length);
  // The middle is (2m + 1) * 2^(e - 1).
  const biased = (low >> 52) as i32;
  const m = (low & 0xfffffffffffff) | (biased == 0 ? 0 : 0x10000000000000);
  const e = (biased == 0 ? 1 : biased) - 1075 - 1;
  store<u32>(right, (2 * m + 1) as u32);
  store<u32>(right, ((2 * m + 1) >> 32) as u32, 4);
  rightLimbs = 2;
  // digits * 10^q against middle * 2^e: powers move to the side where they are whole.
  if (q >= 0) leftLimbs = timesFive(left, leftLimbs, q as u32);
  else rightLimbs = timesFive(right, rightLimbs, -q as u32);
  const twos = q - e;
  if (twos >= 0) leftLimbs = timesTwo(left, leftLimbs, twos as u32);
  else rightLimbs = timesTwo(right, rightLimbs, -twos as u32);
  return compareLimbs();
}

/** Puts the significant digits into `left` as an integer and returns their decimal exponent. */
function readDigits(at: usize, end: usize): i32 {
  let q: i64 = 0;
  let digits: u32 = 0;
  let point = false;
  let lost = false;
  let part: u32 = 0;
  let scale: u32 = 1;
  leftLimbs = 0;
  let p = at;
  for (; p < end; p++) {
    const byte = textByte(p);
    const digit = byte - ZERO;
    if (digit <= 9) {
      if (digits < MOST_DIGITS) {
        if (digit != 0 || digits != 0) digits++;
        part = part * 10 + digit;
        scale *= 10;
        if (scale == 1000000000) {
          leftLimbs = timesPlus(left, leftLimbs, scale, part);
          part = 0;
          scale = 1;
        }
        if (point) q--;
      } else {
        if (digit != 0) lost = true;
        if (!point) q++;
      }
    } else if (byte == DOT) point = true;
    else if (byte != MINUS) break; // e or E
  }
  if (scale != 1) leftLimbs = timesPlus(left, leftLimbs, scale, part);
  if (lost) {
    leftLimbs = timesPlus(left, leftLimbs, 10, 1);
    q--;
  }
  if (p < end) {
    const sign = textByte(p + 1);
    let e: i64 = 0;
    for (p += sign == PLUS || sign == MINUS ? 2 : 1; p < end; p++) {
      if (e < 1000000000) e = e * 10 + ((textByte(p) - ZERO) as i64);
    }
    q += sign == MINUS ? -e : e;
  }
  return q as i32;
}

/** area * factor + add. */
function timesPlus(area: usize, limbs: u32, factor: u32, add: u32): u32 {
  let carry = add as u64;
  for (let i: u32 = 0; i < limbs; i++) {
    const limb = area + ((i as usize) << 2);
    carry += (load<u32>(limb) as u64) * (factor as u64);
    store<u32>(limb, carry as u32);
    carry >>= 32;
  }
  if (carry != 0) {
    if (limbs == LIMBS) unreachable();
    store<u32>(area + ((limbs as usize) << 2), carry as u32);
    limbs++;
  }
  return limbs;
}

function timesFive(area: usize, limbs: u32, power: u32): u32 {
  for (; power >= 13; power -= 13) limbs = timesPlus(area, limbs, 1220703125, 0);
  for (; power > 0; power--) limbs = timesPlus(area, limbs, 5, 0);
  return limbs;
}

function timesTwo(area: usize, limbs: u32, power: u32): u32 {
  const words = power >>> 5;
  if (limbs + words > LIMBS) unreachable();
  if (words != 0) {
    memory.copy(area + ((words as usize) << 2), area, (limbs as usize) << 2);
    memory.fill(area, 0, (words as usize) << 2);
    limbs += words;
  }
  return timesPlus(area, limbs, 1 << (power & 31), 0);
}

function compareLimbs(): i32 {
  let n = leftLimbs > rightLimbs ? leftLimbs : rightLimbs;
  while (n > 0) {
    n--;
    const x = n < leftLimbs ? load<u32>(left + ((n as usize) << 2)) : 0;
    const y = n < rightLimbs ? load<u32>(right + ((n as usize) << 2)) : 0;
    if (x != y) return x < y ? -1 : 1;
  }
  return 0;
}
