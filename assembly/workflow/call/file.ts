/** call file: reading, writing and listing in a folder of the grant (WF-73 to WF-76). */

import { textByte } from "../../bytes/byte";
import { BACKSLASH, COLON, DOT, SLASH, SPACE } from "../../bytes/characters";
import { SCRATCH } from "../../bytes/arena";
import { bufferText } from "../../bytes/buffer";
import { E_WF_TYPE } from "../../errors/codes";
import { failRecord } from "../../errors/errors";
import { checking } from "../../errors/looks";
import {
  addressOf,
  ARRAY,
  copyCell,
  elementAt,
  lengthOf,
  OBJECT,
  objectStorage,
  setCell,
  setUsed,
  STRING,
  tagOf,
} from "../../value/cell";
import { cellIs, objectField } from "../../value/object";
import { isBoolean, isString, onlyFields, required } from "../compile/fields";
import { failCell, placeField, placeLeave } from "../compile/place";
import { compileTemplate, isExpression } from "../compile/template";
import { FOR_CALL } from "../state/effects";
import { literalCell } from "../state/literal";
import { Task } from "../state/nodes";
import { OK, PROBLEM, RESULT } from "../state/outcome";
import { PHASE_EFFECT } from "../state/phases";
import {
  COMMUNICATION,
  CONFIGURATION,
  EXPRESSION,
  problem,
  PROBLEM_DETAIL,
} from "../state/problem";
import { isWhole, MOST_WHOLE } from "../state/shapes";
import { Branch, Frame, GRANT, inputOf, Pending, requestOf } from "../state/state";
import { givenRequest } from "../step/answers";
import { INSIDE } from "../step/bind";
import { ask } from "../step/effects";
import { evaluateOrWait } from "../step/evaluate";
import { raiseProblem, settle } from "../step/faults";
import { hasFailed, isFailureResult } from "./failure";
import { isFolderGranted } from "./grant";
import { admitAsGiven, base64Cell, bodyFits, isBase64Text, textFits } from "./http-answer";
import { isText } from "./llm-answer";

// ---- Compiling -----------------------------------------------------------------------------------

/** Compiles `with` of a call file: its template, of which the request is made. 0 with the error recorded. */
export function loadFile(args: usize): u32 {
  const method = required(args, "method");
  const folder = required(args, "folder");
  if (method == 0 || folder == 0 || !isString(method, "method") || !isString(folder, "folder"))
    return 0;
  if (isExpression(folder)) return wrong("folder", "a folder is a name, not", folder);
  const as = objectField(args, "as");
  const isNew = objectField(args, "new");
  let ok: bool;
  if (cellIs(method, "read"))
    ok = onlyFields(args, "as folder method path") && required(args, "path") != 0;
  else if (cellIs(method, "write"))
    ok =
      onlyFields(args, "content folder method new path") &&
      required(args, "path") != 0 &&
      required(args, "content") != 0;
  else if (cellIs(method, "list")) ok = onlyFields(args, "folder method path");
  else return wrong("method", "expected read, write or list, not", method);
  if (!ok || (isNew != 0 && !isBoolean(isNew, "new"))) return 0;
  if (as != 0) {
    if (!isString(as, "as")) return 0;
    if (!cellIs(as, "text") && !cellIs(as, "json") && !cellIs(as, "base64"))
      return wrong("as", "expected text, json or base64, not", as);
  }
  return compileTemplate(args);
}

function wrong(field: string, why: string, v: usize): u32 {
  const before = placeField(field);
  failCell(E_WF_TYPE, why, v);
  placeLeave(before);
  return 0;
}

// ---- The request ---------------------------------------------------------------------------------

/** Asks for it, if it is granted: {"as"?,"content"?,"folder","method","new"?,"path"?}. */
export function stepFile(b: Branch, f: Frame, t: Task): bool {
  const got = evaluateOrWait(b, f, t.body, inputOf(f), INSIDE);
  if (got != OK) return settle(b, f, got);
  checking("path");
  const path = objectField(RESULT, "path");
  if (path != 0 && !isPath(path)) return raiseProblem(b, f);
  const method = objectField(RESULT, "method");
  if (!isFolderGranted(GRANT, method, objectField(RESULT, "folder"), path))
    return raiseProblem(b, f);
  f.phase = PHASE_EFFECT;
  return ask(b, f, t.effect, FOR_CALL, RESULT);
}

/** Longest path and segment in bytes of UTF-8, and most segments. */
const MOST_BYTES: u32 = 1024;
const MOST_NAME: u32 = 255;
const MOST_SEGMENTS: u32 = 32;

/** True if the path leads down from a folder on every system (GRANT-27). Otherwise a problem. */
function isPath(v: usize): bool {
  if (tagOf(v) != STRING) return problem(EXPRESSION, 400, "The path of a file is not a text");
  const at = addressOf(v);
  const n = lengthOf(v);
  if (n > MOST_BYTES) return invalid("it has more than 1024 bytes");
  let start: u32 = 0;
  let segments: u32 = 0;
  for (let i: u32 = 0; i <= n; i++) {
    const c: u32 = i == n ? SLASH : textByte(at + i);
    if (c == SLASH) {
      if (i == start) return invalid("it has an empty segment");
      if (i - start > MOST_NAME) return invalid("a segment has more than 255 bytes");
      if (isOwnName(at + start, i - start)) return invalid("a segment begins with .reach-");
      // That is `.` and `..` as well, and what some systems take for another name.
      const last: u32 = textByte(at + i - 1);
      if (last == DOT || last == SPACE) return invalid("a segment ends with a dot or a space");
      if (++segments > MOST_SEGMENTS) return invalid("it has more than 32 segments");
      start = i + 1;
    } else if (c < SPACE || c == 0x7f || c == BACKSLASH || c == COLON || isHighControl(c, at, i)) {
      return invalid("it has a character that no path has");
    }
  }
  return true;
}

