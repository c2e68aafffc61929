/** Hash calls: bytes in the input window, digests in the output window. */

import { Buffer, bufferRoom, INPUT, OUTPUT } from "../bytes/buffer";
import * as hmac from "../bytes/hmac";
import { hashMany } from "../bytes/many";
import { FRONTIER, merkleAppendFrames, merkleBegin, merkleEnd } from "../bytes/merkle";
import * as sha from "../bytes/sha256";
import { DIGEST, SHA_STATE, shaBegin, shaEnd, shaUpdate } from "../bytes/sha256";
import * as C from "../codes";
import { fail } from "../errors";
import { beginCall } from "./call";

/** The stream of hashReset(), hashUpdate() and hashFinal(). */
const stream: usize = memory.data(SHA_STATE, 16);
let streamOpen = false;
const frontier: usize = memory.data(FRONTIER, 16);

/** SHA-256 of the window. */
export function sha256(length: u32): u32 {
  if (!begin(length)) return C.STATUS_ERROR;
  sha.sha256(INPUT.at, length, digestRoom());
  return C.STATUS_OK;
}

/** HMAC-SHA-256: the window holds the key, then the message. */
export function hmacSha256(keyLength: u32, messageLength: u32): u32 {
  // Each by itself first, so that the sum cannot wrap round.
  if (!begin(keyLength) || !begin(messageLength)) return C.STATUS_ERROR;
  if (!begin(keyLength + messageLength)) return C.STATUS_ERROR;
  const key: usize = INPUT.at;
  hmac.hmacSha256(key, keyLength, key + keyLength, messageLength, digestRoom());
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

/**
 * The window holds frames, each a u32 (little-endian) length and so many bytes. Output: one
 * SHA-256 a frame, of the prefix byte (unless negative) and the frame's bytes.
 */
export function hashFrames(length: u32, prefix: i32): u32 {
  const count = begin(length) ? countFrames(length) : -1;
  if (count < 0) return C.STATUS_ERROR;
  const b: Buffer = OUTPUT;
  bufferRoom(b, (count as u32) * DIGEST);
  hashMany(INPUT.at, count as u32, prefix, b.at);
  b.len = (count as u32) * DIGEST;
  return C.STATUS_OK;
}

/** The RFC 9162 (and RFC 6962) root of the tree whose leaves are the frames of the window. */
export function merkleRoot(length: u32): u32 {
  const count = begin(length) ? countFrames(length) : -1;
  if (count < 0) return C.STATUS_ERROR;
  merkleBegin(frontier);
  merkleAppendFrames(frontier, INPUT.at, count as u32);
  merkleEnd(frontier, digestRoom());
  return C.STATUS_OK;
}

/** Frames in the window; -1 with E_FRAMES and the offset recorded where one does not fit. */
function countFrames(length: u32): i32 {
  let offset: u32 = 0;
  let count = 0;
  while (offset < length) {
    const rest = length - offset;
    const size = rest < 4 ? u32.MAX_VALUE : load<u32>(INPUT.at + offset);
    if (rest < 4 || size > rest - 4) {
      fail(C.E_FRAMES, offset);
      return -1;
    }
    offset += 4 + size;
    count++;
  }
  return count;
}

function begin(length: u32): bool {
  beginCall(0);
  if (length > (C.MAX_INPUT as u32)) return fail(C.E_LIMIT_SIZE, 0);
  bufferRoom(INPUT, length);
  return true;
}

function open(): bool {
  return streamOpen || fail(C.E_CALL, 0);
}

/** Address of 32 more bytes of output. */
function digestRoom(): usize {
  const b: Buffer = OUTPUT;
  bufferRoom(b, DIGEST);
  b.len += DIGEST;
  return b.at + b.len - DIGEST;
}
