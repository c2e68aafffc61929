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

import {
  ASTERISK,
  BACKSLASH,
  COLON,
  COMMA,
  CR,
  DOT,
  EQUALS,
  FF,
  GREATER,
  LEFT_BRACE,
  LEFT_BRACKET,
  LEFT_PAREN,
  LESS,
  LF,
  LOWER_B,
  LOWER_F,
  LOWER_N,
  LOWER_R,
  LOWER_T,
  LOWER_U,
  MINUS,
  PERCENT,
  PIPE,
  PLUS,
  QUESTION,
  QUOTE,
  RIGHT_BRACE,
  RIGHT_BRACKET,
  RIGHT_PAREN,
  SEMICOLON,
  SLASH,
} from "../../bytes/characters";
import * as C from "../../errors/codes";
import { errorCode, fail, failDetail } from "../../errors/errors";
import * as L from "./lexer";
import {
  numberCell,
  pieceBegin,
  pieceByte,
  pieceBytes,
  pieceCell,
  pieceCodePoint,
  pieceEmpty,
  stringCell,
  textCell,
} from "./literals";
import * as N from "./nodes";
import { beside, MAX_NESTING, newNode, nodeAt, under } from "./nodes";
import * as O from "../bytecode/opcodes";
import { arenaTake } from "../../bytes/arena";
import { fourHex } from "../../bytes/hex";
import { numberOf, setBool, setNull, setNumber, tagOf, NUMBER, STRING } from "../../value/cell";
import { mentionVariable } from "./mentioned";
import { textIs } from "./text";

let depth: u32 = 0;

/** Parses a whole program; the address of its tree, or 0 with the error recorded. */
export function parseProgram(at: usize, length: u32): u32 {
  depth = 0;
  L.lexBegin(at, length);
  L.next();
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
    L.unexpected();
    return 0;
  }
  return tree;
}

/** Parses one definition of the prelude. */
export function parseDefinition(at: usize, length: u32): u32 {
  depth = 0;
  L.lexBegin(at, length);
  L.next();
  return definition();
}

function offset(): u32 {
  return (L.tokStart - L.textStart) as u32;
}

/** The current token, for code that has just moved on. */
function current(): u32 {
  return L.tok;
}

function ok(): bool {
  return errorCode() == 0;
}

function enter(): bool {
  depth++;
  if (depth <= MAX_NESTING) return true;
  if (ok()) fail(C.E_EXPR_TOO_LARGE, offset());
  return false;
}

/** Consumes the token, or records that something else stands there. */
function expect(token: u32): bool {
  if (!ok()) return false;
  if (L.tok != token) return L.unexpected();
  L.next();
  return true;
}

function accept(token: u32): bool {
  if (L.tok != token) return false;
  L.next();
  return true;
}

/** Puts `item` in front of a list (lists are built backwards and turned by reversed()). */
function link(list: u32, item: u32): u32 {
  nodeAt(item).next = list;
  return item;
}

