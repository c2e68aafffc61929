/** switch: the first case that holds says where the list goes on. */

import { arenaTake, PERSISTENT } from "../bytes/arena";
import { E_WF_TYPE } from "../errors/codes";
import {
  copyCell,
  elementAt,
  isTruthy,
  keyAt,
  lengthOf,
  OBJECT,
  tagOf,
  valueAt,
} from "../value/cell";
import { objectField } from "../value/object";
import { isArray, onlyFields, onlyTaskFields, required } from "./compile/fields";
import { failCell, placeEnter, placeField, placeIndex, placeLeave } from "./compile/place";
import { compileProgram } from "./compile/template";
import { Case, NO_FLOW, SWITCH, Task } from "./state/nodes";
import { OK, RESULT } from "./state/outcome";
import { PHASE_OUTPUT } from "./state/phases";
import { Branch, Frame, inputOf, outputOf } from "./state/state";
import { INSIDE } from "./step/bind";
import { evaluateOrWait } from "./step/evaluate";
import { settle } from "./step/faults";

export function loadSwitch(t: Task, v: usize): bool {
  t.kind = SWITCH;
  if (!onlyTaskFields(v, "switch")) return false;
  const cases = objectField(v, "switch");
  if (!isArray(cases, "switch")) return false;
  const before = placeField("switch");
  if (lengthOf(cases) == 0) return failCell(E_WF_TYPE, "a switch has at least one case", 0);
  let last: u32 = 0;
  let fallback: bool = false;
  for (let i: u32 = 0; i < lengthOf(cases); i++) {
    const inner = placeIndex(i);
    const item = elementAt(cases, i);
    if (tagOf(item) != OBJECT || lengthOf(item) != 1)
      return failCell(E_WF_TYPE, "a case is an object with one member: its name", 0);
    const named = placeEnter(keyAt(item, 0));
    const body = valueAt(item, 0);
    if (!onlyFields(body, "when then") || required(body, "then") == 0) return false;
    const c = changetype<Case>(arenaTake(PERSISTENT, offsetof<Case>()));
    c.condition = 0;
    c.next = 0;
    const when = objectField(body, "when");
    if (when != 0) {
      const deeper = placeField("when");
      c.condition = compileProgram(when);
      if (c.condition == 0) return false;
      placeLeave(deeper);
    } else if (fallback)
      return failCell(E_WF_TYPE, "a switch has at most one case without when", 0);
    else fallback = true;
    if (last == 0) t.body = changetype<usize>(c) as u32;
    else changetype<Case>(last).next = changetype<usize>(c) as u32;
    last = changetype<usize>(c) as u32;
    placeLeave(named);
    placeLeave(inner);
  }
  placeLeave(before);
  return true;
}

export function stepSwitch(b: Branch, f: Frame, t: Task): bool {
  let fallback: u32 = 0;
  let chosen: u32 = 0;
  for (let c = t.body; c != 0 && chosen == 0; c = changetype<Case>(c).next) {
    const condition = changetype<Case>(c).condition;
    if (condition == 0) {
      fallback = c;
      continue;
    }
    const got = evaluateOrWait(b, f, condition, inputOf(f), INSIDE);
    if (got != OK) return settle(b, f, got);
    if (isTruthy(RESULT)) chosen = c;
  }
  if (chosen == 0) chosen = fallback;
  f.flow = chosen == 0 ? NO_FLOW : changetype<Case>(chosen).flow;
  copyCell(outputOf(f), inputOf(f));
  f.phase = PHASE_OUTPUT;
  return true;
}
