// Texts sealed under a key of a vault: AES-256-GCM, bound to what they are about (VAULT-4).
import { createCipheriv, createDecipheriv } from "node:crypto";
import { canonicalizeValue, toBase64 } from "@reach-fabric/engine";
import type { RandomBytes } from "./keys.ts";

/** As it stands in a file, in base64. */
export interface SealedText {
  readonly nonce: string;
  /** Sealed, with a tag of 16 bytes behind it. */
  readonly text: string;
}

const TAG = 16;
/** What is sealed has a multiple of so many bytes: its length says little. */
const BLOCK = 64;

/** Seals JSON, with spaces behind it. */
export function sealJson(
  key: Uint8Array,
  value: unknown,
  about: readonly (string | number)[],
  random: RandomBytes,
): SealedText {
  const json = Buffer.from(JSON.stringify(value));
  const plain = Buffer.alloc(Math.ceil(json.length / BLOCK) * BLOCK, " ");
  json.copy(plain);
  const nonce = random(12);
  const cipher = createCipheriv("aes-256-gcm", key, nonce, { authTagLength: TAG });
  cipher.setAAD(canonicalizeValue(about));
  const text = Buffer.concat([cipher.update(plain), cipher.final(), cipher.getAuthTag()]);
  return { nonce: toBase64(nonce), text: toBase64(text) };
}

/** What was sealed; undefined where it is not that, or about something else. */
export function openJson(
  key: Uint8Array,
  { nonce, text }: SealedText,
  about: readonly (string | number)[],
): unknown {
  const sealed = Buffer.from(text, "base64");
  if (sealed.length < TAG) return undefined;
  const cipher = createDecipheriv("aes-256-gcm", key, Buffer.from(nonce, "base64"), {
    authTagLength: TAG,
  });
  cipher.setAAD(canonicalizeValue(about));
  cipher.setAuthTag(sealed.subarray(-TAG));
  try {
    const plain = Buffer.concat([cipher.update(sealed.subarray(0, -TAG)), cipher.final()]);
    return JSON.parse(plain.toString("utf8")) as unknown;
  } catch {
    return undefined;
  }
}
