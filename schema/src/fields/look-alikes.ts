// Names that people read and compare: of tenants, logs, witnesses. Two that look the same must be the same bytes.
// docs/spec/policy.md, POL-4. After Unicode UTS 39, restriction level "highly restrictive", and the whole-script rule
// that browsers have for names of hosts.
import * as z from "zod";
import { problemCode, report } from "./problem.ts";

/** Controls, formats (zero width and bidirectional ones), what is invisible, half characters, private use. */
const HIDDEN = /[\p{Cc}\p{Cf}\p{Cn}\p{Co}\p{Cs}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}]/u;
/** Blanks that are not the one of ASCII. */
const BLANK = /[^\S ]|^ | $| {2}/u;

/** Scripts that may stand beside each other: everywhere, and in the writing of Japan, China and Korea. */
const TOGETHER = [
  ["Latin", "Han", "Hiragana", "Katakana"],
  ["Latin", "Han", "Bopomofo"],
  ["Latin", "Han", "Hangul"],
] as const;
const SCRIPTS = [
  ...new Set<string>(TOGETHER.flat()),
  ...(
    "Arabic Armenian Bengali Cherokee Coptic Cyrillic Devanagari Ethiopic Georgian Greek Gujarati Gurmukhi Hebrew " +
    "Kannada Khmer Lao Lisu Malayalam Mongolian Myanmar Oriya Sinhala Tamil Telugu Thaana Thai Tibetan Tifinagh Vai Yi"
  ).split(" "),
];
const scripts = SCRIPTS.map(
  (name) => [name, new RegExp(String.raw`\p{Script=${name}}`, "u")] as const,
);
const COMMON = /[\p{Script=Common}\p{Script=Inherited}]/u;

/** Letters of other scripts that look like Latin ones: a name of nothing else could be read as Latin. */
const LATIN_LIKE = new RegExp(
  `^[${[
    // Cyrillic, small and capital
    "\u0430\u0441\u0501\u0435\u04bb\u0456\u0458\u04cf\u043e\u0440\u051b\u0455\u051d\u0445\u0443\u044c\u04bd\u043f\u0433\u0475\u0461\u043a",
    "\u0410\u0412\u0415\u0405\u0406\u0408\u041a\u041c\u041d\u041e\u0420\u0421\u0422\u0423\u0425\u0474\u051a\u051c\u04c0\u0417",
    // Greek, small and capital
    "\u03b1\u03b9\u03ba\u03bd\u03bf\u03c1\u03c5\u03c9\u03b7\u03c4",
    "\u0391\u0392\u0395\u0396\u0397\u0399\u039a\u039c\u039d\u039f\u03a1\u03a4\u03a5\u03a7",
    // Armenian
    "\u0561\u0563\u0566\u0567\u056c\u0570\u0575\u0578\u057d\u0582\u0585",
  ].join("")}]+$`,
  "u",
);

/**
 * Why a text is no name that people can compare, or undefined if it is one.
 *
 * @example
 * whyNotPlain("acme"); // → undefined
 * whyNotPlain("a\u200bcme"); // → "it has U+200B, which is not seen"
 */
export function whyNotPlain(text: string): string | undefined {
  const hidden = HIDDEN.exec(text)?.[0];
  if (hidden !== undefined) return `it has ${codeOf(hidden)}, which is not seen`;
  const blank = BLANK.exec(text)?.[0];
  if (blank !== undefined) return "it has a blank that is not seen, or that looks like another";
  if (text.normalize("NFKC") !== text) {
    return `it is written otherwise than it is read: as ${JSON.stringify(text.normalize("NFKC"))}`;
  }
  const letters = Array.from(text).filter((letter) => !COMMON.test(letter));
  const used = new Set(letters.map(scriptOf));
  const isTogether = TOGETHER.some((group) =>
    [...used].every((name) => group.includes(name as never)),
  );
  if (used.size > 1 && !isTogether) return `it mixes scripts: ${[...used].join(", ")}`;
  const joined = letters.join("");
  if (joined !== "" && !used.has("Latin") && LATIN_LIKE.test(joined)) {
    return `its letters are ${[...used].join(", ")} and look like Latin ones`;
  }
  return undefined;
}

const scriptOf = (letter: string): string =>
  scripts.find(([, pattern]) => pattern.test(letter))?.[0] ?? "another script";

const codeOf = (char: string): string =>
  `U+${(char.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, "0")}`;

/** A name that people compare: see {@link whyNotPlain}. */
export const plainName = (max: number): z.ZodString =>
  z
    .string()
    .min(1)
    .max(max)
    .check((context) => {
      const why = whyNotPlain(context.value);
      if (why === undefined) return;
      report(context, [], { code: problemCode.badValue, what: `Not a name to compare: ${why}.` });
    });
