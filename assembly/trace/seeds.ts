/**
 * Seeds (docs/spec/trace.md, TRACE-12 and TRACE-20): SHA-256(tag || seed || number).
 *
 *     run seed --42, bit--> ... 32 levels ... --> record seed --40, code--> slot seed
 *     seed of an array or object --41, index--> seed of an element or member
 */

import { Digest } from "../bytes/padded";
import { shaPadded } from "../bytes/sha256";
import { laneAt, lanesHash } from "../bytes/sha256x4";
import { Word } from "../bytes/word";

// Slots, by the numbers that their seeds are made with.
export const SEED_INPUT: u32 = 0;
export const SEED_OUTPUT: u32 = 1;
export const SEED_ERROR: u32 = 2;
export const SEED_CONTEXT: u32 = 3;
export const SEED_REQUEST: u32 = 4;
export const SEED_RESULT: u32 = 5;
export const SEED_REASON: u32 = 6;

/** Records are given seeds by the SUBTREE that has so many levels: its inner seeds serve all of it. */
const SUBTREE: u32 = 4;
const LEVELS: u32 = 32 - SUBTREE;

/** The seeds from the run's down to that of the subtree `last`; the first `known` steps hold. */
const path: usize = memory.data(928, 16);
let last: u32 = 0;
let known: u32 = 0;
/** The leaves of that subtree, and the level above them while they are made. */
const leaves: usize = memory.data(512, 16);
const level: usize = memory.data(256, 16);

const block: usize = memory.data(64, 16);
const four: usize = memory.data(128, 16);

/** Inlined as in bytes/word.ts. */
// oxlint-disable-next-line typescript/no-extraneous-class
class Message {
  /** One block: tag, seed and a number, with its padding. `tail`: the number's bytes and 80. */
  @inline static put(at: usize, tag: u32, seed: usize, tail: u64, length: u32): void {
    store<u8>(at, tag);
    Digest.copy(at + 1, seed);
    store<u64>(at, tail, 33);
    store<u64>(at, 0, 41);
    store<u64>(at, 0, 48);
    store<u64>(at, Word.swap64((length as u64) << 3), 56);
  }
  @inline static byte(at: usize, tag: u32, seed: usize, number: u32): void {
    Message.put(at, tag, seed, (number | 0x8000) as u64, 34);
  }
  @inline static index(at: usize, seed: usize, index: u32): void {
    Message.put(at, 0x41, seed, (Word.swap32(index) as u64) | 0x8000000000, 37);
  }
}

/** Begins with the seed of a run. */
export function seedsBegin(seed: usize): void {
  Digest.copy(path, seed);
  known = 0;
}

/** Writes the seed of a record: on an average two hashes from the record before it. */
export function recordSeed(seq: u32, out: usize): void {
  const subtree = seq >>> SUBTREE;
  if (known != LEVELS || subtree != last) descend(subtree);
  Digest.copy(out, leaves + (((seq & 15) as usize) << 5));
}

/** Makes the leaves of a subtree. */
function descend(subtree: u32): void {
  let step = min<u32>(known, clz<u32>(subtree ^ last) - SUBTREE);
  let at = path + ((step as usize) << 5);
  for (; step < LEVELS; step++, at += 32) {
    Message.byte(block, 0x42, at, (subtree >>> (LEVELS - 1 - step)) & 1);
    shaPadded(block, 1, at + 32);
  }
  last = subtree;
  known = LEVELS;
  split(at, 1, level);
  split(level, 2, leaves);
  split(leaves, 4, level);
  split(level, 8, leaves);
}

/** Writes the two seeds below each of so many, in their order. */
function split(from: usize, count: u32, to: usize): void {
  let i: u32 = 0;
  if (ASC_FEATURE_SIMD) {
    for (; i + 2 <= count; i += 2, from += 64, to += 128) {
      for (let lane: u32 = 0; lane < 4; lane++)
        Message.byte(laneAt(lane), 0x42, from + ((lane >>> 1) << 5), lane & 1);
      lanesHash(1, to);
    }
  }
  for (; i < count; i++, from += 32) {
    for (let side: u32 = 0; side < 2; side++, to += 32) {
      Message.byte(block, 0x42, from, side);
      shaPadded(block, 1, to);
    }
  }
}

export function slotSeed(seed: usize, code: u32, out: usize): void {
  Message.byte(block, 0x40, seed, code);
  shaPadded(block, 1, out);
}

export function childSeed(seed: usize, index: u32, out: usize): void {
  Message.index(block, seed, index);
  shaPadded(block, 1, out);
}

/** A seed to be made from the one above it: of a slot by its code, of a child by its index. */
@unmanaged
export class Wanted {
  above: u32;
  number: u32;
  out: u32;
  next: u32;
}

/** Makes the seeds of a list, all of slots or all of children. */
export function makeSeeds(first: u32, ofSlots: bool): void {
  let next = first;
  while (next != 0) {
    if (ASC_FEATURE_SIMD) {
      let j = next;
      let n: u32 = 0;
      for (; n < 4 && j != 0; n++, j = changetype<Wanted>(j).next) {
        const w = changetype<Wanted>(j);
        if (ofSlots) Message.byte(laneAt(n), 0x40, w.above, w.number);
        else Message.index(laneAt(n), w.above, w.number);
      }
      // Three are worth a turn with an idle lane, two are not.
      if (n >= 3) {
        lanesHash(1, four);
        for (let i: u32 = 0; i < n; i++, next = changetype<Wanted>(next).next)
          Digest.copy(changetype<Wanted>(next).out, four + ((i as usize) << 5));
        continue;
      }
    }
    const w = changetype<Wanted>(next);
    if (ofSlots) slotSeed(w.above, w.number, w.out);
    else childSeed(w.above, w.number, w.out);
    next = w.next;
  }
}
