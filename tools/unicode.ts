// node tools/setup.mjs tools/unicode.ts: writes assembly/regex/tables.ts, what the engine's regular
// expressions know of Unicode, from what the pinned Node's own \p{...} and case folding say.
//
// Code points are cut into runs of equal attributes. A run is its length (LEB128) and the number of
// its attributes in a table of u32:
//
//     bits 0-4 general category   5 Alphabetic   6 Lowercase   7 Uppercase   8 White_Space
//     bits 9-12 script (0: one that has no name here)
//
// Simple case folding: pairs of a code point and the one that stands for its class, as deltas.
import { writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

const LIMIT = 0x110000;

/** In the order of their numbers; assembly/regex/properties.ts has the same. */
const CATEGORIES =
  "Lu Ll Lt Lm Lo Mn Mc Me Nd Nl No Pc Pd Ps Pe Pi Pf Po Sm Sc Sk So Zs Zl Zp Cc Cf Cs Co Cn".split(
    " ",
  );
const SCRIPTS =
  "Latin Greek Cyrillic Han Hiragana Katakana Hangul Arabic Hebrew Thai Devanagari Common".split(
    " ",
  );
const FLAGS = ["Alphabetic", "Lowercase", "Uppercase", "White_Space"];

const property = (name: string): RegExp => new RegExp(`^\\p{${name}}$`, "u");

function attributes(): Uint32Array {
  const all = new Uint32Array(LIMIT);
  const mark = (pattern: RegExp, value: number): void => {
    for (let c = 0; c < LIMIT; c++) {
      if (pattern.test(String.fromCodePoint(c))) all[c] = (all[c] ?? 0) | value;
    }
  };
  for (const [i, name] of CATEGORIES.entries()) mark(property(`gc=${name}`), i);
  for (const [i, name] of FLAGS.entries()) mark(property(name), 1 << (5 + i));
  for (const [i, name] of SCRIPTS.entries()) mark(property(`sc=${name}`), (i + 1) << 9);
  return all;
}

/** The other members of the class that simple case folding puts each code point in. */
function foldings(): [code: number, leader: number][] {
  const classes = new Map<number, Set<number>>();
  const one = (text: string): number[] => {
    const code = text.codePointAt(0);
    return code !== undefined && String.fromCodePoint(code) === text ? [code] : [];
  };
  for (let c = 0; c < LIMIT; c++) {
    if (c >= 0xd800 && c < 0xe000) continue;
    const text = String.fromCodePoint(c);
    const lower = text.toLowerCase();
    const upper = text.toUpperCase();
    const near = [lower, upper, lower.toUpperCase(), upper.toLowerCase()].flatMap(one);
    for (const other of near) {
      if (other === c) continue;
      const same = new RegExp(`^\\u{${c.toString(16)}}$`, "iu").test(String.fromCodePoint(other));
      if (!same) continue;
      const merged = new Set([c, other, ...(classes.get(c) ?? []), ...(classes.get(other) ?? [])]);
      for (const member of merged) classes.set(member, merged);
    }
  }
  return [...classes]
    .map(([code, members]): [number, number] => [code, Math.min(...members)])
    .filter(([code, leader]) => code !== leader)
    .sort(([a], [b]) => a - b);
}

function leb128(value: number): number[] {
  return value < 128 ? [value] : [(value & 127) | 128, ...leb128(value >>> 7)];
}

const all = attributes();
const kinds: number[] = [];
const runs: number[] = [];
for (let start = 0; start < LIMIT;) {
  let end = start;
  while (end < LIMIT && all[end] === all[start]) end++;
  const value = all[start] ?? 0;
  let kind = kinds.indexOf(value);
  if (kind < 0) kind = kinds.push(value) - 1;
  runs.push(...leb128(end - start), kind);
  start = end;
}
if (kinds.length > 256) throw new Error("more kinds than a byte can number");

const folds: number[] = [];
let before = 0;
for (const [code, leader] of foldings()) {
  folds.push(...leb128(code - before), ...leb128(code - leader));
  before = code;
}

const table = (name: string, type: string, values: readonly number[]): string =>
  `export const ${name}: usize = memory.data<${type}>([${values.join(", ")}]);\n` +
  `export const ${name}_SIZE: u32 = ${values.length};\n`;

const file = fileURLToPath(new URL("../assembly/regex/tables.ts", import.meta.url));
writeFileSync(
  file,
  `/**
 * Unicode ${process.versions.unicode}, written by tools/unicode.ts: see there for the layout.
 */

${table("KINDS", "u32", kinds)}
${table("RUNS", "u8", runs)}
${table("FOLDS", "u8", folds)}`,
);
process.stdout.write(
  `${kinds.length} kinds, ${runs.length} bytes of runs, ${folds.length} bytes of foldings\n`,
);
