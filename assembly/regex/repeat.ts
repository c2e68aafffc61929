/** Programs of repetitions. The body stands last in the program, from instruction `first` on. */

import { ECMA, JQ } from "./dialect";
import * as P from "./program";

export const ENDLESS: u32 = 0xffffffff;

/**
 * Repeats without end. `height` is that of the loop, 0 where the body always matches something. A
 * turn that matches nothing must not go on for ever: in jq it is the last one, and what its groups
 * matched stays; ECMAScript takes no such turn unless it is demanded.
 */
export function repeatEndless(
  first: u32,
  size: u32,
  least: u32,
  lazy: bool,
  height: u32,
  dialect: u32,
): void {
  const skip = lazy ? P.OTHER : P.SPLIT;
  const back = lazy ? P.SPLIT : P.OTHER;
  if (height == 0) {
    for (let i: u32 = 1; i < least; i++) P.repeatCode(first, size);
    P.codeAppend(back, 0, -(size as i32));
    if (least == 0) P.insert(first, skip, 0, (size + 2) as i32);
    return;
  }
  // In jq the loop may be entered behind its skip; in ECMAScript a demanded turn is another one.
  const inside = dialect == JQ && least > 0;
  const copies = inside ? least - 1 : least;
  for (let i: u32 = 0; i < copies; i++) P.repeatCode(first, size);
  const loop = first + copies * size;
  P.insert(loop, P.TURN, height, 0);
  P.codeAppend(P.TAKEN, height, dialect == ECMA ? 0 : 2);
  P.insert(loop, skip, 0, (size + 4) as i32);
  P.codeAppend(P.JUMP, 0, -((size + 3) as i32));
  if (inside) P.insert(loop, P.JUMP, 0, 2);
}

/** x{least}x?x?x?, where each question mark skips all that follows. */
export function repeatUpTo(
  first: u32,
  size: u32,
  least: u32,
  most: u32,
  lazy: bool,
  height: u32,
): void {
  const skip = lazy ? P.OTHER : P.SPLIT;
  const optional = most - least;
  for (let i: u32 = 0; i < least; i++) P.repeatCode(first, size);
  // The body that may be left out stands last, in the form in which it is repeated.
  const body = first + least * size;
  if (height != 0) {
    P.insert(body, P.TURN, height, 0);
    P.codeAppend(P.TAKEN, height, 0);
  }
  const turn = P.codeCount() - body;
  const unit = turn + 1;
  P.insert(body, skip, 0, (optional * unit) as i32);
  for (let i: u32 = 1; i < optional; i++) {
    P.codeAppend(skip, 0, ((optional - i) * unit) as i32);
    P.repeatCode(body + 1, turn);
  }
  if (optional == 0) P.CODE.len = body * P.REGEX_INSTRUCTION;
}
