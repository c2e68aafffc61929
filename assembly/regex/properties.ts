/**
 * The names of sets of characters: \w and its like, [:alpha:], and the values of \p{...}.
 *
 * A name adds its characters to the set that is being built (sets.ts). Categories have the order of
 * tools/unicode.ts.
 */

import { textByte } from "../bytes/byte";
import { EQUALS, MINUS, SPACE, UNDERSCORE, UPPER_A, UPPER_Z } from "../bytes/characters";
import { setAdd, setAddKind } from "./sets";

const Lu: u32 = 1;
const Ll: u32 = 2;
const Nd: u32 = 1 << 8;
const Pc: u32 = 1 << 11;
const Zs: u32 = 1 << 22;
const Cc: u32 = 1 << 25;
const Cs: u32 = 1 << 27;
const Cn: u32 = 1 << 29;
const LETTERS: u32 = 0x1f;
const MARKS: u32 = 7 << 5;
const NUMBERS: u32 = 7 << 8;
const PUNCTUATION: u32 = 0x7f << 11;
const SYMBOLS: u32 = 0xf << 18;
const SEPARATORS: u32 = 7 << 22;
const OTHERS: u32 = 0x1f << 25;

const ALPHABETIC: u32 = 1 << 5;
const LOWERCASE: u32 = 1 << 6;
const UPPERCASE: u32 = 1 << 7;
const WHITE_SPACE: u32 = 1 << 8;

/** \d, \w, \s with Unicode in mind, or in ASCII. */
export function addDigits(ascii: bool, negate: bool): void {
  if (!ascii) return setAddKind(Nd, 0, 0, negate);
  if (!negate) return setAdd(48, 57);
  setAdd(0, 47);
  setAdd(58, 0x10ffff);
}

/** `folded`: the ASCII ones, and whatever case folding takes to them. */
export function addWord(ascii: bool, folded: bool, negate: bool): void {
  if (!ascii) return setAddKind(MARKS | Nd | Pc, ALPHABETIC, 0, negate);
  if (!negate) {
    setAdd(48, 57);
    setAdd(65, 90);
    setAdd(95, 95);
    setAdd(97, 122);
    if (!folded) return;
    setAdd(0x17f, 0x17f);
    setAdd(0x212a, 0x212a);
    return;
  }
  setAdd(0, 47);
  setAdd(58, 64);
  setAdd(91, 94);
  setAdd(96, 96);
  if (!folded) return setAdd(123, 0x10ffff);
  setAdd(123, 0x17e);
  setAdd(0x180, 0x2129);
  setAdd(0x212b, 0x10ffff);
}

/** White_Space; in ECMAScript U+FEFF is a space and U+0085 is none. */
export function addSpace(ecma: bool, negate: bool): void {
  if (!ecma) return setAddKind(0, WHITE_SPACE, 0, negate);
  if (!negate) {
    setAdd(9, 13);
    setAdd(0xfeff, 0xfeff);
    setAddKind(Zs, 0, 0, false);
    setAdd(0x2028, 0x2029);
    return;
  }
  setAdd(0, 8);
  setAdd(14, 31);
  setAdd(33, 0x9f);
  setAdd(0xa1, 0x167f);
  setAdd(0x1681, 0x1fff);
  setAdd(0x200b, 0x2027);
  setAdd(0x202a, 0x202e);
  setAdd(0x2030, 0x205e);
  setAdd(0x2060, 0x2fff);
  setAdd(0x3001, 0xfefe);
  setAdd(0xff00, 0x10ffff);
}

/** Does the text at `at` spell the (lower-case ASCII) name, case, spaces, - and _ aside? */
function spells(at: usize, length: u32, name: string, exactly: bool): bool {
  const from = changetype<usize>(name);
  const n = load<u32>(from - 4) >>> 1;
  let i: u32 = 0;
  for (let j: u32 = 0; j < length; j++) {
    let c: u32 = textByte(at + j);
    if (!exactly && (c == SPACE || c == MINUS || c == UNDERSCORE)) continue;
    if (i == n) return false;
    let wanted: u32 = load<u16>(from + ((i as usize) << 1));
    if (!exactly) {
      if (c >= UPPER_A && c <= UPPER_Z) c |= 32;
      if (wanted >= 65 && wanted <= 90) wanted |= 32;
    }
    if (c != wanted) return false;
    i++;
  }
  return i == n;
}

