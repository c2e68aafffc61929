/**
 * The workflow machine: one step moves one branch by one phase of its innermost task, until it waits,
 * for an effect or for the branches of its fork, or has ended.
 *
 * Nothing here recurses: a task inside a task is a frame on the branch's chain of frames. A phase
 * whose expression reads the clock or the run's id asks for that effect first and is entered again
 * when the answer is there.
 */

import {
  Arena,
  arenaLimit,
  arenaMark,
  arenaOver,
  arenaRelease,
  arenaTake,
  Mark,
  NO_BOUND,
  SCRATCH,
} from "../bytes/arena";
import { bufferText, bufferUint, OUTPUT } from "../bytes/buffer";
import * as C from "../codes";
import { charge, clearError, errorCode, fail, fuel, setFuel, writeErrorText } from "../errors";
import { setNow } from "../expr/machine";
import {
  MENTIONS_NOW,
  MENTIONS_TASK_STARTED,
  MENTIONS_WORKFLOW_ID,
  MENTIONS_WORKFLOW_STARTED,
} from "../expr/mentions";
import { COMPLETED, FAULTED, SKIPPED, writeOutcome, writeRetry, writeTask } from "../trace/record";
import {
  addressOf,
  ARRAY,
  copyCell,
  isTruthy,
  lengthOf,
  NUMBER,
  numberOf,
  OBJECT,
  objectStorage,
  setCell,
  setUsed,
  STRING,
  tagOf,
} from "../value/cell";
import { objectField } from "../value/object";
import { AFTER, BEFORE, bind, EXPORT, INSIDE } from "./bind";
import { COST_COUNT, COST_PHASE } from "./cost";
import { makeReady } from "./branches";
import { caught } from "./catch";
import { ask, askFor, askTimer } from "./effects";
import { abandonFork, beginFork, finishBranch, isFork } from "./fork";
import { buildRequest, ERROR, isGranted, OK, readAnswer } from "./http";
import { literalCell } from "./literal";
import {
  Case,
  CONTINUE,
  Decide,
  DO,
  END,
  EXIT,
  For,
  FOR,
  Fork,
  FORK,
  GOTO,
  Http,
  HTTP,
  List,
  NO_FLOW,
  NO_LIMIT,
  Pause,
  PAUSE,
  RAISE,
  Retry,
  SET,
  SWITCH,
  Table,
  Task,
  taskOf,
  Try,
  TRY,
  Workflow,
} from "./nodes";
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
  PHASE_JITTER,
  PHASE_LIST,
  PHASE_OUTPUT,
  PHASE_TURN,
} from "./phases";
import { EXPRESSION, problem, PROBLEM_DETAIL, problemCell, RUNTIME } from "./problem";
import { retryDelay } from "./retry";
import {
  Branch,
  contextOf,
  EFFECT_HTTP,
  ENDED,
  extraOf,
  FOR_CALL,
  FOR_JITTER,
  FOR_NOW,
  FOR_RETRY,
  FOR_TASK_STARTED,
  FOR_WAIT,
  FOR_WORKFLOW_ID,
  FOR_WORKFLOW_STARTED,
  Frame,
  GRANT,
  INPUT_CELL,
  inputOf,
  keep,
  newFrame,
  OUTCOME,
  outputOf,
  Pending,
  RAW_INPUT,
  rawOf,
  READY,
  requestOf,
  RUN,
  RUN_ID,
  runArena,
  RUNNING,
  valueOf,
} from "./state";
import { INVALID, VALID } from "../schema/evaluate";
import { validate } from "./schemas";
import { decide, DECIDED, NO_FUEL } from "./table";
import { evaluateTemplate, templateMentions } from "./template";

const MARK: Mark = changetype<Mark>(memory.data(16, 16));
const CELL_A: usize = memory.data(16, 16);

/** The result that the branch has just been given, while its phase takes it in. */
let answer: usize = 0;
let answerRequest: usize = 0;

