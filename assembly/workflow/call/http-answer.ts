/** An HTTP answer, from what the host got to the result that is recorded (ABI-7). */

import { arenaLimit, arenaMark, arenaRelease, Mark, SCRATCH } from "../../bytes/arena";
import { isBase64, writeBase64 } from "../../bytes/base64";
import { OUTPUT, TEXT } from "../../bytes/buffer";
import { textByte } from "../../bytes/byte";
import { UPPER_A, UPPER_Z } from "../../bytes/characters";
import { utf8Valid } from "../../bytes/utf8";
import * as C from "../../errors/codes";
import { clearError, fail, failRecord } from "../../errors/errors";
import { canonicalCopy } from "../../json/canonical";
import { parseJson } from "../../json/reader";
import { writeJson } from "../../json/writer";
import {
  addressOf,
  copyCell,
  elementAt,
  heightOf,
  keyAt,
  lengthOf,
  OBJECT,
  objectStorage,
  setCell,
  setString,
  setUsed,
  STRING,
  tagOf,
  valueAt,
} from "../../value/cell";
import { objectField, objectSet } from "../../value/object";
import { literalCell } from "../state/literal";
import { RECORD_ROOM } from "../state/shapes";
import { Pending, requestOf } from "../state/state";

const MARK: Mark = changetype<Mark>(memory.data(16, 16));
/** The canonical text of a body no longer than this fits: 4 bytes of a number become 21 at most. */
const SHORT: u32 = 1 << 23;

/** Makes the result of what is given, which is the result: it has no body. */
export function admitAsGiven(
  _e: Pending,
  given: usize,
  body: usize,
  _length: u32,
  out: usize,
): bool {
  copyCell(out, given);
  return body == 0 || failRecord("this answer has no body");
}

/** {"body" or "bytes", "headers", "status"}, the part of an answer that counts, or {"failure"} (TRACE-6). */
export function admitHttp(e: Pending, given: usize, body: usize, length: u32, out: usize): bool {
  if (objectField(given, "failure") != 0) return admitAsGiven(e, given, body, length, out);
  const request = requestOf(e);
  const status = objectField(given, "status");
  const headers = objectField(given, "headers");
  if (lengthOf(given) != 2 || status == 0 || headers == 0 || tagOf(headers) != OBJECT) {
    return failRecord("an http answer has status and headers");
  }
  const at = objectStorage(SCRATCH, 3);
  if (objectField(request, "read") == 0 && length != 0 && bodyFits(body, length, at + 16))
    literalCell(at, "body");
  else {
    literalCell(at, "bytes");
    base64Cell(at + 16, body, length);
  }
  literalCell(at + 32, "headers");
  if (!namedHeaders(objectField(request, "responseHeaders"), headers, at + 48)) return false;
  literalCell(at + 64, "status");
  copyCell(at + 80, status);
  setUsed(at, 3);
  setCell(out, OBJECT, 0, 3, at);
  return true;
}

/**
 * Reads a body that advance() will be able to take. A body that is malformed, too deep or too long
 * is itself a result: false, and nothing of it is left behind.
 */
export function bodyFits(body: usize, length: u32, out: usize): bool {
  arenaMark(SCRATCH, MARK);
  arenaLimit(SCRATCH, C.MAX_SCRATCH - RECORD_ROOM);
  // Inside a result the body is one level deeper.
  let fits: bool =
    parseJson(body, length, C.JSON_BOUNDARY, SCRATCH, out) &&
    heightOf(out) < (C.MAX_RUN_DEPTH as u32);
  if (fits) fits = isShort(out, length);
  clearError();
  if (!fits) arenaRelease(SCRATCH, MARK);
  arenaLimit(SCRATCH, C.MAX_SCRATCH);
  return fits;
}

/** Takes bytes as a text that advance() will be able to take. Bytes that are not UTF-8, or too long, are a result: false. */
export function textFits(body: usize, length: u32, out: usize): bool {
  if (utf8Valid(body, length) >= 0) return false;
  setString(out, body, length, 0);
  const fits = isShort(out, length);
  clearError();
  return fits;
}

/** True if the canonical text of a value, made of so many bytes, fits into a record. */
function isShort(v: usize, length: u32): bool {
  const fits = length <= SHORT || writeJson(v, OUTPUT, C.MAX_INPUT - RECORD_ROOM);
  OUTPUT.len = 0;
  return fits;
}

/** The headers that the workflow names, with the answer's values. */
function namedHeaders(names: usize, headers: usize, out: usize): bool {
  setCell(out, OBJECT, 0, 0, objectStorage(SCRATCH, 0));
  if (names == 0) return true;
  for (let i: u32 = 0; i < lengthOf(names); i++) {
    const name = elementAt(names, i);
    for (let j: u32 = 0; j < lengthOf(headers); j++) {
      if (!sameName(name, keyAt(headers, j)) || tagOf(valueAt(headers, j)) != STRING) continue;
      if (!objectSet(SCRATCH, out, out, name, valueAt(headers, j)))
        return fail(C.E_LIMIT_MEMORY, 0);
      break;
    }
  }
  return canonicalCopy(out, SCRATCH, out, 0);
}

/** True if `b` is `a`, which is in lower case, whatever the case of its letters. */
function sameName(a: usize, b: usize): bool {
  if (lengthOf(a) != lengthOf(b)) return false;
  for (let i: u32 = 0; i < lengthOf(a); i++) {
    const c = textByte(addressOf(b) + i);
    if (textByte(addressOf(a) + i) != (c >= UPPER_A && c <= UPPER_Z ? c | 0x20 : c)) return false;
  }
  return true;
}

/** A cell of the bytes as base64. */
export function base64Cell(out: usize, at: usize, length: u32): void {
  // TEXT is free until the record is written, and writing does not use it.
  TEXT.len = 0;
  writeBase64(TEXT, at, length);
  setString(out, TEXT.at, TEXT.len, 0);
}

export function isBase64Text(v: usize): bool {
  return tagOf(v) == STRING && isBase64(addressOf(v), lengthOf(v));
}
