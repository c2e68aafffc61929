/**
 * Leaves (docs/spec/trace.md, TRACE-13): records whose values are replaced by their commitments. They
 * gather here, and go in their order into the tree of all records, that of what entered, and the
 * digest of what left since; or, for leaves(), into lists.
 */

import { textByte } from "../bytes/byte";
import { Buffer, bufferByte, bufferBytes, bufferClear, bufferU32 } from "../bytes/buffer";
import { hexDigit } from "../bytes/hex";
import { chunkTake } from "../bytes/memory";
import { FRONTIER, merkleAppendHashes, merkleBegin } from "../bytes/merkle";
import { Digest, Job, jobAdd, jobsRun, pad, paddedSize } from "../bytes/padded";
import { DIGEST, SHA_STATE, shaBegin, shaUpdate } from "../bytes/sha256";
import { settleBatch } from "./batch";
import { commitSlot } from "./fields";
import { recordSeed } from "./seeds";

// What a record is to the tree of what entered.
export const LEFT: u32 = 0;
export const ENTERED: u32 = 1;
export const OUTCOME_LEAF: u32 = 2;

// Where leaves go.
/** Into the trees. */
export const TO_TREES: u32 = 0;
/** And the hashes of those that left into HASHES, as frames. */
export const TO_FRAMES: u32 = 1;
/** All hashes into HASHES, nothing into the trees. */
export const TO_LIST: u32 = 2;
/** And their texts into TEXTS, as frames. */
export const TO_TEXTS: u32 = 3;

/** The tree of all records, and that of what entered. */
export const ALL_TREE: usize = memory.data(FRONTIER, 16);
export const ENTERED_TREE: usize = memory.data(FRONTIER, 16);
/** The digest of what left since the last input: an open stream. */
export const LEFT_DIGEST: usize = memory.data(SHA_STATE, 16);
export const HASHES: Buffer = changetype<Buffer>(memory.data(16, 16));
export const TEXTS: Buffer = changetype<Buffer>(memory.data(16, 16));

/** The texts of the leaves that have gathered, each behind the byte 00 of RFC 6962. */
const LEAVES: Buffer = changetype<Buffer>(memory.data(16, 16));
const MOST_TEXT: u32 = 262144;

/** The first four fields are a job (padded.ts). */
@unmanaged
class Leaf {
  at: u32;
  blocks: u32;
  out: u32;
  next: u32;
  offset: u32;
  length: u32;
  side: u32;
  unused: u32;
}
/** Behind it: the record's seed. */
const LEAF: u32 = 64;
function seedOf(leaf: usize): usize {
  return leaf + 32;
}
/** As many as the tree takes at once. */
const MOST_LEAVES: u32 = 256;

/** A commitment, and the offset of its place in LEAVES. */
const SLOT: u32 = 48;
/** No record has more slots than four. */
const MOST_SLOTS: u32 = MOST_LEAVES * 4;

let leaves: usize = 0;
let slots: usize = 0;
/** The leaf hashes, and those of what entered once more. */
let hashes: usize = 0;
let inward: usize = 0;
let inwardCount: u32 = 0;
let leafCount: u32 = 0;
let slotCount: u32 = 0;
let target: u32 = TO_TREES;

/** Begins the trees. */
export function treesBegin(): void {
  merkleBegin(ALL_TREE);
  merkleBegin(ENTERED_TREE);
  shaBegin(LEFT_DIGEST);
}

/** Says where leaves go from here on; those that have gathered are forgotten. */
export function leavesTo(where: u32): void {
  settleBatch();
  target = where;
  leafCount = 0;
  slotCount = 0;
  LEAVES.len = 0;
  bufferClear(HASHES);
  bufferClear(TEXTS);
}

/** Begins the leaf of the record with this number. Its text follows piece by piece. */
export function leafBegin(seq: u32, side: u32): void {
  if (leaves == 0) {
    leaves = chunkTake(MOST_LEAVES * (LEAF + 2 * DIGEST) + MOST_SLOTS * SLOT);
    slots = leaves + ((MOST_LEAVES * LEAF) as usize);
    hashes = slots + ((MOST_SLOTS * SLOT) as usize);
    inward = hashes + ((MOST_LEAVES * DIGEST) as usize);
  }
  if (isFull()) gather();
  const leaf = changetype<Leaf>(leaves + ((leafCount * LEAF) as usize));
  leaf.offset = LEAVES.len;
  leaf.side = side;
  recordSeed(seq, seedOf(changetype<usize>(leaf)));
  bufferByte(LEAVES, 0);
}

