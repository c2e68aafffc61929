/**
 * SHA-256 (FIPS 180-4).
 *
 * A stream is a block of SHA_STATE plain bytes that the caller provides: it may be moved or
 * copied at any time, so a snapshot of memory is a snapshot of every open hash.
 *
 *     +0   u32 x 8  chaining value (words in host order)
 *     +32  u8 x 64  the unfinished block
 *     +96  u64      bytes hashed so far
 *     +104 u64      unused
 */

import { INITIAL, K, Round } from "./sha256round";
import { compressFours, compressPadding64 } from "./sha256wide";
import { Word } from "./word";

/** Bytes of one open stream. */
export const SHA_STATE: u32 = 112;
/** Bytes of a digest. */
export const DIGEST: u32 = 32;

const BLOCK: u32 = 64;
const COUNT: usize = 96;

/** The stream of sha256(). */
const once: usize = memory.data(SHA_STATE, 16);

/** Writes the 32-byte digest of the bytes to `out`, which may overlap them. */
export function shaOf(at: usize, length: u32, out: usize): void {
  shaBegin(once);
  if (ASC_FEATURE_SIMD) {
    if (length == BLOCK) {
      compress(once, at, 1);
      compressPadding64(once);
      writeDigest(once, out);
      return;
    }
  }
  shaUpdate(once, at, length);
  shaEnd(once, out);
}

/** Opens a stream in the SHA_STATE bytes at `s`. */
export function shaBegin(s: usize): void {
  // Word by word, here and below: calls of memory.copy and memory.fill cost more than so few bytes.
  for (let i: usize = 0; i < 32; i += 8) store<u64>(s + i, load<u64>(INITIAL + i));
  store<u64>(s, 0, COUNT);
}

/** Appends bytes to a stream. Any split of a message gives the same digest. */
export function shaUpdate(s: usize, at: usize, length: u32): void {
  if (length == 0) return;
  const have = (load<u64>(s, COUNT) as u32) & (BLOCK - 1);
  store<u64>(s, load<u64>(s, COUNT) + (length as u64), COUNT);
  if (have != 0) {
    const missing = BLOCK - have;
    if (length < missing) {
      memory.copy(s + 32 + have, at, length);
      return;
    }
    memory.copy(s + 32 + have, at, missing);
    compress(s, s + 32, 1);
    at += missing;
    length -= missing;
  }
  let blocks = length / BLOCK;
  if (ASC_FEATURE_SIMD) {
    const fours = blocks >>> 2;
    if (fours != 0) compressFours(s, at, fours);
    at += (fours << 8) as usize;
    length -= fours << 8;
    blocks &= 3;
  }
  if (blocks != 0) compress(s, at, blocks);
  const rest = length % BLOCK;
  if (rest != 0) memory.copy(s + 32, at + length - rest, rest);
}

/** Writes the digest to `out`. The stream is used up; begin again before the next update. */
export function shaEnd(s: usize, out: usize): void {
  const total = load<u64>(s, COUNT);
  const have = (total as u32) & (BLOCK - 1);
  const tail = s + 32;
  // Section 5.1.1: a 1 bit, zeros, and the length in bits as a big-endian u64.
  store<u8>(tail + have, 0x80);
  let p = tail + have + 1;
  if (have >= 56) {
    // Up to seven zeros too many: what stands behind the block is not needed any more.
    for (; p < tail + BLOCK; p += 8) store<u64>(p, 0);
    compress(s, tail, 1);
    p = tail;
  }
  for (; p < tail + 56; p += 8) store<u64>(p, 0);
  store<u64>(tail, Word.swap64(total << 3), 56);
  compress(s, tail, 1);
  writeDigest(s, out);
}

/** Writes the digest of a message that lies there padded (padded.ts), in so many blocks. */
export function shaPadded(at: usize, blocks: u32, out: usize): void {
  for (let i: usize = 0; i < 32; i += 8) store<u64>(once + i, load<u64>(INITIAL + i));
  if (ASC_FEATURE_SIMD) {
    const fours = blocks >>> 2;
    if (fours != 0) compressFours(once, at, fours);
    at += (fours << 8) as usize;
    blocks &= 3;
  }
  if (blocks != 0) compress(once, at, blocks);
  writeDigest(once, out);
}

