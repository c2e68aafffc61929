/**
 * From the tree to bytecode. gen(node, input, mode) emits the code of an expression and returns
 * the slot that holds an output each time control arrives behind that code.
 *
 * `mode` says whether paths may be tracked: in OFF code nothing looks at the path state, so that
 * an argument or a condition cannot disturb the path around it; calls in it carry CALL_PLAIN.
 * Where several generators meet, the one that varies slowest is evaluated first, as in jq:
 * the right operand, the last argument, the index before its subject.
 */

import { arenaTake } from "../../bytes/arena";
import * as C from "../../errors/codes";
import { errorCode, fail, failDetail } from "../../errors/errors";
import { addressOf, lengthOf, NUMBER, STRING, tagOf } from "../../value/cell";
import { equalBytes } from "../../value/order";
import {
  constantOf,
  emit,
  emitBegin,
  newFunction,
  patch,
  patchY,
  setFunctionEntry,
  setFunctionFrame,
} from "../bytecode/emit";
import * as N from "../syntax/nodes";
import { newNode, Node, nodeAt, TREE } from "../syntax/nodes";
import * as O from "../bytecode/opcodes";
import { NONE, SLOT_INPUT } from "../bytecode/opcodes";
import { binaryOpcode } from "../syntax/operators";
import { parseDefinition } from "../syntax/parser";
import * as S from "./scope";
import { Context, findFunction, findName, newContext, newScope, Scope } from "./scope";
import * as X from "../builtins/special";
import { findNative, N_FORMAT as NATIVE_FORMAT, N_NOW } from "../builtins/table";
import { copyPrelude, findPrelude, preludeLength } from "../builtins/prelude";
import { mentionNow } from "../syntax/mentioned";
import * as L from "../syntax/lexer";
import { stringCell, textCell } from "../syntax/literals";
import { literalLength, textIs } from "../syntax/text";

const OFF: u32 = 0;
const DYNAMIC: u32 = 1;

/** Most slots of one frame. */
const MAX_SLOTS: u32 = 60000;

/** A body that waits for its code: a function, or a closure given as an argument. */
@unmanaged
class Body {
  code: u32;
  /** Its tree. */
  node: u32;
  scope: u32;
  /** The context around it. */
  context: u32;
  /** List of N_PARAM. */
  params: u32;
  next: u32;
}

let context: u32 = 0;
let scope: u32 = 0;
let mainContext: u32 = 0;
let firstBody: u32 = 0;
let lastBody: u32 = 0;
/** Functions of the prelude that were asked for so far: a chain of S_FUNCTION. */
let preludeScope: u32 = 0;
let globalNames: usize = 0;
let globalCount: u32 = 0;

/** Generates the whole program. False with the error recorded. */
export function generate(tree: u32, text: usize, names: usize, count: u32): bool {
  emitBegin();
  firstBody = 0;
  lastBody = 0;
  preludeScope = 0;
  globalNames = names;
  globalCount = count;
  mainContext = newContext(0);
  context = mainContext;
  scope = 0;
  const main = newFunction(0);
  setFunctionEntry(main);
  genTail(tree, SLOT_INPUT, OFF);
  setFunctionFrame(main, contextOf(mainContext).slots);
  while (firstBody != 0 && errorCode() == 0) {
    const b = changetype<Body>(firstBody as usize);
    firstBody = b.next;
    if (firstBody == 0) lastBody = 0;
    genBody(b);
  }
  return errorCode() == 0;
}

function contextOf(c: u32): Context {
  return changetype<Context>(c as usize);
}

/** The slot after all others of the current frame. */
function slot(): u32 {
  return slots(1);
}

/** `count` neighbouring slots; the first one's number. */
function slots(count: u32): u32 {
  const c = contextOf(context);
  const s = c.slots;
  c.slots = s + count;
  if (c.slots > MAX_SLOTS) {
    if (errorCode() == 0) fail(C.E_EXPR_TOO_LARGE, 0);
    c.slots = s;
  }
  return s;
}

function enqueue(code: u32, node: u32, bodyScope: u32, around: u32, params: u32): void {
  const at = arenaTake(TREE, 32) as u32;
  const b = changetype<Body>(at as usize);
  b.code = code;
  b.node = node;
  b.scope = bodyScope;
  b.context = around;
  b.params = params;
  b.next = 0;
  if (lastBody == 0) firstBody = at;
  else changetype<Body>(lastBody as usize).next = at;
  lastBody = at;
}

