/**
 * SHA-256 of four messages at a time, one in each lane of a 128-bit vector: for the SIMD build
 * only, and for messages of equally many blocks. The digests are those of sha256.ts.
 */

import { INITIAL, K } from "./sha256";
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
class Lanes {
  @inline static add(x: v128, y: v128): v128 {
    return i32x4.add(x, y);
  }
  @inline static rotate(x: v128, n: i32): v128 {
    return v128.or(i32x4.shr_u(x, n), i32x4.shl(x, 32 - n));
  }
  @inline static xor3(x: v128, y: v128, z: v128): v128 {
    return v128.xor(v128.xor(x, y), z);
  }
  @inline static majority(x: v128, y: v128, z: v128): v128 {
    return v128.xor(y, v128.and(v128.xor(x, y), v128.xor(y, z)));
  }
  @inline static bigSigma0(x: v128): v128 {
    return Lanes.xor3(Lanes.rotate(x, 2), Lanes.rotate(x, 13), Lanes.rotate(x, 22));
  }
  @inline static bigSigma1(x: v128): v128 {
    return Lanes.xor3(Lanes.rotate(x, 6), Lanes.rotate(x, 11), Lanes.rotate(x, 25));
  }
  @inline static sigma0(x: v128): v128 {
    return Lanes.xor3(Lanes.rotate(x, 7), Lanes.rotate(x, 18), i32x4.shr_u(x, 3));
  }
  @inline static sigma1(x: v128): v128 {
    return Lanes.xor3(Lanes.rotate(x, 17), Lanes.rotate(x, 19), i32x4.shr_u(x, 10));
  }

  /** The word at this offset of the block of each lane. */
  @inline static wordAt(p: usize, offset: usize): v128 {
    let w = v128.load_zero<u32>(p + offset);
    w = v128.load_lane<u32>(p + offset + LANE, w, 1);
    w = v128.load_lane<u32>(p + offset + 2 * LANE, w, 2);
    w = v128.load_lane<u32>(p + offset + 3 * LANE, w, 3);
    return v128.swizzle(w, i8x16(3, 2, 1, 0, 7, 6, 5, 4, 11, 10, 9, 8, 15, 14, 13, 12));
  }
}

