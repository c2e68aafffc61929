/** Eight bytes at a time: constants for tests on all bytes of a word at once. */

/** 01 in every byte; ONES * b has b in every byte. */
export const ONES: u64 = u64.MAX_VALUE / 255;
/** The high bit of every byte. */
export const HIGH_BITS: u64 = ONES << 7;

/**
 * Inlined at every call: asc does so on demand only, and the demand is a decorator, which
 * TypeScript allows on methods and not on functions.
 */
// oxlint-disable-next-line typescript/no-extraneous-class -- see above
export class Word {
  /** The bytes in reverse order. */
  @inline static swap32(x: u32): u32 {
    return (rotl<u32>(x, 8) & 0x00ff00ff) | (rotr<u32>(x, 8) & 0xff00ff00);
  }
  @inline static swap64(x: u64): u64 {
    const y = ((x >> 8) & 0x00ff00ff00ff00ff) | ((x & 0x00ff00ff00ff00ff) << 8);
    const z = ((y >> 16) & 0x0000ffff0000ffff) | ((y & 0x0000ffff0000ffff) << 16);
    return rotr<u64>(z, 32);
  }
}
