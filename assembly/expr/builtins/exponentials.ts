/**
 * exp, log and pow and what is made of them. AssemblyScript's NativeMath chooses between two
 * algorithms by how far the build is shrunk: builds would differ in the last bit. Here it is always
 * the one with tables, which is exact in all but rare cases.
 */

import { exp2_lut, exp_lut, log2_lut, log_lut, pow_lut } from "util/math";

const LN2 = NativeMath.LN2;
/** exp() of more is infinite. */
const LARGEST: f64 = 709.782712893384;

export function exp(x: f64): f64 {
  return exp_lut(x);
}
export function exp2(x: f64): f64 {
  return exp2_lut(x);
}
export function log(x: f64): f64 {
  return log_lut(x);
}
export function log2(x: f64): f64 {
  return log2_lut(x);
}
/** C's pow, which unlike ECMAScript's has 1 for 1^NaN and (-1)^infinity. */
export function pow(x: f64, y: f64): f64 {
  if (x == 1 || (x == -1 && abs(y) == Infinity)) return 1;
  return pow_lut(x, y);
}

/** exp(x) / 2 for x near and above LARGEST, where exp(x) itself is infinite. */
function halfExp(x: f64): f64 {
  const half = exp(x * 0.5);
  return 0.5 * half * half;
}

export function cosh(x: f64): f64 {
  const a = abs(x);
  if (a < LN2) {
    const t = NativeMath.expm1(a);
    return 1 + (t * t) / (2 * (1 + t));
  }
  if (!(a < LARGEST)) return halfExp(a);
  const t = exp(a);
  return 0.5 * (t + 1 / t);
}

export function sinh(x: f64): f64 {
  const a = abs(x);
  const sign = copysign(0.5, x);
  if (a < LARGEST) {
    const t = NativeMath.expm1(a);
    if (a < 1) return a < 2e-8 ? x : sign * (2 * t - (t * t) / (t + 1));
    return sign * (t + t / (t + 1));
  }
  return 2 * sign * halfExp(a);
}

/** Above this, x * x + 1 is x * x. */
const WIDE: f64 = 67108864;

export function asinh(x: f64): f64 {
  const a = abs(x);
  let y: f64;
  if (a >= WIDE) y = log(a) + LN2;
  else if (a >= 2) y = log(2 * a + 1 / (sqrt(a * a + 1) + a));
  else if (a >= 2e-8) y = NativeMath.log1p(a + (a * a) / (sqrt(a * a + 1) + 1));
  else return x;
  return copysign(y, x);
}

export function acosh(x: f64): f64 {
  if (x < 2) return NativeMath.log1p(x - 1 + sqrt((x - 1) * (x - 1) + 2 * (x - 1)));
  if (x < WIDE) return log(2 * x - 1 / (x + sqrt(x * x - 1)));
  return log(x) + LN2;
}
