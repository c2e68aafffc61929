/**
 * The state of the run: one record of fixed fields, and in the RUN arena its branches, the frames
 * of their tasks, and the effects that wait for a result.
 *
 *     RUN -> main branch -> frame -> parent frame -> ... -> root frame
 *                        -> pending effect
 *                        -> branches of its fork -> frame -> ... -> the fork's frame
 *                                                -> pending effect
 *
 * Cells in here are canonical and KEPT: their storage lies in the RUN arena or in the pack.
 * Garbage is left behind as the run goes on and dropped by compaction between activations
 * (snapshot/compact.ts), so addresses are stable within an activation only.
 */

import { Arena, arenaReset, arenaTake, NO_BOUND, RUN_A, RUN_B } from "../../bytes/arena";
import { SHA_STATE } from "../../bytes/sha256";
import { E_LIMIT_DEPTH, MAX_RUN_DEPTH } from "../../errors/codes";
import { fail } from "../../errors/errors";
import { canonicalCopy } from "../../json/canonical";
import { ASCII, CANONICAL, heightOf, KEPT, setNull, setString } from "../../value/cell";

// Status of the run; 0 before it has begun.
export const NOT_BEGUN: u32 = 0;
export const RUNNING: u32 = 1;
export const ENDED: u32 = 2;
/** It was an opaque replay, and has come to a look. */
export const LOOKED: u32 = 3;

@unmanaged
export class Run {
  status: u32;
  /** One of the ABI's statuses once the run has ended. */
  end: u32;
  workflow: u32;
  /** Number of the next record. */
  seq: u32;
  /** Effects asked for, and results used, so far. */
  asked: u32;
  used: u32;
  /** The main branch. */
  branch: u32;
  /** The branches that can go on, the next one first. */
  ready: u32;
  /** Effects of branches that were cancelled: an answer to one is late. */
  cancelled: u32;
  /** Results used by branches of forks, and races: the last of each (trace/used.ts). */
  uses: u32;
  races: u32;
  /** Requests of each type by each task in this iteration: COUNTS u32 a task. */
  counts: u32;
  hasId: u32;
  /** Units of the RUN arena that count towards its limit, and when to compact. */
  taken: u32;
  threshold: u32;
  effectsLimit: u32;
  /** 1: there has been a fork. */
  forked: u32;
  /** 1: it ended at a limit. */
  limited: u32;
  /** 1: it takes no results until it is resumed. */
  suspended: u32;
  /** The task that looked. */
  lookedAt: u32;
  fuelLimit: f64;
  fuelUsed: f64;
  /** What models have cost so far, where the grant limits it: tokens, and millionths of its unit of prices. */
  spentTokens: f64;
  spentCost: u64;
}

export const RUN: Run = changetype<Run>(memory.data(128, 16));
/** The loaded pack's digest: 32 bytes. */
export const PACK_DIGEST: usize = memory.data(32, 16);
export const GRANT: usize = memory.data(16, 16);
export const LIMITS: usize = memory.data(16, 16);
/** The workflow's raw input, and its transformed input. */
export const RAW_INPUT: usize = memory.data(16, 16);
export const INPUT_CELL: usize = memory.data(16, 16);
export const RUN_ID: usize = memory.data(16, 16);
/** The hash of the effects that the main branch has used. */
export const MAIN_EFFECTS: usize = memory.data(SHA_STATE, 16);
/** The output or the error that the run ended with, or why it was cancelled. */
export const OUTCOME: usize = memory.data(16, 16);

// State of a branch.
export const READY: u32 = 0;
export const WAITING: u32 = 1;
/** It waits for the branches of its fork. */
export const FORKED: u32 = 2;
/** It has ended, or was cancelled. */
export const FINISHED: u32 = 3;

/** One line of execution: the main branch, or a branch of a fork. */
@unmanaged
export class Branch {
  state: u32;
  /** The innermost frame; 0: it has ended. */
  frame: u32;
  /** Effects and forks that it has begun. */
  sequence: u32;
  /** The effect that it waits for. */
  pending: u32;
  /** The branch whose fork it belongs to (0: the main branch), and its number in that fork. */
  parent: u32;
  index: u32;
  /** The next one that can go on. */
  ready: u32;
  /** Its fork: an array of the branches, how many, how many have not ended, and its number. */
  children: u32;
  count: u32;
  open: u32;
  fork: u32;
  /** Results that the run had used when the fork began. */
  forkedAt: u32;
  /** While a fork is being cancelled: the branch that is next. */
  cursor: u32;
  /** 1: there is a sample of the clock, which holds until the branch's next result. */
  hasNow: u32;
  now: f64;
  /** 1: it has changed $context, which is its parent's otherwise. */
  exported: u32;
  /** The frame whose time is over, until the machine has seen to it. */
  timedOut: u32;
}
/** Behind the fields: the cells below. */
const BRANCH_FIELDS: u32 = 80;
const BRANCH_SIZE: u32 = BRANCH_FIELDS + 3 * 16;
export function contextOf(b: Branch): usize {
  return changetype<usize>(b) + BRANCH_FIELDS;
}
/** What its task gave. */
export function resultOf(b: Branch): usize {
  return changetype<usize>(b) + BRANCH_FIELDS + 16;
}
/** The beginning of its effects' keys (TRACE-4), a text. */
export function prefixOf(b: Branch): usize {
  return changetype<usize>(b) + BRANCH_FIELDS + 32;
}
export function childBranch(b: Branch, i: u32): Branch {
  return changetype<Branch>(load<u32>(b.children + (i << 2)));
}