function genBody(b: Body): void {
  context = newContext(b.context);
  scope = b.scope;
  setFunctionEntry(b.code);
  for (let p = b.params; p != 0; p = nodeAt(p).next) {
    const n = nodeAt(p);
    scope = newScope(S.S_PARAM, n.name, n.nameLength, 0, slot(), context, scope);
  }
  // $name parameters are evaluated on entry, the first one varying slowest.
  for (let p = b.params; p != 0; p = nodeAt(p).next) {
    const n = nodeAt(p);
    if (n.c == 0) continue;
    const value = slot();
    const closure = changetype<Scope>(findFunction(scope, n.name, n.nameLength, 0) as usize);
    emit(O.OP_CALL_PARAM, value, SLOT_INPUT, closure.slot, 0, O.CALL_PLAIN);
    scope = newScope(S.S_VARIABLE, n.name, n.nameLength, 0, value, context, scope);
  }
  genTail(b.node, SLOT_INPUT, DYNAMIC);
  setFunctionFrame(b.code, contextOf(context).slots);
}

/** Emits an expression whose output is returned from the frame. */
function genTail(node: u32, input: u32, mode: u32): void {
  const savedScope = scope;
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
      genPatterns(n.b, value);
      node = n.c;
    } else if (n.kind == N.N_LABEL) {
      openLabel(n);
      node = n.a;
    } else if (n.kind == N.N_DEFINED) {
      genDefinedLeft(n.a, input, mode);
      node = n.b;
    } else if (n.kind == N.N_CALL) {
      const r = genCall(node, input, mode, true);
      emit(O.OP_RET, 0, r, 0, 0, 0);
      break;
    } else {
      const r = gen(node, input, mode);
      emit(O.OP_RET, 0, r, 0, 0, 0);
      break;
    }
  }
  scope = savedScope;
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
        return genCall(node, input, mode, false);
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
        return genAssign(n, input);
      case N.N_LABEL: {
        const saved = scope;
        openLabel(n);
        const r = gen(n.a, input, mode);
        scope = saved;
        return r;
      }
      case N.N_BREAK:
        return genBreak(n);
      case N.N_AS: {
        const saved = scope;
        const value = gen(n.a, input, OFF);
        genPatterns(n.b, value);
        const r = gen(n.c, input, mode);
        scope = saved;
        return r;
      }
      case N.N_DEF: {
        const saved = scope;
        define(n);
        const r = gen(n.b, input, mode);
        scope = saved;
        return r;
      }
      default:
        fail(C.E_EXPR_SYNTAX, n.at);
    }
  }
  return input;
}

function flags(optional: u32, mode: u32): u32 {
  return (optional != 0 ? O.FLAG_OPTIONAL : 0) | (mode == DYNAMIC ? O.FLAG_PATH : 0);
}

