/** The workflows of the loaded pack, by their names. */

import { addressOf, lengthOf } from "../../value/cell";
import { equalBytes } from "../../value/order";
import { Workflow } from "../state/nodes";

let first: u32 = 0;
let count: u32 = 0;
/** The pack's own id and version: "id:version" is the workflow that it is for. */
let main: u32 = 0;

export function workflowsBegin(): void {
  first = 0;
  count = 0;
  main = 0;
}

export function workflowCount(): u32 {
  return count;
}

/** The workflow of that name (namespace/name:version), or 0. */
export function workflowNamed(name: usize): u32 {
  return workflowWith(addressOf(name), lengthOf(name));
}
export function workflowWith(at: usize, length: u32): u32 {
  for (let w = first; w != 0; w = changetype<Workflow>(w).next) {
    const n = changetype<Workflow>(w).name;
    if (equalBytes(addressOf(n), lengthOf(n), at, length)) return w;
  }
  return 0;
}

/** The only workflow, or the one that is named like the pack; 0: neither. */
export function mainWorkflow(): u32 {
  return count == 1 ? first : main;
}

export function addWorkflow(w: u32, isMain: bool): void {
  changetype<Workflow>(w).next = first;
  first = w;
  count++;
  if (isMain) main = w;
}
