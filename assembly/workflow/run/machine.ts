/**
 * The workflow machine: one step moves one branch by one phase of its innermost task, until it waits,
 * for an effect or for the branches of its fork, or has ended.
 *
 * Nothing here recurses: a task inside a task is a frame on the branch's chain of frames. A phase
 * whose expression reads the clock or the run's id asks for that effect first and is entered again
 * when the answer is there.
 */

import { Arena, arenaMark, arenaOver, arenaRelease, Mark, SCRATCH } from "../../bytes/arena";
import * as C from "../../errors/codes";
import { charge, fail } from "../../errors/errors";
import { checking, hasLooked } from "../../errors/looks";
import { saidBytes } from "../../trace/record";
import { copyCell, isTruthy } from "../../value/cell";
import { stepDecide } from "../call/decide";
import { validateValue } from "../compile/schemas";
import { stepDo } from "../do";
import { readCall, stepCall } from "../effects/call";
import { readEmitted, stepEmit } from "../emit";
import { stepFor, stepTurn } from "../for";
import { stepFork } from "../fork";
import { stepItem, stepListen, stepUntil, takeEvent } from "../listen/listen";
import { stepRaise } from "../raise";
import { stepSet } from "../set";
import { beginSubflow, enterSubflow } from "../state/subflow";
import { COST_PHASE } from "../state/cost";
import {
  CALL,
  DECIDE,
  DO,
  EMIT,
  FOR,
  FORK,
  Listen,
  LISTEN,
  RAISE,
  RUN_TASK,
  RunTask,
  SET,
  SUBFLOW,
  SWITCH,
  Task,
  Try,
  TRY,
  Wait,
  WAIT_TASK,
  Workflow,
} from "../state/nodes";
import { OK, RESULT } from "../state/outcome";
import {
  PHASE_BODY,
  PHASE_CATCHING,
  PHASE_DELAY,
  PHASE_DONE,
  PHASE_EFFECT,
  PHASE_EXPORT,
  PHASE_IF,
  PHASE_IN_CATCH,
  PHASE_INPUT,
  PHASE_ITEM,
  PHASE_JITTER,
  PHASE_LIST,
  PHASE_OUTPUT,
  PHASE_TURN,
  PHASE_UNTIL,
} from "../state/phases";
import {
  Branch,
  contextOf,
  Frame,
  INPUT_CELL,
  inputOf,
  keep,
  OUTCOME,
  outputOf,
  RAW_INPUT,
  rawOf,
  READY,
  RUN,
  runArena,
  RUNNING,
} from "../state/state";
import { givenAnswer, givenRequest } from "../step/answers";
import { AFTER, BEFORE, EXPORT } from "../step/bind";
import { evaluateOrWait } from "../step/evaluate";
import { endRun, settle, stopAtLimit } from "../step/faults";
import { enterList, leaveTask, stepList } from "../step/lists";
import { beginTimeout, timeOut } from "../step/timeouts";
import { stepRun } from "../subflow";
import { stepSwitch } from "../switch";
import { beginAttempt, delayed, stepCatching, stepTry } from "../try/try";
import { stepWait } from "../wait";

const MARK: Mark = changetype<Mark>(memory.data(16, 16));

/** Runs the branch until it waits or has ended, or the run has. */
export function runBranch(b: Branch): void {
  const scratch: Arena = SCRATCH;
  while (RUN.status == RUNNING && b.state == READY) {
    arenaMark(scratch, MARK);
    checking("");
    const f = changetype<Frame>(b.frame);
    const done = charge(COST_PHASE) && (b.timedOut != 0 ? timeOut(b) : step(b, f));
    if (!done || hasLooked()) stopAtLimit(f);
    arenaRelease(scratch, MARK);
    if (RUN.status == RUNNING && !isBounded()) stopAtLimit(f);
    // Its fork was left, or its last branch ended: another branch goes on, in its turn.
  }
}

/** False with the error recorded once this activation holds or has said too much. */
function isBounded(): bool {
  if (arenaOver(SCRATCH) || arenaOver(runArena())) return fail(C.E_LIMIT_MEMORY, 0);
  return saidBytes() <= (C.MAX_INPUT as u32) || fail(C.E_LIMIT_SIZE, 0);
}

// ---- One step ---------------------------------------------------------------------------------------