function reversed(list: u32): u32 {
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
function chain(kind: u32, list: u32): u32 {
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
  depth--;
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
    const rest = L.tok == L.T_END && depth == 1 ? newNode(N.N_DOT, at) : query();
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
  const p = patterns();
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

function bad(): u32 {
  if (ok()) L.unexpected();
  return 0;
}

/** A node of this kind with the current token's name. */
function named(kind: u32, at: u32): u32 {
  const n = newNode(kind, at);
  nodeAt(n).name = L.tokAt as u32;
  nodeAt(n).nameLength = L.tokLength;
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

/** Precedence of a token as a binary operator; 0: none. */
function precedence(token: u32): u32 {
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
  depth--;
  return left;
}

function binary(token: u32, p: u32, at: u32, left: u32, right: u32): u32 {
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
  const n = newNode(N.N_CONST, l.at);
  const cell = arenaTake(N.TREE, 16);
  setNumber(cell, z);
  nodeAt(n).a = cell as u32;
  return n;
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
        // .
        L.next();
        const after = current();
        if (after == L.T_QUOTE) {
          const n = newNode(N.N_INDEX, at);
          const key = stringTerm(0, 0);
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
        // ?
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

function constant(cell: u32, at: u32): u32 {
  const n = newNode(N.N_CONST, at);
  nodeAt(n).a = cell;
  return n;
}

function term(): u32 {
  const at = offset();
  switch (L.tok) {
    case DOT: {
      // .
      L.next();
      if (L.tok == L.T_QUOTE) {
        const n = newNode(N.N_INDEX, at);
        const key = stringTerm(0, 0);
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
      return stringTerm(0, 0);
    case L.T_FORMAT: {
      const name = L.tokAt;
      const length = L.tokLength;
      const n = named(N.N_FORMAT, at);
      L.next();
      return L.tok == L.T_QUOTE ? stringTerm(name, length) : n;
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
      // -
      L.next();
      if (!enter()) return 0;
      const t = postfix();
      if (!ok()) return 0;
      depth--;
      if (nodeAt(t).kind == N.N_CONST && tagOf(nodeAt(t).a) == NUMBER) {
        const cell = arenaTake(N.TREE, 16);
        setNumber(cell, -numberOf(nodeAt(t).a));
        return constant(cell as u32, at);
      }
      const n = newNode(N.N_NEGATE, at);
      nodeAt(n).a = t;
      under(n, t);
      return n;
    }
    case LEFT_PAREN: {
      // (
      L.next();
      const q = query();
      if (!expect(RIGHT_PAREN)) return 0;
      return q;
    }
    case LEFT_BRACKET: {
      // [
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
      return object();
    case L.T_REDUCE:
    case L.T_FOREACH:
      return fold2(L.tok == L.T_REDUCE);
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
      depth--;
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

function location(at: u32): u32 {
  let line: u32 = 1;
  for (let p = L.textStart; p < L.textStart + at; p++) if (load<u8>(p) == LF) line++;
  const n = newNode(N.N_OBJECT, at);
  const file = newNode(N.N_PAIR, at);
  nodeAt(file).a = constant(textCell("file"), at);
  nodeAt(file).b = constant(textCell("<top-level>"), at);
  const row = newNode(N.N_PAIR, at);
  const cell = arenaTake(N.TREE, 16);
  setNumber(cell, line as f64);
  nodeAt(row).a = constant(textCell("line"), at);
  nodeAt(row).b = constant(cell as u32, at);
  nodeAt(file).next = row;
  nodeAt(n).a = file;
  return n;
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
  depth--;
  return n;
}

/** reduce and foreach: expr 'as' patterns '(' init ';' update [ ';' extract ] ')' */
function fold2(isReduce: bool): u32 {
  const n = newNode(isReduce ? N.N_REDUCE : N.N_FOREACH, offset());
  L.next();
  const source = expr(1);
  if (!expect(L.T_AS)) return 0;
  const p = patterns();
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

/** pattern ('?//' pattern)*, as a list. */
function patterns(): u32 {
  let list: u32 = 0;
  while (ok()) {
    const p = pattern();
    if (!ok()) return 0;
    list = link(list, p);
    if (!accept(L.T_ALTERNATION)) break;
  }
  return reversed(list);
}

function pattern(): u32 {
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
      const p = pattern();
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
      const p = patternEntry();
      if (!ok()) return 0;
      list = link(list, p);
      under(n, p);
      if (!accept(COMMA)) break;
    }
    if (!expect(RIGHT_BRACE)) return 0;
    nodeAt(n).a = reversed(list);
  } else return bad();
  depth--;
  return n;
}

function patternEntry(): u32 {
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
  } else if (L.tok == L.T_QUOTE) key = stringTerm(0, 0);
  else if (L.tok == LEFT_PAREN) {
    key = keyQuery();
  } else return bad();
  if (!expect(COLON)) return 0;
  const p = pattern();
  if (!ok()) return 0;
  nodeAt(n).a = key;
  nodeAt(n).b = p;
  under(n, key);
  under(n, p);
  return n;
}

function isKeyword(): bool {
  return L.tok >= L.FIRST_KEYWORD && L.tok <= L.T_MODULE;
}

/** '(' query ')' as a key: a literal that is no string is refused at once, as jq does. */
function keyQuery(): u32 {
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

function object(): u32 {
  const n = newNode(N.N_OBJECT, offset());
  L.next();
  let list: u32 = 0;
  while (L.tok != RIGHT_BRACE) {
    const p = pair();
    if (!ok()) return 0;
    list = link(list, p);
    under(n, p);
    if (!accept(COMMA)) break;
  }
  if (!expect(RIGHT_BRACE)) return 0;
  nodeAt(n).a = reversed(list);
  return n;
}

function pair(): u32 {
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
  } else if (token == L.T_QUOTE) key = stringTerm(0, 0);
  else if (token == L.T_FORMAT) {
    const name = L.tokAt;
    const length = L.tokLength;
    L.next();
    if (L.tok != L.T_QUOTE) return bad();
    key = stringTerm(name, length);
  } else if (token == LEFT_PAREN) {
    key = keyQuery();
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

/**
 * A string literal; the current token is its opening quote. Without interpolation it is an
 * N_CONST, otherwise an N_STRING whose parts are texts and programs in turn.
 */
function stringTerm(format: usize, formatLength: u32): u32 {
  const at = offset();
  const quote = L.tokStart;
  let list: u32 = 0;
  let programs: u32 = 0;
  const n = newNode(N.N_STRING, at);
  nodeAt(n).name = format as u32;
  nodeAt(n).nameLength = formatLength;
  pieceBegin();
  let p = L.pos;
  while (true) {
    if (p >= L.textEnd) {
      L.syntaxError(quote, "syntax error, unterminated string", 0, 0);
      return 0;
    }
    const c: u32 = load<u8>(p);
    if (c == QUOTE) break;
    if (c != BACKSLASH) {
      let q = p + 1;
      while (q < L.textEnd && load<u8>(q) != QUOTE && load<u8>(q) != BACKSLASH) q++;
      pieceBytes(p, (q - p) as u32);
      p = q;
      continue;
    }
    if (p + 1 < L.textEnd && load<u8>(p, 1) == LEFT_PAREN) {
      if (!pieceEmpty()) list = link(list, constant(pieceCell(), at));
      L.setPos(p + 2);
      L.next();
      const q = query();
      if (!ok()) return 0;
      if (L.tok != RIGHT_PAREN) return bad();
      // Wrapped, so that the list of parts can be linked and constants stay programs.
      const part = newNode(N.N_PIPE, at);
      nodeAt(part).a = q;
      under(part, q);
      under(n, part);
      list = link(list, part);
      programs++;
      p = L.pos;
      pieceBegin();
      continue;
    }
    p = escape(p);
    if (p == 0) return 0;
  }
  L.setPos(p + 1);
  if (programs == 0) {
    const cell = pieceCell();
    L.next();
    return constant(cell, at);
  }
  if (!pieceEmpty()) list = link(list, constant(pieceCell(), at));
  L.next();
  nodeAt(n).a = reversed(list);
  return n;
}

/** Reads one escape at p into the piece; where it ends, or 0. */
function escape(p: usize): usize {
  const c: u32 = p + 1 < L.textEnd ? load<u8>(p, 1) : 0;
  switch (c) {
    case QUOTE:
    case BACKSLASH:
    case SLASH:
      pieceByte(c);
      break;
    case LOWER_B:
      pieceByte(8);
      break;
    case LOWER_F:
      pieceByte(FF);
      break;
    case LOWER_N:
      pieceByte(LF);
      break;
    case LOWER_R:
      pieceByte(CR);
      break;
    case LOWER_T:
      pieceByte(9);
      break;
    case LOWER_U: {
      const high = fourHex(p + 2, L.textEnd);
      if (high < 0) break;
      if (
        high >= 0xd800 &&
        high < 0xdc00 &&
        p + 7 < L.textEnd &&
        load<u8>(p, 6) == BACKSLASH &&
        load<u8>(p, 7) == LOWER_U
      ) {
        const low = fourHex(p + 8, L.textEnd);
        if (low >= 0xdc00 && low < 0xe000) {
          pieceCodePoint((0x10000 + ((high - 0xd800) << 10) + (low - 0xdc00)) as u32);
          return p + 12;
        }
      }
      pieceCodePoint((high >= 0xd800 && high < 0xe000 ? 0xfffd : high) as u32);
      return p + 6;
    }
    default:
  }
  if (
    c == QUOTE ||
    c == BACKSLASH ||
    c == SLASH ||
    c == LOWER_B ||
    c == LOWER_F ||
    c == LOWER_N ||
    c == LOWER_R ||
    c == LOWER_T
  )
    return p + 2;
  L.syntaxError(p, "invalid escape in a string", p, p + 2 <= L.textEnd ? 2 : 1);
  return 0;
}
