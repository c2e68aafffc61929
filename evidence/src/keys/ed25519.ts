// Ed25519 signatures. Verifiers disagree about edge cases, so one library decides; but most signatures are
// plain ones, and to those the platform says yes many times faster. Its no is never asked about. That its yes
// implies the library's, so that the verdict is the same everywhere:
//
// - The library wants y < p in A and R, S < L and A not of small order. That is required here, of bytes,
//   before the platform is asked.
// - The platform computes [S]B - [k]A and compares its one encoding with R: so R is the encoding of that
//   point, and [S]B = R + [k]A, of which the library's equation is eight times both sides.
//
// docs/spec/keys.md, KEY-3.
import { platformAccepts } from "#platform";
import { ed25519 } from "@noble/curves/ed25519.js";
import { concat, fromHex } from "@reach-fabric/engine";

/** DER of SubjectPublicKeyInfo up to the key: RFC 8410. */
export const SPKI: Uint8Array = fromHex("302a300506032b6570032100");

/** Little-endian: the field's prime 2^255 - 19, and the order L of the group, RFC 8032, section 5.1. */
const P = fromHex("edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f");
const L = fromHex("edd3f55c1a631258d69cf7a2def9de1400000000000000000000000000000010");

/** y of the eight points whose order divides 8; a point and its negative have the same one. */
const SMALL_ORDER = [
  "0100000000000000000000000000000000000000000000000000000000000000",
  "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
  "0000000000000000000000000000000000000000000000000000000000000000",
  "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05",
  "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a",
].map((hex) => fromHex(hex));

/** What decides: RFC 8032, canonical encodings only, the cofactored equation. Never throws. */
export function isStrictlyValid(
  signature: Uint8Array,
  message: Uint8Array,
  key: Uint8Array,
): boolean {
  try {
    return ed25519.verify(signature, message, key, { zip215: false });
  } catch {
    return false;
  }
}

/**
 * True only where isStrictlyValid() is true; false says nothing. Never throws.
 *
 * @param signature 64 bytes
 * @param key 32 bytes
 */
export function isPlainlyValid(
  signature: Uint8Array,
  message: Uint8Array,
  key: Uint8Array,
  accepts: typeof platformAccepts = platformAccepts,
): boolean {
  if (signature.length !== 64 || key.length !== 32) return false;
  const a = yOf(key);
  return (
    isBelow(a, P) &&
    isBelow(yOf(signature), P) &&
    isBelow(signature.subarray(32), L) &&
    !SMALL_ORDER.some((y) => y.every((byte, i) => byte === a[i])) &&
    accepts(signature, message, concat([SPKI, key]))
  );
}

/** The first 32 bytes without the sign of x, in memory of their own: slice() of a Buffer would share it. */
function yOf(bytes: Uint8Array): Uint8Array {
  const y = Uint8Array.from(bytes.subarray(0, 32));
  y[31] = (y[31] ?? 0) & 0x7f;
  return y;
}

/** Compares little-endian numbers of 32 bytes. */
function isBelow(a: Uint8Array, b: Uint8Array): boolean {
  for (let i = 31; i >= 0; i--) {
    const [x = 0, y = 0] = [a[i], b[i]];
    if (x !== y) return x < y;
  }
  return false;
}
