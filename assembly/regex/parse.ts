/**
 * Patterns to programs, in one pass and without recursion: open groups lie on a stack. What needs
 * backtracking is refused by name.
 */

import {
  AMPERSAND,
  ASTERISK,
  BACKSLASH,
  BANG,
  CARET,
  COLON,
  COMMA,
  CR,
  DIGIT_1,
  DOLLAR,
  DOT,
  EQUALS,
  GREATER,
  HASH,
  LEFT_BRACE,
  LEFT_BRACKET,
  LEFT_PAREN,
  LESS,
  LF,
  LOWER_A,
  LOWER_B,
  LOWER_G,
  LOWER_I,
  LOWER_K,
  LOWER_M,
  LOWER_S,
  LOWER_X,
  LOWER_Y,
  LOWER_Z,
  MINUS,
  NINE,
  PIPE,
  PLUS,
  QUESTION,
  RIGHT_BRACE,
  RIGHT_BRACKET,
  RIGHT_PAREN,
  SPACE,
  TILDE,
  UNDERSCORE,
  UPPER_A,
  UPPER_B,
  UPPER_E,
  UPPER_G,
  UPPER_K,
  UPPER_N,
  UPPER_O,
  UPPER_Q,
  UPPER_R,
  UPPER_X,
  UPPER_Y,
  UPPER_Z,
  ZERO,
} from "../bytes/characters";
import { Buffer, bufferRoom, bufferU32 } from "../bytes/buffer";
import { decodeAt, sizeAt } from "../bytes/utf8";
import { readClass } from "./class";
import { DOT_ALL, ECMA, EXTENDED, IGNORE_CASE, JQ, LINES, refuse, regexBegin } from "./dialect";
import { addEscapedClass, escapeEnd, escapedCharacter, isEscapedClass } from "./escapes";
import { findPrefilter } from "./prefilter";
import * as P from "./program";
import { ENDLESS, repeatEndless, repeatUpTo } from "./repeat";
import { setAdd, setAddCases, setBegin, setIntern, setNegate, setSingle } from "./sets";

/** Does the program ask for word edges with Unicode in mind? */
let unicodeEdges: bool = false;

const NONE: i32 = -1;
/** Number of a group that changes flags. */
const OPTIONS_GROUP: i32 = -2;
const MOST_REPEATS: u32 = 100000;
/** Groups that may be open at one place, the whole pattern included. */
const MOST_OPEN: u32 = 4096;
/** Bytes of the slots that the machine needs for the threads of a program. */
const MOST_SLOTS: u32 = 1 << 24;
const TOO_LARGE = "the pattern is too large";

let p: usize = 0;
let begun: usize = 0;
let end: usize = 0;
let dialect: u32 = JQ;
let flags: u32 = 0;
/** Where the last atom begins, or NONE: there is nothing to repeat. */
let atom: i32 = NONE;
/** Groups before the last atom. */
let atomGroups: u32 = 0;

/** Where in the pattern the parser stood when it refused it. */
export function patternErrorOffset(): u32 {
  return (min(p, end) - begun) as u32;
}

/** Compiles a pattern of valid UTF-8. False: regexError says why. */
export function parseRegex(at: usize, length: u32, how: u32, options: u32): bool {
  p = at;
  begun = at;
  end = at + length;
  dialect = how;
  flags = options;
  regexBegin();
  unicodeEdges = false;
  atom = NONE;
  P.programBegin(how | options);
  STACK.len = 0;
  P.emit(P.SAVE, 0, 0);
  open(NONE);
  while (p < end) {
    if (!next()) return refuse(TOO_LARGE); // unless there is a reason already
    if (tooLarge()) return refuse(TOO_LARGE);
  }
  if (STACK.len != FRAME) return refuse("end pattern with unmatched parenthesis");
  close();
  P.emit(P.SAVE, 0, 1);
  P.emit(P.MATCH, 0, 0);
  if (P.codeCount() * (P.FACTS.groups + 1) * 8 > MOST_SLOTS) return refuse(TOO_LARGE);
  findPrefilter(unicodeEdges);
  return true;
}

function tooLarge(): bool {
  const code = P.codeCount() > P.MOST_CODE;
  return code || P.FACTS.cost > P.MOST_COST || STACK.len > MOST_OPEN * FRAME;
}

