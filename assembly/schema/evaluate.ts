/**
 * Evaluating a compiled schema (JSON Schema 2020-12) on a value, on a stack of its own: a frame is a
 * schema being applied to a value. Where no other outcome is possible any more, the first failure
 * ends it all.
 */

import { arenaMark, arenaRelease, Mark, SCRATCH } from "../bytes/arena";
import { Buffer, bufferByte, bufferClear, bufferRoom, bufferUint } from "../bytes/buffer";
import { codePoints } from "../bytes/utf8";
import { E_LIMIT_DEPTH, E_LIMIT_MEMORY } from "../errors/codes";
import { charge, errorCode, fail } from "../errors/errors";
import { regexCost, regexAtHand, regexesForget } from "../regex/cache";
import { ECMA } from "../regex/dialect";
import { execute } from "../regex/machine";
import { sortedOrder } from "../expr/operations/sorting";
import {
  addressOf,
  ARRAY,
  elementAt,
  FALSE,
  keyAt,
  lengthOf,
  NULL,
  NUMBER,
  numberOf,
  OBJECT,
  STRING,
  tagOf,
  TRUE,
  valueAt,
} from "../value/cell";
import { equalStatus, TOO_DEEP } from "../value/compare";
import { objectFind } from "../value/object";
import { walkReset } from "../value/walk";
import * as T from "./compile";
import { anchorIn, writePlace, writeToken } from "./documents";
import { isMultiple } from "./multiple";
import { Anchor, Check, Entry, SchemaNode } from "./nodes";
import * as W from "./keywords";

const STACK: Buffer = changetype<Buffer>(memory.data(16, 16));
/** A bit for each member or item of the values of frames that keep track. */
const MARKS: Buffer = changetype<Buffer>(memory.data(16, 16));
const MARK: Mark = changetype<Mark>(memory.data(16, 16));
const SIZE: u32 = 48;
/** Schemas applied one within another. */
const DEEPEST: u32 = 20000;
/** Bytes of bits that may be kept. */
const MOST_MARKS: u32 = 1 << 26;

@unmanaged
class Frame {
  node: u32;
  /** Number of the check at hand, and where it is. */
  check: u32;
  value: u32;
  i: u32;
  n: u32;
  /** 1: its failure is not yet that of the whole. */
  tentative: u32;
  /** 1: what it has looked at is wanted; `marks` is then the offset of its bits. */
  tracks: u32;
  marks: u32;
  /** How its value was reached from the frame before: not at all, by a key (a cell) or by an index. */
  step: u32;
  by: u32;
  unused: u64;
}
const SAME: u32 = 0;
const KEY: u32 = 1;
const INDEX: u32 = 2;
/** A key itself is the value. */
const NAME: u32 = 3;

// What a check says.
const PASS: u32 = 0;
const FAIL: u32 = 1;
/** A schema is to be applied first. */
const CALL: u32 = 2;
/** A limit was hit: its error is recorded. */
const LIMIT: u32 = 3;

// What the last schema that was applied has said.
const NONE: u32 = 0;
const YES: u32 = 1;
const NO: u32 = 2;

export const VALID: i32 = 1;
export const INVALID: i32 = 0;
export const STOPPED: i32 = -1;

// What made the value invalid: the keyword of a node, the value's place, a name that is missing.
let failedNode: u32 = 0;
let failedWord: u32 = 0;
let missing: usize = 0;

/** VALID, INVALID (writeFailure() says why), or STOPPED at a limit, whose error is recorded. */
export function evaluateSchema(root: u32, value: usize): i32 {
  regexesForget();
  walkReset();
  bufferClear(STACK);
  bufferClear(MARKS);
  missing = 0;
  if (!push(root, value, SAME, 0, false)) return STOPPED;
  let said = NONE;
  while (true) {
    const f = top();
    const n = changetype<SchemaNode>(f.node);
    if (f.check == n.count) {
      if (STACK.len == SIZE) return VALID;
      if (!pop(true)) return STOPPED;
      said = YES;
      continue;
    }
    if (!charge(1)) return STOPPED;
    const c = changetype<Check>(n.code + f.check * offsetof<Check>());
    const says = apply(f, c, said);
    said = NONE;
    if (says == PASS) {
      f.check++;
      f.i = 0;
      f.n = 0;
    } else if (says == FAIL) {
      if (!f.tentative) {
        failedNode = f.node;
        failedWord = c.word;
        return INVALID;
      }
      pop(false); // keeps nothing, so it costs nothing
      said = NO;
    } else if (says == LIMIT) return STOPPED;
  }
}

