/**
 * SHA-256 of four messages at a time, one in each lane of a 128-bit vector: for the SIMD build
 * only, and for messages of equally many blocks. The digests are those of sha256.ts.
 */

import { INITIAL, K } from "./sha256";

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
  store<u64>(end - 8, bswap<u64>((total as u64) << 3));
}

/** Writes the digests of the four lanes, which hold so many blocks each, one after another. */
export function lanesHash(blocks: u32, out: usize): void {
  for (let i: usize = 0; i < 8; i++)
    v128.store(state + (i << 4), v128.load_splat<u32>(INITIAL + (i << 2)));
  compressLanes(blocks);
  for (let lane: usize = 0; lane < 4; lane++) {
    for (let i: usize = 0; i < 8; i++) {
      const word = load<u32>(state + (i << 4) + (lane << 2));
      store<u32>(out + (lane << 5) + (i << 2), bswap<u32>(word));
    }
  }
}

function add(x: v128, y: v128): v128 {
  return i32x4.add(x, y);
}
function rotate(x: v128, n: i32): v128 {
  return v128.or(i32x4.shr_u(x, n), i32x4.shl(x, 32 - n));
}
function xor3(x: v128, y: v128, z: v128): v128 {
  return v128.xor(v128.xor(x, y), z);
}
function majority(x: v128, y: v128, z: v128): v128 {
  return v128.xor(y, v128.and(v128.xor(x, y), v128.xor(y, z)));
}
function bigSigma0(x: v128): v128 {
  return xor3(rotate(x, 2), rotate(x, 13), rotate(x, 22));
}
function bigSigma1(x: v128): v128 {
  return xor3(rotate(x, 6), rotate(x, 11), rotate(x, 25));
}
function sigma0(x: v128): v128 {
  return xor3(rotate(x, 7), rotate(x, 18), i32x4.shr_u(x, 3));
}
function sigma1(x: v128): v128 {
  return xor3(rotate(x, 17), rotate(x, 19), i32x4.shr_u(x, 10));
}

/** The word at this offset of the block of each lane. */
function wordAt(p: usize, offset: usize): v128 {
  let w = v128.load_zero<u32>(p + offset);
  w = v128.load_lane<u32>(p + offset + LANE, w, 1);
  w = v128.load_lane<u32>(p + offset + 2 * LANE, w, 2);
  w = v128.load_lane<u32>(p + offset + 3 * LANE, w, 3);
  return v128.swizzle(w, i8x16(3, 2, 1, 0, 7, 6, 5, 4, 11, 10, 9, 8, 15, 14, 13, 12));
}

