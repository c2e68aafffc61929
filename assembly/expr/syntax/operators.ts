/** Binary operators: how tightly they bind, and their nodes. */

import {
  ASTERISK,
  EQUALS,
  GREATER,
  LESS,
  MINUS,
  PERCENT,
  PLUS,
  SLASH,
} from "../../bytes/characters";
import { NUMBER, numberOf, tagOf } from "../../value/cell";
import * as O from "../bytecode/opcodes";
import * as L from "./lexer";
import * as N from "./nodes";
import { beside, newNode, nodeAt, numberNode, under } from "./nodes";

/** Precedence of a token as a binary operator; 0: none. */
export function precedence(token: u32): u32 {
  switch (token) {
    case L.T_DEFINED:
      return 1;
    case EQUALS:
    case L.T_SET_PIPE:
    case L.T_SET_ADD:
    case L.T_SET_SUB:
    case L.T_SET_MUL:
    case L.T_SET_DIV:
    case L.T_SET_MOD:
    case L.T_SET_DEFINED:
      return 2;
    case L.T_OR:
      return 3;
    case L.T_AND:
      return 4;
    case L.T_EQ:
    case L.T_NE:
    case L.T_LE:
    case L.T_GE:
    case LESS:
    case GREATER:
      return 5;
    case PLUS:
    case MINUS:
      return 6;
    case ASTERISK:
    case SLASH:
    case PERCENT:
      return 7;
    default:
      return 0;
  }
}

export function binaryOpcode(token: u32): u32 {
  switch (token) {
    case PLUS:
    case L.T_SET_ADD:
      return O.OP_ADD;
    case MINUS:
    case L.T_SET_SUB:
      return O.OP_SUB;
    case ASTERISK:
    case L.T_SET_MUL:
      return O.OP_MUL;
    case SLASH:
    case L.T_SET_DIV:
      return O.OP_DIV;
    case PERCENT:
    case L.T_SET_MOD:
      return O.OP_MOD;
    case L.T_EQ:
      return O.OP_EQ;
    case L.T_NE:
      return O.OP_NE;
    case LESS:
      return O.OP_LT;
    case L.T_LE:
      return O.OP_LE;
    case GREATER:
      return O.OP_GT;
    default:
      return O.OP_GE;
  }
}

export function binary(token: u32, p: u32, at: u32, left: u32, right: u32): u32 {
  let kind = N.N_BINARY;
  if (p == 1) kind = N.N_DEFINED;
  else if (p == 2) kind = N.N_ASSIGN;
  else if (p == 3) kind = N.N_OR;
  else if (p == 4) kind = N.N_AND;
  if (kind == N.N_BINARY) {
    const folded = fold(token, left, right);
    if (folded != 0) return folded;
  }
  const n = newNode(kind, at);
  const node = nodeAt(n);
  node.a = left;
  node.b = right;
  node.c = kind == N.N_BINARY ? binaryOpcode(token) : token;
  if (kind == N.N_BINARY && nodeAt(left).kind == N.N_BINARY) beside(n, left);
  else under(n, left);
  if (kind == N.N_DEFINED) beside(n, right);
  else under(n, right);
  return n;
}

/** Constant folding of number arithmetic that cannot fail; 0: not foldable. */
function fold(token: u32, left: u32, right: u32): u32 {
  const l = nodeAt(left);
  const r = nodeAt(right);
  if (l.kind != N.N_CONST || r.kind != N.N_CONST) return 0;
  if (tagOf(l.a) != NUMBER || tagOf(r.a) != NUMBER) return 0;
  const x = numberOf(l.a);
  const y = numberOf(r.a);
  let z: f64 = 0;
  if (token == PLUS) z = x + y;
  else if (token == MINUS) z = x - y;
  else if (token == ASTERISK) z = x * y;
  else return 0;
  return numberNode(z, l.at);
}