/** Files have such names while they are written (GRANT-29). Some systems do not tell small letters from large ones. */
function isOwnName(at: usize, n: u32): bool {
  const name = ".reach-";
  if (n < (name.length as u32)) return false;
  for (let i: u32 = 0; i < (name.length as u32); i++) {
    const c: u32 = textByte(at + i);
    const lower = c - 0x41 < 26 ? c | 0x20 : c;
    if (lower != load<u16>(changetype<usize>(name) + ((i as usize) << 1))) return false;
  }
  return true;
}

/** U+0080 to U+009F: C2 80 to C2 9F, and a text does not end within a character. */
function isHighControl(c: u32, at: usize, i: u32): bool {
  return c == 0xc2 && (textByte(at + i + 1) as u32) < 0xa0;
}

function invalid(why: string): bool {
  problem(CONFIGURATION, 400, "The path of a file is not one that Reach accepts");
  bufferText(PROBLEM_DETAIL, why);
  return false;
}

/** What the answer and the task's output are made from. */
export function isFileRequest(v: usize): bool {
  const method = tagOf(v) == OBJECT ? objectField(v, "method") : 0;
  if (method == 0 || tagOf(method) != STRING) return false;
  return !cellIs(method, "write") || objectField(v, "content") != 0;
}

function isMethod(request: usize, name: string): bool {
  return cellIs(objectField(request, "method"), name);
}

function isAs(request: usize, name: string): bool {
  const as = objectField(request, "as");
  return as != 0 && cellIs(as, name);
}

// ---- The answer ----------------------------------------------------------------------------------

/** Of what was read {"content"}, as it was asked for, or {"bytes"}; all else as it is given (TRACE-6). */
export function admitFile(e: Pending, given: usize, body: usize, length: u32, out: usize): bool {
  const request = requestOf(e);
  if (objectField(given, "failure") != 0 || !isMethod(request, "read"))
    return admitAsGiven(e, given, body, length, out);
  if (lengthOf(given) != 0) return failRecord("what a file holds comes as bytes");
  const at = objectStorage(SCRATCH, 1);
  let fits: bool = false;
  if (isAs(request, "json")) fits = length != 0 && bodyFits(body, length, at + 16);
  else if (!isAs(request, "base64")) fits = textFits(body, length, at + 16);
  literalCell(at, fits ? "content" : "bytes");
  if (!fits) base64Cell(at + 16, body, length);
  setUsed(at, 1);
  setCell(out, OBJECT, 0, 1, at);
  return true;
}

/** {"content"} or {"bytes"} of what was read, {} of what was written, {"entries"} of a list, or {"failure"}. */
export function isFileResult(v: usize, e: Pending): bool {
  if (tagOf(v) != OBJECT) return false;
  const request = requestOf(e);
  const failure = objectField(v, "failure");
  if (failure != 0) return isFailureResult(v) || isOwnFailure(v, failure);
  if (isMethod(request, "write")) return lengthOf(v) == 0;
  if (lengthOf(v) != 1) return false;
  if (isMethod(request, "list")) return areEntries(objectField(v, "entries"));
  const bytes = objectField(v, "bytes");
  if (bytes != 0) return isBase64Text(bytes);
  const content = objectField(v, "content");
  if (content == 0 || isAs(request, "base64")) return false;
  return isAs(request, "json") || isText(content);
}

/** What only a file can come to. */
function isOwnFailure(v: usize, word: usize): bool {
  return (
    lengthOf(v) == 1 && tagOf(word) == STRING && (cellIs(word, "missing") || cellIs(word, "exists"))
  );
}

/** [{"kind":"file","name","size"} or {"kind":"folder","name"}, ...]. */
function areEntries(v: usize): bool {
  if (v == 0 || tagOf(v) != ARRAY) return false;
  for (let i: u32 = 0; i < lengthOf(v); i++) {
    const one = elementAt(v, i);
    if (tagOf(one) != OBJECT) return false;
    const kind = objectField(one, "kind");
    const name = objectField(one, "name");
    if (kind == 0 || tagOf(kind) != STRING || name == 0 || tagOf(name) != STRING) return false;
    if (cellIs(kind, "file")) {
      if (lengthOf(one) != 3 || !isWhole(objectField(one, "size"), MOST_WHOLE)) return false;
    } else if (lengthOf(one) != 2 || !cellIs(kind, "folder")) return false;
  }
  return true;
}

/** What the task gives: what was read, what was written, or the entries. OK or PROBLEM. */
export function readFile(_t: Task, answer: usize, out: usize): u32 {
  if (hasFailed(answer)) return PROBLEM;
  const request = givenRequest();
  if (isMethod(request, "write")) copyCell(out, objectField(request, "content"));
  else if (isMethod(request, "list")) copyCell(out, objectField(answer, "entries"));
  else {
    const bytes = objectField(answer, "bytes");
    if (bytes != 0 && !isAs(request, "base64")) {
      const isJson = isAs(request, "json");
      problem(
        COMMUNICATION,
        502,
        isJson ? "The file is not JSON" : "The file is not text in UTF-8",
      );
      return PROBLEM;
    }
    copyCell(out, bytes != 0 ? bytes : objectField(answer, "content"));
  }
  return OK;
}
