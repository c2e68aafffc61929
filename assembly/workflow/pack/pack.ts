/**
 * load(): pack.json and the files that it lists, checked against it and compiled.
 *
 * The digest of a pack is the SHA-256 of pack.json, which holds the digest of every file: so the
 * engine itself knows that what it runs is what the digest names.
 */

import { Arena, arenaReset, PERSISTENT, SCRATCH } from "../../bytes/arena";
import { Buffer, bufferByte, bufferBytes, TEXT } from "../../bytes/buffer";
import { isHexOf } from "../../bytes/hex";
import { shaOf } from "../../bytes/sha256";
import {
  E_FRAMES,
  E_PACK_DIGEST,
  E_PACK_FILE,
  E_PACK_FORMAT,
  JSON_BOUNDARY,
  MAX_INPUT,
  MAX_SCRATCH,
} from "../../errors/codes";
import { charge, fail } from "../../errors/errors";
import { canonicalCopy } from "../../json/canonical";
import { parseJson } from "../../json/reader";
import { writeJson } from "../../json/writer";
import {
  addressOf,
  elementAt,
  KEPT,
  lengthOf,
  NUMBER,
  numberOf,
  setNull,
  setString,
  STRING,
  tagOf,
} from "../../value/cell";
import { cellIs, objectField } from "../../value/object";
import { compareBytes, equalBytes } from "../../value/order";
import { loadTable, tablesBegin } from "../call/table";
import { isArray, isString, onlyFields, required } from "../compile/fields";
import {
  failCell,
  placeBegin,
  placeField,
  placeIndex,
  placeLeave,
  showPlace,
} from "../compile/place";
import { loadSchemaFile, schemasBegin, schemasEnd } from "../compile/schemas";
import { addWorkflow, workflowCount, workflowNamed, workflowsBegin } from "../compile/workflows";
import { Workflow } from "../state/nodes";
import { PACK_DIGEST } from "../state/state";
import { compileWorkflow } from "./document";

let loaded: bool = false;

const HASH: usize = memory.data(32, 16);
const VALUE: usize = memory.data(16, 16);
const NAME: usize = memory.data(16, 16);
const NAME_TEXT: usize = memory.data(16, 16);
/** More than any pack that fits into the input window needs. */
const PERSISTENT_LIMIT: u32 = 536870912;

export function packLoaded(): bool {
  return loaded;
}

/** Loads from frames in [at, at+length). False with the error recorded; nothing is loaded then. */
export function loadPack(at: usize, length: u32): bool {
  loaded = false;
  workflowsBegin();
  tablesBegin();
  arenaReset(PERSISTENT, PERSISTENT_LIMIT);
  schemasBegin();
  const end = at + length;
  const n = frameAt(at, end);
  if (n == NO_FRAME) return fail(E_FRAMES, 0);
  shaOf(at + 4, n, PACK_DIGEST);
  manifestName();
  if (!read(at + 4, n, VALUE)) return false;
  const manifest = VALUE;
  // What an author says to people, and to hosts, is theirs to read.
  if (
    !onlyFields(
      manifest,
      "capabilities classification engines files format id limits schemas tables version workflows",
    )
  )
    return false;
  const format = required(manifest, "format");
  const files = required(manifest, "files");
  const id = required(manifest, "id");
  const schemas = objectField(manifest, "schemas");
  const tables = required(manifest, "tables");
  const version = required(manifest, "version");
  const workflows = required(manifest, "workflows");
  if (format == 0 || files == 0 || id == 0 || tables == 0 || version == 0 || workflows == 0)
    return false;
  if (!isString(id, "id") || !isString(version, "version")) return false;
  if (tagOf(format) != STRING || !cellIs(format, "reach/pack/v1"))
    return failCell(E_PACK_FORMAT, "expected the format reach/pack/v1", 0);
  if (!isArray(files, "files") || !isArray(tables, "tables") || !isArray(workflows, "workflows"))
    return false;
  if (schemas != 0 && !isArray(schemas, "schemas")) return false;
  if (!checkFiles(files, at + 4 + n, end)) return false;
  // Tables and schemas come first: workflows refer to them.
  if (
    (schemas != 0 && !loadListed(schemas, files, at + 4 + n, A_SCHEMA)) ||
    !loadListed(tables, files, at + 4 + n, A_TABLE) ||
    !loadWorkflows(workflows, files, at + 4 + n, id, version) ||
    !schemasEnd()
  )
    return false;
  if (workflowCount() == 0) return failCell(E_PACK_FORMAT, "a pack has at least one workflow", 0);
  loaded = true;
  return true;
}

/** No pack is loaded any more. */
export function packForget(): void {
  loaded = false;
  workflowsBegin();
}

function manifestName(): void {
  const text = "pack.json";
  for (let i: u32 = 0; i < 9; i++)
    store<u8>(NAME_TEXT + i, load<u16>(changetype<usize>(text) + ((i as usize) << 1)) as u8);
  setString(NAME, NAME_TEXT, 9, 0);
  placeBegin(NAME);
}

const NO_FRAME: u32 = 0xffffffff;

