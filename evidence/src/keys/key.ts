// Public keys and signatures. docs/spec/keys.md, KEY-1 to KEY-4.
import { concat, sameBytes, sha256, toBase64, toHex } from "@reach-fabric/engine";
import { algorithms } from "./algorithms.ts";
import type { AlgorithmName } from "./algorithms.ts";
import { exactBase64 } from "../encoding/bytes.ts";
import { EvidenceError } from "../errors/errors.ts";

/** A key that signatures are checked with. Its encoding has been checked. */
export interface PublicKey {
  readonly alg: AlgorithmName;
  /** First 16 hex digits of the SHA-256 of `bytes`: for people, never compared instead of them. */
  readonly id: string;
  /** 32 bytes of an Ed25519 key, 65 of a P-256 key. */
  readonly bytes: Uint8Array;
}

/** Signs with a key that it does not show. */
export interface Signer {
  readonly key: PublicKey;
  /** The signature of a message: 64 bytes, or ASN.1 DER for P-256. */
  sign(message: Uint8Array): Uint8Array;
}

/**
 * Enrols bytes as a public key: refused are encodings that are not canonical, points that are not on
 * the curve, and, for Ed25519, every point outside the prime-order group. Under a low-order key one
 * signature is valid for many messages.
 *
 * @throws EvidenceError `REACH-E5201` for the length, `REACH-E5202` for the rest
 *
 * @example
 * publicKey(new Uint8Array(31)); // → throws REACH-E5201
 * publicKey(new Uint8Array(32)); // → throws REACH-E5202
 */
export function publicKey(bytes: Uint8Array, alg: AlgorithmName = "Ed25519"): PublicKey {
  const { publicSize, isSafe } = algorithms[alg];
  if (bytes.length !== publicSize) {
    const what = `a public key of ${alg} has ${publicSize} bytes, not ${bytes.length}`;
    throw new EvidenceError("REACH-E5201", what);
  }
  const known = lastEnrolled;
  if (known?.alg === alg && known.bytes.every((byte, i) => byte === bytes[i])) {
    return { ...known, bytes: bytes.slice() };
  }
  if (!isSafe(bytes)) {
    const what = "the public key is of low order, not on the curve, or not canonical";
    throw new EvidenceError("REACH-E5202", what);
  }
  const id = toHex(sha256(bytes)).slice(0, 16);
  lastEnrolled = { alg, id, bytes: bytes.slice() };
  return { ...lastEnrolled, bytes: bytes.slice() };
}

/** Files come in series from one signer, and the check costs as much as half a signature. */
let lastEnrolled: PublicKey | undefined;

/**
 * True for the same key: its algorithm and all of its bytes, never its id.
 *
 * @example
 * const { run } = openEvidence(engine, bytes);
 * sameKey(run.key, publicKeyOf(keyFile)); // → true
 */
export const sameKey = (a: PublicKey, b: PublicKey): boolean =>
  a.alg === b.alg &&
  a.bytes.length === algorithms[a.alg].publicSize &&
  a.bytes.length === b.bytes.length &&
  a.bytes.every((byte, i) => byte === b.bytes[i]);

/** True if the signature is one of this key, by the key's algorithm. Never throws. */
export const isSignature = (key: PublicKey, message: Uint8Array, signature: Uint8Array): boolean =>
  algorithms[key.alg].verify(signature, message, key.bytes);

/** The signature that another program has made with this key, in the one form that isSignature() takes. */
export const normalSignature = ({ alg }: PublicKey, signature: Uint8Array): Uint8Array =>
  algorithms[alg].normalized(signature);

/**
 * Requires a key of an algorithm: evidence, notes and logs have Ed25519, packs P-256.
 *
 * @throws EvidenceError `REACH-E5206`
 */
export function requireAlgorithm(
  { alg, id }: PublicKey,
  wanted: AlgorithmName,
  what: string,
): void {
  if (alg === wanted) return;
  throw new EvidenceError(
    "REACH-E5206",
    `${what} takes a key of ${wanted}, ${id} is one of ${alg}`,
  );
}

/**
 * The key as PEM, for openssl and cosign.
 *
 * @example
 * publicKeyPem(publicKeyOf(keyFile)).split("\n")[0]; // → "-----BEGIN PUBLIC KEY-----"
 */
export function publicKeyPem({ alg, bytes }: PublicKey): string {
  const der = toBase64(concat([algorithms[alg].spki, bytes]));
  const lines = der.match(/.{1,64}/g) ?? [];
  return `-----BEGIN PUBLIC KEY-----\n${lines.join("\n")}\n-----END PUBLIC KEY-----\n`;
}

const PEM = /^-----BEGIN PUBLIC KEY-----\r?\n([A-Za-z0-9+/=\r\n]+)-----END PUBLIC KEY-----\s*$/;

/**
 * The public key in a PEM text, as openssl and cosign write it; undefined where the text is no PEM of a public key.
 *
 * @throws EvidenceError `REACH-E5201` a key of another algorithm, `REACH-E5202` as publicKey() does
 */
export function publicKeyOfPem(text: string): PublicKey | undefined {
  const base64 = PEM.exec(text)?.[1]?.replaceAll(/[\r\n]/g, "");
  if (base64 === undefined) return undefined;
  const der = exactBase64(base64) ?? new Uint8Array();
  for (const alg of Object.keys(algorithms) as AlgorithmName[]) {
    const { spki, publicSize } = algorithms[alg];
    const isOne =
      der.length === spki.length + publicSize && sameBytes(der.subarray(0, spki.length), spki);
    if (isOne) return publicKey(der.subarray(spki.length), alg);
  }
  throw new EvidenceError("REACH-E5201", "the PEM is not that of a public key of P-256 or Ed25519");
}
