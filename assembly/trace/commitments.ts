/**
 * Whether the run commits to its records, and what its host wants of them (docs/spec/abi.md,
 * ABI-11): set for the runs begun from then on.
 */

import { merkleEnd, merkleRestore, merkleSave } from "../bytes/merkle";
import { Buffer, bufferBytes, bufferU32, OUTPUT } from "../bytes/buffer";
import { Digest } from "../bytes/padded";
import { looksBegin } from "../errors/looks";
import { DIGEST, SHA_STATE, shaEnd, shaRestore, shaSave } from "../bytes/sha256";
import {
  ALL_TREE,
  ENTERED_TREE,
  gather,
  HASHES,
  LEFT_DIGEST,
  leavesTo,
  TO_FRAMES,
  TO_TREES,
  treesBegin,
} from "./leaves";
import { seedsBegin } from "./seeds";
import { addLeaf } from "./slots";

// What leaves the engine.
export const KEEP_RECORDS: u32 = 0;
export const KEEP_NOTHING: u32 = 1;
export const KEEP_LEAVES: u32 = 2;
/** And with it: the runs are opaque replays. */
export const HOLES: u32 = 4;

/** For the next run, and for this one: a seed, whether there is one, and what is kept. */
const nextSeed: usize = memory.data(32, 16);
let nextOn: bool = false;
let nextKeep: u32 = KEEP_RECORDS;
let nextOpaque: bool = false;
let nextFuel: f64 = 0;
const ownSeed: usize = memory.data(32, 16);
let on: bool = false;
let keeping: u32 = KEEP_RECORDS;

/** Sets it for the runs to come. `seed` 0: they commit to nothing. */
export function commitNext(seed: usize, keep: u32): void {
  nextOn = seed != 0;
  nextKeep = keep;
  nextOpaque = false;
  if (seed != 0) Digest.copy(nextSeed, seed);
  else memory.fill(nextSeed, 0, DIGEST);
}

/** The runs to come are opaque replays with so much fuel. They commit to nothing. */
export function opaqueNext(fuel: f64): void {
  nextOpaque = true;
  nextFuel = fuel;
}
export function isNextOpaque(): bool {
  return nextOpaque;
}
/** The fuel of a run that begins: its own limit, unless it is an opaque replay. */
export function fuelOf(limit: f64): f64 {
  return nextOpaque ? nextFuel : limit;
}

/** A run begins. */
export function commitBegin(): void {
  on = nextOn;
  keeping = nextKeep;
  looksBegin(nextOpaque);
  Digest.copy(ownSeed, nextSeed);
  goOnCommitting();
  treesBegin();
}

/** Leaves go to the run's trees (again). */
export function goOnCommitting(): void {
  leavesTo(keeping == KEEP_LEAVES ? TO_FRAMES : TO_TREES);
  seedsBegin(ownSeed);
}

export function isCommitting(): bool {
  return on;
}
export function kept(): u32 {
  return keeping;
}

/** A record has entered: it is accepted. */
export function entered(record: usize): void {
  if (on) addLeaf(record);
}

/** Where leaves are kept, those of this activation leave. */
export function leavesOut(): void {
  if (keeping != KEEP_LEAVES) return;
  gather();
  bufferBytes(OUTPUT, HASHES.at, HASHES.len);
  HASHES.len = 0;
}

const digest: usize = memory.data(32, 16);
const stream: usize = memory.data(SHA_STATE, 16);

/** Appends both trees' heads, and the digest of what left since the last input. */
export function writeCommitments(b: Buffer): void {
  gather();
  head(ALL_TREE, b);
  head(ENTERED_TREE, b);
  memory.copy(stream, LEFT_DIGEST, SHA_STATE);
  shaEnd(stream, digest);
  bufferBytes(b, digest, DIGEST);
}

function head(tree: usize, b: Buffer): void {
  merkleEnd(tree, digest);
  bufferBytes(b, digest, DIGEST);
  bufferU32(b, load<u32>(tree));
}

/** Appends all that a run goes on with: the digest's stream, then the trees, each behind its length. */
export function saveCommitments(b: Buffer): void {
  gather();
  shaSave(LEFT_DIGEST, stream);
  bufferBytes(b, stream, SHA_STATE);
  saveTree(ENTERED_TREE, b);
  saveTree(ALL_TREE, b);
}

function saveTree(tree: usize, b: Buffer): void {
  const at = b.len;
  bufferU32(b, 0);
  merkleSave(tree, b);
  store<u32>(b.at + at, b.len - at - 4);
}

/** Takes such bytes back. False for bytes that are none. */
export function restoreCommitments(at: usize, length: u32): bool {
  if (length < SHA_STATE || !shaRestore(LEFT_DIGEST, at)) return false;
  const end = at + length;
  let p = restoreTree(ENTERED_TREE, at + SHA_STATE, end);
  if (p != 0) p = restoreTree(ALL_TREE, p, end);
  return p == end;
}

/** The address behind the tree; 0: there is none. */
function restoreTree(tree: usize, at: usize, end: usize): usize {
  if (end - at < 4) return 0;
  const length = load<u32>(at);
  if (length > ((end - at - 4) as u32) || !merkleRestore(tree, at + 4, length)) return 0;
  return at + 4 + length;
}
