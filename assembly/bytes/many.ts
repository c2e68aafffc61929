/**
 * Many small hashes: of frames (u32 little-endian length, bytes), of messages of one size, of tree
 * nodes. The SIMD build computes four at a time, with the same result.
 */

import { DIGEST, SHA_STATE, shaBegin, shaEnd, shaUpdate } from "./sha256";
import { blocksOf, LANE_BLOCKS, laneRefill, laneSet, lanesHash } from "./sha256x4";

const stream: usize = memory.data(SHA_STATE, 16);
const prefixByte: usize = memory.data(16, 16);

/** SHA-256 of the prefix byte, unless it is negative, and the bytes. */
export function hashPrefixed(prefix: i32, at: usize, length: u32, out: usize): void {
  shaBegin(stream);
  if (prefix >= 0) {
    store<u8>(prefixByte, prefix as u8);
    shaUpdate(stream, prefixByte, 1);
  }
  shaUpdate(stream, at, length);
  shaEnd(stream, out);
}

/** Writes the hashes of `count` well-formed frames and returns the address behind the last one. */
export function hashMany(at: usize, count: u32, prefix: i32, out: usize): usize {
  while (count > 0) {
    if (ASC_FEATURE_SIMD) {
      const behind = count >= 4 ? fourFrames(at, prefix, out) : 0;
      if (behind != 0) {
        at = behind;
        out += 4 * DIGEST;
        count -= 4;
        continue;
      }
    }
    hashPrefixed(prefix, at + 4, load<u32>(at), out);
    at += 4 + load<u32>(at);
    out += DIGEST;
    count--;
  }
  return at;
}

/** The next four frames at once, if they are short and fill equally many blocks; otherwise 0. */
function fourFrames(at: usize, prefix: i32, out: usize): usize {
  const more: u32 = prefix >= 0 ? 1 : 0;
  const blocks = blocksOf(load<u32>(at) + more);
  if (blocks > LANE_BLOCKS) return 0;
  let p = at;
  for (let lane: u32 = 0; lane < 4; lane++) {
    if (blocksOf(load<u32>(p) + more) != blocks) return 0;
    p += 4 + load<u32>(p);
  }
  p = at;
  for (let lane: u32 = 0; lane < 4; lane++) {
    laneSet(lane, prefix, p + 4, load<u32>(p));
    p += 4 + load<u32>(p);
  }
  lanesHash(blocks, out);
  return p;
}

/**
 * Writes the hashes of `count` messages of `size` bytes each, which lie one behind the other.
 * `out` may be `at`, or any other place at or before it.
 */
export function hashSized(at: usize, count: u32, size: u32, prefix: i32, out: usize): void {
  if (ASC_FEATURE_SIMD) {
    const blocks = blocksOf(size + (prefix >= 0 ? 1 : 0));
    if (count >= 4 && blocks <= LANE_BLOCKS) {
      // The padding is the same for all of them.
      for (let lane: u32 = 0; lane < 4; lane++) laneSet(lane, prefix, at, size);
      while (count >= 4) {
        for (let lane: u32 = 0; lane < 4; lane++) {
          laneRefill(lane, prefix, at, size);
          at += size;
        }
        lanesHash(blocks, out);
        out += 4 * DIGEST;
        count -= 4;
      }
    }
  }
  for (; count > 0; count--) {
    hashPrefixed(prefix, at, size, out);
    at += size;
    out += DIGEST;
  }
}

/** Replaces `pairs` pairs of hashes by the hashes of the nodes above them (prefix 01). */
export function hashNodes(at: usize, pairs: u32): void {
  hashSized(at, pairs, 2 * DIGEST, 1, at);
}