/** Runs the branch until it waits or has ended, or the run has. */
export function runBranch(b: Branch): void {
  const scratch: Arena = SCRATCH;
  while (RUN.status == RUNNING && b.state == READY) {
    arenaMark(scratch, MARK);
    const f = changetype<Frame>(b.frame);
    if (!charge(COST_PHASE) || !step(b, f)) stopAtLimit(f);
    arenaRelease(scratch, MARK);
    if (RUN.status == RUNNING && !isBounded()) stopAtLimit(f);
    // Its fork was left, or its last branch ended: another branch goes on, in its turn.
  }
}

/** False with the error recorded once this activation holds or has said too much. */
function isBounded(): bool {
  if (arenaOver(SCRATCH) || arenaOver(runArena())) return fail(C.E_LIMIT_MEMORY, 0);
  return OUTPUT.len <= (C.MAX_INPUT as u32) || fail(C.E_LIMIT_SIZE, 0);
}

/** Hands a result to the branch that waits for it; it is then READY. */
export function giveResult(b: Branch, p: Pending, result: usize): void {
  const frame = changetype<Frame>(b.frame);
  b.state = READY;
  switch (p.what) {
    case FOR_NOW: {
      b.now = numberOf(objectField(result, "ms"));
      b.hasNow = 1;
      break;
    }
    case FOR_WORKFLOW_STARTED: {
      RUN.started = numberOf(objectField(result, "ms"));
      RUN.hasStarted = 1;
      break;
    }
    case FOR_TASK_STARTED: {
      frame.started = numberOf(objectField(result, "ms"));
      frame.hasStarted = 1;
      break;
    }
    case FOR_WORKFLOW_ID: {
      makeId(objectField(result, "hex"));
      RUN.hasId = 1;
      break;
    }
    case FOR_RETRY:
    case FOR_WAIT: {
      break;
    }
    default: {
      answer = result;
      answerRequest = requestOf(p);
    }
  }
}

/** A version 4 UUID of 32 hex digits (RFC 9562 section 5.4). */
function makeId(hex: usize): void {
  const at = arenaTake(SCRATCH, 36);
  const from = addressOf(hex);
  let to: u32 = 0;
  for (let i: u32 = 0; i < 32; i++) {
    if (i == 8 || i == 12 || i == 16 || i == 20) store<u8>(at + to++, 0x2d);
    let c = load<u8>(from + i) as u32;
    if (i == 12) c = 0x34;
    if (i == 16) {
      const d = (c <= 0x39 ? c - 48 : c - 87) & 3;
      c = d < 2 ? 0x38 + d : 0x5f + d; // 8, 9, a, b
    }
    store<u8>(at + to++, c as u8);
  }
  setCell(CELL_A, STRING, 0, 36, at);
  keep(RUN_ID, CELL_A);
}

// ---- One step ---------------------------------------------------------------------------------------

