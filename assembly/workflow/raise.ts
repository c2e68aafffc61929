/** raise: an error of the workflow's own. */

import { SCRATCH } from "../bytes/arena";
import { E_WF_REFERENCE, E_WF_TYPE } from "../errors/codes";
import {
  copyCell,
  NUMBER,
  OBJECT,
  objectStorage,
  setCell,
  setUsed,
  STRING,
  tagOf,
} from "../value/cell";
import { objectField } from "../value/object";
import { component } from "./compile/components";
import { isString, onlyFields, onlyTaskFields, required } from "./compile/fields";
import { failCell, placeField, placeLeave } from "./compile/place";
import { compileTemplate, isExpression } from "./compile/template";
import { literalCell } from "./state/literal";
import { RAISE, Task } from "./state/nodes";
import { OK, RESULT } from "./state/outcome";
import { EXPRESSION, problem } from "./state/problem";
import { Branch, Frame, inputOf } from "./state/state";
import { INSIDE } from "./step/bind";
import { evaluateOrWait } from "./step/evaluate";
import { raiseError, raiseProblem, settle } from "./step/faults";

export function loadRaise(t: Task, v: usize): bool {
  t.kind = RAISE;
  if (!onlyTaskFields(v, "raise")) return false;
  const raise = objectField(v, "raise");
  const before = placeField("raise");
  if (!onlyFields(raise, "error")) return false;
  let error = required(raise, "error");
  if (error == 0) return false;
  const inner = placeField("error");
  if (tagOf(error) == STRING) {
    const named = component("errors", error);
    if (named == 0) return failCell(E_WF_REFERENCE, "use.errors has no such error", error);
    error = named;
  }
  if (!onlyFields(error, "type status title detail instance")) return false;
  const type = required(error, "type");
  const status = required(error, "status");
  if (type == 0 || status == 0 || !isString(type, "type")) return false;
  if (tagOf(status) != NUMBER && !isExpression(status))
    return failCell(E_WF_TYPE, "status is a number", 0);
  const title = objectField(error, "title");
  const detail = objectField(error, "detail");
  if (title != 0 && !isString(title, "title")) return false;
  if (detail != 0 && !isString(detail, "detail")) return false;
  t.body = compileTemplate(error);
  placeLeave(inner);
  placeLeave(before);
  return t.body != 0;
}

/** Raises what a raise task evaluated to, in RESULT: type and status checked, instance set. */
function raiseValue(b: Branch, f: Frame, t: Task): bool {
  const type = objectField(RESULT, "type");
  const status = objectField(RESULT, "status");
  const title = objectField(RESULT, "title");
  const detail = objectField(RESULT, "detail");
  const wrong =
    tagOf(type) != STRING ||
    tagOf(status) != NUMBER ||
    (title != 0 && tagOf(title) != STRING) ||
    (detail != 0 && tagOf(detail) != STRING);
  if (wrong) {
    problem(EXPRESSION, 400, "The error to raise is malformed");
    return raiseProblem(b, f);
  }
  const at = objectStorage(SCRATCH, 5);
  let n: u32 = 0;
  if (detail != 0) {
    literalCell(at, "detail");
    copyCell(at + 16, detail);
    n++;
  }
  let p = at + ((n as usize) << 5);
  literalCell(p, "instance");
  copyCell(p + 16, t.pointer);
  literalCell(p + 32, "status");
  copyCell(p + 48, status);
  n += 2;
  p += 64;
  if (title != 0) {
    literalCell(p, "title");
    copyCell(p + 16, title);
    n++;
    p += 32;
  }
  literalCell(p, "type");
  copyCell(p + 16, type);
  n++;
  setUsed(at, n);
  setCell(RESULT, OBJECT, 0, n, at);
  return raiseError(b, f);
}

export function stepRaise(b: Branch, f: Frame, t: Task): bool {
  const got = evaluateOrWait(b, f, t.body, inputOf(f), INSIDE);
  return got == OK ? raiseValue(b, f, t) : settle(b, f, got);
}
