/**
 * Functions of numbers, computed in Wasm (AssemblyScript's port of musl) and thus the same on every
 * machine. The last bit may differ from a given C library's.
 */

import { SCRATCH } from "../../bytes/arena";
import {
  ARRAY,
  arrayStorage,
  copyCell,
  NUMBER,
  numberOf,
  setCell,
  setNumber,
  setUsed,
  tagOf,
} from "../../value/cell";
import { outOfMemory } from "../operations/access";
import { DONE, typeError } from "../operations/raise";
import * as E from "./exponentials";
import * as T from "./table";

export function mathOne(id: u32, to: usize, c: usize): i32 {
  if (tagOf(c) != NUMBER) {
    if (id == T.B_ABS) {
      // abs is "negate what is below 0": null and the booleans are below 0.
      if (tagOf(c) < NUMBER) return typeError(c, "cannot be negated");
      copyCell(to, c);
      return DONE;
    }
    return typeError(c, "number required");
  }
  const x = numberOf(c);
  let y: f64 = 0;
  switch (id) {
    case T.B_FLOOR:
      y = floor(x);
      break;
    case T.B_SQRT:
      y = sqrt(x);
      break;
    case T.B_FABS:
      y = abs(x);
      break;
    case T.B_ROUND:
      y = copysign(floor(abs(x) + 0.5) - (floor(abs(x) + 0.5) - abs(x) > 0.5 ? 1 : 0), x);
      break;
    case T.B_CEIL:
      y = ceil(x);
      break;
    case T.B_TRUNC:
      y = trunc(x);
      break;
    case T.B_ABS:
      y = x < 0 ? -x : x;
      break;
    case T.B_LOG:
      y = E.log(x);
      break;
    case T.B_LOG2:
      y = E.log2(x);
      break;
    case T.B_LOG10:
      y = NativeMath.log10(x);
      break;
    case T.B_LOG1P:
      y = NativeMath.log1p(x);
      break;
    case T.B_EXP:
      y = E.exp(x);
      break;
    case T.B_EXP2:
      y = E.exp2(x);
      break;
    case T.B_EXP10:
      y = E.pow(10, x);
      break;
    case T.B_EXPM1:
      y = NativeMath.expm1(x);
      break;
    case T.B_SIN:
      y = NativeMath.sin(x);
      break;
    case T.B_COS:
      y = NativeMath.cos(x);
      break;
    case T.B_TAN:
      y = NativeMath.tan(x);
      break;
    case T.B_ASIN:
      y = NativeMath.asin(x);
      break;
    case T.B_ACOS:
      y = NativeMath.acos(x);
      break;
    case T.B_ATAN:
      y = NativeMath.atan(x);
      break;
    case T.B_SINH:
      y = E.sinh(x);
      break;
    case T.B_COSH:
      y = E.cosh(x);
      break;
    case T.B_TANH:
      y = NativeMath.tanh(x);
      break;
    case T.B_ASINH:
      y = E.asinh(x);
      break;
    case T.B_ACOSH:
      y = E.acosh(x);
      break;
    case T.B_ATANH:
      y = NativeMath.atanh(x);
      break;
    case T.B_CBRT:
      y = NativeMath.cbrt(x);
      break;
    case T.B_SIGNIFICAND:
      y = x == 0 || x != x || abs(x) == Infinity ? x : scale(x, -exponentOf(x));
      break;
    case T.B_LOGB:
      y = x == 0 ? -Infinity : x != x ? x : abs(x) == Infinity ? Infinity : (exponentOf(x) as f64);
      break;
    case T.B_RINT:
    case T.B_NEARBYINT:
      y = nearest(x);
      break;
    case T.B_FREXP: {
      if (x == 0 || x != x || abs(x) == Infinity) return pair(to, x, 0);
      const e = exponentOf(x) + 1;
      return pair(to, scale(x, -e), e as f64);
    }
    default: {
      // modf
      if (abs(x) == Infinity) return pair(to, copysign(0, x), x);
      const whole = trunc(x);
      return pair(to, copysign(x - whole, x), whole);
    }
  }
  setNumber(to, y);
  return DONE;
}

