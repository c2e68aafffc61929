/**
 * Which states a run can wait in. The machine takes its state at its word, so one that comes from
 * a snapshot is checked first: whatever the text says, nothing later may read where nothing is.
 */

import { bufferBytes, bufferUint, TEXT } from "../../bytes/buffer";
import { MAX_RUN } from "../../errors/codes";
import { addressOf, ARRAY, lengthOf, NULL, OBJECT, STRING, tagOf } from "../../value/cell";
import { equalBytes } from "../../value/order";
import { isGrant } from "../call/grant";
import { hasRequest } from "../effects/table";
import { isListening } from "../listen/listen";
import { isFork, nextBranch } from "../state/branches";
import {
  EFFECT_CLOCK,
  EFFECT_RANDOM,
  EFFECT_TIMER,
  FOR_CALL,
  FOR_JITTER,
  FOR_NOW,
  FOR_RETRY,
  FOR_TASK_STARTED,
  FOR_TIMEOUT,
  FOR_WAIT,
  FOR_WORKFLOW_STARTED,
  isBound,
  isLateKept,
} from "../state/effects";
import {
  END,
  FOR,
  Fork,
  GOTO,
  List,
  LISTEN,
  NO_FLOW,
  Retry,
  Task,
  taskOf,
  TRY,
  Try,
  WAIT_TASK,
} from "../state/nodes";
import {
  PHASE_BODY,
  PHASE_CATCHING,
  PHASE_DELAY,
  PHASE_EFFECT,
  PHASE_EXPORT,
  PHASE_FORK,
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
import { isLimits } from "../state/shapes";
import {
  Branch,
  extraOf,
  FINISHED,
  FORKED,
  Frame,
  GRANT,
  keyOf,
  LIMITS,
  Pending,
  prefixOf,
  RUN,
  RUN_ID,
  WAITING,
} from "../state/state";
import { GROWTH, SMALLEST } from "./threshold";

/** Effects that have no result yet. */
let waiting: u32 = 0;

/** True if the run's state is one that it can wait in. */
export function isValidState(): bool {
  if (!isLimits(LIMITS) || !isGrant(GRANT)) return false;
  if (tagOf(RUN_ID) != NULL && tagOf(RUN_ID) != STRING) return false;
  if (RUN.fuelUsed > RUN.fuelLimit || RUN.asked > RUN.effectsLimit) return false;
  if (
    RUN.threshold < SMALLEST ||
    RUN.threshold > GROWTH * (MAX_RUN as u32) ||
    RUN.taken > RUN.threshold
  )
    return false;
  waiting = 0;
  for (let b = RUN.branch; b != 0; b = nextBranch(changetype<Branch>(b))) {
    if (!isBranch(changetype<Branch>(b))) return false;
    if (changetype<Branch>(b).state == WAITING) waiting++;
  }
  for (let e = RUN.cancelled; e != 0; e = changetype<Pending>(e).next) {
    const p = changetype<Pending>(e);
    if (!isLateKept(p.type) || tagOf(keyOf(p)) != STRING || !hasRequest(p)) return false;
  }
  return waiting <= RUN.asked && RUN.used <= RUN.asked - waiting;
}

/** True if the branch waits for an effect or for its fork, or has ended. */
function isBranch(b: Branch): bool {
  if (b.state == FINISHED) return b.parent != 0 && b.frame == 0;
  if (b.frame == 0) return false;
  const f = changetype<Frame>(b.frame);
  if (b.state == FORKED) {
    if (!isFork(b.frame) || f.phase != PHASE_FORK || b.fork >= b.sequence) return false;
    const k = changetype<Fork>(changetype<Task>(f.task).body);
    if (b.count != changetype<List>(k.list).count || b.open == 0 || b.forkedAt > RUN.used)
      return false;
    if (k.compete && b.open != b.count) return false; // the first to end would have won
  } else {
    const p = changetype<Pending>(b.pending);
    if (b.state != WAITING || p.sequence >= b.sequence || !hasOwnKey(b, p)) return false;
    if (!isWaiting(f, p)) return false;
  }
  const base: u32 = b.parent == 0 ? 0 : changetype<Branch>(b.parent).frame;
  for (let g = b.frame; g != base; g = changetype<Frame>(g).parent) {
    if (!isPlaced(changetype<Frame>(g), b) || !isTimed(changetype<Frame>(g), b)) return false;
  }
  return true;
}

/** True if the frame's timers are ones that it can have, each once. */
function isTimed(f: Frame, b: Branch): bool {
  let known: u32 = 0;
  for (let t = f.timers; t != 0; t = changetype<Pending>(t).next) {
    waiting++;
    const p = changetype<Pending>(t);
    if (p.type != EFFECT_TIMER || !isBound(p.what) || p.sequence >= b.sequence) return false;
    if (!hasOwnKey(b, p) || (known & (1 << p.what)) != 0) return false;
    known |= 1 << p.what;
    if (p.what == FOR_TIMEOUT) continue;
    if (f.task == 0 || changetype<Task>(f.task).kind != TRY) return false;
    const r = changetype<Try>(changetype<Task>(f.task).body).retry;
    if (r == 0 || f.attempt == 0) return false;
  }
  return true;
}

/** The key by which the effect is found: the branch's prefix and the effect's number. */
function hasOwnKey(b: Branch, p: Pending): bool {
  TEXT.len = 0;
  bufferBytes(TEXT, addressOf(prefixOf(b)), lengthOf(prefixOf(b)));
  bufferUint(TEXT, p.sequence);
  const key = keyOf(p);
  return tagOf(key) == STRING && equalBytes(TEXT.at, TEXT.len, addressOf(key), lengthOf(key));
}

/** True if the frame is one that the pending effect's result can be handed to. */
function isWaiting(f: Frame, p: Pending): bool {
  const kind: u32 = f.task == 0 ? 0 : changetype<Task>(f.task).kind;
  if (p.what == FOR_CALL) {
    if (f.phase != PHASE_EFFECT || f.task == 0 || p.type != changetype<Task>(f.task).effect)
      return false;
    return hasRequest(p) && (kind != LISTEN || isListening(f));
  }
  if (p.what == FOR_RETRY) return kind == TRY && f.phase == PHASE_DELAY && p.type == EFFECT_TIMER;
  if (p.what == FOR_WAIT)
    return kind == WAIT_TASK && f.phase == PHASE_EFFECT && p.type == EFFECT_TIMER;
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
  if (f.phase == PHASE_ITEM || f.phase == PHASE_UNTIL) return kind == LISTEN && isListening(f);
  return f.phase == PHASE_CATCHING && kind == TRY && f.attempt != 0 && tagOf(extraOf(f)) == OBJECT;
}

/** True if the frame's parent is running the list in which the frame's task stands. */
function isPlaced(f: Frame, b: Branch): bool {
  if (f.task == 0) return f.parent == 0;
  if (f.parent == 0 || f.skipped) return false;
  const p = changetype<Frame>(f.parent);
  if (isFork(f.parent)) {
    // The outermost frame of a branch; the fork itself is looked at with its own branch.
    if (b.parent == 0 || changetype<Branch>(b.parent).frame != f.parent) return false;
    const branches = changetype<Fork>(changetype<Task>(p.task).body).list;
    const own = taskOf(branches, b.index);
    return changetype<usize>(own) == (f.task as usize) && (f.flow == NO_FLOW || f.flow <= END);
  }
  const kind: u32 = p.task == 0 ? 0 : changetype<Task>(p.task).kind;
  if (p.phase != PHASE_LIST && !(p.phase == PHASE_IN_CATCH && kind == TRY)) return false;
  if (p.list == 0 || p.index >= changetype<List>(p.list).count) return false;
  if (changetype<usize>(taskOf(p.list, p.index)) != (f.task as usize)) return false;
  if (kind == FOR && (tagOf(extraOf(p)) != ARRAY || p.turn >= lengthOf(extraOf(p)))) return false;
  if (kind == LISTEN && (p.list == 0 || !isListening(p))) return false;
  if (kind == TRY && (p.attempt == 0 || (p.phase == PHASE_IN_CATCH && tagOf(extraOf(p)) != OBJECT)))
    return false;
  return (
    f.flow == NO_FLOW ||
    f.flow <= END ||
    (f.flow >= GOTO && f.flow - GOTO < changetype<List>(p.list).count)
  );
}
