/**
 * From the tree to bytecode. gen(node, input, mode) emits the code of an expression and returns
 * the slot that holds an output each time control arrives behind that code.
 *
 * `mode` is OFF or DYNAMIC (place.ts). What holds expressions of all kinds, in other files, is handed gen.
 * Where several generators meet, the one that varies slowest is evaluated first, as in jq:
 * the right operand, the last argument, the index before its subject.
 */

import { arenaTake } from "../../bytes/arena";
import * as C from "../../errors/codes";
import { errorCode, fail } from "../../errors/errors";
import { STRING, tagOf } from "../../value/cell";
import { B_FORMAT } from "../builtins/table";
import {
  constantOf,
  emit,
  emitBegin,
  newFunction,
  patch,
  setFunctionEntry,
  setFunctionFrame,
} from "../bytecode/emit";
import * as O from "../bytecode/opcodes";
import { NONE, SLOT_INPUT } from "../bytecode/opcodes";
import { stringCell } from "../syntax/literals";
import * as N from "../syntax/nodes";
import { Node, nodeAt, TREE } from "../syntax/nodes";
import { genAssign } from "./assign";
import { bodiesBegin, Body, nextBody } from "./bodies";
import { callsBegin, define, genCall, genPrelude } from "./calls";
import { linkJump, patchAll } from "./jumps";
import { genPatterns } from "./patterns";
import { contextAt, DYNAMIC, flags, genConstant, HERE, OFF, slot } from "./place";
import * as S from "./scope";
import { findFunction, newContext, newScope, Scope } from "./scope";
import { genBreak, genVariable, openLabel, variablesBegin } from "./variables";

/** Generates the whole program. False with the error recorded. */
export function generate(tree: u32, text: usize, names: usize, count: u32): bool {
  emitBegin();
  bodiesBegin();
  variablesBegin(names, count);
  const program = newContext(0);
  callsBegin(program);
  HERE.context = program;
  HERE.scope = 0;
  const main = newFunction(0);
  setFunctionEntry(main);
  genTail(tree, SLOT_INPUT, OFF);
  setFunctionFrame(main, contextAt(program).slots);
  while (errorCode() == 0) {
    const body = nextBody();
    if (body == 0) break;
    genBody(changetype<Body>(body as usize));
  }
  return errorCode() == 0;
}

function genBody(b: Body): void {
  HERE.context = newContext(b.context);
  HERE.scope = b.scope;
  setFunctionEntry(b.code);
  for (let p = b.params; p != 0; p = nodeAt(p).next) {
    const n = nodeAt(p);
    HERE.scope = newScope(S.S_PARAM, n.name, n.nameLength, 0, slot(), HERE.context, HERE.scope);
  }
  // $name parameters are evaluated on entry, the first one varying slowest.
  for (let p = b.params; p != 0; p = nodeAt(p).next) {
    const n = nodeAt(p);
    if (n.c == 0) continue;
    const value = slot();
    const closure = changetype<Scope>(findFunction(HERE.scope, n.name, n.nameLength, 0) as usize);
    emit(O.OP_CALL_PARAM, value, SLOT_INPUT, closure.slot, 0, O.CALL_PLAIN);
    HERE.scope = newScope(S.S_VARIABLE, n.name, n.nameLength, 0, value, HERE.context, HERE.scope);
  }
  genTail(b.node, SLOT_INPUT, DYNAMIC);
  setFunctionFrame(b.code, contextAt(HERE.context).slots);
}

/** Emits an expression whose output is returned from the frame. */
function genTail(node: u32, input: u32, mode: u32): void {
  const savedScope = HERE.scope;
  while (errorCode() == 0) {
    const n = nodeAt(node);
    if (n.kind == N.N_PIPE) {
      input = gen(n.a, input, mode);
      node = n.b;
    } else if (n.kind == N.N_COMMA) {
      const fork = emit(O.OP_FORK, 0, 0, 0, 0, 0);
      genTail(n.a, input, mode);
      patch(fork);
      node = n.b;
    } else if (n.kind == N.N_IF) {
      const condition = gen(n.a, input, OFF);
      const no = emit(O.OP_UNLESS, 0, condition, 0, 0, 0);
      genTail(n.b, input, mode);
      patch(no);
      if (n.c == 0) {
        emit(O.OP_RET, 0, input, 0, 0, 0);
        break;
      }
      node = n.c;
    } else if (n.kind == N.N_DEF) {
      define(n);
      node = n.b;
    } else if (n.kind == N.N_AS) {
      const value = gen(n.a, input, OFF);
      genPatterns(n.b, value, gen);
      node = n.c;
    } else if (n.kind == N.N_LABEL) {
      openLabel(n);
      node = n.a;
    } else if (n.kind == N.N_DEFINED) {
      genDefinedLeft(n.a, input, mode);
      node = n.b;
    } else if (n.kind == N.N_CALL) {
      const r = genCall(node, input, mode, true, gen);
      emit(O.OP_RET, 0, r, 0, 0, 0);
      break;
    } else {
      const r = gen(node, input, mode);
      emit(O.OP_RET, 0, r, 0, 0, 0);
      break;
    }
  }
  HERE.scope = savedScope;
}

