/**
 * admit(): from what the outside said to the exact record to persist (ABI-7, TRACE-2, TRACE-6).
 * Changes nothing: the same call gives the same bytes.
 */

import { textByte } from "../../bytes/byte";
import { RIGHT_BRACE, UPPER_A, UPPER_Z } from "../../bytes/characters";
import {
  arenaLimit,
  arenaMark,
  arenaRelease,
  arenaReset,
  arenaTake,
  Mark,
  SCRATCH,
} from "../../bytes/arena";
import { writeBase64 } from "../../bytes/base64";
import { Buffer, bufferByte, bufferText, bufferUint, OUTPUT, TEXT } from "../../bytes/buffer";
import { writeHex } from "../../bytes/hex";
import * as C from "../../errors/codes";
import { clearError, fail, failDetail } from "../../errors/errors";
import { canonicalCopy } from "../../json/canonical";
import { parseJson } from "../../json/reader";
import { writeJson, writeNumber, writeString } from "../../json/writer";
import {
  addressOf,
  copyCell,
  elementAt,
  heightOf,
  keyAt,
  lengthOf,
  NULL,
  numberOf,
  OBJECT,
  objectStorage,
  setCell,
  setNull,
  setString,
  setUsed,
  STRING,
  tagOf,
  valueAt,
} from "../../value/cell";
import { cellIs, objectField, objectSet } from "../../value/object";
import { isGrant } from "../call/grant";
import { mainWorkflow, workflowNamed } from "../compile/workflows";
import { isResult } from "../effects/table";
import { cancelledWith, pendingWith } from "../state/branches";
import { EFFECT_HTTP } from "../state/effects";
import { literalCell } from "../state/literal";
import { Workflow } from "../state/nodes";
import { isWhole } from "../state/shapes";
import { isTooDeep, PACK_DIGEST, Pending, requestOf, RUN, RUNNING } from "../state/state";
import { noResult } from "./advance";

const HEAD: usize = memory.data(16, 16);
const VALUE: usize = memory.data(16, 16);
const MARK: Mark = changetype<Mark>(memory.data(16, 16));

/** From frames: a descriptor and, where there is one, the outside's bytes. */
export function admitRecord(at: usize, length: u32): bool {
  arenaReset(SCRATCH, C.MAX_SCRATCH);
  const end = at + length;
  if (length < 4 || load<u32>(at) > length - 4) return fail(C.E_FRAMES, 0);
  const n = load<u32>(at);
  const rest = at + 4 + n;
  let body: usize = 0;
  let bodyLength: u32 = 0;
  if (rest != end) {
    if (end - rest < 4 || load<u32>(rest) != ((end - rest - 4) as u32))
      return fail(C.E_FRAMES, n + 4);
    body = rest + 4;
    bodyLength = load<u32>(rest);
  }
  if (!parseJson(at + 4, n, C.JSON_BOUNDARY, SCRATCH, HEAD)) return false;
  if (tagOf(HEAD) != OBJECT) return malformed("a descriptor is an object");
  const kind = objectField(HEAD, "kind");
  if (kind == 0 || tagOf(kind) != STRING) return malformed("a descriptor has a kind");
  if (cellIs(kind, "start")) return admitStart(body, bodyLength);
  if (RUN.status != RUNNING) return fail(C.E_CALL, 0);
  if (cellIs(kind, "result")) return admitResult(body, bodyLength);
  if (cellIs(kind, "cancel")) return admitCommand("cancel");
  if (cellIs(kind, "suspend")) return admitCommand("suspend");
  return cellIs(kind, "resume") ? admitCommand("resume") : malformed("unknown kind of descriptor");
}

function malformed(why: string): bool {
  return failDetail(C.E_RECORD, 0, why, 0, 0);
}

// ---- start -------------------------------------------------------------------------------------------

function admitStart(text: usize, length: u32): bool {
  let members: u32 = 1;
  const name = objectField(HEAD, "workflow");
  const grant = objectField(HEAD, "grant");
  const limits = objectField(HEAD, "limits");
  if (name != 0) members++;
  if (grant != 0) members++;
  if (limits != 0) members++;
  if (members != lengthOf(HEAD))
    return malformed("a start descriptor has kind, workflow, grant and limits only");
  if (name != 0 && tagOf(name) != STRING) return malformed("workflow is a name, a string");
  const w = name == 0 ? mainWorkflow() : workflowNamed(name);
  if (w == 0) {
    if (name == 0) return malformed("the pack has several workflows, none named like it: name one");
    return failDetail(
      C.E_RECORD,
      0,
      "the pack has no such workflow",
      addressOf(name),
      lengthOf(name),
    );
  }
  if (grant != 0 && !isGrant(grant)) return malformed("the grant is malformed");
  let fuelLimit: f64 = C.DEFAULT_RUN_FUEL;
  let effectsLimit: f64 = C.DEFAULT_EFFECTS;
  if (limits != 0) {
    if (tagOf(limits) != OBJECT) return malformed("limits is an object");
    for (let i: u32 = 0; i < lengthOf(limits); i++) {
      const k = keyAt(limits, i);
      const v = valueAt(limits, i);
      if (cellIs(k, "fuel") && isWhole(v, 9007199254740991)) fuelLimit = numberOf(v);
      else if (cellIs(k, "effects") && isWhole(v, 4294967295)) effectsLimit = numberOf(v);
      else
        return failDetail(
          C.E_RECORD,
          0,
          "limits has fuel and effects, whole numbers",
          addressOf(k),
          lengthOf(k),
        );
    }
  }
  if (text == 0) return fail(C.E_JSON_EMPTY, 0);
  arenaLimit(SCRATCH, C.MAX_SCRATCH - REST);
  if (!parseJson(text, length, C.JSON_BOUNDARY, SCRATCH, VALUE)) return false;
  if (isTooDeep(VALUE)) return fail(C.E_LIMIT_DEPTH, 0);
  const b: Buffer = OUTPUT;
  bufferText(b, '{"grant":');
  if (grant == 0) bufferText(b, "{}");
  else if (!writeJson(grant, b, C.MAX_INPUT)) return false;
  bufferText(b, ',"input":');
  if (!writeJson(VALUE, b, C.MAX_INPUT)) return false;
  bufferText(b, ',"kind":"start","limits":{"effects":');
  writeNumber(effectsLimit, b);
  bufferText(b, ',"fuel":');
  writeNumber(fuelLimit, b);
  bufferText(b, '},"pack":"');
  writeHex(b, PACK_DIGEST, 32);
  bufferText(b, '","semantics":');
  bufferUint(b, C.SEMANTICS);
  bufferText(b, ',"seq":0,"workflow":');
  const n = changetype<Workflow>(w).name;
  writeString(addressOf(n), lengthOf(n), b);
  return close();
}

