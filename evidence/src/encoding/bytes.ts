// Bytes and base64 in the one spelling that evidence allows.

/** All parts in one array. */
export function concat(parts: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const whole = new Uint8Array(parts.reduce((size, part) => size + part.length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}

const DIGITS = Uint8Array.from("0123456789abcdef", (digit) => digit.charCodeAt(0));

/** Writes bytes as lower-case hex into a buffer from `at` on, and returns where it ends. */
export function hexInto(bytes: Uint8Array, target: Uint8Array, at: number): number {
  let to = at;
  for (let i = 0; i < bytes.length; i++) {
    const byte = bytes[i] as number;
    target[to++] = DIGITS[byte >> 4] as number;
    target[to++] = DIGITS[byte & 15] as number;
  }
  return to;
}

/** The offset of the first difference, the shorter length where one begins the other, or -1. */
export function firstDifferentByte(a: Uint8Array, b: Uint8Array): number {
  const shared = Math.min(a.length, b.length);
  for (let i = 0; i < shared; i++) if (a[i] !== b[i]) return i;
  return a.length === b.length ? -1 : shared;
}

/** RFC 4648 base64 with padding. For keys, signatures and statements: a few kilobytes. */
export function toBase64(bytes: Uint8Array): string {
  let binary = "";
  for (let i = 0; i < bytes.length; i++) binary += String.fromCharCode(bytes[i] as number);
  return btoa(binary);
}

/**
 * The bytes of a base64 text if it is the one text that {@link toBase64} writes for them, undefined
 * otherwise: several spellings of one signature would be several files about one run.
 */
export function fromBase64(text: string): Uint8Array<ArrayBuffer> | undefined {
  let binary: string;
  try {
    binary = atob(text);
  } catch {
    return undefined;
  }
  if (btoa(binary) !== text) return undefined;
  const bytes = new Uint8Array(binary.length);
  for (let i = 0; i < bytes.length; i++) bytes[i] = binary.charCodeAt(i);
  return bytes;
}
