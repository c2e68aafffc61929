// Paths below a folder of the grant (GRANT-27). The engine has judged them first; this shares nothing with it but the rule.

import { wellFormed } from "../egress/text.ts";

/** Longest path and segment in bytes of UTF-8, and most segments. */
const MOST_BYTES = 1024;
const MOST_NAME = 255;
const MOST_SEGMENTS = 32;

/**
 * Why no file has this path, or undefined for one that leads down from a folder, and means the same, on every system.
 *
 * @example
 * whyNotDown("in/2026/a.json"); // → undefined
 * whyNotDown("../a.json"); // → "a segment ends with a dot or a space"
 */
export function whyNotDown(path: string): string | undefined {
  if (wellFormed(path) !== path) return "it is not Unicode";
  if (Buffer.byteLength(path) > MOST_BYTES) return `it has more than ${MOST_BYTES} bytes`;
  if (/[\p{Cc}\\:]/u.test(path)) return "it has a character that no path has";
  const segments = path.split("/");
  if (segments.includes("")) return "it has an empty segment";
  if (segments.some((segment) => /[. ]$/.test(segment))) {
    return "a segment ends with a dot or a space";
  }
  if (segments.some((segment) => Buffer.byteLength(segment) > MOST_NAME)) {
    return `a segment has more than ${MOST_NAME} bytes`;
  }
  // Files have such names while they are written, and some systems do not tell small letters from large ones.
  if (segments.some((segment) => /^\.reach-/i.test(segment)))
    return "a segment begins with .reach-";
  return segments.length > MOST_SEGMENTS ? `it has more than ${MOST_SEGMENTS} segments` : undefined;
}
