/** The answers of models (WF-56, WF-57, WF-71). */

import { arenaRoom, arenaTake, SCRATCH } from "../../bytes/arena";
import { bufferBytes } from "../../bytes/buffer";
import { E_LIMIT_FUEL, E_LIMIT_MEMORY, JSON_BOUNDARY, MAX_RUN_DEPTH } from "../../errors/codes";
import { charge, clearError, errorCode, fail } from "../../errors/errors";
import { parseJson } from "../../json/reader";
import {
  addressOf,
  ARRAY,
  arrayStorage,
  copyCell,
  elementAt,
  heightOf,
  lengthOf,
  numberOf,
  OBJECT,
  objectStorage,
  OPAQUE,
  rawTagOf,
  setCell,
  setUsed,
  STRING,
  tagOf,
} from "../../value/cell";
import { cellIs, objectField } from "../../value/object";
import { validateValue } from "../compile/schemas";
import { literalCell } from "../state/literal";
import { Llm, Task, Tool } from "../state/nodes";
import { ERROR, OK, PROBLEM } from "../state/outcome";
import { COMMUNICATION, problem, PROBLEM_DETAIL, problemText } from "../state/problem";
import { isWhole } from "../state/shapes";
import { Pending } from "../state/state";
import { hasFailed, isFailureResult } from "./failure";
import { toolNamed } from "./llm-tools";
import { addUsage, isUsage } from "./spending";

/** {"finish","model","refusal"?,"text","tools"?,"usage"?}, {"status"} of a service that answers with one, or {"failure"}. */
export function isLlmResult(v: usize, _e: Pending): bool {
  if (tagOf(v) != OBJECT) return false;
  if (lengthOf(v) == 1) {
    const status = objectField(v, "status");
    if (status == 0) return isFailureResult(v);
    return isWhole(status, 599) && numberOf(status) >= 400;
  }
  const finish = objectField(v, "finish");
  const model = objectField(v, "model");
  const text = objectField(v, "text");
  if (finish == 0 || model == 0 || text == 0) return false;
  if (tagOf(finish) != STRING || tagOf(model) != STRING || !isText(text)) return false;
  let members: u32 = 3;
  const usage = objectField(v, "usage");
  if (usage != 0) {
    if (!isUsage(usage)) return false;
    members++;
  }
  const refusal = objectField(v, "refusal");
  if (refusal != 0) {
    if (!isText(refusal) || !cellIs(finish, "refusal")) return false;
    members++;
  }
  if (cellIs(finish, "tools")) {
    const tools = objectField(v, "tools");
    return tools != 0 && areTools(tools) && lengthOf(v) == members + 1;
  }
  if (lengthOf(v) != members) return false;
  return (
    cellIs(finish, "stop") ||
    cellIs(finish, "length") ||
    cellIs(finish, "filter") ||
    cellIs(finish, "refusal") ||
    cellIs(finish, "other")
  );
}

/** The run was given a text: one that is hidden is passed on. */
export function isText(c: usize): bool {
  return rawTagOf(c) == OPAQUE || tagOf(c) == STRING;
}

/** [{"arguments","id","name"}, ...], one at least, with texts. */
function areTools(v: usize): bool {
  if (tagOf(v) != ARRAY || lengthOf(v) == 0) return false;
  for (let i: u32 = 0; i < lengthOf(v); i++) {
    const call = elementAt(v, i);
    if (tagOf(call) != OBJECT || lengthOf(call) != 3) return false;
    const text = objectField(call, "arguments");
    const id = objectField(call, "id");
    const name = objectField(call, "name");
    if (text == 0 || id == 0 || name == 0 || !isText(text)) return false;
    if (tagOf(id) != STRING || tagOf(name) != STRING) return false;
  }
  return true;
}

