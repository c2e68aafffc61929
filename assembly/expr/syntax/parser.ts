/**
 * Recursive descent over a jq program, by precedence climbing. The depth of the recursion is
 * bounded by MAX_NESTING levels of nesting (E_EXPR_TOO_LARGE), counted the same way in every build.
 *
 *     query   := 'def' ... ; query | 'label' $x '|' query | list ('|' list)*
 *     list    := operand (',' operand)*
 *     operand := expr | expr 'as' patterns '|' query
 *     expr    := operators over postfix terms; from loosest to tightest
 *                //  (right)   = |= += ... (none)   or   and   == < ... (none)   + -   * / %
 */

import { arenaTake } from "../../bytes/arena";
import {
  COLON,
  COMMA,
  DOT,
  LEFT_BRACE,
  LEFT_BRACKET,
  LEFT_PAREN,
  MINUS,
  PIPE,
  QUESTION,
  RIGHT_BRACKET,
  RIGHT_PAREN,
  SEMICOLON,
} from "../../bytes/characters";
import * as C from "../../errors/codes";
import { errorCode, failDetail } from "../../errors/errors";
import { NUMBER, numberOf, setBool, setNull, tagOf } from "../../value/cell";
import {
  accept,
  bad,
  current,
  enter,
  expect,
  isOutermost,
  leave,
  named,
  offset,
  ok,
  parserBegin,
} from "./cursor";
import * as L from "./lexer";
import { numberCell, stringCell } from "./literals";
import { mentionVariable } from "./mentioned";
import * as N from "./nodes";
import {
  beside,
  chain,
  constant,
  link,
  newNode,
  nodeAt,
  numberNode,
  reversed,
  under,
} from "./nodes";
import { location, object } from "./objects";
import { binary, precedence } from "./operators";
import { patterns } from "./patterns";
import { stringTerm } from "./string-literal";
import { textIs } from "./text";

/** Parses a whole program; the address of its tree, or 0 with the error recorded. */
export function parseProgram(at: usize, length: u32): u32 {
  parserBegin(at, length);
  if (L.tok == L.T_MODULE || L.tok == L.T_IMPORT || L.tok == L.T_INCLUDE) {
    failDetail(
      C.E_EXPR_REFUSED,
      offset(),
      "modules are refused: a program stands for itself",
      0,
      0,
    );
    return 0;
  }
  // A program of definitions only is the identity, as for jq.
  const tree = L.tok == L.T_END ? newNode(N.N_DOT, 0) : query();
  if (errorCode() != 0) return 0;
  if (L.tok != L.T_END) {
    L.unexpectedToken();
    return 0;
  }
  return tree;
}

/** Parses one definition of the prelude. */
export function parseDefinition(at: usize, length: u32): u32 {
  parserBegin(at, length);
  return definition();
}

function query(): u32 {
  if (!enter()) return 0;
  let list: u32 = 0;
  while (true) {
    const item = commaList();
    if (!ok()) return 0;
    list = link(list, item);
    if (L.tok != PIPE) break;
    L.next();
  }
  leave();
  return chain(N.N_PIPE, list);
}

function commaList(): u32 {
  let list: u32 = 0;
  while (true) {
    const item = operand();
    if (!ok()) return 0;
    list = link(list, item);
    if (L.tok != COMMA) break;
    L.next();
  }
  return chain(N.N_COMMA, list);
}