/** Where in the value, a JSON pointer, and which keyword of which schema has failed. */
export function writeFailure(instance: Buffer, schema: Buffer): void {
  for (let at: u32 = 0; at < STACK.len; at += SIZE) {
    const f = changetype<Frame>(STACK.at + at);
    if (f.step == KEY || f.step == NAME) writeToken(instance, f.by);
    else if (f.step == INDEX) {
      bufferByte(instance, 0x2f);
      bufferUint(instance, f.by);
    }
  }
  writePlace(schema, failedNode, failedWord);
}
/** The name that is missing, where the keyword is about one; or 0. */
export function missingName(): usize {
  return failedWord == W.REQUIRED || failedWord == W.DEPENDENT_REQUIRED ? missing : 0;
}

// ---- The stack -----------------------------------------------------------------------------------

function top(): Frame {
  return changetype<Frame>(STACK.at + STACK.len - SIZE);
}

function push(node: u32, value: usize, step: u32, by: u32, tentative: bool): bool {
  if (STACK.len >= DEEPEST * SIZE) return fail(E_LIMIT_DEPTH, 0);
  let inherits = false;
  let speculates = tentative;
  if (STACK.len != 0) {
    inherits = step == SAME && top().tracks != 0;
    if (top().tentative != 0) speculates = true;
  }
  bufferRoom(STACK, SIZE);
  STACK.len += SIZE;
  const f = top();
  memory.fill(changetype<usize>(f), 0, SIZE);
  f.node = node;
  f.value = value as u32;
  f.step = step;
  f.by = by;
  f.tentative = speculates ? 1 : 0;
  f.marks = MARKS.len;
  // A schema that asks for nothing does not look.
  const wanted: bool = inherits || changetype<SchemaNode>(node).unevaluated != 0;
  if (wanted && (tagOf(value) == ARRAY || tagOf(value) == OBJECT)) {
    f.tracks = 1;
    const bytes = ((lengthOf(value) + 31) >>> 5) << 2;
    bufferRoom(MARKS, bytes);
    memory.fill(MARKS.at + MARKS.len, 0, bytes);
    MARKS.len += bytes;
    if (MARKS.len > MOST_MARKS) return fail(E_LIMIT_MEMORY, 0);
    if (!charge(bytes >>> 2)) return false;
  }
  return charge(1);
}

/** What a schema that holds has looked at counts for the one around it. False when fuel ran out. */
function pop(holds: bool): bool {
  const f = top();
  STACK.len -= SIZE;
  const outer = top();
  if (holds && f.tracks != 0 && f.step == SAME && outer.tracks != 0) {
    const bytes = MARKS.len - f.marks;
    for (let i: u32 = 0; i < bytes; i += 4) {
      const to = MARKS.at + outer.marks + i;
      store<u32>(to, load<u32>(to) | load<u32>(MARKS.at + f.marks + i));
    }
    if (!charge(bytes >>> 2)) return false;
  }
  MARKS.len = f.marks;
  return true;
}

function mark(f: Frame, i: u32): void {
  if (!f.tracks) return;
  const at = MARKS.at + f.marks + ((i >>> 5) << 2);
  store<u32>(at, load<u32>(at) | (1 << (i & 31)));
}
function isMarked(f: Frame, i: u32): bool {
  return ((load<u32>(MARKS.at + f.marks + ((i >>> 5) << 2)) >>> (i & 31)) & 1) != 0;
}

function call(node: u32, value: usize, step: u32, by: u32, tentative: bool): u32 {
  return push(node, value, step, by, tentative) ? CALL : LIMIT;
}

/** For schemas applied to the same value. */
function same(f: Frame, node: u32, tentative: bool): u32 {
  return call(node, f.value, SAME, 0, tentative);
}

function answer(holds: bool): u32 {
  return holds ? PASS : FAIL;
}

// ---- Keywords ------------------------------------------------------------------------------------

