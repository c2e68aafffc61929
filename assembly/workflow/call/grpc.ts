/** call grpc: one message to a method of a service, and its answer (WF-64, WF-65). */

import { textByte } from "../../bytes/byte";
import { COLON, DOT, LOWER_A, MINUS, SLASH, SPACE, UNDERSCORE, ZERO } from "../../bytes/characters";
import { arenaTake, PERSISTENT, SCRATCH } from "../../bytes/arena";
import { Buffer, bufferByte, bufferBytes, bufferText, bufferUint, TEXT } from "../../bytes/buffer";
import { E_WF_TYPE } from "../../errors/codes";
import {
  addressOf,
  copyCell,
  keptText,
  lengthOf,
  numberOf,
  OBJECT,
  objectStorage,
  setCell,
  STRING,
  tagOf,
} from "../../value/cell";
import { objectField } from "../../value/object";
import { isCount, isString, onlyFields, required } from "../compile/fields";
import { failCell, placeField, placeLeave } from "../compile/place";
import { closeObject, keptLiteral, putMember } from "../state/literal";
import { Grpc, Http, Task } from "../state/nodes";
import { OK, PROBLEM } from "../state/outcome";
import { COMMUNICATION, EXPRESSION, problem, PROBLEM_DETAIL, problemText } from "../state/problem";
import { isWhole } from "../state/shapes";
import { Branch, Frame, Pending } from "../state/state";
import { loadAuthentication } from "./authentication";
import { hasFailed, isFailureResult } from "./failure";
import { buildRequest, FAILED, loadPart, newHttp } from "./http";
import { isAddressGranted, stepRemote } from "./remote";
import { loadSecretPlaces } from "./secret-places";

/** Compiles `with` of a call grpc. 0 with the error recorded. */
export function loadGrpc(args: usize): u32 {
  if (!onlyFields(args, "arguments method proto secrets service")) return 0;
  const proto = required(args, "proto");
  const service = required(args, "service");
  const method = required(args, "method");
  if (proto == 0 || service == 0 || method == 0 || !isName(method, "method")) return 0;
  const g = changetype<Grpc>(arenaTake(PERSISTENT, offsetof<Grpc>()));
  memory.fill(changetype<usize>(g), 0, offsetof<Grpc>());
  g.method = method as u32;
  const before = placeField("proto");
  if (!onlyFields(proto, "endpoint name")) return 0;
  const path = required(proto, "endpoint");
  if (path == 0 || !isString(path, "endpoint")) return 0;
  g.proto = path as u32;
  placeLeave(before);
  const h = newHttp(keptLiteral("POST"));
  g.http = changetype<usize>(h) as u32;
  if (!loadService(g, h, service) || !loadSecretPlaces(h, args)) return 0;
  h.body = loadPart(args, "arguments", true);
  return h.body == FAILED ? 0 : (changetype<usize>(g) as u32);
}

/** Its URI, as the protocol has it: https://HOST:PORT/SERVICE/METHOD. */
function loadService(g: Grpc, h: Http, service: usize): bool {
  const before = placeField("service");
  if (!onlyFields(service, "authentication host name port")) return false;
  const name = required(service, "name");
  const host = required(service, "host");
  if (name == 0 || host == 0 || !isName(name, "name") || !isName(host, "host")) return false;
  const port = objectField(service, "port");
  if (port != 0 && !isCount(port, "port")) return false;
  g.service = name as u32;
  const text: Buffer = TEXT;
  text.len = 0;
  bufferText(text, "https://");
  bufferBytes(text, addressOf(host), lengthOf(host));
  // The port that https has anyway is not said.
  if (port != 0 && numberOf(port) != 443) {
    bufferByte(text, COLON);
    bufferUint(text, numberOf(port) as u32);
  }
  bufferByte(text, SLASH);
  bufferBytes(text, addressOf(name), lengthOf(name));
  bufferByte(text, SLASH);
  bufferBytes(text, addressOf(g.method), lengthOf(g.method));
  h.endpoint = keptText(PERSISTENT, text.at, text.len);
  h.isTemplate = 1;
  const authentication = objectField(service, "authentication");
  if (authentication != 0 && !loadAuthentication(h, authentication)) return false;
  placeLeave(before);
  return true;
}

