/** call mcp: a request to an MCP server over HTTP, and the result of its method (WF-61 to WF-63). */

import { arenaTake, PERSISTENT, SCRATCH } from "../../bytes/arena";
import { bufferByte } from "../../bytes/buffer";
import { E_WF_TYPE, E_WF_UNSUPPORTED } from "../../errors/codes";
import { writeNumber } from "../../json/writer";
import {
  ARRAY,
  copyCell,
  elementAt,
  lengthOf,
  NUMBER,
  numberOf,
  OBJECT,
  objectStorage,
  setNumber,
  STRING,
  tagOf,
  TRUE,
} from "../../value/cell";
import { cellIs, objectField } from "../../value/object";
import { loadTimeLimit } from "../compile/duration";
import { isString, onlyFields, required } from "../compile/fields";
import { failCell, placeField, placeLeave } from "../compile/place";
import { closeObject, keptLiteral, literalCell, putMember } from "../state/literal";
import { Http, Mcp, Task } from "../state/nodes";
import { OK, PROBLEM, RESULT } from "../state/outcome";
import { COMMUNICATION, EXPRESSION, problem, PROBLEM_DETAIL, problemText } from "../state/problem";
import { isWhole } from "../state/shapes";
import { Branch, Frame, GRANT, Pending } from "../state/state";
import { hasFailed, isFailureResult } from "./failure";
import { hasNoOverriding, isMcpGranted } from "./grant";
import { buildRequest, FAILED, loadEndpoint, loadPart, newHttp } from "./http";
import { stepRemote } from "./remote";
import { loadSecretPlaces } from "./secret-places";

/** Compiles `with` of a call mcp. 0 with the error recorded. */
export function loadMcp(args: usize): u32 {
  if (!onlyFields(args, "client method parameters protocolVersion secrets timeout transport"))
    return 0;
  const method = required(args, "method");
  const transport = required(args, "transport");
  if (method == 0 || transport == 0 || !isString(method, "method")) return 0;
  if (!isMethod(method)) {
    placeField("method");
    failCell(E_WF_TYPE, "no method of MCP that a workflow calls:", method);
    return 0;
  }
  const m = changetype<Mcp>(arenaTake(PERSISTENT, offsetof<Mcp>()));
  memory.fill(changetype<usize>(m), 0, offsetof<Mcp>());
  m.method = method as u32;
  const h = newHttp(keptLiteral("POST"));
  m.http = changetype<usize>(h) as u32;
  if (!loadTransport(h, transport) || !loadSecretPlaces(h, args)) return 0;
  h.body = loadPart(args, "parameters", true);
  if (h.body == FAILED) return 0;
  const version = objectField(args, "protocolVersion");
  if (version != 0 && !isString(version, "protocolVersion")) return 0;
  m.version = version as u32;
  const client = objectField(args, "client");
  if (client != 0 && !isClient(client)) return 0;
  m.client = client as u32;
  const timeout = objectField(args, "timeout");
  if (timeout != 0) {
    const before = placeField("timeout");
    m.timeout = loadTimeLimit(timeout);
    if (m.timeout == 0) return 0;
    placeLeave(before);
  }
  return changetype<usize>(m) as u32;
}

function isMethod(v: usize): bool {
  return (
    cellIs(v, "tools/list") ||
    cellIs(v, "tools/call") ||
    cellIs(v, "prompts/list") ||
    cellIs(v, "prompts/get") ||
    cellIs(v, "resources/list") ||
    cellIs(v, "resources/read") ||
    cellIs(v, "resources/templates/list")
  );
}

function loadTransport(h: Http, transport: usize): bool {
  const before = placeField("transport");
  if (!onlyFields(transport, "http stdio")) return false;
  if (objectField(transport, "stdio") != 0)
    return failCell(E_WF_UNSUPPORTED, "stdio: plugins that are processes are not built yet", 0);
  const http = required(transport, "http");
  if (http == 0) return false;
  placeField("http");
  if (!onlyFields(http, "endpoint headers")) return false;
  const endpoint = required(http, "endpoint");
  if (endpoint == 0 || !loadEndpoint(h, endpoint)) return false;
  h.headers = loadPart(http, "headers", true);
  if (h.headers == FAILED) return false;
  placeLeave(before);
  return true;
}

/** {name, version}. */
function isClient(client: usize): bool {
  const before = placeField("client");
  if (!onlyFields(client, "name version")) return false;
  const name = required(client, "name");
  const version = required(client, "version");
  if (name == 0 || version == 0) return false;
  if (!isString(name, "name") || !isString(version, "version")) return false;
  placeLeave(before);
  return true;
}

// ---- The request ---------------------------------------------------------------------------------

/** The parameter that says what the call is for; empty: the method is for nothing in particular. */
function targetName(m: Mcp): string {
  if (cellIs(m.method, "resources/read")) return "uri";
  return cellIs(m.method, "tools/call") || cellIs(m.method, "prompts/get") ? "name" : "";
}

