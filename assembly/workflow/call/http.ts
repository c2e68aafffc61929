/** call http: compiling it, building its request, reading its answer. */

import { textByte } from "../../bytes/byte";
import {
  BANG,
  DOT,
  LOWER_A,
  LOWER_Z,
  MINUS,
  NINE,
  SPACE,
  TILDE,
  UNDERSCORE,
  UPPER_A,
  UPPER_Z,
  ZERO,
} from "../../bytes/characters";
import { arenaTake, PERSISTENT, SCRATCH } from "../../bytes/arena";
import { bufferBytes, bufferText, bufferUint } from "../../bytes/buffer";
import { E_WF_TYPE } from "../../errors/codes";
import { errorCode } from "../../errors/errors";
import { checking } from "../../errors/looks";
import { canonicalCopy } from "../../json/canonical";
import { writeNumber } from "../../json/writer";
import {
  addressOf,
  ARRAY,
  CANONICAL,
  copyCell,
  elementAt,
  FALSE,
  keyAt,
  lengthOf,
  NUMBER,
  numberOf,
  OBJECT,
  objectStorage,
  setBool,
  setCell,
  setKeptText,
  setNull,
  setNumber,
  setString,
  setUsed,
  STRING,
  tagOf,
  TRUE,
  valueAt,
} from "../../value/cell";
import { cellIs, objectField, objectGet, objectSet } from "../../value/object";
import { equalBytes } from "../../value/order";
import { isBoolean, isString, onlyFields, required } from "../compile/fields";
import { failCell, placeField, placeLeave } from "../compile/place";
import { compileTemplate, evaluateTemplate, isExpression } from "../compile/template";
import { bufferCell, closeObject, literalCell, putMember } from "../state/literal";
import { CONTENT, Http, NO_SCHEME, RAW, RESPONSE, Task } from "../state/nodes";
import { ERROR, OK, PROBLEM } from "../state/outcome";
import {
  COMMUNICATION,
  CONFIGURATION,
  EXPRESSION,
  problem,
  PROBLEM_DETAIL,
} from "../state/problem";
import { Branch, Frame, Pending, requestOf } from "../state/state";
import { givenRequest } from "../step/answers";
import { buildAuthentication, loadAuthentication } from "./authentication";
import { hasFailed, isFailureResult } from "./failure";
import { isBase64Text } from "./http-answer";
import { begins } from "../request/overriding";
import { isAddressGranted, stepRemote } from "./remote";
import { loadSecretPlaces } from "./secret-places";
import { checkUri, URI, uriFromTemplate, uriFromText, uriQuery } from "../request/uri";

// ---- Compiling -----------------------------------------------------------------------------------

/** A request of which nothing is known but its method, a text in upper case. */
export function newHttp(method: usize): Http {
  const h = changetype<Http>(arenaTake(PERSISTENT, offsetof<Http>()));
  memory.fill(changetype<usize>(h), 0, offsetof<Http>());
  h.method = method as u32;
  return h;
}

/** The member `endpoint`: a URI template, an expression, or an object with one and an authentication. */
export function loadEndpoint(h: Http, given: usize): bool {
  let endpoint = given;
  const before = placeField("endpoint");
  if (tagOf(endpoint) == OBJECT) {
    if (!onlyFields(endpoint, "authentication uri")) return false;
    const authentication = objectField(endpoint, "authentication");
    if (authentication != 0 && !loadAuthentication(h, authentication)) return false;
    endpoint = required(endpoint, "uri");
    if (endpoint == 0) return false;
  }
  if (tagOf(endpoint) != STRING)
    return failCell(E_WF_TYPE, "an endpoint is a URI template or an expression", 0);
  h.isTemplate = isExpression(endpoint) ? 0 : 1;
  h.endpoint = h.isTemplate ? (endpoint as u32) : compileTemplate(endpoint);
  if (h.endpoint == 0) return false;
  placeLeave(before);
  return true;
}

/** Compiles `with` of a call http. 0 with the error recorded. */
export function loadHttp(args: usize): u32 {
  if (!onlyFields(args, "method endpoint headers body query output redirect secrets")) return 0;
  const method = required(args, "method");
  const endpoint = required(args, "endpoint");
  if (method == 0 || endpoint == 0 || !isString(method, "method")) return 0;
  const upper = upperCell(method);
  if (upper == 0) return 0;
  const h = newHttp(upper);
  if (!loadEndpoint(h, endpoint)) return 0;
  if (!loadSecretPlaces(h, args)) return 0;
  h.headers = loadPart(args, "headers", true);
  if (h.headers == FAILED) return 0;
  h.query = loadPart(args, "query", true);
  if (h.query == FAILED) return 0;
  h.body = loadPart(args, "body", false);
  if (h.body == FAILED) return 0;
  const output = objectField(args, "output");
  if (output != 0) {
    if (!isString(output, "output")) return 0;
    if (cellIs(output, "raw")) h.output = RAW;
    else if (cellIs(output, "response")) h.output = RESPONSE;
    else if (!cellIs(output, "content")) {
      placeField("output");
      failCell(E_WF_TYPE, "expected raw, content or response", output);
      return 0;
    }
  }
  const redirect = objectField(args, "redirect");
  if (redirect != 0) {
    if (!isBoolean(redirect, "redirect")) return 0;
    h.redirect = tagOf(redirect) == TRUE ? 1 : 0;
  }
  return changetype<usize>(h) as u32;
}

