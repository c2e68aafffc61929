/**
 * Byte buffers that grow: the input window, the output window, and texts being built.
 *
 *     +0 at   address of the bytes (moves when it grows)
 *     +4 len  bytes used
 *     +8 cap  bytes that fit
 */

import { chunkGive, chunkSize, chunkTake } from "./memory";

@unmanaged
export class Buffer {
  at: u32;
  len: u32;
  cap: u32;
  unused: u32;

  /** Makes room for `more` bytes behind the used ones; the buffer may move. */
  @inline room(more: u32): void {
    if (this.len + more > this.cap) bufferGrow(this, more);
  }
}

/** Bytes from the host. */
export const INPUT: Buffer = changetype<Buffer>(memory.data(16, 16));
/** Bytes for the host. */
export const OUTPUT: Buffer = changetype<Buffer>(memory.data(16, 16));
/** Canonical texts that are hashed, not returned. */
export const TEXT: Buffer = changetype<Buffer>(memory.data(16, 16));

/** The same as a function: where it is not called often. */
export function bufferRoom(b: Buffer, more: u32): void {
  b.room(more);
}

/** At least doubles it, so that appending costs amortised O(1). */
function bufferGrow(b: Buffer, more: u32): void {
  const size = chunkSize(max<u32>(b.len + more, b.cap * 2));
  const to = chunkTake(size) as u32;
  if (b.cap != 0) {
    memory.copy(to, b.at, b.len);
    chunkGive(b.at, b.cap);
  }
  b.at = to;
  b.cap = size;
}

/** Forgets the contents; a buffer that grew beyond 16 MiB gives its memory back. */
export function bufferClear(b: Buffer): void {
  b.len = 0;
  if (b.cap > 1 << 24) {
    chunkGive(b.at, b.cap);
    b.at = 0;
    b.cap = 0;
  }
}

export function bufferByte(b: Buffer, byte: u32): void {
  b.room(1);
  store<u8>(b.at + b.len, byte as u8);
  b.len += 1;
}

export function bufferBytes(b: Buffer, from: usize, len: u32): void {
  b.room(len);
  memory.copy(b.at + b.len, from, len);
  b.len += len;
}

export function bufferU32(b: Buffer, x: u32): void {
  b.room(4);
  store<u32>(b.at + b.len, x);
  b.len += 4;
}

/** Appends an ASCII literal of the engine (a static string: never user data). */
export function bufferText(b: Buffer, text: string): void {
  const from = changetype<usize>(text);
  const len = load<u32>(from - 4) >>> 1;
  b.room(len);
  const to: usize = b.at + b.len;
  for (let i: u32 = 0; i < len; i++) store<u8>(to + i, load<u16>(from + ((i as usize) << 1)) as u8);
  b.len += len;
}

/** Appends an unsigned integer in decimal. */
export function bufferUint(b: Buffer, x: u32): void {
  b.room(10);
  let digits: u32 = 1;
  for (let y: u32 = x; y >= 10; y /= 10) digits++;
  for (let i: u32 = digits; i > 0; i--) {
    store<u8>(b.at + b.len + i - 1, (48 + (x % 10)) as u8);
    x /= 10;
  }
  b.len += digits;
}

/**
 * Opens a frame: a u32 (little-endian) length, filled in by frameEnd(), then bytes.
 * Returns the offset to hand to frameEnd().
 */
export function frameBegin(b: Buffer): u32 {
  const at = b.len;
  bufferU32(b, 0);
  return at;
}

/** Closes the frame opened at offset `at`. */
export function frameEnd(b: Buffer, at: u32): void {
  store<u32>(b.at + at, b.len - at - 4);
}