// ---- Groups and alternatives --------------------------------------------------------------------

const STACK: Buffer = changetype<Buffer>(memory.data(16, 16));
const FRAME: u32 = 48;

/** An open group; the whole pattern is one. */
@unmanaged
class Frame {
  /** Where the alternative at hand begins. */
  begin: u32;
  /** Jumps from the ends of alternatives to that of the group: the last one; each names another. */
  jumps: i32;
  /** Where the group begins. */
  start: u32;
  /** Its number, NONE or OPTIONS_GROUP. */
  group: i32;
  /** Groups before it. */
  groups: u32;
  /** Flags outside. */
  flags: u32;
  /** Parts of the alternative so far. */
  items: u32;
  /** Can they match nothing, but for the last one? */
  empty: bool;
  /** Can the last one? */
  lastEmpty: bool;
  /** Could an alternative before? */
  emptyBefore: bool;
  /** Is the last item an assertion, or a group that Oniguruma takes for one? It is not repeated. */
  bare: bool;
  /** Was an alternative before nothing but such an item? */
  bareBefore: bool;
  /** Oniguruma takes all that follows for one part. */
  joined: bool;
}

function top(): Frame {
  return changetype<Frame>(STACK.at + STACK.len - FRAME);
}

function open(group: i32): void {
  bufferRoom(STACK, FRAME);
  STACK.len += FRAME;
  const f = top();
  f.start = P.codeCount();
  f.group = group;
  f.groups = group < 0 ? P.FACTS.groups : P.FACTS.groups - 1;
  f.flags = flags;
  f.jumps = NONE;
  f.emptyBefore = false;
  f.bareBefore = false;
  f.joined = false;
  if (group >= 0) P.emit(P.SAVE, 0, 2 * group);
  beginAlternative(f);
}

function beginAlternative(f: Frame): void {
  f.begin = P.codeCount();
  f.items = 0;
  f.empty = true;
  f.lastEmpty = true;
  f.bare = false;
  atom = NONE;
}

/** The alternative at hand has one more part. */
function item(bare: bool, empty: bool): void {
  const f = top();
  f.items++;
  f.empty = f.empty && f.lastEmpty;
  f.lastEmpty = empty;
  f.bare = bare;
}

function endAlternative(f: Frame): void {
  f.emptyBefore = f.emptyBefore || (f.empty && f.lastEmpty);
  f.bareBefore = f.bareBefore || (!f.joined && f.items == 1 && f.bare);
}

function alternative(): void {
  const f = top();
  endAlternative(f);
  P.insert(f.begin, P.SPLIT, 0, (P.codeCount() - f.begin + 2) as i32);
  f.jumps = P.emit(P.JUMP, 0, f.jumps) as i32;
  beginAlternative(f);
}

/** Ends the innermost group: its jumps lead here. */
function close(): void {
  const f = top();
  endAlternative(f);
  const here = P.codeCount() as i32;
  let jump = f.jumps;
  while (jump != NONE) {
    const at = P.instruction(jump as u32);
    const before = load<i32>(at, 4);
    store<i32>(at, here - jump, 4);
    jump = before;
  }
  if (f.group >= 0) P.emit(P.SAVE, 0, 2 * f.group + 1);
  atom = f.start as i32;
  atomGroups = f.groups;
  flags = f.flags;
  STACK.len -= FRAME;
  if (STACK.len != 0) item(f.group == NONE && f.bareBefore, f.emptyBefore);
}

function byteAt(q: usize): u32 {
  return q < end ? load<u8>(q) : 0;
}

