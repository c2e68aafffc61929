// Bytes and base64 in the one spelling that evidence allows.
import { fromBase64, toBase64 } from "@reach-fabric/engine";

/**
 * The offset of the first difference, the shorter length where one begins the other, or -1.
 *
 * @example
 * firstDifferentByte(utf8("score"), utf8("scope")); // → 3
 * firstDifferentByte(utf8("score"), utf8("score")); // → -1
 */
export function firstDifferentByte(a: Uint8Array, b: Uint8Array): number {
  const shared = Math.min(a.length, b.length);
  for (let i = 0; i < shared; i++) if (a[i] !== b[i]) return i;
  return a.length === b.length ? -1 : shared;
}

/**
 * The bytes of a base64 text if it is the one text that toBase64() writes for them, undefined otherwise:
 * several spellings of one signature would be several files about one run.
 */
export function exactBase64(text: string): Uint8Array<ArrayBuffer> | undefined {
  let bytes: Uint8Array<ArrayBuffer>;
  try {
    bytes = fromBase64(text);
  } catch {
    return undefined;
  }
  return toBase64(bytes) === text ? bytes : undefined;
}
