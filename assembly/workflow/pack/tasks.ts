/** Compiling the tasks of a list, kind by kind. */

import { arenaTake, PERSISTENT } from "../../bytes/arena";
import {
  E_LIMIT_DEPTH,
  E_LIMIT_SIZE,
  E_WF_DUPLICATE,
  E_WF_FIELD,
  E_WF_TYPE,
} from "../../errors/codes";
import { charge } from "../../errors/errors";
import { addressOf, elementAt, keyAt, lengthOf, OBJECT, tagOf, valueAt } from "../../value/cell";
import { objectField } from "../../value/object";
import { equalBytes } from "../../value/order";
import { isArray, isCommonField } from "../compile/fields";
import { resolveFlows } from "../compile/flows";
import { failCell, placeEnter, placeField, placeIndex, placeLeave } from "../compile/place";
import { failLoad, loadCommon, newTask, taskCount } from "../compile/task";
import { loadDo } from "../do";
import { loadCall } from "../effects/call";
import { loadEmitTask } from "../emit";
import { loadFor } from "../for";
import { loadFork } from "../fork";
import { loadListenTask } from "../listen/listen";
import { loadRaise } from "../raise";
import { loadSet } from "../set";
import { List, Task, taskOf } from "../state/nodes";
import { loadRun } from "../subflow";
import { loadSwitch } from "../switch";
import { loadTry } from "../try/try";
import { loadWait } from "../wait";

/** Deepest nesting of tasks: this file recurses over the document, and only over it. */
const DEEPEST: u32 = 64;

/** Keeps the check for equal names, which compares all pairs, short. */
const MOST_TASKS: u32 = 4096;

/** Compiles a list of named tasks. 0 with the error recorded. */
export function loadTasks(value: usize, field: string, depth: u32): u32 {
  return loadList(value, field, depth, false);
}

/** The same for the branches of a fork: they are no sequence, so that none leads to another. */
function loadBranches(value: usize, field: string, depth: u32): u32 {
  return loadList(value, field, depth, true);
}

function loadList(value: usize, field: string, depth: u32, branches: bool): u32 {
  if (!isArray(value, field)) return 0;
  const before = placeField(field);
  if (depth > DEEPEST) {
    failCell(E_LIMIT_DEPTH, "tasks are nested too deep", 0);
    return 0;
  }
  const n = lengthOf(value);
  if (n > MOST_TASKS) {
    failCell(E_LIMIT_SIZE, "a list has at most 4096 tasks", 0);
    return 0;
  }
  const list = arenaTake(PERSISTENT, 4 + n * 4) as u32;
  changetype<List>(list).count = n;
  for (let i: u32 = 0; i < n; i++) {
    const item = elementAt(value, i);
    const inner = placeIndex(i);
    if (tagOf(item) != OBJECT || lengthOf(item) != 1) {
      failCell(
        E_WF_TYPE,
        "an item of a task list is an object with one member: the task's name",
        0,
      );
      return 0;
    }
    const name = keyAt(item, 0);
    if (!charge(i)) return failLoad();
    for (let j: u32 = 0; j < i; j++) {
      const other = keyAt(elementAt(value, j), 0);
      if (equalBytes(addressOf(name), lengthOf(name), addressOf(other), lengthOf(other))) {
        failCell(E_WF_DUPLICATE, "two tasks of one list have the same name", name);
        return 0;
      }
    }
    const named = placeEnter(name);
    const t = loadTask(name, valueAt(item, 0), depth);
    if (t == 0) return 0;
    store<u32>(list + 4 + (i << 2), t);
    placeLeave(named);
    placeLeave(inner);
  }
  // Targets can only be told once all names are known.
  for (let i: u32 = 0; i < n; i++) {
    const inner = placeIndex(i);
    const named = placeEnter(keyAt(elementAt(value, i), 0));
    const flows = branches ? 0 : list;
    if (!resolveFlows(taskOf(list, i), valueAt(elementAt(value, i), 0), flows)) return 0;
    placeLeave(named);
    placeLeave(inner);
  }
  placeLeave(before);
  return list;
}

function loadTask(name: usize, v: usize, depth: u32): u32 {
  if (tagOf(v) != OBJECT) {
    failCell(E_WF_TYPE, "a task is an object", 0);
    return 0;
  }
  const made = newTask(name, v);
  if (made == 0) return 0;
  const t = changetype<Task>(made);
  if (!loadCommon(t, v)) return 0;
  let ok: bool = false;
  // `for` and `try` hold `do` too: they come first.
  if (objectField(v, "for") != 0) ok = loadFor(t, v, depth, loadTasks);
  else if (objectField(v, "try") != 0) ok = loadTry(t, v, depth, loadTasks);
  else if (objectField(v, "do") != 0) ok = loadDo(t, v, depth, loadTasks);
  else if (objectField(v, "set") != 0) ok = loadSet(t, v);
  else if (objectField(v, "switch") != 0) ok = loadSwitch(t, v);
  else if (objectField(v, "raise") != 0) ok = loadRaise(t, v);
  else if (objectField(v, "call") != 0) ok = loadCall(t, v);
  else if (objectField(v, "wait") != 0) ok = loadWait(t, v);
  else if (objectField(v, "fork") != 0) ok = loadFork(t, v, depth, loadBranches);
  else if (objectField(v, "emit") != 0) ok = loadEmitTask(t, v);
  else if (objectField(v, "listen") != 0) ok = loadListenTask(t, v, depth, loadTasks);
  else if (objectField(v, "run") != 0) ok = loadRun(t, v, depth, loadTasks);
  else ok = refuseKind(v);
  if (!ok) return 0;
  t.lastId = taskCount() - 1;
  return changetype<usize>(t) as u32;
}

function refuseKind(v: usize): bool {
  for (let i: u32 = 0; i < lengthOf(v); i++) {
    const k = keyAt(v, i);
    if (!isCommonField(k)) return failCell(E_WF_FIELD, "unknown kind of task", k);
  }
  return failCell(
    E_WF_TYPE,
    "a task needs one of do, set, switch, raise, for, try, fork, wait, emit, listen, call, run",
    0,
  );
}
