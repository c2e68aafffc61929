/**
 * The variables that an expression of a workflow may read, by slot: six arguments of the DSL, then
 * those of the enclosing `for` and `catch` clauses, outermost first.
 */

import { arenaTake, PERSISTENT } from "../../bytes/arena";
import { ASCII, CANONICAL, copyCell, KEPT, setString } from "../../value/cell";

export const SCOPE_CONTEXT: u32 = 0;
export const SCOPE_INPUT: u32 = 1;
export const SCOPE_OUTPUT: u32 = 2;
export const SCOPE_TASK: u32 = 3;
export const SCOPE_WORKFLOW: u32 = 4;
export const SCOPE_RUNTIME: u32 = 5;

/** Most variables that one expression can see. */
export const MOST: u32 = 96;

/** While loading: the names, as string cells, by slot. */
export const SCOPE_NAMES: usize = memory.data(96 * 16, 16);
/** While running: the values, by slot. */
export const SCOPE_VALUES: usize = memory.data(96 * 16, 16);

let count: u32 = 0;

export function scopeCount(): u32 {
  return count;
}

/** Before loading a workflow: only the arguments are visible. */
export function scopeBegin(): void {
  count = 0;
  argument("context");
  argument("input");
  argument("output");
  argument("task");
  argument("workflow");
  argument("runtime");
}

function argument(name: string): void {
  const cell = SCOPE_NAMES + ((count as usize) << 4);
  const from = changetype<usize>(name);
  const n = load<u32>(from - 4) >>> 1;
  const at = ARGUMENT_TEXT + ((count as usize) << 4);
  for (let i: u32 = 0; i < n; i++) store<u8>(at + i, load<u16>(from + ((i as usize) << 1)) as u8);
  setString(cell, at, n, CANONICAL | KEPT | ASCII);
  count++;
}
const ARGUMENT_TEXT: usize = memory.data(96, 16);

/** Adds a variable and returns its slot, or MOST when there is no room. */
export function scopePush(name: usize): u32 {
  if (count >= MOST) return MOST;
  copyCell(SCOPE_NAMES + ((count as usize) << 4), name);
  return count++;
}
export function scopePop(to: u32): void {
  count = to;
}

/** The names that are visible; scopeRestore() makes them so again. They lie in PERSISTENT. */
export function scopeSave(): usize {
  const n = (count as usize) << 4;
  const at = arenaTake(PERSISTENT, 4 + (n as u32));
  store<u32>(at, count);
  memory.copy(at + 4, SCOPE_NAMES, n);
  return at;
}
export function scopeRestore(saved: usize): void {
  count = load<u32>(saved);
  memory.copy(SCOPE_NAMES, saved + 4, (count as usize) << 4);
}

export function scopeValue(slot: u32): usize {
  return SCOPE_VALUES + ((slot as usize) << 4);
}

// Which of the big arguments a template reads (found in the text of its expressions).
export const READS_TASK: u32 = 0x100;
export const READS_WORKFLOW: u32 = 0x200;
export const READS_RUNTIME: u32 = 0x400;