/** False when a limit was hit: its error is recorded. */
function step(b: Branch, f: Frame): bool {
  if (f.task == 0) return stepRoot(b, f);
  const t = changetype<Task>(f.task);
  switch (f.phase) {
    case PHASE_IF: {
      if (t.condition != 0) {
        const got = evaluate(b, f, t.condition, rawOf(f), BEFORE);
        if (got != OK) return got == WAIT || raise(b, f, got);
        if (!isTruthy(CELL_A)) {
          copyCell(outputOf(f), rawOf(f));
          f.skipped = 1;
          f.phase = PHASE_DONE;
          return true;
        }
      }
      f.phase = PHASE_INPUT;
      return true;
    }
    case PHASE_INPUT: {
      const fits = validate(t.inputSchema, rawOf(f));
      if (fits != VALID) return fits == INVALID && raiseProblem(b, f);
      if (t.inputFrom != 0) {
        const got = evaluate(b, f, t.inputFrom, rawOf(f), BEFORE);
        if (got != OK) return got == WAIT || raise(b, f, got);
        if (!keep(inputOf(f), CELL_A)) return false;
      } else copyCell(inputOf(f), rawOf(f));
      f.phase = PHASE_BODY;
      return true;
    }
    case PHASE_BODY:
      return stepBody(b, f, t);
    case PHASE_EFFECT: {
      if (t.kind == PAUSE) {
        f.phase = PHASE_OUTPUT;
        return true;
      }
      return takeAnswer(b, f, t);
    }
    case PHASE_LIST:
    case PHASE_IN_CATCH:
      return stepList(b, f);
    case PHASE_TURN:
      return stepTurn(b, f, t);
    case PHASE_CATCHING:
      return stepCatching(b, f, t);
    case PHASE_JITTER:
      return delayed(b, f, t);
    case PHASE_DELAY: {
      enterList(f, changetype<Try>(t.body).list, PHASE_LIST);
      return true;
    }
    case PHASE_OUTPUT: {
      if (t.outputAs != 0) {
        const got = evaluate(b, f, t.outputAs, outputOf(f), AFTER);
        if (got != OK) return got == WAIT || raise(b, f, got);
        if (!keep(outputOf(f), CELL_A)) return false;
      }
      const fits = validate(t.outputSchema, outputOf(f));
      if (fits != VALID) return fits == INVALID && raiseProblem(b, f);
      f.phase = PHASE_EXPORT;
      return true;
    }
    case PHASE_EXPORT: {
      if (t.exportAs != 0) {
        const got = evaluate(b, f, t.exportAs, outputOf(f), EXPORT);
        if (got != OK) return got == WAIT || raise(b, f, got);
        if (!keep(CELL_A, CELL_A)) return false;
      } else copyCell(CELL_A, contextOf(b));
      const fits = validate(t.exportSchema, CELL_A);
      if (fits != VALID) return fits == INVALID && raiseProblem(b, f);
      if (t.exportAs != 0) {
        copyCell(contextOf(b), CELL_A);
        b.exported = 1;
      }
      f.phase = PHASE_DONE;
      return true;
    }
    default:
      return leave(b, f, t);
  }
}

/** The workflow itself: input.from, its list, output.as. */
function stepRoot(b: Branch, f: Frame): bool {
  const w = changetype<Workflow>(RUN.workflow);
  if (f.phase == PHASE_INPUT) {
    const fits = validate(w.inputSchema, RAW_INPUT);
    if (fits != VALID) return fits == INVALID && raiseProblem(b, f);
    if (w.inputFrom != 0) {
      const got = evaluate(b, f, w.inputFrom, RAW_INPUT, BEFORE);
      if (got != OK) return got == WAIT || raise(b, f, got);
      if (!keep(INPUT_CELL, CELL_A)) return false;
    } else copyCell(INPUT_CELL, RAW_INPUT);
    copyCell(contextOf(b), INPUT_CELL);
    copyCell(inputOf(f), INPUT_CELL);
    enterList(f, w.list, PHASE_LIST);
    return true;
  }
  if (f.phase == PHASE_LIST) return stepList(b, f);
  if (w.outputAs != 0) {
    const got = evaluate(b, f, w.outputAs, outputOf(f), BEFORE);
    if (got != OK) return got == WAIT || raise(b, f, got);
    if (!keep(outputOf(f), CELL_A)) return false;
  }
  const fits = validate(w.outputSchema, outputOf(f));
  if (fits != VALID) return fits == INVALID && raiseProblem(b, f);
  copyCell(OUTCOME, outputOf(f));
  return endRun(C.STATUS_COMPLETED);
}

// ---- Expressions ----------------------------------------------------------------------------------------

/** Beside OK and ERROR of http.ts: the branch waits for the clock or the run's id. */
const WAIT: u32 = 3;
/** A limit was hit while asking. */
const LIMIT: u32 = 4;

/** Evaluates a template into CELL_A: OK, WAIT, or ERROR (an error is recorded). */
function evaluate(b: Branch, f: Frame, template: u32, input: usize, mode: u32): u32 {
  const missing = needs(b, f, templateMentions(template));
  if (missing != 0) return askFor(b, f, missing) ? WAIT : LIMIT;
  setNow(b.now / 1000);
  const globals = bind(b, f, mode, templateMentions(template));
  return evaluateTemplate(template, input, globals, CELL_A) ? OK : ERROR;
}

