/**
 * run.workflow (WF-58 to WF-60): the frame of the workflow that a task runs, inside which $context, the
 * variables and $workflow are that workflow's own.
 */

import { copyCell, setNull } from "../../value/cell";
import { SUBFLOW, Task } from "./nodes";
import { PHASE_IF } from "./phases";
import { Branch, contextOf, extraOf, Frame, inputOf } from "./state";

/** True for the frame of a workflow that a task runs. */
export function isSubflow(f: Frame): bool {
  return f.task != 0 && changetype<Task>(f.task).kind == SUBFLOW;
}

/** The frame of the workflow in which the frame stands: that of a subflow, or of the run. */
export function workflowOf(from: Frame): Frame {
  let f = from;
  while (f.parent != 0 && !isSubflow(f)) f = changetype<Frame>(f.parent);
  return f;
}

/** The workflow begins: there is no $context yet. */
export function enterSubflow(b: Branch, f: Frame): void {
  copyCell(extraOf(f), contextOf(b));
  setNull(contextOf(b));
  b.exported = 1; // it is not its parent's any more
}

/** Its input is there: the $context. */
export function beginSubflow(b: Branch, f: Frame): void {
  copyCell(contextOf(b), inputOf(f));
}

/** A frame is left, in whatever way: $context is again what it was around the workflow. */
export function leaveSubflow(b: Branch, f: Frame): void {
  if (isSubflow(f) && f.phase != PHASE_IF) copyCell(contextOf(b), extraOf(f));
}
