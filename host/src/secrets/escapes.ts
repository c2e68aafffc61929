// Escapes of texts, undone: what a service has written for a character is that character again. One function for what
// is looked for and for what it is looked for in, so that it need not be exact, only the same.

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

/** A run of percent-encoded bytes: UTF-8, or else Latin-1. */
function bytesOf(run: string): string {
  const bytes = Buffer.from(run.replaceAll(/%(?:25)*(?=[\da-f]{2})/gi, ""), "hex");
  return textOfBytes(bytes);
}

/** Bytes as a text: UTF-8, or else Latin-1, in which no byte is lost. */
export function textOfBytes(bytes: Uint8Array): string {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
  const text = buffer.toString("utf8");
  return text.includes("\ufffd") ? buffer.toString("latin1") : text;
}

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
