// Private keys at rest: scrypt makes a key of a passphrase, AES-256-GCM encrypts with it. docs/spec/keys.md,
// KEY-6.
import { createCipheriv, createDecipheriv, randomBytes, scryptSync } from "node:crypto";
import { toBase64 } from "@reach-fabric/engine";
import type { Sealer } from "@reach-fabric/evidence";
import type { SealedKey } from "@reach-fabric/schema";

/** 128 MiB and some tenths of a second for each guess: RFC 7914, and what OWASP asks for. */
const COST = { n: 131_072, r: 8, p: 1 } as const;

const bytes = (text: string): Buffer => Buffer.from(text, "base64");

function keyOf(passphrase: Uint8Array, { n, r, p, salt }: SealedKey["kdf"]): Buffer {
  const maxmem = 256 * n * r * p;
  return scryptSync(passphrase, bytes(salt), 32, { N: n, r, p, maxmem });
}

/** Seals and opens with one passphrase. */
export function sealerOf(passphrase: Uint8Array): Sealer {
  return {
    seal: (secret, context) => {
      const kdf = { name: "scrypt", ...COST, salt: toBase64(randomBytes(16)) } as const;
      const nonce = randomBytes(12);
      const cipher = createCipheriv("aes-256-gcm", keyOf(passphrase, kdf), nonce);
      cipher.setAAD(context);
      const text = Buffer.concat([cipher.update(secret), cipher.final(), cipher.getAuthTag()]);
      return { kdf, cipher: { name: "AES-256-GCM", nonce: toBase64(nonce), text: toBase64(text) } };
    },
    open: ({ kdf, cipher: { nonce, text } }, context) => {
      const sealed = bytes(text);
      const key = keyOf(passphrase, kdf);
      const cipher = createDecipheriv("aes-256-gcm", key, bytes(nonce), { authTagLength: 16 });
      cipher.setAAD(context);
      cipher.setAuthTag(sealed.subarray(32));
      try {
        return Buffer.concat([cipher.update(sealed.subarray(0, 32)), cipher.final()]);
      } catch {
        return undefined;
      }
    },
  };
}
