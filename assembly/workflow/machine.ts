/**
 * The workflow machine: one step moves one branch by one phase of its innermost task, until it waits,
 * for an effect or for the branches of its fork, or has ended.
 *
 * Nothing here recurses: a task inside a task is a frame on the branch's chain of frames. A phase
 * whose expression reads the clock or the run's id asks for that effect first and is entered again
 * when the answer is there.
 */

import * as C from "../errors/codes";
import { Arena, Mark, SCRATCH, arenaMark, arenaOver, arenaRelease } from "../bytes/arena";
import { OUTPUT } from "../bytes/buffer";
import { charge, fail } from "../errors/errors";
import { setNow } from "../expr/machine/machine";
import { MENTIONS_WORKFLOW_ID, MENTIONS_WORKFLOW_STARTED } from "../expr/syntax/mentions";
import { INVALID, VALID } from "../schema/evaluate";
import { ARRAY, OBJECT, copyCell, isTruthy, objectStorage, setCell, tagOf } from "../value/cell";
import { answer, answerRequest } from "./answers";
import { AFTER, BEFORE, EXPORT, INSIDE, bind } from "./bind";
import { beginChild, enterChild } from "./child";
import { COST_PHASE } from "./state/cost";
import { durationOf } from "./duration";
import { ask, askFor, askTimer } from "./effects";
import { CELL_A, WAIT, evaluate, needs } from "./evaluate";
import { buildEvent, readEmitted, typeOfEvent } from "./events";
import { endRun, raise, raiseProblem, raiseValue, stopAtLimit } from "./faults";
import { beginFork } from "./fork";
import { isEmitGranted, isGranted, isMcpGranted, isModelGranted } from "./grant";
import { buildGrpc, readGrpc } from "./grpc";
import { areSecretsGranted } from "./holes";
import { ERROR, OK, buildRequest, httpMentions, readAnswer } from "./http";
import { stepItem, stepListen, stepUntil, takeEvent } from "./listen";
import { enterList, leave, stepList, stepTurn } from "./lists";
import { buildQuestion, llmMentions, readLlm } from "./llm";
import { buildMcp, mcpTarget, readMcp } from "./mcp";
import {
  CHILD,
  Case,
  Child,
  DO,
  Decide,
  EMIT,
  Emit,
  FOR,
  FORK,
  For,
  Fork,
  GRPC,
  Grpc,
  HTTP,
  Http,
  LISTEN,
  LLM,
  Listen,
  Llm,
  MCP,
  Mcp,
  NO_FLOW,
  PAUSE,
  Pause,
  RAISE,
  SET,
  SWITCH,
  TRY,
  Table,
  Task,
  Try,
  WORKFLOW,
  Workflow,
} from "./state/nodes";
import {
  PHASE_BODY,
  PHASE_CATCHING,
  PHASE_DELAY,
  PHASE_DONE,
  PHASE_EFFECT,
  PHASE_EXPORT,
  PHASE_IF,
  PHASE_INPUT,
  PHASE_IN_CATCH,
  PHASE_ITEM,
  PHASE_JITTER,
  PHASE_LIST,
  PHASE_OUTPUT,
  PHASE_TURN,
  PHASE_UNTIL,
} from "./state/phases";
import { EXPRESSION, RUNTIME, problem } from "./problem";
import { validate } from "./schemas";
import {
  Branch,
  EFFECT_EMIT,
  EFFECT_GRPC,
  EFFECT_HTTP,
  EFFECT_LLM,
  EFFECT_MCP,
  FOR_CALL,
  FOR_WAIT,
  Frame,
  GRANT,
  INPUT_CELL,
  OUTCOME,
  RAW_INPUT,
  READY,
  RUN,
  RUNNING,
  contextOf,
  extraOf,
  inputOf,
  keep,
  outputOf,
  rawOf,
  runArena,
  valueOf,
} from "./state/state";
import { DECIDED, NO_FUEL, decide } from "./table";
import { templateMentions } from "./template";
import { beginTimeout, timeOut } from "./timeouts";
import { beginAttempt, delayed, stepCatching } from "./trying";