/** A POSIX class by its name: [:alpha:]. False: there is none of that name. */
export function addPosix(at: usize, length: u32, negate: bool): bool {
  if (spells(at, length, "alnum", true)) setAddKind(Nd, ALPHABETIC, 0, negate);
  else if (spells(at, length, "alpha", true)) setAddKind(0, ALPHABETIC, 0, negate);
  else if (spells(at, length, "digit", true)) setAddKind(Nd, 0, 0, negate);
  else if (spells(at, length, "lower", true)) setAddKind(0, LOWERCASE, 0, negate);
  else if (spells(at, length, "upper", true)) setAddKind(0, UPPERCASE, 0, negate);
  else if (spells(at, length, "space", true)) setAddKind(0, WHITE_SPACE, 0, negate);
  else if (spells(at, length, "cntrl", true)) setAddKind(Cc, 0, 0, negate);
  else if (spells(at, length, "word", true)) addWord(false, false, negate);
  else if (spells(at, length, "punct", true)) addPunctuation(negate);
  else if (spells(at, length, "graph", true)) addGraph(negate);
  else if (spells(at, length, "print", true)) addPrint(negate);
  else if (spells(at, length, "blank", true)) addBlank(negate);
  else if (spells(at, length, "xdigit", true)) addHex(negate);
  else if (spells(at, length, "ascii", true)) {
    if (negate) setAdd(128, 0x10ffff);
    else setAdd(0, 127);
  } else return false;
  return true;
}

function addPunctuation(negate: bool): void {
  if (!negate) {
    setAddKind(PUNCTUATION, 0, 0, false);
    // The symbols of ASCII are punctuation, too: $ + < = > ^ ` | ~
    setAdd(36, 36);
    setAdd(43, 43);
    setAdd(60, 62);
    setAdd(94, 94);
    setAdd(96, 96);
    setAdd(124, 124);
    setAdd(126, 126);
    return;
  }
  setAdd(0, 32);
  setAdd(48, 57);
  setAdd(65, 90);
  setAdd(97, 122);
  setAdd(127, 127);
  beyondAscii(PUNCTUATION, 0, true);
}

/** Visible: all but spaces, controls, surrogates and what is not assigned. */
function addGraph(negate: bool): void {
  setAddKind(Cc | Cs | Cn, WHITE_SPACE, 0, !negate);
}

function addPrint(negate: bool): void {
  setAddKind(Cc | Cs | Cn, 0, 0, !negate);
}

function addBlank(negate: bool): void {
  if (!negate) {
    setAddKind(Zs, 0, 0, false);
    setAdd(9, 9);
    return;
  }
  setAdd(0, 8);
  setAdd(10, 31);
  setAdd(33, 127);
  beyondAscii(Zs, 0, true);
}

function addHex(negate: bool): void {
  if (!negate) {
    setAdd(48, 57);
    setAdd(65, 70);
    setAdd(97, 102);
    return;
  }
  setAdd(0, 47);
  setAdd(58, 64);
  setAdd(71, 96);
  setAdd(103, 0x10ffff);
}

/** As setAddKind(), of U+0080 and above; the set so far has ASCII only and is not disturbed. */
function beyondAscii(categories: u32, flags: u32, negate: bool): void {
  setAddKind(categories, flags, 0, negate, 128);
}

/** The value of \p{...}. Exactly: as ECMAScript spells it. False: an unknown name. */
export function addProperty(at: usize, length: u32, negate: bool, exactly: bool): bool {
  if (spells(at, length, "Any", exactly)) {
    if (!negate) setAdd(0, 0x10ffff);
    return true;
  }
  if (spells(at, length, "ASCII", exactly)) {
    if (negate) setAdd(128, 0x10ffff);
    else setAdd(0, 127);
    return true;
  }
  if (!exactly && addPosix(at, length, negate)) return true;
  const flag = flagNamed(at, length, exactly);
  if (flag != 0) {
    setAddKind(0, flag, 0, negate);
    return true;
  }
  let name = at;
  let size = length;
  let kind: u32 = 0; // 1: a category, 2: a script is meant
  for (let i: u32 = 0; i < length; i++) {
    if (textByte(at + i) != EQUALS) continue;
    if (spells(at, i, "gc", exactly) || spells(at, i, "General_Category", exactly)) kind = 1;
    else if (spells(at, i, "sc", exactly) || spells(at, i, "Script", exactly)) kind = 2;
    else return false;
    name = at + i + 1;
    size = length - i - 1;
    break;
  }
  if (kind != 2) {
    const mask = categoryNamed(name, size, exactly);
    if (mask != 0) {
      setAddKind(mask, 0, 0, negate);
      return true;
    }
  }
  const script = kind == 1 || (kind == 0 && exactly) ? 0 : scriptNamed(name, size, exactly);
  if (script == 0) return false;
  setAddKind(0, 0, script, negate);
  return true;
}

