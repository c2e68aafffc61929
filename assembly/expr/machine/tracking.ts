/**
 * Where the machine is in the value whose paths are asked for: the path so far, and the value that it leads to.
 * A step that is tracked begins at that very value, or it is an error.
 */

import { SCRATCH } from "../../bytes/arena";
import { arrayAppend } from "../../value/array";
import {
  addressOf,
  Cell,
  keyAt,
  lengthOf,
  NUMBER,
  OBJECT,
  OPAQUE,
  rawTagOf,
  sameCell,
  setNumber,
  tagOf,
} from "../../value/cell";
import { outOfMemory } from "../operations/access";
import { DONE, messageBegin, messageDump, messageEnd, messageText } from "../operations/raise";

export const PATH: usize = memory.data(16, 16);
export const PATH_VALUE: usize = memory.data(16, 16);
const ELEMENT: usize = memory.data(16, 16);

/** Set by pathError: errors about paths are raised even where the step is optional, as in jq. */
let pathFault: bool = false;

export function clearPathFault(): void {
  pathFault = false;
}

/** False where the error that was just raised is about a path. */
export function notPathError(): bool {
  const fault = pathFault;
  pathFault = false;
  return !fault;
}

/** True when the value is the one that the path leads to, and not just an equal one. */
export function identical(a: usize, b: usize): bool {
  // Where a hidden value lies says nothing about it, so that `del(.name)` may leave it out.
  if (rawTagOf(a) == OPAQUE && sameCell(a, b)) return true;
  const tag = tagOf(a);
  if (tag != tagOf(b)) return false;
  if (tag < NUMBER) return true;
  if (tag == NUMBER) return load<u64>(a, 8) == load<u64>(b, 8);
  return lengthOf(a) == lengthOf(b) && addressOf(a) == addressOf(b);
}

export function pathError(action: string, key: usize, value: usize): i32 {
  pathFault = true;
  messageBegin();
  messageText("Invalid path expression ");
  messageText(action);
  if (key != 0) {
    messageDump(key);
    messageText(" of ");
  }
  messageDump(value);
  return messageEnd();
}

/** Checks that `t` is where the path leads, before a step with the given key. */
export function checkStep(t: usize, key: usize): i32 {
  if (identical(t, PATH_VALUE)) return DONE;
  return pathError("near attempt to access element ", key, t);
}

export function appendStep(key: usize, value: usize): i32 {
  Cell.copy(PATH_VALUE, value);
  return arrayAppend(SCRATCH, PATH, PATH, key) ? DONE : outOfMemory();
}

/** Prolongs the path by the key of element i of `owner`. */
export function eachStep(owner: usize, i: u32, value: usize): i32 {
  if (tagOf(owner) == OBJECT) return appendStep(keyAt(owner, i), value);
  setNumber(ELEMENT, i as f64);
  return appendStep(ELEMENT, value);
}
