/** Errors on their way up, and the end of the run. */

import * as C from "../errors/codes";
import { NO_BOUND, SCRATCH, arenaLimit } from "../bytes/arena";
import { bufferText, bufferUint } from "../bytes/buffer";
import { clearError, errorCode, fuel, setFuel, writeErrorText } from "../errors/errors";
import { FAULTED, writeOutcome, writeTask } from "../trace/record";
import {
  NUMBER,
  OBJECT,
  STRING,
  copyCell,
  objectStorage,
  setCell,
  setUsed,
  tagOf,
} from "../value/cell";
import { objectField } from "../value/object";
import { makeReady } from "./branches";
import { leaveChild } from "./child";
import { dropTimer, dropTimers } from "./dropping";
import { CELL_A, LIMIT } from "./evaluate";
import { abandonFork, isFork } from "./fork";
import { literalCell } from "./state/literal";
import { TRY, Task } from "./state/nodes";
import { PHASE_CATCHING, PHASE_LIST } from "./state/phases";
import { EXPRESSION, PROBLEM_DETAIL, RUNTIME, problem, problemCell } from "./problem";
import {
  Branch,
  ENDED,
  FOR_ATTEMPT,
  Frame,
  OUTCOME,
  RUN,
  extraOf,
  keep,
  runArena,
} from "./state/state";

/** Raises the recorded error of an expression. A limit is not raised: false. */
export function raise(b: Branch, f: Frame, got: u32): bool {
  const code = errorCode() as i32;
  if (got == LIMIT || (code >= C.E_LIMIT_FUEL && code < C.E_EXPR_SYNTAX)) return false;
  problem(EXPRESSION, 400, "An expression failed");
  writeErrorText(PROBLEM_DETAIL);
  clearError();
  return raiseProblem(b, f);
}

/** Raises the problem at hand. */
export function raiseProblem(b: Branch, f: Frame): bool {
  if (f.task != 0) problemCell(CELL_A, changetype<Task>(f.task).pointer);
  else {
    literalCell(CELL_A, "");
    problemCell(CELL_A, CELL_A);
  }
  return raiseError(b, f);
}

/** Raises what a raise task evaluated to, in CELL_A: type and status checked, instance set. */
export function raiseValue(b: Branch, f: Frame, t: Task): bool {
  const type = objectField(CELL_A, "type");
  const status = objectField(CELL_A, "status");
  const title = objectField(CELL_A, "title");
  const detail = objectField(CELL_A, "detail");
  const wrong =
    tagOf(type) != STRING ||
    tagOf(status) != NUMBER ||
    (title != 0 && tagOf(title) != STRING) ||
    (detail != 0 && tagOf(detail) != STRING);
  if (wrong) {
    problem(EXPRESSION, 400, "The error to raise is malformed");
    return raiseProblem(b, f);
  }
  const at = objectStorage(SCRATCH, 5);
  let n: u32 = 0;
  if (detail != 0) {
    literalCell(at, "detail");
    copyCell(at + 16, detail);
    n++;
  }
  let p = at + ((n as usize) << 5);
  literalCell(p, "instance");
  copyCell(p + 16, t.pointer);
  literalCell(p + 32, "status");
  copyCell(p + 48, status);
  n += 2;
  p += 64;
  if (title != 0) {
    literalCell(p, "title");
    copyCell(p + 16, title);
    n++;
    p += 32;
  }
  literalCell(p, "type");
  copyCell(p + 16, type);
  n++;
  setUsed(at, n);
  setCell(CELL_A, OBJECT, 0, n, at);
  return raiseError(b, f);
}

/** The error in CELL_A leaves the task: up to the next try that is running its list. */
export function raiseError(origin: Branch, from: Frame): bool {
  let b = origin;
  let f = from;
  if (!keep(CELL_A, CELL_A)) return false;
  while (f.task != 0) {
    const isTry = changetype<Task>(f.task).kind == TRY;
    if (isTry && f != from && f.phase == PHASE_LIST) {
      copyCell(extraOf(f), CELL_A);
      dropTimer(f, FOR_ATTEMPT);
      f.phase = PHASE_CATCHING;
      goOn(b, f, origin);
      return true;
    }
    dropTimers(f);
    leaveChild(b, f);
    if (!writeTask(b, f, FAULTED, CELL_A, 0, "raise")) return false;
    if (isFork(f.parent)) {
      const parent = abandonFork(b, "fault");
      if (parent == 0) return false;
      b = changetype<Branch>(parent);
    }
    f = changetype<Frame>(f.parent);
  }
  copyCell(OUTCOME, CELL_A);
  return endRun(C.STATUS_FAULTED);
}

/** The branch goes on at the frame; `from` is the one that is being run. */
export function goOn(b: Branch, f: Frame, from: Branch): void {
  b.frame = changetype<usize>(f) as u32;
  if (b != from) makeReady(b);
}

/** A limit was hit: the run ends with a fault that nothing catches. */
export function stopAtLimit(f: Frame): void {
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
  literalCell(CELL_A, "");
  problemCell(CELL_A, f.task == 0 ? CELL_A : changetype<Task>(f.task).pointer);
  keep(OUTCOME, CELL_A);
  RUN.limited = 1;
  endRun(C.STATUS_FAULTED);
  setFuel(before);
}
const LAST_UNITS: i64 = 100000;

/** Ends the run with OUTCOME as its output or error. False: it does not fit into a record. */
export function endRun(status: u32): bool {
  let fits: bool;
  if (status == C.STATUS_COMPLETED) fits = writeOutcome("completed", OUTCOME, 0);
  else if (status == C.STATUS_FAULTED) fits = writeOutcome("faulted", 0, OUTCOME);
  else fits = writeOutcome("cancelled", 0, 0);
  if (!fits) return false;
  RUN.status = ENDED;
  RUN.end = status;
  return true;
}
