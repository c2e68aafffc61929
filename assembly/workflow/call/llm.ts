/** call llm: a question to a language model, and its answer (WF-54 to WF-57). */

import { arenaRoom, arenaTake, PERSISTENT, SCRATCH } from "../../bytes/arena";
import { bufferBytes, bufferText } from "../../bytes/buffer";
import {
  E_LIMIT_FUEL,
  E_LIMIT_MEMORY,
  E_WF_TYPE,
  JSON_BOUNDARY,
  MAX_RUN_DEPTH,
} from "../../errors/codes";
import { charge, clearError, errorCode, fail } from "../../errors/errors";
import { setNow } from "../../expr/machine/machine";
import { canonicalCopy } from "../../json/canonical";
import { parseJson } from "../../json/reader";
import { SchemaNode } from "../../schema/nodes";
import {
  addressOf,
  ARRAY,
  arrayStorage,
  copyCell,
  elementAt,
  heightOf,
  keyAt,
  lengthOf,
  NUMBER,
  numberOf,
  OBJECT,
  objectStorage,
  setCell,
  setUsed,
  OPAQUE,
  rawTagOf,
  STRING,
  tagOf,
  valueAt,
} from "../../value/cell";
import { cellIs, objectField } from "../../value/object";
import { isString, onlyFields, required } from "../compile/fields";
import { failCell, placeField, placeLeave } from "../compile/place";
import { loadSchema, validateValue } from "../compile/schemas";
import { compileTemplate, evaluateTemplate, templateMentions } from "../compile/template";
import { FOR_CALL } from "../state/effects";
import { literalCell } from "../state/literal";
import { Llm, Task } from "../state/nodes";
import { ERROR, OK, PROBLEM, RESULT } from "../state/outcome";
import { PHASE_EFFECT } from "../state/phases";
import { COMMUNICATION, EXPRESSION, problem, PROBLEM_DETAIL } from "../state/problem";
import { isWhole } from "../state/shapes";
import { Branch, Frame, GRANT, inputOf, Pending } from "../state/state";
import { bind, INSIDE } from "../step/bind";
import { ask, askFor } from "../step/effects";
import { needs } from "../step/evaluate";
import { raiseProblem, settle } from "../step/faults";
import { hasFailed, isFailureResult } from "./failure";
import { isModelGranted } from "./grant";

/** Compiles `with` of a call llm. 0 with the error recorded. */
export function loadLlm(args: usize): u32 {
  if (!onlyFields(args, "messages model output parameters prompt schema system")) return 0;
  const model = required(args, "model");
  if (model == 0 || !isString(model, "model")) return 0;
  const l = changetype<Llm>(arenaTake(PERSISTENT, offsetof<Llm>()));
  memory.fill(changetype<usize>(l), 0, offsetof<Llm>());
  l.model = model as u32;
  const prompt = objectField(args, "prompt");
  const messages = objectField(args, "messages");
  const system = objectField(args, "system");
  if ((prompt == 0) == (messages == 0)) {
    failCell(E_WF_TYPE, "a question is a prompt or messages", 0);
    return 0;
  }
  if (messages != 0 && system != 0) {
    failCell(E_WF_TYPE, "system stands beside a prompt only", 0);
    return 0;
  }
  l.prompt = part(args, "prompt");
  l.messages = part(args, "messages");
  l.system = part(args, "system");
  l.parameters = part(args, "parameters");
  if (errorCode() != 0) return 0;
  const schema = objectField(args, "schema");
  if (schema != 0) {
    l.schema = loadSchema(schema);
    if (l.schema == 0) return 0;
  }
  const output = objectField(args, "output");
  if (output != 0) {
    if (!isString(output, "output")) return 0;
    l.isResponse = cellIs(output, "response") ? 1 : 0;
    if (!l.isResponse && !cellIs(output, "content")) {
      placeField("output");
      failCell(E_WF_TYPE, "expected content or response, not", output);
      return 0;
    }
  }
  return changetype<usize>(l) as u32;
}

/** The template of a member; 0 where it is not there, or with the error recorded. */
function part(args: usize, name: string): u32 {
  const v = objectField(args, name);
  if (v == 0 || errorCode() != 0) return 0;
  const before = placeField(name);
  const t = compileTemplate(v);
  placeLeave(before);
  return t;
}

/** What its expressions mention. */
export function llmMentions(l: Llm): u32 {
  let mentions: u32 = 0;
  if (l.prompt != 0) mentions |= templateMentions(l.prompt);
  if (l.messages != 0) mentions |= templateMentions(l.messages);
  if (l.system != 0) mentions |= templateMentions(l.system);
  if (l.parameters != 0) mentions |= templateMentions(l.parameters);
  return mentions;
}

// ---- The request ---------------------------------------------------------------------------------

