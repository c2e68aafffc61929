/**
 * fork: its branches begin, end, and are cancelled (docs/spec/workflow.md, WF-30 to WF-34). Their
 * outermost frames hang on the frame of the fork, so that they see its variables and iteration.
 */

import { arenaTake, SCRATCH } from "../../bytes/arena";
import { charge } from "../../errors/errors";
import { checking } from "../../errors/looks";
import { CANCELLED, writeTask } from "../../trace/record";
import { noteRace } from "../../trace/used";
import { ARRAY, arrayStorage, copyCell, setCell, setUsed } from "../../value/cell";
import { makeReady } from "../state/branches";
import { leaveSubflow } from "../state/subflow";
import { cancelEffect, cancelTimers } from "../state/cancelled-effects";
import { Fork, Task } from "../state/nodes";
import { PHASE_OUTPUT } from "../state/phases";
import {
  Branch,
  childBranch,
  contextOf,
  FINISHED,
  FORKED,
  Frame,
  keep,
  outputOf,
  Pending,
  READY,
  resultOf,
  RUN,
} from "../state/state";
import { mergeContext } from "./merge-context";

/** The branch's task has ended with its output. */
export function finishBranch(b: Branch, f: Frame): bool {
  const p = changetype<Branch>(b.parent);
  const fork = changetype<Frame>(p.frame);
  const k = changetype<Fork>(changetype<Task>(fork.task).body);
  copyCell(resultOf(b), outputOf(f));
  end(b);
  if (k.compete) {
    if (!cancelOthers(b, "compete")) return false;
    copyCell(contextOf(p), contextOf(b));
    p.exported |= b.exported;
    copyCell(outputOf(fork), resultOf(b));
  } else {
    if (p.open != 0) return true;
    if (!gather(p, fork)) return false;
  }
  fork.phase = PHASE_OUTPUT;
  leaveFork(p);
  makeReady(p);
  return true;
}

/** The outputs in an array, and what the branches have exported. */
function gather(p: Branch, fork: Frame): bool {
  const n = p.count;
  const array = arenaTake(SCRATCH, 16);
  const at = arrayStorage(SCRATCH, n);
  for (let i: u32 = 0; i < n; i++) copyCell(at + ((i as usize) << 4), resultOf(childBranch(p, i)));
  setUsed(at, n);
  setCell(array, ARRAY, 0, n, at);
  if (!keep(outputOf(fork), array)) return false;
  const merged = arenaTake(SCRATCH, 16);
  copyCell(merged, contextOf(p));
  let exported: u32 = 0;
  checking("context");
  for (let i: u32 = 0; i < n; i++) {
    const child = childBranch(p, i);
    if (!child.exported) continue;
    exported = 1;
    if (!mergeContext(merged, contextOf(p), contextOf(child))) return false;
  }
  p.exported |= exported;
  return !exported || keep(contextOf(p), merged);
}

/**
 * An error, or the end of the workflow, leaves the branch: all others of its fork are cancelled.
 * The parent, whose innermost frame is the fork's; 0 with a limit's error recorded.
 */
export function abandonFork(b: Branch, what: string): u32 {
  end(b);
  if (!cancelOthers(b, what)) return 0;
  const p = changetype<Branch>(b.parent);
  leaveFork(p);
  p.state = READY;
  return b.parent;
}

/** Cancels what is left of a branch's fork, which it then has no more. */
export function cancelFork(p: Branch): bool {
  if (!cancelAll(p)) return false;
  leaveFork(p);
  return true;
}

function leaveFork(p: Branch): void {
  p.children = 0;
  p.count = 0;
  p.open = 0;
  p.hasNow = 0;
}

function end(b: Branch): void {
  b.state = FINISHED;
  b.frame = 0;
  b.pending = 0;
  if (b.parent != 0) changetype<Branch>(b.parent).open--;
}

/** Cancels the other branches of a fork, first to last. */
function cancelOthers(b: Branch, what: string): bool {
  const p = changetype<Branch>(b.parent);
  // Where nothing has arrived since the fork began, there was no race.
  if (p.open != 0 && RUN.used != p.forkedAt && !noteRace(what, b)) return false;
  return cancelAll(p);
}

function cancelAll(p: Branch): bool {
  for (let i: u32 = 0; i < p.count; i++) {
    const child = childBranch(p, i);
    if (child.state != FINISHED && !cancel(child)) return false;
  }
  return true;
}

/** Cancels a branch, those of its forks first. */
function cancel(top: Branch): bool {
  let b = top;
  while (true) {
    const inner = b.state == FORKED ? openChild(b) : 0;
    if (inner != 0) {
      b = changetype<Branch>(inner);
      continue;
    }
    if (!cancelOne(b)) return false;
    if (b == top) return true;
    b = changetype<Branch>(b.parent);
  }
}

function openChild(b: Branch): u32 {
  for (; b.cursor < b.count; b.cursor++) {
    if (childBranch(b, b.cursor).state != FINISHED)
      return changetype<usize>(childBranch(b, b.cursor)) as u32;
  }
  return 0;
}

function cancelOne(b: Branch): bool {
  if (!charge(1)) return false;
  // One that could go on has not begun: nothing of it is in the trace.
  if (b.state != READY) {
    const fork = changetype<Branch>(b.parent).frame;
    for (let f = b.frame; f != fork; f = changetype<Frame>(f).parent) {
      cancelTimers(changetype<Frame>(f));
      leaveSubflow(b, changetype<Frame>(f));
      if (!writeTask(b, changetype<Frame>(f), CANCELLED, 0, 0, "cancel")) return false;
    }
  }
  if (b.pending != 0) cancelEffect(changetype<Pending>(b.pending));
  leaveFork(b);
  end(b);
  return true;
}
