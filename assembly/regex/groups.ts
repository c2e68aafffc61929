/** Open groups on a stack, and the alternatives in them. The whole pattern is one. */

import { Buffer, bufferRoom } from "../bytes/buffer";
import { CURSOR, ABSENT } from "./place";
import * as P from "./program";

/** Number of a group that changes flags. */
export const OPTIONS_GROUP: i32 = -2;
/** Groups that may be open at one place, the whole pattern included. */
const MOST_OPEN: u32 = 4096;

const STACK: Buffer = changetype<Buffer>(memory.data(16, 16));
const FRAME: u32 = 48;

/** An open group; the whole pattern is one. */
@unmanaged
export class OpenGroup {
  /** Where the alternative at hand begins. */
  begin: u32;
  /** Jumps from the ends of alternatives to that of the group: the last one; each names another. */
  jumps: i32;
  /** Where the group begins. */
  start: u32;
  /** Its number, ABSENT or OPTIONS_GROUP. */
  group: i32;
  /** Groups before it. */
  groups: u32;
  /** Flags outside. */
  flags: u32;
  /** Parts of the alternative so far. */
  items: u32;
  /** Can they match nothing, but for the last one? */
  empty: bool;
  /** Can the last one? */
  lastEmpty: bool;
  /** Could an alternative before? */
  emptyBefore: bool;
  /** Is the last item an assertion, or a group that Oniguruma takes for one? It is not repeated. */
  bare: bool;
  /** Was an alternative before nothing but such an item? */
  bareBefore: bool;
  /** Oniguruma takes all that follows for one part. */
  joined: bool;
}

/** Before a pattern: nothing is open but itself. */
export function groupsBegin(): void {
  STACK.len = 0;
  open(ABSENT);
}

/** Is a group of the pattern open, and not just the pattern itself? */
export function areGroupsOpen(): bool {
  return STACK.len != FRAME;
}

/** Is the program, or what is open, more than may be? */
export function isTooLarge(): bool {
  const program = P.codeCount() > P.MOST_CODE;
  return program || P.FACTS.cost > P.MOST_COST || STACK.len > MOST_OPEN * FRAME;
}

export function top(): OpenGroup {
  return changetype<OpenGroup>(STACK.at + STACK.len - FRAME);
}

export function open(group: i32): void {
  bufferRoom(STACK, FRAME);
  STACK.len += FRAME;
  const f = top();
  f.start = P.codeCount();
  f.group = group;
  f.groups = group < 0 ? P.FACTS.groups : P.FACTS.groups - 1;
  f.flags = CURSOR.flags;
  f.jumps = ABSENT;
  f.emptyBefore = false;
  f.bareBefore = false;
  f.joined = false;
  if (group >= 0) P.codeAppend(P.SAVE, 0, 2 * group);
  beginAlternative(f);
}

function beginAlternative(f: OpenGroup): void {
  f.begin = P.codeCount();
  f.items = 0;
  f.empty = true;
  f.lastEmpty = true;
  f.bare = false;
  CURSOR.atom = ABSENT;
}

/** The alternative at hand has one more part. */
export function item(bare: bool, empty: bool): void {
  const f = top();
  f.items++;
  f.empty = f.empty && f.lastEmpty;
  f.lastEmpty = empty;
  f.bare = bare;
}

function endAlternative(f: OpenGroup): void {
  f.emptyBefore = f.emptyBefore || (f.empty && f.lastEmpty);
  f.bareBefore = f.bareBefore || (!f.joined && f.items == 1 && f.bare);
}

export function alternative(): void {
  const f = top();
  endAlternative(f);
  P.insert(f.begin, P.SPLIT, 0, (P.codeCount() - f.begin + 2) as i32);
  f.jumps = P.codeAppend(P.JUMP, 0, f.jumps) as i32;
  beginAlternative(f);
}

/** Ends the innermost group: its jumps lead here. */
export function close(): void {
  const f = top();
  endAlternative(f);
  const here = P.codeCount() as i32;
  let jump = f.jumps;
  while (jump != ABSENT) {
    const at = P.instruction(jump as u32);
    const before = load<i32>(at, 4);
    store<i32>(at, here - jump, 4);
    jump = before;
  }
  if (f.group >= 0) P.codeAppend(P.SAVE, 0, 2 * f.group + 1);
  CURSOR.atom = f.start as i32;
  CURSOR.atomGroups = f.groups;
  CURSOR.flags = f.flags;
  STACK.len -= FRAME;
  if (STACK.len != 0) item(f.group == ABSENT && f.bareBefore, f.emptyBefore);
}