function operand(): u32 {
  const at = offset();
  if (L.tok == L.T_DEF) {
    const n = newNode(N.N_DEF, at);
    const f = definition();
    if (!ok()) return 0;
    // Definitions at the very end stand in front of the identity.
    const rest = L.tok == L.T_END && isOutermost() ? newNode(N.N_DOT, at) : query();
    if (!ok()) return 0;
    nodeAt(n).a = f;
    nodeAt(n).b = rest;
    beside(n, rest);
    return n;
  }
  if (L.tok == L.T_LABEL) {
    L.next();
    if (L.tok != L.T_BINDING) return bad();
    const n = named(N.N_LABEL, at);
    L.next();
    if (!expect(PIPE)) return 0;
    const body = query();
    if (!ok()) return 0;
    nodeAt(n).a = body;
    under(n, body);
    return n;
  }
  const e = expr(1);
  if (!ok()) return 0;
  if (L.tok != L.T_AS) return e;
  L.next();
  const n = newNode(N.N_AS, at);
  const p = patterns(query);
  if (!expect(PIPE)) return 0;
  const body = query();
  if (!ok()) return 0;
  nodeAt(n).a = e;
  nodeAt(n).b = p;
  nodeAt(n).c = body;
  under(n, e);
  under(n, p);
  under(n, body);
  return n;
}

/** 'def' name [ '(' params ')' ] ':' query ';' */
function definition(): u32 {
  const at = offset();
  if (!expect(L.T_DEF)) return 0;
  if (L.tok != L.T_IDENT) return bad();
  const f = named(N.N_FUNCTION, at);
  L.next();
  if (accept(LEFT_PAREN)) {
    let list: u32 = 0;
    let count: u32 = 0;
    while (true) {
      if (L.tok != L.T_IDENT && L.tok != L.T_BINDING) return bad();
      const p = named(N.N_PARAM, offset());
      nodeAt(p).c = L.tok == L.T_BINDING ? 1 : 0;
      list = link(list, p);
      count++;
      L.next();
      if (!accept(SEMICOLON)) break;
    }
    if (!expect(RIGHT_PAREN)) return 0;
    nodeAt(f).a = reversed(list);
    nodeAt(f).b = count;
  }
  if (!expect(COLON)) return 0;
  const body = query();
  if (!expect(SEMICOLON)) return 0;
  nodeAt(f).c = body;
  return f;
}

function expr(lowest: u32): u32 {
  if (!enter()) return 0;
  let left = postfix();
  if (!ok()) return 0;
  while (true) {
    const token = L.tok;
    const p = precedence(token);
    if (p == 0 || p < lowest) break;
    const at = offset();
    L.next();
    const right = expr(p == 1 ? 1 : p + 1);
    if (!ok()) return 0;
    left = binary(token, p, at, left, right);
    // = and == do not chain
    if ((p == 2 || p == 5) && precedence(L.tok) == p) return bad();
  }
  leave();
  return left;
}

function postfix(): u32 {
  let t = term();
  while (ok()) {
    const at = offset();
    switch (L.tok) {
      case L.T_FIELD: {
        const n = newNode(N.N_INDEX, at);
        nodeAt(n).b = constant(stringCell(L.tokAt, L.tokLength), at);
        L.next();
        t = subject(n, t);
        break;
      }
      case DOT: {
        L.next();
        const after = current();
        if (after == L.T_QUOTE) {
          const n = newNode(N.N_INDEX, at);
          const key = stringTerm(0, 0, query);
          nodeAt(n).b = key;
          under(n, key);
          t = subject(n, t);
        } else if (after == LEFT_BRACKET) t = bracket(t);
        else {
          L.syntaxError(
            L.tokStart,
            'try .["field"] instead of .field for unusually named fields',
            0,
            0,
          );
          return 0;
        }
        break;
      }
      case LEFT_BRACKET:
        t = bracket(t);
        break;
      case QUESTION: {
        L.next();
        const n = newNode(N.N_TRY, at);
        nodeAt(n).a = t;
        under(n, t);
        t = n;
        break;
      }
      default:
        return t;
    }
  }
  return 0;
}

/** Completes an index node: its subject, and whether a ? follows. */
function subject(n: u32, t: u32): u32 {
  nodeAt(n).a = t;
  under(n, t);
  if (L.tok == QUESTION) {
    L.next();
    if (nodeAt(n).kind == N.N_SLICE) nodeAt(n).d = 1;
    else nodeAt(n).c = 1;
  }
  return n;
}

