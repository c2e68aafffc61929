/**
 * Merkle proofs: that D[start:end] is a subtree of the tree over D[0:size].
 *
 * One kind serves all, as in draft-ietf-plants-merkle-tree-certs section 4: RFC 9162's inclusion
 * proof of leaf i (section 2.1.3) is that of the subtree D[i:i+1], its consistency proof of m with
 * n leaves (section 2.1.4) that of D[0:m] in D[0:n].
 *
 * Both sides walk from the root down to where the tree is the subtree, or lies inside it, and
 * remember at each level where the other half is. The walk follows from three numbers alone, so a
 * proof has exactly one length and every hash in it exactly one place. Going back up:
 *
 *     LEFT   the subtree is in the left half:    tree = node(tree, next)
 *     RIGHT  it is in the right half:            tree = node(next, tree)
 *     BOTH   it holds the left half and a part of the right one:
 *                                                tree = node(next, tree), subtree = node(next, subtree)
 */

import { DIGEST, shaOf } from "./sha256";
import { nodeHash, rangeRoot } from "./merkle";

const LEFT: u32 = 0;
const RIGHT: u32 = 1;
const BOTH: u32 = 2;

/** Every level halves the tree, rounded up to a power of two: 2^64 leaves have 64. */
const turns: usize = memory.data(64, 16);
let levels: u32 = 0;
/** Was the tree at the end of the walk the whole subtree? */
let whole = false;
/** The first leaf of that tree, and how many it has. */
let first: u64 = 0;
let count: u64 = 0;

const tree: usize = memory.data(32, 16);
const subtree: usize = memory.data(32, 16);
const nothing: usize = memory.data(32, 16);

/** Largest power of two below n; n > 1. */
function half(n: u64): u64 {
  return (1 as u64) << (63 - clz<u64>(n - 1));
}

/** Is D[start:end] a subtree: does its place suit its size? An empty one is none. */
export function isSubtree(start: u64, end: u64, size: u64): bool {
  if (start >= end || end > size) return false;
  const n = end - start;
  // The power of two at or above n. Above 2^63 it has no bits here, and start must be 0.
  const room: u64 = n == 1 ? 1 : half(n) << 1;
  return (start & (room - 1)) == 0;
}

/** Walks down to a subtree. */
function walk(start: u64, end: u64, size: u64): void {
  levels = 0;
  whole = true;
  first = 0;
  count = size;
  while (start != first || end != first + count) {
    const k = half(count);
    const middle = first + k;
    let turn = LEFT;
    if (end <= middle) count = k;
    else {
      turn = RIGHT;
      // Only a subtree that begins at `first` can reach over the middle.
      if (start < middle) {
        turn = BOTH;
        whole = false;
        start = middle;
      }
      first = middle;
      count -= k;
    }
    store<u8>(turns + levels, turn as u8);
    levels++;
  }
}

/** Hashes in the proof of a subtree (isSubtree()). */
export function proofLength(start: u64, end: u64, size: u64): u32 {
  walk(start, end, size);
  return levels + (whole ? 0 : 1);
}

/**
 * Writes the proof of a subtree of the tree over `size` leaf hashes, which lie at `leaves` and are
 * used up. Returns the number of hashes.
 */
export function writeProof(leaves: usize, size: u32, start: u32, end: u32, out: usize): u32 {
  const length = proofLength(start, end, size);
  if (!whole) {
    rangeRoot(leaves + ((first as usize) << 5), count as u32, out);
    out += DIGEST;
  }
  // From the bottom up, each level's tree is the one below and its other half beside it.
  while (levels > 0) {
    levels--;
    const left = load<u8>(turns + levels) == LEFT;
    const parent = parentOf(size);
    const k = half(parent);
    const from = left ? first + count : first - k;
    rangeRoot(leaves + ((from as usize) << 5), (left ? parent - k : k) as u32, out);
    out += DIGEST;
    if (!left) first -= k;
    count = parent;
  }
  return length;
}

/** Leaves of the tree in which the walk took its turn number `levels`. */
function parentOf(size: u64): u64 {
  let n = size;
  for (let i: u32 = 0; i < levels; i++) {
    const k = half(n);
    n = load<u8>(turns + i) == LEFT ? k : n - k;
  }
  return n;
}

/**
 * Does the proof show that the subtree with hash `hash` is part of the tree with hash `root`? Any
 * numbers and hashes may come in. The empty subtree is part of every tree, without a proof; a tree
 * without leaves has one root only.
 */
export function proofHolds(
  start: u64,
  end: u64,
  size: u64,
  hash: usize,
  root: usize,
  proof: usize,
  hashes: u32,
): bool {
  if (start == end) {
    shaOf(0, 0, nothing);
    if (end > size || hashes != 0 || !sameHash(hash, nothing)) return false;
    return size != 0 || sameHash(root, nothing);
  }
  if (!isSubtree(start, end, size) || hashes != proofLength(start, end, size)) return false;
  let next = proof;
  if (whole) memory.copy(tree, hash, DIGEST);
  else {
    memory.copy(tree, next, DIGEST);
    next += DIGEST;
  }
  memory.copy(subtree, tree, DIGEST);
  while (levels > 0) {
    levels--;
    const turn = load<u8>(turns + levels) as u32;
    if (turn == LEFT) nodeHash(tree, next, tree);
    else nodeHash(next, tree, tree);
    if (turn == BOTH) nodeHash(next, subtree, subtree);
    next += DIGEST;
  }
  return sameHash(subtree, hash) && sameHash(tree, root);
}

function sameHash(a: usize, b: usize): bool {
  return memory.compare(a, b, DIGEST) == 0;
}
