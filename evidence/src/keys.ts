// Ed25519 keys: making, reading, signing, verifying. docs/spec/evidence.md, EVID-20 to EVID-23.
//
// Ed25519 verifiers disagree about edge cases, so one pinned implementation serves Node and
// browsers: @noble/curves with zip215 off, which is RFC 8032 with canonical encodings only.
import { ed25519 } from "@noble/curves/ed25519.js";
import { sha256, toHex } from "@reach-fabric/engine";
import type { Engine, Text } from "@reach-fabric/engine";
import { keyFile } from "@reach-fabric/schema";
import type { KeyFile } from "@reach-fabric/schema";
import { fromBase64, toBase64 } from "./bytes.ts";
import { EvidenceError } from "./errors.ts";
import { inShape } from "./json.ts";

/** A key that signatures are checked with. Whoever holds one of these may rely on its encoding. */
export interface PublicKey {
  readonly alg: "Ed25519";
  /** First 16 hex digits of the SHA-256 of `bytes`: for people, never compared instead of them. */
  readonly id: string;
  /** 32 bytes. */
  readonly bytes: Uint8Array;
}

/** Signs with a key that it does not show. */
export interface Signer {
  readonly key: PublicKey;
  /** The signature of a message, 64 bytes. */
  sign(message: Uint8Array): Uint8Array;
}

/** A key file with its private part. */
export type PrivateKeyFile = KeyFile & { private: string };

/**
 * A new Ed25519 key as two key files: `private` to sign with, `public` to hand out.
 *
 * @param random gives so many random bytes, from a source that is fit for keys
 *
 * @example
 * const { private: secret, public: shared } = newKey((n) => crypto.getRandomValues(new Uint8Array(n)));
 */
export function newKey(random: (size: number) => Uint8Array): {
  private: PrivateKeyFile;
  public: KeyFile;
} {
  const seed = random(32);
  if (seed.length !== 32 || seed.every((byte) => byte === seed[0])) {
    throw new EvidenceError("REACH-E5201", "the source of randomness gave no 32 random bytes");
  }
  const key = publicKey(ed25519.getPublicKey(seed));
  const shared = publicKeyFile(key);
  return { private: { ...shared, private: toBase64(seed) }, public: shared };
}

/** The key file of a public key. */
export const publicKeyFile = ({ alg, id, bytes }: PublicKey): KeyFile => ({
  format: "reach/key/v1",
  alg,
  id,
  public: toBase64(bytes),
});

/**
 * The key file in a JSON text, its members checked and its key enrolled as {@link publicKey} does.
 *
 * @throws EvidenceError `REACH-E5201` not a key file, `REACH-E5202` a key that is not safe,
 *   `REACH-E5203` its parts do not belong together
 */
export function readKeyFile(engine: Pick<Engine, "canonicalize">, text: Text): KeyFile {
  let value: unknown;
  try {
    value = JSON.parse(new TextDecoder().decode(engine.canonicalize(text)));
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : "it is not JSON";
    throw new EvidenceError("REACH-E5201", `not a key file: ${why}`, { cause });
  }
  const file = inShape(keyFile, value, "the key file", "REACH-E5201");
  publicKeyOf(file);
  if (file.private !== undefined) signerOf(file);
  return file;
}

/**
 * The public key of a key file.
 *
 * @throws EvidenceError `REACH-E5201`, `REACH-E5202`, `REACH-E5203` as readKeyFile() does
 */
export function publicKeyOf(file: KeyFile): PublicKey {
  const bytes = fromBase64(file.public);
  if (bytes === undefined) throw new EvidenceError("REACH-E5201", "the public key is not base64");
  const key = publicKey(bytes);
  if (key.id !== file.id) {
    throw new EvidenceError("REACH-E5203", `the key file says ${file.id}, its key is ${key.id}`);
  }
  return key;
}

/**
 * A signer with the private key of a key file.
 *
 * @throws EvidenceError `REACH-E5204` there is none; `REACH-E5203` it is that of another key
 */
export function signerOf(file: KeyFile): Signer {
  const key = publicKeyOf(file);
  if (file.private === undefined) {
    throw new EvidenceError("REACH-E5204", `the key file of ${key.id} has no private key`);
  }
  const seed = fromBase64(file.private);
  if (seed?.length !== 32) throw new EvidenceError("REACH-E5201", "the private key is not base64");
  if (!sameKey(publicKey(ed25519.getPublicKey(seed)), key)) {
    throw new EvidenceError("REACH-E5203", `the private key is not that of ${key.id}`);
  }
  return { key, sign: (message) => ed25519.sign(message, seed) };
}

/**
 * Enrols 32 bytes as a public key: refused are encodings that are not canonical, points that are
 * not on the curve, and every point outside the prime-order group. Under a low-order key one
 * signature is valid for many messages.
 *
 * @throws EvidenceError `REACH-E5201` for the length, `REACH-E5202` for the rest
 */
export function publicKey(bytes: Uint8Array): PublicKey {
  if (bytes.length !== 32) {
    throw new EvidenceError("REACH-E5201", `a public key has 32 bytes, not ${bytes.length}`);
  }
  if (lastEnrolled !== undefined && lastEnrolled.bytes.every((byte, i) => byte === bytes[i])) {
    return { ...lastEnrolled, bytes: bytes.slice() };
  }
  if (!isSafePoint(bytes)) {
    throw new EvidenceError("REACH-E5202", "the public key is of low order, or not canonical");
  }
  const id = toHex(sha256(bytes)).slice(0, 16);
  lastEnrolled = { alg: "Ed25519", id, bytes: bytes.slice() };
  return { ...lastEnrolled, bytes: bytes.slice() };
}

/** Files come in series from one signer, and the check costs as much as half a signature. */
let lastEnrolled: PublicKey | undefined;

function isSafePoint(bytes: Uint8Array): boolean {
  try {
    const point = ed25519.Point.fromBytes(bytes, false);
    return !point.isSmallOrder() && point.isTorsionFree();
  } catch {
    return false;
  }
}

/** True for the same key: all of its bytes, never its id. */
export const sameKey = (a: PublicKey, b: PublicKey): boolean =>
  a.alg === b.alg && a.bytes.length === 32 && a.bytes.every((byte, i) => byte === b.bytes[i]);

/** True if the signature is valid: strict RFC 8032. Never throws. */
export function isSignature(key: PublicKey, message: Uint8Array, signature: Uint8Array): boolean {
  if (signature.length !== 64) return false;
  try {
    return ed25519.verify(signature, message, key.bytes, { zip215: false });
  } catch {
    return false;
  }
}

/** DER of SubjectPublicKeyInfo for Ed25519 up to the key itself: RFC 8410. */
const SPKI = Uint8Array.of(0x30, 0x2a, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x03, 0x21, 0x00);

/** The key as PEM, for openssl and cosign. */
export function publicKeyPem({ bytes }: PublicKey): string {
  const der = toBase64(Uint8Array.of(...SPKI, ...bytes));
  return `-----BEGIN PUBLIC KEY-----\n${der}\n-----END PUBLIC KEY-----\n`;
}
