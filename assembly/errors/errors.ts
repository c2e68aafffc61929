/**
 * The error record: what the last failed call has to say, and the fuel counter.
 *
 * A user's mistake is never a trap. Whoever finds it calls fail() (or failDetail() with a part of
 * the user's own text), returns a failure status, and the ABI hands the record to the host:
 * code, offset in the input, depth, and a text from the one catalogue below.
 */

import { textByte } from "../bytes/byte";
import { Buffer, bufferBytes, bufferText, frameBegin, frameEnd } from "../bytes/buffer";
import * as C from "./codes";
import { messageOfData } from "./messages";

let code: u32 = 0;
let offset: u32 = 0;
let depth: u32 = 0;
let whyText: string = "";
let detailAt: usize = 0;
let detailLength: u32 = 0;
/** Where it is: a file and a JSON pointer into it; no file, no place. */
let fileAt: usize = 0;
let fileLength: u32 = 0;
let pointerAt: usize = 0;
let pointerLength: u32 = 0;

/**
 * Fuel left; charged through charge(). Negative: the limit was hit.
 * A register that others read: bench columns `expr` and `replay`.
 */
export let fuel: i64 = 0;

export function setFuel(units: i64): void {
  fuel = units;
}

/** Inlined as in bytes/word.ts. */
// oxlint-disable-next-line typescript/no-extraneous-class
export class Fuel {
  /** charge() for hot loops. */
  @inline static charge(units: u32): bool {
    fuel -= units as i64;
    return fuel >= 0 || outOfFuel();
  }
}

/** Charges logical units. False, and E_LIMIT_FUEL is recorded, once nothing is left. */
export function charge(units: u32): bool {
  return Fuel.charge(units);
}

function outOfFuel(): bool {
  return code == 0 && fail(C.E_LIMIT_FUEL, 0);
}

export function clearError(): void {
  code = 0;
  offset = 0;
  depth = 0;
  whyText = "";
  detailLength = 0;
  fileAt = 0;
}

/** Records an error; always returns false, so that a caller may `return fail(...)`. */
export function fail(errorCode: u32, at: u32): bool {
  code = errorCode;
  offset = at;
  whyText = "";
  detailLength = 0;
  return false;
}

/** The same with a reason of its own (an ASCII literal) and a piece of text from the input. */
export function failDetail(errorCode: u32, at: u32, why: string, text: usize, len: u32): bool {
  fail(errorCode, at);
  whyText = why;
  detailAt = text;
  detailLength = len > 200 ? cutUtf8(text, 200) : len;
  return false;
}

/** A malformed record, with what is wrong with it. */
export function failRecord(why: string): bool {
  return failDetail(C.E_RECORD, 0, why, 0, 0);
}

/** Records an error that a program raised: its message is the text, and nothing else. */
export function failRaised(text: usize, len: u32): bool {
  fail(C.E_EXPR_ERROR, 0);
  detailAt = text;
  detailLength = len > 4096 ? cutUtf8(text, 4096) : len;
  return false;
}

/** Longest prefix of at most `max` bytes that does not cut a character in two. */
function cutUtf8(text: usize, max: u32): u32 {
  let n = max;
  while (n > 0 && (textByte(text + n) & 0xc0) == 0x80) n--;
  return n;
}

/** Adds where the error is: a file's path or URI, and a JSON pointer; both texts must outlive the call. */
export function setErrorWhere(file: usize, fileLen: u32, pointer: usize, pointerLen: u32): void {
  fileAt = file;
  fileLength = fileLen;
  pointerAt = pointer;
  pointerLength = pointerLen;
}

export function setErrorDepth(d: u32): void {
  depth = d;
}
export function errorCode(): u32 {
  return code;
}
export function errorOffset(): u32 {
  return offset;
}
export function errorDepth(): u32 {
  return depth;
}