function writeDigest(s: usize, out: usize): void {
  for (let i: usize = 0; i < 32; i += 4) store<u32>(out + i, Word.swap32(load<u32>(s + i)));
}

/** Copies a stream to SHA_STATE bytes at `out`; what it does not need is 0 there. */
export function shaSave(s: usize, out: usize): void {
  memory.copy(out, s, SHA_STATE);
  const have = (load<u64>(s, COUNT) as u32) & (BLOCK - 1);
  memory.fill(out + 32 + have, 0, BLOCK - have);
  store<u64>(out, 0, COUNT + 8);
}

/** Takes such bytes back. False, and nothing is changed, for bytes that are none. */
export function shaRestore(s: usize, at: usize): bool {
  const have = (load<u64>(at, COUNT) as u32) & (BLOCK - 1);
  for (let p = at + 32 + have; p < at + COUNT; p++) if (load<u8>(p) != 0) return false;
  if (load<u64>(at, COUNT) >> 61 != 0 || load<u64>(at, COUNT + 8) != 0) return false;
  memory.copy(s, at, SHA_STATE);
  return true;
}

/**
 * Section 6.2.2 over `blocks` blocks. The chaining value and the 16 words of the schedule live in
 * locals, which engines keep in registers; 16 rounds are written out, so that the names rotate
 * back into place: once for the words of the block, and in a loop of three turns, in which each
 * round is preceded by the schedule of its word.
 */