/** As compress() of sha256.ts. */
function compressLanes(blocks: u32): void {
  const end = (lanes + blocks * BLOCK) as usize;
  for (let p = lanes; p < end; p += BLOCK) {
    let w0 = wordAt(p, 0);
    let w1 = wordAt(p, 4);
    let w2 = wordAt(p, 8);
    let w3 = wordAt(p, 12);
    let w4 = wordAt(p, 16);
    let w5 = wordAt(p, 20);
    let w6 = wordAt(p, 24);
    let w7 = wordAt(p, 28);
    let w8 = wordAt(p, 32);
    let w9 = wordAt(p, 36);
    let w10 = wordAt(p, 40);
    let w11 = wordAt(p, 44);
    let w12 = wordAt(p, 48);
    let w13 = wordAt(p, 52);
    let w14 = wordAt(p, 56);
    let w15 = wordAt(p, 60);
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
      t = add(
        add(h, add(bigSigma1(e), v128.bitselect(f, g, e))),
        add(v128.load_splat<u32>(k, 0), w0),
      );
      d = add(d, t);
      h = add(t, add(bigSigma0(a), majority(a, b, c)));
      w0 = add(add(w0, sigma0(w1)), add(w9, sigma1(w14)));
      t = add(
        add(g, add(bigSigma1(d), v128.bitselect(e, f, d))),
        add(v128.load_splat<u32>(k, 4), w1),
      );
      c = add(c, t);
      g = add(t, add(bigSigma0(h), majority(h, a, b)));
      w1 = add(add(w1, sigma0(w2)), add(w10, sigma1(w15)));
      t = add(
        add(f, add(bigSigma1(c), v128.bitselect(d, e, c))),
        add(v128.load_splat<u32>(k, 8), w2),
      );
      b = add(b, t);
      f = add(t, add(bigSigma0(g), majority(g, h, a)));
      w2 = add(add(w2, sigma0(w3)), add(w11, sigma1(w0)));
      t = add(
        add(e, add(bigSigma1(b), v128.bitselect(c, d, b))),
        add(v128.load_splat<u32>(k, 12), w3),
      );
      a = add(a, t);
      e = add(t, add(bigSigma0(f), majority(f, g, h)));
      w3 = add(add(w3, sigma0(w4)), add(w12, sigma1(w1)));
      t = add(
        add(d, add(bigSigma1(a), v128.bitselect(b, c, a))),
        add(v128.load_splat<u32>(k, 16), w4),
      );
      h = add(h, t);
      d = add(t, add(bigSigma0(e), majority(e, f, g)));
      w4 = add(add(w4, sigma0(w5)), add(w13, sigma1(w2)));
      t = add(
        add(c, add(bigSigma1(h), v128.bitselect(a, b, h))),
        add(v128.load_splat<u32>(k, 20), w5),
      );
      g = add(g, t);
      c = add(t, add(bigSigma0(d), majority(d, e, f)));
      w5 = add(add(w5, sigma0(w6)), add(w14, sigma1(w3)));
      t = add(
        add(b, add(bigSigma1(g), v128.bitselect(h, a, g))),
        add(v128.load_splat<u32>(k, 24), w6),
      );
      f = add(f, t);
      b = add(t, add(bigSigma0(c), majority(c, d, e)));
      w6 = add(add(w6, sigma0(w7)), add(w15, sigma1(w4)));
      t = add(
        add(a, add(bigSigma1(f), v128.bitselect(g, h, f))),
        add(v128.load_splat<u32>(k, 28), w7),
      );
      e = add(e, t);
      a = add(t, add(bigSigma0(b), majority(b, c, d)));
      w7 = add(add(w7, sigma0(w8)), add(w0, sigma1(w5)));
      t = add(
        add(h, add(bigSigma1(e), v128.bitselect(f, g, e))),
        add(v128.load_splat<u32>(k, 32), w8),
      );
      d = add(d, t);
      h = add(t, add(bigSigma0(a), majority(a, b, c)));
      w8 = add(add(w8, sigma0(w9)), add(w1, sigma1(w6)));
      t = add(
        add(g, add(bigSigma1(d), v128.bitselect(e, f, d))),
        add(v128.load_splat<u32>(k, 36), w9),
      );
      c = add(c, t);
      g = add(t, add(bigSigma0(h), majority(h, a, b)));
      w9 = add(add(w9, sigma0(w10)), add(w2, sigma1(w7)));
      t = add(
        add(f, add(bigSigma1(c), v128.bitselect(d, e, c))),
        add(v128.load_splat<u32>(k, 40), w10),
      );
      b = add(b, t);
      f = add(t, add(bigSigma0(g), majority(g, h, a)));
      w10 = add(add(w10, sigma0(w11)), add(w3, sigma1(w8)));
      t = add(
        add(e, add(bigSigma1(b), v128.bitselect(c, d, b))),
        add(v128.load_splat<u32>(k, 44), w11),
      );
      a = add(a, t);
      e = add(t, add(bigSigma0(f), majority(f, g, h)));
      w11 = add(add(w11, sigma0(w12)), add(w4, sigma1(w9)));
      t = add(
        add(d, add(bigSigma1(a), v128.bitselect(b, c, a))),
        add(v128.load_splat<u32>(k, 48), w12),
      );
      h = add(h, t);
      d = add(t, add(bigSigma0(e), majority(e, f, g)));
      w12 = add(add(w12, sigma0(w13)), add(w5, sigma1(w10)));
      t = add(
        add(c, add(bigSigma1(h), v128.bitselect(a, b, h))),
        add(v128.load_splat<u32>(k, 52), w13),
      );
      g = add(g, t);
      c = add(t, add(bigSigma0(d), majority(d, e, f)));
      w13 = add(add(w13, sigma0(w14)), add(w6, sigma1(w11)));
      t = add(
        add(b, add(bigSigma1(g), v128.bitselect(h, a, g))),
        add(v128.load_splat<u32>(k, 56), w14),
      );
      f = add(f, t);
      b = add(t, add(bigSigma0(c), majority(c, d, e)));
      w14 = add(add(w14, sigma0(w15)), add(w7, sigma1(w12)));
      t = add(
        add(a, add(bigSigma1(f), v128.bitselect(g, h, f))),
        add(v128.load_splat<u32>(k, 60), w15),
      );
      e = add(e, t);
      a = add(t, add(bigSigma0(b), majority(b, c, d)));
      w15 = add(add(w15, sigma0(w0)), add(w8, sigma1(w13)));
      k += 64;
      if (k == K + 256) break;
    }
    v128.store(state, add(v128.load(state, 0), a), 0);
    v128.store(state, add(v128.load(state, 16), b), 16);
    v128.store(state, add(v128.load(state, 32), c), 32);
    v128.store(state, add(v128.load(state, 48), d), 48);
    v128.store(state, add(v128.load(state, 64), e), 64);
    v128.store(state, add(v128.load(state, 80), f), 80);
    v128.store(state, add(v128.load(state, 96), g), 96);
    v128.store(state, add(v128.load(state, 112), h), 112);
  }
}
