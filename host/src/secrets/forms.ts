// The forms in which a secret is looked for (GRANT-20).
import { readings } from "./escapes.ts";
import { SHORTEST_PATTERN } from "./search.ts";

/** Shortest text that is a secret: a shorter one is found in answers by chance. */
export const SHORTEST_SECRET = 8;
/** From this length on all forms are looked for, in any case of letters. */
export const LONG_SECRET = 16;

/** A text without the ends of its lines: base64 is folded anywhere, and so are keys in PEM. */
export const unfolded = (text: string): string =>
  /[\r\n]/.test(text) ? text.replaceAll(/[\r\n]+[ \t]*/g, "") : text;

/** What is looked for in readings of a text as they are: the secret, and what its own escapes say. */
export const exactForms = (secret: string): string[] => longEnough(readings(secret));

/** What is looked for in readings of a text in lower case, without ends of lines. */
export function foldedForms(secret: string): string[] {
  const inside = [
    secret,
    JSON.stringify(secret).slice(1, -1),
    encodeURIComponent(wellFormed(secret)),
  ];
  const plain = [...readings(secret), secret.replaceAll(" ", "+")];
  const coded = [...new Set(inside)].flatMap((text) => {
    const bytes = Buffer.from(text);
    return [bytes.toString("hex"), ...[0, 1, 2].flatMap((before) => base64Forms(bytes, before))];
  });
  return longEnough([...plain, ...coded].map((text) => unfolded(text).toLowerCase()));
}

const wellFormed = (text: string): string => Buffer.from(text).toString();

/** Base64 of the bytes with others around them: the characters that are the same whatever those are. */
function base64Forms(bytes: Uint8Array, before: number): string[] {
  const whole = Buffer.concat([Buffer.alloc(before), bytes]).toString("base64");
  const first = Math.ceil((before * 8) / 6);
  const last = Math.floor(((before + bytes.length) * 8) / 6);
  const text = whole.slice(first, last);
  return [text, text.replaceAll("+", "-").replaceAll("/", "_")];
}

const longEnough = (texts: readonly string[]): string[] => [
  ...new Set(texts.filter(({ length }) => length >= SHORTEST_PATTERN)),
];