/** What the task gives for an answer: OK, ERROR (a limit) or PROBLEM. */
export function readLlm(t: Task, result: usize, out: usize): u32 {
  const l = changetype<Llm>(t.body);
  if (hasFailed(result)) return PROBLEM;
  const status = objectField(result, "status");
  if (status != 0) {
    problem(
      COMMUNICATION,
      numberOf(status) as u32,
      "The model's service answered with an error status",
    );
    return PROBLEM;
  }
  if (!addUsage(l.model, objectField(result, "usage"))) return ERROR;
  const finish = objectField(result, "finish");
  if (!l.isResponse && !cellIs(finish, "stop")) {
    problem(COMMUNICATION, 502, "The model did not finish its answer");
    bufferBytes(PROBLEM_DETAIL, addressOf(finish), lengthOf(finish));
    return PROBLEM;
  }
  const content = arenaTake(SCRATCH, 16);
  copyCell(content, objectField(result, "text"));
  // A text that was cut off is no JSON: what it is, is for the workflow to say.
  if (l.schema != 0 && cellIs(finish, "stop")) {
    const read = readValue(l.schema, content, "The model's answer is not JSON");
    if (read != OK) return read;
  }
  if (!l.isResponse) {
    copyCell(out, content);
    return OK;
  }
  return response(l, result, content, out);
}

/** {"content","finish","model","refusal"?,"tools"?,"usage"?} */
function response(l: Llm, result: usize, content: usize, out: usize): u32 {
  const at = objectStorage(SCRATCH, 6);
  literalCell(at, "content");
  copyCell(at + 16, content);
  literalCell(at + 32, "finish");
  copyCell(at + 48, objectField(result, "finish"));
  literalCell(at + 64, "model");
  copyCell(at + 80, objectField(result, "model"));
  let n: u32 = 3;
  const refusal = objectField(result, "refusal");
  if (refusal != 0) {
    literalCell(at + 96, "refusal");
    copyCell(at + 112, refusal);
    n++;
  }
  const tools = objectField(result, "tools");
  if (tools != 0) {
    const member = at + ((n as usize) << 5);
    literalCell(member, "tools");
    const read = readTools(l, tools, member + 16);
    if (read != OK) return read;
    n++;
  }
  const usage = objectField(result, "usage");
  if (usage != 0) {
    const member = at + ((n as usize) << 5);
    literalCell(member, "usage");
    copyCell(member + 16, usage);
    n++;
  }
  setUsed(at, n);
  setCell(out, OBJECT, 0, n, at);
  return OK;
}

/** The calls that a model asks for, with arguments as values: of tools that it was offered, in the form that they want. */
function readTools(l: Llm, tools: usize, out: usize): u32 {
  const n = lengthOf(tools);
  const list = arrayStorage(SCRATCH, n);
  for (let i: u32 = 0; i < n; i++) {
    const call = elementAt(tools, i);
    const name = objectField(call, "name");
    const tool = toolNamed(l, name);
    if (tool == 0) {
      problem(COMMUNICATION, 502, "The model asks for a tool that it was not offered");
      problemText(name);
      return PROBLEM;
    }
    const at = objectStorage(SCRATCH, 3);
    literalCell(at, "arguments");
    copyCell(at + 16, objectField(call, "arguments"));
    const title = "The arguments that the model gives a tool are not JSON";
    const read = readValue(changetype<Tool>(tool).schema, at + 16, title);
    if (read != OK) return read;
    literalCell(at + 32, "id");
    copyCell(at + 48, objectField(call, "id"));
    literalCell(at + 64, "name");
    copyCell(at + 80, name);
    setUsed(at, 3);
    setCell(list + ((i as usize) << 4), OBJECT, 0, 3, at);
  }
  setUsed(list, n);
  setCell(out, ARRAY, 0, n, list);
  return OK;
}

/** A text as the value that fits the schema, in its place. */
function readValue(schema: u32, text: usize, notJson: string): u32 {
  if (tagOf(text) != STRING) return ERROR; // hidden: that was a look
  // Reading wants some bytes behind the text.
  const n = lengthOf(text);
  if (!arenaRoom(SCRATCH, (n as u64) + 16) || !charge(n)) {
    if (errorCode() == 0) fail(E_LIMIT_MEMORY, 0);
    return ERROR;
  }
  const at = arenaTake(SCRATCH, n + 16);
  memory.copy(at, addressOf(text), n);
  memory.fill(at + n, 0, 16);
  if (!parseJson(at, n, JSON_BOUNDARY, SCRATCH, text) || heightOf(text) > (MAX_RUN_DEPTH as u32)) {
    const code = errorCode() as i32;
    if (code == E_LIMIT_FUEL || code == E_LIMIT_MEMORY) return ERROR;
    clearError();
    problem(COMMUNICATION, 502, notJson);
    return PROBLEM;
  }
  return validateValue(schema, text);
}