/** Emits an expression; the slot of its outputs. */
function gen(node: u32, input: u32, mode: u32): u32 {
  while (errorCode() == 0) {
    const n = nodeAt(node);
    switch (n.kind) {
      case N.N_DOT:
        return input;
      case N.N_PIPE:
        input = gen(n.a, input, mode);
        node = n.b;
        break;
      case N.N_CONST:
        return genConstant(n.a);
      case N.N_INDEX:
        return genIndex(n, input, mode);
      case N.N_VAR:
        return genVariable(n);
      case N.N_CALL:
        return genCall(node, input, mode, false, gen);
      case N.N_BINARY:
        return genBinary(node, input);
      case N.N_COMMA:
        return genComma(node, input, mode);
      case N.N_SLICE:
        return genSlice(n, input, mode);
      case N.N_EACH: {
        const owner = gen(n.a, input, mode);
        const cursor = slot();
        const out = slot();
        emit(O.OP_EACH, out, owner, cursor, flags(n.c, mode), 0);
        return out;
      }
      case N.N_RECURSE:
        return genPrelude("recurse", 0, 0, input, mode, false);
      case N.N_ARRAY:
        return genArray(n.a, input);
      case N.N_OBJECT:
        return genObject(n, input);
      case N.N_STRING:
        return genString(n, input);
      case N.N_FORMAT:
        return genFormat(n.name, n.nameLength, input);
      case N.N_NEGATE: {
        const r = gen(n.a, input, mode);
        const out = slot();
        emit(O.OP_NEGATE, out, r, 0, 0, 0);
        return out;
      }
      case N.N_REDUCE:
        return genReduce(n, input, mode);
      case N.N_FOREACH:
        return genForeach(n, input, mode);
      case N.N_IF:
        return genIf(n, input, mode);
      case N.N_TRY:
        return genTry(n, input, mode);
      case N.N_AND:
        return genLogic(n, input, true);
      case N.N_OR:
        return genLogic(n, input, false);
      case N.N_DEFINED:
        return genDefined(n, input, mode);
      case N.N_ASSIGN:
        return genAssign(n, input, gen);
      case N.N_LABEL: {
        const saved = HERE.scope;
        openLabel(n);
        const r = gen(n.a, input, mode);
        HERE.scope = saved;
        return r;
      }
      case N.N_BREAK:
        return genBreak(n);
      case N.N_AS: {
        const saved = HERE.scope;
        const value = gen(n.a, input, OFF);
        genPatterns(n.b, value, gen);
        const r = gen(n.c, input, mode);
        HERE.scope = saved;
        return r;
      }
      case N.N_DEF: {
        const saved = HERE.scope;
        define(n);
        const r = gen(n.b, input, mode);
        HERE.scope = saved;
        return r;
      }
      default:
        fail(C.E_EXPR_SYNTAX, n.at);
    }
  }
  return input;
}

function genIndex(n: Node, input: u32, mode: u32): u32 {
  const key = nodeAt(n.b);
  if (key.kind == N.N_CONST && tagOf(key.a) == STRING) {
    const owner = gen(n.a, input, mode);
    const out = slot();
    emit(O.OP_FIELD, out, owner, flags(n.c, mode), constantOf(key.a), 0);
    return out;
  }
  const k = gen(n.b, input, OFF);
  const owner = gen(n.a, input, mode);
  const out = slot();
  emit(O.OP_INDEX, out, owner, k, flags(n.c, mode), 0);
  return out;
}

function genSlice(n: Node, input: u32, mode: u32): u32 {
  const from = n.b == 0 ? NONE : gen(n.b, input, OFF);
  const to = n.c == 0 ? NONE : gen(n.c, input, OFF);
  const owner = gen(n.a, input, mode);
  const out = slot();
  emit(O.OP_SLICE, out, owner, from, flags(n.d, mode), to);
  return out;
}

