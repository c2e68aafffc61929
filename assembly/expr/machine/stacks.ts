/**
 * The two stacks of the machine, which grow in blocks of their own. The frame stack holds activations:
 *
 *     frame   +0 u32 address to return to (0: the program)   +4 u32 caller (offset)
 *             +8 u32 frame around the definition (offset)    +12 u32 end of the frame (offset)
 *             +16 u32 path state to restore                  +20 u32 slot for the result
 *             +32 slot 2: the input, then parameters, variables and temporaries
 *
 * The choice stack holds what is left to be tried:
 *
 *     choice  +0 u32 kind   +4 u32 address of code   +8 u32 frame (offset)
 *             +12 u32 protected: frames below this offset must stay
 *             +16 u32 path state   +32 cell: path   +48 cell: value at that path
 *
 * A frame whose function has returned stays as long as a choice protects it, so backtracking finds
 * its slots as they were; one that no choice protects is reused, by tail calls in place.
 */

import { chunkGive, chunkTake } from "../../bytes/memory";
import * as C from "../../errors/codes";
import { fail } from "../../errors/errors";
import { Cell } from "../../value/cell";
import { PATH, PATH_VALUE } from "./tracking";

/** Most bytes of frames, and of choices: deterministic, the same in every build. */
const MAX_FRAMES: u32 = 67108864;
const MAX_CHOICES: u32 = 67108864;
/** Stacks above this do not outlive the evaluation that needed them. */
const KEPT: u32 = 1 << 20;
const SMALLEST: u32 = 65536;

/** Bytes of a choice, and its kinds. */
export const CHOICE: u32 = 64;
export const K_FORK: u32 = 1;
export const K_EACH: u32 = 2;
export const K_RANGE: u32 = 3;
export const K_TRY: u32 = 4;
export const K_TRY_END: u32 = 5;
export const K_ALTERNATIVE: u32 = 6;

/** Where the stacks are, and their bytes. Registers that the loop reads: bench column `expr`. */
export let frames: usize = 0;
export let framesSize: u32 = 0;
export let choices: usize = 0;
export let choicesSize: u32 = 0;

/** Before the first evaluation. */
export function stacksBegin(): void {
  if (frames != 0) return;
  framesSize = SMALLEST;
  frames = chunkTake(framesSize);
  choicesSize = SMALLEST;
  choices = chunkTake(choicesSize);
}

/** Makes the frame stack at least `size` bytes long; false above MAX_FRAMES. */
export function growFrames(size: u32): bool {
  if (size <= framesSize) return true;
  if (size > MAX_FRAMES) return fail(C.E_LIMIT_STACK, 0);
  let larger = framesSize;
  while (larger < size) larger <<= 1;
  const to = chunkTake(larger);
  memory.copy(to, frames, framesSize);
  chunkGive(frames, framesSize);
  frames = to;
  framesSize = larger;
  return true;
}

export function growChoices(size: u32): bool {
  if (size <= choicesSize) return true;
  if (size > MAX_CHOICES) return fail(C.E_LIMIT_STACK, 0);
  const larger = choicesSize << 1;
  const to = chunkTake(larger);
  memory.copy(to, choices, choicesSize);
  chunkGive(choices, choicesSize);
  choices = to;
  choicesSize = larger;
  return true;
}

/** Gives back large stacks, so that one deep evaluation does not keep memory for good. */
export function shrinkStacks(): void {
  if (framesSize > KEPT) {
    chunkGive(frames, framesSize);
    framesSize = SMALLEST;
    frames = chunkTake(framesSize);
  }
  if (choicesSize > KEPT) {
    chunkGive(choices, choicesSize);
    choicesSize = SMALLEST;
    choices = chunkTake(choicesSize);
  }
}

export function pushChoice(
  top: u32,
  kind: u32,
  code: usize,
  fp: usize,
  guard: u32,
  tracking: u32,
): void {
  const c = choices + top;
  store<u32>(c, kind);
  store<u32>(c, code as u32, 4);
  store<u32>(c, (fp - frames) as u32, 8);
  store<u32>(c, guard, 12);
  store<u32>(c, tracking, 16);
  if (tracking != 0) {
    Cell.copy(c + 32, PATH);
    Cell.copy(c + 48, PATH_VALUE);
  }
}
