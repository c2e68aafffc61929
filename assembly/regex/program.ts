/**
 * A compiled regular expression: instructions of 8 bytes, whose jumps are relative, so that a piece
 * of a program may be moved and copied.
 *
 *     +0 u8 op   +2 u16 b   +4 i32 x
 *
 * Instruction 0 is where a match begins. What a program consists of, and what is known about it,
 * lies in PROGRAM; cache.ts puts it there.
 */

import { textByte } from "../bytes/byte";
import { Buffer, bufferRoom } from "../bytes/buffer";

export const MATCH: u32 = 0;
/** The character x. */
export const CHAR: u32 = 1;
/** A character of the set at offset x. */
export const CHAR_SET: u32 = 2;
/** Any character. */
export const ANY: u32 = 3;
/** Goes on with the next instruction and, if that fails, at x. */
export const SPLIT: u32 = 4;
/** Goes on at x and, if that fails, with the next instruction. */
export const OTHER: u32 = 5;
export const JUMP: u32 = 6;
/** Notes the place in slot x: 2n where group n begins, 2n + 1 where it ends. */
export const SAVE: u32 = 7;
/** Goes on where x (below) holds; b: which characters make words. */
export const ASSERT: u32 = 8;
/** Forgets the slots from b up to before x. */
export const CLEAR: u32 = 9;
/** A turn of the loop of height b begins: it has taken no character yet. */
export const TURN: u32 = 10;
/** A turn ends: one that has taken no character goes on at x (0: nowhere), others go on. */
export const TAKEN: u32 = 11;

export const TEXT_BEGIN: i32 = 0;
export const TEXT_END: i32 = 1;
/** At the end, or before a line feed that ends the text. */
export const NEARLY_END: i32 = 2;
export const LINE_BEGIN: i32 = 3;
export const LINE_END: i32 = 4;
export const WORD_EDGE: i32 = 5;
export const NO_WORD_EDGE: i32 = 6;
/** The same with the line terminators of ECMAScript. */
export const ECMA_LINE_BEGIN: i32 = 7;
export const ECMA_LINE_END: i32 = 8;

export const UNICODE_WORDS: u32 = 0;
export const ASCII_WORDS: u32 = 1;
export const FOLDED_WORDS: u32 = 2;

/** The program at hand: what it consists of, and what is known about it. Zeros: none. */
export const PROGRAM: usize = memory.data(352, 16);
export const PROGRAM_SIZE: usize = 352;

/** Its pattern, to which the names of its groups refer. */
export const PATTERN_TEXT: Buffer = changetype<Buffer>(PROGRAM);
/** Its instructions. */
export const CODE: Buffer = changetype<Buffer>(PROGRAM + 16);
/** Its sets of characters (sets.ts). */
export const SETS: Buffer = changetype<Buffer>(PROGRAM + 32);
/** For each of its groups: address and length of its name (length 0: it has none). */
export const GROUP_NAMES: Buffer = changetype<Buffer>(PROGRAM + 48);

@unmanaged
export class Facts {
  /** Dialect and flags. */
  options: u32;
  /** What compiling it has cost, in fuel. */
  cost: u32;
  /** Groups, the whole match not counted. */
  groups: u32;
  /** Heights of its loops, 0 for none included. */
  heights: u32;
  /** Offset of the set of word characters, if its edges ask for one beyond ASCII. */
  words: u32;
  /** Does every match begin with a character, whose first byte is one of LEADS? */
  led: bool;
  /** Does every match begin where the text does? */
  anchored: bool;
  /** Is there a program? */
  there: bool;
}
export const FACTS: Facts = changetype<Facts>(PROGRAM + 64);
/** A byte for each byte: 1 if a match can begin with it. */
export const LEADS: usize = PROGRAM + 96;

export const REGEX_INSTRUCTION: u32 = 8;
/** More instructions are refused: counted repetitions multiply. */
export const MOST_CODE: u32 = 20000;
/** More groups are refused. */
export const MOST_GROUPS: u32 = 250;

/** Patterns whose compilation costs more are refused. */
export const MOST_COST: u32 = 1 << 18;

/** Begins an empty program. */
export function programBegin(options: u32): void {
  CODE.len = 0;
  SETS.len = 0;
  GROUP_NAMES.len = 0;
  memory.fill(changetype<usize>(FACTS), 0, LEADS + 256 - changetype<usize>(FACTS));
  FACTS.options = options;
}

export function spend(units: u32): void {
  FACTS.cost += units;
}

/** Loops whose bodies can match nothing, one within another. */
export const MOST_HEIGHT: u32 = 30;

/** The most height of such a loop from instruction i on. */
export function loopHeight(i: u32): u32 {
  let height: u32 = 0;
  const n = codeCount();
  for (let j = i; j < n; j++) {
    const at = instruction(j);
    if (textByte(at) == (TURN as u8)) height = max(height, load<u16>(at, 2) as u32);
  }
  spend((n - i) >>> 4);
  return height;
}

/** Number of instructions. */
export function codeCount(): u32 {
  return CODE.len / REGEX_INSTRUCTION;
}

export function instruction(i: u32): usize {
  return CODE.at + i * REGEX_INSTRUCTION;
}

/** Appends an instruction and returns its number. */
export function codeAppend(op: u32, b: u32, x: i32): u32 {
  bufferRoom(CODE, REGEX_INSTRUCTION);
  const n = codeCount();
  CODE.len += REGEX_INSTRUCTION;
  put(n, op, b, x);
  return n;
}

function put(i: u32, op: u32, b: u32, x: i32): void {
  const at = instruction(i);
  store<u32>(at, op | (b << 16));
  store<i32>(at, x, 4);
}

/** Puts an instruction before number i; what follows moves, its inner jumps with it. */
export function insert(i: u32, op: u32, b: u32, x: i32): void {
  bufferRoom(CODE, REGEX_INSTRUCTION);
  const at = instruction(i);
  const moved = CODE.len - i * REGEX_INSTRUCTION;
  memory.copy(at + REGEX_INSTRUCTION, at, moved);
  spend(moved >>> 7);
  CODE.len += REGEX_INSTRUCTION;
  put(i, op, b, x);
}

/** Appends a copy of `count` instructions from number i on. */
export function repeatCode(i: u32, count: u32): void {
  bufferRoom(CODE, count * REGEX_INSTRUCTION);
  memory.copy(CODE.at + CODE.len, instruction(i), count * REGEX_INSTRUCTION);
  CODE.len += count * REGEX_INSTRUCTION;
  spend(count >>> 3);
}
