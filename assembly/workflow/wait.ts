/** wait: a timer. */

import { arenaTake, PERSISTENT } from "../bytes/arena";
import { copyCell } from "../value/cell";
import { objectField } from "../value/object";
import { durationOf, durationValue, parseDuration } from "./compile/duration";
import { onlyTaskFields } from "./compile/fields";
import { placeField, placeLeave } from "./compile/place";
import { compileProgram, isExpression } from "./compile/template";
import { FOR_WAIT } from "./state/effects";
import { Task, Wait, WAIT_TASK } from "./state/nodes";
import { OK, RESULT } from "./state/outcome";
import { PHASE_EFFECT, PHASE_OUTPUT } from "./state/phases";
import { EXPRESSION, problem } from "./state/problem";
import { Branch, Frame, inputOf, outputOf } from "./state/state";
import { INSIDE } from "./step/bind";
import { askTimer } from "./step/effects";
import { evaluateOrWait } from "./step/evaluate";
import { raiseProblem, settle } from "./step/faults";

export function loadWait(t: Task, v: usize): bool {
  t.kind = WAIT_TASK;
  if (!onlyTaskFields(v, "wait")) return false;
  const before = placeField("wait");
  const duration = objectField(v, "wait");
  const pause = changetype<Wait>(arenaTake(PERSISTENT, offsetof<Wait>()));
  memory.fill(changetype<usize>(pause), 0, offsetof<Wait>());
  if (isExpression(duration)) {
    pause.program = compileProgram(duration);
    if (pause.program == 0) return false;
  } else {
    if (!parseDuration(duration)) return false;
    pause.ms = floor<f64>(durationValue());
  }
  t.body = changetype<usize>(pause) as u32;
  placeLeave(before);
  return true;
}

export function stepWait(b: Branch, f: Frame, w: Wait): bool {
  let ms = w.ms;
  if (w.program != 0) {
    const got = evaluateOrWait(b, f, w.program, inputOf(f), INSIDE);
    if (got != OK) return settle(b, f, got);
    ms = floor<f64>(durationOf(RESULT));
    if (ms < 0) {
      problem(EXPRESSION, 400, "The time to wait is no duration");
      return raiseProblem(b, f);
    }
  }
  copyCell(outputOf(f), inputOf(f));
  f.phase = ms == 0 ? PHASE_OUTPUT : PHASE_EFFECT;
  return ms == 0 || askTimer(b, f, FOR_WAIT, ms);
}
