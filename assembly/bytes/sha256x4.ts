/**
 * SHA-256 of four messages at a time, one in each lane of a 128-bit vector: for the SIMD build
 * only, and for messages of equally many blocks. The digests are those of sha256.ts.
 */

import { INITIAL, K } from "./sha256round";
import { Word } from "./word";

/** Longest message in blocks, its padding included. */
export const LANE_BLOCKS: u32 = 16;

const BLOCK: u32 = 64;
/** Bytes between the lanes: LANE_BLOCKS blocks. */
const LANE: usize = 1024;

/** Four padded messages. */
const lanes: usize = memory.data(4096, 16);
/** Eight words of chaining value, four lanes each. */
const state: usize = memory.data(128, 16);

/** Blocks of a padded message of this length. */
export function blocksOf(length: u32): u32 {
  return (length >>> 6) + ((length & 63) < 56 ? 1 : 2);
}

/** Fills a lane with the padded message: the prefix byte, unless it is negative, and the bytes. */
export function laneSet(lane: u32, prefix: i32, at: usize, length: u32): void {
  const start = lanes + (lane as usize) * LANE;
  let p = start;
  if (prefix >= 0) store<u8>(p++, prefix as u8);
  memory.copy(p, at, length);
  p += length;
  const total = (p - start) as u32;
  const end = (start + blocksOf(total) * BLOCK) as usize;
  store<u8>(p, 0x80);
  memory.fill(p + 1, 0, end - 8 - (p + 1));
  store<u64>(end - 8, Word.swap64((total as u64) << 3));
}

/** Replaces `length` bytes of a lane's message, behind its prefix; its padding stays. */
export function laneRefill(lane: u32, prefix: i32, at: usize, length: u32): void {
  let p = lanes + (lane as usize) * LANE + (prefix >= 0 ? 1 : 0);
  const end = at + length;
  for (; at + 8 <= end; at += 8, p += 8) store<u64>(p, load<u64>(at));
  for (; at < end; at++, p++) store<u8>(p, load<u8>(at));
}

/** Where the message of a lane begins. */
export function laneAt(lane: u32): usize {
  return lanes + (lane as usize) * LANE;
}

/** Fills a lane with a message that lies padded, in so many blocks. */
export function laneLoad(lane: u32, at: usize, blocks: u32): void {
  const to = laneAt(lane);
  const size = (blocks * BLOCK) as usize;
  for (let i: usize = 0; i < size; i += 32) {
    store<u64>(to + i, load<u64>(at + i));
    store<u64>(to + i, load<u64>(at + i, 8), 8);
    store<u64>(to + i, load<u64>(at + i, 16), 16);
    store<u64>(to + i, load<u64>(at + i, 24), 24);
  }
}

/** Writes the digests of the four lanes, which hold so many blocks each, one after another. */
export function lanesHash(blocks: u32, out: usize): void {
  for (let i: usize = 0; i < 8; i++)
    v128.store(state + (i << 4), v128.load_splat<u32>(INITIAL + (i << 2)));
  compressLanes(blocks);
  for (let lane: usize = 0; lane < 4; lane++) {
    for (let i: usize = 0; i < 8; i++) {
      const word = load<u32>(state + (i << 4) + (lane << 2));
      store<u32>(out + (lane << 5) + (i << 2), Word.swap32(word));
    }
  }
}

/** Section 4.1.2 in each lane, inlined as in word.ts. */
// oxlint-disable-next-line typescript/no-extraneous-class
export class Lanes {
  @inline static add(x: v128, y: v128): v128 {
    return i32x4.add(x, y);
  }
  @inline static rotate(x: v128, n: i32): v128 {
    return v128.or(i32x4.shr_u(x, n), i32x4.shl(x, 32 - n));
  }
  @inline static xor3(x: v128, y: v128, z: v128): v128 {
    return v128.xor(v128.xor(x, y), z);
  }
  /** h + Sigma1(e) + Ch(e, f, g) + constant + word: what d gets, and h before second(). */
  @inline static first(e: v128, f: v128, g: v128, h: v128, k: v128, w: v128): v128 {
    const sigma = Lanes.xor3(Lanes.rotate(e, 6), Lanes.rotate(e, 11), Lanes.rotate(e, 25));
    return Lanes.add(Lanes.add(h, Lanes.add(sigma, v128.bitselect(f, g, e))), Lanes.add(k, w));
  }
  /** t + Sigma0(a) + Maj(a, b, c). */
  @inline static second(t: v128, a: v128, b: v128, c: v128): v128 {
    const sigma = Lanes.xor3(Lanes.rotate(a, 2), Lanes.rotate(a, 13), Lanes.rotate(a, 22));
    const majority = v128.xor(b, v128.and(v128.xor(a, b), v128.xor(b, c)));
    return Lanes.add(t, Lanes.add(sigma, majority));
  }
  /** The word 16 places further, from those 16, 15, 7 and 2 places before it. */
  @inline static schedule(w16: v128, w15: v128, w7: v128, w2: v128): v128 {
    const s0 = Lanes.xor3(Lanes.rotate(w15, 7), Lanes.rotate(w15, 18), i32x4.shr_u(w15, 3));
    const s1 = Lanes.xor3(Lanes.rotate(w2, 17), Lanes.rotate(w2, 19), i32x4.shr_u(w2, 10));
    return Lanes.add(Lanes.add(w16, s0), Lanes.add(w7, s1));
  }

