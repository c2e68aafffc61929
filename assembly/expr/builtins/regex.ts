/**
 * _match/3: what jq's regular-expression functions are made of (prelude.ts). Patterns, flags and
 * messages are those of jq 1.8, except for what the linear-time matcher refuses (docs/spec/regex.md).
 */

import { textByte } from "../../bytes/byte";
import { arenaTake, SCRATCH } from "../../bytes/arena";
import { codePoints, sizeAt } from "../../bytes/utf8";
import { charge } from "../../errors/errors";
import { execute, FOUND, LONGEST, NOT_EMPTY } from "../../regex/machine";
import { regexCost, regexAtHand } from "../../regex/cache";
import * as D from "../../regex/dialect";
import { FACTS, GROUP_NAMES } from "../../regex/program";
import { arrayAppend, arrayNew } from "../../value/array";
import {
  addressOf,
  ASCII,
  Cell,
  flagsOf,
  isTruthy,
  lengthOf,
  NULL,
  OBJECT,
  objectStorage,
  PAIR,
  setBool,
  setCell,
  setNull,
  setNumber,
  setString,
  setUsed,
  STRING,
  tagOf,
} from "../../value/cell";
import { outOfMemory } from "../operations/access";
import {
  DONE,
  FATAL,
  messageBegin,
  messageBytes,
  messageEnd,
  messageText,
  typeError,
} from "../operations/raise";

/** offset, length, string, name, captures: one behind the other. */
const KEYS: usize = memory.data<u8>([
  111, 102, 102, 115, 101, 116, 108, 101, 110, 103, 116, 104, 115, 116, 114, 105, 110, 103, 110, 97,
  109, 101, 99, 97, 112, 116, 117, 114, 101, 115,
]);
const OFFSET: u32 = 0;
const LENGTH: u32 = 6;
const TEXT: u32 = 12;
const NAME: u32 = 18;
const CAPTURES: u32 = 22;

const LIST: usize = memory.data(16, 16);
const GAPS: usize = memory.data(16, 16);
const GROUPS: usize = memory.data(16, 16);
const ITEM: usize = memory.data(16, 16);
const VALUE: usize = memory.data(16, 16);

/** Flags of the parser, and those of the search. */
let options: u32 = 0;
let search: u32 = 0;
let global = false;

/**
 * to = what `wanted` asks for: whether a pattern matches a text (true); its matches, as `match` gives
 * them, in an array (false); or that array and another one of the texts between them (null).
 */
export function matchText(to: usize, text: usize, re: usize, flags: usize, wanted: usize): i32 {
  if (tagOf(text) != STRING) return typeError(text, "cannot be matched, as it is not a string");
  if (tagOf(re) != STRING) return typeError(re, "is not a string");
  const none = tagOf(flags) == NULL;
  if (!none && tagOf(flags) != STRING) return typeError(flags, "is not a string");
  if (!readFlags(addressOf(flags), none ? 0 : lengthOf(flags))) {
    messageBegin();
    messageBytes(addressOf(flags), lengthOf(flags));
    messageText(" is not a valid modifier string");
    return messageEnd();
  }
  const known = regexAtHand(addressOf(re), lengthOf(re), D.JQ, options);
  if (!charge(regexCost())) return FATAL;
  if (!known) {
    messageBegin();
    messageText("Regex failure: ");
    messageText(D.whyRefused());
    if (D.refusedLength() != 0) {
      messageText(" ");
      messageBytes(D.refusedAt(), D.refusedLength());
    }
    return messageEnd();
  }
  if (isTruthy(wanted)) {
    const r = execute(addressOf(text), lengthOf(text), 0, false, search);
    if (r < 0) return FATAL;
    setBool(to, r == 1);
    return DONE;
  }
  return matches(to, text, tagOf(wanted) == NULL);
}

function readFlags(at: usize, length: u32): bool {
  options = 0;
  search = 0;
  global = false;
  for (let i: u32 = 0; i < length; i++) {
    switch (textByte(at + i)) {
      case 103:
        global = true;
        break;
      case 105:
        options |= D.IGNORE_CASE;
        break;
      case 120:
        options |= D.EXTENDED;
        break;
      case 109:
      case 112:
        options |= D.DOT_ALL;
        break;
      case 115: // a single line: it always is
        break;
      case 108:
        search |= LONGEST;
        break;
      case 110:
        search |= NOT_EMPTY;
        break;
      default:
        return false;
    }
  }
  return true;
}

/** Characters in text[from:to]. */
function characters(text: usize, from: u32, to: u32): u32 {
  return flagsOf(text) & ASCII ? to - from : codePoints(addressOf(text) + from, to - from);
}

