/** Evaluating the expressions of a task, once what they mention is there. */

import { setNow } from "../expr/machine/machine";
import {
  MENTIONS_NOW,
  MENTIONS_TASK_STARTED,
  MENTIONS_WORKFLOW_ID,
  MENTIONS_WORKFLOW_STARTED,
} from "../expr/syntax/mentions";
import { bind } from "./bind";
import { isChild, workflowOf } from "./child";
import { askFor } from "./effects";
import { ERROR, OK } from "./http";
import {
  Branch,
  FOR_NOW,
  FOR_TASK_STARTED,
  FOR_WORKFLOW_ID,
  FOR_WORKFLOW_STARTED,
  Frame,
  RUN,
} from "./state/state";
import { evaluateTemplate, templateMentions } from "./template";

/** The value at hand of whoever works on a task, among others what evaluate() gives. */
export const CELL_A: usize = memory.data(16, 16);

/** Beside OK and ERROR of http.ts: the branch waits for the clock or the run's id. */
export const WAIT: u32 = 3;
/** A limit was hit while asking. */
export const LIMIT: u32 = 4;

/** Evaluates a template into CELL_A: OK, WAIT, or ERROR (an error is recorded). */
export function evaluate(b: Branch, f: Frame, template: u32, input: usize, mode: u32): u32 {
  const missing = needs(b, f, templateMentions(template));
  if (missing != 0) return askFor(b, f, missing) ? WAIT : LIMIT;
  setNow(b.now / 1000);
  const globals = bind(b, f, mode, templateMentions(template));
  return evaluateTemplate(template, input, globals, CELL_A) ? OK : ERROR;
}

/** What must be asked for before an expression with these mentions; 0: nothing. */
export function needs(b: Branch, f: Frame, mentions: u32): u32 {
  if ((mentions & MENTIONS_WORKFLOW_STARTED) != 0 && !workflowOf(f).hasStarted)
    return FOR_WORKFLOW_STARTED;
  if ((mentions & MENTIONS_TASK_STARTED) != 0 && !f.hasStarted && f.task != 0 && !isChild(f))
    return FOR_TASK_STARTED;
  if ((mentions & MENTIONS_WORKFLOW_ID) != 0 && !RUN.hasId) return FOR_WORKFLOW_ID;
  // Last: a sample of the clock holds only until the branch's next result.
  if ((mentions & MENTIONS_NOW) != 0 && !b.hasNow) return FOR_NOW;
  return 0;
}
