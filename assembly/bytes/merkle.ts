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

import { Buffer, bufferBytes } from "./buffer";
import { hashMany, hashNodes, hashPrefixed } from "./many";
import { DIGEST, shaOf } from "./sha256";

/** Bytes of a frontier. */
export const FRONTIER: u32 = 1288;
/** A tree has less than 2^40 leaves. */
const LEVELS: u32 = 40;

/** Leaves are hashed in perfect subtrees of 256. */
const BATCH: u32 = 256;
const BATCH_LEVEL: u32 = 8;
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

/** Can so many leaves be added? */
export function merkleHasRoom(frontier: usize, count: u32): bool {
  return (load<u64>(frontier) + (count as u64)) >> (LEVELS as u64) == 0;
}

/** Appends leaves over well-formed frames (u32 length, bytes). */
export function merkleAppendFrames(frontier: usize, at: usize, count: u32): void {
  while (count > 0) {
    const n = nextBatch(frontier, count);
    at = hashMany(at, n, 0, batch);
    appendBatch(frontier, batch, n);
    count -= n;
  }
}

/** Appends leaves by their hashes, 32 bytes each, which are used up. */
export function merkleAppendHashes(frontier: usize, at: usize, count: u32): void {
  while (count > 0) {
    const n = nextBatch(frontier, count);
    appendBatch(frontier, at, n);
    at += (n as usize) << 5;
    count -= n;
  }
}

/** Up to where a subtree of BATCH leaves ends: only such a one can be added as a whole. */
function nextBatch(frontier: usize, count: u32): u32 {
  return min<u32>(count, BATCH - ((load<u64>(frontier) as u32) & (BATCH - 1)));
}

function appendBatch(frontier: usize, at: usize, count: u32): void {
  if (count == BATCH) {
    rangeRoot(at, count, at);
    appendSubtree(frontier, BATCH_LEVEL, at);
    return;
  }
  for (; count > 0; count--, at += DIGEST) appendSubtree(frontier, 0, at);
}

/** Appends a perfect subtree of 2^level leaves; its root is overwritten. */
function appendSubtree(frontier: usize, level: u32, root: usize): void {
  const size = load<u64>(frontier);
  // As in binary addition: a carry joins two equal subtrees into one of twice the size.
  let i = level;
  for (; (size >> (i as u64)) & 1; i++) nodeHash(rootAt(frontier, i), root, root);
  memory.copy(rootAt(frontier, i), root, DIGEST);
  store<u64>(frontier, size + ((1 as u64) << (level as u64)));
}

/**
 * Appends the tree's state to a buffer: u64 (little-endian) size, and the roots of its perfect
 * subtrees, the largest one, which stands to the left, first.
 */
export function merkleSave(frontier: usize, b: Buffer): void {
  const size = load<u64>(frontier);
  bufferBytes(b, frontier, 8);
  for (let i = LEVELS; i > 0; i--) {
    if ((size >> ((i - 1) as u64)) & 1) bufferBytes(b, rootAt(frontier, i - 1), DIGEST);
  }
}

/** Takes such a state back. False, and nothing is changed, for bytes that are none. */
export function merkleRestore(frontier: usize, at: usize, length: u32): bool {
  if (length < 8) return false;
  const size = load<u64>(at);
  if (size >> (LEVELS as u64) != 0 || length != 8 + (popcnt<u64>(size) as u32) * DIGEST)
    return false;
  store<u64>(frontier, size);
  let from = at + 8;
  for (let i = LEVELS; i > 0; i--) {
    if (((size >> ((i - 1) as u64)) & 1) == 0) continue;
    memory.copy(rootAt(frontier, i - 1), from, DIGEST);
    from += DIGEST;
  }
  return true;
}

/** The root of the perfect subtree of 2^level leaves. */
function rootAt(frontier: usize, level: u32): usize {
  return frontier + 8 + ((level as usize) << 5);
}

/** Writes the root of the tree over `count` leaf hashes (at least one), which are used up. */
export function rangeRoot(at: usize, count: u32, out: usize): void {
  while (count > 1) {
    const pairs = count >>> 1;
    hashNodes(at, pairs);
    // The last one of an odd level moves up as it is.
    if (count & 1)
      memory.copy(at + ((pairs as usize) << 5), at + (((count - 1) as usize) << 5), DIGEST);
    count = pairs + (count & 1);
  }
  memory.copy(out, at, DIGEST);
}

/** Writes the root of the tree so far; that of the empty tree is the SHA-256 of nothing. */
export function merkleEnd(frontier: usize, out: usize): void {
  const size = load<u64>(frontier);
  if (size == 0) {
    shaOf(0, 0, out);
    return;
  }
  let i = ctz<u64>(size) as u32;
  memory.copy(out, rootAt(frontier, i), DIGEST);
  // The smaller subtrees stand to the right.
  for (i++; size >> (i as u64); i++) {
    if ((size >> (i as u64)) & 1) nodeHash(rootAt(frontier, i), out, out);
  }
}
