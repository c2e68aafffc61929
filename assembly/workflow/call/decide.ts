/** call decide: a decision table of the pack. */

import { arenaTake, PERSISTENT } from "../../bytes/arena";
import { E_WF_REFERENCE } from "../../errors/codes";
import { isString, onlyFields, required } from "../compile/fields";
import { failCell, placeField, placeLeave } from "../compile/place";
import { compileTemplate } from "../compile/template";
import { Decide, Table, Task } from "../state/nodes";
import { OK, RESULT } from "../state/outcome";
import { PHASE_OUTPUT } from "../state/phases";
import { problem, RUNTIME } from "../state/problem";
import { Branch, Frame, inputOf, keep, outputOf } from "../state/state";
import { INSIDE } from "../step/bind";
import { evaluateOrWait } from "../step/evaluate";
import { settle } from "../step/faults";
import { decide, tableAt } from "./table";

export function loadDecide(args: usize): u32 {
  if (!onlyFields(args, "table input")) return 0;
  const path = required(args, "table");
  const input = required(args, "input");
  if (path == 0 || input == 0 || !isString(path, "table")) return 0;
  const d = changetype<Decide>(arenaTake(PERSISTENT, offsetof<Decide>()));
  d.table = tableAt(path);
  if (d.table == 0) {
    placeField("table");
    failCell(E_WF_REFERENCE, "the pack has no such table", path);
    return 0;
  }
  const before = placeField("input");
  d.input = compileTemplate(input);
  placeLeave(before);
  return d.input == 0 ? 0 : (changetype<usize>(d) as u32);
}

export function stepDecide(b: Branch, f: Frame, t: Task): bool {
  const d = changetype<Decide>(t.body);
  const got = evaluateOrWait(b, f, d.input, inputOf(f), INSIDE);
  if (got != OK) return settle(b, f, got);
  problem(RUNTIME, 500, "The decision table gave no answer");
  const found = decide(changetype<Table>(d.table), RESULT, RESULT);
  if (found != OK) return settle(b, f, found);
  if (!keep(outputOf(f), RESULT)) return false;
  f.phase = PHASE_OUTPUT;
  return true;
}
