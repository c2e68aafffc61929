/** Patterns, which take a value apart: $name, [...], {...}. */

import {
  COLON,
  COMMA,
  LEFT_BRACE,
  LEFT_BRACKET,
  LEFT_PAREN,
  RIGHT_BRACE,
  RIGHT_BRACKET,
} from "../../bytes/characters";
import { accept, bad, enter, expect, isKeyword, leave, named, offset, ok, Rule } from "./cursor";
import * as L from "./lexer";
import { stringCell } from "./literals";
import * as N from "./nodes";
import { constant, link, newNode, nodeAt, reversed, under } from "./nodes";
import { keyQuery } from "./objects";
import { stringTerm } from "./string-literal";

/** pattern ('?//' pattern)*, as a list; `query` is a program, of which a key may be made. */
export function patterns(query: Rule): u32 {
  let list: u32 = 0;
  while (ok()) {
    const p = pattern(query);
    if (!ok()) return 0;
    list = link(list, p);
    if (!accept(L.T_ALTERNATION)) break;
  }
  return reversed(list);
}

function pattern(query: Rule): u32 {
  if (!enter()) return 0;
  const at = offset();
  let n: u32 = 0;
  if (L.tok == L.T_BINDING) {
    n = named(N.P_VAR, at);
    L.next();
  } else if (L.tok == LEFT_BRACKET) {
    L.next();
    n = newNode(N.P_ARRAY, at);
    let list: u32 = 0;
    while (true) {
      const p = pattern(query);
      if (!ok()) return 0;
      list = link(list, p);
      under(n, p);
      if (!accept(COMMA)) break;
    }
    if (!expect(RIGHT_BRACKET)) return 0;
    nodeAt(n).a = reversed(list);
  } else if (L.tok == LEFT_BRACE) {
    L.next();
    n = newNode(N.P_OBJECT, at);
    let list: u32 = 0;
    while (true) {
      const p = patternEntry(query);
      if (!ok()) return 0;
      list = link(list, p);
      under(n, p);
      if (!accept(COMMA)) break;
    }
    if (!expect(RIGHT_BRACE)) return 0;
    nodeAt(n).a = reversed(list);
  } else return bad();
  leave();
  return n;
}

function patternEntry(query: Rule): u32 {
  const at = offset();
  const n = newNode(N.P_ENTRY, at);
  let key: u32 = 0;
  if (L.tok == L.T_BINDING) {
    nodeAt(n).name = L.tokAt as u32;
    nodeAt(n).nameLength = L.tokLength;
    nodeAt(n).c = 1;
    key = constant(stringCell(L.tokAt, L.tokLength), at);
    L.next();
    if (L.tok != COLON) {
      nodeAt(n).a = key;
      return n;
    }
  } else if (L.tok == L.T_IDENT || isKeyword()) {
    key = constant(stringCell(L.tokAt, L.tokLength), at);
    L.next();
  } else if (L.tok == L.T_QUOTE) key = stringTerm(0, 0, query);
  else if (L.tok == LEFT_PAREN) {
    key = keyQuery(query);
  } else return bad();
  if (!expect(COLON)) return 0;
  const p = pattern(query);
  if (!ok()) return 0;
  nodeAt(n).a = key;
  nodeAt(n).b = p;
  under(n, key);
  under(n, p);
  return n;
}
