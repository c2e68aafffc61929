/** Keywords to checks: each schema once, so that evaluating it looks up nothing. */

import { arenaRoom, arenaTake, ROOM } from "../bytes/arena";
import { E_LIMIT_MEMORY, E_SCHEMA } from "../errors/codes";
import { charge, fail } from "../errors/errors";
import { regexCost, regexAtHand, regexesForget } from "../regex/cache";
import { ECMA, whyRefused } from "../regex/dialect";
import {
  addressOf,
  ARRAY,
  elementAt,
  FALSE,
  keyAt,
  lengthOf,
  NUMBER,
  numberOf,
  OBJECT,
  STRING,
  tagOf,
  TRUE,
  valueAt,
} from "../value/cell";
import { cellIs, objectField } from "../value/object";
import {
  documentAt,
  documentsArena,
  dynamicAnchor,
  firstOfNodes,
  knownNode,
  refuseSchema,
  resolveReference,
} from "./documents";
import { Check, Entry, SchemaNode, Resource } from "./nodes";
import * as W from "./keywords";

// Types, as a set.
export const TYPE_NULL: u32 = 1;
export const TYPE_BOOLEAN: u32 = 2;
export const TYPE_NUMBER: u32 = 4;
export const TYPE_INTEGER: u32 = 8;
export const TYPE_STRING: u32 = 16;
export const TYPE_ARRAY: u32 = 32;
export const TYPE_OBJECT: u32 = 64;

/** Compiles every schema of all documents. */
export function compileSchemas(): bool {
  regexesForget();
  // References may find more nodes, which come last.
  for (let n = firstOfNodes(); n != 0; n = changetype<SchemaNode>(n).next) {
    if (!compile(n)) return false;
  }
  return true;
}

let node: u32 = 0;
let next: usize = 0;

function compile(at: u32): bool {
  const n = changetype<SchemaNode>(at);
  const cell: usize = n.cell;
  node = at;
  const members: u32 = tagOf(cell) == OBJECT ? lengthOf(cell) : 0;
  if (!charge(members + 1)) return false;
  n.code = take((members + 1) * offsetof<Check>()) as u32;
  if (n.code == 0) return false;
  next = n.code;
  if (tagOf(cell) == FALSE) emit(W.FALSE_SCHEMA, 0, 0, 0);
  if (members != 0 && changetype<Resource>(n.resource).root == at && !readDialect(n)) return false;
  for (let i: u32 = 0; i < members; i++) {
    if (!keyword(n, W.wordOf(keyAt(cell, i)), valueAt(cell, i))) return false;
  }
  // They look at what all others have looked at.
  if (members != 0) {
    unevaluated(n, "unevaluatedItems", W.UNEVALUATED_ITEMS);
    unevaluated(n, "unevaluatedProperties", W.UNEVALUATED_PROPERTIES);
  }
  n.count = ((next - n.code) / offsetof<Check>()) as u32;
  return true;
}

function unevaluated(n: SchemaNode, name: string, word: u32): void {
  const v = objectField(n.cell, name);
  if (v == 0) return;
  n.unevaluated = 1;
  emit(word, knownNode(v), 0, 0);
}

/** Room in the arena, or 0 with the error recorded. */
function take(size: u32): usize {
  if (size <= ROOM || arenaRoom(documentsArena(), size)) return arenaTake(documentsArena(), size);
  fail(E_LIMIT_MEMORY, 0);
  return 0;
}

function emit(word: u32, a: u32, b: u32, c: u32): void {
  const check = changetype<Check>(next);
  check.word = word;
  check.a = a;
  check.b = b;
  check.c = c;
  next += offsetof<Check>();
}

function refuse(why: string, text: usize, word: u32): bool {
  return refuseSchema(E_SCHEMA, why, text, node, word);
}