/** a + b - c ...: the right operands first, from the outermost one inwards. */
function genBinary(node: u32, input: u32): u32 {
  let count: u32 = 0;
  let n = node;
  while (nodeAt(n).kind == N.N_BINARY) {
    count++;
    n = nodeAt(n).a;
  }
  const operands = arenaTake(TREE, count << 3);
  n = node;
  for (let i: u32 = 0; i < count; i++) {
    store<u32>(operands + (i << 3), gen(nodeAt(n).b, input, OFF));
    store<u32>(operands + (i << 3), nodeAt(n).c, 4);
    n = nodeAt(n).a;
  }
  let left = gen(n, input, OFF);
  for (let i = count; i > 0; i--) {
    const out = slot();
    emit(
      load<u32>(operands + ((i - 1) << 3), 4),
      out,
      left,
      load<u32>(operands + ((i - 1) << 3)),
      0,
      0,
    );
    left = out;
  }
  return left;
}

function genComma(node: u32, input: u32, mode: u32): u32 {
  const out = slot();
  let jumps: u32 = 0;
  while (nodeAt(node).kind == N.N_COMMA && errorCode() == 0) {
    const n = nodeAt(node);
    const fork = emit(O.OP_FORK, 0, 0, 0, 0, 0);
    const r = gen(n.a, input, mode);
    emit(O.OP_MOVE, out, r, 0, 0, 0);
    jumps = linkJump(jumps);
    patch(fork);
    node = n.b;
  }
  const r = gen(node, input, mode);
  emit(O.OP_MOVE, out, r, 0, 0, 0);
  patchAll(jumps);
  return out;
}

function genArray(body: u32, input: u32): u32 {
  const out = slot();
  emit(O.OP_ARRAY, out, 0, 0, 0, 0);
  if (body == 0) return out;
  const fork = emit(O.OP_FORK, 0, 0, 0, 0, 0);
  const r = gen(body, input, OFF);
  emit(O.OP_APPEND, out, r, 0, 0, 0);
  patch(fork);
  return out;
}

function genObject(n: Node, input: u32): u32 {
  let count: u32 = 0;
  for (let p = n.a; p != 0; p = nodeAt(p).next) count++;
  let object = slot();
  emit(O.OP_OBJECT, object, 0, 0, count, 0);
  for (let p = n.a; p != 0; p = nodeAt(p).next) {
    const pair = nodeAt(p);
    const key = gen(pair.a, input, OFF);
    let value: u32 = 0;
    if (pair.b != 0) value = gen(pair.b, input, OFF);
    else {
      value = slot();
      emit(O.OP_INDEX, value, input, key, 0, 0);
    }
    const out = slot();
    emit(O.OP_PUT, out, object, key, 0, value);
    object = out;
  }
  return object;
}

/** "text \(program) text": programs from the last to the first, then one concatenation. */
function genString(n: Node, input: u32): u32 {
  let count: u32 = 0;
  for (let p = n.a; p != 0; p = nodeAt(p).next) count++;
  const parts = arenaTake(TREE, count << 3);
  let i: u32 = 0;
  for (let p = n.a; p != 0; p = nodeAt(p).next) {
    store<u32>(parts + (i << 3), p);
    i++;
  }
  for (i = count; i > 0; i--) {
    const at = parts + ((i - 1) << 3);
    const part = nodeAt(load<u32>(at));
    let r: u32 = 0;
    if (part.kind == N.N_CONST) r = genConstant(part.a);
    else {
      r = gen(part.a, input, OFF);
      if (n.nameLength != 0) r = genFormat(n.name, n.nameLength, r);
    }
    store<u32>(at, r, 4);
  }
  const out = slot();
  emit(O.OP_CONCAT, out, 0, 0, count, 0);
  for (i = 0; i < count; i++) emit(O.OP_SLOTS, load<u32>(parts + (i << 3), 4), 0, 0, 0, 0);
  return out;
}

function genFormat(name: usize, length: u32, input: u32): u32 {
  const format = genConstant(stringCell(name, length));
  const out = slot();
  emit(O.OP_NATIVE, out, input, format, B_FORMAT, 0);
  return out;
}

function genIf(n: Node, input: u32, mode: u32): u32 {
  const out = slot();
  const condition = gen(n.a, input, OFF);
  const no = emit(O.OP_UNLESS, 0, condition, 0, 0, 0);
  const yes = gen(n.b, input, mode);
  emit(O.OP_MOVE, out, yes, 0, 0, 0);
  const end = emit(O.OP_JUMP, 0, 0, 0, 0, 0);
  patch(no);
  const r = n.c == 0 ? input : gen(n.c, input, mode);
  emit(O.OP_MOVE, out, r, 0, 0, 0);
  patch(end);
  return out;
}

