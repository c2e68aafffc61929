/** do: a list of tasks, one after the other. */

import { objectField } from "../value/object";
import { onlyTaskFields } from "./compile/fields";
import { LoadList } from "./compile/task";
import { DO, Task } from "./state/nodes";
import { PHASE_LIST } from "./state/phases";
import { Frame } from "./state/state";
import { enterList } from "./step/lists";

export function loadDo(t: Task, v: usize, depth: u32, load: LoadList): bool {
  t.kind = DO;
  if (!onlyTaskFields(v, "do")) return false;
  t.body = load(objectField(v, "do"), "do", depth + 1);
  return t.body != 0;
}

export function stepDo(f: Frame, t: Task): bool {
  enterList(f, t.body, PHASE_LIST);
  return true;
}
