/** Where the generator is: the frame whose code it emits, its slots, and the names in scope. */

import { arenaTake } from "../../bytes/arena";
import * as C from "../../errors/codes";
import { errorCode, fail } from "../../errors/errors";
import { setNumber } from "../../value/cell";
import { constantOf, emit } from "../bytecode/emit";
import * as O from "../bytecode/opcodes";
import { TREE } from "../syntax/nodes";
import { Context } from "./scope";

/**
 * May paths be tracked? In OFF code nothing looks at the path state, so that an argument or a condition cannot
 * disturb the path around it; calls in it carry CALL_PLAIN.
 */
export const OFF: u32 = 0;
export const DYNAMIC: u32 = 1;

/** Most slots of one frame. */
const MAX_SLOTS: u32 = 60000;

/**
 * generate.ts's gen, for code that holds expressions of all kinds, of which it knows nothing: emits an expression,
 * and gives the slot of its outputs.
 */
export type Gen = (node: u32, input: u32, mode: u32) => u32;

@unmanaged
class Place {
  /** The frame whose code this is (scope.ts). */
  context: u32;
  /** The innermost name in scope, or 0. */
  scope: u32;
}

/** Where the generator is. */
export const HERE: Place = changetype<Place>(memory.data(8, 8));

export function contextAt(c: u32): Context {
  return changetype<Context>(c as usize);
}

/** The slot after all others of the current frame. */
export function slot(): u32 {
  return slots(1);
}

/** `count` neighbouring slots; the first one's number. */
export function slots(count: u32): u32 {
  const c = contextAt(HERE.context);
  const s = c.slots;
  c.slots = s + count;
  if (c.slots > MAX_SLOTS) {
    if (errorCode() == 0) fail(C.E_EXPR_TOO_LARGE, 0);
    c.slots = s;
  }
  return s;
}

/** Frames to go out from the current one to a context. */
export function levelsTo(other: u32): u32 {
  return contextAt(HERE.context).level - contextAt(other).level;
}

/** Flags of a step into a value. */
export function flags(optional: u32, mode: u32): u32 {
  return (optional != 0 ? O.FLAG_OPTIONAL : 0) | (mode == DYNAMIC ? O.FLAG_PATH : 0);
}

export function genConstant(cell: u32): u32 {
  const out = slot();
  emit(O.OP_CONST, out, 0, 0, constantOf(cell), 0);
  return out;
}

export function genNumber(value: f64): u32 {
  const cell = arenaTake(TREE, 16);
  setNumber(cell, value);
  return genConstant(cell as u32);
}

/** Every element of the input. */
export function each(input: u32, mode: u32): u32 {
  const cursor = slot();
  const out = slot();
  emit(O.OP_EACH, out, input, cursor, flags(0, mode), 0);
  return out;
}
