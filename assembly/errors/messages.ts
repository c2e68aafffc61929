/**
 * The catalogue of the core (assembly/core.ts): of messageOf() those codes that its calls give. The others cannot come
 * of them, and their texts would be a fourteenth of its module. tools/test/engine-build.test.ts holds both to one text.
 */

import * as C from "./codes";

export function messageOfData(c: u32): string {
  switch (c) {
    case C.E_CALL:
      return "this call cannot be made now";
    case C.E_FRAMES:
      return "the frames in the input window do not add up";
    case C.E_STATE:
      return "not the saved state of a hash or a tree";
    case C.E_JSON_EMPTY:
      return "expected a JSON value, found nothing";
    case C.E_JSON_SYNTAX:
      return "unexpected character in JSON";
    case C.E_JSON_TRAILING:
      return "unexpected text after the JSON value";
    case C.E_JSON_BOM:
      return "JSON must not begin with a byte order mark";
    case C.E_JSON_UTF8:
      return "invalid UTF-8";
    case C.E_JSON_SURROGATE:
      return "lone surrogate in a string escape";
    case C.E_JSON_ESCAPE:
      return "invalid escape in a string";
    case C.E_JSON_CONTROL:
      return "control character in a string must be escaped";
    case C.E_JSON_DUPLICATE:
      return "duplicate key in an object";
    case C.E_JSON_NUMBER:
      return "invalid number";
    case C.E_JSON_INTEGER:
      return "integer cannot be represented exactly";
    case C.E_JSON_RANGE:
      return "number is out of range";
    case C.E_JSON_TRUNCATED:
      return "JSON text ends inside a value";
    case C.E_JSON_UNPRINTABLE:
      return "an opaque value cannot be written as JSON";
    case C.E_LIMIT_FUEL:
      return "out of fuel";
    case C.E_LIMIT_MEMORY:
      return "out of memory units";
    case C.E_LIMIT_DEPTH:
      return "nesting is too deep";
    case C.E_LIMIT_SIZE:
      return "text is too long";
    case C.E_LIMIT_OUTPUTS:
      return "too many outputs";
    case C.E_LIMIT_EFFECTS:
      return "too many effects";
    case C.E_LIMIT_STACK:
      return "expression stack is too deep";
    case C.E_TREE:
      return "no such subtree in a tree of this size";
    case C.E_PROOF:
      return "the proof does not hold";
    default:
      return "unknown error";
  }
}