function apply(f: Frame, c: Check, said: u32): u32 {
  const v: usize = f.value;
  const tag = tagOf(v);
  switch (c.word) {
    case W.FALSE_SCHEMA:
      return FAIL;
    case W.REF:
      return said == NONE ? same(f, c.a, false) : answer(said == YES);
    case W.DYNAMIC_REF:
      return said == NONE ? same(f, dynamicTarget(c), false) : answer(said == YES);
    case W.TYPE:
      return answer((typeOf(v) & c.a) != 0);
    case W.ENUM:
      for (let i: u32 = 0; i < lengthOf(c.a); i++) {
        if (!charge(1)) return LIMIT;
        const r = equal(elementAt(c.a, i), v);
        if (r != FAIL) return r;
      }
      return FAIL;
    case W.CONST:
      return equal(c.a, v);
    case W.MULTIPLE_OF:
      return answer(tag != NUMBER || isMultiple(numberOf(v), numberOf(c.a)));
    case W.MAXIMUM:
      return answer(tag != NUMBER || numberOf(v) <= numberOf(c.a));
    case W.EXCLUSIVE_MAXIMUM:
      return answer(tag != NUMBER || numberOf(v) < numberOf(c.a));
    case W.MINIMUM:
      return answer(tag != NUMBER || numberOf(v) >= numberOf(c.a));
    case W.EXCLUSIVE_MINIMUM:
      return answer(tag != NUMBER || numberOf(v) > numberOf(c.a));
    case W.MAX_LENGTH:
    case W.MIN_LENGTH: {
      if (tag != STRING) return PASS;
      if (!charge(lengthOf(v) >>> 6)) return LIMIT;
      const characters = codePoints(addressOf(v), lengthOf(v)) as f64;
      const limit = numberOf(c.a);
      return answer(c.word == W.MAX_LENGTH ? characters <= limit : characters >= limit);
    }
    case W.PATTERN:
      return tag != STRING ? PASS : matches(c.a, v);
    case W.MAX_ITEMS:
      return answer(tag != ARRAY || (lengthOf(v) as f64) <= numberOf(c.a));
    case W.MIN_ITEMS:
      return answer(tag != ARRAY || (lengthOf(v) as f64) >= numberOf(c.a));
    case W.MAX_PROPERTIES:
      return answer(tag != OBJECT || (lengthOf(v) as f64) <= numberOf(c.a));
    case W.MIN_PROPERTIES:
      return answer(tag != OBJECT || (lengthOf(v) as f64) >= numberOf(c.a));
    case W.UNIQUE_ITEMS:
      return tag != ARRAY ? PASS : unique(v);
    case W.REQUIRED:
      return tag != OBJECT ? PASS : required(v, c.a);
    case W.DEPENDENT_REQUIRED:
      if (tag != OBJECT) return PASS;
      for (let i: u32 = 0; i < lengthOf(c.a); i++) {
        if (!charge(1)) return LIMIT;
        if (find(v, keyAt(c.a, i)) < 0) continue;
        const r = required(v, valueAt(c.a, i));
        if (r != PASS) return r;
      }
      return PASS;
    case W.NOT:
      return said == NONE ? same(f, c.a, true) : answer(said == NO);
    case W.IF:
      return conditional(f, c, said);
    case W.ALL_OF:
      if (said == NO) return FAIL;
      return f.i < c.b ? same(f, entry(c, f.i++).node, false) : PASS;
    case W.ANY_OF:
      if (said == YES) {
        f.n++;
        // All are wanted where what they have looked at counts.
        if (!f.tracks) return PASS;
      }
      return f.i < c.b ? same(f, entry(c, f.i++).node, true) : answer(f.n != 0);
    case W.ONE_OF:
      if (said == YES && ++f.n == 2) return FAIL;
      return f.i < c.b ? same(f, entry(c, f.i++).node, true) : answer(f.n == 1);
    case W.DEPENDENT_SCHEMAS:
      if (tag != OBJECT) return PASS;
      if (said == NO) return FAIL;
      for (; f.i < c.b; f.i++) {
        if (!charge(1)) return LIMIT;
        if (find(v, entry(c, f.i).key) >= 0) return same(f, entry(c, f.i++).node, false);
      }
      return PASS;
    case W.PREFIX_ITEMS:
    case W.ITEMS:
      return tag != ARRAY ? PASS : items(f, c, said);
    case W.CONTAINS:
      return tag != ARRAY ? PASS : contains(f, c, said);
    case W.UNEVALUATED_ITEMS:
      return tag != ARRAY ? PASS : unevaluated(f, c, said);
    case W.UNEVALUATED_PROPERTIES:
      return tag != OBJECT ? PASS : unevaluated(f, c, said);
    case W.PROPERTIES:
      return tag != OBJECT ? PASS : properties(f, c, said);
    case W.PATTERN_PROPERTIES:
      return tag != OBJECT ? PASS : patternProperties(f, c, said);
    case W.ADDITIONAL:
      return tag != OBJECT ? PASS : additional(f, c, said);
    case W.PROPERTY_NAMES:
      if (tag != OBJECT) return PASS;
      if (said == NO) return FAIL;
      if (f.i >= lengthOf(v)) return PASS;
      f.i++;
      return call(c.a, keyAt(v, f.i - 1), NAME, keyAt(v, f.i - 1) as u32, false);
    default:
      return PASS;
  }
}