function matches(to: usize, text: usize, gaps: bool): i32 {
  if (!arrayNew(SCRATCH, LIST, 2)) return outOfMemory();
  if (gaps && !arrayNew(SCRATCH, GAPS, 2)) return outOfMemory();
  const at = addressOf(text);
  const length = lengthOf(text);
  let from: u32 = 0;
  let last: u32 = 0; // where the last match ended
  let offset: u32 = 0; // the characters before `counted`, which only goes forward
  let counted: u32 = 0;
  do {
    const r = execute(at, length, from, true, search);
    if (r < 0) return FATAL;
    if (r == 0) break;
    const start = load<u32>(FOUND.at);
    const end = load<u32>(FOUND.at, 4);
    // The match and each of its groups are counted, and each group builds an object.
    const groups = FACTS.groups;
    if (!charge(((end - start) >>> 4) * (groups + 1) + groups * 4 + 8)) return FATAL;
    offset += characters(text, counted, start);
    counted = start;
    if (!addMatch(text, start, end, offset)) return FATAL;
    if (gaps && !addGap(text, last, start)) return FATAL;
    last = end;
    // Behind an empty match the next character is skipped.
    from = end != start ? end : end < length ? end + sizeAt(at + end) : length + 1;
  } while (global && from <= length);
  if (!gaps) {
    Cell.copy(to, LIST);
    return DONE;
  }
  if (!addGap(text, last, length)) return FATAL;
  if (!arrayNew(SCRATCH, to, 2)) return outOfMemory();
  const both = arrayAppend(SCRATCH, to, to, LIST) && arrayAppend(SCRATCH, to, to, GAPS);
  return both ? DONE : outOfMemory();
}

function addGap(text: usize, from: u32, to: u32): bool {
  if (!charge(1)) return false;
  slice(VALUE, text, from, to);
  return arrayAppend(SCRATCH, GAPS, GAPS, VALUE) || noMemory();
}

/** Appends a match, which begins at character `offset`. */
function addMatch(text: usize, start: u32, end: u32, offset: u32): bool {
  if (!arrayNew(SCRATCH, GROUPS, FACTS.groups)) return noMemory();
  for (let i: u32 = 1; i <= FACTS.groups; i++) {
    const from = load<i32>(FOUND.at + i * 8);
    const to = load<i32>(FOUND.at + i * 8, 4);
    const o = objectStorage(SCRATCH, 4);
    if (o == 0) return noMemory();
    const took = from >= 0 && to >= 0;
    setNumber(VALUE, took ? ((offset + characters(text, start, from as u32)) as f64) : -1);
    pair(o, 0, OFFSET, 6);
    // jq puts the length of an empty group behind its text.
    const empty = from == to || !took;
    if (took) slice(VALUE, text, from as u32, to as u32);
    else setNull(VALUE);
    pair(o, empty ? 1 : 2, TEXT, 6);
    setNumber(VALUE, took ? (characters(text, from as u32, to as u32) as f64) : 0);
    pair(o, empty ? 2 : 1, LENGTH, 6);
    const name = GROUP_NAMES.at + (i - 1) * 8;
    if (load<u32>(name, 4) == 0) setNull(VALUE);
    else setString(VALUE, load<u32>(name) as usize, load<u32>(name, 4), 0);
    if (tagOf(VALUE) == STRING) keepName();
    pair(o, 3, NAME, 4);
    setUsed(o, 4);
    setCell(ITEM, OBJECT, 0, 4, o);
    if (!arrayAppend(SCRATCH, GROUPS, GROUPS, ITEM)) return noMemory();
  }
  const o = objectStorage(SCRATCH, 4);
  if (o == 0) return noMemory();
  setNumber(VALUE, offset as f64);
  pair(o, 0, OFFSET, 6);
  setNumber(VALUE, characters(text, start, end) as f64);
  pair(o, 1, LENGTH, 6);
  slice(VALUE, text, start, end);
  pair(o, 2, TEXT, 6);
  Cell.copy(VALUE, GROUPS);
  pair(o, 3, CAPTURES, 8);
  setUsed(o, 4);
  setCell(ITEM, OBJECT, 0, 4, o);
  return arrayAppend(SCRATCH, LIST, LIST, ITEM) || noMemory();
}

function noMemory(): bool {
  outOfMemory();
  return false;
}

/** A name lies in the program's pattern, which another one may replace: it is copied. */
function keepName(): void {
  const length = lengthOf(VALUE);
  const at = arenaTake(SCRATCH, length + 8);
  memory.copy(at, addressOf(VALUE), length);
  setString(VALUE, at, length, 0);
}

function slice(to: usize, text: usize, from: u32, end: u32): void {
  setString(to, addressOf(text) + from, end - from, flagsOf(text) & ASCII);
}

/** Pair i of an object: a key of ours and VALUE. */
function pair(o: usize, i: u32, key: u32, length: u32): void {
  const at = o + i * PAIR;
  setString(at, KEYS + key, length, ASCII);
  Cell.copy(at + 16, VALUE);
}
