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

import { Word } from "./word";

/** Bytes of one open stream. */
export const SHA_STATE: u32 = 112;
/** Bytes of a digest. */
export const DIGEST: u32 = 32;

const BLOCK: u32 = 64;
const COUNT: usize = 96;

/** Section 4.2.2: fractional parts of the cube roots of the first 64 primes. */
export const K: usize = memory.data<u32>([
  0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4, 0xab1c5ed5,
  0xd807aa98, 0x12835b01, 0x243185be, 0x550c7dc3, 0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174,
  0xe49b69c1, 0xefbe4786, 0x0fc19dc6, 0x240ca1cc, 0x2de92c6f, 0x4a7484aa, 0x5cb0a9dc, 0x76f988da,
  0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7, 0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967,
  0x27b70a85, 0x2e1b2138, 0x4d2c6dfc, 0x53380d13, 0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85,
  0xa2bfe8a1, 0xa81a664b, 0xc24b8b70, 0xc76c51a3, 0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070,
  0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f, 0x682e6ff3,
  0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208, 0x90befffa, 0xa4506ceb, 0xbef9a3f7, 0xc67178f2,
]);

/** Section 5.3.3: fractional parts of the square roots of the first 8 primes. */
export const INITIAL: usize = memory.data<u32>([
  0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a, 0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19,
]);

/** The stream of sha256(). */
const once: usize = memory.data(SHA_STATE, 16);

/** Writes the 32-byte digest of the bytes to `out`, which may overlap them. */
export function sha256(at: usize, length: u32, out: usize): void {
  shaBegin(once);
  shaUpdate(once, at, length);
  shaEnd(once, out);
}

/** Opens a stream in the SHA_STATE bytes at `s`. */
export function shaBegin(s: usize): void {
  memory.copy(s, INITIAL, 32);
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
  const blocks = length / BLOCK;
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
  if (have >= 56) {
    memory.fill(tail + have + 1, 0, BLOCK - 1 - have);
    compress(s, tail, 1);
    memory.fill(tail, 0, 56);
  } else {
    memory.fill(tail + have + 1, 0, 55 - have);
  }
  store<u64>(tail, Word.swap64(total << 3), 56);
  compress(s, tail, 1);
  for (let i: usize = 0; i < 32; i += 4) store<u32>(out + i, Word.swap32(load<u32>(s + i)));
}

/** Section 4.1.2, inlined as in word.ts. */
// oxlint-disable-next-line typescript/no-extraneous-class
class Round {
  @inline static choose(x: u32, y: u32, z: u32): u32 {
    return z ^ (x & (y ^ z));
  }
  @inline static majority(x: u32, y: u32, z: u32): u32 {
    return y ^ ((x ^ y) & (y ^ z));
  }
  @inline static bigSigma0(x: u32): u32 {
    return rotr<u32>(x, 2) ^ rotr<u32>(x, 13) ^ rotr<u32>(x, 22);
  }
  @inline static bigSigma1(x: u32): u32 {
    return rotr<u32>(x, 6) ^ rotr<u32>(x, 11) ^ rotr<u32>(x, 25);
  }
  @inline static sigma0(x: u32): u32 {
    return rotr<u32>(x, 7) ^ rotr<u32>(x, 18) ^ (x >>> 3);
  }
  @inline static sigma1(x: u32): u32 {
    return rotr<u32>(x, 17) ^ rotr<u32>(x, 19) ^ (x >>> 10);
  }
}

