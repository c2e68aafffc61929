// What Node has of its own. browser.ts is its counterpart.
import { createPublicKey, verify } from "node:crypto";
import type { KeyObject } from "node:crypto";

/**
 * True if OpenSSL takes the Ed25519 signature: [S]B - [k]A, encoded, is R, byte for byte. Never throws.
 *
 * @param spki the key as DER of SubjectPublicKeyInfo, RFC 8410
 */
export function platformAccepts(
  signature: Uint8Array,
  message: Uint8Array,
  spki: Uint8Array,
): boolean {
  try {
    if (last?.der.equals(spki) !== true) {
      const der = Buffer.from(spki);
      last = { der, key: createPublicKey({ key: der, format: "der", type: "spki" }) };
    }
    return verify(null, message, last.key, signature);
  } catch {
    return false;
  }
}

/** Files come in series from one signer. */
let last: { readonly der: Buffer; readonly key: KeyObject } | undefined;
