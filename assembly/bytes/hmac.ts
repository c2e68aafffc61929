/** HMAC-SHA-256 (RFC 2104, FIPS 198-1). */

import { DIGEST, shaOf, SHA_STATE, shaBegin, shaEnd, shaUpdate } from "./sha256";
import { ONES } from "./word";

const BLOCK: u32 = 64;
const pad: usize = memory.data(64, 16);
const stream: usize = memory.data(SHA_STATE, 16);

/** Writes the 32-byte code of a message under a key of any length to `out`. */
export function hmacOf(key: usize, keyLength: u32, at: usize, length: u32, out: usize): void {
  memory.fill(pad, 0, BLOCK);
  if (keyLength > BLOCK) shaOf(key, keyLength, pad);
  else memory.copy(pad, key, keyLength);
  xorPad(ONES * 0x36);
  shaBegin(stream);
  shaUpdate(stream, pad, BLOCK);
  shaUpdate(stream, at, length);
  shaEnd(stream, out);
  // From the inner pad to the outer one; no key material stays behind afterwards.
  xorPad(ONES * (0x36 ^ 0x5c));
  shaBegin(stream);
  shaUpdate(stream, pad, BLOCK);
  shaUpdate(stream, out, DIGEST);
  shaEnd(stream, out);
  memory.fill(pad, 0, BLOCK);
  memory.fill(stream, 0, SHA_STATE);
}

function xorPad(mask: u64): void {
  for (let i: usize = 0; i < (BLOCK as usize); i += 8)
    store<u64>(pad + i, load<u64>(pad + i) ^ mask);
}
