/** CloudEvents 1.0: their shape, and emit, which makes one (WF-38, WF-39). */

import { PERSISTENT, SCRATCH, arenaTake } from "../bytes/arena";
import { bufferBytes } from "../bytes/buffer";
import { E_LIMIT_MEMORY, E_WF_FIELD } from "../errors/codes";
import { fail } from "../errors/errors";
import {
  FALSE,
  NUMBER,
  OBJECT,
  STRING,
  TRUE,
  addressOf,
  copyCell,
  keyAt,
  lengthOf,
  numberOf,
  objectStorage,
  setCell,
  setUsed,
  tagOf,
  valueAt,
} from "../value/cell";
import { cellIs, objectField, objectSet } from "../value/object";
import { timeCell } from "./bind";
import { isObject, onlyFields, required } from "./fields";
import { ERROR, OK, PROBLEM, hasFailed, isFailureResult } from "./http";
import { literalCell } from "./state/literal";
import { Emit } from "./state/nodes";
import { failCell, placeEnter, placeField, placeLeave } from "./place";
import { EXPRESSION, PROBLEM_DETAIL, problem } from "./problem";
import { isTime } from "./shapes";
import { compileTemplate, evaluateTemplate } from "./template";

const KEY: usize = memory.data(16, 16);
const CELL: usize = memory.data(16, 16);

/** An attribute's name: lower-case letters and digits, or one of the two for the payload. */
function isName(key: usize): bool {
  if (cellIs(key, "data_base64")) return true;
  for (let i: u32 = 0; i < lengthOf(key); i++) {
    const c: u32 = load<u8>(addressOf(key) + i);
    if (c - 0x61 >= 26 && c - 0x30 >= 10) return false;
  }
  return lengthOf(key) != 0;
}

/** Attributes whose value is a text that is not empty. */
function isTextual(key: usize): bool {
  return (
    cellIs(key, "id") ||
    cellIs(key, "source") ||
    cellIs(key, "specversion") ||
    cellIs(key, "type") ||
    cellIs(key, "time") ||
    cellIs(key, "subject") ||
    cellIs(key, "datacontenttype") ||
    cellIs(key, "dataschema") ||
    cellIs(key, "data_base64")
  );
}

/** The first attribute that is none of CloudEvents, as an index; the number of all, if there is none. */
function firstWrong(event: usize): u32 {
  const n = lengthOf(event);
  for (let i: u32 = 0; i < n; i++) {
    const key = keyAt(event, i);
    if (cellIs(key, "data")) continue;
    if (!isName(key)) return i;
    const v = valueAt(event, i);
    const tag = tagOf(v);
    if (isTextual(key)) {
      if (tag != STRING || lengthOf(v) == 0) return i;
      if (cellIs(key, "specversion") && !cellIs(v, "1.0")) return i;
    } else if (tag != STRING && tag != NUMBER && tag != TRUE && tag != FALSE) return i;
  }
  return n;
}

/** True if the cell is a CloudEvent with all that it must have. */
export function isEvent(v: usize): bool {
  if (tagOf(v) != OBJECT || firstWrong(v) != lengthOf(v)) return false;
  if (objectField(v, "id") == 0 || objectField(v, "source") == 0) return false;
  if (objectField(v, "specversion") == 0 || objectField(v, "type") == 0) return false;
  return objectField(v, "data") == 0 || objectField(v, "data_base64") == 0;
}

// ---- emit ----------------------------------------------------------------------------------------

/** Compiles `emit` of a task; `source` (a text) is that of an event that names none. */
export function loadEmit(emit: usize, source: usize): u32 {
  const before = placeField("emit");
  if (!onlyFields(emit, "event")) return 0;
  const event = required(emit, "event");
  if (event == 0) return 0;
  placeField("event");
  if (!onlyFields(event, "with")) return 0;
  const attributes = required(event, "with");
  if (attributes == 0 || !isObject(attributes, "with")) return 0;
  placeField("with");
  if (required(attributes, "type") == 0) return 0;
  for (let i: u32 = 0; i < lengthOf(attributes); i++) {
    if (isName(keyAt(attributes, i))) continue;
    placeEnter(keyAt(attributes, i));
    failCell(
      E_WF_FIELD,
      "an attribute's name is lower-case letters and digits, not",
      keyAt(attributes, i),
    );
    return 0;
  }
  const e = changetype<Emit>(arenaTake(PERSISTENT, offsetof<Emit>()));
  e.event = compileTemplate(attributes);
  e.source = source as u32;
  placeLeave(before);
  return e.event == 0 ? 0 : (changetype<usize>(e) as u32);
}

/** Builds the request {"event"}: OK, ERROR (of an expression or a limit) or PROBLEM. */
export function buildEvent(e: Emit, input: usize, globals: usize, out: usize): u32 {
  if (!evaluateTemplate(e.event, input, globals, CELL)) return ERROR;
  const wrong = firstWrong(CELL);
  if (wrong != lengthOf(CELL)) {
    problem(EXPRESSION, 400, "An attribute of the event has a value that it cannot have");
    const key = keyAt(CELL, wrong);
    bufferBytes(PROBLEM_DETAIL, addressOf(key), lengthOf(key));
    return PROBLEM;
  }
  literalCell(KEY, "specversion");
  const version = arenaTake(SCRATCH, 16);
  literalCell(version, "1.0");
  if (!objectSet(SCRATCH, CELL, CELL, KEY, version)) return outOfMemory();
  if (objectField(CELL, "source") == 0) {
    literalCell(KEY, "source");
    if (!objectSet(SCRATCH, CELL, CELL, KEY, e.source)) return outOfMemory();
  }
  const at = objectStorage(SCRATCH, 1);
  if (at == 0) return outOfMemory();
  literalCell(at, "event");
  copyCell(at + 16, CELL);
  setUsed(at, 1);
  setCell(out, OBJECT, 0, 1, at);
  return OK;
}

function outOfMemory(): u32 {
  fail(E_LIMIT_MEMORY, 0);
  return ERROR;
}

/** The type of the event in a request that buildEvent() has made. */
export function typeOfEvent(request: usize): usize {
  return objectField(objectField(request, "event"), "type");
}

/** True if the value is what was said to this request: what the event lacked, or a failure. */
export function isEmitResult(v: usize, request: usize): bool {
  if (tagOf(v) != OBJECT) return false;
  if (objectField(v, "failure") != 0) return isFailureResult(v);
  const event = objectField(request, "event");
  let members: u32 = 0;
  if (objectField(event, "id") == 0) {
    const id = objectField(v, "id");
    if (id == 0 || tagOf(id) != STRING || lengthOf(id) == 0) return false;
    members++;
  }
  if (objectField(event, "time") == 0) {
    if (!isTime(objectField(v, "ms"))) return false;
    members++;
  }
  return lengthOf(v) == members;
}

/** The event as it was sent, or PROBLEM. */
export function readEmitted(request: usize, result: usize, out: usize): u32 {
  if (hasFailed(result)) return PROBLEM;
  copyCell(out, objectField(request, "event"));
  const id = objectField(result, "id");
  if (id != 0) {
    literalCell(KEY, "id");
    if (!objectSet(SCRATCH, out, out, KEY, id)) return outOfMemory();
  }
  const ms = objectField(result, "ms");
  if (ms != 0) {
    literalCell(KEY, "time");
    timeCell(CELL, numberOf(ms));
    if (!objectSet(SCRATCH, out, out, KEY, CELL)) return outOfMemory();
  }
  return OK;
}