export const FAILED: u32 = 0xffffffff;

/** The template of a member, 0 where it is not there, or FAILED; `isMap`: it must be an object. */
export function loadPart(args: usize, name: string, isMap: bool): u32 {
  const v = objectField(args, name);
  if (v == 0) return 0;
  const before = placeField(name);
  if (isMap && tagOf(v) != OBJECT && !isExpression(v)) {
    failCell(E_WF_TYPE, "expected an object or an expression", 0);
    return FAILED;
  }
  const t = compileTemplate(v);
  placeLeave(before);
  return t == 0 ? FAILED : t;
}

function upperCell(method: usize): u32 {
  const n = lengthOf(method);
  const cell = arenaTake(PERSISTENT, 16);
  const at = arenaTake(PERSISTENT, n);
  for (let i: u32 = 0; i < n; i++) {
    const c = textByte(addressOf(method) + i);
    const up = c >= LOWER_A && c <= LOWER_Z ? c - 32 : c;
    if (up < UPPER_A || up > UPPER_Z || n > 20) {
      placeField("method");
      failCell(E_WF_TYPE, "a method is up to 20 letters", method);
      return 0;
    }
    store<u8>(at + i, up as u8);
  }
  if (n == 0) {
    failCell(E_WF_TYPE, "a method is up to 20 letters", 0);
    return 0;
  }
  setKeptText(cell, at, n);
  return cell as u32;
}

/** metadata.reach.responseHeaders: the headers of the answer that the workflow reads. */
export function loadResponseHeaders(body: u32, metadata: usize): bool {
  const h = changetype<Http>(body);
  const reach = objectField(metadata, "reach");
  if (reach == 0) return true;
  if (!onlyFields(reach, "responseHeaders")) return false;
  const names = objectField(reach, "responseHeaders");
  if (names == 0) return true;
  if (tagOf(names) != ARRAY)
    return failCell(
      E_WF_TYPE,
      "metadata.reach.responseHeaders is an array of lower-case header names",
      0,
    );
  for (let i: u32 = 0; i < lengthOf(names); i++) {
    const c = elementAt(names, i);
    if (tagOf(c) != STRING || !isToken(c, true)) {
      return failCell(
        E_WF_TYPE,
        "metadata.reach.responseHeaders is an array of lower-case header names",
        0,
      );
    }
  }
  h.responseHeaders = names as u32;
  return true;
}

/** RFC 9110 token; lower case only if asked. */
function isToken(c: usize, lowerOnly: bool): bool {
  const n = lengthOf(c);
  for (let i: u32 = 0; i < n; i++) {
    const b = textByte(addressOf(c) + i);
    const letter = (b >= LOWER_A && b <= LOWER_Z) || (!lowerOnly && b >= UPPER_A && b <= UPPER_Z);
    if (
      !letter &&
      !(b >= ZERO && b <= NINE) &&
      b != MINUS &&
      b != UNDERSCORE &&
      b != DOT &&
      b != BANG &&
      b != TILDE
    )
      return false;
  }
  return n != 0 && n <= 100;
}

// ---- The request ----------------------------------------------------------------------------------

/** Asks for the request, if it is granted. */
export function stepHttp(b: Branch, f: Frame, t: Task): bool {
  return stepRemote(b, f, t, changetype<Http>(t.body), buildHttp, isAddressGranted);
}

function buildHttp(t: Task, input: usize, globals: usize, out: usize): u32 {
  return buildRequest(changetype<Http>(t.body), input, globals, out);
}