/** What the call is for, in its request: the tool's or prompt's name, the resource's URI; 0: nothing. */
function mcpTarget(m: Mcp, request: usize): usize {
  const name = targetName(m);
  const parameters = objectField(request, "parameters");
  return parameters == 0 || name.length == 0 ? 0 : objectField(parameters, name);
}

/** Asks for the request, if it is granted. */
export function stepMcp(b: Branch, f: Frame, t: Task): bool {
  const h = changetype<Http>(changetype<Mcp>(t.body).http);
  return stepRemote(b, f, t, h, buildMcp, isAllowed);
}

function isAllowed(t: Task, _h: Http): bool {
  const m = changetype<Mcp>(t.body);
  return (
    isMcpGranted(GRANT, m.method, mcpTarget(m, RESULT)) &&
    hasNoOverriding(m.method, objectField(RESULT, "headers"))
  );
}

/** {authentication?, client?, headers, method, parameters?, protocolVersion?, secrets?, timeout?, uri}. */
function buildMcp(t: Task, input: usize, globals: usize, out: usize): u32 {
  const m = changetype<Mcp>(t.body);
  const made = arenaTake(SCRATCH, 16);
  const got = buildRequest(changetype<Http>(m.http), input, globals, made);
  if (got != OK) return got;
  const at = objectStorage(SCRATCH, 9);
  let p = putMember(at, "authentication", objectField(made, "authentication"));
  p = putMember(p, "client", m.client);
  p = putMember(p, "headers", objectField(made, "headers"));
  p = putMember(p, "method", m.method);
  const parameters = objectField(made, "body");
  p = putMember(p, "parameters", parameters);
  p = putMember(p, "protocolVersion", m.version);
  p = putMember(p, "secrets", objectField(made, "secrets"));
  if (m.timeout != 0) {
    literalCell(p, "timeout");
    setNumber(p + 16, m.timeout);
    p += 32;
  }
  closeObject(out, at, putMember(p, "uri", objectField(made, "uri")));
  if (parameters != 0 && tagOf(parameters) != OBJECT) {
    problem(EXPRESSION, 400, "The parameters of the MCP call are not an object");
    return PROBLEM;
  }
  const target = mcpTarget(m, out);
  if (targetName(m).length != 0 && (target == 0 || tagOf(target) != STRING)) {
    problem(EXPRESSION, 400, "The parameters of the MCP call do not say what is called");
    return PROBLEM;
  }
  return OK;
}

// ---- The answer ----------------------------------------------------------------------------------

/** {"result": {}}, {"error": {"code","message"}}, {"status"} of a refusal, or {"failure"}. */
export function isMcpResult(v: usize, _e: Pending): bool {
  if (tagOf(v) != OBJECT || lengthOf(v) != 1) return false;
  const result = objectField(v, "result");
  if (result != 0) return tagOf(result) == OBJECT;
  const status = objectField(v, "status");
  if (status != 0) return isWhole(status, 599) && numberOf(status) >= 400;
  const error = objectField(v, "error");
  if (error == 0) return isFailureResult(v);
  if (tagOf(error) != OBJECT || lengthOf(error) != 2) return false;
  const code = objectField(error, "code");
  const message = objectField(error, "message");
  if (code == 0 || message == 0 || tagOf(code) != NUMBER || tagOf(message) != STRING) return false;
  return floor<f64>(numberOf(code)) == numberOf(code);
}

/** What the task gives for an answer: OK or PROBLEM. */
export function readMcp(_t: Task, answer: usize, out: usize): u32 {
  if (hasFailed(answer)) return PROBLEM;
  const status = objectField(answer, "status");
  if (status != 0) {
    problem(COMMUNICATION, numberOf(status) as u32, "The MCP server answered with an error status");
    return PROBLEM;
  }
  const error = objectField(answer, "error");
  if (error != 0) {
    problem(COMMUNICATION, 502, "The MCP server answered with an error");
    writeNumber(numberOf(objectField(error, "code")), PROBLEM_DETAIL);
    bufferByte(PROBLEM_DETAIL, 0x20);
    problemText(objectField(error, "message"));
    return PROBLEM;
  }
  const result = objectField(answer, "result");
  const isError = objectField(result, "isError");
  if (isError != 0 && tagOf(isError) == TRUE) {
    problem(COMMUNICATION, 502, "The tool has failed");
    problemText(firstText(result));
    return PROBLEM;
  }
  copyCell(out, result);
  return OK;
}

/** The text of the first part of what a tool has said, or 0. */
function firstText(result: usize): usize {
  const content = objectField(result, "content");
  if (content == 0 || tagOf(content) != ARRAY || lengthOf(content) == 0) return 0;
  const part = elementAt(content, 0);
  return tagOf(part) == OBJECT ? objectField(part, "text") : 0;
}
