/**
 * The programs that were compiled last. Fuel must not tell what ran before: within an evaluation, a
 * pattern costs its compilation when it is first asked for, whether or not a program is there from
 * an earlier evaluation, and again if PLACES others were asked for since.
 */

import { Buffer, bufferBytes, bufferClear } from "../bytes/buffer";
import { parseRegex } from "./parse";
import { FACTS, Facts, PATTERN_TEXT, PROGRAM, PROGRAM_SIZE } from "./program";

const PLACES: u32 = 16;
const programs: usize = memory.data(5632, 16); // PLACES * PROGRAM_SIZE
const swapped: usize = memory.data(352, 16);

/** Programs that this evaluation has asked for: the first ones. */
let asked: u32 = 0;
/** Where the next one comes. */
let place: u32 = 0;

/** An evaluation begins. */
export function regexesForget(): void {
  asked = 0;
  place = 0;
}

/** What the last call of regexAtHand() is to cost, in fuel. */
let askingCost: u32 = 0;
export function regexCost(): u32 {
  return askingCost;
}

/**
 * Makes the program of a pattern the one at hand: with a dialect and flags. False: it is none, and
 * regexError says why.
 */
export function regexAtHand(at: usize, length: u32, dialect: u32, flags: u32): bool {
  askingCost = 1 + (length >>> 4);
  const options = dialect | flags;
  for (let i: u32 = 0; i < PLACES; i++) {
    const known = programAt(i);
    if (!is(known, at, length, options)) continue;
    memory.copy(PROGRAM, known, PROGRAM_SIZE);
    if (i >= asked) {
      askingCost += FACTS.cost + length;
      // As if it had been compiled.
      const next = programAt(place);
      memory.copy(swapped, next, PROGRAM_SIZE);
      memory.copy(next, known, PROGRAM_SIZE);
      memory.copy(known, swapped, PROGRAM_SIZE);
      keep();
    }
    return true;
  }
  memory.copy(PROGRAM, programAt(place), PROGRAM_SIZE);
  bufferClear(PATTERN_TEXT);
  bufferBytes(PATTERN_TEXT, at, length);
  FACTS.there = parseRegex(PATTERN_TEXT.at, length, dialect, flags);
  askingCost += FACTS.cost + length;
  memory.copy(programAt(place), PROGRAM, PROGRAM_SIZE);
  if (FACTS.there) keep();
  return FACTS.there;
}

function programAt(i: u32): usize {
  return programs + (i as usize) * PROGRAM_SIZE;
}

/** Is it the program of this pattern? */
function is(program: usize, at: usize, length: u32, options: u32): bool {
  const pattern = changetype<Buffer>(program);
  const facts = changetype<Facts>(program + (changetype<usize>(FACTS) - PROGRAM));
  return (
    facts.there &&
    facts.options == options &&
    pattern.len == length &&
    memory.compare(pattern.at, at, length) == 0
  );
}

function keep(): void {
  place = (place + 1) % PLACES;
  if (asked < PLACES) asked++;
}
