// What Node has of its own. browser.ts is its counterpart.
import { createPublicKey, verify } from "node:crypto";
import type { KeyObject } from "node:crypto";

/** DER of SubjectPublicKeyInfo up to the key: RFC 8410. */
const SPKI = Buffer.from("302a300506032b6570032100", "hex");

/** True if OpenSSL takes the Ed25519 signature: [S]B - [k]A, encoded, is R, byte for byte. Never throws. */
export function platformAccepts(
  signature: Uint8Array,
  message: Uint8Array,
  key: Uint8Array,
): boolean {
  try {
    const der = Buffer.concat([SPKI, key]);
    if (last?.der.equals(der) !== true) {
      last = { der, key: createPublicKey({ key: der, format: "der", type: "spki" }) };
    }
    return verify(null, message, last.key, signature);
  } catch {
    return false;
  }
}

/** Files come in series from one signer. */
let last: { readonly der: Buffer; readonly key: KeyObject } | undefined;