  /** The word at this offset of the block of each lane; the blocks stand `apart` bytes apart. */
  @inline static wordAt(p: usize, offset: usize, apart: usize): v128 {
    let w = v128.load_zero<u32>(p + offset);
    w = v128.load_lane<u32>(p + offset + apart, w, 1);
    w = v128.load_lane<u32>(p + offset + 2 * apart, w, 2);
    w = v128.load_lane<u32>(p + offset + 3 * apart, w, 3);
    return v128.swizzle(w, i8x16(3, 2, 1, 0, 7, 6, 5, 4, 11, 10, 9, 8, 15, 14, 13, 12));
  }
}

/** As compress() of sha256.ts. */
function compressLanes(blocks: u32): void {
  const end = (lanes + blocks * BLOCK) as usize;
  for (let p = lanes; p < end; p += BLOCK) {
    let w0 = Lanes.wordAt(p, 0, LANE);
    let w1 = Lanes.wordAt(p, 4, LANE);
    let w2 = Lanes.wordAt(p, 8, LANE);
    let w3 = Lanes.wordAt(p, 12, LANE);
    let w4 = Lanes.wordAt(p, 16, LANE);
    let w5 = Lanes.wordAt(p, 20, LANE);
    let w6 = Lanes.wordAt(p, 24, LANE);
    let w7 = Lanes.wordAt(p, 28, LANE);
    let w8 = Lanes.wordAt(p, 32, LANE);
    let w9 = Lanes.wordAt(p, 36, LANE);
    let w10 = Lanes.wordAt(p, 40, LANE);
    let w11 = Lanes.wordAt(p, 44, LANE);
    let w12 = Lanes.wordAt(p, 48, LANE);
    let w13 = Lanes.wordAt(p, 52, LANE);
    let w14 = Lanes.wordAt(p, 56, LANE);
    let w15 = Lanes.wordAt(p, 60, LANE);
    let a = v128.load(state, 0);
    let b = v128.load(state, 16);
    let c = v128.load(state, 32);
    let d = v128.load(state, 48);
    let e = v128.load(state, 64);
    let f = v128.load(state, 80);
    let g = v128.load(state, 96);
    let h = v128.load(state, 112);
    let t: v128;
    let k = K;
    t = Lanes.first(e, f, g, h, v128.load_splat<u32>(k, 0), w0);
    d = Lanes.add(d, t);
    h = Lanes.second(t, a, b, c);
    t = Lanes.first(d, e, f, g, v128.load_splat<u32>(k, 4), w1);
    c = Lanes.add(c, t);
    g = Lanes.second(t, h, a, b);
    t = Lanes.first(c, d, e, f, v128.load_splat<u32>(k, 8), w2);
    b = Lanes.add(b, t);
    f = Lanes.second(t, g, h, a);
    t = Lanes.first(b, c, d, e, v128.load_splat<u32>(k, 12), w3);
    a = Lanes.add(a, t);
    e = Lanes.second(t, f, g, h);
    t = Lanes.first(a, b, c, d, v128.load_splat<u32>(k, 16), w4);
    h = Lanes.add(h, t);
    d = Lanes.second(t, e, f, g);
    t = Lanes.first(h, a, b, c, v128.load_splat<u32>(k, 20), w5);
    g = Lanes.add(g, t);
    c = Lanes.second(t, d, e, f);
    t = Lanes.first(g, h, a, b, v128.load_splat<u32>(k, 24), w6);
    f = Lanes.add(f, t);
    b = Lanes.second(t, c, d, e);
    t = Lanes.first(f, g, h, a, v128.load_splat<u32>(k, 28), w7);
    e = Lanes.add(e, t);
    a = Lanes.second(t, b, c, d);
    t = Lanes.first(e, f, g, h, v128.load_splat<u32>(k, 32), w8);
    d = Lanes.add(d, t);
    h = Lanes.second(t, a, b, c);
    t = Lanes.first(d, e, f, g, v128.load_splat<u32>(k, 36), w9);
    c = Lanes.add(c, t);
    g = Lanes.second(t, h, a, b);
    t = Lanes.first(c, d, e, f, v128.load_splat<u32>(k, 40), w10);
    b = Lanes.add(b, t);
    f = Lanes.second(t, g, h, a);
    t = Lanes.first(b, c, d, e, v128.load_splat<u32>(k, 44), w11);
    a = Lanes.add(a, t);
    e = Lanes.second(t, f, g, h);
    t = Lanes.first(a, b, c, d, v128.load_splat<u32>(k, 48), w12);
    h = Lanes.add(h, t);
    d = Lanes.second(t, e, f, g);
    t = Lanes.first(h, a, b, c, v128.load_splat<u32>(k, 52), w13);
    g = Lanes.add(g, t);
    c = Lanes.second(t, d, e, f);
    t = Lanes.first(g, h, a, b, v128.load_splat<u32>(k, 56), w14);
    f = Lanes.add(f, t);
    b = Lanes.second(t, c, d, e);
    t = Lanes.first(f, g, h, a, v128.load_splat<u32>(k, 60), w15);
    e = Lanes.add(e, t);
    a = Lanes.second(t, b, c, d);
    do {
      k += 64;
      w0 = Lanes.schedule(w0, w1, w9, w14);
      t = Lanes.first(e, f, g, h, v128.load_splat<u32>(k, 0), w0);
      d = Lanes.add(d, t);
      h = Lanes.second(t, a, b, c);
      w1 = Lanes.schedule(w1, w2, w10, w15);
      t = Lanes.first(d, e, f, g, v128.load_splat<u32>(k, 4), w1);
      c = Lanes.add(c, t);
      g = Lanes.second(t, h, a, b);
      w2 = Lanes.schedule(w2, w3, w11, w0);
      t = Lanes.first(c, d, e, f, v128.load_splat<u32>(k, 8), w2);
      b = Lanes.add(b, t);
      f = Lanes.second(t, g, h, a);
      w3 = Lanes.schedule(w3, w4, w12, w1);
      t = Lanes.first(b, c, d, e, v128.load_splat<u32>(k, 12), w3);
      a = Lanes.add(a, t);
      e = Lanes.second(t, f, g, h);
      w4 = Lanes.schedule(w4, w5, w13, w2);
      t = Lanes.first(a, b, c, d, v128.load_splat<u32>(k, 16), w4);
      h = Lanes.add(h, t);
      d = Lanes.second(t, e, f, g);
      w5 = Lanes.schedule(w5, w6, w14, w3);
      t = Lanes.first(h, a, b, c, v128.load_splat<u32>(k, 20), w5);
      g = Lanes.add(g, t);
      c = Lanes.second(t, d, e, f);
      w6 = Lanes.schedule(w6, w7, w15, w4);
      t = Lanes.first(g, h, a, b, v128.load_splat<u32>(k, 24), w6);
      f = Lanes.add(f, t);
      b = Lanes.second(t, c, d, e);
      w7 = Lanes.schedule(w7, w8, w0, w5);
      t = Lanes.first(f, g, h, a, v128.load_splat<u32>(k, 28), w7);
      e = Lanes.add(e, t);
      a = Lanes.second(t, b, c, d);
      w8 = Lanes.schedule(w8, w9, w1, w6);
      t = Lanes.first(e, f, g, h, v128.load_splat<u32>(k, 32), w8);
      d = Lanes.add(d, t);
      h = Lanes.second(t, a, b, c);
      w9 = Lanes.schedule(w9, w10, w2, w7);
      t = Lanes.first(d, e, f, g, v128.load_splat<u32>(k, 36), w9);
      c = Lanes.add(c, t);
      g = Lanes.second(t, h, a, b);
      w10 = Lanes.schedule(w10, w11, w3, w8);
      t = Lanes.first(c, d, e, f, v128.load_splat<u32>(k, 40), w10);
      b = Lanes.add(b, t);
      f = Lanes.second(t, g, h, a);
      w11 = Lanes.schedule(w11, w12, w4, w9);
      t = Lanes.first(b, c, d, e, v128.load_splat<u32>(k, 44), w11);
      a = Lanes.add(a, t);
      e = Lanes.second(t, f, g, h);
      w12 = Lanes.schedule(w12, w13, w5, w10);
      t = Lanes.first(a, b, c, d, v128.load_splat<u32>(k, 48), w12);
      h = Lanes.add(h, t);
      d = Lanes.second(t, e, f, g);
      w13 = Lanes.schedule(w13, w14, w6, w11);
      t = Lanes.first(h, a, b, c, v128.load_splat<u32>(k, 52), w13);
      g = Lanes.add(g, t);
      c = Lanes.second(t, d, e, f);
      w14 = Lanes.schedule(w14, w15, w7, w12);
      t = Lanes.first(g, h, a, b, v128.load_splat<u32>(k, 56), w14);
      f = Lanes.add(f, t);
      b = Lanes.second(t, c, d, e);
      w15 = Lanes.schedule(w15, w0, w8, w13);
      t = Lanes.first(f, g, h, a, v128.load_splat<u32>(k, 60), w15);
      e = Lanes.add(e, t);
      a = Lanes.second(t, b, c, d);
    } while (k != K + 192);
    v128.store(state, Lanes.add(v128.load(state, 0), a), 0);
    v128.store(state, Lanes.add(v128.load(state, 16), b), 16);
    v128.store(state, Lanes.add(v128.load(state, 32), c), 32);
    v128.store(state, Lanes.add(v128.load(state, 48), d), 48);
    v128.store(state, Lanes.add(v128.load(state, 64), e), 64);
    v128.store(state, Lanes.add(v128.load(state, 80), f), 80);
    v128.store(state, Lanes.add(v128.load(state, 96), g), 96);
    v128.store(state, Lanes.add(v128.load(state, 112), h), 112);
  }
}
