/**
 * Which states a run can wait in. The machine takes its state at its word, so one that comes from
 * a snapshot is checked first: whatever the text says, nothing later may read where nothing is.
 */

import { MAX_RUN } from "../codes";
import {
  ARRAY,
  elementAt,
  lengthOf,
  NULL,
  NUMBER,
  numberOf,
  OBJECT,
  STRING,
  tagOf,
} from "../value/cell";
import { objectField } from "../value/object";
import { isGrant } from "./http";
import { END, FOR, GOTO, HTTP, List, NO_FLOW, PAUSE, Retry, Task, taskOf, Try, TRY } from "./nodes";
import {
  PHASE_BODY,
  PHASE_CATCHING,
  PHASE_DELAY,
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
import {
  Branch,
  EFFECT_CLOCK,
  EFFECT_HTTP,
  EFFECT_RANDOM,
  EFFECT_TIMER,
  extraOf,
  FOR_CALL,
  FOR_JITTER,
  FOR_NOW,
  FOR_RETRY,
  FOR_TASK_STARTED,
  FOR_WAIT,
  FOR_WORKFLOW_STARTED,
  Frame,
  GRANT,
  keyOf,
  LIMITS,
  Pending,
  requestOf,
  RUN,
  RUN_ID,
  WAITING,
} from "./state";

/** State below this size is not worth compacting. */
export const SMALLEST: u32 = 1 << 22;
/** State is compacted when it has taken this many times what was alive: the cost per step stays flat. */
export const GROWTH: u32 = 4;

/** Latest time that a clock may say: the last millisecond of the year 9999. */
const LAST_TIME: f64 = 253402300799999;

export function isTime(v: usize): bool {
  return isWhole(v, LAST_TIME);
}

/** {"effects","fuel"}: whole numbers. */
export function isLimits(v: usize): bool {
  if (tagOf(v) != OBJECT || lengthOf(v) != 2) return false;
  return (
    isWhole(objectField(v, "effects"), 4294967295) &&
    isWhole(objectField(v, "fuel"), 9007199254740991)
  );
}

/** True if the cell (0: none) is a whole number from 0 to `most`. */
export function isWhole(v: usize, most: f64): bool {
  if (v == 0 || tagOf(v) != NUMBER) return false;
  const x = numberOf(v);
  return x >= 0 && x <= most && floor<f64>(x) == x;
}

/** True if the run's state is one that it can wait in. */
export function isSound(): bool {
  if (!isLimits(LIMITS) || !isGrant(GRANT)) return false;
  if (tagOf(RUN_ID) != NULL && tagOf(RUN_ID) != STRING) return false;
  if (RUN.fuelUsed > RUN.fuelLimit || RUN.asked > RUN.effectsLimit) return false;
  if (
    RUN.threshold < SMALLEST ||
    RUN.threshold > GROWTH * (MAX_RUN as u32) ||
    RUN.taken > RUN.threshold
  )
    return false;
  const b = changetype<Branch>(RUN.branch);
  // One branch, which waits for one effect.
  if (
    b.state != WAITING ||
    RUN.pending == 0 ||
    RUN.used + 1 != RUN.asked ||
    b.sequence != RUN.asked
  )
    return false;
  const p = changetype<Pending>(RUN.pending);
  if (p.next != 0 || p.sequence + 1 != b.sequence || tagOf(keyOf(p)) != STRING) return false;
  if (!isWaiting(changetype<Frame>(b.frame), p)) return false;
  for (let f = b.frame; f != 0; f = changetype<Frame>(f).parent) {
    if (!isPlaced(changetype<Frame>(f))) return false;
  }
  return true;
}

/** True if the frame is one that the pending effect's result can be handed to. */
function isWaiting(f: Frame, p: Pending): bool {
  const kind: u32 = f.task == 0 ? 0 : changetype<Task>(f.task).kind;
  if (p.what == FOR_CALL)
    return (
      kind == HTTP && f.phase == PHASE_EFFECT && p.type == EFFECT_HTTP && isRequest(requestOf(p))
    );
  if (p.what == FOR_RETRY) return kind == TRY && f.phase == PHASE_DELAY && p.type == EFFECT_TIMER;
  if (p.what == FOR_WAIT) return kind == PAUSE && f.phase == PHASE_EFFECT && p.type == EFFECT_TIMER;
  if (p.what == FOR_JITTER) {
    if (kind != TRY || f.phase != PHASE_JITTER || p.type != EFFECT_RANDOM) return false;
    const r = changetype<Try>(changetype<Task>(f.task).body).retry;
    return (
      r != 0 && changetype<Retry>(r).hasJitter != 0 && f.attempt != 0 && tagOf(extraOf(f)) == OBJECT
    );
  }
  const isClock = p.what == FOR_NOW || p.what == FOR_WORKFLOW_STARTED || p.what == FOR_TASK_STARTED;
  if (p.type != (isClock ? EFFECT_CLOCK : EFFECT_RANDOM)) return false;
  // An expression of this phase is evaluated when the answer is there.
  if (f.phase == PHASE_INPUT || f.phase == PHASE_OUTPUT) return true;
  if (f.phase == PHASE_IF || f.phase == PHASE_BODY || f.phase == PHASE_EXPORT) return kind != 0;
  if (f.phase == PHASE_TURN) return kind == FOR && tagOf(extraOf(f)) == ARRAY;
  return f.phase == PHASE_CATCHING && kind == TRY && f.attempt != 0 && tagOf(extraOf(f)) == OBJECT;
}

/** What the answer and the task's output are made from. */
function isRequest(v: usize): bool {
  if (tagOf(v) != OBJECT) return false;
  const headers = objectField(v, "headers");
  const method = objectField(v, "method");
  const uri = objectField(v, "uri");
  if (
    headers == 0 ||
    tagOf(headers) != OBJECT ||
    method == 0 ||
    tagOf(method) != STRING ||
    uri == 0 ||
    tagOf(uri) != STRING
  )
    return false;
  const names = objectField(v, "responseHeaders");
  if (names == 0) return true;
  if (tagOf(names) != ARRAY) return false;
  for (let i: u32 = 0; i < lengthOf(names); i++)
    if (tagOf(elementAt(names, i)) != STRING) return false;
  return true;
}

/** True if the frame's parent is running the list in which the frame's task stands. */
function isPlaced(f: Frame): bool {
  if (f.task == 0) return f.parent == 0;
  if (f.parent == 0 || f.skipped) return false;
  const p = changetype<Frame>(f.parent);
  const kind: u32 = p.task == 0 ? 0 : changetype<Task>(p.task).kind;
  if (p.phase != PHASE_LIST && !(p.phase == PHASE_IN_CATCH && kind == TRY)) return false;
  if (p.list == 0 || p.index >= changetype<List>(p.list).count) return false;
  if (changetype<usize>(taskOf(p.list, p.index)) != (f.task as usize)) return false;
  if (kind == FOR && (tagOf(extraOf(p)) != ARRAY || p.turn >= lengthOf(extraOf(p)))) return false;
  if (kind == TRY && (p.attempt == 0 || (p.phase == PHASE_IN_CATCH && tagOf(extraOf(p)) != OBJECT)))
    return false;
  return (
    f.flow == NO_FLOW ||
    f.flow <= END ||
    (f.flow >= GOTO && f.flow - GOTO < changetype<List>(p.list).count)
  );
}