function entry(c: Check, i: u32): Entry {
  return changetype<Entry>(c.a + i * offsetof<Entry>());
}

function typeOf(v: usize): u32 {
  switch (tagOf(v)) {
    case NULL:
      return T.TYPE_NULL;
    case TRUE:
    case FALSE:
      return T.TYPE_BOOLEAN;
    case NUMBER:
      return floor<f64>(numberOf(v)) == numberOf(v) ? T.TYPE_INTEGER : T.TYPE_NUMBER;
    case STRING:
      return T.TYPE_STRING;
    case ARRAY:
      return T.TYPE_ARRAY;
    default:
      return tagOf(v) == OBJECT ? T.TYPE_OBJECT : 0;
  }
}

function equal(a: usize, b: usize): u32 {
  const r = equalStatus(a, b);
  if (r == TOO_DEEP) {
    fail(E_LIMIT_DEPTH, 0);
    return LIMIT;
  }
  return errorCode() != 0 ? LIMIT : answer(r == 1);
}

function matches(pattern: usize, text: usize): u32 {
  // It was compiled when the schema was.
  regexAtHand(addressOf(pattern), lengthOf(pattern), ECMA, 0);
  if (!charge(regexCost())) return LIMIT;
  const r = execute(addressOf(text), lengthOf(text), 0, false, 0);
  return r < 0 ? LIMIT : answer(r == 1);
}

/** Equal items stand side by side once they are in order. */
function unique(v: usize): u32 {
  if (lengthOf(v) < 2) return PASS;
  arenaMark(SCRATCH, MARK);
  const order = sortedOrder(v);
  let says: u32 = PASS;
  if (order <= 0) {
    if (order == 0) fail(E_LIMIT_DEPTH, 0);
    says = LIMIT;
  }
  for (let i: u32 = 1; i < lengthOf(v) && says == PASS; i++) {
    const one = elementAt(v, load<u32>((order as usize) + ((i - 1) << 2)));
    const other = elementAt(v, load<u32>((order as usize) + (i << 2)));
    const r = charge(1) ? equal(one, other) : LIMIT;
    if (r != FAIL) says = r == PASS ? FAIL : LIMIT;
  }
  arenaRelease(SCRATCH, MARK);
  return says;
}

function find(v: usize, key: usize): i32 {
  return objectFind(v, addressOf(key), lengthOf(key));
}

function required(v: usize, names: usize): u32 {
  for (let i: u32 = 0; i < lengthOf(names); i++) {
    if (!charge(1)) return LIMIT;
    if (find(v, elementAt(names, i)) >= 0) continue;
    missing = elementAt(names, i);
    return FAIL;
  }
  return PASS;
}

function conditional(f: Frame, c: Check, said: u32): u32 {
  if (f.i == 0) {
    f.i = 1;
    return same(f, c.a, true);
  }
  if (f.i == 2) return answer(said == YES);
  f.i = 2;
  const chosen = said == YES ? c.b : c.c;
  return chosen == 0 ? PASS : same(f, chosen, false);
}