function openGroup(): bool {
  p++;
  if (dialect == JQ && byteAt(p) == ASTERISK) return refuse("callouts are not supported");
  if (byteAt(p) != QUESTION) return capture(0, 0);
  const kind = byteAt(p + 1);
  p += 2;
  if (kind == COLON) {
    open(NONE);
    return true;
  }
  if (kind == LESS) {
    const following = byteAt(p);
    if (following == EQUALS || following == BANG) return refuse("lookbehind is not supported");
    return named();
  }
  if (kind == EQUALS || kind == BANG) return refuse("lookahead is not supported");
  if (dialect == JQ) {
    if (kind == GREATER) return refuse("atomic groups are not supported");
    if (kind == LEFT_PAREN) return refuse("conditions are not supported");
    const numbered = kind - 48 <= 9 || ((kind == PLUS || kind == MINUS) && byteAt(p) - 48 <= 9);
    if (kind == UPPER_R || kind == AMPERSAND || numbered)
      return refuse("subexpression calls are not supported");
    if (kind == TILDE) return refuse("the absent operator is not supported");
    if (kind == HASH) {
      while (p < end && load<u8>(p) != RIGHT_PAREN) p += load<u8>(p) == BACKSLASH ? 2 : 1;
      if (p >= end) return refuse("end pattern in group");
      p++;
      return true;
    }
    p--;
    return kind == RIGHT_PAREN ? refuse("undefined group option") : inlineFlags();
  }
  return refuse("invalid group");
}

function capture(name: usize, length: u32): bool {
  if (P.FACTS.groups == P.MOST_GROUPS) return refuse("too many groups");
  P.FACTS.groups++;
  bufferU32(P.NAMES, name as u32);
  bufferU32(P.NAMES, length);
  open(P.FACTS.groups as i32);
  return true;
}

function named(): bool {
  const name = p;
  while (p < end && load<u8>(p) != GREATER) {
    const c: u32 = load<u8>(p);
    const digit = c - ZERO <= 9;
    const letter =
      (c | 32) - LOWER_A < 26 || c == UNDERSCORE || c >= 128 || (dialect == ECMA && c == DOLLAR);
    if (!letter && !(digit && p != name)) return refuse("invalid group name <>");
    p++;
  }
  if (p == end || p == name) return refuse("group name is empty");
  const length = (p - name) as u32;
  p++;
  if (dialect == ECMA) {
    for (let i: u32 = 0; i < P.NAMES.len; i += 8) {
      const known = load<u32>(P.NAMES.at + i) as usize;
      if (load<u32>(P.NAMES.at + i, 4) == length && memory.compare(known, name, length) == 0) {
        return refuse("two groups have one name");
      }
    }
  }
  return capture(name, length);
}

/** (?imsx-imsx) up to the end of the group around it, or (?imsx-imsx:...). */
function inlineFlags(): bool {
  let set = flags;
  let off = false;
  for (; p < end; p++) {
    let flag: u32 = 0;
    switch (load<u8>(p) as u32) {
      case LOWER_I:
        flag = IGNORE_CASE;
        break;
      case LOWER_X:
        flag = EXTENDED;
        break;
      case LOWER_S:
        flag = DOT_ALL;
        break;
      case LOWER_M:
        flag = LINES;
        break;
      case MINUS:
        off = true;
        continue;
      case RIGHT_PAREN:
        flags = set;
        p++;
        atom = NONE;
        // Oniguruma takes all that follows in the group for one part.
        if (top().items != 0) top().joined = true;
        return true;
      case COLON:
        p++;
        open(OPTIONS_GROUP);
        flags = set;
        return true;
      default:
        return refuse("undefined group option");
    }
    set = off ? set & ~flag : set | flag;
  }
  return refuse("end pattern in group");
}

// ---- Atoms --------------------------------------------------------------------------------------

function next(): bool {
  const c: u32 = load<u8>(p);
  if (flags & EXTENDED) {
    if (c == SPACE || (c >= 9 && c <= CR)) {
      p++;
      return true;
    }
    if (c == HASH) {
      while (p < end && load<u8>(p) != LF) p++;
      return true;
    }
  }
  switch (c) {
    case LEFT_PAREN:
      return openGroup();
    case RIGHT_PAREN:
      if (STACK.len == FRAME) return refuse("unmatched close parenthesis");
      p++;
      close();
      return true;
    case PIPE:
      p++;
      alternative();
      return true;
    case ASTERISK:
      p++;
      return repeat(0, ENDLESS);
    case PLUS:
      p++;
      return repeat(1, ENDLESS);
    case QUESTION:
      p++;
      return repeat(0, 1);
    case LEFT_BRACE:
      return interval();
    case DOT:
      p++;
      begin();
      return dot((flags & DOT_ALL) != 0);
    case CARET:
      p++;
      if (!(flags & LINES)) return assertion(P.TEXT_BEGIN);
      return assertion(dialect == ECMA ? P.ECMA_LINE_BEGIN : P.LINE_BEGIN);
    case DOLLAR:
      p++;
      if (dialect == ECMA) return assertion(flags & LINES ? P.ECMA_LINE_END : P.TEXT_END);
      return assertion(flags & LINES ? P.LINE_END : P.NEARLY_END);
    case LEFT_BRACKET: {
      begin();
      const after = readClass(p + 1, end, dialect, (flags & IGNORE_CASE) != 0);
      if (after == 0) return false;
      p = after;
      emitSet();
      return true;
    }
    case BACKSLASH:
      return escape();
    default:
      if (dialect == ECMA && (c == RIGHT_BRACKET || c == RIGHT_BRACE))
        return refuse("lone closing bracket");
      return literal();
  }
}