/** {"messages","model","parameters","schema"?}: OK, ERROR (an error is recorded) or PROBLEM. */
export function buildQuestion(l: Llm, input: usize, globals: usize, out: usize): u32 {
  const messages = arenaTake(SCRATCH, 16);
  const status =
    l.messages != 0
      ? ofMessages(l, input, globals, messages)
      : ofPrompt(l, input, globals, messages);
  if (status != OK) return status;
  const at = objectStorage(SCRATCH, 4);
  literalCell(at, "messages");
  copyCell(at + 16, messages);
  literalCell(at + 32, "model");
  copyCell(at + 48, l.model);
  literalCell(at + 64, "parameters");
  if (l.parameters == 0) setCell(at + 80, OBJECT, 0, 0, objectStorage(SCRATCH, 0));
  else {
    if (!evaluateTemplate(l.parameters, input, globals, at + 80)) return ERROR;
    // Which one is found wrong must not depend on how an expression has put them together.
    if (!canonicalCopy(at + 80, SCRATCH, at + 80, 0)) return ERROR;
    const wrong = wrongParameter(at + 80);
    if (wrong != 0) {
      problem(EXPRESSION, 400, "A parameter of the model has a value that it cannot have");
      if (wrong != at + 80) bufferBytes(PROBLEM_DETAIL, addressOf(wrong), lengthOf(wrong));
      return PROBLEM;
    }
  }
  if (l.schema != 0) {
    literalCell(at + 96, "schema");
    copyCell(at + 112, changetype<SchemaNode>(l.schema).cell);
  }
  const n: u32 = l.schema == 0 ? 3 : 4;
  setUsed(at, n);
  setCell(out, OBJECT, 0, n, at);
  return OK;
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
    if (tagOf(m) != OBJECT || lengthOf(m) != 2) return wrongMessage("messages");
    const content = objectField(m, "content");
    const role = objectField(m, "role");
    if (content == 0 || role == 0 || tagOf(content) != STRING || tagOf(role) != STRING)
      return wrongMessage("messages");
    if (!cellIs(role, "system") && !cellIs(role, "user") && !cellIs(role, "assistant"))
      return wrongMessage("role");
  }
  return OK;
}

/** The name of the first parameter that is none or has a wrong value; 0: there is none. */
function wrongParameter(v: usize): usize {
  if (tagOf(v) != OBJECT) return v;
  for (let i: u32 = 0; i < lengthOf(v); i++) {
    const key = keyAt(v, i);
    const x = valueAt(v, i);
    let ok: bool = false;
    if (cellIs(key, "maxTokens")) ok = isWhole(x, 1000000000);
    else if (cellIs(key, "seed")) ok = isWhole(x, 9007199254740991);
    else if (cellIs(key, "temperature") || cellIs(key, "topP"))
      ok = tagOf(x) == NUMBER && numberOf(x) >= 0 && numberOf(x) <= 100;
    if (!ok) return key;
  }
  return 0;
}

// ---- The answer ----------------------------------------------------------------------------------

/** {"finish","model","text"}, {"status"} of a refusal, or {"failure"}. */
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
  if (lengthOf(v) != 3 || finish == 0 || model == 0 || text == 0) return false;
  if (tagOf(finish) != STRING || tagOf(model) != STRING || !isText(text)) return false;
  return (
    cellIs(finish, "stop") ||
    cellIs(finish, "length") ||
    cellIs(finish, "filter") ||
    cellIs(finish, "other")
  );
}

/** The run was given a text: one that is hidden is passed on. */
function isText(c: usize): bool {
  return rawTagOf(c) == OPAQUE || tagOf(c) == STRING;
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
    const read = readValue(l, content);
    if (read != OK) return read;
  }
  if (!l.isResponse) {
    copyCell(out, content);
    return OK;
  }
  const at = objectStorage(SCRATCH, 3);
  literalCell(at, "content");
  copyCell(at + 16, content);
  literalCell(at + 32, "finish");
  copyCell(at + 48, finish);
  literalCell(at + 64, "model");
  copyCell(at + 80, objectField(result, "model"));
  setUsed(at, 3);
  setCell(out, OBJECT, 0, 3, at);
  return OK;
}

/** The text of an answer as the value that fits the schema. */
function readValue(l: Llm, text: usize): u32 {
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
    problem(COMMUNICATION, 502, "The model's answer is not JSON");
    return PROBLEM;
  }
  return validateValue(l.schema, text);
}

export function stepLlm(b: Branch, f: Frame, t: Task): bool {
  const l = changetype<Llm>(t.body);
  const mentions = llmMentions(l);
  const missing = needs(b, f, mentions);
  if (missing != 0) return askFor(b, f, missing);
  setNow(b.now / 1000);
  const got = buildQuestion(l, inputOf(f), bind(b, f, INSIDE, mentions), RESULT);
  if (got != OK) return settle(b, f, got);
  if (!isModelGranted(GRANT, l.model)) return raiseProblem(b, f);
  f.phase = PHASE_EFFECT;
  return ask(b, f, t.effect, FOR_CALL, RESULT);
}
