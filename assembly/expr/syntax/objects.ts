/** Objects, and what stands for their keys. */

import { textByte } from "../../bytes/byte";
import { COLON, COMMA, LEFT_PAREN, LF, RIGHT_BRACE, RIGHT_PAREN } from "../../bytes/characters";
import { NUMBER, numberOf, STRING, tagOf } from "../../value/cell";
import { accept, bad, expect, isKeyword, named, offset, ok, Rule } from "./cursor";
import * as L from "./lexer";
import { stringCell, textCell } from "./literals";
import { mentionVariable } from "./mentioned";
import * as N from "./nodes";
import { constant, link, newNode, nodeAt, numberNode, reversed, under } from "./nodes";
import { stringTerm } from "./string-literal";

/** `query` is a program, `pairValue` what may stand behind a colon. */
export function object(query: Rule, pairValue: Rule): u32 {
  const n = newNode(N.N_OBJECT, offset());
  L.next();
  let list: u32 = 0;
  while (L.tok != RIGHT_BRACE) {
    const p = pair(query, pairValue);
    if (!ok()) return 0;
    list = link(list, p);
    under(n, p);
    if (!accept(COMMA)) break;
  }
  if (!expect(RIGHT_BRACE)) return 0;
  nodeAt(n).a = reversed(list);
  return n;
}

function pair(query: Rule, pairValue: Rule): u32 {
  const at = offset();
  const n = newNode(N.N_PAIR, at);
  const token = L.tok;
  let key: u32 = 0;
  let value: u32 = 0;
  if (token == L.T_IDENT || isKeyword()) {
    key = constant(stringCell(L.tokAt, L.tokLength), at);
    L.next();
  } else if (token == L.T_BINDING) {
    const variable = named(N.N_VAR, at);
    mentionVariable(L.tokAt, L.tokLength, L.pos, L.textEnd);
    key = constant(stringCell(L.tokAt, L.tokLength), at);
    L.next();
    if (L.tok == COLON) key = variable;
    else value = variable;
  } else if (token == L.T_LOC) {
    L.next();
    key = constant(textCell("__loc__"), at);
    value = location(at);
  } else if (token == L.T_NUMBER) {
    L.syntaxError(L.tokStart, "may need parentheses around object key expression", 0, 0);
    return 0;
  } else if (token == L.T_QUOTE) key = stringTerm(0, 0, query);
  else if (token == L.T_FORMAT) {
    const name = L.tokAt;
    const length = L.tokLength;
    L.next();
    if (L.tok != L.T_QUOTE) return bad();
    key = stringTerm(name, length, query);
  } else if (token == LEFT_PAREN) {
    key = keyQuery(query);
    if (!ok()) return 0;
    if (L.tok != COLON) return bad();
  } else return bad();
  if (!ok()) return 0;
  if (value == 0 && accept(COLON)) value = pairValue();
  if (!ok()) return 0;
  nodeAt(n).a = key;
  nodeAt(n).b = value;
  under(n, key);
  under(n, value);
  return n;
}

/** '(' query ')' as a key: a literal that is no string is refused at once, as jq does. */
export function keyQuery(query: Rule): u32 {
  const at = L.tokStart;
  L.next();
  const q = query();
  if (!expect(RIGHT_PAREN)) return 0;
  const n = nodeAt(q);
  if (n.kind == N.N_CONST && tagOf(n.a) != STRING && !isNegative(n.a)) {
    L.syntaxError(at + 1, "cannot use this constant as object key", at, (L.pos - at) as u32);
    return 0;
  }
  return q;
}

/** No literal is negative: this was computed. */
function isNegative(c: usize): bool {
  return tagOf(c) == NUMBER && reinterpret<i64>(numberOf(c)) < 0;
}

/** $__loc__: an object of the file and the line. */
export function location(at: u32): u32 {
  let line: u32 = 1;
  for (let p = L.textStart; p < L.textStart + at; p++) if (textByte(p) == LF) line++;
  const n = newNode(N.N_OBJECT, at);
  const file = newNode(N.N_PAIR, at);
  nodeAt(file).a = constant(textCell("file"), at);
  nodeAt(file).b = constant(textCell("<top-level>"), at);
  const row = newNode(N.N_PAIR, at);
  nodeAt(row).a = constant(textCell("line"), at);
  nodeAt(row).b = numberNode(line as f64, at);
  nodeAt(file).next = row;
  nodeAt(n).a = file;
  return n;
}