/** An atom begins here. */
function begin(): void {
  atom = P.codeCount() as i32;
  atomGroups = P.FACTS.groups;
  item(false, false);
}

function assertion(kind: i32): bool {
  begin();
  top().bare = true;
  top().lastEmpty = true;
  const ascii = flags & IGNORE_CASE ? P.FOLDED_WORDS : P.ASCII_WORDS;
  P.emit(P.ASSERT, dialect == ECMA ? ascii : P.UNICODE_WORDS, kind);
  if (dialect != ECMA && (kind == P.WORD_EDGE || kind == P.NO_WORD_EDGE)) unicodeEdges = true;
  if (dialect == ECMA) atom = NONE;
  return true;
}

function literal(): bool {
  begin();
  const code = decodeAt(p);
  p += sizeAt(p) as usize;
  character(code);
  return true;
}

function character(code: u32): void {
  if (flags & IGNORE_CASE) {
    setBegin();
    setAdd(code, code);
    if (code >= 128) setAddCases();
    else if ((code | 32) - 97 < 26) {
      setAdd(code ^ 32, code ^ 32);
      if ((code | 32) == 107) setAdd(0x212a, 0x212a); // the Kelvin sign
      if ((code | 32) == 115) setAdd(0x17f, 0x17f); // the long s
    }
    if (setSingle() < 0) {
      emitSet();
      return;
    }
  }
  P.emit(P.CHAR, 0, code as i32);
}

/** The decimal number at q, or a large one. */
function numberAt(q: usize): u32 {
  let value: u32 = 0;
  while (byteAt(q) - 48 <= 9 && value < 100000) value = value * 10 + (byteAt(q++) - 48);
  return value;
}

/** The set that was built, as an instruction. */
function emitSet(): void {
  const only = setSingle();
  if (only >= 0) P.emit(P.CHAR, 0, only);
  else P.emit(P.SET, 0, setIntern() as i32);
}

/** Any character, or (`all` is false) any but what ends a line. */
function dot(all: bool): bool {
  if (all) {
    P.emit(P.ANY, 0, 0);
    return true;
  }
  setBegin();
  setAdd(10, 10);
  if (dialect == ECMA) {
    setAdd(13, 13);
    setAdd(0x2028, 0x2029);
  }
  setNegate();
  emitSet();
  return true;
}

function escape(): bool {
  p++;
  if (p == end) return refuse("end pattern at escape");
  const c: u32 = load<u8>(p);
  const ecma = dialect == ECMA;
  if (isEscapedClass(p, end, dialect)) {
    begin();
    setBegin();
    const after = addEscapedClass(p, end, dialect, (flags & IGNORE_CASE) != 0);
    if (after == 0) return false;
    p = after;
    if (ecma && flags & IGNORE_CASE) setAddCases();
    emitSet();
    return true;
  }
  switch (c) {
    case LOWER_B: // b
      p++;
      return assertion(P.WORD_EDGE);
    case UPPER_B:
      p++;
      return assertion(P.NO_WORD_EDGE);
    case LOWER_K:
      if (!ecma || byteAt(p + 1) == LESS) return refuse("backreferences are not supported");
      return refuse("invalid escape");
  }
  // In jq, a number that no group has yet is octal, from 10 on.
  if (c >= DIGIT_1 && c <= NINE && (ecma || numberAt(p) <= max<u32>(9, P.FACTS.groups)))
    return refuse("backreferences are not supported");
  if (!ecma) {
    switch (c) {
      case UPPER_A:
        p++;
        return assertion(P.TEXT_BEGIN);
      case LOWER_Z:
        p++;
        return assertion(P.TEXT_END);
      case UPPER_Z:
        p++;
        return assertion(P.NEARLY_END);
      case UPPER_G:
        return refuse("\\G is not supported");
      case UPPER_K:
        return refuse("\\K is not supported");
      case UPPER_R:
        return refuse("\\R is not supported");
      case UPPER_X:
        return refuse("\\X is not supported");
      case LOWER_G:
        return refuse("subexpression calls are not supported");
      case LOWER_Y: // y Y
      case UPPER_Y:
        return refuse("\\y is not supported");
      case UPPER_N: // N: as a dot that matches no line feed
      case UPPER_O: // O: as one that matches all
        p++;
        begin();
        return dot(c == UPPER_O);
      case UPPER_Q: // Q: up to \E all is literal
        p++;
        while (p < end && !(load<u8>(p) == BACKSLASH && byteAt(p + 1) == UPPER_E)) {
          if (tooLarge()) return false;
          literal();
        }
        if (p < end) p += 2;
        return true;
    }
  }
  const code = escapedCharacter(p, end, dialect, false);
  if (code < 0) return false;
  begin();
  p = escapeEnd();
  character(code as u32);
  return true;
}

