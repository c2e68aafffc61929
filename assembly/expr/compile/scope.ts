/**
 * What names mean at a place of a program: a chain of records from the innermost outwards.
 * A context stands for one kind of frame at run time (the program, a function, a closure).
 */

import { arenaTake } from "../../bytes/arena";
import { equalBytes } from "../../value/order";
import { SLOT_INPUT } from "../bytecode/opcodes";
import { TREE } from "../syntax/nodes";

export const S_VARIABLE: u32 = 1;
export const S_FUNCTION: u32 = 2;
export const S_PARAM: u32 = 3;
export const S_LABEL: u32 = 4;

@unmanaged
export class Context {
  parent: u32;
  /** Number of contexts around it. */
  level: u32;
  /** Slots of a frame, header included. */
  slots: u32;
  unused: u32;
}

@unmanaged
export class Scope {
  kind: u32;
  name: u32;
  nameLength: u32;
  arity: u32;
  slot: u32;
  /** The context that the name lives in. */
  context: u32;
  /** Functions: index in the table of functions. */
  code: u32;
  next: u32;
}

export function newContext(parent: u32): u32 {
  const at = arenaTake(TREE, 16) as u32;
  const c = changetype<Context>(at as usize);
  c.parent = parent;
  c.level = parent == 0 ? 0 : changetype<Context>(parent as usize).level + 1;
  c.slots = SLOT_INPUT + 1;
  return at;
}

export function newScope(
  kind: u32,
  name: u32,
  nameLength: u32,
  arity: u32,
  slot: u32,
  context: u32,
  next: u32,
): u32 {
  const at = arenaTake(TREE, 32) as u32;
  const s = changetype<Scope>(at as usize);
  s.kind = kind;
  s.name = name;
  s.nameLength = nameLength;
  s.arity = arity;
  s.slot = slot;
  s.context = context;
  s.code = 0;
  s.next = next;
  return at;
}

/** The innermost record of a variable or label, or 0. */
export function findName(scope: u32, kind: u32, name: u32, nameLength: u32): u32 {
  while (scope != 0) {
    const s = changetype<Scope>(scope as usize);
    if (s.kind == kind && equalBytes(s.name, s.nameLength, name, nameLength)) return scope;
    scope = s.next;
  }
  return 0;
}

/** The innermost function or parameter of that name and arity, or 0. */
export function findFunction(scope: u32, name: u32, nameLength: u32, arity: u32): u32 {
  while (scope != 0) {
    const s = changetype<Scope>(scope as usize);
    if (
      (s.kind == S_FUNCTION || s.kind == S_PARAM) &&
      s.arity == arity &&
      equalBytes(s.name, s.nameLength, name, nameLength)
    )
      return scope;
    scope = s.next;
  }
  return 0;
}
