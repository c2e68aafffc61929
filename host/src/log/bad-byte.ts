// Where a damaged bundle of entries is damaged: each entry has a hash in the tile of its level, and a
// single flipped bit can be found by flipping it back.
import { hashFrames, sameBytes } from "@reach-fabric/engine";

/** Longer entries are not searched bit by bit: their beginning is named. */
const SEARCHED = 4096;

/**
 * The first byte of a bundle that is another one than it was: exactly, where one bit was flipped; the
 * first of the entry that it is in, otherwise.
 *
 * @param hashes leaf hashes of the entries as they were
 */
export function firstBadByte(
  raw: Uint8Array,
  hashes: readonly Uint8Array[],
): { offset: number; index: number } {
  let at = 0;
  for (const [index, hash] of hashes.entries()) {
    const end = at + 2 + lengthAt(raw, at);
    if (end > raw.length || !isEntry(raw.subarray(at + 2, end), hash)) {
      return {
        offset: flippedLength(raw, at, hash) ?? flippedBit(raw, at, end, hash) ?? at,
        index,
      };
    }
    at = end;
  }
  return { offset: at, index: hashes.length };
}

const lengthAt = (raw: Uint8Array, at: number): number =>
  ((raw[at] ?? 0) << 8) | (raw[at + 1] ?? 0);

const isEntry = (entry: Uint8Array, hash: Uint8Array): boolean =>
  sameBytes(hashFrames([entry], 0)[0] as Uint8Array, hash);

function flippedLength(raw: Uint8Array, at: number, hash: Uint8Array): number | undefined {
  for (let bit = 0; bit < 16; bit++) {
    const length = lengthAt(raw, at) ^ (1 << bit);
    const end = at + 2 + length;
    if (end <= raw.length && isEntry(raw.subarray(at + 2, end), hash))
      return at + (bit < 8 ? 1 : 0);
  }
  return undefined;
}

function flippedBit(
  raw: Uint8Array,
  at: number,
  end: number,
  hash: Uint8Array,
): number | undefined {
  const entry = raw.slice(at + 2, end);
  if (entry.length > SEARCHED) return undefined;
  for (let i = 0; i < entry.length; i++) {
    for (let bit = 1; bit < 256; bit <<= 1) {
      entry[i] = (entry[i] ?? 0) ^ bit;
      if (isEntry(entry, hash)) return at + 2 + i;
      entry[i] = (entry[i] ?? 0) ^ bit;
    }
  }
  return undefined;
}