// ---- Repetition ---------------------------------------------------------------------------------

/** {n}, {n,} or {n,m}; in jq any other brace is a character. */
function interval(): bool {
  let q = p + 1;
  let least: u32 = 0;
  let most: u32 = 0;
  const from = q;
  while (byteAt(q) - 48 <= 9) {
    if (least <= MOST_REPEATS) least = least * 10 + (load<u8>(q) - ZERO);
    q++;
  }
  const hasLeast = q != from;
  most = least;
  if (hasLeast && byteAt(q) == COMMA) {
    q++;
    most = ENDLESS;
    if (byteAt(q) - 48 <= 9) {
      most = 0;
      while (byteAt(q) - 48 <= 9) {
        if (most <= MOST_REPEATS) most = most * 10 + (load<u8>(q) - ZERO);
        q++;
      }
    }
  }
  if (!hasLeast || byteAt(q) != RIGHT_BRACE) {
    if (dialect == ECMA)
      return refuse(atom == NONE ? "nothing to repeat" : "incomplete quantifier");
    return literal();
  }
  p = q + 1;
  if (least > MOST_REPEATS || (most != ENDLESS && most > MOST_REPEATS))
    return refuse("too big number for repeat range");
  if (most < least) return refuse("upper is smaller than lower in repeat range");
  return repeat(least, most);
}

/** Repeats the last atom; a question mark behind it makes it lazy. */
function repeat(least: u32, most: u32): bool {
  if (atom == NONE) {
    return refuse(
      dialect == ECMA ? "nothing to repeat" : "target of repeat operator is not specified",
    );
  }
  if (dialect == JQ && top().bare) return refuse("target of repeat operator is invalid");
  let lazy = false;
  if (byteAt(p) == QUESTION) {
    lazy = true;
    p++;
  } else if (byteAt(p) == PLUS && dialect == JQ && load<u8>(p - 1) != RIGHT_BRACE) {
    return refuse("possessive quantifiers are not supported");
  }
  const first = atom as u32;
  if (dialect == ECMA && most != 1 && P.FACTS.groups > atomGroups) {
    P.insert(first, P.CLEAR, 2 * (atomGroups + 1), (2 * (P.FACTS.groups + 1)) as i32);
  }
  const empty = top().lastEmpty;
  if (least == 0) top().lastEmpty = true;
  const size = P.codeCount() - first;
  const copies = most == ENDLESS ? least + 1 : most;
  if (((copies as u64) + 1) * ((size + 4) as u64) > (P.MOST_CODE as u64)) return refuse(TOO_LARGE);
  const height = empty ? P.loopHeight(first) + 1 : 0;
  if (height > P.MOST_HEIGHT) return refuse(TOO_LARGE);
  if (most == 0) P.CODE.len = first * P.INSTRUCTION;
  else if (most == ENDLESS) repeatEndless(first, size, least, lazy, height, dialect);
  else repeatUpTo(first, size, least, most, lazy, dialect == ECMA ? height : 0);
  if (dialect == ECMA) atom = NONE;
  return true;
}