const MARK: Mark = changetype<Mark>(memory.data(16, 16));

/** Runs the branch until it waits or has ended, or the run has. */
export function runBranch(b: Branch): void {
  const scratch: Arena = SCRATCH;
  while (RUN.status == RUNNING && b.state == READY) {
    arenaMark(scratch, MARK);
    const f = changetype<Frame>(b.frame);
    const done = charge(COST_PHASE) && (b.timedOut != 0 ? timeOut(b) : step(b, f));
    if (!done) stopAtLimit(f);
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
      if (t.kind == WORKFLOW) enterChild(b, f);
      f.phase = PHASE_INPUT;
      return t.timeout == 0 || beginTimeout(b, f, t.timeout);
    }
    case PHASE_INPUT: {
      const fits = validate(t.inputSchema, rawOf(f));
      if (fits != VALID) return fits == INVALID && raiseProblem(b, f);
      if (t.inputFrom != 0) {
        const got = evaluate(b, f, t.inputFrom, rawOf(f), BEFORE);
        if (got != OK) return got == WAIT || raise(b, f, got);
        if (!keep(inputOf(f), CELL_A)) return false;
      } else copyCell(inputOf(f), rawOf(f));
      if (t.kind == WORKFLOW) beginChild(b, f);
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
        const mode = t.kind == WORKFLOW ? BEFORE : AFTER;
        const got = evaluate(b, f, t.outputAs, outputOf(f), mode);
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
    if (w.timeout != 0 && f.timers == 0 && !beginTimeout(b, f, w.timeout)) return false;
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
    case DO:
    case WORKFLOW: {
      enterList(f, t.body, PHASE_LIST);
      return true;
    }
    case CHILD:
      return stepChild(b, f, changetype<Child>(t.body));
    case TRY: {
      f.attempt = 1;
      return beginAttempt(b, f, changetype<Try>(t.body));
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
    case MCP:
    case GRPC:
      return stepCall(b, f, t);
    case EMIT:
      return stepEmit(b, f, t);
    case LLM:
      return stepLlm(b, f, t);
    case LISTEN:
      return stepListen(b, f, changetype<Listen>(t.body));
    case PAUSE:
      return stepWait(b, f, changetype<Pause>(t.body));
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

function stepWait(b: Branch, f: Frame, w: Pause): bool {
  let ms = w.ms;
  if (w.program != 0) {
    const got = evaluate(b, f, w.program, inputOf(f), INSIDE);
    if (got != OK) return got == WAIT || raise(b, f, got);
    ms = floor<f64>(durationOf(CELL_A));
    if (ms < 0) {
      problem(EXPRESSION, 400, "The time to wait is no duration");
      return raiseProblem(b, f);
    }
  }
  copyCell(outputOf(f), inputOf(f));
  f.phase = ms == 0 ? PHASE_OUTPUT : PHASE_EFFECT;
  return ms == 0 || askTimer(b, f, FOR_WAIT, ms);
}

/** Hands the other workflow its input. */
function stepChild(b: Branch, f: Frame, c: Child): bool {
  if (c.input != 0) {
    const got = evaluate(b, f, c.input, inputOf(f), INSIDE);
    if (got != OK) return got == WAIT || raise(b, f, got);
  } else setCell(CELL_A, OBJECT, 0, 0, objectStorage(SCRATCH, 0));
  enterList(f, c.list, PHASE_LIST);
  return keep(valueOf(f), CELL_A);
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

/** call http, mcp and grpc: the request, if it is granted. */
function stepCall(b: Branch, f: Frame, t: Task): bool {
  const h = requestOfCall(t);
  const mentions = httpMentions(h);
  const missing = needs(b, f, mentions);
  if (missing != 0) return askFor(b, f, missing);
  setNow(b.now / 1000);
  const globals = bind(b, f, INSIDE, mentions);
  let got: u32;
  if (t.kind == MCP) got = buildMcp(changetype<Mcp>(t.body), inputOf(f), globals, CELL_A);
  else if (t.kind == GRPC) got = buildGrpc(changetype<Grpc>(t.body), inputOf(f), globals, CELL_A);
  else got = buildRequest(h, inputOf(f), globals, CELL_A);
  if (got == ERROR) return raise(b, f, got);
  if (got != OK || !isCallGranted(t, h) || !areSecretsGranted(GRANT, h)) return raiseProblem(b, f);
  f.phase = PHASE_EFFECT;
  const type = t.kind == MCP ? EFFECT_MCP : t.kind == GRPC ? EFFECT_GRPC : EFFECT_HTTP;
  return ask(b, f, type, FOR_CALL, CELL_A);
}

function requestOfCall(t: Task): Http {
  if (t.kind == MCP) return changetype<Http>(changetype<Mcp>(t.body).http);
  if (t.kind == GRPC) return changetype<Http>(changetype<Grpc>(t.body).http);
  return changetype<Http>(t.body);
}

function isCallGranted(t: Task, h: Http): bool {
  if (t.kind != MCP) return isGranted(GRANT, h.method);
  const m = changetype<Mcp>(t.body);
  return isMcpGranted(GRANT, m.method, mcpTarget(m, CELL_A));
}

/** The result of the task's own effect has come. */
function takeAnswer(b: Branch, f: Frame, t: Task): bool {
  if (t.kind == LISTEN) return takeEvent(b, f, changetype<Listen>(t.body));
  if (t.kind == PAUSE) {
    f.phase = PHASE_OUTPUT;
    return true;
  }
  let got: u32;
  if (t.kind == EMIT) got = readEmitted(answerRequest, answer, CELL_A);
  else if (t.kind == LLM) got = readLlm(changetype<Llm>(t.body), answer, CELL_A);
  else if (t.kind == MCP) got = readMcp(answer, CELL_A);
  else if (t.kind == GRPC) got = readGrpc(answer, CELL_A);
  else got = readAnswer(changetype<Http>(t.body), answerRequest, answer, CELL_A);
  if (got == ERROR) return false;
  if (got != OK) return raiseProblem(b, f);
  if (!keep(outputOf(f), CELL_A)) return false;
  f.phase = PHASE_OUTPUT;
  return true;
}

function stepEmit(b: Branch, f: Frame, t: Task): bool {
  const e = changetype<Emit>(t.body);
  const mentions = templateMentions(e.event);
  const missing = needs(b, f, mentions);
  if (missing != 0) return askFor(b, f, missing);
  setNow(b.now / 1000);
  const got = buildEvent(e, inputOf(f), bind(b, f, INSIDE, mentions), CELL_A);
  if (got == ERROR) return raise(b, f, got);
  if (got != OK || !isEmitGranted(GRANT, typeOfEvent(CELL_A))) return raiseProblem(b, f);
  f.phase = PHASE_EFFECT;
  return ask(b, f, EFFECT_EMIT, FOR_CALL, CELL_A);
}

function stepLlm(b: Branch, f: Frame, t: Task): bool {
  const l = changetype<Llm>(t.body);
  const mentions = llmMentions(l);
  const missing = needs(b, f, mentions);
  if (missing != 0) return askFor(b, f, missing);
  setNow(b.now / 1000);
  const got = buildQuestion(l, inputOf(f), bind(b, f, INSIDE, mentions), CELL_A);
  if (got == ERROR) return raise(b, f, got);
  if (got != OK || !isModelGranted(GRANT, l.model)) return raiseProblem(b, f);
  f.phase = PHASE_EFFECT;
  return ask(b, f, EFFECT_LLM, FOR_CALL, CELL_A);
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
