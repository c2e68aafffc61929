/** Bodies that wait for their code, as the code around them is not finished. */

import { arenaTake } from "../../bytes/arena";
import { TREE } from "../syntax/nodes";

/** A body that waits for its code: a function, or a closure given as an argument. */
@unmanaged
export class Body {
  code: u32;
  /** Its tree. */
  node: u32;
  scope: u32;
  /** The context around it. */
  context: u32;
  /** List of N_PARAM. */
  params: u32;
  next: u32;
}

let firstBody: u32 = 0;
let lastBody: u32 = 0;

export function bodiesBegin(): void {
  firstBody = 0;
  lastBody = 0;
}

/** The one that waits longest, or 0. */
export function nextBody(): u32 {
  const first = firstBody;
  if (first != 0) firstBody = changetype<Body>(first as usize).next;
  if (firstBody == 0) lastBody = 0;
  return first;
}

export function enqueue(code: u32, node: u32, bodyScope: u32, around: u32, params: u32): void {
  const at = arenaTake(TREE, 32) as u32;
  const b = changetype<Body>(at as usize);
  b.code = code;
  b.node = node;
  b.scope = bodyScope;
  b.context = around;
  b.params = params;
  b.next = 0;
  if (lastBody == 0) firstBody = at;
  else changetype<Body>(lastBody as usize).next = at;
  lastBody = at;
}
