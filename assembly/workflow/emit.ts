/** emit: a CloudEvent of the workflow's own (WF-38, WF-39). */

import { arenaTake, PERSISTENT, SCRATCH } from "../bytes/arena";
import { bufferBytes } from "../bytes/buffer";
import { E_LIMIT_MEMORY, E_WF_FIELD } from "../errors/codes";
import { fail } from "../errors/errors";
import { setNow } from "../expr/machine/machine";
import {
  addressOf,
  copyCell,
  keyAt,
  lengthOf,
  numberOf,
  OBJECT,
  objectStorage,
  setCell,
  setUsed,
  STRING,
  tagOf,
} from "../value/cell";
import { objectField, objectSet } from "../value/object";
import { hasFailed, isFailureResult } from "./call/failure";
import { isEmitGranted } from "./call/grant";
import { isObject, onlyFields, onlyTaskFields, required } from "./compile/fields";
import { failCell, placeEnter, placeField, placeLeave } from "./compile/place";
import { eventSource } from "./compile/task";
import { compileTemplate, evaluateTemplate, templateMentions } from "./compile/template";
import { firstWrong, isName } from "./listen/event";
import { EFFECT_EMIT, FOR_CALL } from "./state/effects";
import { literalCell } from "./state/literal";
import { EMIT, Emit, Task } from "./state/nodes";
import { ERROR, OK, PROBLEM, RESULT } from "./state/outcome";
import { PHASE_EFFECT } from "./state/phases";
import { EXPRESSION, problem, PROBLEM_DETAIL } from "./state/problem";
import { isTime } from "./state/shapes";
import { Branch, Frame, GRANT, inputOf, Pending, requestOf } from "./state/state";
import { bind, INSIDE, timeCell } from "./step/bind";
import { ask, askFor } from "./step/effects";
import { needs } from "./step/evaluate";
import { raiseProblem, settle } from "./step/faults";

export function loadEmitTask(t: Task, v: usize): bool {
  t.kind = EMIT;
  t.effect = EFFECT_EMIT;
  if (!onlyTaskFields(v, "emit")) return false;
  t.body = loadEmit(objectField(v, "emit"), eventSource());
  return t.body != 0;
}

const KEY: usize = memory.data(16, 16);
const CELL: usize = memory.data(16, 16);

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
export function isEmitResult(v: usize, e: Pending): bool {
  if (tagOf(v) != OBJECT) return false;
  if (objectField(v, "failure") != 0) return isFailureResult(v);
  const event = objectField(requestOf(e), "event");
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

export function stepEmit(b: Branch, f: Frame, t: Task): bool {
  const e = changetype<Emit>(t.body);
  const mentions = templateMentions(e.event);
  const missing = needs(b, f, mentions);
  if (missing != 0) return askFor(b, f, missing);
  setNow(b.now / 1000);
  const got = buildEvent(e, inputOf(f), bind(b, f, INSIDE, mentions), RESULT);
  if (got != OK) return settle(b, f, got);
  if (!isEmitGranted(GRANT, typeOfEvent(RESULT))) return raiseProblem(b, f);
  f.phase = PHASE_EFFECT;
  return ask(b, f, t.effect, FOR_CALL, RESULT);
}

export function isEmitRequest(v: usize): bool {
  return (
    tagOf(v) == OBJECT && objectField(v, "event") != 0 && tagOf(objectField(v, "event")) == OBJECT
  );
}