/** $schema: the dialect of 2020-12, or one of a document here that says which vocabularies it has. */
function readDialect(n: SchemaNode): bool {
  const dialect = objectField(n.cell, "$schema");
  if (dialect == 0) {
    // A schema inside another document has that one's dialect.
    if (n.parent != 0) {
      const outer = changetype<SchemaNode>(n.parent).resource;
      changetype<Resource>(n.resource).validates = changetype<Resource>(outer).validates;
    }
    return true;
  }
  if (tagOf(dialect) != STRING) return refuse("$schema is a text", 0, W.NO_WORD);
  if (cellIs(dialect, "https://json-schema.org/draft/2020-12/schema")) return true;
  const at = documentAt(dialect);
  if (at == 0) return refuse("the dialect is JSON Schema 2020-12, not", dialect, W.NO_WORD);
  const words = objectField(changetype<SchemaNode>(at).cell, "$vocabulary");
  if (words == 0 || tagOf(words) != OBJECT) return true;
  changetype<Resource>(n.resource).validates =
    objectField(words, "https://json-schema.org/draft/2020-12/vocab/validation") != 0 ? 1 : 0;
  return true;
}

function keyword(n: SchemaNode, word: u32, v: usize): bool {
  const cell: usize = n.cell;
  if (word >= W.TYPE && word <= W.MIN_CONTAINS && !changetype<Resource>(n.resource).validates)
    return true;
  switch (word) {
    case W.REF:
    case W.DYNAMIC_REF: {
      if (tagOf(v) != STRING) return refuse("a reference is a text", 0, word);
      const to = resolveReference(node, v, word);
      if (to == 0) return false;
      emit(word, to, word == W.REF ? 0 : dynamicAnchor(), 0);
      return true;
    }
    case W.TYPE: {
      const set = typeSet(v);
      if (set == 0)
        return refuse("not a type, and no list of types", tagOf(v) == STRING ? v : 0, word);
      emit(word, set, 0, 0);
      return true;
    }
    case W.ENUM:
      if (tagOf(v) != ARRAY) return refuse("expected an array", 0, word);
      emit(word, v as u32, 0, 0);
      return true;
    case W.CONST:
      emit(word, v as u32, 0, 0);
      return true;
    case W.MULTIPLE_OF:
      if (tagOf(v) != NUMBER || numberOf(v) <= 0)
        return refuse("expected a number above 0", 0, word);
      emit(word, v as u32, 0, 0);
      return true;
    case W.MAXIMUM:
    case W.EXCLUSIVE_MAXIMUM:
    case W.MINIMUM:
    case W.EXCLUSIVE_MINIMUM:
      if (tagOf(v) != NUMBER) return refuse("expected a number", 0, word);
      emit(word, v as u32, 0, 0);
      return true;
    case W.MAX_LENGTH:
    case W.MIN_LENGTH:
    case W.MAX_ITEMS:
    case W.MIN_ITEMS:
    case W.MAX_PROPERTIES:
    case W.MIN_PROPERTIES:
    case W.MAX_CONTAINS:
    case W.MIN_CONTAINS:
      if (tagOf(v) != NUMBER || numberOf(v) < 0 || floor<f64>(numberOf(v)) != numberOf(v))
        return refuse("expected a whole number, 0 or more", 0, word);
      if (word < W.MAX_CONTAINS) emit(word, v as u32, 0, 0);
      return true;
    case W.PATTERN:
      if (tagOf(v) != STRING) return refuse("expected a text", 0, word);
      if (!isPattern(v, word)) return false;
      emit(word, v as u32, 0, 0);
      return true;
    case W.UNIQUE_ITEMS:
      if (tagOf(v) != TRUE && tagOf(v) != FALSE) return refuse("expected true or false", 0, word);
      if (tagOf(v) == TRUE) emit(word, 0, 0, 0);
      return true;
    case W.REQUIRED:
      if (!isNames(v)) return refuse("expected an array of texts", 0, word);
      emit(word, v as u32, 0, 0);
      return true;
    case W.DEPENDENT_REQUIRED:
      if (tagOf(v) != OBJECT) return refuse("expected an object", 0, word);
      for (let i: u32 = 0; i < lengthOf(v); i++) {
        if (!isNames(valueAt(v, i))) return refuse("expected arrays of texts", 0, word);
      }
      emit(word, v as u32, 0, 0);
      return true;
    case W.NOT:
    case W.PROPERTY_NAMES:
      emit(word, knownNode(v), 0, 0);
      return true;
    case W.IF: {
      const then = objectField(cell, "then");
      const other = objectField(cell, "else");
      emit(word, knownNode(v), then == 0 ? 0 : knownNode(then), other == 0 ? 0 : knownNode(other));
      return true;
    }
    case W.CONTAINS: {
      const validates = changetype<Resource>(n.resource).validates;
      const least = validates ? objectField(cell, "minContains") : 0;
      const most = validates ? objectField(cell, "maxContains") : 0;
      emit(word, knownNode(v), least as u32, most as u32);
      return true;
    }
    case W.ADDITIONAL: {
      const properties = objectField(cell, "properties");
      const patterns = objectField(cell, "patternProperties");
      emit(word, knownNode(v), properties as u32, patterns as u32);
      return true;
    }
    case W.ITEMS: {
      const prefix = objectField(cell, "prefixItems");
      emit(word, knownNode(v), prefix == 0 ? 0 : lengthOf(prefix), 0);
      return true;
    }
    case W.ALL_OF:
    case W.ANY_OF:
    case W.ONE_OF:
    case W.PREFIX_ITEMS:
      return entries(word, v, false);
    case W.PATTERN_PROPERTIES:
      for (let i: u32 = 0; i < lengthOf(v); i++) if (!isPattern(keyAt(v, i), word)) return false;
      return entries(word, v, true);
    case W.PROPERTIES:
    case W.DEPENDENT_SCHEMAS:
      return entries(word, v, true);
    default:
      return true; // then and else belong to if; the others only say something
  }
}

