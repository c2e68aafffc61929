/** validate(): JSON Schema 2020-12 on one value. */

import { arenaReset, arenaTake, SCRATCH } from "../bytes/arena";
import { Buffer, bufferByte, bufferText, INPUT, OUTPUT, TEXT } from "../bytes/buffer";
import { utf8Valid } from "../bytes/utf8";
import * as C from "../errors/codes";
import { fail } from "../errors/errors";
import { parseJson } from "../json/reader";
import { writeString } from "../json/writer";
import { compileSchemas } from "../schema/compile";
import { addDocument, documentsBegin } from "../schema/documents";
import { evaluateSchema, INVALID, missingName, STOPPED, writeFailure } from "../schema/evaluate";
import { addressOf, CANONICAL, lengthOf, setString } from "../value/cell";
import { beginCall, countFrames, fuelGiven, takes } from "./call";

const VALUE: usize = memory.data(16, 16);
const PLACE: Buffer = changetype<Buffer>(memory.data(16, 16));

/**
 * Frames: the value, the schema, then URI and text of each document that the schema may refer to.
 * Output: nothing if the value is valid, else a JSON object of what failed first: `instance` and
 * `schema` (where), `missing` (the name that a required member has). fuelLimit <= 0: DEFAULT_FUEL.
 */
export function validate(length: u32, fuelLimit: f64): u32 {
  beginCall(fuelGiven(fuelLimit));
  arenaReset(SCRATCH, C.MAX_SCRATCH);
  const ok = takes(length) && run(length);
  arenaReset(SCRATCH, C.MAX_SCRATCH);
  return ok ? C.STATUS_OK : C.STATUS_ERROR;
}

function run(length: u32): bool {
  const frames = countFrames(length);
  if (frames < 0) return false;
  if (frames < 2 || (frames & 1) != 0) return fail(C.E_FRAMES, 0);
  let at: usize = INPUT.at;
  let n: u32 = load<u32>(at);
  if (!parseJson(at + 4, n, C.JSON_BOUNDARY, SCRATCH, VALUE)) return false;
  at += 4 + n;
  documentsBegin(SCRATCH);
  n = load<u32>(at);
  const root = document(at, 0, at + 4, n);
  if (root == 0) return false;
  at += 4 + n;
  for (let i = 2; i < frames; i += 2) {
    const uri = at;
    at += 4 + load<u32>(at);
    n = load<u32>(at);
    if (document(uri + 4, load<u32>(uri), at + 4, n) == 0) return false;
    at += 4 + n;
  }
  if (!compileSchemas()) return false;
  const r = evaluateSchema(root, VALUE);
  if (r == INVALID) describe();
  return r != STOPPED;
}

function document(uri: usize, uriLength: u32, at: usize, length: u32): u32 {
  const bad = utf8Valid(uri, uriLength);
  if (bad >= 0) {
    fail(C.E_JSON_UTF8, bad as u32);
    return 0;
  }
  const name = arenaTake(SCRATCH, 16);
  setString(name, uri, uriLength, CANONICAL);
  const cell = arenaTake(SCRATCH, 16);
  if (!parseJson(at, length, C.JSON_BOUNDARY, SCRATCH, cell)) return 0;
  return addDocument(name, cell);
}

function describe(): void {
  TEXT.len = 0;
  PLACE.len = 0;
  writeFailure(TEXT, PLACE);
  bufferText(OUTPUT, '{"instance":');
  writeString(TEXT.at, TEXT.len, OUTPUT);
  const name = missingName();
  if (name != 0) {
    bufferText(OUTPUT, ',"missing":');
    writeString(addressOf(name), lengthOf(name), OUTPUT);
  }
  bufferText(OUTPUT, ',"schema":');
  writeString(PLACE.at, PLACE.len, OUTPUT);
  bufferByte(OUTPUT, 0x7d);
}
