/** set: the output is what a template makes (WF-13). */

import { E_WF_TYPE } from "../errors/codes";
import { OBJECT, STRING, tagOf } from "../value/cell";
import { objectField } from "../value/object";
import { onlyTaskFields } from "./compile/fields";
import { failCell, placeField, placeLeave } from "./compile/place";
import { compileProgram, compileTemplate } from "./compile/template";
import { SET, Task } from "./state/nodes";
import { OK, RESULT } from "./state/outcome";
import { PHASE_OUTPUT } from "./state/phases";
import { Branch, Frame, inputOf, keep, outputOf } from "./state/state";
import { INSIDE } from "./step/bind";
import { evaluateOrWait } from "./step/evaluate";
import { settle } from "./step/faults";

export function loadSet(t: Task, v: usize): bool {
  t.kind = SET;
  if (!onlyTaskFields(v, "set")) return false;
  const set = objectField(v, "set");
  if (tagOf(set) != OBJECT && tagOf(set) != STRING)
    return failCell(E_WF_TYPE, "set takes an object or an expression", 0);
  const before = placeField("set");
  t.body = tagOf(set) == STRING ? compileProgram(set) : compileTemplate(set);
  placeLeave(before);
  return t.body != 0;
}

export function stepSet(b: Branch, f: Frame, t: Task): bool {
  const got = evaluateOrWait(b, f, t.body, inputOf(f), INSIDE);
  if (got != OK) return settle(b, f, got);
  if (!keep(outputOf(f), RESULT)) return false;
  f.phase = PHASE_OUTPUT;
  return true;
}