/** A list or an object of schemas: an array of keys and nodes. */
function entries(word: u32, v: usize, keyed: bool): bool {
  const n = lengthOf(v);
  const at = take(n * offsetof<Entry>());
  if (at == 0) return false;
  for (let i: u32 = 0; i < n; i++) {
    const e = changetype<Entry>(at + i * offsetof<Entry>());
    e.key = keyed ? (keyAt(v, i) as u32) : 0;
    e.node = knownNode(keyed ? valueAt(v, i) : elementAt(v, i));
  }
  emit(word, at as u32, n, 0);
  return charge(n);
}

function typeSet(v: usize): u32 {
  if (tagOf(v) == STRING) return typeNamed(v);
  if (tagOf(v) != ARRAY) return 0;
  let set: u32 = 0;
  for (let i: u32 = 0; i < lengthOf(v); i++) {
    const one = tagOf(elementAt(v, i)) == STRING ? typeNamed(elementAt(v, i)) : 0;
    if (one == 0) return 0;
    set |= one;
  }
  return set;
}

function typeNamed(v: usize): u32 {
  if (cellIs(v, "null")) return TYPE_NULL;
  if (cellIs(v, "boolean")) return TYPE_BOOLEAN;
  if (cellIs(v, "number")) return TYPE_NUMBER | TYPE_INTEGER;
  if (cellIs(v, "integer")) return TYPE_INTEGER;
  if (cellIs(v, "string")) return TYPE_STRING;
  if (cellIs(v, "array")) return TYPE_ARRAY;
  return cellIs(v, "object") ? TYPE_OBJECT : 0;
}

function isNames(v: usize): bool {
  if (tagOf(v) != ARRAY) return false;
  for (let i: u32 = 0; i < lengthOf(v); i++) if (tagOf(elementAt(v, i)) != STRING) return false;
  return true;
}

function isPattern(v: usize, word: u32): bool {
  const good = regexAtHand(addressOf(v), lengthOf(v), ECMA, 0);
  if (!charge(regexCost())) return false;
  return good || refuse(whyRefused(), v, word);
}
