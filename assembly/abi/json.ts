/** JSON calls: a text in the input window, its canonical form or that form's hash in the output. */

import { arenaReset, SCRATCH } from "../bytes/arena";
import { bufferRoom, INPUT, OUTPUT } from "../bytes/buffer";
import { DIGEST, SHA_STATE, shaBegin, shaEnd } from "../bytes/sha256";
import * as C from "../codes";
import { fail } from "../errors";
import { canonicalCopy } from "../json/canonical";
import { parseJson } from "../json/reader";
import { hashJson, writeJson } from "../json/writer";
import { beginCall } from "./call";

const value: usize = memory.data(16, 16);
const stream: usize = memory.data(SHA_STATE, 16);

/** Output: the RFC 8785 text, itself a possible input: at most MAX_INPUT bytes. Flags: codes.ts. */
export function canonicalize(length: u32, flags: u32): u32 {
  let done = readCanonical(length, flags);
  if (done) done = writeJson(value, OUTPUT, C.MAX_INPUT);
  arenaReset(SCRATCH, 0);
  return done ? C.STATUS_OK : C.STATUS_ERROR;
}

/** Output: the 32-byte SHA-256 of that text, which is never held as a whole. */
export function canonicalHash(length: u32, flags: u32): u32 {
  let done = readCanonical(length, flags);
  shaBegin(stream);
  if (done) done = hashJson(value, stream, C.MAX_INPUT);
  if (done) {
    bufferRoom(OUTPUT, DIGEST);
    shaEnd(stream, OUTPUT.at);
    OUTPUT.len = DIGEST;
  }
  arenaReset(SCRATCH, 0);
  return done ? C.STATUS_OK : C.STATUS_ERROR;
}

/** Reads the window into `value`. Reading in boundary mode gives canonical values by itself. */
function readCanonical(length: u32, flags: u32): bool {
  beginCall(i64.MAX_VALUE);
  if (length > (C.MAX_INPUT as u32)) return fail(C.E_LIMIT_SIZE, 0);
  arenaReset(SCRATCH, C.MAX_SCRATCH);
  // Also where the host never asked for a window: there must be slack to read.
  bufferRoom(INPUT, length + 16);
  if (!parseJson(INPUT.at, length, flags, SCRATCH, value)) return false;
  return (flags & C.JSON_JQ) == 0 || canonicalCopy(value, SCRATCH, value, 0);
}
