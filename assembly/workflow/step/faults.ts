/** Errors on their way up, and the end of the run. */

import { arenaLimit, NO_BOUND } from "../../bytes/arena";
import { bufferText, bufferUint } from "../../bytes/buffer";
import * as C from "../../errors/codes";
import { clearError, errorCode, fuel, setFuel, writeErrorText } from "../../errors/errors";
import { FAULTED, writeOutcome, writeTask } from "../../trace/record";
import { copyCell } from "../../value/cell";
import { isFork, makeReady } from "../state/branches";
import { leaveSubflow } from "../state/subflow";
import { cancelTimer, cancelTimers } from "../state/cancelled-effects";
import { FOR_ATTEMPT } from "../state/effects";
import { literalCell } from "../state/literal";
import { Task, TRY } from "../state/nodes";
import { LIMIT, PROBLEM, RESULT, WAIT } from "../state/outcome";
import { PHASE_CATCHING, PHASE_LIST } from "../state/phases";
import { EXPRESSION, problem, PROBLEM_DETAIL, problemCell, RUNTIME } from "../state/problem";
import { Branch, ENDED, extraOf, Frame, keep, OUTCOME, RUN, runArena } from "../state/state";
import { abandonFork } from "./join";
import { stopAtLook } from "./looked";

/**
 * What a step does whose part did not come to OK: it waits, or the error or problem is raised. False at a
 * limit, whose error is recorded.
 */
export function settle(b: Branch, f: Frame, got: u32): bool {
  if (got == WAIT) return true;
  return got == PROBLEM ? raiseProblem(b, f) : raise(b, f, got);
}

/** Raises the recorded error of an expression. A limit is not raised: false. */
function raise(b: Branch, f: Frame, got: u32): bool {
  const code = errorCode() as i32;
  if (got == LIMIT || (code >= C.E_LIMIT_FUEL && code < C.E_EXPR_SYNTAX)) return false;
  problem(EXPRESSION, 400, "An expression failed");
  writeErrorText(PROBLEM_DETAIL);
  clearError();
  return raiseProblem(b, f);
}

/** Raises the problem at hand. */
export function raiseProblem(b: Branch, f: Frame): bool {
  if (f.task != 0) problemCell(RESULT, changetype<Task>(f.task).pointer);
  else {
    literalCell(RESULT, "");
    problemCell(RESULT, RESULT);
  }
  return raiseError(b, f);
}

/** The error in RESULT leaves the task: up to the next try that is running its list. */
export function raiseError(origin: Branch, from: Frame): bool {
  let b = origin;
  let f = from;
  if (!keep(RESULT, RESULT)) return false;
  while (f.task != 0) {
    const isTry = changetype<Task>(f.task).kind == TRY;
    if (isTry && f != from && f.phase == PHASE_LIST) {
      copyCell(extraOf(f), RESULT);
      cancelTimer(f, FOR_ATTEMPT);
      f.phase = PHASE_CATCHING;
      goOn(b, f, origin);
      return true;
    }
    cancelTimers(f);
    leaveSubflow(b, f);
    if (!writeTask(b, f, FAULTED, RESULT, 0, "raise")) return false;
    if (isFork(f.parent)) {
      const parent = abandonFork(b, "fault");
      if (parent == 0) return false;
      b = changetype<Branch>(parent);
    }
    f = changetype<Frame>(f.parent);
  }
  copyCell(OUTCOME, RESULT);
  return endRun(C.STATUS_FAULTED);
}

/** The branch goes on at the frame; `from` is the one that is being run. */
export function goOn(b: Branch, f: Frame, from: Branch): void {
  b.frame = changetype<usize>(f) as u32;
  if (b != from) makeReady(b);
}

/** A limit was hit, or something looked: the run ends, and nothing catches that. */
export function stopAtLimit(f: Frame): void {
  if (stopAtLook(f)) return;
  // The outcome itself must not fail for want of what ran out.
  const before = fuel;
  setFuel(LAST_UNITS);
  arenaLimit(runArena(), NO_BOUND);
  problem(RUNTIME, 500, "A limit of the run was reached");
  bufferText(PROBLEM_DETAIL, "REACH-E");
  bufferUint(PROBLEM_DETAIL, errorCode());
  bufferText(PROBLEM_DETAIL, " ");
  writeErrorText(PROBLEM_DETAIL);
  clearError();
  literalCell(RESULT, "");
  problemCell(RESULT, f.task == 0 ? RESULT : changetype<Task>(f.task).pointer);
  keep(OUTCOME, RESULT);
  RUN.limited = 1;
  endRun(C.STATUS_FAULTED);
  setFuel(before);
}
const LAST_UNITS: i64 = 100000;

/** Ends the run with OUTCOME as its output or error. False: it does not fit into a record. */
export function endRun(status: u32): bool {
  if (!writeOutcome(status)) return false;
  RUN.status = ENDED;
  RUN.end = status;
  return true;
}
