/** call llm: a question to a language model (WF-54, WF-55). Its answer: llm-answer.ts. */

import { arenaTake, PERSISTENT, SCRATCH } from "../../bytes/arena";
import { bufferBytes } from "../../bytes/buffer";
import { E_WF_TYPE } from "../../errors/codes";
import { errorCode } from "../../errors/errors";
import { setNow } from "../../expr/machine/machine";
import { canonicalCopy } from "../../json/canonical";
import { SchemaNode } from "../../schema/nodes";
import {
  addressOf,
  copyCell,
  keyAt,
  lengthOf,
  NUMBER,
  numberOf,
  OBJECT,
  objectStorage,
  setCell,
  setUsed,
  tagOf,
  valueAt,
} from "../../value/cell";
import { cellIs, objectField } from "../../value/object";
import { isString, onlyFields, required } from "../compile/fields";
import { failCell, placeField, placeLeave } from "../compile/place";
import { loadSchema } from "../compile/schemas";
import { compileTemplate, evaluateTemplate, templateMentions } from "../compile/template";
import { FOR_CALL } from "../state/effects";
import { literalCell } from "../state/literal";
import { Llm, Task } from "../state/nodes";
import { ERROR, OK, PROBLEM, RESULT } from "../state/outcome";
import { PHASE_EFFECT } from "../state/phases";
import { EXPRESSION, problem, PROBLEM_DETAIL } from "../state/problem";
import { isWhole, MOST_WHOLE } from "../state/shapes";
import { Branch, Frame, GRANT, inputOf } from "../state/state";
import { bind, INSIDE } from "../step/bind";
import { ask, askFor } from "../step/effects";
import { needs } from "../step/evaluate";
import { raiseProblem, settle } from "../step/faults";
import { isModelGranted } from "./grant";
import { buildMessages } from "./llm-messages";
import { loadTools, toolsCell } from "./llm-tools";
import { mayAsk } from "./spending";

/** Compiles `with` of a call llm. 0 with the error recorded. */
export function loadLlm(args: usize): u32 {
  if (!onlyFields(args, "messages model output parameters prompt schema system tools")) return 0;
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
  const tools = objectField(args, "tools");
  if (tools != 0 && !loadTools(l, tools)) return 0;
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

/** {"messages","model","parameters","schema"?,"tools"?}: OK, ERROR (an error is recorded) or PROBLEM. */
export function buildQuestion(l: Llm, input: usize, globals: usize, out: usize): u32 {
  const messages = arenaTake(SCRATCH, 16);
  const status = buildMessages(l, input, globals, messages);
  if (status != OK) return status;
  const at = objectStorage(SCRATCH, 5);
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
  let n: u32 = 3;
  if (l.schema != 0) {
    literalCell(at + 96, "schema");
    copyCell(at + 112, changetype<SchemaNode>(l.schema).cell);
    n++;
  }
  if (l.toolCount != 0) {
    const member = at + ((n as usize) << 5);
    literalCell(member, "tools");
    toolsCell(l, member + 16);
    n++;
  }
  setUsed(at, n);
  setCell(out, OBJECT, 0, n, at);
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
    else if (cellIs(key, "seed")) ok = isWhole(x, MOST_WHOLE);
    else if (cellIs(key, "temperature") || cellIs(key, "topP"))
      ok = tagOf(x) == NUMBER && numberOf(x) >= 0 && numberOf(x) <= 100;
    if (!ok) return key;
  }
  return 0;
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
  if (!mayAsk()) return false;
  f.phase = PHASE_EFFECT;
  return ask(b, f, t.effect, FOR_CALL, RESULT);
}
