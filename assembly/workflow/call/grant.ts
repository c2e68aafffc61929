/** The effective grant (docs/spec/grant.md): what a run may ask of the outside. */

import { textByte } from "../../bytes/byte";
import { Buffer, bufferByte, bufferBytes, bufferText, TEXT } from "../../bytes/buffer";
import {
  addressOf,
  ARRAY,
  elementAt,
  keyAt,
  lengthOf,
  OBJECT,
  STRING,
  tagOf,
  valueAt,
} from "../../value/cell";
import { cellIs, objectField } from "../../value/object";
import { equalBytes } from "../../value/order";
import { AUTHORIZATION, problem, PROBLEM_DETAIL } from "../state/problem";
import { overridingBeyond, overridingMcp } from "../request/overriding";
import { isSpending } from "./spending";
import { URI, uriOrigin, uriPath } from "../request/uri";

/**
 * True if the grant allows the request whose URI checkUri() has just read. Otherwise a problem.
 *
 * @param headers of the request; 0: it has none
 */
export function isGranted(grant: usize, method: usize, headers: usize): bool {
  const rules = objectField(grant, "http");
  let refused: usize = 0;
  if (rules != 0) {
    for (let i: u32 = 0; i < lengthOf(rules); i++) {
      const rule = elementAt(rules, i);
      const origin = objectField(rule, "origin");
      if (!equalBytes(addressOf(origin), lengthOf(origin), URI.at, uriOrigin())) continue;
      if (!hasMethod(objectField(rule, "methods"), method)) continue;
      if (!matchesAny(objectField(rule, "paths"), URI.at + uriOrigin(), uriPath())) continue;
      refused = overridingBeyond(headers, objectField(rule, "headers"));
      if (refused == 0) return true;
    }
  }
  if (refused != 0) return headerRefused(method, refused);
  problem(AUTHORIZATION, 403, "The grant does not allow this request");
  bufferBytes(PROBLEM_DETAIL, addressOf(method), lengthOf(method));
  bufferByte(PROBLEM_DETAIL, 0x20);
  bufferBytes(PROBLEM_DETAIL, URI.at, uriOrigin() + uriPath());
  return false;
}

/** True if no header overrides a call of MCP, for which no grant has a list of them. Otherwise a problem. */
export function hasNoOverriding(method: usize, headers: usize): bool {
  const refused = overridingMcp(headers);
  return refused == 0 || headerRefused(method, refused);
}

function headerRefused(method: usize, name: usize): bool {
  problem(AUTHORIZATION, 403, "The grant does not allow this header");
  bufferBytes(PROBLEM_DETAIL, addressOf(method), lengthOf(method));
  bufferByte(PROBLEM_DETAIL, 0x20);
  bufferBytes(PROBLEM_DETAIL, URI.at, uriOrigin() + uriPath());
  bufferByte(PROBLEM_DETAIL, 0x20);
  bufferBytes(PROBLEM_DETAIL, addressOf(name), lengthOf(name));
  return false;
}

/** True if the grant allows to send the secret to the origin of the request at hand. Otherwise a problem. */
export function isSecretGranted(grant: usize, secret: usize): bool {
  const rules = objectField(grant, "secrets");
  if (rules != 0) {
    for (let i: u32 = 0; i < lengthOf(rules); i++) {
      const rule = elementAt(rules, i);
      const name = objectField(rule, "name");
      if (!equalBytes(addressOf(name), lengthOf(name), addressOf(secret), lengthOf(secret)))
        continue;
      if (hasOrigin(objectField(rule, "origins"))) return true;
    }
  }
  problem(AUTHORIZATION, 403, "The grant does not allow this secret");
  bufferBytes(PROBLEM_DETAIL, addressOf(secret), lengthOf(secret));
  bufferByte(PROBLEM_DETAIL, 0x20);
  bufferBytes(PROBLEM_DETAIL, URI.at, uriOrigin());
  return false;
}

function hasOrigin(origins: usize): bool {
  for (let i: u32 = 0; i < lengthOf(origins); i++) {
    const o = elementAt(origins, i);
    if (equalBytes(addressOf(o), lengthOf(o), URI.at, uriOrigin())) return true;
  }
  return false;
}

/** True if the grant allows to emit events of this type. Otherwise a problem. */
export function isEmitGranted(grant: usize, type: usize): bool {
  const types = objectField(grant, "emit");
  if (types != 0 && matchesAny(types, addressOf(type), lengthOf(type))) return true;
  problem(AUTHORIZATION, 403, "The grant does not allow this event");
  bufferBytes(PROBLEM_DETAIL, addressOf(type), lengthOf(type));
  return false;
}

/** True if the grant allows to ask this model. Otherwise a problem. */
export function isModelGranted(grant: usize, model: usize): bool {
  const models = objectField(grant, "models");
  if (models != 0) {
    for (let i: u32 = 0; i < lengthOf(models); i++) {
      const m = elementAt(models, i);
      if (equalBytes(addressOf(m), lengthOf(m), addressOf(model), lengthOf(model))) return true;
    }
  }
  problem(AUTHORIZATION, 403, "The grant does not allow this model");
  bufferBytes(PROBLEM_DETAIL, addressOf(model), lengthOf(model));
  return false;
}

/**
 * True if the grant allows to read, write or list in this folder. Otherwise a problem.
 *
 * @param path for the problem; 0: the folder itself
 */
