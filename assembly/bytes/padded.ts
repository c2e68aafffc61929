/**
 * Messages that lie padded where they are to be hashed, and a list of such: the SIMD build takes
 * four at a time of those that have equally many blocks, with the same result.
 *
 *     a job:  +0 at   the message, padded    +4 blocks   of it, at least one
 *             +8 out  where its digest goes  +12 next    of the list
 */

import { DIGEST, shaPadded } from "./sha256";
import { blocksOf, LANE_BLOCKS, laneLoad, lanesHash } from "./sha256x4";
import { Word } from "./word";

const BLOCK: u32 = 64;

@unmanaged
export class Job {
  at: u32;
  blocks: u32;
  out: u32;
  next: u32;
}

/** Bytes that a padded message of this length takes. */
export function paddedSize(length: u32): u32 {
  return blocksOf(length) * BLOCK;
}

/** Pads a message where it lies (FIPS 180-4, section 5.1.1), and returns how many blocks it has. */
export function pad(at: usize, length: u32): u32 {
  const blocks = blocksOf(length);
  const end = at + ((blocks * BLOCK) as usize) - 8;
  let p = at + length;
  store<u8>(p++, 0x80);
  // Up to seven zeros too many: the length is written over them.
  for (; p < end; p += 8) store<u64>(p, 0);
  store<u64>(end, Word.swap64((length as u64) << 3));
  return blocks;
}

/** The lists by number of blocks; the first one has what is too long for a lane. */
const lists: usize = memory.data(68, 16);
/** The digests of four lanes. */
const four: usize = memory.data(128, 16);

/** Puts a job on the list; it and its message stay where they are until jobsRun(). */
export function jobAdd(job: Job): void {
  const list = lists + ((job.blocks > LANE_BLOCKS ? 0 : job.blocks) << 2);
  job.next = load<u32>(list);
  store<u32>(list, changetype<usize>(job) as u32);
}

/** Does all jobs of the list, which is empty then. */
export function jobsRun(): void {
  for (let blocks: u32 = 0; blocks <= LANE_BLOCKS; blocks++) {
    const list = lists + (blocks << 2);
    let next = load<u32>(list);
    if (next == 0) continue;
    store<u32>(list, 0);
    if (ASC_FEATURE_SIMD) if (blocks != 0) next = fours(next, blocks);
    for (; next != 0; next = changetype<Job>(next).next) {
      const job = changetype<Job>(next);
      shaPadded(job.at, job.blocks, job.out);
    }
  }
}

/** Does as many as can be done four at a time, and returns the first one that is left. */
function fours(first: u32, blocks: u32): u32 {
  let next = first;
  while (next != 0) {
    let j = next;
    let n: u32 = 0;
    for (; n < 4 && j != 0; n++, j = changetype<Job>(j).next)
      laneLoad(n, changetype<Job>(j).at, blocks);
    // Three are worth a turn with an idle lane, two are not.
    if (n < 3) return next;
    lanesHash(blocks, four);
    for (let i: u32 = 0; i < n; i++, next = changetype<Job>(next).next)
      Digest.copy(changetype<Job>(next).out, four + ((i * DIGEST) as usize));
  }
  return 0;
}

/** Inlined as in word.ts. */
// oxlint-disable-next-line typescript/no-extraneous-class
export class Digest {
  @inline static copy(to: usize, from: usize): void {
    store<u64>(to, load<u64>(from));
    store<u64>(to, load<u64>(from, 8), 8);
    store<u64>(to, load<u64>(from, 16), 16);
    store<u64>(to, load<u64>(from, 24), 24);
  }
}
