/** The messages of a question to a model (WF-54, WF-71). */

import { arenaTake, SCRATCH } from "../../bytes/arena";
import { bufferText } from "../../bytes/buffer";
import {
  ARRAY,
  arrayStorage,
  copyCell,
  elementAt,
  lengthOf,
  OBJECT,
  objectStorage,
  setCell,
  setUsed,
  STRING,
  tagOf,
} from "../../value/cell";
import { cellIs, objectField } from "../../value/object";
import { evaluateTemplate } from "../compile/template";
import { literalCell } from "../state/literal";
import { Llm } from "../state/nodes";
import { ERROR, OK, PROBLEM } from "../state/outcome";
import { EXPRESSION, problem, PROBLEM_DETAIL } from "../state/problem";

/** An array of them: OK, ERROR (an error is recorded) or PROBLEM. */
export function buildMessages(l: Llm, input: usize, globals: usize, out: usize): u32 {
  return l.messages != 0 ? ofMessages(l, input, globals, out) : ofPrompt(l, input, globals, out);
}

function ofPrompt(l: Llm, input: usize, globals: usize, out: usize): u32 {
  const at = arrayStorage(SCRATCH, 2);
  let n: u32 = 0;
  const text = arenaTake(SCRATCH, 16);
  if (l.system != 0) {
    if (!evaluateTemplate(l.system, input, globals, text)) return ERROR;
    if (tagOf(text) != STRING) return wrongMessage("system");
    message(at, text, "system");
    n++;
  }
  const prompt = arenaTake(SCRATCH, 16);
  if (!evaluateTemplate(l.prompt, input, globals, prompt)) return ERROR;
  if (tagOf(prompt) != STRING) return wrongMessage("prompt");
  message(at + ((n as usize) << 4), prompt, "user");
  n++;
  setUsed(at, n);
  setCell(out, ARRAY, 0, n, at);
  return OK;
}

function message(to: usize, content: usize, role: string): void {
  const at = objectStorage(SCRATCH, 2);
  literalCell(at, "content");
  copyCell(at + 16, content);
  literalCell(at + 32, "role");
  literalCell(at + 48, role);
  setUsed(at, 2);
  setCell(to, OBJECT, 0, 2, at);
}

function wrongMessage(where: string): u32 {
  problem(EXPRESSION, 400, "The question to the model is malformed");
  bufferText(PROBLEM_DETAIL, where);
  return PROBLEM;
}

function ofMessages(l: Llm, input: usize, globals: usize, out: usize): u32 {
  if (!evaluateTemplate(l.messages, input, globals, out)) return ERROR;
  if (tagOf(out) != ARRAY || lengthOf(out) == 0) return wrongMessage("messages");
  for (let i: u32 = 0; i < lengthOf(out); i++) {
    const m = elementAt(out, i);
    if (tagOf(m) != OBJECT) return wrongMessage("messages");
    const content = objectField(m, "content");
    const role = objectField(m, "role");
    if (content == 0 || role == 0 || tagOf(content) != STRING || tagOf(role) != STRING)
      return wrongMessage("messages");
    const members = lengthOf(m);
    if (cellIs(role, "tool")) {
      const id = objectField(m, "id");
      if (members != 3 || id == 0 || tagOf(id) != STRING) return wrongMessage("messages");
    } else if (cellIs(role, "assistant")) {
      const tools = objectField(m, "tools");
      if (members != (tools == 0 ? 2 : 3)) return wrongMessage("messages");
      if (tools != 0 && !areCalls(tools)) return wrongMessage("tools");
    } else if (members != 2) return wrongMessage("messages");
    else if (!cellIs(role, "system") && !cellIs(role, "user")) return wrongMessage("role");
  }
  return OK;
}

/** [{"arguments","id","name"}, ...], as a whole answer has them. */
function areCalls(v: usize): bool {
  if (tagOf(v) != ARRAY) return false;
  for (let i: u32 = 0; i < lengthOf(v); i++) {
    const call = elementAt(v, i);
    if (tagOf(call) != OBJECT || lengthOf(call) != 3 || objectField(call, "arguments") == 0)
      return false;
    const id = objectField(call, "id");
    const name = objectField(call, "name");
    if (id == 0 || name == 0 || tagOf(id) != STRING || tagOf(name) != STRING) return false;
  }
  return true;
}
