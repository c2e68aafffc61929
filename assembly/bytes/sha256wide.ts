/**
 * SHA-256 of one long message, for the SIMD build only: the schedules of four blocks are computed
 * at a time, one in each lane of a vector; the rounds, which wait for one another, are scalar.
 * The digests are those of sha256.ts.
 */

import { K, Round } from "./sha256round";
import { Lanes } from "./sha256x4";

const BLOCK: usize = 64;

/** The words of the four schedules, and behind them the same with the rounds' constants added. */
const words: usize = memory.data(2048, 16);
const added: usize = words + 1024;
/** As `added`, for the block that pads a message of 64 bytes: always the same. */
const padding: usize = memory.data(1024, 16);
let paddingFilled = false;

/** Section 6.2.2 over 4 * `fours` blocks, on a chaining value as in sha256.ts. */
export function compressFours(s: usize, at: usize, fours: u32): void {
  for (; fours > 0; fours--) {
    schedules(at);
    for (let lane: usize = 0; lane < 16; lane += 4) rounds(s, added + lane);
    at += 4 * BLOCK;
  }
}

/**
 * The block that pads a message of 64 bytes: the size of two digests, of which trees and chains
 * are made.
 */
export function compressPadding64(s: usize): void {
  if (!paddingFilled) {
    paddingFilled = true;
    memory.fill(padding, 0, 256);
    store<u8>(padding, 0x80);
    store<u8>(padding, 2, 62); // 512 bits
    schedules(padding);
    memory.copy(padding, added, 1024);
  }
  rounds(s, padding);
}

function schedules(at: usize): void {
  let k = K;
  let p = words;
  for (let i: usize = 0; i < BLOCK; i += 4) {
    const w = Lanes.wordAt(at, i, BLOCK);
    v128.store(p, w);
    v128.store(p, Lanes.add(w, v128.load_splat<u32>(k)), 1024);
    k += 4;
    p += 16;
  }
  for (; p < words + 1024; p += 16) {
    const w = Lanes.schedule(
      v128.load(p - 256),
      v128.load(p - 240),
      v128.load(p - 112),
      v128.load(p - 32),
    );
    v128.store(p, w);
    v128.store(p, Lanes.add(w, v128.load_splat<u32>(k)), 1024);
    k += 4;
  }
}

/**
 * The rounds of one block, whose words stand 16 bytes apart. What does not depend on the round
 * before is added up first: with so little else to do, waiting for that one is what takes time.
 */
function rounds(s: usize, p: usize): void {
  let a = load<u32>(s, 0);
  let b = load<u32>(s, 4);
  let c = load<u32>(s, 8);
  let d = load<u32>(s, 12);
  let e = load<u32>(s, 16);
  let f = load<u32>(s, 20);
  let g = load<u32>(s, 24);
  let h = load<u32>(s, 28);
  let t: u32;
  const end = p + 1024;
  for (; p < end; p += 256) {
    h += load<u32>(p, 0);
    t = Round.first(e, f, g);
    d = d + h + t;
    h = h + t + Round.second(a, b, c);
    g += load<u32>(p, 16);
    t = Round.first(d, e, f);
    c = c + g + t;
    g = g + t + Round.second(h, a, b);
    f += load<u32>(p, 32);
    t = Round.first(c, d, e);
    b = b + f + t;
    f = f + t + Round.second(g, h, a);
    e += load<u32>(p, 48);
    t = Round.first(b, c, d);
    a = a + e + t;
    e = e + t + Round.second(f, g, h);
    d += load<u32>(p, 64);
    t = Round.first(a, b, c);
    h = h + d + t;
    d = d + t + Round.second(e, f, g);
    c += load<u32>(p, 80);
    t = Round.first(h, a, b);
    g = g + c + t;
    c = c + t + Round.second(d, e, f);
    b += load<u32>(p, 96);
    t = Round.first(g, h, a);
    f = f + b + t;
    b = b + t + Round.second(c, d, e);
    a += load<u32>(p, 112);
    t = Round.first(f, g, h);
    e = e + a + t;
    a = a + t + Round.second(b, c, d);
    h += load<u32>(p, 128);
    t = Round.first(e, f, g);
    d = d + h + t;
    h = h + t + Round.second(a, b, c);
    g += load<u32>(p, 144);
    t = Round.first(d, e, f);
    c = c + g + t;
    g = g + t + Round.second(h, a, b);
    f += load<u32>(p, 160);
    t = Round.first(c, d, e);
    b = b + f + t;
    f = f + t + Round.second(g, h, a);
    e += load<u32>(p, 176);
    t = Round.first(b, c, d);
    a = a + e + t;
    e = e + t + Round.second(f, g, h);
    d += load<u32>(p, 192);
    t = Round.first(a, b, c);
    h = h + d + t;
    d = d + t + Round.second(e, f, g);
    c += load<u32>(p, 208);
    t = Round.first(h, a, b);
    g = g + c + t;
    c = c + t + Round.second(d, e, f);
    b += load<u32>(p, 224);
    t = Round.first(g, h, a);
    f = f + b + t;
    b = b + t + Round.second(c, d, e);
    a += load<u32>(p, 240);
    t = Round.first(f, g, h);
    e = e + a + t;
    a = a + t + Round.second(b, c, d);
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
