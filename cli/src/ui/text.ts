/**
 * Text that is safe to show in a terminal.
 *
 * A control character can move the cursor or hide what was printed before, and a bidirectional override can
 * make a text read as another one. So a terminal prints SafeText alone, and only the functions of this file
 * make one: `line` of a template, `json` of a value.
 */

/** Controls, formats (bidirectional ones among them), halves of characters, what is invisible. */
const UNSAFE = /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}]/gu;

const NAMES: Readonly<Record<string, string>> = { "\n": "\\n", "\r": "\\r", "\t": "\\t" };

/** Makes one. Outside this file there is no way to. */
let made: (text: string) => SafeText;

/** What a terminal may be given. A text of a file or of the network is none until it was escaped. */
export class SafeText {
  readonly #text: string;

  private constructor(text: string) {
    this.#text = text;
  }

  toString(): string {
    return this.#text;
  }

  static {
    made = (text) => new SafeText(text);
  }
}

/** The text on one line, with what could act on the terminal spelt out as an escape. */
export function safe(text: string): string {
  return text.replace(UNSAFE, escaped);
}

function escaped(char: string): string {
  const code = (char.codePointAt(0) ?? 0).toString(16);
  return NAMES[char] ?? (code.length <= 4 ? `\\u${code.padStart(4, "0")}` : `\\u{${code}}`);
}

/**
 * A template as it is written, lines and all; what is put into it is escaped, where it is no SafeText.
 *
 * @example
 * String(line`${"a\u202eb.reach"}: ${3} bytes`); // → "a\\u202eb.reach: 3 bytes"
 */
export function line(
  template: TemplateStringsArray,
  ...values: readonly (string | number | bigint | SafeText)[]
): SafeText {
  return made(template.map((text, i) => text + shown(values[i] ?? "")).join(""));
}

const shown = (value: string | number | bigint | SafeText): string =>
  value instanceof SafeText ? String(value) : safe(String(value));

/** The texts, each escaped where it is no SafeText, one below the other or as `between` says. */
export const joined = (
  texts: readonly (string | SafeText)[],
  between: "\n" | "" = "\n",
): SafeText => made(texts.map(shown).join(between));

/** A text between two codes of the terminal. */
export const styled = (open: number, text: string | SafeText, close: number): SafeText =>
  made(`\u001b[${open}m${shown(text)}\u001b[${close}m`);

/** JSON text that is safe to print and still the same JSON: what is unsafe becomes \uXXXX. */
export const jsonOf = (value: unknown, indent?: number): SafeText => made(safeJson(value, indent));

/** The same of a JSON text. */
export const jsonText = (text: string): SafeText => made(escapedJson(text));

/** The same as a string. */
export const safeJson = (value: unknown, indent?: number): string =>
  escapedJson(JSON.stringify(value, undefined, indent) ?? "null");

/** A JSON text has no controls below U+0020 but its own line breaks. */
const escapedJson = (text: string): string =>
  text.replace(UNSAFE, (char) => (char === "\n" ? char : units(char)));

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