/** Ends the record. One that advance() or start() could not be given is refused. */
function close(): bool {
  bufferByte(OUTPUT, RIGHT_BRACE);
  return OUTPUT.len <= (C.MAX_INPUT as u32) || fail(C.E_LIMIT_SIZE, 0);
}

// ---- result --------------------------------------------------------------------------------------------

function admitResult(body: usize, length: u32): bool {
  const key = objectField(HEAD, "key");
  const given = objectField(HEAD, "result");
  if (
    lengthOf(HEAD) != 3 ||
    key == 0 ||
    given == 0 ||
    tagOf(key) != STRING ||
    tagOf(given) != OBJECT
  ) {
    return malformed("a result descriptor has kind, key and result");
  }
  const pending = pendingWith(key);
  const at = pending != 0 ? pending : cancelledWith(key);
  if (at == 0)
    return failDetail(
      C.E_RECORD_KEY,
      0,
      "no such effect is pending",
      addressOf(key),
      lengthOf(key),
    );
  const p = changetype<Pending>(at);
  copyCell(VALUE, given);
  if (p.type == EFFECT_HTTP && objectField(given, "failure") == 0) {
    if (!httpResult(requestOf(p), given, body, length)) return false;
  } else if (body != 0) return malformed("only an http answer has a body");
  if (!isResult(p, VALUE)) return noResult(p);
  const b: Buffer = OUTPUT;
  bufferText(b, '{"key":');
  writeString(addressOf(key), lengthOf(key), b);
  bufferText(b, pending != 0 ? ',"kind":"result","result":' : ',"kind":"late","result":');
  if (!writeJson(VALUE, b, C.MAX_INPUT)) return false;
  bufferText(b, ',"seq":');
  bufferUint(b, RUN.seq);
  return close();
}

/** VALUE becomes {"body" or "bytes", "headers", "status"}: the part of an answer that counts. */
function httpResult(request: usize, given: usize, body: usize, length: u32): bool {
  const status = objectField(given, "status");
  const headers = objectField(given, "headers");
  if (lengthOf(given) != 2 || status == 0 || headers == 0 || tagOf(headers) != OBJECT) {
    return malformed("an http answer has status and headers");
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
  setCell(VALUE, OBJECT, 0, 3, at);
  return true;
}

/**
 * Reads a body that advance() will be able to take. A body that is malformed, too deep or too long
 * is itself a result: false, and nothing of it is left behind.
 */
function bodyFits(body: usize, length: u32, out: usize): bool {
  arenaMark(SCRATCH, MARK);
  arenaLimit(SCRATCH, C.MAX_SCRATCH - REST);
  // Inside a result the body is one level deeper.
  let fits: bool =
    parseJson(body, length, C.JSON_BOUNDARY, SCRATCH, out) &&
    heightOf(out) < (C.MAX_RUN_DEPTH as u32);
  if (fits && length > SHORT) fits = writeJson(out, OUTPUT, C.MAX_INPUT - REST);
  OUTPUT.len = 0;
  clearError();
  if (!fits) arenaRelease(SCRATCH, MARK);
  arenaLimit(SCRATCH, C.MAX_SCRATCH);
  return fits;
}
/** Room in a record, and in the memory that reading it takes, for all but the one big value. */
const REST: u32 = 1 << 20;
/** The canonical text of a body no longer than this fits: 4 bytes of a number become 21 at most. */
const SHORT: u32 = 1 << 23;

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
function base64Cell(out: usize, at: usize, length: u32): void {
  // TEXT is free until the record is written, and writing does not use it.
  TEXT.len = 0;
  writeBase64(TEXT, at, length);
  setString(out, TEXT.at, TEXT.len, 0);
}

// ---- commands --------------------------------------------------------------------------------------------

/** One to cancel, to suspend or to resume the run. */
function admitCommand(kind: string): bool {
  let reason = objectField(HEAD, "reason");
  if (lengthOf(HEAD) != (reason == 0 ? 1 : 2))
    return malformed("a command's descriptor has kind and reason");
  if (reason == 0) {
    reason = arenaTake(SCRATCH, 16);
    setNull(reason);
  }
  if (tagOf(reason) != STRING && tagOf(reason) != NULL) return malformed("reason is a text");
  const b: Buffer = OUTPUT;
  bufferText(b, '{"kind":"');
  bufferText(b, kind);
  bufferText(b, '","reason":');
  if (!writeJson(reason, b, C.MAX_INPUT)) return false;
  bufferText(b, ',"seq":');
  bufferUint(b, RUN.seq);
  return close();
}