/** What must be asked for before an expression with these mentions; 0: nothing. */
function needs(b: Branch, f: Frame, mentions: u32): u32 {
  if ((mentions & MENTIONS_WORKFLOW_STARTED) != 0 && !RUN.hasStarted) return FOR_WORKFLOW_STARTED;
  if ((mentions & MENTIONS_TASK_STARTED) != 0 && !f.hasStarted && f.task != 0)
    return FOR_TASK_STARTED;
  if ((mentions & MENTIONS_WORKFLOW_ID) != 0 && !RUN.hasId) return FOR_WORKFLOW_ID;
  // Last: a sample of the clock holds only until the branch's next result.
  if ((mentions & MENTIONS_NOW) != 0 && !b.hasNow) return FOR_NOW;
  return 0;
}

// ---- Tasks ----------------------------------------------------------------------------------------------

function stepBody(b: Branch, f: Frame, t: Task): bool {
  switch (t.kind) {
    case SET: {
      const got = evaluate(b, f, t.body, inputOf(f), INSIDE);
      if (got != OK) return got == WAIT || raise(b, f, got);
      if (!keep(outputOf(f), CELL_A)) return false;
      f.phase = PHASE_OUTPUT;
      return true;
    }
    case DO: {
      enterList(f, t.body, PHASE_LIST);
      return true;
    }
    case TRY: {
      f.attempt = 1;
      enterList(f, changetype<Try>(t.body).list, PHASE_LIST);
      return true;
    }
    case SWITCH:
      return stepSwitch(b, f, t);
    case FOR: {
      const got = evaluate(b, f, changetype<For>(t.body).collection, inputOf(f), INSIDE);
      if (got != OK) return got == WAIT || raise(b, f, got);
      if (tagOf(CELL_A) != ARRAY) {
        problem(EXPRESSION, 400, "for.in is not an array");
        return raiseProblem(b, f);
      }
      if (!keep(extraOf(f), CELL_A)) return false;
      copyCell(valueOf(f), inputOf(f));
      f.turn = 0;
      f.phase = PHASE_TURN;
      return true;
    }
    case RAISE: {
      const got = evaluate(b, f, t.body, inputOf(f), INSIDE);
      if (got != OK) return got == WAIT || raise(b, f, got);
      return raiseValue(b, f, t);
    }
    case HTTP:
      return stepHttp(b, f, t);
    case PAUSE: {
      copyCell(outputOf(f), inputOf(f));
      const ms = changetype<Pause>(t.body).ms;
      f.phase = ms == 0 ? PHASE_OUTPUT : PHASE_EFFECT;
      return ms == 0 || askTimer(b, f, FOR_WAIT, ms);
    }
    case FORK: {
      // Asked by the branches, it would depend on their order who is first.
      const k = changetype<Fork>(t.body);
      const missing = needs(b, f, k.mentions & (MENTIONS_WORKFLOW_STARTED | MENTIONS_WORKFLOW_ID));
      if (missing != 0) return askFor(b, f, missing);
      return beginFork(b, f, k);
    }
    default:
      return stepDecide(b, f, t);
  }
}

function stepSwitch(b: Branch, f: Frame, t: Task): bool {
  let fallback: u32 = 0;
  let chosen: u32 = 0;
  for (let c = t.body; c != 0 && chosen == 0; c = changetype<Case>(c).next) {
    const condition = changetype<Case>(c).condition;
    if (condition == 0) {
      fallback = c;
      continue;
    }
    const got = evaluate(b, f, condition, inputOf(f), INSIDE);
    if (got != OK) return got == WAIT || raise(b, f, got);
    if (isTruthy(CELL_A)) chosen = c;
  }
  if (chosen == 0) chosen = fallback;
  f.flow = chosen == 0 ? NO_FLOW : changetype<Case>(chosen).flow;
  copyCell(outputOf(f), inputOf(f));
  f.phase = PHASE_OUTPUT;
  return true;
}