/** Appends the text of the recorded error: the catalogue's, or the reason given, then the detail. */
export function writeErrorText(b: Buffer): void {
  const raised = code == C.E_EXPR_ERROR && detailLength != 0;
  if (!raised)
    bufferText(b, load<u32>(changetype<usize>(whyText) - 4) == 0 ? messageOf(code) : whyText);
  if (detailLength != 0) {
    if (!raised) bufferText(b, ": ");
    bufferBytes(b, detailAt, detailLength);
  }
}

/** Appends where the recorded error is, as two frames: file, pointer. Nothing if it has no place. */
export function writeErrorWhere(b: Buffer): void {
  if (fileAt == 0) return;
  let frame = frameBegin(b);
  bufferBytes(b, fileAt, fileLength);
  frameEnd(b, frame);
  frame = frameBegin(b);
  bufferBytes(b, pointerAt, pointerLength);
  frameEnd(b, frame);
}

/** The catalogue: one sentence a code. */
export function messageOf(c: u32): string {
  // Known when it is compiled: the engine has no trace of it.
  // @ts-expect-error: only `asc --use CORE=1` gives the name
  if (isDefined(CORE)) return messageOfData(c);
  switch (c) {
    case C.E_CALL:
      return "this call cannot be made now";
    case C.E_FRAMES:
      return "the frames in the input window do not add up";
    case C.E_SNAPSHOT:
      return "the snapshot belongs to another engine, build or pack";
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
    case C.E_LIMIT_TOKENS:
      return "the grant's limit of tokens is reached";
    case C.E_LIMIT_COST:
      return "the grant's limit of cost is reached";
    case C.E_LIMIT_USAGE:
      return "a model's answer does not say its usage, which the grant limits";
    case C.E_EXPR_SYNTAX:
      return "syntax error";
    case C.E_EXPR_FUNCTION:
      return "unknown function";
    case C.E_EXPR_VARIABLE:
      return "unknown variable";
    case C.E_EXPR_REFUSED:
      return "refused in a deterministic engine";
    case C.E_EXPR_UNSUPPORTED:
      return "not built yet";
    case C.E_EXPR_TOO_LARGE:
      return "expression is too large";
    case C.E_EXPR_ERROR:
      return "the expression raised an error";
    case C.E_EXPR_NONE:
      return "the expression gave no output where exactly one is needed";
    case C.E_EXPR_MANY:
      return "the expression gave several outputs where exactly one is needed";
    case C.E_PACK_FORMAT:
      return "not a pack";
    case C.E_PACK_DIGEST:
      return "a file of the pack is not what pack.json says";
    case C.E_PACK_FILE:
      return "the files of the pack are not those that pack.json lists";
    case C.E_WF_FIELD:
      return "unknown field";
    case C.E_WF_TYPE:
      return "wrong type";
    case C.E_WF_MISSING:
      return "required field is missing";
    case C.E_WF_REFUSED:
      return "refused";
    case C.E_WF_UNSUPPORTED:
      return "not built yet";
    case C.E_WF_TARGET:
      return "'then' names no task of this list";
    case C.E_WF_REFERENCE:
      return "unknown reference";
    case C.E_WF_DUPLICATE:
      return "two tasks of one list have the same name";
    case C.E_WF_DURATION:
      return "invalid duration";
    case C.E_TABLE:
      return "malformed decision table";
    case C.E_RECORD:
      return "malformed record";
    case C.E_RECORD_KEY:
      return "no such effect is pending";
    case C.E_RECORD_ORDER:
      return "this record cannot come here";
    case C.E_RECORD_EVENT:
      return "this is not an event that the task listens to";
    case C.E_TREE:
      return "no such subtree in a tree of this size";
    case C.E_PROOF:
      return "the proof does not hold";
    case C.E_SCHEMA:
      return "not a JSON Schema";
    case C.E_SCHEMA_REF:
      return "no such schema";
    case C.E_REGEX:
      return "not a regular expression of this dialect";
    default:
      return "unknown error";
  }
}