function genLogic(n: Node, input: u32, isAnd: bool): u32 {
  const out = slot();
  const left = gen(n.a, input, OFF);
  if (isAnd) {
    const no = emit(O.OP_UNLESS, 0, left, 0, 0, 0);
    const right = gen(n.b, input, OFF);
    emit(O.OP_BOOL, out, right, 0, 0, 0);
    const end = emit(O.OP_JUMP, 0, 0, 0, 0, 0);
    patch(no);
    emit(O.OP_FALSE, out, 0, 0, 0, 0);
    patch(end);
  } else {
    const no = emit(O.OP_UNLESS, 0, left, 0, 0, 0);
    emit(O.OP_TRUE, out, 0, 0, 0, 0);
    const end = emit(O.OP_JUMP, 0, 0, 0, 0, 0);
    patch(no);
    const right = gen(n.b, input, OFF);
    emit(O.OP_BOOL, out, right, 0, 0, 0);
    patch(end);
  }
  return out;
}

/**
 * a // b up to the place where b's code belongs. An output of `a` is moved to `out` and the jump
 * behind it is returned for patching; with out == NONE it is returned from the frame.
 */
function definedLeft(a: u32, input: u32, mode: u32, out: u32): u32 {
  const found = slot();
  emit(O.OP_FALSE, found, 0, 0, 0, 0);
  const fork = emit(O.OP_FORK, 0, 0, 0, 0, 0);
  const r = gen(a, input, mode);
  const skip = emit(O.OP_UNLESS, 0, r, 0, 0, 0);
  emit(O.OP_TRUE, found, 0, 0, 0, 0);
  let jump: u32 = 0;
  if (out == NONE) emit(O.OP_RET, 0, r, 0, 0, 0);
  else {
    emit(O.OP_MOVE, out, r, 0, 0, 0);
    jump = emit(O.OP_JUMP, 0, 0, 0, 0, 0);
  }
  patch(skip);
  emit(O.OP_BACKTRACK, 0, 0, 0, 0, 0);
  patch(fork);
  const none = emit(O.OP_UNLESS, 0, found, 0, 0, 0);
  emit(O.OP_BACKTRACK, 0, 0, 0, 0, 0);
  patch(none);
  return jump;
}

function genDefinedLeft(a: u32, input: u32, mode: u32): void {
  definedLeft(a, input, mode, NONE);
}

function genDefined(n: Node, input: u32, mode: u32): u32 {
  const out = slot();
  const jump = definedLeft(n.a, input, mode, out);
  const r = gen(n.b, input, mode);
  emit(O.OP_MOVE, out, r, 0, 0, 0);
  patch(jump);
  return out;
}

function genTry(n: Node, input: u32, mode: u32): u32 {
  const out = slot();
  const error = slot();
  const mark = slot();
  const begin = emit(O.OP_TRY, error, mark, 0, 0, 0);
  const r = gen(n.a, input, mode);
  emit(O.OP_TRY_END, 0, mark, 0, 0, 0);
  emit(O.OP_MOVE, out, r, 0, 0, 0);
  const end = emit(O.OP_JUMP, 0, 0, 0, 0, 0);
  patch(begin);
  if (n.b == 0) emit(O.OP_BACKTRACK, 0, 0, 0, 0, 0);
  else {
    const h = gen(n.b, error, mode);
    emit(O.OP_MOVE, out, h, 0, 0, 0);
  }
  patch(end);
  return out;
}

function genReduce(n: Node, input: u32, mode: u32): u32 {
  const saved = HERE.scope;
  const state = slot();
  const init = gen(n.c, input, mode);
  emit(O.OP_MOVE, state, init, 0, 0, 0);
  const fork = emit(O.OP_FORK, 0, 0, 0, 0, 0);
  const value = gen(n.a, input, mode);
  genPatterns(n.b, value, gen);
  const current = slot();
  emit(O.OP_TAKE, current, state, 0, 0, 0);
  const r = gen(n.d, current, mode);
  emit(O.OP_MOVE, state, r, 0, 0, 0);
  emit(O.OP_BACKTRACK, 0, 0, 0, 0, 0);
  patch(fork);
  HERE.scope = saved;
  return state;
}

function genForeach(n: Node, input: u32, mode: u32): u32 {
  const saved = HERE.scope;
  const state = slot();
  const init = gen(n.c, input, mode);
  emit(O.OP_MOVE, state, init, 0, 0, 0);
  const value = gen(n.a, input, mode);
  genPatterns(n.b, value, gen);
  const current = slot();
  emit(O.OP_TAKE, current, state, 0, 0, 0);
  let r = gen(n.d, current, mode);
  emit(O.OP_MOVE, state, r, 0, 0, 0);
  if (n.e != 0) r = gen(n.e, r, mode);
  HERE.scope = saved;
  return r;
}
