/** call: an effect of the table beside this file, or a decision table of the pack. */

import { E_WF_UNSUPPORTED } from "../../errors/codes";
import { cellIs, objectField } from "../../value/object";
import { loadDecide } from "../call/decide";
import { isObject, isString, onlyTaskFields, required } from "../compile/fields";
import { failCell, placeField, placeLeave } from "../compile/place";
import { NO_EFFECT } from "../state/effects";
import { CALL, DECIDE, Task } from "../state/nodes";
import { RESULT } from "../state/outcome";
import { Branch, Frame } from "../state/state";
import { givenAnswer } from "../step/answers";
import { callNamed, effectAt } from "./table";

/** Compiles a call: false with the error recorded. */
export function loadCall(t: Task, v: usize): bool {
  if (!onlyTaskFields(v, "call with")) return false;
  const call = objectField(v, "call");
  if (!isString(call, "call")) return false;
  const args = required(v, "with");
  if (args == 0 || !isObject(args, "with")) return false;
  const before = placeField("with");
  const type = callNamed(call);
  if (type != NO_EFFECT) {
    t.kind = CALL;
    t.effect = type;
    t.body = effectAt(type).load(args);
    const metadata = objectField(v, "metadata");
    if (t.body != 0 && metadata != 0 && !effectAt(type).loadMetadata(t.body, metadata))
      return false;
  } else if (cellIs(call, "decide")) {
    t.kind = DECIDE;
    t.body = loadDecide(args);
  } else {
    placeLeave(before);
    placeField("call");
    return failCell(E_WF_UNSUPPORTED, "a pack holds calls as they were compiled, not:", call);
  }
  placeLeave(before);
  return t.body != 0;
}

/** Asks for the effect of a call. */
export function stepCall(b: Branch, f: Frame, t: Task): bool {
  return effectAt(t.effect).step(b, f, t);
}

/** What the task gives for the answer, in RESULT: OK, ERROR (a limit) or PROBLEM. */
export function readCall(t: Task): u32 {
  return effectAt(t.effect).read(t, givenAnswer(), RESULT);
}