/** Builds the request {body?, headers, method, read?, redirect, responseHeaders?, uri} in SCRATCH. */
export function buildRequest(h: Http, input: usize, globals: usize, out: usize): u32 {
  const v = arenaTake(SCRATCH, 16);
  checking("URI");
  if (h.isTemplate) {
    if (!uriFromTemplate(h.endpoint, input)) return PROBLEM;
  } else {
    if (!evaluateTemplate(h.endpoint, input, globals, v)) return ERROR;
    if (tagOf(v) != STRING) return fault(EXPRESSION, "The endpoint is not a text");
    uriFromText(v);
  }
  if (h.query != 0) {
    if (!evaluateTemplate(h.query, input, globals, v)) return ERROR;
    // What is made of it must not depend on how an expression has put it together.
    if (!canonicalCopy(v, SCRATCH, v, 0)) return ERROR;
    if (tagOf(v) != OBJECT) return fault(EXPRESSION, "The query is not an object");
    if (!uriQuery(v)) return PROBLEM;
  }
  if (!checkUri()) return PROBLEM;
  checking("credentials");
  const at = objectStorage(SCRATCH, 9);
  let p = at;
  if (h.scheme != NO_SCHEME) {
    literalCell(p, "authentication");
    if (!buildAuthentication(h, input, globals, p + 16)) return errorCode() != 0 ? ERROR : PROBLEM;
    p += 32;
  }
  if (h.body != 0) {
    literalCell(p, "body");
    if (!evaluateTemplate(h.body, input, globals, p + 16)) return ERROR;
    p += 32;
  }
  checking("headers");
  literalCell(p, "headers");
  setCell(p + 16, OBJECT, 0, 0, objectStorage(SCRATCH, 0));
  if (h.headers != 0) {
    if (!evaluateTemplate(h.headers, input, globals, v)) return ERROR;
    if (!canonicalCopy(v, SCRATCH, v, 0)) return ERROR;
    const status = buildHeaders(v, p + 16);
    if (status != OK) return status;
  }
  p = putMember(p + 32, "method", h.method);
  if (h.output == RAW) {
    literalCell(p, "read");
    literalCell(p + 16, "raw");
    p += 32;
  }
  literalCell(p, "redirect");
  setBool(p + 16, h.redirect != 0);
  p = putMember(p + 32, "responseHeaders", h.responseHeaders);
  p = putMember(p, "secrets", h.secretPlaces);
  literalCell(p, "uri");
  bufferCell(p + 16, URI);
  closeObject(out, at, p + 32);
  checking("");
  return OK;
}

function fault(type: u32, title: string): u32 {
  problem(type, 400, title);
  return PROBLEM;
}

/** Names in lower case, values as text; names that the host or a secret owns are refused. */
function buildHeaders(v: usize, out: usize): u32 {
  if (tagOf(v) != OBJECT) return fault(EXPRESSION, "The headers are not an object");
  const n = lengthOf(v);
  for (let i: u32 = 0; i < n; i++) {
    const k = keyAt(v, i);
    if (!isToken(k, false)) return fault(CONFIGURATION, "A header's name is malformed");
    const name = arenaTake(SCRATCH, 16);
    const at = arenaTake(SCRATCH, lengthOf(k));
    for (let j: u32 = 0; j < lengthOf(k); j++) {
      const c = textByte(addressOf(k) + j);
      store<u8>(at + j, (c >= UPPER_A && c <= UPPER_Z ? c | 0x20 : c) as u8);
    }
    setString(name, at, lengthOf(k), CANONICAL);
    if (isOwned(name)) {
      problem(CONFIGURATION, 400, "A workflow may not set this header");
      bufferBytes(PROBLEM_DETAIL, at, lengthOf(k));
      return PROBLEM;
    }
    if (objectGet(out, at, lengthOf(k)) != 0)
      return fault(CONFIGURATION, "Two headers have the same name");
    const value = arenaTake(SCRATCH, 16);
    const status = headerValue(valueAt(v, i), value);
    if (status != OK) return status;
    if (!objectSet(SCRATCH, out, out, name, value)) return ERROR;
  }
  return OK;
}

/** Printable ASCII with inner spaces only: no way to smuggle a line. */
function headerValue(v: usize, out: usize): u32 {
  const tag = tagOf(v);
  if (tag == NUMBER) {
    PROBLEM_DETAIL.len = 0;
    writeNumber(numberOf(v), PROBLEM_DETAIL);
    bufferCell(out, PROBLEM_DETAIL);
    PROBLEM_DETAIL.len = 0;
    return OK;
  }
  if (tag == TRUE || tag == FALSE) {
    literalCell(out, tag == TRUE ? "true" : "false");
    return OK;
  }
  if (tag != STRING) return fault(EXPRESSION, "A header's value is not a text");
  const n = lengthOf(v);
  for (let i: u32 = 0; i < n; i++) {
    const c = textByte(addressOf(v) + i);
    if (c < SPACE || c > TILDE || (c == SPACE && (i == 0 || i == n - 1)))
      return fault(CONFIGURATION, "A header's value holds a character that is not allowed");
  }
  copyCell(out, v);
  return OK;
}

