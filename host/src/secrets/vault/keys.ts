// The keys of a vault, which follow from its passphrase (VAULT-2).
import { createHmac, hkdfSync, randomBytes, scrypt } from "node:crypto";
import { promisify } from "node:util";
import { toBase64 } from "@reach-fabric/engine";
import type { ScryptParameters } from "@reach-fabric/schema";

/** What opens and seals a vault. Never to be shown. */
export interface VaultKeys {
  readonly kdf: ScryptParameters;
  /** Seals entries. */
  readonly entry: Uint8Array;
  /** Authenticates the file as a whole. */
  readonly list: Uint8Array;
  /** Seals what runs have got. */
  readonly got: Uint8Array;
  /** Tells another passphrase from a file that was changed. */
  readonly check: Uint8Array;
}

/** Bytes that nothing foretells; tests give their own. */
export type RandomBytes = (size: number) => Uint8Array;
export const unpredictable: RandomBytes = (size) => new Uint8Array(randomBytes(size));

/** 128 MiB and some tenths of a second for each guess: RFC 7914, and what OWASP asks for. */
const COST = { n: 131_072, r: 8, p: 1 } as const;

/** The parameters of a new vault. */
export const newScrypt = (random: RandomBytes): ScryptParameters => ({
  name: "scrypt",
  ...COST,
  salt: toBase64(random(16)),
});

const stretch = promisify<
  Uint8Array,
  Uint8Array,
  number,
  { N: number; r: number; p: number; maxmem: number },
  Buffer
>(scrypt);

/** The keys that follow from a passphrase. The parameters are those of the schema: no file asks for more than 1 GiB. */
export async function vaultKeys(passphrase: Uint8Array, kdf: ScryptParameters): Promise<VaultKeys> {
  const { n, r, p, salt } = kdf;
  const maxmem = 256 * n * r * p;
  const key = await stretch(passphrase, Buffer.from(salt, "base64"), 32, { N: n, r, p, maxmem });
  const sub = (use: string): Uint8Array =>
    new Uint8Array(hkdfSync("sha256", key, "", `reach/vault/v1 ${use}`, 32));
  return { kdf, entry: sub("entry"), list: sub("list"), got: sub("got"), check: sub("check") };
}

/** HMAC-SHA-256. */
export const macOf = (key: Uint8Array, text: Uint8Array | string): Buffer =>
  createHmac("sha256", key).update(text).digest();
