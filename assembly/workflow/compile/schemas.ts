/**
 * The schemas of a pack: its files and those that stand in workflows, which may refer to each other
 * (WF-35 to WF-37), and validation by them while a run goes on.
 */

import { textByte } from "../../bytes/byte";
import { arenaTake, PERSISTENT } from "../../bytes/arena";
import { Buffer, bufferByte, bufferBytes, bufferText } from "../../bytes/buffer";
import { E_WF_REFERENCE, E_WF_REFUSED, E_WF_TYPE } from "../../errors/codes";
import { errorCode } from "../../errors/errors";
import { checking } from "../../errors/looks";
import { compileSchemas } from "../../schema/compile";
import { addDocument, documentAt, documentsBegin } from "../../schema/documents";
import { evaluateSchema, INVALID, missingName, VALID, writeFailure } from "../../schema/evaluate";
import { addressOf, copyCell, keptText, lengthOf, OBJECT, STRING, tagOf } from "../../value/cell";
import { cellIs, objectField } from "../../value/object";
import { ERROR, OK, PROBLEM } from "../state/outcome";
import { problem, PROBLEM_DETAIL, VALIDATION } from "../state/problem";
import { isObject, isString, onlyFields, required } from "./fields";
import {
  failCell,
  PLACE,
  placeField,
  placeFile,
  placeIsInside,
  placeLeave,
  showPlace,
} from "./place";

const URI: Buffer = changetype<Buffer>(memory.data(16, 16));
const WHERE: Buffer = changetype<Buffer>(memory.data(16, 16));

export function schemasBegin(): void {
  documentsBegin(PERSISTENT);
}

/** Once all are known: references are followed, keywords checked. */
export function schemasEnd(): bool {
  return compileSchemas();
}

/** pack:///PATH of a file: what relative references in it are resolved against. */
function writeUri(path: usize): void {
  URI.len = 0;
  bufferText(URI, "pack:///");
  for (let i: u32 = 0; i < lengthOf(path); i++) {
    const c: u32 = textByte(addressOf(path) + i);
    if (c == 0x20) bufferText(URI, "%20");
    else bufferByte(URI, c);
  }
}

function uriCell(): usize {
  return keptText(PERSISTENT, URI.at, URI.len);
}

/** A document of its own lives as long as the pack: `value` is the caller's to reuse. */
function add(value: usize): u32 {
  const cell = arenaTake(PERSISTENT, 16);
  copyCell(cell, value);
  return addDocument(uriCell(), cell);
}

/** A schema that is a file of the pack. */
export function loadSchemaFile(path: usize, value: usize): bool {
  writeUri(path);
  return add(value) != 0;
}

/** The schema that a clause names or holds, or 0 with the error recorded. */
export function loadSchema(clause: usize): u32 {
  const before = placeField("schema");
  if (!onlyFields(clause, "document format resource")) return 0;
  const format = objectField(clause, "format");
  if (format != 0) {
    if (!isString(format, "format")) return 0;
    if (!cellIs(format, "json")) {
      placeField("format");
      failCell(E_WF_REFUSED, "schemas are JSON Schema 2020-12, whose format is json, not", format);
      return 0;
    }
  }
  const document = objectField(clause, "document");
  const resource = objectField(clause, "resource");
  if ((document == 0) == (resource == 0)) {
    failCell(E_WF_TYPE, "a schema has a document or a resource", 0);
    return 0;
  }
  const node = document == 0 ? named(resource) : inside(document);
  placeLeave(before);
  return node;
}

/** A schema in the workflow: its place there tells it from all others. */
function inside(document: usize): u32 {
  const before = placeField("document");
  writeUri(placeFile());
  bufferByte(URI, 0x3f);
  bufferBytes(URI, PLACE.at, PLACE.len);
  // That of a workflow which another runs is known: the workflow was compiled before.
  const node = placeIsInside() ? documentAt(uriCell()) : add(document);
  placeLeave(before);
  return node;
}

/** A file of the pack, by its path. */
function named(resource: usize): u32 {
  const before = placeField("resource");
  if (!onlyFields(resource, "endpoint name")) return 0;
  const name = objectField(resource, "name");
  if (name != 0 && !isString(name, "name")) return 0;
  const endpoint = required(resource, "endpoint");
  if (endpoint == 0 || !isObjectOrText(endpoint)) return 0;
  const inner = placeField("endpoint");
  let path = endpoint;
  if (tagOf(endpoint) == OBJECT) {
    if (!onlyFields(endpoint, "uri")) return 0;
    path = required(endpoint, "uri");
    if (path == 0 || !isString(path, "uri")) return 0;
  }
  writeUri(path);
  const uri = uriCell();
  const node = documentAt(uri);
  if (node == 0) {
    if (errorCode() != 0) showPlace();
    else failCell(E_WF_REFERENCE, "the pack has no such schema, and none is fetched:", path);
    return 0;
  }
  placeLeave(inner);
  placeLeave(before);
  return node;
}

function isObjectOrText(v: usize): bool {
  return tagOf(v) == STRING || isObject(v, "endpoint");
}

/** OK, PROBLEM where the value does not fit, or ERROR (a limit). */
export function validateValue(schema: u32, value: usize): u32 {
  if (schema == 0) return OK;
  checking("schema");
  const r = evaluateSchema(schema, value);
  if (r != INVALID) return r == VALID ? OK : ERROR;
  problem(VALIDATION, 400, "A value does not fit its schema");
  const b: Buffer = PROBLEM_DETAIL;
  WHERE.len = 0;
  bufferText(b, 'at "');
  writeFailure(b, WHERE);
  bufferText(b, '" of the value, by ');
  bufferBytes(b, WHERE.at, WHERE.len);
  const name = missingName();
  if (name != 0) {
    bufferText(b, ": no ");
    bufferBytes(b, addressOf(name), lengthOf(name));
  }
  return PROBLEM;
}
