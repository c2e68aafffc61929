/** for: a list of tasks for each element of a collection. */

import { arenaTake, PERSISTENT } from "../bytes/arena";
import { E_WF_TYPE } from "../errors/codes";
import { ARRAY, copyCell, isTruthy, lengthOf, STRING, tagOf } from "../value/cell";
import { objectField } from "../value/object";
import { onlyFields, onlyTaskFields, required } from "./compile/fields";
import { failCell, placeField, placeLeave } from "./compile/place";
import { MOST, scopeCount, scopePop } from "./compile/scope";
import { LoadList, variable } from "./compile/task";
import { compileProgram, compileTemplate } from "./compile/template";
import { FOR, For, Task } from "./state/nodes";
import { OK, RESULT } from "./state/outcome";
import { PHASE_LIST, PHASE_OUTPUT, PHASE_TURN } from "./state/phases";
import { EXPRESSION, problem } from "./state/problem";
import { Branch, extraOf, Frame, inputOf, keep, outputOf, valueOf } from "./state/state";
import { INSIDE } from "./step/bind";
import { evaluateOrWait } from "./step/evaluate";
import { raiseProblem, settle } from "./step/faults";
import { enterList, newTurn } from "./step/lists";

export function loadFor(t: Task, v: usize, depth: u32, load: LoadList): bool {
  t.kind = FOR;
  if (!onlyTaskFields(v, "for while do")) return false;
  const head = objectField(v, "for");
  const f = changetype<For>(arenaTake(PERSISTENT, offsetof<For>()));
  const before = placeField("for");
  if (!onlyFields(head, "each in at")) return false;
  const collection = required(head, "in");
  if (collection == 0) return false;
  const inner = placeField("in");
  if (tagOf(collection) == STRING) f.collection = compileProgram(collection);
  else if (tagOf(collection) == ARRAY) f.collection = compileTemplate(collection);
  else return failCell(E_WF_TYPE, "for.in is an expression or an array", 0);
  if (f.collection == 0) return false;
  placeLeave(inner);
  const scope = scopeCount();
  f.each = variable(objectField(head, "each"), "each", "item");
  f.at = f.each == MOST ? MOST : variable(objectField(head, "at"), "at", "index");
  if (f.at == MOST) return false;
  placeLeave(before);
  f.condition = 0;
  const condition = objectField(v, "while");
  if (condition != 0) {
    const deeper = placeField("while");
    f.condition = compileProgram(condition);
    if (f.condition == 0) return false;
    placeLeave(deeper);
  }
  const list = required(v, "do");
  if (list == 0) return false;
  f.list = load(list, "do", depth + 1);
  scopePop(scope);
  t.body = changetype<usize>(f) as u32;
  return f.list != 0;
}

/** The collection, before the first turn. */
export function stepFor(b: Branch, f: Frame, t: Task): bool {
  const got = evaluateOrWait(b, f, changetype<For>(t.body).collection, inputOf(f), INSIDE);
  if (got != OK) return settle(b, f, got);
  if (tagOf(RESULT) != ARRAY) {
    problem(EXPRESSION, 400, "for.in is not an array");
    return raiseProblem(b, f);
  }
  if (!keep(extraOf(f), RESULT)) return false;
  copyCell(valueOf(f), inputOf(f));
  f.turn = 0;
  f.phase = PHASE_TURN;
  return true;
}

/** Before a turn of a for: is there one, and may it run? */
export function stepTurn(b: Branch, f: Frame, t: Task): bool {
  const v = changetype<For>(t.body);
  let more: bool = f.turn < lengthOf(extraOf(f));
  if (more && v.condition != 0) {
    const got = evaluateOrWait(b, f, v.condition, valueOf(f), INSIDE);
    if (got != OK) return settle(b, f, got);
    more = isTruthy(RESULT);
  }
  if (!more) {
    copyCell(outputOf(f), valueOf(f));
    f.phase = PHASE_OUTPUT;
    return true;
  }
  enterList(f, v.list, PHASE_LIST);
  return newTurn(t);
}
