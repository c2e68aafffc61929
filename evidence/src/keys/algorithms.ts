// The two signature algorithms. Which one is meant is said by the key, never by what it has signed.
// docs/spec/keys.md, KEY-1 to KEY-4.
//
// Ed25519 verifiers disagree about edge cases, and so do ECDSA decoders: one pinned implementation
// serves Node and browsers. @noble/curves with zip215 off is RFC 8032 with canonical encodings only;
// of ECDSA signatures, which have two values of S and many encodings, one of each is taken. A platform that
// is faster may say yes in its place, where that yes implies the library's: ed25519.ts.
import { ed25519 } from "@noble/curves/ed25519.js";
import { p256 } from "@noble/curves/nist.js";
import { fromHex } from "@reach-fabric/engine";
import { isPlainlyValid, isStrictlyValid, SPKI } from "./ed25519.ts";

export type AlgorithmName = "Ed25519" | "P-256";

/** What a key of an algorithm can do. Nothing here throws for bytes of the right size. */
export interface Algorithm {
  readonly publicSize: number;
  readonly secretSize: 32;
  /** Whether bytes are a public key under which a signature says anything, in its one encoding. */
  readonly isSafe: (key: Uint8Array) => boolean;
  readonly isSecret: (secret: Uint8Array) => boolean;
  readonly publicOf: (secret: Uint8Array) => Uint8Array;
  readonly sign: (message: Uint8Array, secret: Uint8Array) => Uint8Array;
  readonly verify: (signature: Uint8Array, message: Uint8Array, key: Uint8Array) => boolean;
  /**
   * The one form that Reach takes of a signature that another program has made; bytes that are none stay as they
   * are. Of an ECDSA signature there are two, and programs give either.
   */
  readonly normalized: (signature: Uint8Array) => Uint8Array;
  /** DER of SubjectPublicKeyInfo up to the key itself: RFC 8410, RFC 5480. */
  readonly spki: Uint8Array;
}

// A file is mostly verified by a process of its own: the table of the base point's multiples costs more than
// the signature if its window has the library's 6 bits, and one of 4 bits serves as well in the long run.
for (const { Point } of [ed25519, p256]) Point.BASE.precompute(4);

const ECDSA = { prehash: true, lowS: true, format: "der" } as const;

const ed25519Keys: Algorithm = {
  publicSize: 32,
  secretSize: 32,
  isSafe: (key) => {
    try {
      const point = ed25519.Point.fromBytes(key, false);
      return !point.isSmallOrder() && point.isTorsionFree();
    } catch {
      return false;
    }
  },
  isSecret: () => true,
  publicOf: (secret) => ed25519.getPublicKey(secret),
  sign: (message, secret) => ed25519.sign(message, secret),
  verify: (signature, message, key) =>
    isPlainlyValid(signature, message, key) || isStrictlyValid(signature, message, key),
  normalized: (signature) => signature,
  spki: SPKI,
};

/** ECDSA over SHA-256, signatures as ASN.1 DER: what cosign and DSSE have. RFC 6979, low S. */
const p256Keys: Algorithm = {
  publicSize: 65,
  secretSize: 32,
  isSafe: (key) => {
    try {
      p256.Point.fromBytes(key).assertValidity();
      return true;
    } catch {
      return false;
    }
  },
  isSecret: (secret) => p256.utils.isValidSecretKey(secret),
  publicOf: (secret) => p256.getPublicKey(secret, false),
  sign: (message, secret) => p256.sign(message, secret, ECDSA),
  verify: (signature, message, key) => {
    if (signature.length > 72) return false;
    try {
      return p256.verify(signature, message, key, ECDSA);
    } catch {
      return false;
    }
  },
  normalized: (signature) => {
    try {
      const { r, s } = p256.Signature.fromBytes(signature, "der");
      const low = s > p256.Point.Fn.ORDER / 2n ? p256.Point.Fn.ORDER - s : s;
      return new p256.Signature(r, low).toBytes("der");
    } catch {
      return signature;
    }
  },
  spki: fromHex("3059301306072a8648ce3d020106082a8648ce3d030107034200"),
};

export const algorithms: Readonly<Record<AlgorithmName, Algorithm>> = {
  Ed25519: ed25519Keys,
  "P-256": p256Keys,
};