function stepHttp(b: Branch, f: Frame, t: Task): bool {
  const h = changetype<Http>(t.body);
  let mentions: u32 = h.isTemplate ? 0 : templateMentions(h.endpoint);
  if (h.headers != 0) mentions |= templateMentions(h.headers);
  if (h.query != 0) mentions |= templateMentions(h.query);
  if (h.body != 0) mentions |= templateMentions(h.body);
  const missing = needs(b, f, mentions);
  if (missing != 0) return askFor(b, f, missing);
  setNow(b.now / 1000);
  const got = buildRequest(h, inputOf(f), bind(b, f, INSIDE, mentions), CELL_A);
  if (got == ERROR) return raise(b, f, got);
  if (got != OK || !isGranted(GRANT, h.method)) return raiseProblem(b, f);
  f.phase = PHASE_EFFECT;
  return ask(b, f, EFFECT_HTTP, FOR_CALL, CELL_A);
}

function takeAnswer(b: Branch, f: Frame, t: Task): bool {
  const got = readAnswer(changetype<Http>(t.body), answerRequest, answer, CELL_A);
  if (got != OK) return raiseProblem(b, f);
  if (!keep(outputOf(f), CELL_A)) return false;
  f.phase = PHASE_OUTPUT;
  return true;
}

function stepDecide(b: Branch, f: Frame, t: Task): bool {
  const d = changetype<Decide>(t.body);
  const got = evaluate(b, f, d.input, inputOf(f), INSIDE);
  if (got != OK) return got == WAIT || raise(b, f, got);
  problem(RUNTIME, 500, "The decision table gave no answer");
  const result = decide(changetype<Table>(d.table), CELL_A, CELL_A);
  if (result == NO_FUEL) return false;
  if (result != DECIDED) return raiseProblem(b, f);
  if (!keep(outputOf(f), CELL_A)) return false;
  f.phase = PHASE_OUTPUT;
  return true;
}

// ---- Lists ------------------------------------------------------------------------------------------------

/** Runs a list from its first task. A for hands on what the last turn gave, all others the input. */
function enterList(f: Frame, list: u32, phase: u32): void {
  f.list = list;
  f.index = 0;
  f.phase = phase;
  if (f.task == 0 || changetype<Task>(f.task).kind != FOR) copyCell(valueOf(f), inputOf(f));
}

/** Starts the next task of the list, or ends the list. */
function stepList(b: Branch, f: Frame): bool {
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
  if (f.phase == PHASE_IN_CATCH) f.flow = changetype<Try>(changetype<Task>(f.task).body).flow;
  copyCell(outputOf(f), valueOf(f));
  f.phase = PHASE_OUTPUT;
  return true;
}

/** Before a turn of a for: is there one, and may it run? */
function stepTurn(b: Branch, f: Frame, t: Task): bool {
  const v = changetype<For>(t.body);
  let more: bool = f.turn < lengthOf(extraOf(f));
  if (more && v.condition != 0) {
    const got = evaluate(b, f, v.condition, valueOf(f), INSIDE);
    if (got != OK) return got == WAIT || raise(b, f, got);
    more = isTruthy(CELL_A);
  }
  if (!more) {
    copyCell(outputOf(f), valueOf(f));
    f.phase = PHASE_OUTPUT;
    return true;
  }
  // Requests are counted anew in every turn.
  const inside = t.lastId - t.id;
  memory.fill(RUN.counts + ((t.id + 1) << 4), 0, inside << 4);
  enterList(f, v.list, PHASE_LIST);
  return charge(COST_COUNT * inside);
}

