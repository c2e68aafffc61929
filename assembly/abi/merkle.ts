/** Merkle calls: trees as RFC 9162 section 2.1 (and RFC 6962) builds them. */

import { INPUT, OUTPUT } from "../bytes/buffer";
import {
  FRONTIER,
  merkleAppendFrames,
  merkleAppendHashes,
  merkleBegin,
  merkleEnd,
  merkleHasRoom,
  merkleRestore,
  merkleSave,
} from "../bytes/merkle";
import { isSubtree, proofHolds, proofLength, writeProof } from "../bytes/proof";
import { DIGEST } from "../bytes/sha256";
import * as C from "../errors/codes";
import { fail } from "../errors/errors";
import { beginCall, countFrames, digestRoom, outputRoom, takes } from "./call";

const once: usize = memory.data(FRONTIER, 16);
/** The tree of treeReset(), treeAppend() and treeRoot(). */
const tree: usize = memory.data(FRONTIER, 16);

/** The root of the tree whose leaves are the frames of the window. */
export function merkleRoot(length: u32): u32 {
  const count = begin(length) ? countFrames(length) : -1;
  if (count < 0) return C.STATUS_ERROR;
  merkleBegin(once);
  merkleAppendFrames(once, INPUT.at, count as u32);
  merkleEnd(once, digestRoom());
  return C.STATUS_OK;
}

/** The one growing tree of this instance becomes empty. */
export function treeReset(): u32 {
  beginCall(0);
  merkleBegin(tree);
  return C.STATUS_OK;
}

/** Appends leaves to it: frames, or (hashed is 1) leaf hashes of 32 bytes. */
export function treeAppend(length: u32, hashed: u32): u32 {
  if (!begin(length)) return C.STATUS_ERROR;
  const count = hashed != 0 ? countHashes(length) : countFrames(length);
  if (count < 0) return C.STATUS_ERROR;
  if (!merkleHasRoom(tree, count as u32)) return refuse(C.E_TREE);
  if (hashed != 0) merkleAppendHashes(tree, INPUT.at, count as u32);
  else merkleAppendFrames(tree, INPUT.at, count as u32);
  return C.STATUS_OK;
}

/** Its root. */
export function treeRoot(): u32 {
  beginCall(0);
  merkleEnd(tree, digestRoom());
  return C.STATUS_OK;
}

/** The tree as bytes: u64 (little-endian) size, then the roots of its perfect subtrees. */
export function treeSave(): u32 {
  beginCall(0);
  merkleSave(tree, OUTPUT);
  return C.STATUS_OK;
}

/** Goes on with such bytes. E_STATE: they are none, and the tree is as before. */
export function treeRestore(length: u32): u32 {
  if (!begin(length)) return C.STATUS_ERROR;
  return merkleRestore(tree, INPUT.at, length) ? C.STATUS_OK : refuse(C.E_STATE);
}

/**
 * The window holds leaf hashes. Output: the proof that the leaves [start, end) are a subtree of
 * them (proof.ts). E_TREE: they are none.
 */
export function merkleProof(length: u32, start: u32, end: u32): u32 {
  const count = begin(length) ? countHashes(length) : -1;
  if (count < 0) return C.STATUS_ERROR;
  if (!isSubtree(start, end, count as u32)) return refuse(C.E_TREE);
  const out = outputRoom(proofLength(start, end, count as u32) * DIGEST);
  writeProof(INPUT.at, count as u32, start, end, out);
  return C.STATUS_OK;
}

/** Bytes of the window of merkleVerify() before the proof. */
const CLAIM: u32 = 24 + 2 * DIGEST;

/**
 * The window holds u64 start, end and size (little-endian), the subtree's hash, the tree's root,
 * and the proof. Success if the proof holds, E_PROOF otherwise, whatever is wrong.
 */
export function merkleVerify(length: u32): u32 {
  if (!begin(length)) return C.STATUS_ERROR;
  if (length < CLAIM || (length - CLAIM) % DIGEST != 0) return refuse(C.E_PROOF);
  const at: usize = INPUT.at;
  const holds = proofHolds(
    load<u64>(at),
    load<u64>(at, 8),
    load<u64>(at, 16),
    at + 24,
    at + 24 + DIGEST,
    at + CLAIM,
    (length - CLAIM) / DIGEST,
  );
  return holds ? C.STATUS_OK : refuse(C.E_PROOF);
}

function begin(length: u32): bool {
  beginCall(0);
  return takes(length);
}

/** Hashes in the window; -1 with E_FRAMES recorded where the last one is cut. */
function countHashes(length: u32): i32 {
  if (length % DIGEST == 0) return (length / DIGEST) as i32;
  fail(C.E_FRAMES, length);
  return -1;
}

function refuse(code: u32): u32 {
  fail(code, 0);
  return C.STATUS_ERROR;
}
