/** 64 x 64 -> 128 bit multiplication, which WebAssembly lacks, from four 32-bit ones. */

/** Inlined as in bytes/word.ts. */
// oxlint-disable-next-line typescript/no-extraneous-class
export class Wide {
  /** High word of a * b; the low word is the plain product. */
  @inline static mulHigh(a: u64, b: u64): u64 {
    const aLow = a & 0xffffffff;
    const bLow = b & 0xffffffff;
    const aHigh = a >> 32;
    const bHigh = b >> 32;
    const middle = aHigh * bLow + ((aLow * bLow) >> 32);
    const other = aLow * bHigh + (middle & 0xffffffff);
    return aHigh * bHigh + (middle >> 32) + (other >> 32);
  }
}
