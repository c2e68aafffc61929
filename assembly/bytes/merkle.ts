/**
 * The Merkle tree of RFC 9162 section 2.1.1 (the same as RFC 6962's).
 *
 *     leaf = SHA-256(00 || data)      node = SHA-256(01 || left || right)
 *
 * A frontier holds what an append-only tree needs: the roots of the perfect subtrees that its
 * size, in binary, adds up to. It is plain bytes and may be moved or copied.
 *
 *     +0  u64  size of the tree (leaves)
 *     +8  32 bytes x 40: the subtree of 2^i leaves at 8 + 32 * i, valid where bit i of size is 1
 */

import { hashMany, hashNodes, hashPrefixed } from "./many";
import { DIGEST, sha256 } from "./sha256";

/** Bytes of a frontier. */
export const FRONTIER: u32 = 1288;

/** Frames are hashed in perfect subtrees of 2^BATCH leaves. */
const BATCH: u32 = 8;
const batch: usize = memory.data(8192, 16);
/** left || right. */
const pair: usize = memory.data(64, 16);

export function leafHash(at: usize, length: u32, out: usize): void {
  hashPrefixed(0, at, length, out);
}

export function nodeHash(left: usize, right: usize, out: usize): void {
  memory.copy(pair, left, DIGEST);
  memory.copy(pair + DIGEST, right, DIGEST);
  hashPrefixed(1, pair, 2 * DIGEST, out);
}

/** The empty tree. */
export function merkleBegin(frontier: usize): void {
  store<u64>(frontier, 0);
}

/** Appends leaves over well-formed frames (u32 length, bytes). */
export function merkleAppendFrames(frontier: usize, at: usize, count: u32): void {
  while (count > 0) {
    // A subtree can only be added whole where the tree is a multiple of its size.
    const perfect = count >= 1 << BATCH && (load<u64>(frontier) & ((1 << BATCH) - 1)) == 0;
    const n: u32 = perfect ? 1 << BATCH : count < 1 << BATCH ? count : 1;
    at = hashMany(at, n, 0, batch);
    count -= n;
    if (perfect) {
      for (let pairs = n >>> 1; pairs > 0; pairs >>>= 1) hashNodes(batch, pairs);
      appendSubtree(frontier, BATCH, batch);
    } else {
      for (let i: usize = 0; i < (n as usize); i++) appendSubtree(frontier, 0, batch + (i << 5));
    }
  }
}

/** Appends a perfect subtree of 2^level leaves; its root is overwritten. */
function appendSubtree(frontier: usize, level: u32, root: usize): void {
  const size = load<u64>(frontier);
  // As in binary addition: a carry joins two equal subtrees into one of twice the size.
  let i = level as usize;
  for (; (size >> (i as u64)) & 1; i++) nodeHash(frontier + 8 + (i << 5), root, root);
  memory.copy(frontier + 8 + (i << 5), root, DIGEST);
  store<u64>(frontier, size + ((1 as u64) << (level as u64)));
}

/** Writes the root of the tree so far; that of the empty tree is the SHA-256 of nothing. */
export function merkleEnd(frontier: usize, out: usize): void {
  const size = load<u64>(frontier);
  if (size == 0) {
    sha256(0, 0, out);
    return;
  }
  let i = ctz<u64>(size) as usize;
  memory.copy(out, frontier + 8 + (i << 5), DIGEST);
  // The smaller subtrees stand to the right.
  for (i++; size >> (i as u64); i++) {
    if ((size >> (i as u64)) & 1) nodeHash(frontier + 8 + (i << 5), out, out);
  }
}
