/**
 * The powers of ten that reading and writing numbers share: for each 10^q, q from -342 to 324,
 * floor(10^q * 2^s) with s such that the result has 128 bits. Exact for q from 0 to 55.
 *
 * The table is computed when it is first needed, which takes some ten microseconds, rather
 * than shipped: 10 KB. The digits of 10^q are those of 5^q, as big integers of u32 limbs, least
 * significant first; floor(floor(2^N / 5^k) / 5) = floor(2^N / 5^(k + 1)), so nothing gets lost.
 */

/** Smallest decimal exponent of a 19-digit significand that is not 0. */
const FIRST: i32 = -342;
/** 667 entries of a high and a low word: writing 5e-324 scales by 10^324. */
const SIZE: usize = 10672;
const TABLE: usize = memory.data(10672, 16);
/** 2^1024 has 33 limbs, 5^324 has 24. The four limbs below stay 0. */
const BELOW: usize = memory.data(160, 16);
const NUMBER: usize = BELOW + 16;

let filled = false;

/** Inlined as in bytes/word.ts. */
// oxlint-disable-next-line typescript/no-extraneous-class
export class Powers {
  /** Address of the entry of 10^q: +0 u64 its high word, +8 u64 its low word. */
  @inline static at(q: i32): usize {
    if (!filled) fill();
    return TABLE + (((q - FIRST) as usize) << 4);
  }
}

function fill(): void {
  filled = true;
  store<u32>(NUMBER, 1);
  let limbs: u32 = 1;
  const one = TABLE - ((FIRST as usize) << 4);
  for (let entry = one; entry < TABLE + SIZE; entry += 16) {
    setEntry(entry, limbs);
    limbs = timesFive(limbs);
  }
  memory.fill(NUMBER, 0, 128);
  store<u32>(NUMBER, 1, 128);
  limbs = 33;
  for (let entry = one - 16; entry >= TABLE; entry -= 16) {
    limbs = byFive(limbs);
    setEntry(entry, limbs);
  }
}

/** The highest 128 bits of the number. */
function setEntry(entry: usize, limbs: u32): void {
  const top = NUMBER + ((limbs as usize) << 2) - 8;
  const shift = clz<u32>(load<u32>(top, 4)) as u64;
  // Each time 64 bits are looked at, and the upper 32 of what is left of them kept.
  const a = (load<u64>(top) << shift) >> 32;
  const b = (load<u64>(top - 4) << shift) >> 32;
  const c = (load<u64>(top - 8) << shift) >> 32;
  const d = (load<u64>(top - 12) << shift) >> 32;
  store<u64>(entry, (a << 32) | b);
  store<u64>(entry, (c << 32) | d, 8);
}

function timesFive(limbs: u32): u32 {
  let carry: u64 = 0;
  const end = NUMBER + ((limbs as usize) << 2);
  for (let p = NUMBER; p < end; p += 4) {
    carry += (load<u32>(p) as u64) * 5;
    store<u32>(p, carry as u32);
    carry >>= 32;
  }
  if (carry == 0) return limbs;
  store<u32>(end, carry as u32);
  return limbs + 1;
}

function byFive(limbs: u32): u32 {
  let rest: u64 = 0;
  for (let p = NUMBER + ((limbs as usize) << 2) - 4; p >= NUMBER; p -= 4) {
    const part = (rest << 32) | (load<u32>(p) as u64);
    store<u32>(p, (part / 5) as u32);
    rest = part % 5;
  }
  return load<u32>(NUMBER + ((limbs as usize) << 2) - 4) == 0 ? limbs - 1 : limbs;
}