function frameAt(at: usize, end: usize): u32 {
  if (end - at < 4 || at > end) return NO_FRAME;
  const n = load<u32>(at);
  return n > ((end - at - 4) as u32) ? NO_FRAME : n;
}

/** Parses a file into PERSISTENT; it must be canonical, so that equal digests are equal values. */
function read(at: usize, length: u32, out: usize): bool {
  const scratch: Arena = SCRATCH;
  arenaReset(scratch, MAX_SCRATCH);
  setNull(out);
  let ok = parseJson(at, length, JSON_BOUNDARY, scratch, out);
  if (ok) {
    const text: Buffer = TEXT;
    text.len = 0;
    ok = writeJson(out, text, MAX_INPUT);
    if (ok && !equalBytes(text.at, text.len, at, length)) {
      failCell(E_PACK_FORMAT, "a file of a pack is not in RFC 8785 form", 0);
      return false;
    }
  }
  ok = ok && canonicalCopy(out, PERSISTENT, out, KEPT);
  if (!ok) showPlace();
  arenaReset(scratch, MAX_SCRATCH);
  return ok;
}

/** Each entry {path, sha256, size}, sorted by path, must match its frame. */
function checkFiles(files: usize, at: usize, end: usize): bool {
  const before = placeField("files");
  const n = lengthOf(files);
  let p = at;
  for (let i: u32 = 0; i < n; i++) {
    const inner = placeIndex(i);
    const f = elementAt(files, i);
    if (!onlyFields(f, "path sha256 size")) return false;
    const path = required(f, "path");
    const digest = required(f, "sha256");
    const size = required(f, "size");
    if (
      path == 0 ||
      digest == 0 ||
      size == 0 ||
      !isString(path, "path") ||
      !isString(digest, "sha256")
    )
      return false;
    if (i != 0) {
      const last = objectField(elementAt(files, i - 1), "path");
      if (compareBytes(addressOf(last), lengthOf(last), addressOf(path), lengthOf(path)) >= 0) {
        return failCell(
          E_PACK_FORMAT,
          "files are listed in the order of their paths, each once",
          path,
        );
      }
    }
    const length = frameAt(p, end);
    if (length == NO_FRAME) return failCell(E_PACK_FILE, "a file is missing", path);
    shaOf(p + 4, length, HASH);
    if (
      tagOf(size) != NUMBER ||
      numberOf(size) != (length as f64) ||
      !isHexOf(addressOf(digest), lengthOf(digest), HASH, 32)
    ) {
      return failCell(E_PACK_DIGEST, "a file is not what pack.json says", path);
    }
    p += 4 + length;
    placeLeave(inner);
  }
  if (p != end) return failCell(E_PACK_FILE, "there are more files than pack.json lists", 0);
  placeLeave(before);
  return true;
}

const A_SCHEMA: u32 = 0;
const A_TABLE: u32 = 1;
const A_WORKFLOW: u32 = 2;

/** Loads the files that a list of paths names. */
function loadListed(paths: usize, files: usize, at: usize, kind: u32): bool {
  for (let i: u32 = 0; i < lengthOf(paths); i++) {
    manifestName();
    const path = elementAt(paths, i);
    if (tagOf(path) != STRING) return failCell(E_PACK_FORMAT, "a path is a string", 0);
    let p = at;
    let found = false;
    for (let j: u32 = 0; j < lengthOf(files) && !found; j++) {
      if (!charge(1)) return showPlace();
      const name = objectField(elementAt(files, j), "path");
      if (equalBytes(addressOf(name), lengthOf(name), addressOf(path), lengthOf(path)))
        found = true;
      else p += 4 + load<u32>(p);
    }
    if (!found) return failCell(E_PACK_FILE, "a file is not listed under files", path);
    placeBegin(path);
    const value = VALUE;
    if (!read(p + 4, load<u32>(p), value)) return false;
    let ok: bool;
    if (kind == A_SCHEMA) ok = loadSchemaFile(path, value);
    else if (kind == A_TABLE) ok = loadTable(path, value);
    else ok = loadWorkflow(path, value);
    if (!ok) return false;
  }
  return true;
}

/** One that another runs stands before it, so that none can run itself. */
function loadWorkflows(paths: usize, files: usize, at: usize, id: usize, version: usize): bool {
  const text: Buffer = NAME_OF_MAIN;
  text.len = 0;
  bufferBytes(text, addressOf(id), lengthOf(id));
  bufferByte(text, 0x3a);
  bufferBytes(text, addressOf(version), lengthOf(version));
  return loadListed(paths, files, at, A_WORKFLOW);
}
const NAME_OF_MAIN: Buffer = changetype<Buffer>(memory.data(16, 16));

function loadWorkflow(path: usize, value: usize): bool {
  const w = compileWorkflow(path, value);
  if (w == 0) return false;
  const name = changetype<Workflow>(w).name;
  if (!charge(workflowCount())) return showPlace();
  if (workflowNamed(name) != 0)
    return failCell(E_PACK_FORMAT, "two workflows have the same name", name);
  const main: Buffer = NAME_OF_MAIN;
  addWorkflow(w, equalBytes(addressOf(name), lengthOf(name), main.at, main.len));
  return true;
}
