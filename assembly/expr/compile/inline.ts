/** Builtins whose code stands in place, so that their arguments need no closure. */

import * as X from "../builtins/special";
import { constantOf, emit, patch, patchY } from "../bytecode/emit";
import * as O from "../bytecode/opcodes";
import { NONE } from "../bytecode/opcodes";
import { textCell } from "../syntax/literals";
import * as N from "../syntax/nodes";
import { newNode, nodeAt } from "../syntax/nodes";
import { genDelete, genModify, genPaths } from "./assign";
import { each, flags, Gen, genNumber, OFF, slot } from "./place";

export function genSpecial(id: i32, args: u32, input: u32, mode: u32, gen: Gen): u32 {
  const second = args == 0 ? 0 : nodeAt(args).next;
  switch (id) {
    case X.X_EMPTY:
      emit(O.OP_BACKTRACK, 0, 0, 0, 0, 0);
      return input;
    case X.X_ERROR:
      emit(O.OP_ERROR, 0, input, 0, 0, 0);
      return input;
    case X.X_ERROR_OF: {
      const r = gen(args, input, OFF);
      emit(O.OP_ERROR, 0, r, 0, 0, 0);
      return input;
    }
    case X.X_NOT: {
      const out = slot();
      emit(O.OP_NOT, out, input, 0, 0, 0);
      return out;
    }
    case X.X_PATH:
      return genPaths(args, input, gen);
    case X.X_DEL:
      return genDelete(args, input, gen);
    case X.X_SELECT: {
      const condition = gen(args, input, OFF);
      const no = emit(O.OP_UNLESS, 0, condition, 0, 0, 0);
      const yes = emit(O.OP_JUMP, 0, 0, 0, 0, 0);
      patch(no);
      emit(O.OP_BACKTRACK, 0, 0, 0, 0, 0);
      patch(yes);
      return input;
    }
    case X.X_MAP: {
      const out = slot();
      emit(O.OP_ARRAY, out, 0, 0, 0, 0);
      const fork = emit(O.OP_FORK, 0, 0, 0, 0, 0);
      const r = gen(args, each(input, OFF), OFF);
      emit(O.OP_APPEND, out, r, 0, 0, 0);
      patch(fork);
      return out;
    }
    case X.X_MAP_VALUES: {
      const places = newNode(N.N_EACH, 0);
      nodeAt(places).a = newNode(N.N_DOT, 0);
      return genModify(places, input, args, NONE, 0, gen);
    }
    case X.X_FIRST: {
      const mark = slot();
      emit(O.OP_MARK, mark, 0, 0, 0, 0);
      const r = gen(args, input, mode);
      emit(O.OP_CUT, 0, mark, 0, 0, 0);
      return r;
    }
    case X.X_LAST:
      return genLast(args, input, mode, gen);
    case X.X_LIMIT:
      return genLimit(args, second, input, mode, gen);
    case X.X_SKIP:
      return genSkip(args, second, input, mode, "skip doesn't support negative count", gen);
    case X.X_NTH:
      return genNth(args, second, input, mode, gen);
    case X.X_ISEMPTY: {
      const out = slot();
      const mark = slot();
      emit(O.OP_MARK, mark, 0, 0, 0, 0);
      const fork = emit(O.OP_FORK, 0, 0, 0, 0, 0);
      gen(args, input, OFF);
      emit(O.OP_CUT, 0, mark, 0, 0, 0);
      emit(O.OP_FALSE, out, 0, 0, 0, 0);
      const end = emit(O.OP_JUMP, 0, 0, 0, 0, 0);
      patch(fork);
      emit(O.OP_TRUE, out, 0, 0, 0, 0);
      patch(end);
      return out;
    }
    case X.X_ANY:
      return genAny(0, 0, input, true, gen);
    case X.X_ANY_OF:
      return genAny(0, args, input, true, gen);
    case X.X_ANY_IN:
      return genAny(args, second, input, true, gen);
    case X.X_ALL:
      return genAny(0, 0, input, false, gen);
    case X.X_ALL_OF:
      return genAny(0, args, input, false, gen);
    case X.X_ALL_IN:
      return genAny(args, second, input, false, gen);
    case X.X_RANGE: {
      const to = gen(args, input, OFF);
      return range(genNumber(0), to);
    }
    case X.X_RANGE_TO: {
      const from = gen(args, input, OFF);
      const to = gen(second, input, OFF);
      return range(from, to);
    }
    case X.X_ADD:
    case X.X_ADD_OF: {
      const sum = slot();
      emit(O.OP_NULL, sum, 0, 0, 0, 0);
      const fork = emit(O.OP_FORK, 0, 0, 0, 0, 0);
      const r = id == X.X_ADD ? each(input, OFF) : gen(args, input, OFF);
      emit(O.OP_ADD, sum, sum, r, 0, 0);
      emit(O.OP_BACKTRACK, 0, 0, 0, 0, 0);
      patch(fork);
      return sum;
    }
    default: {
      // getpath
      const path = gen(args, input, OFF);
      const out = slot();
      emit(O.OP_GETPATH, out, input, path, flags(0, mode), 0);
      return out;
    }
  }
}