function genConstant(cell: u32): u32 {
  const out = slot();
  emit(O.OP_CONST, out, 0, 0, constantOf(cell), 0);
  return out;
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

/** Frames to go out from the current one to a context. */
function levelsTo(other: u32): u32 {
  return contextOf(context).level - contextOf(other).level;
}

function genVariable(n: Node): u32 {
  const found = findName(scope, S.S_VARIABLE, n.name, n.nameLength);
  const out: u32 = found == 0 ? slot() : 0;
  if (found != 0) {
    const s = changetype<Scope>(found as usize);
    const levels = levelsTo(s.context);
    if (levels == 0) return s.slot;
    const copy = slot();
    emit(O.OP_OUTER, copy, s.slot, 0, levels, 0);
    return copy;
  }
  for (let i = globalCount; i > 0; i--) {
    const name = globalNames + (((i - 1) as usize) << 4);
    if (equalBytes(addressOf(name), lengthOf(name), n.name, n.nameLength)) {
      emit(O.OP_GLOBAL, out, 0, 0, i - 1, 0);
      return out;
    }
  }
  if (textIs(n.name, n.nameLength, "ENV")) {
    failDetail(
      C.E_EXPR_REFUSED,
      n.at,
      "refused: the environment differs from host to host",
      n.name,
      n.nameLength,
    );
  } else failDetail(C.E_EXPR_VARIABLE, n.at, "unknown variable", n.name, n.nameLength);
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

/** Emits a jump and puts it on a list of jumps to one place. */
function linkJump(list: u32): u32 {
  const at = arenaTake(TREE, 16) as u32;
  store<u32>(at, emit(O.OP_JUMP, 0, 0, 0, 0, 0));
  store<u32>(at, list, 4);
  return at;
}

function patchAll(list: u32): void {
  while (list != 0) {
    patch(load<u32>(list));
    list = load<u32>(list, 4);
  }
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
  emit(O.OP_NATIVE, out, input, format, NATIVE_FORMAT, 0);
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

function openLabel(n: Node): void {
  const mark = slot();
  emit(O.OP_MARK, mark, 0, 0, 0, 0);
  scope = newScope(S.S_LABEL, n.name, n.nameLength, 0, mark, context, scope);
}

function genBreak(n: Node): u32 {
  const found = findName(scope, S.S_LABEL, n.name, n.nameLength);
  if (found == 0) {
    failDetail(C.E_EXPR_VARIABLE, n.at, "unknown label", n.name, n.nameLength);
    return 0;
  }
  const s = changetype<Scope>(found as usize);
  emit(O.OP_BREAK, 0, s.slot, 0, levelsTo(s.context), 0);
  return SLOT_INPUT;
}

// ---- Bindings ---------------------------------------------------------------------------------

/** Binds the variables of a list of alternative patterns to parts of a value. */
function genPatterns(list: u32, value: u32): void {
  if (nodeAt(list).next == 0) {
    genPattern(list, value, false);
    return;
  }
  const outer = scope;
  for (let p = list; p != 0; p = nodeAt(p).next) bindNames(p, outer);
  let jumps: u32 = 0;
  for (let p = list; p != 0; p = nodeAt(p).next) {
    // Variables of an alternative that failed are null in the next one.
    for (let s = scope; s != outer; s = changetype<Scope>(s as usize).next) {
      emit(O.OP_NULL, changetype<Scope>(s as usize).slot, 0, 0, 0, 0);
    }
    if (nodeAt(p).next == 0) genPattern(p, value, true);
    else {
      const begin = emit(O.OP_ALTERNATIVE, 0, 0, 0, 0, 0);
      genPattern(p, value, true);
      jumps = linkJump(jumps);
      patch(begin);
    }
  }
  patchAll(jumps);
}

/** Gives every name of a pattern a slot, once. */
function bindNames(p: u32, outer: u32): void {
  const n = nodeAt(p);
  if (n.kind == N.P_VAR || (n.kind == N.P_ENTRY && n.c == 1)) {
    let known = false;
    for (let s = scope; s != outer; s = changetype<Scope>(s as usize).next) {
      const r = changetype<Scope>(s as usize);
      if (equalBytes(r.name, r.nameLength, n.name, n.nameLength)) known = true;
    }
    if (!known) scope = newScope(S.S_VARIABLE, n.name, n.nameLength, 0, slot(), context, scope);
  }
  if (n.kind == N.P_ENTRY) {
    if (n.b != 0) bindNames(n.b, outer);
  } else for (let q = n.a; q != 0; q = nodeAt(q).next) bindNames(q, outer);
}

/** Binds a name to a slot: afresh, or (for alternatives) by storing into the slot it has. */
function bind(name: u32, length: u32, value: u32, stored: bool): void {
  if (stored) {
    const s = changetype<Scope>(findName(scope, S.S_VARIABLE, name, length) as usize);
    emit(O.OP_MOVE, s.slot, value, 0, 0, 0);
  } else scope = newScope(S.S_VARIABLE, name, length, 0, value, context, scope);
}

function genPattern(p: u32, value: u32, stored: bool): void {
  if (errorCode() != 0) return;
  const n = nodeAt(p);
  if (n.kind == N.P_VAR) {
    bind(n.name, n.nameLength, value, stored);
    return;
  }
  if (n.kind == N.P_ARRAY) {
    // The last element first.
    let count: u32 = 0;
    for (let q = n.a; q != 0; q = nodeAt(q).next) count++;
    for (let i = count; i > 0; i--) {
      let q = n.a;
      for (let j: u32 = 1; j < i; j++) q = nodeAt(q).next;
      const k = slot();
      const cell = arenaTake(TREE, 16);
      store<u64>(cell, NUMBER as u64);
      store<f64>(cell, (i - 1) as f64, 8);
      emit(O.OP_CONST, k, 0, 0, constantOf(cell), 0);
      const part = slot();
      emit(O.OP_INDEX, part, value, k, 0, 0);
      genPattern(q, part, stored);
    }
    return;
  }
  for (let q = n.a; q != 0; q = nodeAt(q).next) {
    const entry = nodeAt(q);
    const k = gen(entry.a, value, OFF);
    const part = slot();
    emit(O.OP_INDEX, part, value, k, 0, 0);
    if (entry.c == 1) bind(entry.name, entry.nameLength, part, stored);
    if (entry.b != 0) genPattern(entry.b, part, stored);
  }
}

function genReduce(n: Node, input: u32, mode: u32): u32 {
  const saved = scope;
  const state = slot();
  const init = gen(n.c, input, mode);
  emit(O.OP_MOVE, state, init, 0, 0, 0);
  const fork = emit(O.OP_FORK, 0, 0, 0, 0, 0);
  const value = gen(n.a, input, mode);
  genPatterns(n.b, value);
  const current = slot();
  emit(O.OP_TAKE, current, state, 0, 0, 0);
  const r = gen(n.d, current, mode);
  emit(O.OP_MOVE, state, r, 0, 0, 0);
  emit(O.OP_BACKTRACK, 0, 0, 0, 0, 0);
  patch(fork);
  scope = saved;
  return state;
}

function genForeach(n: Node, input: u32, mode: u32): u32 {
  const saved = scope;
  const state = slot();
  const init = gen(n.c, input, mode);
  emit(O.OP_MOVE, state, init, 0, 0, 0);
  const value = gen(n.a, input, mode);
  genPatterns(n.b, value);
  const current = slot();
  emit(O.OP_TAKE, current, state, 0, 0, 0);
  let r = gen(n.d, current, mode);
  emit(O.OP_MOVE, state, r, 0, 0, 0);
  if (n.e != 0) r = gen(n.e, r, mode);
  scope = saved;
  return r;
}

// ---- Assignment -------------------------------------------------------------------------------

/** Emits the paths of an expression: the slot of each path. */
function genPaths(node: u32, input: u32): u32 {
  const saved = slots(3);
  emit(O.OP_PATH_BEGIN, saved, input, 0, 0, 0);
  const r = gen(node, input, DYNAMIC);
  const path = slot();
  emit(O.OP_PATH_END, path, r, saved, 0, 0);
  return path;
}

function genAssign(n: Node, input: u32): u32 {
  const token = n.c;
  if (token == L.T_SET_PIPE) return genModify(n.a, input, n.b, NONE, 0);
  const value = gen(n.b, input, OFF);
  if (token == 61) {
    const state = slot();
    emit(O.OP_MOVE, state, input, 0, 0, 0);
    const fork = emit(O.OP_FORK, 0, 0, 0, 0, 0);
    const path = genPaths(n.a, input);
    emit(O.OP_SETPATH, state, state, path, 0, value);
    emit(O.OP_BACKTRACK, 0, 0, 0, 0, 0);
    patch(fork);
    return state;
  }
  return genModify(n.a, input, 0, value, token);
}

/**
 * places |= update, and the arithmetic forms (update == 0: `. op $operand`). The first output of
 * an update is stored; where there is none, the place is deleted at the end.
 */
function genModify(places: u32, input: u32, update: u32, operand: u32, token: u32): u32 {
  const state = slot();
  const gone = slot();
  emit(O.OP_MOVE, state, input, 0, 0, 0);
  emit(O.OP_ARRAY, gone, 0, 0, 0, 0);
  const fork = emit(O.OP_FORK, 0, 0, 0, 0, 0);
  const path = genPaths(places, input);
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

// ---- Functions --------------------------------------------------------------------------------

/** Brings a definition into scope; its body is compiled later, used or not, to find its errors. */
function define(n: Node): void {
  const f = nodeAt(n.a);
  scope = newScope(S.S_FUNCTION, f.name, f.nameLength, f.b, 0, context, scope);
  const s = changetype<Scope>(scope as usize);
  s.code = newFunction(f.b);
  enqueue(s.code, f.c, scope, context, f.a);
}

function genCall(node: u32, input: u32, mode: u32, tail: bool): u32 {
  const n = nodeAt(node);
  const found = findFunction(scope, n.name, n.nameLength, n.b);
  if (found != 0) return callScope(found, n.a, n.b, input, mode, tail);
  return genBuiltin(n, input, mode, tail);
}

function callFlags(levels: u32, mode: u32, tail: bool): u32 {
  return levels | (mode == OFF ? O.CALL_PLAIN : tail ? O.CALL_TAIL : 0);
}

function callScope(found: u32, args: u32, count: u32, input: u32, mode: u32, tail: bool): u32 {
  const s = changetype<Scope>(found as usize);
  const out = slot();
  if (s.kind == S.S_PARAM) {
    emit(O.OP_CALL_PARAM, out, input, s.slot, levelsTo(s.context), callFlags(0, mode, tail));
    return out;
  }
  emit(O.OP_CALL, out, input, count, s.code, callFlags(levelsTo(s.context), mode, tail));
  for (let a = args; a != 0; a = nodeAt(a).next) genClosure(a);
  return out;
}

/** An argument: a parameter of ours that is handed on, or a closure over the current frame. */
function genClosure(node: u32): void {
  const n = nodeAt(node);
  if (n.kind == N.N_CALL && n.b == 0) {
    const found = findFunction(scope, n.name, n.nameLength, 0);
    if (found != 0 && changetype<Scope>(found as usize).kind == S.S_PARAM) {
      const s = changetype<Scope>(found as usize);
      emit(O.OP_CLOSURE, 1, s.slot, 0, levelsTo(s.context), 0);
      return;
    }
  }
  const code = newFunction(0);
  enqueue(code, node, scope, context, 0);
  emit(O.OP_CLOSURE, 0, 0, 0, code, 0);
}

/** Calls a definition of the prelude by its ASCII name. */
function genPrelude(name: string, args: u32, count: u32, input: u32, mode: u32, tail: bool): u32 {
  const cell = textCell(name);
  return callPrelude(addressOf(cell) as u32, lengthOf(cell), args, count, input, mode, tail);
}

/** The same by a name in the text; NONE when the prelude has no such definition. */
function callPrelude(
  name: u32,
  length: u32,
  args: u32,
  count: u32,
  input: u32,
  mode: u32,
  tail: bool,
): u32 {
  let found = findFunction(preludeScope, name, length, count);
  if (found == 0) {
    const line = findPrelude(name, length, count);
    if (line < 0) return NONE;
    const size = preludeLength(line);
    const text = arenaTake(TREE, size + 16);
    copyPrelude(line, text);
    const start = L.textStart;
    const end = L.textEnd;
    const definition = parseDefinition(text, size);
    L.lexRestore(start, end);
    if (definition == 0) return NONE;
    const f = nodeAt(definition);
    found = newScope(S.S_FUNCTION, f.name, f.nameLength, f.b, 0, mainContext, preludeScope);
    preludeScope = found;
    const s = changetype<Scope>(found as usize);
    s.code = newFunction(f.b);
    // Its own names only: a definition of the prelude sees no definition of the program.
    enqueue(s.code, f.c, 0, mainContext, f.a);
  }
  return callScope(found, args, count, input, mode, tail);
}

function genBuiltin(n: Node, input: u32, mode: u32, tail: bool): u32 {
  const special = X.findSpecial(n.name, n.nameLength, n.b);
  if (special >= 0) return genSpecial(special, n.a, input, mode);
  const native = findNative(n.name, n.nameLength, n.b);
  if (native >= 0) return genNative(native as u32, n.a, input);
  const r = callPrelude(n.name, n.nameLength, n.a, n.b, input, mode, tail);
  if (r != NONE) return r;
  if (errorCode() != 0) return 0;
  const why = X.refusal(n.name, n.nameLength, n.b);
  if (literalLength(why) != 0) {
    failName(C.E_EXPR_REFUSED, n, why);
    return 0;
  }
  const not = X.missing(n.name, n.nameLength, n.b);
  if (literalLength(not) != 0) failName(C.E_EXPR_UNSUPPORTED, n, not);
  else failName(C.E_EXPR_FUNCTION, n, "unknown function");
  return 0;
}

/** Records an error about a function, as name/arity. */
function failName(code: u32, n: Node, why: string): void {
  const at = arenaTake(TREE, n.nameLength + 16);
  memory.copy(at, n.name, n.nameLength);
  store<u8>(at + n.nameLength, 47);
  let length = n.nameLength + 1;
  if (n.b >= 10) {
    store<u8>(at + length, (48 + ((n.b / 10) % 10)) as u8);
    length++;
  }
  store<u8>(at + length, (48 + (n.b % 10)) as u8);
  failDetail(code, n.at, why, at, length + 1);
}

function genNative(native: u32, args: u32, input: u32): u32 {
  if (native == N_NOW) mentionNow();
  const first = args;
  const second = first == 0 ? 0 : nodeAt(first).next;
  const third = second == 0 ? 0 : nodeAt(second).next;
  const c = third == 0 ? 0 : gen(third, input, OFF);
  const b = second == 0 ? 0 : gen(second, input, OFF);
  const a = first == 0 ? 0 : gen(first, input, OFF);
  const out = slot();
  emit(O.OP_NATIVE, out, input, a, native, b | (c << 16));
  return out;
}

/** Builtins whose code stands in place, so that their arguments need no closure. */
function genSpecial(id: i32, args: u32, input: u32, mode: u32): u32 {
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
      return genPaths(args, input);
    case X.X_DEL:
      return genDelete(args, input);
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
      return genModify(places, input, args, NONE, 0);
    }
    case X.X_FIRST: {
      const mark = slot();
      emit(O.OP_MARK, mark, 0, 0, 0, 0);
      const r = gen(args, input, mode);
      emit(O.OP_CUT, 0, mark, 0, 0, 0);
      return r;
    }
    case X.X_LAST:
      return genLast(args, input, mode);
    case X.X_LIMIT:
      return genLimit(args, second, input, mode);
    case X.X_SKIP:
      return genSkip(args, second, input, mode, "skip doesn't support negative count");
    case X.X_NTH:
      return genNth(args, second, input, mode);
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
      return genAny(0, 0, input, true);
    case X.X_ANY_OF:
      return genAny(0, args, input, true);
    case X.X_ANY_IN:
      return genAny(args, second, input, true);
    case X.X_ALL:
      return genAny(0, 0, input, false);
    case X.X_ALL_OF:
      return genAny(0, args, input, false);
    case X.X_ALL_IN:
      return genAny(args, second, input, false);
    case X.X_RANGE: {
      const to = gen(args, input, OFF);
      const from = slot();
      const cell = arenaTake(TREE, 16);
      store<u64>(cell, NUMBER as u64);
      store<f64>(cell, 0, 8);
      emit(O.OP_CONST, from, 0, 0, constantOf(cell), 0);
      return range(from, to);
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

function each(input: u32, mode: u32): u32 {
  const cursor = slot();
  const out = slot();
  emit(O.OP_EACH, out, input, cursor, flags(0, mode), 0);
  return out;
}

function range(from: u32, to: u32): u32 {
  const cursor = slot();
  const out = slot();
  emit(O.OP_RANGE, out, from, to, cursor, 0);
  return out;
}

function genDelete(args: u32, input: u32): u32 {
  const gone = slot();
  emit(O.OP_ARRAY, gone, 0, 0, 0, 0);
  const fork = emit(O.OP_FORK, 0, 0, 0, 0, 0);
  const path = genPaths(args, input);
  emit(O.OP_APPEND, gone, path, 0, 0, 0);
  patch(fork);
  const out = slot();
  emit(O.OP_DELPATHS, out, input, gone, 0, 0);
  return out;
}

/** any and all: 0 for generator is .[], 0 for condition is `.`. */
function genAny(generator: u32, condition: u32, input: u32, isAny: bool): u32 {
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

function genLast(args: u32, input: u32, mode: u32): u32 {
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

function genLimit(count: u32, args: u32, input: u32, mode: u32): u32 {
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

function genSkip(count: u32, args: u32, input: u32, mode: u32, message: string): u32 {
  const left = slot();
  const n = gen(count, input, OFF);
  const none = emit(O.OP_COUNT, left, n, 0, constantOf(textCell(message)), 0);
  patchY(none);
  const r = gen(args, input, mode);
  emit(O.OP_SKIP, left, 0, 0, 0, 0);
  return r;
}

function genNth(count: u32, args: u32, input: u32, mode: u32): u32 {
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