function pair(to: usize, x: f64, y: f64): i32 {
  const at = arrayStorage(SCRATCH, 2);
  if (at == 0) return outOfMemory();
  setNumber(at, x);
  setNumber(at + 16, y);
  setUsed(at, 2);
  setCell(to, ARRAY, 0, 2, at);
  return DONE;
}

/** The exponent e of x = m * 2^e, 1 <= |m| < 2, for finite x other than 0. */
function exponentOf(x: f64): i32 {
  const bits = (reinterpret<u64>(x) >>> 52) & 0x7ff;
  if (bits != 0) return (bits as i32) - 1023;
  return exponentOf(x * 18014398509481984.0) - 54;
}

/** x * 2^e, correctly rounded. */
function scale(x: f64, e: i32): f64 {
  return NativeMath.scalbn(x, e);
}

export function mathTwo(id: u32, to: usize, a: usize, b: usize): i32 {
  if (tagOf(a) != NUMBER) return typeError(a, "number required");
  if (tagOf(b) != NUMBER) return typeError(b, "number required");
  const x = numberOf(a);
  const y = numberOf(b);
  let z: f64 = 0;
  switch (id) {
    case T.B_POW:
      z = E.pow(x, y);
      break;
    case T.B_ATAN2:
      z = NativeMath.atan2(x, y);
      break;
    case T.B_FMOD:
      z = NativeMath.mod(x, y);
      break;
    case T.B_LDEXP:
    case T.B_SCALB:
    case T.B_SCALBLN: {
      if (x != x || y != y) z = NaN;
      else z = scale(x, y > 10000 ? 10000 : y < -10000 ? -10000 : (y as i32));
      break;
    }
    case T.B_HYPOT:
      z = NativeMath.hypot(x, y);
      break;
    case T.B_COPYSIGN:
      z = copysign(x, y);
      break;
    case T.B_FMIN:
      z = x != x ? y : y != y ? x : min(x, y);
      break;
    case T.B_FMAX:
      z = x != x ? y : y != y ? x : max(x, y);
      break;
    case T.B_FDIM:
      z = x != x || y != y ? NaN : x > y ? x - y : 0;
      break;
    case T.B_DREM:
    case T.B_REMAINDER:
      z = NativeMath.rem(x, y);
      break;
    default:
      z = following(x, y);
  }
  setNumber(to, z);
  return DONE;
}

/** The double after x on the way to y. */
function following(x: f64, y: f64): f64 {
  if (x != x || y != y) return NaN;
  if (x == y) return y;
  if (x == 0) return copysign(5e-324, y);
  const bits = reinterpret<i64>(x);
  return reinterpret<f64>(x < y == x > 0 ? bits + 1 : bits - 1);
}

export function mathThree(id: u32, to: usize, a: usize, b: usize, c: usize): i32 {
  if (tagOf(a) != NUMBER) return typeError(a, "number required");
  if (tagOf(b) != NUMBER) return typeError(b, "number required");
  if (tagOf(c) != NUMBER) return typeError(c, "number required");
  setNumber(to, fused(numberOf(a), numberOf(b), numberOf(c)));
  return DONE;
}

/** a * b + c, rounded once where a * b is finite and normal (Dekker's product, then a two-sum). */
function fused(a: f64, b: f64, c: f64): f64 {
  const p = a * b;
  const plain = p + c;
  if (!(abs(p) < 1e292 && abs(p) > 1e-250) || !(abs(a) < 1e292 && abs(b) < 1e292 && abs(c) < 1e300))
    return plain;
  const a1 = a * 134217729.0 - (a * 134217729.0 - a);
  const a2 = a - a1;
  const b1 = b * 134217729.0 - (b * 134217729.0 - b);
  const b2 = b - b1;
  const low = a2 * b2 - (p - a1 * b1 - a2 * b1 - a1 * b2);
  const t = plain - p;
  const rest = p - (plain - t) + (c - t);
  return plain + (rest + low);
}
