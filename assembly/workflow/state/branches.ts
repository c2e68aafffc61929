/** The tree of branches: who can go on, who comes next, and which one an effect's key names. */

import { textByte } from "../../bytes/byte";
import { arenaTake, SCRATCH } from "../../bytes/arena";
import { Buffer, bufferByte, bufferBytes, bufferUint } from "../../bytes/buffer";
import { addressOf, lengthOf } from "../../value/cell";
import { equalBytes } from "../../value/order";
import { bufferCell } from "./literal";
import { FORK, Task } from "./nodes";
import {
  Branch,
  childBranch,
  FORKED,
  Frame,
  keep,
  keyOf,
  Pending,
  prefixOf,
  READY,
  RUN,
} from "./state";

/** The branch can go on: before all others that can. */
export function makeReady(b: Branch): void {
  b.state = READY;
  b.ready = RUN.ready;
  RUN.ready = changetype<usize>(b) as u32;
}

/** The branch that is to go on next, taken from the list; 0: all wait. */
export function takeReady(): u32 {
  while (RUN.ready != 0) {
    const b = changetype<Branch>(RUN.ready);
    RUN.ready = b.ready;
    b.ready = 0;
    if (b.state == READY) return changetype<usize>(b) as u32;
  }
  return 0;
}

/** The branch behind this one, each before those of its fork; 0: it was the last. */
export function nextBranch(from: Branch): u32 {
  if (from.count != 0) return changetype<usize>(childBranch(from, 0)) as u32;
  let b = from;
  while (b.parent != 0) {
    const p = changetype<Branch>(b.parent);
    if (b.index + 1 < p.count) return changetype<usize>(childBranch(p, b.index + 1)) as u32;
    b = p;
  }
  return 0;
}

let p: usize = 0;
let end: usize = 0;

/** The decimal number at p, behind which p then is. What is none is found out by its caller. */
function number(): u32 {
  let n: u32 = 0;
  while (p < end && textByte(p) - 48 <= 9) n = n * 10 + (textByte(p++) - 48);
  return n;
}

/** The pending effect with this key, or 0: FORK.BRANCH.FORK.BRANCH.SEQUENCE leads to its branch. */
export function pendingWith(key: usize): u32 {
  p = addressOf(key);
  end = p + lengthOf(key);
  let b = changetype<Branch>(RUN.branch);
  while (true) {
    const n = number();
    if (p >= end) break;
    p++;
    if (b.state != FORKED || b.fork != n) return 0;
    const i = number();
    p++;
    if (p > end || i >= b.count) return 0;
    b = childBranch(b, i);
  }
  if (b.pending != 0 && hasKey(b.pending, key)) return b.pending;
  if (b.frame == 0) return 0; // it has ended: an answer is late
  const base: u32 = b.parent == 0 ? 0 : changetype<Branch>(b.parent).frame;
  for (let f = b.frame; f != base; f = changetype<Frame>(f).parent) {
    for (let t = changetype<Frame>(f).timers; t != 0; t = changetype<Pending>(t).next)
      if (hasKey(t, key)) return t;
  }
  return 0;
}

/** The effect with this key among those of cancelled branches, or 0. */
export function cancelledWith(key: usize): u32 {
  for (let e = RUN.cancelled; e != 0; e = changetype<Pending>(e).next) if (hasKey(e, key)) return e;
  return 0;
}

function hasKey(e: u32, key: usize): bool {
  const k = keyOf(changetype<Pending>(e));
  return equalBytes(addressOf(k), lengthOf(k), addressOf(key), lengthOf(key));
}

/** Takes an effect out of the list of cancelled ones. */
export function forgetCancelled(e: u32): void {
  const after = changetype<Pending>(e).next;
  if (RUN.cancelled == e) {
    RUN.cancelled = after;
    return;
  }
  let q = changetype<Pending>(RUN.cancelled);
  while (q.next != e) q = changetype<Pending>(q.next);
  q.next = after;
}

const PREFIX: Buffer = changetype<Buffer>(memory.data(16, 16));

export function isFork(frame: u32): bool {
  const task = changetype<Frame>(frame).task;
  return task != 0 && changetype<Task>(task).kind == FORK;
}

/** FORK.BRANCH. behind the parent's. */
export function keepPrefix(b: Branch, child: Branch): bool {
  const before = prefixOf(b);
  PREFIX.len = 0;
  bufferBytes(PREFIX, addressOf(before), lengthOf(before));
  bufferUint(PREFIX, b.fork);
  bufferByte(PREFIX, 0x2e);
  bufferUint(PREFIX, child.index);
  bufferByte(PREFIX, 0x2e);
  const cell = arenaTake(SCRATCH, 16);
  bufferCell(cell, PREFIX);
  return keep(prefixOf(child), cell);
}

/** The frame on which the branch's outermost one hangs; 0: the main branch. */
export function baseOf(br: Branch): u32 {
  return br.parent == 0 ? 0 : changetype<Branch>(br.parent).frame;
}