/** '[' ']', '[' query ']', '[' query ':' query ']' and its halves, behind a term. */
function bracket(t: u32): u32 {
  const at = offset();
  L.next();
  if (accept(RIGHT_BRACKET)) return subject(newNode(N.N_EACH, at), t);
  let from: u32 = 0;
  let to: u32 = 0;
  if (L.tok != COLON) {
    from = query();
    if (!ok()) return 0;
    if (L.tok == RIGHT_BRACKET) {
      L.next();
      const n = newNode(N.N_INDEX, at);
      nodeAt(n).b = from;
      under(n, from);
      return subject(n, t);
    }
  }
  if (!expect(COLON)) return 0;
  if (L.tok != RIGHT_BRACKET) {
    to = query();
    if (!ok()) return 0;
  } else if (from == 0) return bad();
  if (!expect(RIGHT_BRACKET)) return 0;
  const n = newNode(N.N_SLICE, at);
  nodeAt(n).b = from;
  nodeAt(n).c = to;
  under(n, from);
  under(n, to);
  return subject(n, t);
}

function term(): u32 {
  const at = offset();
  switch (L.tok) {
    case DOT: {
      L.next();
      if (L.tok == L.T_QUOTE) {
        const n = newNode(N.N_INDEX, at);
        const key = stringTerm(0, 0, query);
        if (!ok()) return 0;
        nodeAt(n).b = key;
        under(n, key);
        return subject(n, newNode(N.N_DOT, at));
      }
      if (L.tok == L.T_IDENT) {
        L.syntaxError(
          L.tokStart,
          'try .["field"] instead of .field for unusually named fields',
          0,
          0,
        );
        return 0;
      }
      return newNode(N.N_DOT, at);
    }
    case L.T_REC:
      L.next();
      return newNode(N.N_RECURSE, at);
    case L.T_FIELD: {
      const n = newNode(N.N_INDEX, at);
      nodeAt(n).b = constant(stringCell(L.tokAt, L.tokLength), at);
      L.next();
      return subject(n, newNode(N.N_DOT, at));
    }
    case L.T_NUMBER: {
      const n = constant(numberCell(L.tokAt, L.tokLength), at);
      L.next();
      return n;
    }
    case L.T_QUOTE:
      return stringTerm(0, 0, query);
    case L.T_FORMAT: {
      const name = L.tokAt;
      const length = L.tokLength;
      const n = named(N.N_FORMAT, at);
      L.next();
      return L.tok == L.T_QUOTE ? stringTerm(name, length, query) : n;
    }
    case L.T_BINDING: {
      const n = named(N.N_VAR, at);
      mentionVariable(L.tokAt, L.tokLength, L.pos, L.textEnd);
      L.next();
      return n;
    }
    case L.T_LOC: {
      L.next();
      return location(at);
    }
    case MINUS: {
      L.next();
      if (!enter()) return 0;
      const t = postfix();
      if (!ok()) return 0;
      leave();
      if (nodeAt(t).kind == N.N_CONST && tagOf(nodeAt(t).a) == NUMBER) {
        return numberNode(-numberOf(nodeAt(t).a), at);
      }
      const n = newNode(N.N_NEGATE, at);
      nodeAt(n).a = t;
      under(n, t);
      return n;
    }
    case LEFT_PAREN: {
      L.next();
      const q = query();
      if (!expect(RIGHT_PAREN)) return 0;
      return q;
    }
    case LEFT_BRACKET: {
      L.next();
      const n = newNode(N.N_ARRAY, at);
      if (accept(RIGHT_BRACKET)) return n;
      const body = query();
      if (!expect(RIGHT_BRACKET)) return 0;
      nodeAt(n).a = body;
      under(n, body);
      return n;
    }
    case LEFT_BRACE:
      return object(query, pairValue);
    case L.T_REDUCE:
    case L.T_FOREACH:
      return fold(L.tok == L.T_REDUCE);
    case L.T_IF: {
      L.next();
      return conditional(at);
    }
    case L.T_TRY: {
      L.next();
      if (!enter()) return 0;
      const n = newNode(N.N_TRY, at);
      const body = postfix();
      if (!ok()) return 0;
      nodeAt(n).a = body;
      under(n, body);
      if (accept(L.T_CATCH)) {
        const handler = postfix();
        if (!ok()) return 0;
        nodeAt(n).b = handler;
        under(n, handler);
      }
      leave();
      return n;
    }
    case L.T_BREAK: {
      L.next();
      if (L.tok != L.T_BINDING) {
        L.syntaxError(L.tokStart, "break requires a label to break to", 0, 0);
        return 0;
      }
      const n = named(N.N_BREAK, at);
      L.next();
      return n;
    }
    case L.T_IDENT:
      return call(at);
    default:
      return bad();
  }
}

