/** JSON calls: a text in the input window, its canonical form or that form's hash in the output. */

import { arenaReset, SCRATCH } from "../bytes/arena";
import { INPUT, OUTPUT } from "../bytes/buffer";
import { SHA_STATE, shaBegin, shaEnd } from "../bytes/sha256";
import * as C from "../errors/codes";
import { canonicalCopy } from "../json/canonical";
import { numbersFromText, numbersToText } from "../json/list";
import { parseJson } from "../json/reader";
import { hashJson, writeJson } from "../json/writer";
import { beginCall, digestRoom, takes } from "./call";

const value: usize = memory.data(16, 16);
const stream: usize = memory.data(SHA_STATE, 16);

/** No output: is the window a JSON text that canonicalize() would read? */
export function checkJson(length: u32, flags: u32): u32 {
  return status(read(length, flags));
}

/** Output: the RFC 8785 text, itself a possible input: at most MAX_INPUT bytes. Flags: codes.ts. */
export function canonicalize(length: u32, flags: u32): u32 {
  return status(readCanonical(length, flags) && writeJson(value, OUTPUT, C.MAX_INPUT));
}

/** Output: the 32-byte SHA-256 of that text, which is never held as a whole. */
export function canonicalHash(length: u32, flags: u32): u32 {
  let done = readCanonical(length, flags);
  shaBegin(stream);
  if (done) done = hashJson(value, stream, C.MAX_INPUT);
  if (done) shaEnd(stream, digestRoom());
  return status(done);
}

/** The window holds doubles, little-endian. Output: their JSON array, in RFC 8785 form. */
export function numbersToJson(length: u32): u32 {
  beginCall(0);
  return status(takes(length) && numbersToText(INPUT.at, length, OUTPUT));
}

/** The window holds a JSON array of numbers and nothing else. Output: doubles, little-endian. */
export function numbersFromJson(length: u32): u32 {
  beginCall(0);
  return status(takes(length) && numbersFromText(INPUT.at, length, OUTPUT));
}

/** Reads the window into `value`. */
function read(length: u32, flags: u32): bool {
  beginCall(i64.MAX_VALUE);
  arenaReset(SCRATCH, C.MAX_SCRATCH);
  return takes(length) && parseJson(INPUT.at, length, flags & ~C.JSON_HIDDEN, SCRATCH, value);
}

/** The same, canonical. Reading in boundary mode gives canonical values by itself. */
function readCanonical(length: u32, flags: u32): bool {
  if (!read(length, flags)) return false;
  return (flags & C.JSON_JQ) == 0 || canonicalCopy(value, SCRATCH, value, 0);
}

function status(done: bool): u32 {
  arenaReset(SCRATCH, 0);
  return done ? C.STATUS_OK : C.STATUS_ERROR;
}
