/** Timeouts of tasks and of the workflow (WF-46, WF-47): a timer beside what the branch waits for. */

import { CANCELLED, writeTask } from "../../trace/record";
import { isSubflow, leaveSubflow } from "../state/subflow";
import { cancelEffect, cancelTimer, cancelTimers } from "../state/cancelled-effects";
import { FOR_ATTEMPT, FOR_TIMEOUT } from "../state/effects";
import { Task } from "../state/nodes";
import { RESULT } from "../state/outcome";
import { PHASE_CATCHING } from "../state/phases";
import { problem, problemCell, TIMEOUT } from "../state/problem";
import { Branch, extraOf, Frame, keep, Pending } from "../state/state";
import { askTimerBeside } from "./effects";
import { raiseProblem } from "./faults";
import { cancelFork } from "./join";

/** The time of the frame's task, or of the workflow, begins. */
export function beginTimeout(b: Branch, f: Frame, ms: f64): bool {
  return askTimerBeside(b, f, FOR_TIMEOUT, ms);
}

/** The timer of a frame of the branch has fired: what is inside is cancelled, the task has failed. */
export function timeOut(b: Branch): bool {
  const out = b.timedOut;
  b.timedOut = 0;
  if (b.count != 0 && !cancelFork(b)) return false;
  if (b.pending != 0) cancelEffect(changetype<Pending>(b.pending));
  b.pending = 0;
  for (; b.frame != out; b.frame = changetype<Frame>(b.frame).parent) {
    const f = changetype<Frame>(b.frame);
    cancelTimers(f);
    leaveSubflow(b, f);
    if (!writeTask(b, f, CANCELLED, 0, 0, "cancel")) return false;
  }
  const f = changetype<Frame>(out);
  if (f.expired != FOR_TIMEOUT) return failAttempt(f);
  problem(
    TIMEOUT,
    408,
    f.task == 0 || isSubflow(f) ? "The workflow has timed out" : "The task has timed out",
  );
  return raiseProblem(b, f);
}

/** The time of an attempt, or of all retries, is over: an error that the try may catch itself. */
function failAttempt(f: Frame): bool {
  const isAttempt = f.expired == FOR_ATTEMPT;
  problem(TIMEOUT, 408, isAttempt ? "The attempt has timed out" : "The retries have timed out");
  problemCell(RESULT, changetype<Task>(f.task).pointer);
  if (!isAttempt) f.spent = 1;
  f.phase = PHASE_CATCHING;
  cancelTimer(f, FOR_ATTEMPT);
  return keep(extraOf(f), RESULT);
}
