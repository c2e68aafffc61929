/** Eight bytes at a time: constants for tests on all bytes of a word at once. */

/** 01 in every byte; ONES * b has b in every byte. */
export const ONES: u64 = u64.MAX_VALUE / 255;
/** The high bit of every byte. */
export const HIGH_BITS: u64 = ONES << 7;
