/** Flow directives: where a task leads. */

import { E_WF_TARGET, E_WF_TYPE } from "../../errors/codes";
import { charge } from "../../errors/errors";
import { addressOf, elementAt, keyAt, lengthOf, STRING, tagOf, valueAt } from "../../value/cell";
import { cellIs, objectField } from "../../value/object";
import { equalBytes } from "../../value/order";
import {
  Case,
  CONTINUE,
  END,
  EXIT,
  GOTO,
  List,
  NO_FLOW,
  SWITCH,
  Task,
  taskOf,
  TRY,
  Try,
} from "../state/nodes";
import { failCell, placeEnter, placeField, placeIndex, placeLeave, showPlace } from "./place";

/** Index of the task of that name in the list + GOTO, or NO_FLOW with the error recorded. */
function resolve(v: usize, list: u32): u32 {
  if (tagOf(v) != STRING) {
    failCell(E_WF_TYPE, "a flow directive is a string", 0);
    return NO_FLOW;
  }
  if (cellIs(v, "continue")) return CONTINUE;
  if (cellIs(v, "exit")) return EXIT;
  if (cellIs(v, "end")) return END;
  if (list == 0) {
    failCell(E_WF_TARGET, "a branch leads to no other: 'then' is continue, exit or end, not", v);
    return NO_FLOW;
  }
  const n = changetype<List>(list).count;
  for (let i: u32 = 0; i < n; i++) {
    const name = taskOf(list, i).name;
    if (equalBytes(addressOf(name), lengthOf(name), addressOf(v), lengthOf(v))) return GOTO + i;
    if (!charge(1)) {
      showPlace();
      return NO_FLOW;
    }
  }
  failCell(E_WF_TARGET, "'then' names no task of this list", v);
  return NO_FLOW;
}

/** Resolves the directives of a task once all names of its list (0: branches) are known. */
export function resolveFlows(t: Task, v: usize, list: u32): bool {
  const then = objectField(v, "then");
  if (then != 0) {
    const before = placeField("then");
    t.flow = resolve(then, list);
    if (t.flow == NO_FLOW) return false;
    placeLeave(before);
  }
  if (t.kind == TRY) {
    const c = objectField(objectField(v, "catch"), "then");
    if (c != 0) {
      const before = placeField("catch");
      placeField("then");
      const flow = resolve(c, list);
      if (flow == NO_FLOW) return false;
      changetype<Try>(t.body).flow = flow;
      placeLeave(before);
    }
  }
  if (t.kind == SWITCH) {
    const cases = objectField(v, "switch");
    let c = t.body;
    for (let i: u32 = 0; i < lengthOf(cases); i++) {
      const before = placeField("switch");
      placeIndex(i);
      placeEnter(keyAt(elementAt(cases, i), 0));
      placeField("then");
      const flow = resolve(objectField(valueAt(elementAt(cases, i), 0), "then"), list);
      if (flow == NO_FLOW) return false;
      changetype<Case>(c).flow = flow;
      c = changetype<Case>(c).next;
      placeLeave(before);
    }
  }
  return true;
}