export function isFolderGranted(grant: usize, method: usize, folder: usize, path: usize): bool {
  const rules = objectField(grant, "folders");
  if (rules != 0) {
    for (let i: u32 = 0; i < lengthOf(rules); i++) {
      const rule = elementAt(rules, i);
      const name = objectField(rule, "name");
      if (!equalBytes(addressOf(name), lengthOf(name), addressOf(folder), lengthOf(folder)))
        continue;
      if (hasMethod(objectField(rule, "access"), method)) return true;
    }
  }
  problem(AUTHORIZATION, 403, "The grant does not allow this file");
  bufferBytes(PROBLEM_DETAIL, addressOf(method), lengthOf(method));
  bufferByte(PROBLEM_DETAIL, 0x20);
  bufferBytes(PROBLEM_DETAIL, addressOf(folder), lengthOf(folder));
  if (path == 0) return false;
  bufferByte(PROBLEM_DETAIL, 0x2f);
  bufferBytes(PROBLEM_DETAIL, addressOf(path), lengthOf(path));
  return false;
}

/** True if the grant allows this method of the server whose URI is at hand, for its target (0: none). */
export function isMcpGranted(grant: usize, method: usize, target: usize): bool {
  const call: Buffer = TEXT;
  call.len = 0;
  bufferBytes(call, addressOf(method), lengthOf(method));
  if (target != 0) {
    bufferByte(call, 0x20);
    bufferBytes(call, addressOf(target), lengthOf(target));
  }
  const rules = objectField(grant, "mcp");
  if (rules != 0) {
    for (let i: u32 = 0; i < lengthOf(rules); i++) {
      const rule = elementAt(rules, i);
      const server = objectField(rule, "server");
      if (!equalBytes(addressOf(server), lengthOf(server), URI.at, URI.len)) continue;
      if (matchesAny(objectField(rule, "calls"), call.at, call.len)) return true;
    }
  }
  problem(AUTHORIZATION, 403, "The grant does not allow this MCP call");
  bufferBytes(PROBLEM_DETAIL, call.at, call.len);
  bufferText(PROBLEM_DETAIL, " of ");
  bufferBytes(PROBLEM_DETAIL, URI.at, URI.len);
  return false;
}

function hasMethod(methods: usize, method: usize): bool {
  for (let i: u32 = 0; i < lengthOf(methods); i++) {
    const m = elementAt(methods, i);
    if (equalBytes(addressOf(m), lengthOf(m), addressOf(method), lengthOf(method))) return true;
  }
  return false;
}

/** A pattern is a text, or a prefix with a `*` behind it. */
function matchesAny(patterns: usize, text: usize, n: u32): bool {
  for (let i: u32 = 0; i < lengthOf(patterns); i++) {
    const p = addressOf(elementAt(patterns, i));
    const m = lengthOf(elementAt(patterns, i));
    if (m != 0 && textByte(p + m - 1) == 0x2a) {
      if (n >= m - 1 && equalBytes(p, m - 1, text, m - 1)) return true;
    } else if (equalBytes(p, m, text, n)) return true;
  }
  return false;
}

/** True if the cell has the shape of a grant by logical names. */
export function isGrant(v: usize): bool {
  if (tagOf(v) != OBJECT) return false;
  for (let i: u32 = 0; i < lengthOf(v); i++) {
    const key = keyAt(v, i);
    let ok: bool = false;
    if (cellIs(key, "http")) ok = isHttpRules(valueAt(v, i));
    else if (cellIs(key, "emit") || cellIs(key, "models")) ok = isTexts(valueAt(v, i));
    else if (cellIs(key, "secrets")) ok = areNamed(valueAt(v, i), "name", "origins");
    else if (cellIs(key, "mcp")) ok = areNamed(valueAt(v, i), "server", "calls");
    else if (cellIs(key, "folders")) ok = areNamed(valueAt(v, i), "name", "access");
    else if (cellIs(key, "spending")) {
      const models = objectField(v, "models");
      ok = (models == 0 || isTexts(models)) && isSpending(valueAt(v, i), models);
    }
    if (!ok) return false;
  }
  return true;
}

function isHttpRules(rules: usize): bool {
  if (tagOf(rules) != ARRAY) return false;
  for (let i: u32 = 0; i < lengthOf(rules); i++) {
    const r = elementAt(rules, i);
    const headers = tagOf(r) == OBJECT ? objectField(r, "headers") : 0;
    const n: u32 = headers == 0 ? 3 : 4;
    if (tagOf(r) != OBJECT || lengthOf(r) != n) return false;
    if (headers != 0 && !isTexts(headers)) return false;
    const origin = objectField(r, "origin");
    if (origin == 0 || tagOf(origin) != STRING) return false;
    if (!isTexts(objectField(r, "methods")) || !isTexts(objectField(r, "paths"))) return false;
  }
  return true;
}

/** True if the rules have a text and an array of texts each, under these names. */
function areNamed(rules: usize, name: string, texts: string): bool {
  if (tagOf(rules) != ARRAY) return false;
  for (let i: u32 = 0; i < lengthOf(rules); i++) {
    const r = elementAt(rules, i);
    if (tagOf(r) != OBJECT || lengthOf(r) != 2) return false;
    const n = objectField(r, name);
    if (n == 0 || tagOf(n) != STRING || !isTexts(objectField(r, texts))) return false;
  }
  return true;
}

function isTexts(v: usize): bool {
  if (v == 0 || tagOf(v) != ARRAY) return false;
  for (let i: u32 = 0; i < lengthOf(v); i++) if (tagOf(elementAt(v, i)) != STRING) return false;
  return true;
}
