/**
 * The explicit stack of functions that walk nested values: compare, contains, paths, merge.
 * Nothing in the engine recurses on the machine stack over data.
 *
 * Whoever walks takes frames of FRAME bytes above walkTop and puts it back when done, so one walk
 * may use another inside. Depth is limited by the callers (DEEPEST), so one block is enough.
 */

import { chunkTake } from "../bytes/memory";

/** Deepest nesting that a walk enters, as in jq 1.8. */
export const DEEPEST: u32 = 10000;
/** Bytes of a frame. */
export const FRAME: u32 = 32;

const SIZE: u32 = 1 << 21;

let base: usize = 0;
let top: u32 = 0;

/** walkBase() and walkSet() for hot loops, inlined as in bytes/word.ts. */
// oxlint-disable-next-line typescript/no-extraneous-class
export class Walk {
  @inline static base(): usize {
    if (base == 0) base = chunkTake(SIZE);
    return base;
  }
  @inline static set(to: u32): bool {
    if (to + FRAME > SIZE) return false;
    top = to;
    return true;
  }
}

/** Address of the stack's bottom. Frames are at base + offset. */
export function walkBase(): usize {
  return Walk.base();
}

/** Offset of the first free frame. */
export function walkTop(): u32 {
  return top;
}

/** Sets the first free frame; false when the stack is full (deeper than any caller allows). */
export function walkSet(to: u32): bool {
  return Walk.set(to);
}

/** Begins an evaluation: nothing is being walked. */
export function walkReset(): void {
  top = 0;
}