/** A task being run, or (task 0) the workflow itself. */
@unmanaged
export class Frame {
  parent: u32;
  task: u32;
  phase: u32;
  /** The list being run and the position of the next task in it. */
  list: u32;
  index: u32;
  /** for: number of the turn. */
  turn: u32;
  /** try: number of the attempt, from 1; 0 in all other tasks. */
  attempt: u32;
  /** Flow that a switch or a catch clause chose; NO_FLOW: the task's own. */
  flow: u32;
  /** 1: the task was skipped. */
  skipped: u32;
  /** When its task or workflow has begun, where that was asked for. */
  hasStarted: u32;
  started: f64;
  /** The effects of what bounds its time, while it runs: the last one asked for first. */
  timers: u32;
  /** What its time was over for, until the machine has seen to it. */
  expired: u32;
  /** try: 1: the time for retries is over. */
  spent: u32;
  unused: u32;
}
/** Behind the fields: the five cells below. */
const FRAME_FIELDS: u32 = 64;
const FRAME_SIZE: u32 = FRAME_FIELDS + 5 * 16;

export function rawOf(f: Frame): usize {
  return changetype<usize>(f) + FRAME_FIELDS;
}
export function inputOf(f: Frame): usize {
  return changetype<usize>(f) + FRAME_FIELDS + 16;
}
/** What the list hands from task to task. */
export function valueOf(f: Frame): usize {
  return changetype<usize>(f) + FRAME_FIELDS + 32;
}
export function outputOf(f: Frame): usize {
  return changetype<usize>(f) + FRAME_FIELDS + 48;
}
/** for: the collection; try: the error being handled; listen: what it has taken. */
export function extraOf(f: Frame): usize {
  return changetype<usize>(f) + FRAME_FIELDS + 64;
}

/** An effect that waits for its result. */
@unmanaged
export class Pending {
  /** In the list of cancelled ones, or of a frame's timers. */
  next: u32;
  branch: u32;
  type: u32;
  what: u32;
  /** Its number within the branch. */
  sequence: u32;
  unused: u32;
}
/** Behind the fields: key and request, two cells. */
const PENDING_SIZE: u32 = 24 + 8 + 32;
export function keyOf(p: Pending): usize {
  return changetype<usize>(p) + 32;
}
export function requestOf(p: Pending): usize {
  return changetype<usize>(p) + 48;
}

let arena: Arena = RUN_A;

/** The arena that holds the state. */
export function runArena(): Arena {
  return arena;
}
/** Makes the other arena current and empty; the old one keeps its contents until runDrop(). */
export function runSwap(): void {
  arena = arena == RUN_A ? RUN_B : RUN_A;
  arenaReset(arena, NO_BOUND);
}
/** Empties the arena that is not current. */
export function runDrop(): void {
  arenaReset(arena == RUN_A ? RUN_B : RUN_A, NO_BOUND);
}

/** Forgets the run. */
export function runReset(): void {
  memory.fill(changetype<usize>(RUN), 0, offsetof<Run>());
  arenaReset(RUN_A, NO_BOUND);
  arenaReset(RUN_B, NO_BOUND);
  setNull(GRANT);
  setNull(LIMITS);
  setNull(RAW_INPUT);
  setNull(INPUT_CELL);
  setNull(RUN_ID);
  setNull(OUTCOME);
}

/**
 * Keeps a value: its canonical copy in the RUN arena. False with a limit's error recorded. Records
 * and snapshots nest a value a few levels deeper and must still be readable: MAX_RUN_DEPTH.
 */
export function keep(to: usize, value: usize): bool {
  if (!canonicalCopy(value, arena, to, KEPT)) return false;
  return !isTooDeep(to) || fail(E_LIMIT_DEPTH, 0);
}

/** True if a canonical value nests deeper than MAX_RUN_DEPTH. */
export function isTooDeep(c: usize): bool {
  return heightOf(c) > (MAX_RUN_DEPTH as u32);
}

export function newBranch(): Branch {
  const b = changetype<Branch>(arenaTake(arena, BRANCH_SIZE));
  memory.fill(changetype<usize>(b), 0, BRANCH_SIZE);
  setNull(contextOf(b));
  setNull(resultOf(b));
  setString(prefixOf(b), 0, 0, CANONICAL | KEPT | ASCII);
  return b;
}
export function newFrame(parent: u32, task: u32): Frame {
  const f = changetype<Frame>(arenaTake(arena, FRAME_SIZE));
  memory.fill(changetype<usize>(f), 0, FRAME_SIZE);
  f.parent = parent;
  f.task = task;
  return f;
}
export function newPending(): Pending {
  const p = changetype<Pending>(arenaTake(arena, PENDING_SIZE));
  memory.fill(changetype<usize>(p), 0, PENDING_SIZE);
  return p;
}
