/** Evaluating the expressions of a task, once what they mention is there. */

import { setNow } from "../../expr/machine/machine";
import {
  MENTIONS_NOW,
  MENTIONS_TASK_STARTED,
  MENTIONS_WORKFLOW_ID,
  MENTIONS_WORKFLOW_STARTED,
} from "../../expr/syntax/mentions";
import { evaluateTemplate, templateMentions } from "../compile/template";
import { isSubflow, workflowOf } from "../state/subflow";
import { FOR_NOW, FOR_TASK_STARTED, FOR_WORKFLOW_ID, FOR_WORKFLOW_STARTED } from "../state/effects";
import { ERROR, LIMIT, OK, RESULT, WAIT } from "../state/outcome";
import { Branch, Frame, RUN } from "../state/state";
import { bind } from "./bind";
import { askFor } from "./effects";

/** Evaluates a template into RESULT: OK, WAIT, or ERROR (an error is recorded). */
export function evaluateOrWait(b: Branch, f: Frame, template: u32, input: usize, mode: u32): u32 {
  const missing = needs(b, f, templateMentions(template));
  if (missing != 0) return askFor(b, f, missing) ? WAIT : LIMIT;
  setNow(b.now / 1000);
  const globals = bind(b, f, mode, templateMentions(template));
  return evaluateTemplate(template, input, globals, RESULT) ? OK : ERROR;
}

/** What must be asked for before an expression with these mentions; 0: nothing. */
export function needs(b: Branch, f: Frame, mentions: u32): u32 {
  if ((mentions & MENTIONS_WORKFLOW_STARTED) != 0 && !workflowOf(f).hasStarted)
    return FOR_WORKFLOW_STARTED;
  if ((mentions & MENTIONS_TASK_STARTED) != 0 && !f.hasStarted && f.task != 0 && !isSubflow(f))
    return FOR_TASK_STARTED;
  if ((mentions & MENTIONS_WORKFLOW_ID) != 0 && !RUN.hasId) return FOR_WORKFLOW_ID;
  // Last: a sample of the clock holds only until the branch's next result.
  if ((mentions & MENTIONS_NOW) != 0 && !b.hasNow) return FOR_NOW;
  return 0;
}
