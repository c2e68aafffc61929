/** The list that a task runs: from task to task, from turn to turn, to its end or the workflow's. */

import { charge } from "../../errors/errors";
import { COMPLETED, SKIPPED, writeTask } from "../../trace/record";
import { copyCell, setNull } from "../../value/cell";
import { isFork } from "../state/branches";
import { leaveSubflow, workflowOf } from "../state/subflow";
import { COST_COUNT } from "../state/cost";
import { cancelTimer, cancelTimers } from "../state/cancelled-effects";
import { COUNTS, FOR_ATTEMPT, FOR_RETRIES } from "../state/effects";
import {
  CONTINUE,
  END,
  EXIT,
  FOR,
  GOTO,
  List,
  LISTEN,
  NO_FLOW,
  RUN_TASK,
  RunTask,
  Task,
  taskOf,
  Try,
} from "../state/nodes";
import { PHASE_IN_CATCH, PHASE_ITEM, PHASE_OUTPUT, PHASE_TURN } from "../state/phases";
import { Branch, Frame, inputOf, newFrame, outputOf, rawOf, RUN, valueOf } from "../state/state";
import { goOn } from "./faults";
import { abandonFork, finishBranch } from "./join";

/** Runs a list from its first task. A for hands on what the last turn gave, all others the input. */
export function enterList(f: Frame, list: u32, phase: u32): void {
  f.list = list;
  f.index = 0;
  f.phase = phase;
  if (f.task == 0 || changetype<Task>(f.task).kind != FOR) copyCell(valueOf(f), inputOf(f));
}

/** Starts the next task of the list, or ends the list. */
export function stepList(b: Branch, f: Frame): bool {
  if (f.index < changetype<List>(f.list).count) {
    const child = newFrame(
      changetype<usize>(f) as u32,
      changetype<usize>(taskOf(f.list, f.index)) as u32,
    );
    child.flow = NO_FLOW;
    copyCell(rawOf(child), valueOf(f));
    b.frame = changetype<usize>(child) as u32;
    return true;
  }
  if (f.task != 0 && changetype<Task>(f.task).kind == FOR) {
    f.turn++;
    f.phase = PHASE_TURN;
    return true;
  }
  if (f.task != 0 && changetype<Task>(f.task).kind == LISTEN) {
    f.phase = PHASE_ITEM;
    return true;
  }
  if (f.attempt != 0) endAttempts(f);
  if (f.phase == PHASE_IN_CATCH) f.flow = changetype<Try>(changetype<Task>(f.task).body).flow;
  copyCell(outputOf(f), valueOf(f));
  const isRun = f.task != 0 && changetype<Task>(f.task).kind == RUN_TASK;
  if (isRun && changetype<RunTask>(changetype<Task>(f.task).body).silent) setNull(outputOf(f));
  f.phase = PHASE_OUTPUT;
  return true;
}

/** try: no retry follows. */
export function endAttempts(f: Frame): void {
  cancelTimer(f, FOR_ATTEMPT);
  cancelTimer(f, FOR_RETRIES);
}

/** Requests are counted anew in every turn. */
export function newTurn(t: Task): bool {
  const inside = t.lastId - t.id;
  memory.fill(RUN.counts + (((t.id + 1) * COUNTS) << 2), 0, (inside * COUNTS) << 2);
  return charge(COST_COUNT * inside);
}

/** A task has ended: its record, and on to what comes next. */
export function leaveTask(b: Branch, f: Frame, t: Task): bool {
  const p = changetype<Frame>(f.parent);
  cancelTimers(f);
  leaveSubflow(b, f);
  // A skipped task is passed over: its `then` does not apply.
  const flow: u32 = f.skipped ? CONTINUE : f.flow == NO_FLOW ? t.flow : f.flow;
  const status = f.skipped ? SKIPPED : COMPLETED;
  if (isFork(f.parent)) {
    if (!writeTask(b, f, status, 0, 0, flow == END ? "end" : "exit")) return false;
    return flow == END ? endWorkflow(b, f) : finishBranch(b, f);
  }
  let index = p.index + 1;
  if (flow >= GOTO) index = flow - GOTO;
  const last = flow == EXIT || index >= changetype<List>(p.list).count;
  const next = flow == END || last ? 0 : (changetype<usize>(taskOf(p.list, index)) as u32);
  if (!writeTask(b, f, status, 0, next, flow == END ? "end" : "exit")) return false;
  copyCell(valueOf(p), outputOf(f));
  p.index = last ? changetype<List>(p.list).count : index;
  b.frame = f.parent;
  return flow != END || endWorkflow(b, f);
}

/**
 * The workflow in which the frame stands ends gracefully: enclosing tasks are left without a record of
 * their own.
 */
function endWorkflow(from: Branch, f: Frame): bool {
  const root = workflowOf(f);
  let b = from;
  for (let g = f; g != root; g = changetype<Frame>(g.parent)) {
    if (!isFork(g.parent)) continue;
    const parent = abandonFork(b, "end");
    if (parent == 0) return false;
    b = changetype<Branch>(parent);
  }
  for (let g = f; g != root; g = changetype<Frame>(g.parent)) cancelTimers(g);
  copyCell(outputOf(root), outputOf(f));
  root.phase = PHASE_OUTPUT;
  goOn(b, root, from);
  return true;
}