function flagNamed(at: usize, length: u32, exactly: bool): u32 {
  if (spells(at, length, "Alphabetic", exactly) || spells(at, length, "Alpha", exactly))
    return ALPHABETIC;
  if (spells(at, length, "Lowercase", exactly) || spells(at, length, "Lower", exactly))
    return LOWERCASE;
  if (spells(at, length, "Uppercase", exactly) || spells(at, length, "Upper", exactly))
    return UPPERCASE;
  const space = spells(at, length, exactly ? "White_Space" : "WhiteSpace", exactly);
  return space || spells(at, length, "space", exactly) ? WHITE_SPACE : 0;
}

/** Two letters each: the categories, in their order. */
const SHORT: usize = memory.data<u8>([
  76, 117, 76, 108, 76, 116, 76, 109, 76, 111, 77, 110, 77, 99, 77, 101, 78, 100, 78, 108, 78, 111,
  80, 99, 80, 100, 80, 115, 80, 101, 80, 105, 80, 102, 80, 111, 83, 109, 83, 99, 83, 107, 83, 111,
  90, 115, 90, 108, 90, 112, 67, 99, 67, 102, 67, 115, 67, 111, 67, 110,
]);

/** The categories of a name, as a mask. */
function categoryNamed(at: usize, length: u32, exactly: bool): u32 {
  if (length == 1 || length == 2) {
    let mask: u32 = 0;
    for (let i: u32 = 0; i < 30; i++) {
      const first = textByte(SHORT + ((i as usize) << 1));
      const second = textByte(SHORT + ((i as usize) << 1) + 1);
      if (!letter(textByte(at), first, exactly)) continue;
      if (length == 1 || letter(textByte(at + 1), second, exactly)) mask |= 1 << i;
    }
    if (mask != 0) return mask;
    if (length == 2 && spells(at, length, "LC", exactly)) return Lu | Ll | 4;
  }
  if (spells(at, length, "Letter", exactly)) return LETTERS;
  if (spells(at, length, exactly ? "Uppercase_Letter" : "UppercaseLetter", exactly)) return Lu;
  if (spells(at, length, exactly ? "Lowercase_Letter" : "LowercaseLetter", exactly)) return Ll;
  if (spells(at, length, "Mark", exactly)) return MARKS;
  if (spells(at, length, "Number", exactly)) return NUMBERS;
  if (spells(at, length, exactly ? "Decimal_Number" : "DecimalNumber", exactly)) return Nd;
  if (spells(at, length, "Punctuation", exactly)) return PUNCTUATION;
  if (spells(at, length, "Symbol", exactly)) return SYMBOLS;
  if (spells(at, length, "Separator", exactly)) return SEPARATORS;
  return spells(at, length, "Other", exactly) ? OTHERS : 0;
}

function letter(a: u32, b: u32, exactly: bool): bool {
  return a == b || (!exactly && (a ^ b) == 32);
}

function scriptNamed(at: usize, length: u32, exactly: bool): u32 {
  if (spells(at, length, "Latin", exactly)) return 1;
  if (spells(at, length, "Greek", exactly)) return 2;
  if (spells(at, length, "Cyrillic", exactly)) return 3;
  if (spells(at, length, "Han", exactly)) return 4;
  if (spells(at, length, "Hiragana", exactly)) return 5;
  if (spells(at, length, "Katakana", exactly)) return 6;
  if (spells(at, length, "Hangul", exactly)) return 7;
  if (spells(at, length, "Arabic", exactly)) return 8;
  if (spells(at, length, "Hebrew", exactly)) return 9;
  if (spells(at, length, "Thai", exactly)) return 10;
  if (spells(at, length, "Devanagari", exactly)) return 11;
  return spells(at, length, "Common", exactly) ? 12 : 0;
}