/** Letters, digits, `_`, `-` and inner dots: it becomes a part of a URI. */
function isName(v: usize, field: string): bool {
  if (!isString(v, field)) return false;
  const n = lengthOf(v);
  let ok: bool = n != 0 && n <= 255;
  for (let i: u32 = 0; i < n && ok; i++) {
    const c: u32 = textByte(addressOf(v) + i);
    const isDot = c == DOT && i != 0 && i != n - 1 && textByte(addressOf(v) + i - 1) != DOT;
    const isLetter = (c | 0x20) - LOWER_A < 26;
    ok = isLetter || c - ZERO < 10 || c == UNDERSCORE || c == MINUS || isDot;
  }
  if (ok) return true;
  const before = placeField(field);
  failCell(E_WF_TYPE, "expected letters, digits, - and inner dots, not", v);
  placeLeave(before);
  return false;
}

// ---- The request ---------------------------------------------------------------------------------

/** Asks for the request, if it is granted. */
export function stepGrpc(b: Branch, f: Frame, t: Task): bool {
  const h = changetype<Http>(changetype<Grpc>(t.body).http);
  return stepRemote(b, f, t, h, buildGrpc, isAddressGranted);
}

/** {arguments, authentication?, method, proto, secrets?, service, uri}. */
function buildGrpc(t: Task, input: usize, globals: usize, out: usize): u32 {
  const g = changetype<Grpc>(t.body);
  const made = arenaTake(SCRATCH, 16);
  const got = buildRequest(changetype<Http>(g.http), input, globals, made);
  if (got != OK) return got;
  let given = objectField(made, "body");
  if (given == 0) {
    given = arenaTake(SCRATCH, 16);
    setCell(given, OBJECT, 0, 0, objectStorage(SCRATCH, 0));
  }
  const at = objectStorage(SCRATCH, 7);
  let p = putMember(at, "arguments", given);
  p = putMember(p, "authentication", objectField(made, "authentication"));
  p = putMember(p, "method", g.method);
  p = putMember(p, "proto", g.proto);
  p = putMember(p, "secrets", objectField(made, "secrets"));
  p = putMember(p, "service", g.service);
  closeObject(out, at, putMember(p, "uri", objectField(made, "uri")));
  if (tagOf(given) == OBJECT) return OK;
  problem(EXPRESSION, 400, "The arguments of the gRPC call are not an object");
  return PROBLEM;
}

// ---- The answer ----------------------------------------------------------------------------------

/** {"value": {}}, {"code","message"}, or {"failure"}. */
export function isGrpcResult(v: usize, _e: Pending): bool {
  if (tagOf(v) != OBJECT) return false;
  const value = objectField(v, "value");
  if (value != 0) return lengthOf(v) == 1 && tagOf(value) == OBJECT;
  const code = objectField(v, "code");
  if (code == 0) return isFailureResult(v);
  const message = objectField(v, "message");
  if (lengthOf(v) != 2 || message == 0 || tagOf(message) != STRING) return false;
  return isWhole(code, 16) && numberOf(code) != 0;
}

/** What the task gives for an answer: OK or PROBLEM. */
export function readGrpc(_t: Task, answer: usize, out: usize): u32 {
  if (hasFailed(answer)) return PROBLEM;
  const code = objectField(answer, "code");
  if (code == 0) {
    copyCell(out, objectField(answer, "value"));
    return OK;
  }
  const c = numberOf(code) as u32;
  problem(COMMUNICATION, statusOf(c), "The gRPC service answered with an error");
  bufferUint(PROBLEM_DETAIL, c);
  bufferByte(PROBLEM_DETAIL, SPACE);
  problemText(objectField(answer, "message"));
  return PROBLEM;
}

/** The HTTP status that stands for a status code of gRPC (google.rpc.Code). */
function statusOf(code: u32): u32 {
  if (code == 1) return 499;
  if (code == 3 || code == 9 || code == 11) return 400;
  if (code == 4) return 504;
  if (code == 5) return 404;
  if (code == 6 || code == 10) return 409;
  if (code == 7) return 403;
  if (code == 8) return 429;
  if (code == 12) return 501;
  if (code == 14) return 503;
  return code == 16 ? 401 : 500;
}
