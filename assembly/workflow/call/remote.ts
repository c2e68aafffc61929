/** call http, mcp and grpc: requests over HTTP. */

import { setNow } from "../../expr/machine/machine";
import { EFFECT_GRPC, EFFECT_MCP, FOR_CALL } from "../state/effects";
import { Grpc, Http, Mcp, Task } from "../state/nodes";
import { OK, RESULT } from "../state/outcome";
import { PHASE_EFFECT } from "../state/phases";
import { Branch, Frame, GRANT, inputOf } from "../state/state";
import { bind, INSIDE } from "../step/bind";
import { ask, askFor } from "../step/effects";
import { needs } from "../step/evaluate";
import { raiseProblem, settle } from "../step/faults";
import { isGranted, isMcpGranted } from "./grant";
import { buildGrpc } from "./grpc";
import { areSecretsGranted } from "./secret-places";
import { buildRequest, httpMentions } from "./http";
import { buildMcp, mcpTarget } from "./mcp";

/** Asks for the request, if it is granted. */
export function stepRemote(b: Branch, f: Frame, t: Task): bool {
  const h = requestOfCall(t);
  const mentions = httpMentions(h);
  const missing = needs(b, f, mentions);
  if (missing != 0) return askFor(b, f, missing);
  setNow(b.now / 1000);
  const globals = bind(b, f, INSIDE, mentions);
  let got: u32;
  if (t.effect == EFFECT_MCP) got = buildMcp(changetype<Mcp>(t.body), inputOf(f), globals, RESULT);
  else if (t.effect == EFFECT_GRPC)
    got = buildGrpc(changetype<Grpc>(t.body), inputOf(f), globals, RESULT);
  else got = buildRequest(h, inputOf(f), globals, RESULT);
  if (got != OK) return settle(b, f, got);
  if (!isCallGranted(t, h) || !areSecretsGranted(GRANT, h)) return raiseProblem(b, f);
  f.phase = PHASE_EFFECT;
  return ask(b, f, t.effect, FOR_CALL, RESULT);
}

function requestOfCall(t: Task): Http {
  if (t.effect == EFFECT_MCP) return changetype<Http>(changetype<Mcp>(t.body).http);
  if (t.effect == EFFECT_GRPC) return changetype<Http>(changetype<Grpc>(t.body).http);
  return changetype<Http>(t.body);
}

function isCallGranted(t: Task, h: Http): bool {
  if (t.effect != EFFECT_MCP) return isGranted(GRANT, h.method);
  const m = changetype<Mcp>(t.body);
  return isMcpGranted(GRANT, m.method, mcpTarget(m, RESULT));
}