/** False when a limit was hit: its error is recorded. */
function step(b: Branch, f: Frame): bool {
  if (f.task == 0) return stepRoot(b, f);
  const t = changetype<Task>(f.task);
  switch (f.phase) {
    case PHASE_IF: {
      if (t.condition != 0) {
        const got = evaluateOrWait(b, f, t.condition, rawOf(f), BEFORE);
        if (got != OK) return settle(b, f, got);
        checking("if");
        if (!isTruthy(RESULT)) {
          copyCell(outputOf(f), rawOf(f));
          f.skipped = 1;
          f.phase = PHASE_DONE;
          return true;
        }
      }
      if (t.kind == SUBFLOW) enterSubflow(b, f);
      f.phase = PHASE_INPUT;
      return t.timeout == 0 || beginTimeout(b, f, t.timeout);
    }
    case PHASE_INPUT: {
      const fits = validateValue(t.inputSchema, rawOf(f));
      if (fits != OK) return settle(b, f, fits);
      if (t.inputFrom != 0) {
        const got = evaluateOrWait(b, f, t.inputFrom, rawOf(f), BEFORE);
        if (got != OK) return settle(b, f, got);
        if (!keep(inputOf(f), RESULT)) return false;
      } else copyCell(inputOf(f), rawOf(f));
      if (t.kind == SUBFLOW) beginSubflow(b, f);
      f.phase = PHASE_BODY;
      return true;
    }
    case PHASE_BODY:
      return stepBody(b, f, t);
    case PHASE_EFFECT:
      return takeAnswer(b, f, t);
    case PHASE_ITEM:
      return stepItem(b, f, changetype<Listen>(t.body));
    case PHASE_UNTIL:
      return stepUntil(b, f, changetype<Listen>(t.body));
    case PHASE_LIST:
    case PHASE_IN_CATCH:
      return stepList(b, f);
    case PHASE_TURN:
      return stepTurn(b, f, t);
    case PHASE_CATCHING:
      return stepCatching(b, f, t);
    case PHASE_JITTER:
      return delayed(b, f, t);
    case PHASE_DELAY:
      return beginAttempt(b, f, changetype<Try>(t.body));
    case PHASE_OUTPUT: {
      if (t.outputAs != 0) {
        // As that of the run's own workflow: no $input.
        const mode = t.kind == SUBFLOW ? BEFORE : AFTER;
        const got = evaluateOrWait(b, f, t.outputAs, outputOf(f), mode);
        if (got != OK) return settle(b, f, got);
        if (!keep(outputOf(f), RESULT)) return false;
      }
      const fits = validateValue(t.outputSchema, outputOf(f));
      if (fits != OK) return settle(b, f, fits);
      f.phase = PHASE_EXPORT;
      return true;
    }
    case PHASE_EXPORT: {
      if (t.exportAs != 0) {
        const got = evaluateOrWait(b, f, t.exportAs, outputOf(f), EXPORT);
        if (got != OK) return settle(b, f, got);
        if (!keep(RESULT, RESULT)) return false;
      } else copyCell(RESULT, contextOf(b));
      const fits = validateValue(t.exportSchema, RESULT);
      if (fits != OK) return settle(b, f, fits);
      if (t.exportAs != 0) {
        copyCell(contextOf(b), RESULT);
        b.exported = 1;
      }
      f.phase = PHASE_DONE;
      return true;
    }
    default:
      return leaveTask(b, f, t);
  }
}

/** The workflow itself: input.from, its list, output.as. */
function stepRoot(b: Branch, f: Frame): bool {
  const w = changetype<Workflow>(RUN.workflow);
  if (f.phase == PHASE_INPUT) {
    if (w.timeout != 0 && f.timers == 0 && !beginTimeout(b, f, w.timeout)) return false;
    const fits = validateValue(w.inputSchema, RAW_INPUT);
    if (fits != OK) return settle(b, f, fits);
    if (w.inputFrom != 0) {
      const got = evaluateOrWait(b, f, w.inputFrom, RAW_INPUT, BEFORE);
      if (got != OK) return settle(b, f, got);
      if (!keep(INPUT_CELL, RESULT)) return false;
    } else copyCell(INPUT_CELL, RAW_INPUT);
    copyCell(contextOf(b), INPUT_CELL);
    copyCell(inputOf(f), INPUT_CELL);
    enterList(f, w.list, PHASE_LIST);
    return true;
  }
  if (f.phase == PHASE_LIST) return stepList(b, f);
  if (w.outputAs != 0) {
    const got = evaluateOrWait(b, f, w.outputAs, outputOf(f), BEFORE);
    if (got != OK) return settle(b, f, got);
    if (!keep(outputOf(f), RESULT)) return false;
  }
  const fits = validateValue(w.outputSchema, outputOf(f));
  if (fits != OK) return settle(b, f, fits);
  copyCell(OUTCOME, outputOf(f));
  return endRun(C.STATUS_COMPLETED);
}

// ---- Tasks ----------------------------------------------------------------------------------------------

function stepBody(b: Branch, f: Frame, t: Task): bool {
  switch (t.kind) {
    case DO:
    case SUBFLOW:
      return stepDo(f, t);
    case SET:
      return stepSet(b, f, t);
    case SWITCH:
      return stepSwitch(b, f, t);
    case RAISE:
      return stepRaise(b, f, t);
    case FOR:
      return stepFor(b, f, t);
    case TRY:
      return stepTry(b, f, t);
    case FORK:
      return stepFork(b, f, t);
    case RUN_TASK:
      return stepRun(b, f, changetype<RunTask>(t.body));
    case WAIT_TASK:
      return stepWait(b, f, changetype<Wait>(t.body));
    case EMIT:
      return stepEmit(b, f, t);
    case LISTEN:
      return stepListen(b, f, changetype<Listen>(t.body));
    case CALL:
      return stepCall(b, f, t);
    case DECIDE:
      return stepDecide(b, f, t);
    default:
      return unreachable(); // a kind without its step
  }
}

/** The result of the task's own effect has come. */
function takeAnswer(b: Branch, f: Frame, t: Task): bool {
  if (t.kind == LISTEN) return takeEvent(b, f, changetype<Listen>(t.body));
  if (t.kind == WAIT_TASK) {
    f.phase = PHASE_OUTPUT;
    return true;
  }
  const got = t.kind == EMIT ? readEmitted(givenRequest(), givenAnswer(), RESULT) : readCall(t);
  if (got != OK) return settle(b, f, got);
  if (!keep(outputOf(f), RESULT)) return false;
  f.phase = PHASE_OUTPUT;
  return true;
}
