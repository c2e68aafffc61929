/** call: one function of the outside world, of which each has a file beside this one. */

import { E_WF_UNSUPPORTED } from "../../errors/codes";
import { setNow } from "../../expr/machine/machine";
import { cellIs, objectField } from "../../value/object";
import { isObject, isString, onlyTaskFields, required } from "../compile/fields";
import { failCell, placeField, placeLeave } from "../compile/place";
import { effectOf, FOR_CALL } from "../state/effects";
import { DECIDE, GRPC, Grpc, HTTP, Http, LLM, Llm, MCP, Mcp, Task } from "../state/nodes";
import { OK, RESULT } from "../state/outcome";
import { PHASE_EFFECT } from "../state/phases";
import { Branch, Frame, GRANT, inputOf } from "../state/state";
import { givenAnswer, givenRequest } from "../step/answers";
import { bind, INSIDE } from "../step/bind";
import { ask, askFor } from "../step/effects";
import { needs } from "../step/evaluate";
import { raiseProblem, settle } from "../step/faults";
import { loadDecide } from "./decide";
import { isGranted, isMcpGranted } from "./grant";
import { buildGrpc, loadGrpc, readGrpc } from "./grpc";
import { areSecretsGranted } from "./secret-places";
import { buildRequest, httpMentions, loadHttp, readAnswer } from "./http";
import { loadLlm, readLlm } from "./llm";
import { buildMcp, loadMcp, mcpTarget, readMcp } from "./mcp";

/** Compiles a call: false with the error recorded. */
export function loadCall(t: Task, v: usize): bool {
  if (!onlyTaskFields(v, "call with")) return false;
  const call = objectField(v, "call");
  if (!isString(call, "call")) return false;
  const args = required(v, "with");
  if (args == 0 || !isObject(args, "with")) return false;
  const before = placeField("with");
  if (cellIs(call, "mcp")) {
    t.kind = MCP;
    t.body = loadMcp(args);
  } else if (cellIs(call, "grpc")) {
    t.kind = GRPC;
    t.body = loadGrpc(args);
  } else if (cellIs(call, "http")) {
    t.kind = HTTP;
    t.body = loadHttp(args, objectField(v, "metadata"));
  } else if (cellIs(call, "llm")) {
    t.kind = LLM;
    t.body = loadLlm(args);
  } else if (cellIs(call, "decide")) {
    t.kind = DECIDE;
    t.body = loadDecide(args);
  } else {
    placeLeave(before);
    placeField("call");
    return failCell(E_WF_UNSUPPORTED, "a pack holds calls as they were compiled, not:", call);
  }
  placeLeave(before);
  return t.body != 0;
}

/** call http, mcp and grpc: the request, if it is granted. */
export function stepCall(b: Branch, f: Frame, t: Task): bool {
  const h = requestOfCall(t);
  const mentions = httpMentions(h);
  const missing = needs(b, f, mentions);
  if (missing != 0) return askFor(b, f, missing);
  setNow(b.now / 1000);
  const globals = bind(b, f, INSIDE, mentions);
  let got: u32;
  if (t.kind == MCP) got = buildMcp(changetype<Mcp>(t.body), inputOf(f), globals, RESULT);
  else if (t.kind == GRPC) got = buildGrpc(changetype<Grpc>(t.body), inputOf(f), globals, RESULT);
  else got = buildRequest(h, inputOf(f), globals, RESULT);
  if (got != OK) return settle(b, f, got);
  if (!isCallGranted(t, h) || !areSecretsGranted(GRANT, h)) return raiseProblem(b, f);
  f.phase = PHASE_EFFECT;
  return ask(b, f, effectOf(t.kind), FOR_CALL, RESULT);
}

function requestOfCall(t: Task): Http {
  if (t.kind == MCP) return changetype<Http>(changetype<Mcp>(t.body).http);
  if (t.kind == GRPC) return changetype<Http>(changetype<Grpc>(t.body).http);
  return changetype<Http>(t.body);
}

function isCallGranted(t: Task, h: Http): bool {
  if (t.kind != MCP) return isGranted(GRANT, h.method);
  const m = changetype<Mcp>(t.body);
  return isMcpGranted(GRANT, m.method, mcpTarget(m, RESULT));
}

/** What the task gives for the answer, in RESULT: OK, ERROR (a limit) or PROBLEM. */
export function readCall(t: Task): u32 {
  if (t.kind == LLM) return readLlm(changetype<Llm>(t.body), givenAnswer(), RESULT);
  if (t.kind == MCP) return readMcp(givenAnswer(), RESULT);
  if (t.kind == GRPC) return readGrpc(givenAnswer(), RESULT);
  return readAnswer(changetype<Http>(t.body), givenRequest(), givenAnswer(), RESULT);
}
