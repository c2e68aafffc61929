/** multipleOf (JSON Schema Validation 6.2.1), of the decimals that the two doubles are written as. */

import { decimalDigits, decimalExponent } from "../json/format";

/**
 * Is x a multiple of m > 0? 19.99 is one of 0.01, although the quotient of the doubles is no integer:
 * what counts is what stands in the document.
 */
export function isMultiple(x: f64, m: f64): bool {
  if (x == 0) return true;
  const a = decimalDigits(x);
  const aPower = decimalExponent();
  let b = decimalDigits(m);
  const bPower = decimalExponent();
  let rest = a % b;
  if (aPower >= bPower) {
    // Of a * 10^n, below 10^17 * 10 at each step.
    for (let i = aPower - bPower; i > 0 && rest != 0; i--) rest = (rest * 10) % b;
    return rest == 0;
  }
  for (let i = bPower - aPower; i > 0; i--) {
    b *= 10;
    if (b > a) return false;
  }
  return a % b == 0;
}