function compress(s: usize, at: usize, blocks: u32): void {
  const end = at + (blocks as usize) * BLOCK;
  for (let p = at; p < end; p += BLOCK) {
    let w0 = Word.swap32(load<u32>(p, 0));
    let w1 = Word.swap32(load<u32>(p, 4));
    let w2 = Word.swap32(load<u32>(p, 8));
    let w3 = Word.swap32(load<u32>(p, 12));
    let w4 = Word.swap32(load<u32>(p, 16));
    let w5 = Word.swap32(load<u32>(p, 20));
    let w6 = Word.swap32(load<u32>(p, 24));
    let w7 = Word.swap32(load<u32>(p, 28));
    let w8 = Word.swap32(load<u32>(p, 32));
    let w9 = Word.swap32(load<u32>(p, 36));
    let w10 = Word.swap32(load<u32>(p, 40));
    let w11 = Word.swap32(load<u32>(p, 44));
    let w12 = Word.swap32(load<u32>(p, 48));
    let w13 = Word.swap32(load<u32>(p, 52));
    let w14 = Word.swap32(load<u32>(p, 56));
    let w15 = Word.swap32(load<u32>(p, 60));
    let a = load<u32>(s, 0);
    let b = load<u32>(s, 4);
    let c = load<u32>(s, 8);
    let d = load<u32>(s, 12);
    let e = load<u32>(s, 16);
    let f = load<u32>(s, 20);
    let g = load<u32>(s, 24);
    let h = load<u32>(s, 28);
    let k = K;
    h += Round.first(e, f, g) + load<u32>(k, 0) + w0;
    d += h;
    h += Round.second(a, b, c);
    g += Round.first(d, e, f) + load<u32>(k, 4) + w1;
    c += g;
    g += Round.second(h, a, b);
    f += Round.first(c, d, e) + load<u32>(k, 8) + w2;
    b += f;
    f += Round.second(g, h, a);
    e += Round.first(b, c, d) + load<u32>(k, 12) + w3;
    a += e;
    e += Round.second(f, g, h);
    d += Round.first(a, b, c) + load<u32>(k, 16) + w4;
    h += d;
    d += Round.second(e, f, g);
    c += Round.first(h, a, b) + load<u32>(k, 20) + w5;
    g += c;
    c += Round.second(d, e, f);
    b += Round.first(g, h, a) + load<u32>(k, 24) + w6;
    f += b;
    b += Round.second(c, d, e);
    a += Round.first(f, g, h) + load<u32>(k, 28) + w7;
    e += a;
    a += Round.second(b, c, d);
    h += Round.first(e, f, g) + load<u32>(k, 32) + w8;
    d += h;
    h += Round.second(a, b, c);
    g += Round.first(d, e, f) + load<u32>(k, 36) + w9;
    c += g;
    g += Round.second(h, a, b);
    f += Round.first(c, d, e) + load<u32>(k, 40) + w10;
    b += f;
    f += Round.second(g, h, a);
    e += Round.first(b, c, d) + load<u32>(k, 44) + w11;
    a += e;
    e += Round.second(f, g, h);
    d += Round.first(a, b, c) + load<u32>(k, 48) + w12;
    h += d;
    d += Round.second(e, f, g);
    c += Round.first(h, a, b) + load<u32>(k, 52) + w13;
    g += c;
    c += Round.second(d, e, f);
    b += Round.first(g, h, a) + load<u32>(k, 56) + w14;
    f += b;
    b += Round.second(c, d, e);
    a += Round.first(f, g, h) + load<u32>(k, 60) + w15;
    e += a;
    a += Round.second(b, c, d);
    do {
      k += 64;
      w0 += Round.schedule(w1, w9, w14);
      h += Round.first(e, f, g) + load<u32>(k, 0) + w0;
      d += h;
      h += Round.second(a, b, c);
      w1 += Round.schedule(w2, w10, w15);
      g += Round.first(d, e, f) + load<u32>(k, 4) + w1;
      c += g;
      g += Round.second(h, a, b);
      w2 += Round.schedule(w3, w11, w0);
      f += Round.first(c, d, e) + load<u32>(k, 8) + w2;
      b += f;
      f += Round.second(g, h, a);
      w3 += Round.schedule(w4, w12, w1);
      e += Round.first(b, c, d) + load<u32>(k, 12) + w3;
      a += e;
      e += Round.second(f, g, h);
      w4 += Round.schedule(w5, w13, w2);
      d += Round.first(a, b, c) + load<u32>(k, 16) + w4;
      h += d;
      d += Round.second(e, f, g);
      w5 += Round.schedule(w6, w14, w3);
      c += Round.first(h, a, b) + load<u32>(k, 20) + w5;
      g += c;
      c += Round.second(d, e, f);
      w6 += Round.schedule(w7, w15, w4);
      b += Round.first(g, h, a) + load<u32>(k, 24) + w6;
      f += b;
      b += Round.second(c, d, e);
      w7 += Round.schedule(w8, w0, w5);
      a += Round.first(f, g, h) + load<u32>(k, 28) + w7;
      e += a;
      a += Round.second(b, c, d);
      w8 += Round.schedule(w9, w1, w6);
      h += Round.first(e, f, g) + load<u32>(k, 32) + w8;
      d += h;
      h += Round.second(a, b, c);
      w9 += Round.schedule(w10, w2, w7);
      g += Round.first(d, e, f) + load<u32>(k, 36) + w9;
      c += g;
      g += Round.second(h, a, b);
      w10 += Round.schedule(w11, w3, w8);
      f += Round.first(c, d, e) + load<u32>(k, 40) + w10;
      b += f;
      f += Round.second(g, h, a);
      w11 += Round.schedule(w12, w4, w9);
      e += Round.first(b, c, d) + load<u32>(k, 44) + w11;
      a += e;
      e += Round.second(f, g, h);
      w12 += Round.schedule(w13, w5, w10);
      d += Round.first(a, b, c) + load<u32>(k, 48) + w12;
      h += d;
      d += Round.second(e, f, g);
      w13 += Round.schedule(w14, w6, w11);
      c += Round.first(h, a, b) + load<u32>(k, 52) + w13;
      g += c;
      c += Round.second(d, e, f);
      w14 += Round.schedule(w15, w7, w12);
      b += Round.first(g, h, a) + load<u32>(k, 56) + w14;
      f += b;
      b += Round.second(c, d, e);
      w15 += Round.schedule(w0, w8, w13);
      a += Round.first(f, g, h) + load<u32>(k, 60) + w15;
      e += a;
      a += Round.second(b, c, d);
    } while (k != K + 192);
    store<u32>(s, load<u32>(s, 0) + a, 0);
    store<u32>(s, load<u32>(s, 4) + b, 4);
    store<u32>(s, load<u32>(s, 8) + c, 8);
    store<u32>(s, load<u32>(s, 12) + d, 12);
    store<u32>(s, load<u32>(s, 16) + e, 16);
    store<u32>(s, load<u32>(s, 20) + f, 20);
    store<u32>(s, load<u32>(s, 24) + g, 24);
    store<u32>(s, load<u32>(s, 28) + h, 28);
  }
}
