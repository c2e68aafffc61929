/** Calls: of functions, whose arguments are closures, of those of the prelude, and of builtins. */

import { arenaTake } from "../../bytes/arena";
import { SLASH, ZERO } from "../../bytes/characters";
import * as C from "../../errors/codes";
import { errorCode, failDetail } from "../../errors/errors";
import { addressOf, lengthOf } from "../../value/cell";
import { copyPrelude, findPrelude, preludeLength } from "../builtins/prelude";
import * as X from "../builtins/special";
import { B_NOW, findNative } from "../builtins/table";
import { emit, newFunction } from "../bytecode/emit";
import * as O from "../bytecode/opcodes";
import { NONE } from "../bytecode/opcodes";
import * as L from "../syntax/lexer";
import { textCell } from "../syntax/literals";
import { mentionNow } from "../syntax/mentioned";
import * as N from "../syntax/nodes";
import { Node, nodeAt, TREE } from "../syntax/nodes";
import { parseDefinition } from "../syntax/parser";
import { literalLength } from "../syntax/text";
import { enqueue } from "./bodies";
import { genSpecial } from "./inline";
import { Gen, HERE, levelsTo, OFF, slot } from "./place";
import * as S from "./scope";
import { findFunction, newScope, Scope } from "./scope";

/** The context of the whole program, in which the prelude is. */
let mainContext: u32 = 0;
/** Functions of the prelude that were asked for so far: a chain of S_FUNCTION. */
let preludeScope: u32 = 0;

export function callsBegin(main: u32): void {
  mainContext = main;
  preludeScope = 0;
}

/** Brings a definition into scope; its body is compiled later, used or not, to find its errors. */
export function define(n: Node): void {
  const f = nodeAt(n.a);
  HERE.scope = newScope(S.S_FUNCTION, f.name, f.nameLength, f.b, 0, HERE.context, HERE.scope);
  const s = changetype<Scope>(HERE.scope as usize);
  s.code = newFunction(f.b);
  enqueue(s.code, f.c, HERE.scope, HERE.context, f.a);
}

export function genCall(node: u32, input: u32, mode: u32, tail: bool, gen: Gen): u32 {
  const n = nodeAt(node);
  const found = findFunction(HERE.scope, n.name, n.nameLength, n.b);
  if (found != 0) return callScope(found, n.a, n.b, input, mode, tail);
  return genBuiltin(n, input, mode, tail, gen);
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
    const found = findFunction(HERE.scope, n.name, n.nameLength, 0);
    if (found != 0 && changetype<Scope>(found as usize).kind == S.S_PARAM) {
      const s = changetype<Scope>(found as usize);
      emit(O.OP_CLOSURE, 1, s.slot, 0, levelsTo(s.context), 0);
      return;
    }
  }
  const code = newFunction(0);
  enqueue(code, node, HERE.scope, HERE.context, 0);
  emit(O.OP_CLOSURE, 0, 0, 0, code, 0);
}

/** Calls a definition of the prelude by its ASCII name. */
export function genPrelude(
  name: string,
  args: u32,
  count: u32,
  input: u32,
  mode: u32,
  tail: bool,
): u32 {
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

function genBuiltin(n: Node, input: u32, mode: u32, tail: bool, gen: Gen): u32 {
  const special = X.findSpecial(n.name, n.nameLength, n.b);
  if (special >= 0) return genSpecial(special, n.a, input, mode, gen);
  const native = findNative(n.name, n.nameLength, n.b);
  if (native >= 0) return genNative(native as u32, n.a, input, gen);
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
  store<u8>(at + n.nameLength, SLASH as u8);
  let length = n.nameLength + 1;
  if (n.b >= 10) {
    store<u8>(at + length, (ZERO + ((n.b / 10) % 10)) as u8);
    length++;
  }
  store<u8>(at + length, (ZERO + (n.b % 10)) as u8);
  failDetail(code, n.at, why, at, length + 1);
}

function genNative(native: u32, args: u32, input: u32, gen: Gen): u32 {
  if (native == B_NOW) mentionNow();
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