/**
 * Section 6.2.2 over `blocks` blocks. The chaining value and the 16 words of the schedule live in
 * locals, which engines keep in registers; 16 rounds are written out, so that the names rotate
 * back into place and four turns of one loop do a block. Each round is followed by the schedule of
 * its word for the next turn; in the last turn that is wasted, which costs less than a second
 * copy of the rounds.
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
    while (true) {
      h += Round.bigSigma1(e) + Round.choose(e, f, g) + load<u32>(k, 0) + w0;
      d += h;
      h += Round.bigSigma0(a) + Round.majority(a, b, c);
      w0 += Round.sigma0(w1) + w9 + Round.sigma1(w14);
      g += Round.bigSigma1(d) + Round.choose(d, e, f) + load<u32>(k, 4) + w1;
      c += g;
      g += Round.bigSigma0(h) + Round.majority(h, a, b);
      w1 += Round.sigma0(w2) + w10 + Round.sigma1(w15);
      f += Round.bigSigma1(c) + Round.choose(c, d, e) + load<u32>(k, 8) + w2;
      b += f;
      f += Round.bigSigma0(g) + Round.majority(g, h, a);
      w2 += Round.sigma0(w3) + w11 + Round.sigma1(w0);
      e += Round.bigSigma1(b) + Round.choose(b, c, d) + load<u32>(k, 12) + w3;
      a += e;
      e += Round.bigSigma0(f) + Round.majority(f, g, h);
      w3 += Round.sigma0(w4) + w12 + Round.sigma1(w1);
      d += Round.bigSigma1(a) + Round.choose(a, b, c) + load<u32>(k, 16) + w4;
      h += d;
      d += Round.bigSigma0(e) + Round.majority(e, f, g);
      w4 += Round.sigma0(w5) + w13 + Round.sigma1(w2);
      c += Round.bigSigma1(h) + Round.choose(h, a, b) + load<u32>(k, 20) + w5;
      g += c;
      c += Round.bigSigma0(d) + Round.majority(d, e, f);
      w5 += Round.sigma0(w6) + w14 + Round.sigma1(w3);
      b += Round.bigSigma1(g) + Round.choose(g, h, a) + load<u32>(k, 24) + w6;
      f += b;
      b += Round.bigSigma0(c) + Round.majority(c, d, e);
      w6 += Round.sigma0(w7) + w15 + Round.sigma1(w4);
      a += Round.bigSigma1(f) + Round.choose(f, g, h) + load<u32>(k, 28) + w7;
      e += a;
      a += Round.bigSigma0(b) + Round.majority(b, c, d);
      w7 += Round.sigma0(w8) + w0 + Round.sigma1(w5);
      h += Round.bigSigma1(e) + Round.choose(e, f, g) + load<u32>(k, 32) + w8;
      d += h;
      h += Round.bigSigma0(a) + Round.majority(a, b, c);
      w8 += Round.sigma0(w9) + w1 + Round.sigma1(w6);
      g += Round.bigSigma1(d) + Round.choose(d, e, f) + load<u32>(k, 36) + w9;
      c += g;
      g += Round.bigSigma0(h) + Round.majority(h, a, b);
      w9 += Round.sigma0(w10) + w2 + Round.sigma1(w7);
      f += Round.bigSigma1(c) + Round.choose(c, d, e) + load<u32>(k, 40) + w10;
      b += f;
      f += Round.bigSigma0(g) + Round.majority(g, h, a);
      w10 += Round.sigma0(w11) + w3 + Round.sigma1(w8);
      e += Round.bigSigma1(b) + Round.choose(b, c, d) + load<u32>(k, 44) + w11;
      a += e;
      e += Round.bigSigma0(f) + Round.majority(f, g, h);
      w11 += Round.sigma0(w12) + w4 + Round.sigma1(w9);
      d += Round.bigSigma1(a) + Round.choose(a, b, c) + load<u32>(k, 48) + w12;
      h += d;
      d += Round.bigSigma0(e) + Round.majority(e, f, g);
      w12 += Round.sigma0(w13) + w5 + Round.sigma1(w10);
      c += Round.bigSigma1(h) + Round.choose(h, a, b) + load<u32>(k, 52) + w13;
      g += c;
      c += Round.bigSigma0(d) + Round.majority(d, e, f);
      w13 += Round.sigma0(w14) + w6 + Round.sigma1(w11);
      b += Round.bigSigma1(g) + Round.choose(g, h, a) + load<u32>(k, 56) + w14;
      f += b;
      b += Round.bigSigma0(c) + Round.majority(c, d, e);
      w14 += Round.sigma0(w15) + w7 + Round.sigma1(w12);
      a += Round.bigSigma1(f) + Round.choose(f, g, h) + load<u32>(k, 60) + w15;
      e += a;
      a += Round.bigSigma0(b) + Round.majority(b, c, d);
      w15 += Round.sigma0(w0) + w8 + Round.sigma1(w13);
      k += 64;
      if (k == K + 256) break;
    }
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
