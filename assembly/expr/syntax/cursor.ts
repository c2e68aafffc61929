/** What every rule of the grammar asks: which token stands here, and how deep we are. */

import * as C from "../../errors/codes";
import { errorCode, fail } from "../../errors/errors";
import * as L from "./lexer";
import { MAX_NESTING, newNode, nodeAt } from "./nodes";

let depth: u32 = 0;

/** A rule of the grammar that is handed to another one: programs hold strings, and strings programs. */
export type Rule = () => u32;

/** Before a text: its first token is the current one. */
export function parserBegin(at: usize, length: u32): void {
  depth = 0;
  L.lexBegin(at, length);
  L.next();
}

/** Where the current token begins. */
export function offset(): u32 {
  return (L.tokStart - L.textStart) as u32;
}

/** The current token, for code that has just moved on. */
export function current(): u32 {
  return L.tok;
}

export function ok(): bool {
  return errorCode() == 0;
}

/** A level deeper, until leave(). */
export function enter(): bool {
  depth++;
  if (depth <= MAX_NESTING) return true;
  if (ok()) fail(C.E_EXPR_TOO_LARGE, offset());
  return false;
}

export function leave(): void {
  depth--;
}

/** Is the rule at hand that of the whole text? */
export function isOutermost(): bool {
  return depth == 1;
}

/** Consumes the token, or records that something else stands there. */
export function expect(token: u32): bool {
  if (!ok()) return false;
  if (L.tok != token) return L.unexpectedToken();
  L.next();
  return true;
}

export function accept(token: u32): bool {
  if (L.tok != token) return false;
  L.next();
  return true;
}

/** Records that the current token cannot stand here, unless there is an error; 0. */
export function bad(): u32 {
  if (ok()) L.unexpectedToken();
  return 0;
}

/** A node of this kind with the current token's name. */
export function named(kind: u32, at: u32): u32 {
  const n = newNode(kind, at);
  nodeAt(n).name = L.tokAt as u32;
  nodeAt(n).nameLength = L.tokLength;
  return n;
}

export function isKeyword(): bool {
  return L.tok >= L.FIRST_KEYWORD && L.tok <= L.T_MODULE;
}