/** prefixItems: each by its own schema; items: all behind those by one. */
function items(f: Frame, c: Check, said: u32): u32 {
  const v: usize = f.value;
  const prefix = c.word == W.PREFIX_ITEMS;
  if (said == NO) return FAIL;
  const from: u32 = prefix ? 0 : c.b;
  const end: u32 = prefix ? min(c.b, lengthOf(v)) : lengthOf(v);
  const i = from + f.i;
  if (said == YES) mark(f, i - 1);
  if (i >= end) return PASS;
  f.i++;
  return call(prefix ? entry(c, i).node : c.a, elementAt(v, i), INDEX, i, false);
}

function contains(f: Frame, c: Check, said: u32): u32 {
  const v: usize = f.value;
  if (said == YES) {
    f.n++;
    mark(f, f.i - 1);
  }
  if (f.i < lengthOf(v)) {
    f.i++;
    return call(c.a, elementAt(v, f.i - 1), INDEX, f.i - 1, true);
  }
  const least: f64 = c.b == 0 ? 1 : numberOf(c.b);
  return answer((f.n as f64) >= least && (c.c == 0 || (f.n as f64) <= numberOf(c.c)));
}

/** What no other keyword has looked at. */
function unevaluated(f: Frame, c: Check, said: u32): u32 {
  const v: usize = f.value;
  if (said == NO) return FAIL;
  if (said == YES) mark(f, f.i - 1);
  while (f.i < lengthOf(v)) {
    if (!charge(1)) return LIMIT;
    const i = f.i++;
    if (isMarked(f, i)) continue;
    if (tagOf(v) == ARRAY) return call(c.a, elementAt(v, i), INDEX, i, false);
    return call(c.a, valueAt(v, i), KEY, keyAt(v, i) as u32, false);
  }
  return PASS;
}

function properties(f: Frame, c: Check, said: u32): u32 {
  const v: usize = f.value;
  if (said == NO) return FAIL;
  if (said == YES) mark(f, f.n);
  while (f.i < c.b) {
    if (!charge(1)) return LIMIT;
    const e = entry(c, f.i++);
    const at = find(v, e.key);
    if (at < 0) continue;
    f.n = at as u32;
    return call(e.node, valueAt(v, f.n), KEY, keyAt(v, f.n) as u32, false);
  }
  return PASS;
}

/** Member by member, pattern by pattern: f.n is the member, f.i the pattern. */
function patternProperties(f: Frame, c: Check, said: u32): u32 {
  const v: usize = f.value;
  if (said == NO) return FAIL;
  if (said == YES) mark(f, f.n);
  for (; f.n < lengthOf(v); f.n++) {
    while (f.i < c.b) {
      const e = entry(c, f.i++);
      const r = matches(e.key, keyAt(v, f.n));
      if (r == LIMIT) return LIMIT;
      if (r == PASS) return call(e.node, valueAt(v, f.n), KEY, keyAt(v, f.n) as u32, false);
    }
    f.i = 0;
  }
  return PASS;
}

/** Members that neither `properties` names nor a pattern of `patternProperties` matches. */
function additional(f: Frame, c: Check, said: u32): u32 {
  const v: usize = f.value;
  if (said == NO) return FAIL;
  if (said == YES) mark(f, f.i - 1);
  while (f.i < lengthOf(v)) {
    if (!charge(1)) return LIMIT;
    const key = keyAt(v, f.i++);
    if (c.b != 0 && find(c.b, key) >= 0) continue;
    let matched = false;
    for (let j: u32 = 0; c.c != 0 && j < lengthOf(c.c) && !matched; j++) {
      const r = matches(keyAt(c.c, j), key);
      if (r == LIMIT) return LIMIT;
      matched = r == PASS;
    }
    if (!matched) return call(c.a, valueAt(v, f.i - 1), KEY, key as u32, false);
  }
  return PASS;
}

/** Core 8.2.3.2: of the resources on the way here the outermost that has the dynamic anchor. */
function dynamicTarget(c: Check): u32 {
  if (c.b == 0) return c.a;
  let last: u32 = 0;
  for (let at: u32 = 0; at < STACK.len; at += SIZE) {
    const resource = changetype<SchemaNode>(changetype<Frame>(STACK.at + at).node).resource;
    if (resource == last) continue;
    last = resource;
    if (!charge(1)) break;
    const a = anchorIn(resource, addressOf(c.b), lengthOf(c.b));
    if (a != 0 && changetype<Anchor>(a).dynamic) return changetype<Anchor>(a).node;
  }
  return c.a;
}
