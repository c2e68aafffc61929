/** Bytes, hex and base64 without the help of any one host. */

/** Text as its UTF-8, or the bytes themselves. */
export type Text = string | Uint8Array;

const encoder = new TextEncoder();
const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/** The UTF-8 of a well-formed text (a lone surrogate would become U+FFFD: check before). */
export const utf8 = (text: string): Uint8Array<ArrayBuffer> => encoder.encode(text);

/** The text of UTF-8 bytes, with nothing repaired or removed. Throws a TypeError otherwise. */
export const fromUtf8 = (bytes: Uint8Array): string => decoder.decode(bytes);

/** Writes the UTF-8 of a well-formed text into `target`, which has room for it. */
export const utf8Into = (text: string, target: Uint8Array): number =>
  encoder.encodeInto(text, target).written;

/** Index of the first lone surrogate of a text, or -1. */
export function loneSurrogate(text: string): number {
  if (text.isWellFormed()) return -1;
  for (let i = 0; i < text.length; i++) {
    const unit = text.codePointAt(i) ?? 0;
    if (unit > 0xffff) i++;
    else if (unit >= 0xd800 && unit <= 0xdfff) return i;
  }
  return -1;
}

/** The digits of a byte: two character codes. */
const DIGITS = Uint8Array.from({ length: 512 }, (_, i) =>
  "0123456789abcdef".charCodeAt(i % 2 === 0 ? i >> 5 : (i >> 1) & 15),
);
/** So many bytes at a time: arguments of a call are bounded. */
const HEX_CHUNK = 4096;

/**
 * Lower-case hex of bytes.
 *
 * @example toHex(Uint8Array.of(0, 255)); // → "00ff"
 */
export function toHex(bytes: Uint8Array): string {
  // In one piece: text that is put together digit by digit costs ten times its size.
  let text = "";
  for (let from = 0; from < bytes.length; from += HEX_CHUNK) {
    const part = bytes.subarray(from, from + HEX_CHUNK);
    const codes = new Uint8Array(2 * part.length);
    for (let i = 0; i < part.length; i++) {
      const at = 2 * (part[i] as number);
      codes[2 * i] = DIGITS[at] as number;
      codes[2 * i + 1] = DIGITS[at + 1] as number;
    }
    text += String.fromCharCode.apply(null, codes as unknown as number[]);
  }
  return text;
}

/**
 * The bytes of a hex text; upper case is accepted. Throws a TypeError for anything else.
 *
 * @example fromHex("00ff"); // → Uint8Array.of(0, 255)
 */
export function fromHex(text: string): Uint8Array<ArrayBuffer> {
  if (text.length % 2 !== 0 || !/^[0-9a-fA-F]*$/.test(text)) throw new TypeError("Not a hex text");
  const bytes = new Uint8Array(text.length / 2);
  for (let i = 0; i < bytes.length; i++) {
    bytes[i] =
      (valueOfDigit(text.charCodeAt(2 * i)) << 4) | valueOfDigit(text.charCodeAt(2 * i + 1));
  }
  return bytes;
}

/** Of a hex digit: letters of either case lie 9 beyond their last four bits. */
const valueOfDigit = (code: number): number => (code & 15) + (code > 0x39 ? 9 : 0);

/**
 * RFC 4648 base64 with padding. For keys, signatures and statements: a few kilobytes.
 *
 * @example toBase64(Uint8Array.of(0, 255)); // → "AP8="
 */
export function toBase64(bytes: Uint8Array): string {
  let binary = "";
  for (let i = 0; i < bytes.length; i++) binary += String.fromCharCode(bytes[i] as number);
  return btoa(binary);
}

/**
 * The bytes of a base64 text, as `atob` reads it: it is in every host that has WebAssembly. Several texts can
 * stand for the same bytes. Throws a DOMException for anything else.
 *
 * @example fromBase64("AP8="); // → Uint8Array.of(0, 255)
 */
export function fromBase64(text: string): Uint8Array<ArrayBuffer> {
  const binary = atob(text);
  const bytes = new Uint8Array(binary.length);
  for (let i = 0; i < bytes.length; i++) bytes[i] = binary.charCodeAt(i);
  return bytes;
}

/** True if both hold the same bytes. Not constant-time: nothing here is a secret. */
export function sameBytes(a: Uint8Array, b: Uint8Array): boolean {
  if (a.length !== b.length) return false;
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return false;
  return true;
}

/**
 * All parts in one array, which is a copy.
 *
 * @example concat([Uint8Array.of(1), Uint8Array.of(2, 3)]); // → Uint8Array.of(1, 2, 3)
 */
export function concat(parts: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const whole = new Uint8Array(parts.reduce((size, part) => size + part.length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}