/** As compress() of sha256.ts. */
function compressLanes(blocks: u32): void {
  const end = (lanes + blocks * BLOCK) as usize;
  for (let p = lanes; p < end; p += BLOCK) {
    let w0 = Lanes.wordAt(p, 0);
    let w1 = Lanes.wordAt(p, 4);
    let w2 = Lanes.wordAt(p, 8);
    let w3 = Lanes.wordAt(p, 12);
    let w4 = Lanes.wordAt(p, 16);
    let w5 = Lanes.wordAt(p, 20);
    let w6 = Lanes.wordAt(p, 24);
    let w7 = Lanes.wordAt(p, 28);
    let w8 = Lanes.wordAt(p, 32);
    let w9 = Lanes.wordAt(p, 36);
    let w10 = Lanes.wordAt(p, 40);
    let w11 = Lanes.wordAt(p, 44);
    let w12 = Lanes.wordAt(p, 48);
    let w13 = Lanes.wordAt(p, 52);
    let w14 = Lanes.wordAt(p, 56);
    let w15 = Lanes.wordAt(p, 60);
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
    while (true) {
      t = Lanes.add(
        Lanes.add(h, Lanes.add(Lanes.bigSigma1(e), v128.bitselect(f, g, e))),
        Lanes.add(v128.load_splat<u32>(k, 0), w0),
      );
      d = Lanes.add(d, t);
      h = Lanes.add(t, Lanes.add(Lanes.bigSigma0(a), Lanes.majority(a, b, c)));
      w0 = Lanes.add(Lanes.add(w0, Lanes.sigma0(w1)), Lanes.add(w9, Lanes.sigma1(w14)));
      t = Lanes.add(
        Lanes.add(g, Lanes.add(Lanes.bigSigma1(d), v128.bitselect(e, f, d))),
        Lanes.add(v128.load_splat<u32>(k, 4), w1),
      );
      c = Lanes.add(c, t);
      g = Lanes.add(t, Lanes.add(Lanes.bigSigma0(h), Lanes.majority(h, a, b)));
      w1 = Lanes.add(Lanes.add(w1, Lanes.sigma0(w2)), Lanes.add(w10, Lanes.sigma1(w15)));
      t = Lanes.add(
        Lanes.add(f, Lanes.add(Lanes.bigSigma1(c), v128.bitselect(d, e, c))),
        Lanes.add(v128.load_splat<u32>(k, 8), w2),
      );
      b = Lanes.add(b, t);
      f = Lanes.add(t, Lanes.add(Lanes.bigSigma0(g), Lanes.majority(g, h, a)));
      w2 = Lanes.add(Lanes.add(w2, Lanes.sigma0(w3)), Lanes.add(w11, Lanes.sigma1(w0)));
      t = Lanes.add(
        Lanes.add(e, Lanes.add(Lanes.bigSigma1(b), v128.bitselect(c, d, b))),
        Lanes.add(v128.load_splat<u32>(k, 12), w3),
      );
      a = Lanes.add(a, t);
      e = Lanes.add(t, Lanes.add(Lanes.bigSigma0(f), Lanes.majority(f, g, h)));
      w3 = Lanes.add(Lanes.add(w3, Lanes.sigma0(w4)), Lanes.add(w12, Lanes.sigma1(w1)));
      t = Lanes.add(
        Lanes.add(d, Lanes.add(Lanes.bigSigma1(a), v128.bitselect(b, c, a))),
        Lanes.add(v128.load_splat<u32>(k, 16), w4),
      );
      h = Lanes.add(h, t);
      d = Lanes.add(t, Lanes.add(Lanes.bigSigma0(e), Lanes.majority(e, f, g)));
      w4 = Lanes.add(Lanes.add(w4, Lanes.sigma0(w5)), Lanes.add(w13, Lanes.sigma1(w2)));
      t = Lanes.add(
        Lanes.add(c, Lanes.add(Lanes.bigSigma1(h), v128.bitselect(a, b, h))),
        Lanes.add(v128.load_splat<u32>(k, 20), w5),
      );
      g = Lanes.add(g, t);
      c = Lanes.add(t, Lanes.add(Lanes.bigSigma0(d), Lanes.majority(d, e, f)));
      w5 = Lanes.add(Lanes.add(w5, Lanes.sigma0(w6)), Lanes.add(w14, Lanes.sigma1(w3)));
      t = Lanes.add(
        Lanes.add(b, Lanes.add(Lanes.bigSigma1(g), v128.bitselect(h, a, g))),
        Lanes.add(v128.load_splat<u32>(k, 24), w6),
      );
      f = Lanes.add(f, t);
      b = Lanes.add(t, Lanes.add(Lanes.bigSigma0(c), Lanes.majority(c, d, e)));
      w6 = Lanes.add(Lanes.add(w6, Lanes.sigma0(w7)), Lanes.add(w15, Lanes.sigma1(w4)));
      t = Lanes.add(
        Lanes.add(a, Lanes.add(Lanes.bigSigma1(f), v128.bitselect(g, h, f))),
        Lanes.add(v128.load_splat<u32>(k, 28), w7),
      );
      e = Lanes.add(e, t);
      a = Lanes.add(t, Lanes.add(Lanes.bigSigma0(b), Lanes.majority(b, c, d)));
      w7 = Lanes.add(Lanes.add(w7, Lanes.sigma0(w8)), Lanes.add(w0, Lanes.sigma1(w5)));
      t = Lanes.add(
        Lanes.add(h, Lanes.add(Lanes.bigSigma1(e), v128.bitselect(f, g, e))),
        Lanes.add(v128.load_splat<u32>(k, 32), w8),
      );
      d = Lanes.add(d, t);
      h = Lanes.add(t, Lanes.add(Lanes.bigSigma0(a), Lanes.majority(a, b, c)));
      w8 = Lanes.add(Lanes.add(w8, Lanes.sigma0(w9)), Lanes.add(w1, Lanes.sigma1(w6)));
      t = Lanes.add(
        Lanes.add(g, Lanes.add(Lanes.bigSigma1(d), v128.bitselect(e, f, d))),
        Lanes.add(v128.load_splat<u32>(k, 36), w9),
      );
      c = Lanes.add(c, t);
      g = Lanes.add(t, Lanes.add(Lanes.bigSigma0(h), Lanes.majority(h, a, b)));
      w9 = Lanes.add(Lanes.add(w9, Lanes.sigma0(w10)), Lanes.add(w2, Lanes.sigma1(w7)));
      t = Lanes.add(
        Lanes.add(f, Lanes.add(Lanes.bigSigma1(c), v128.bitselect(d, e, c))),
        Lanes.add(v128.load_splat<u32>(k, 40), w10),
      );
      b = Lanes.add(b, t);
      f = Lanes.add(t, Lanes.add(Lanes.bigSigma0(g), Lanes.majority(g, h, a)));
      w10 = Lanes.add(Lanes.add(w10, Lanes.sigma0(w11)), Lanes.add(w3, Lanes.sigma1(w8)));
      t = Lanes.add(
        Lanes.add(e, Lanes.add(Lanes.bigSigma1(b), v128.bitselect(c, d, b))),
        Lanes.add(v128.load_splat<u32>(k, 44), w11),
      );
      a = Lanes.add(a, t);
      e = Lanes.add(t, Lanes.add(Lanes.bigSigma0(f), Lanes.majority(f, g, h)));
      w11 = Lanes.add(Lanes.add(w11, Lanes.sigma0(w12)), Lanes.add(w4, Lanes.sigma1(w9)));
      t = Lanes.add(
        Lanes.add(d, Lanes.add(Lanes.bigSigma1(a), v128.bitselect(b, c, a))),
        Lanes.add(v128.load_splat<u32>(k, 48), w12),
      );
      h = Lanes.add(h, t);
      d = Lanes.add(t, Lanes.add(Lanes.bigSigma0(e), Lanes.majority(e, f, g)));
      w12 = Lanes.add(Lanes.add(w12, Lanes.sigma0(w13)), Lanes.add(w5, Lanes.sigma1(w10)));
      t = Lanes.add(
        Lanes.add(c, Lanes.add(Lanes.bigSigma1(h), v128.bitselect(a, b, h))),
        Lanes.add(v128.load_splat<u32>(k, 52), w13),
      );
      g = Lanes.add(g, t);
      c = Lanes.add(t, Lanes.add(Lanes.bigSigma0(d), Lanes.majority(d, e, f)));
      w13 = Lanes.add(Lanes.add(w13, Lanes.sigma0(w14)), Lanes.add(w6, Lanes.sigma1(w11)));
      t = Lanes.add(
        Lanes.add(b, Lanes.add(Lanes.bigSigma1(g), v128.bitselect(h, a, g))),
        Lanes.add(v128.load_splat<u32>(k, 56), w14),
      );
      f = Lanes.add(f, t);
      b = Lanes.add(t, Lanes.add(Lanes.bigSigma0(c), Lanes.majority(c, d, e)));
      w14 = Lanes.add(Lanes.add(w14, Lanes.sigma0(w15)), Lanes.add(w7, Lanes.sigma1(w12)));
      t = Lanes.add(
        Lanes.add(a, Lanes.add(Lanes.bigSigma1(f), v128.bitselect(g, h, f))),
        Lanes.add(v128.load_splat<u32>(k, 60), w15),
      );
      e = Lanes.add(e, t);
      a = Lanes.add(t, Lanes.add(Lanes.bigSigma0(b), Lanes.majority(b, c, d)));
      w15 = Lanes.add(Lanes.add(w15, Lanes.sigma0(w0)), Lanes.add(w8, Lanes.sigma1(w13)));
      k += 64;
      if (k == K + 256) break;
    }
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