function range(from: u32, to: u32): u32 {
  const cursor = slot();
  const out = slot();
  emit(O.OP_RANGE, out, from, to, cursor, 0);
  return out;
}

/** any and all: 0 for generator is .[], 0 for condition is `.`. */
function genAny(generator: u32, condition: u32, input: u32, isAny: bool, gen: Gen): u32 {
  const out = slot();
  const mark = slot();
  emit(O.OP_MARK, mark, 0, 0, 0, 0);
  const fork = emit(O.OP_FORK, 0, 0, 0, 0, 0);
  const item = generator == 0 ? each(input, OFF) : gen(generator, input, OFF);
  const r = condition == 0 ? item : gen(condition, item, OFF);
  const no = emit(O.OP_UNLESS, 0, r, 0, 0, 0);
  if (isAny) {
    emit(O.OP_CUT, 0, mark, 0, 0, 0);
    emit(O.OP_TRUE, out, 0, 0, 0, 0);
  } else emit(O.OP_BACKTRACK, 0, 0, 0, 0, 0);
  const end = emit(O.OP_JUMP, 0, 0, 0, 0, 0);
  patch(no);
  if (isAny) emit(O.OP_BACKTRACK, 0, 0, 0, 0, 0);
  else {
    emit(O.OP_CUT, 0, mark, 0, 0, 0);
    emit(O.OP_FALSE, out, 0, 0, 0, 0);
  }
  const end2 = emit(O.OP_JUMP, 0, 0, 0, 0, 0);
  patch(fork);
  emit(isAny ? O.OP_FALSE : O.OP_TRUE, out, 0, 0, 0, 0);
  patch(end);
  patch(end2);
  return out;
}

function genLast(args: u32, input: u32, mode: u32, gen: Gen): u32 {
  const out = slot();
  const found = slot();
  emit(O.OP_FALSE, found, 0, 0, 0, 0);
  const fork = emit(O.OP_FORK, 0, 0, 0, 0, 0);
  const r = gen(args, input, mode);
  emit(O.OP_MOVE, out, r, 0, 0, 0);
  emit(O.OP_TRUE, found, 0, 0, 0, 0);
  emit(O.OP_BACKTRACK, 0, 0, 0, 0, 0);
  patch(fork);
  const none = emit(O.OP_UNLESS, 0, found, 0, 0, 0);
  const some = emit(O.OP_JUMP, 0, 0, 0, 0, 0);
  patch(none);
  emit(O.OP_BACKTRACK, 0, 0, 0, 0, 0);
  patch(some);
  return out;
}

function genLimit(count: u32, args: u32, input: u32, mode: u32, gen: Gen): u32 {
  const left = slot();
  const mark = slot();
  const n = gen(count, input, OFF);
  const none = emit(
    O.OP_COUNT,
    left,
    n,
    0,
    constantOf(textCell("limit doesn't support negative count")),
    0,
  );
  emit(O.OP_MARK, mark, 0, 0, 0, 0);
  const r = gen(args, input, mode);
  emit(O.OP_COUNT_DOWN, left, mark, 0, 0, 0);
  const end = emit(O.OP_JUMP, 0, 0, 0, 0, 0);
  patchY(none);
  emit(O.OP_BACKTRACK, 0, 0, 0, 0, 0);
  patch(end);
  return r;
}

function genSkip(count: u32, args: u32, input: u32, mode: u32, message: string, gen: Gen): u32 {
  const left = slot();
  const n = gen(count, input, OFF);
  const none = emit(O.OP_COUNT, left, n, 0, constantOf(textCell(message)), 0);
  patchY(none);
  const r = gen(args, input, mode);
  emit(O.OP_SKIP, left, 0, 0, 0, 0);
  return r;
}

function genNth(count: u32, args: u32, input: u32, mode: u32, gen: Gen): u32 {
  const left = slot();
  const n = gen(count, input, OFF);
  const none = emit(
    O.OP_COUNT,
    left,
    n,
    0,
    constantOf(textCell("nth doesn't support negative indices")),
    0,
  );
  patchY(none);
  const mark = slot();
  emit(O.OP_MARK, mark, 0, 0, 0, 0);
  const r = gen(args, input, mode);
  emit(O.OP_SKIP, left, 0, 0, 0, 0);
  emit(O.OP_CUT, 0, mark, 0, 0, 0);
  return r;
}
