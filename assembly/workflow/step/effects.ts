/**
 * Effects: what the run asks of the outside. Asking makes a pending effect and a request record;
 * the branch waits until advance() brings the result.
 */

import { arenaTake, SCRATCH } from "../../bytes/arena";
import { Buffer, bufferBytes, bufferUint } from "../../bytes/buffer";
import { E_LIMIT_EFFECTS } from "../../errors/codes";
import { fail } from "../../errors/errors";
import { writeRequest } from "../../trace/record";
import {
  addressOf,
  lengthOf,
  OBJECT,
  objectStorage,
  setCell,
  setNumber,
  setUsed,
} from "../../value/cell";
import {
  COUNTS,
  EFFECT_CLOCK,
  EFFECT_RANDOM,
  EFFECT_TIMER,
  FOR_JITTER,
  FOR_NOW,
  FOR_TASK_STARTED,
  FOR_WORKFLOW_STARTED,
} from "../state/effects";
import { bufferCell, literalCell } from "../state/literal";
import { Task, Workflow } from "../state/nodes";
import {
  Branch,
  Frame,
  keep,
  keyOf,
  newPending,
  Pending,
  prefixOf,
  requestOf,
  RUN,
  WAITING,
} from "../state/state";

const KEY: Buffer = changetype<Buffer>(memory.data(16, 16));

/** Asks for an effect whose request is the cell, and waits. False with a limit's error recorded. */
export function ask(b: Branch, frame: Frame, type: u32, what: u32, request: usize): bool {
  b.pending = make(b, frame, type, what, request);
  b.state = WAITING;
  return b.pending != 0;
}

/** The effect, whose request is recorded; 0 with a limit's error recorded. */
function make(b: Branch, frame: Frame, type: u32, what: u32, request: usize): u32 {
  if (RUN.asked >= RUN.effectsLimit) {
    fail(E_LIMIT_EFFECTS, 0);
    return 0;
  }
  RUN.asked++;
  const p = newPending();
  p.branch = changetype<usize>(b) as u32;
  p.type = type;
  p.what = what;
  p.sequence = b.sequence++;
  const cell = arenaTake(SCRATCH, 16);
  KEY.len = 0;
  bufferBytes(KEY, addressOf(prefixOf(b)), lengthOf(prefixOf(b)));
  bufferUint(KEY, p.sequence);
  bufferCell(cell, KEY);
  if (!keep(keyOf(p), cell) || !keep(requestOf(p), request)) return 0;
  return writeRequest(p, frame, countOf(frame, type)) ? (changetype<usize>(p) as u32) : 0;
}

/** Counts and returns the requests of this type by this task in this iteration. */
function countOf(frame: Frame, type: u32): u32 {
  // The workflow itself comes behind its tasks.
  const id =
    frame.task == 0
      ? changetype<Workflow>(RUN.workflow).taskCount
      : changetype<Task>(frame.task).id;
  const at = RUN.counts + ((id * COUNTS + type) << 2);
  const n = load<u32>(at) + 1;
  store<u32>(at, n);
  return n;
}

/** Asks for the time or for random bytes. */
export function askFor(b: Branch, frame: Frame, what: u32): bool {
  const cell = arenaTake(SCRATCH, 16);
  const at = objectStorage(SCRATCH, 1);
  literalCell(at, "for");
  literalCell(at + 16, nameOf(what));
  setUsed(at, 1);
  setCell(cell, OBJECT, 0, 1, at);
  const isClock = what == FOR_NOW || what == FOR_WORKFLOW_STARTED || what == FOR_TASK_STARTED;
  return ask(b, frame, isClock ? EFFECT_CLOCK : EFFECT_RANDOM, what, cell);
}

function nameOf(what: u32): string {
  if (what == FOR_NOW) return "now";
  if (what == FOR_WORKFLOW_STARTED) return "workflow.startedAt";
  if (what == FOR_TASK_STARTED) return "task.startedAt";
  return what == FOR_JITTER ? "jitter" : "workflow.id";
}

/** Asks for a timer of so many milliseconds, and waits. */
export function askTimer(b: Branch, frame: Frame, what: u32, ms: f64): bool {
  return ask(b, frame, EFFECT_TIMER, what, delayCell(ms));
}

/** A timer of the frame, for which the branch does not wait. False with a limit's error recorded. */
export function askTimerBeside(b: Branch, frame: Frame, what: u32, ms: f64): bool {
  const t = make(b, frame, EFFECT_TIMER, what, delayCell(ms));
  if (t == 0) return false;
  changetype<Pending>(t).next = frame.timers;
  frame.timers = t;
  return true;
}

function delayCell(ms: f64): usize {
  const cell = arenaTake(SCRATCH, 16);
  const at = objectStorage(SCRATCH, 1);
  literalCell(at, "ms");
  setNumber(at + 16, ms);
  setUsed(at, 1);
  setCell(cell, OBJECT, 0, 1, at);
  return cell;
}