function conditional(at: u32): u32 {
  if (!enter()) return 0;
  const n = newNode(N.N_IF, at);
  const condition = query();
  if (!expect(L.T_THEN)) return 0;
  const yes = query();
  if (!ok()) return 0;
  let no: u32 = 0;
  const elseAt = offset();
  if (accept(L.T_ELIF)) no = conditional(elseAt);
  else if (accept(L.T_ELSE)) {
    no = query();
    if (!expect(L.T_END_WORD)) return 0;
  } else if (!expect(L.T_END_WORD)) return 0;
  if (!ok()) return 0;
  nodeAt(n).a = condition;
  nodeAt(n).b = yes;
  nodeAt(n).c = no;
  under(n, condition);
  under(n, yes);
  under(n, no);
  leave();
  return n;
}

/** reduce and foreach: expr 'as' patterns '(' init ';' update [ ';' extract ] ')' */
function fold(isReduce: bool): u32 {
  const n = newNode(isReduce ? N.N_REDUCE : N.N_FOREACH, offset());
  L.next();
  const source = expr(1);
  if (!expect(L.T_AS)) return 0;
  const p = patterns(query);
  if (!expect(LEFT_PAREN)) return 0;
  const init = query();
  if (!expect(SEMICOLON)) return 0;
  const update = query();
  if (!ok()) return 0;
  let extract: u32 = 0;
  if (!isReduce && accept(SEMICOLON)) extract = query();
  if (!expect(RIGHT_PAREN)) return 0;
  const node = nodeAt(n);
  node.a = source;
  node.b = p;
  node.c = init;
  node.d = update;
  node.e = extract;
  under(n, source);
  under(n, p);
  under(n, init);
  under(n, update);
  under(n, extract);
  return n;
}

function call(at: u32): u32 {
  const name = L.tokAt;
  const length = L.tokLength;
  const n = named(N.N_CALL, at);
  L.next();
  if (L.tok != LEFT_PAREN) {
    const cell = arenaTake(N.TREE, 16);
    if (textIs(name, length, "null")) setNull(cell);
    else if (textIs(name, length, "true")) setBool(cell, true);
    else if (textIs(name, length, "false")) setBool(cell, false);
    else return n;
    return constant(cell as u32, at);
  }
  L.next();
  let list: u32 = 0;
  let count: u32 = 0;
  while (true) {
    const argument = query();
    if (!ok()) return 0;
    list = link(list, argument);
    under(n, argument);
    count++;
    if (!accept(SEMICOLON)) break;
  }
  if (!expect(RIGHT_PAREN)) return 0;
  nodeAt(n).a = reversed(list);
  nodeAt(n).b = count;
  return n;
}

/** expr ('|' expr)*: a value in an object may be piped, but takes no comma and no `as`. */
function pairValue(): u32 {
  let list: u32 = 0;
  while (true) {
    const e = expr(1);
    if (!ok()) return 0;
    list = link(list, e);
    if (!accept(PIPE)) break;
  }
  return chain(N.N_PIPE, list);
}
