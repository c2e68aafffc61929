/** Hash calls: bytes in the input window, digests in the output window. */

import { INPUT } from "../bytes/buffer";
import * as hmac from "../bytes/hmac";
import * as many from "../bytes/many";
import * as sha from "../bytes/sha256";
import {
  DIGEST,
  SHA_STATE,
  shaBegin,
  shaEnd,
  shaRestore,
  shaSave,
  shaUpdate,
} from "../bytes/sha256";
import * as C from "../errors/codes";
import { fail } from "../errors/errors";
import { beginCall, countFrames, digestRoom, outputRoom, takes } from "./call";

/** The stream of hashReset(), hashUpdate() and hashFinal(). */
const stream: usize = memory.data(SHA_STATE, 16);
let streamOpen = false;

/** SHA-256 of the window. */
export function sha256(length: u32): u32 {
  if (!begin(length)) return C.STATUS_ERROR;
  sha.shaOf(INPUT.at, length, digestRoom());
  return C.STATUS_OK;
}

/** HMAC-SHA-256: the window holds the key, then the message. */
export function hmacSha256(keyLength: u32, messageLength: u32): u32 {
  // Each by itself first, so that the sum cannot wrap round.
  if (!begin(keyLength) || !begin(messageLength)) return C.STATUS_ERROR;
  if (!begin(keyLength + messageLength)) return C.STATUS_ERROR;
  const key: usize = INPUT.at;
  hmac.hmacOf(key, keyLength, key + keyLength, messageLength, digestRoom());
  return C.STATUS_OK;
}

/** Begins the one stream of this instance anew. */
export function hashReset(): u32 {
  beginCall(0);
  shaBegin(stream);
  streamOpen = true;
  return C.STATUS_OK;
}

/** Appends the window to the stream. */
export function hashUpdate(length: u32): u32 {
  if (!begin(length) || !open()) return C.STATUS_ERROR;
  shaUpdate(stream, INPUT.at, length);
  return C.STATUS_OK;
}

/** The stream's SHA-256; closes it. */
export function hashFinal(): u32 {
  beginCall(0);
  if (!open()) return C.STATUS_ERROR;
  shaEnd(stream, digestRoom());
  streamOpen = false;
  return C.STATUS_OK;
}

/** The stream as bytes, to go on with later; it stays open. */
export function hashSave(): u32 {
  beginCall(0);
  if (!open()) return C.STATUS_ERROR;
  shaSave(stream, outputRoom(SHA_STATE));
  return C.STATUS_OK;
}

/** Goes on with such bytes, whatever was open before. E_STATE: they are none. */
export function hashRestore(length: u32): u32 {
  if (!begin(length)) return C.STATUS_ERROR;
  if (length != SHA_STATE || !shaRestore(stream, INPUT.at)) return refuse(C.E_STATE, 0);
  streamOpen = true;
  return C.STATUS_OK;
}

/**
 * The window holds frames, each a u32 (little-endian) length and so many bytes. Output: one
 * SHA-256 a frame, of the prefix byte (unless negative) and the frame's bytes.
 */
export function hashFrames(length: u32, prefix: i32): u32 {
  const count = begin(length) ? countFrames(length) : -1;
  if (count < 0) return C.STATUS_ERROR;
  many.hashMany(INPUT.at, count as u32, prefix, outputRoom((count as u32) * DIGEST));
  return C.STATUS_OK;
}

/** The same for messages of `size` bytes each, one behind the other. */
export function hashEach(length: u32, size: u32, prefix: i32): u32 {
  if (!begin(length)) return C.STATUS_ERROR;
  if (size == 0 || length % size != 0) return refuse(C.E_FRAMES, length);
  const count = length / size;
  if (count > (C.MAX_INPUT as u32) / 4) return refuse(C.E_LIMIT_SIZE, 0);
  many.hashSized(INPUT.at, count, size, prefix, outputRoom(count * DIGEST));
  return C.STATUS_OK;
}

function begin(length: u32): bool {
  beginCall(0);
  return takes(length);
}

function refuse(code: u32, offset: u32): u32 {
  fail(code, offset);
  return C.STATUS_ERROR;
}

function open(): bool {
  return streamOpen || fail(C.E_CALL, 0);
}