/** A task has ended: its record, and on to what comes next. */
function leave(b: Branch, f: Frame, t: Task): bool {
  const p = changetype<Frame>(f.parent);
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

/** The workflow ends gracefully: enclosing tasks are left without a record of their own. */
function endWorkflow(from: Branch, f: Frame): bool {
  let b = from;
  while (b.parent != 0) {
    const parent = abandonFork(b, "end");
    if (parent == 0) return false;
    b = changetype<Branch>(parent);
  }
  let root = f;
  while (root.parent != 0) root = changetype<Frame>(root.parent);
  copyCell(outputOf(root), outputOf(f));
  root.phase = PHASE_OUTPUT;
  goOn(b, root, from);
  return true;
}

/** The branch goes on at the frame; `from` is the one that is being run. */
function goOn(b: Branch, f: Frame, from: Branch): void {
  b.frame = changetype<usize>(f) as u32;
  if (b != from) makeReady(b);
}

// ---- Errors -------------------------------------------------------------------------------------------------

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
function raiseProblem(b: Branch, f: Frame): bool {
  if (f.task != 0) problemCell(CELL_A, changetype<Task>(f.task).pointer);
  else {
    literalCell(CELL_A, "");
    problemCell(CELL_A, CELL_A);
  }
  return raiseError(b, f);
}

/** Raises what a raise task evaluated to, in CELL_A: type and status checked, instance set. */
function raiseValue(b: Branch, f: Frame, t: Task): bool {
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
function raiseError(origin: Branch, from: Frame): bool {
  let b = origin;
  let f = from;
  if (!keep(CELL_A, CELL_A)) return false;
  while (f.task != 0) {
    const isTry = changetype<Task>(f.task).kind == TRY;
    if (isTry && f != from && f.phase == PHASE_LIST) {
      copyCell(extraOf(f), CELL_A);
      f.phase = PHASE_CATCHING;
      goOn(b, f, origin);
      return true;
    }
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

/** try: decides what becomes of the error in extraOf(f). */
function stepCatching(b: Branch, f: Frame, t: Task): bool {
  const y = changetype<Try>(t.body);
  let mine: bool = y.filter == 0 || caught(y.filter, extraOf(f));
  if (mine && y.when != 0) {
    const got = evaluate(b, f, y.when, extraOf(f), INSIDE);
    if (got != OK) return got == WAIT || raise(b, f, got);
    mine = isTruthy(CELL_A);
  }
  if (mine && y.exceptWhen != 0) {
    const got = evaluate(b, f, y.exceptWhen, extraOf(f), INSIDE);
    if (got != OK) return got == WAIT || raise(b, f, got);
    mine = !isTruthy(CELL_A);
  }
  if (!mine) {
    copyCell(CELL_A, extraOf(f));
    return raiseError(b, f);
  }
  if (y.retry != 0) {
    const r = changetype<Retry>(y.retry);
    let again: bool = r.attempts == NO_LIMIT || f.attempt - 1 < r.attempts;
    if (again && r.when != 0) {
      const got = evaluate(b, f, r.when, extraOf(f), INSIDE);
      if (got != OK) return got == WAIT || raise(b, f, got);
      again = isTruthy(CELL_A);
    }
    if (again && r.exceptWhen != 0) {
      const got = evaluate(b, f, r.exceptWhen, extraOf(f), INSIDE);
      if (got != OK) return got == WAIT || raise(b, f, got);
      again = !isTruthy(CELL_A);
    }
    if (again) {
      if (r.hasJitter) {
        f.phase = PHASE_JITTER;
        return askFor(b, f, FOR_JITTER);
      }
      return retry(b, f, retryDelay(r, f.attempt));
    }
  }
  if (y.catchList != 0) {
    enterList(f, y.catchList, PHASE_IN_CATCH);
    return true;
  }
  f.flow = y.flow;
  copyCell(outputOf(f), inputOf(f));
  f.phase = PHASE_OUTPUT;
  return true;
}

/** The random number for the jitter has come. */
function delayed(b: Branch, f: Frame, t: Task): bool {
  const r = changetype<Retry>(changetype<Try>(t.body).retry);
  const hex = addressOf(objectField(answer, "hex"));
  let bits: u64 = 0;
  for (let i: u32 = 0; i < 13; i++) {
    const c = load<u8>(hex + i) as u32;
    bits = (bits << 4) | ((c <= 0x39 ? c - 48 : c - 87) as u64);
  }
  const fraction = (bits as f64) / 4503599627370496.0; // 13 hex digits: 2^52
  const jitter = r.jitterFrom + fraction * (r.jitterTo - r.jitterFrom);
  return retry(b, f, retryDelay(r, f.attempt) + jitter);
}

/** Records the retry and waits, or goes on at once where there is nothing to wait for. */
function retry(b: Branch, f: Frame, delay: f64): bool {
  f.attempt++;
  delay = floor<f64>(delay);
  if (!writeRetry(f, f.attempt, delay, extraOf(f))) return false;
  f.phase = PHASE_DELAY;
  return delay <= 0 || askTimer(b, f, FOR_RETRY, delay);
}

// ---- The end -------------------------------------------------------------------------------------------------

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
