/** Patterns, which bind variables to parts of a value. */

import { errorCode } from "../../errors/errors";
import { equalBytes } from "../../value/order";
import { emit, patch } from "../bytecode/emit";
import * as O from "../bytecode/opcodes";
import * as N from "../syntax/nodes";
import { nodeAt } from "../syntax/nodes";
import { linkJump, patchAll } from "./jumps";
import { Gen, genNumber, HERE, OFF, slot } from "./place";
import * as S from "./scope";
import { findName, newScope, Scope } from "./scope";

/** Binds the variables of a list of alternative patterns to parts of a value. */
export function genPatterns(list: u32, value: u32, gen: Gen): void {
  if (nodeAt(list).next == 0) {
    genPattern(list, value, false, gen);
    return;
  }
  const outer = HERE.scope;
  for (let p = list; p != 0; p = nodeAt(p).next) bindNames(p, outer);
  let jumps: u32 = 0;
  for (let p = list; p != 0; p = nodeAt(p).next) {
    // Variables of an alternative that failed are null in the next one.
    for (let s = HERE.scope; s != outer; s = changetype<Scope>(s as usize).next) {
      emit(O.OP_NULL, changetype<Scope>(s as usize).slot, 0, 0, 0, 0);
    }
    if (nodeAt(p).next == 0) genPattern(p, value, true, gen);
    else {
      const begin = emit(O.OP_ALTERNATIVE, 0, 0, 0, 0, 0);
      genPattern(p, value, true, gen);
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
    for (let s = HERE.scope; s != outer; s = changetype<Scope>(s as usize).next) {
      const r = changetype<Scope>(s as usize);
      if (equalBytes(r.name, r.nameLength, n.name, n.nameLength)) known = true;
    }
    if (!known)
      HERE.scope = newScope(
        S.S_VARIABLE,
        n.name,
        n.nameLength,
        0,
        slot(),
        HERE.context,
        HERE.scope,
      );
  }
  if (n.kind == N.P_ENTRY) {
    if (n.b != 0) bindNames(n.b, outer);
  } else for (let q = n.a; q != 0; q = nodeAt(q).next) bindNames(q, outer);
}

/** Binds a name to a slot: afresh, or (for alternatives) by storing into the slot it has. */
function bind(name: u32, length: u32, value: u32, stored: bool): void {
  if (stored) {
    const s = changetype<Scope>(findName(HERE.scope, S.S_VARIABLE, name, length) as usize);
    emit(O.OP_MOVE, s.slot, value, 0, 0, 0);
  } else HERE.scope = newScope(S.S_VARIABLE, name, length, 0, value, HERE.context, HERE.scope);
}

function genPattern(p: u32, value: u32, stored: bool, gen: Gen): void {
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
      const k = genNumber((i - 1) as f64);
      const part = slot();
      emit(O.OP_INDEX, part, value, k, 0, 0);
      genPattern(q, part, stored, gen);
    }
    return;
  }
  for (let q = n.a; q != 0; q = nodeAt(q).next) {
    const entry = nodeAt(q);
    const k = gen(entry.a, value, OFF);
    const part = slot();
    emit(O.OP_INDEX, part, value, k, 0, 0);
    if (entry.c == 1) bind(entry.name, entry.nameLength, part, stored);
    if (entry.b != 0) genPattern(entry.b, part, stored, gen);
  }
}
