/**
 * Text that is safe to show in a terminal.
 *
 * Everything that comes from a file or from the network goes through `safe` before it is printed:
 * a control character can move the cursor or hide what was printed before, and a bidirectional
 * override can make a text read as another one.
 */

/** Controls, formats (bidirectional ones among them), halves of characters, what is invisible. */
const UNSAFE = /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}]/gu;

const NAMES: Readonly<Record<string, string>> = { "\n": "\\n", "\r": "\\r", "\t": "\\t" };

/** The text on one line, with what could act on the terminal spelt out as an escape. */
export function safe(text: string): string {
  return text.replace(UNSAFE, escaped);
}

function escaped(char: string): string {
  const code = (char.codePointAt(0) ?? 0).toString(16);
  return NAMES[char] ?? (code.length <= 4 ? `\\u${code.padStart(4, "0")}` : `\\u{${code}}`);
}

/** JSON text that is safe to print and still the same JSON: what is unsafe becomes \uXXXX. */
export function safeJson(value: unknown, indent?: number): string {
  const text = JSON.stringify(value, undefined, indent) ?? "null";
  // JSON.stringify escapes controls below U+0020; its own line breaks are the only ones left.
  return text.replace(UNSAFE, (char) => (char === "\n" ? char : units(char)));
}

function units(char: string): string {
  return Array.from({ length: char.length }, (_, at) => {
    return `\\u${char.charCodeAt(at).toString(16).padStart(4, "0")}`;
  }).join("");
}

/** At most `width` code points, with an ellipsis where something was left out. */
export function clip(text: string, width: number): string {
  const points = Array.from(text);
  return points.length <= width ? text : `${points.slice(0, width - 1).join("")}…`;
}

/** A short form of a hex digest. */
export const short = (hex: string | undefined): string => (hex ?? "").slice(0, 12);
