// Escapes of texts, undone: what a service has written for a character is that character again. One function for what
// is looked for and for what it is looked for in, so that it need not be exact, only the same.
import { isUtf8 } from "node:buffer";

/** How often escapes within escapes are undone; repeated ones of one kind (`\\\\u0041`, `%252541`) count once. */
const ROUNDS = 4;

/**
 * A text, and what it says with its escapes undone: those of JSON and of other languages (`\/`, `\u0041`, `\x41`), with
 * doubled backslashes; percent-encoding (RFC 3986), with `%u0041`; HTML's, by number and, for ASCII, by name.
 */
export function readings(text: string): string[] {
  const found = [text];
  for (let last = text; found.length <= ROUNDS && /[\\%&]/.test(last);) {
    last = last.replace(ESCAPE, undo);
    if (last === found.at(-1)) break;
    found.push(last);
  }
  return found;
}

// Nothing in it is tried again over a long stretch: `$` ends a run of backslashes that nothing follows.
const ESCAPE =
  /\\+(?:u([\da-f]{4})|u\{0*([\da-f]{1,6})\}|x([\da-f]{2})|([^\\]|$))|((?:%(?:25)*[\da-f]{2})+)|%(?:25)*u([\da-f]{4})|&(?:amp;)*(?:#0*(\d{1,7});?|#x0*([\da-f]{1,6});?|([a-z]{2,8});)/gi;

function undo(
  whole: string,
  ...[unit, point, byte, plain, percent, old, decimal, hex, name]: (string | undefined)[]
): string {
  if (plain !== undefined) return CONTROLS[plain] ?? plain;
  if (percent !== undefined) return bytesOf(percent);
  if (decimal !== undefined) return character(Number(decimal)) ?? whole;
  if (name !== undefined) return NAMES[name.toLowerCase()] ?? whole;
  return character(Number.parseInt(unit ?? point ?? byte ?? old ?? hex ?? "", 16)) ?? whole;
}

const character = (code: number): string | undefined =>
  code <= 0xffff
    ? String.fromCharCode(code)
    : code <= 0x10ffff
      ? String.fromCodePoint(code)
      : undefined;

/** A run of percent-encoded bytes: UTF-8, and where it is none, Latin-1. */
function bytesOf(run: string): string {
  return mixedText(Buffer.from(run.replaceAll(/%(?:25)*(?=[\da-f]{2})/gi, ""), "hex"));
}

/**
 * What bytes may say as a text: as UTF-8 or, where they are none, each part that is UTF-8 as that and the others as
 * Latin-1, and all of them as Latin-1. A replacement character that was sent is none of a wrong byte.
 */
export function textsOfBytes(bytes: Uint8Array): string[] {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
  return isUtf8(buffer)
    ? [buffer.toString("utf8")]
    : [mixedText(buffer), buffer.toString("latin1")];
}

function mixedText(buffer: Buffer): string {
  if (isUtf8(buffer)) return buffer.toString("utf8");
  return buffer.toString("latin1").replaceAll(SEQUENCE, (sequence) => {
    const bytes = Buffer.from(sequence, "latin1");
    return isUtf8(bytes) ? bytes.toString("utf8") : sequence;
  });
}

/** What may be a character of several bytes (RFC 3629, 4). */
const SEQUENCE = /[\xc2-\xdf][\x80-\xbf]|[\xe0-\xef][\x80-\xbf]{2}|[\xf0-\xf4][\x80-\xbf]{3}/g;

const CONTROLS: Readonly<Record<string, string>> = {
  b: "\b",
  f: "\f",
  n: "\n",
  r: "\r",
  t: "\t",
};

/** Character references by name (HTML, 13.5) of what a secret may have: ASCII's. */
const NAMES: Readonly<Record<string, string>> = {
  amp: "&",
  apos: "'",
  ast: "*",
  bsol: "\\",
  colon: ":",
  comma: ",",
  commat: "@",
  dollar: "$",
  equals: "=",
  excl: "!",
  grave: "`",
  gt: ">",
  hat: "^",
  lbrace: "{",
  lbrack: "[",
  lcub: "{",
  lowbar: "_",
  lpar: "(",
  lsqb: "[",
  lt: "<",
  newline: "\n",
  num: "#",
  percnt: "%",
  period: ".",
  plus: "+",
  quest: "?",
  quot: '"',
  rbrace: "}",
  rbrack: "]",
  rcub: "}",
  rpar: ")",
  rsqb: "]",
  semi: ";",
  sol: "/",
  tab: "\t",
  verbar: "|",
  vert: "|",
};
