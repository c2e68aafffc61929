/** What names of variables and labels stand for. */

import * as C from "../../errors/codes";
import { failDetail } from "../../errors/errors";
import { addressOf, lengthOf } from "../../value/cell";
import { equalBytes } from "../../value/order";
import { emit } from "../bytecode/emit";
import * as O from "../bytecode/opcodes";
import { SLOT_INPUT } from "../bytecode/opcodes";
import { Node } from "../syntax/nodes";
import { textIs } from "../syntax/text";
import { HERE, levelsTo, slot } from "./place";
import * as S from "./scope";
import { findName, newScope, Scope } from "./scope";

let globalNames: usize = 0;
let globalCount: u32 = 0;

/** `names` is an array of `count` string cells: the global variables, by slot. */
export function variablesBegin(names: usize, count: u32): void {
  globalNames = names;
  globalCount = count;
}

export function genVariable(n: Node): u32 {
  const found = findName(HERE.scope, S.S_VARIABLE, n.name, n.nameLength);
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

export function openLabel(n: Node): void {
  const mark = slot();
  emit(O.OP_MARK, mark, 0, 0, 0, 0);
  HERE.scope = newScope(S.S_LABEL, n.name, n.nameLength, 0, mark, HERE.context, HERE.scope);
}

export function genBreak(n: Node): u32 {
  const found = findName(HERE.scope, S.S_LABEL, n.name, n.nameLength);
  if (found == 0) {
    failDetail(C.E_EXPR_VARIABLE, n.at, "unknown label", n.name, n.nameLength);
    return 0;
  }
  const s = changetype<Scope>(found as usize);
  emit(O.OP_BREAK, 0, s.slot, 0, levelsTo(s.context), 0);
  return SLOT_INPUT;
}
