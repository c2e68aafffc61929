/**
 * The tree between parser and code generator. Nodes live in an arena of the compiler, which is
 * emptied by the next compilation.
 *
 * `depth` bounds the recursion of the code generator: a node deeper than MAX_NESTING is
 * E_EXPR_TOO_LARGE. Chains that are walked by a loop (pipes, commas, left operands) do not count.
 */

import { Arena, arenaTake } from "../../bytes/arena";
import * as C from "../../errors/codes";
import { errorCode, fail } from "../../errors/errors";
import { setNumber } from "../../value/cell";

/** Deepest nesting of an expression: parentheses, arguments, bodies, subjects. */
export const MAX_NESTING: u32 = 200;
/** Bytes of tree and bookkeeping that one compilation may take. */
export const MAX_COMPILE: u32 = 67108864;

export const N_DOT: u32 = 1;
export const N_RECURSE: u32 = 2; // ..
export const N_INDEX: u32 = 3; // a: subject, b: key, c: 1 if followed by ?
export const N_SLICE: u32 = 4; // a: subject, b: from or 0, c: to or 0, d: optional
export const N_EACH: u32 = 5; // a: subject, c: optional
export const N_CONST: u32 = 6; // a: cell
export const N_STRING: u32 = 7; // a: list of N_CONST and other nodes; name: format or empty
export const N_FORMAT: u32 = 8; // name
export const N_NEGATE: u32 = 9; // a
export const N_ARRAY: u32 = 10; // a: body or 0
export const N_OBJECT: u32 = 11; // a: list of N_PAIR
export const N_PAIR: u32 = 12; // a: key, b: value or 0 (the input's field of that name)
export const N_REDUCE: u32 = 13; // a: source, b: patterns, c: init, d: update
export const N_FOREACH: u32 = 14; // ... e: extract or 0
export const N_IF: u32 = 15; // a: condition, b: then, c: else or 0
export const N_TRY: u32 = 16; // a: body, b: handler or 0
export const N_LABEL: u32 = 17; // name, a: body
export const N_BREAK: u32 = 18; // name
export const N_VAR: u32 = 19; // name
export const N_CALL: u32 = 20; // name, a: list of arguments, b: their number
export const N_PIPE: u32 = 21; // a, b
export const N_COMMA: u32 = 22; // a, b
export const N_BINARY: u32 = 23; // c: opcode, a, b
export const N_AND: u32 = 24;
export const N_OR: u32 = 25;
export const N_DEFINED: u32 = 26; // a // b
export const N_ASSIGN: u32 = 27; // c: token of the operator, a, b
export const N_AS: u32 = 28; // a: source, b: patterns, c: body
export const N_DEF: u32 = 29; // a: N_FUNCTION, b: rest
export const N_FUNCTION: u32 = 30; // name, a: list of N_PARAM, b: their number, c: body
export const N_PARAM: u32 = 31; // name, c: 1 for $name
export const P_VAR: u32 = 40; // name
export const P_ARRAY: u32 = 41; // a: list of patterns
export const P_OBJECT: u32 = 42; // a: list of P_ENTRY
export const P_ENTRY: u32 = 43; // a: key, b: pattern or 0, c: 1 if name is to be bound too

@unmanaged
export class Node {
  kind: u32;
  a: u32;
  b: u32;
  c: u32;
  d: u32;
  e: u32;
  name: u32;
  nameLength: u32;
  at: u32;
  depth: u32;
  next: u32;
  unused: u32;
}

/** Trees, scopes and prelude text of the compilation under way. */
export const TREE: Arena = changetype<Arena>(memory.data(32, 16));

export function nodeAt(address: u32): Node {
  return changetype<Node>(address as usize);
}

/** A node at an offset of the program, with depth 1. */
export function newNode(kind: u32, at: u32): u32 {
  const address = arenaTake(TREE, 48) as u32;
  memory.fill(address, 0, 48);
  const n = nodeAt(address);
  n.kind = kind;
  n.at = at;
  n.depth = 1;
  return address;
}

/** Records that `child` is below `parent`, a level deeper. */
export function under(parent: u32, child: u32): void {
  if (child != 0) deepen(parent, nodeAt(child).depth + 1);
}

/** Records that `child` continues a chain of `parent` and costs no level. */
export function beside(parent: u32, child: u32): void {
  if (child != 0) deepen(parent, nodeAt(child).depth);
}

function deepen(parent: u32, depth: u32): void {
  const n = nodeAt(parent);
  if (depth > n.depth) n.depth = depth;
  if (n.depth > MAX_NESTING && errorCode() == 0) fail(C.E_EXPR_TOO_LARGE, n.at);
}

export function constant(cell: u32, at: u32): u32 {
  const n = newNode(N_CONST, at);
  nodeAt(n).a = cell;
  return n;
}

export function numberNode(value: f64, at: u32): u32 {
  const cell = arenaTake(TREE, 16);
  setNumber(cell, value);
  return constant(cell as u32, at);
}

/** Puts `item` in front of a list (lists are built backwards and turned by reversed()). */
export function link(list: u32, item: u32): u32 {
  nodeAt(item).next = list;
  return item;
}

export function reversed(list: u32): u32 {
  let out: u32 = 0;
  while (list != 0) {
    const after = nodeAt(list).next;
    nodeAt(list).next = out;
    out = list;
    list = after;
  }
  return out;
}

/** Folds a backwards list into a chain leaning to the right. */
export function chain(kind: u32, list: u32): u32 {
  let right = list;
  let rest = nodeAt(list).next;
  nodeAt(list).next = 0;
  while (rest != 0) {
    const before = nodeAt(rest).next;
    nodeAt(rest).next = 0;
    const n = newNode(kind, nodeAt(rest).at);
    nodeAt(n).a = rest;
    nodeAt(n).b = right;
    under(n, rest);
    beside(n, right);
    right = n;
    rest = before;
  }
  return right;
}