/** True where no more fit, or the tree has as many as it is quickest to give it at once. */
function isFull(): bool {
  if (leafCount == MOST_LEAVES || LEAVES.len > MOST_TEXT) return true;
  return leafCount != 0 && ((load<u32>(ALL_TREE) + leafCount) & (MOST_LEAVES - 1)) == 0;
}

export function leafText(): Buffer {
  return LEAVES;
}

/** Adds a value: the place of its commitment to the text, and its fields to the batch. */
export function leafValue(c: usize, code: u32): void {
  const slot = slots + ((slotCount++ * SLOT) as usize);
  bufferByte(LEAVES, 0x22);
  store<u32>(slot, LEAVES.len, DIGEST);
  LEAVES.room(2 * DIGEST);
  LEAVES.len += 2 * DIGEST;
  bufferByte(LEAVES, 0x22);
  commitSlot(c, seedOf(leaves + ((leafCount * LEAF) as usize)), code, slot);
}

export function leafEnd(): void {
  const leaf = changetype<Leaf>(leaves + ((leafCount++ * LEAF) as usize));
  const length = LEAVES.len - leaf.offset;
  leaf.length = length;
  LEAVES.room(paddedSize(length) - length + 8);
  leaf.blocks = pad(LEAVES.at + leaf.offset, length);
  LEAVES.len = leaf.offset + leaf.blocks * 64;
}

/** Makes the commitments and hashes of all that have gathered, and passes them on. */
export function gather(): void {
  if (leafCount == 0) return;
  settleBatch();
  for (let i: u32 = 0; i < slotCount; i++) {
    const slot = slots + ((i * SLOT) as usize);
    putHex(slot, LEAVES.at + load<u32>(slot, DIGEST));
  }
  for (let i: u32 = 0; i < leafCount; i++) {
    const at = leaves + ((i * LEAF) as usize);
    const leaf = changetype<Leaf>(at);
    leaf.at = LEAVES.at + leaf.offset;
    leaf.out = (hashes as u32) + i * DIGEST;
    jobAdd(changetype<Job>(at));
  }
  jobsRun();
  for (let i: u32 = 0; i < leafCount; i++) {
    const leaf = changetype<Leaf>(leaves + ((i * LEAF) as usize));
    if (target <= TO_FRAMES) pass(leaf.out, leaf.side);
    else list(leaf);
  }
  // Appending uses the hashes up.
  if (target <= TO_FRAMES) {
    merkleAppendHashes(ALL_TREE, hashes, leafCount);
    merkleAppendHashes(ENTERED_TREE, inward, inwardCount);
    inwardCount = 0;
  }
  leafCount = 0;
  slotCount = 0;
  bufferClear(LEAVES);
}

function putHex(from: usize, to: usize): void {
  for (let i: usize = 0; i < (DIGEST as usize); i++, to += 2) {
    const byte = textByte(from + i);
    store<u16>(to, (hexDigit(byte >>> 4) | (hexDigit(byte & 15) << 8)) as u16);
  }
}

function pass(hash: usize, side: u32): void {
  if (side == ENTERED) shaBegin(LEFT_DIGEST);
  else {
    shaUpdate(LEFT_DIGEST, hash, DIGEST);
    if (target == TO_FRAMES) {
      bufferU32(HASHES, DIGEST);
      bufferBytes(HASHES, hash, DIGEST);
    }
  }
  if (side != LEFT) Digest.copy(inward + ((inwardCount++ * DIGEST) as usize), hash);
}

function list(leaf: Leaf): void {
  bufferBytes(HASHES, leaf.out, DIGEST);
  if (target != TO_TEXTS) return;
  bufferU32(TEXTS, leaf.length - 1);
  bufferBytes(TEXTS, leaf.at + 1, leaf.length - 1);
}
