/** Assignments and deletions, which work on the paths of an expression. */

import { EQUALS } from "../../bytes/characters";
import { emit, patch } from "../bytecode/emit";
import * as O from "../bytecode/opcodes";
import { NONE } from "../bytecode/opcodes";
import * as L from "../syntax/lexer";
import { Node } from "../syntax/nodes";
import { binaryOpcode } from "../syntax/operators";
import { DYNAMIC, Gen, OFF, slot, slots } from "./place";

/** Emits the paths of an expression: the slot of each path. */
export function genPaths(node: u32, input: u32, gen: Gen): u32 {
  const saved = slots(3);
  emit(O.OP_PATH_BEGIN, saved, input, 0, 0, 0);
  const r = gen(node, input, DYNAMIC);
  const path = slot();
  emit(O.OP_PATH_END, path, r, saved, 0, 0);
  return path;
}

export function genAssign(n: Node, input: u32, gen: Gen): u32 {
  const token = n.c;
  if (token == L.T_SET_PIPE) return genModify(n.a, input, n.b, NONE, 0, gen);
  const value = gen(n.b, input, OFF);
  if (token == EQUALS) {
    const state = slot();
    emit(O.OP_MOVE, state, input, 0, 0, 0);
    const fork = emit(O.OP_FORK, 0, 0, 0, 0, 0);
    const path = genPaths(n.a, input, gen);
    emit(O.OP_SETPATH, state, state, path, 0, value);
    emit(O.OP_BACKTRACK, 0, 0, 0, 0, 0);
    patch(fork);
    return state;
  }
  return genModify(n.a, input, 0, value, token, gen);
}

/**
 * places |= update, and the arithmetic forms (update == 0: `. op $operand`). The first output of
 * an update is stored; where there is none, the place is deleted at the end.
 */
export function genModify(
  places: u32,
  input: u32,
  update: u32,
  operand: u32,
  token: u32,
  gen: Gen,
): u32 {
  const state = slot();
  const gone = slot();
  emit(O.OP_MOVE, state, input, 0, 0, 0);
  emit(O.OP_ARRAY, gone, 0, 0, 0, 0);
  const fork = emit(O.OP_FORK, 0, 0, 0, 0, 0);
  const path = genPaths(places, input, gen);
  const old = slot();
  emit(O.OP_GETPATH, old, state, path, 0, 0);
  if (update == 0) {
    const out = slot();
    if (token == L.T_SET_DEFINED) {
      // A place that has a true value is set too, to what it has: setting may be an error.
      emit(O.OP_MOVE, out, operand, 0, 0, 0);
      const lacking = emit(O.OP_UNLESS, 0, old, 0, 0, 0);
      emit(O.OP_MOVE, out, old, 0, 0, 0);
      patch(lacking);
    } else emit(binaryOpcode(token), out, old, operand, 0, 0);
    emit(O.OP_SETPATH, state, state, path, 0, out);
    emit(O.OP_BACKTRACK, 0, 0, 0, 0, 0);
  } else {
    const mark = slot();
    emit(O.OP_MARK, mark, 0, 0, 0, 0);
    const none = emit(O.OP_FORK, 0, 0, 0, 0, 0);
    const r = gen(update, old, OFF);
    emit(O.OP_CUT, 0, mark, 0, 0, 0);
    emit(O.OP_SETPATH, state, state, path, 0, r);
    emit(O.OP_BACKTRACK, 0, 0, 0, 0, 0);
    patch(none);
    emit(O.OP_APPEND, gone, path, 0, 0, 0);
  }
  patch(fork);
  if (update == 0) return state;
  const out = slot();
  emit(O.OP_DELPATHS, out, state, gone, 0, 0);
  return out;
}

/** del: the paths of an expression, taken out at the end. */
export function genDelete(args: u32, input: u32, gen: Gen): u32 {
  const gone = slot();
  emit(O.OP_ARRAY, gone, 0, 0, 0, 0);
  const fork = emit(O.OP_FORK, 0, 0, 0, 0, 0);
  const path = genPaths(args, input, gen);
  emit(O.OP_APPEND, gone, path, 0, 0, 0);
  patch(fork);
  const out = slot();
  emit(O.OP_DELPATHS, out, input, gone, 0, 0);
  return out;
}