function isOwned(name: usize): bool {
  return (
    cellIs(name, "host") ||
    cellIs(name, "content-length") ||
    cellIs(name, "transfer-encoding") ||
    cellIs(name, "connection") ||
    cellIs(name, "upgrade") ||
    cellIs(name, "keep-alive") ||
    cellIs(name, "te") ||
    cellIs(name, "trailer") ||
    cellIs(name, "expect") ||
    cellIs(name, "authorization") ||
    cellIs(name, "cookie") ||
    cellIs(name, "idempotency-key") ||
    cellIs(name, "accept-encoding") ||
    begins(name, "proxy-")
  );
}

// ---- The answer -------------------------------------------------------------------------------------

/** True if the cell is one that admit() could have made of an answer to this request (TRACE-6). */
export function isHttpResult(v: usize, e: Pending): bool {
  if (tagOf(v) != OBJECT) return false;
  if (objectField(v, "failure") != 0) return isFailureResult(v);
  if (lengthOf(v) != 3) return false;
  const status = objectField(v, "status");
  const headers = objectField(v, "headers");
  const bytes = objectField(v, "bytes");
  if (status == 0 || headers == 0 || (bytes == 0 && objectField(v, "body") == 0)) return false;
  if (tagOf(status) != NUMBER || !(numberOf(status) >= 100 && numberOf(status) <= 599))
    return false;
  if (floor<f64>(numberOf(status)) != numberOf(status) || tagOf(headers) != OBJECT) return false;
  if (bytes == 0 ? objectField(requestOf(e), "read") != 0 : !isBase64Text(bytes)) return false;
  const names = objectField(requestOf(e), "responseHeaders");
  for (let i: u32 = 0; i < lengthOf(headers); i++) {
    if (tagOf(valueAt(headers, i)) != STRING || names == 0 || !isNamed(names, keyAt(headers, i)))
      return false;
  }
  return true;
}

function isNamed(names: usize, name: usize): bool {
  for (let i: u32 = 0; i < lengthOf(names); i++) {
    const n = elementAt(names, i);
    if (equalBytes(addressOf(n), lengthOf(n), addressOf(name), lengthOf(name))) return true;
  }
  return false;
}

/** What the task gives for an answer; `out` shares the result's storage or lies in SCRATCH. */
export function readHttp(t: Task, result: usize, out: usize): u32 {
  const h = changetype<Http>(t.body);
  const request = givenRequest();
  if (hasFailed(result)) return PROBLEM;
  const status = numberOf(objectField(result, "status")) as u32;
  if (status < 200 || status > (h.redirect ? 399 : 299)) {
    problem(COMMUNICATION, status, "The service answered with an error status");
    bufferText(PROBLEM_DETAIL, "HTTP ");
    bufferUint(PROBLEM_DETAIL, status);
    return PROBLEM;
  }
  const bytes = objectField(result, "bytes");
  const body = objectField(result, "body");
  if (h.output == RAW) {
    if (bytes == 0) return malformed();
    copyCell(out, bytes);
    return OK;
  }
  if (h.output == CONTENT) {
    if (body != 0) copyCell(out, body);
    else if (lengthOf(bytes) == 0) setNull(out);
    else return malformed();
    return OK;
  }
  const at = objectStorage(SCRATCH, 4);
  literalCell(at, "content");
  if (body != 0) copyCell(at + 16, body);
  else copyCell(at + 16, bytes);
  literalCell(at + 32, "headers");
  copyCell(at + 48, objectField(result, "headers"));
  literalCell(at + 64, "request");
  const r = objectStorage(SCRATCH, 3);
  literalCell(r, "headers");
  copyCell(r + 16, objectField(request, "headers"));
  literalCell(r + 32, "method");
  copyCell(r + 48, objectField(request, "method"));
  literalCell(r + 64, "uri");
  copyCell(r + 80, objectField(request, "uri"));
  setUsed(r, 3);
  setCell(at + 80, OBJECT, 0, 3, r);
  literalCell(at + 96, "statusCode");
  setNumber(at + 112, status as f64);
  setUsed(at, 4);
  setCell(out, OBJECT, 0, 4, at);
  return OK;
}

function malformed(): u32 {
  problem(COMMUNICATION, 502, "The service's answer is not JSON");
  return PROBLEM;
}

/** What the answer and the task's output are made from. */
export function isHttpRequest(v: usize): bool {
  if (tagOf(v) != OBJECT) return false;
  const headers = objectField(v, "headers");
  const method = objectField(v, "method");
  const uri = objectField(v, "uri");
  if (
    headers == 0 ||
    tagOf(headers) != OBJECT ||
    method == 0 ||
    tagOf(method) != STRING ||
    uri == 0 ||
    tagOf(uri) != STRING
  )
    return false;
  const names = objectField(v, "responseHeaders");
  if (names == 0) return true;
  if (tagOf(names) != ARRAY) return false;
  for (let i: u32 = 0; i < lengthOf(names); i++)
    if (tagOf(elementAt(names, i)) != STRING) return false;
  return true;
}
