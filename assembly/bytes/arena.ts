/**
 * Arenas: bump allocation in a list of chunks, released all at once or back to a mark.
 *
 *     descriptor (static, 32 bytes)            chunk
 *     +0  cur    next free byte                +0  u32 previous chunk (0: none)
 *     +4  end    end of the current chunk      +4  u32 size of this chunk
 *     +8  chunk  current chunk (0: none)       +8  u64 unused
 *     +12 limit  bytes that it may take        +16 data ...
 *     +16 taken  bytes taken in full chunks' data and the current one's
 *     +20 over   1 once `limit` was exceeded
 *
 * The limit is deterministic: it counts the bytes asked for, not the host's pages. Exceeding it
 * raises the `over` flag and the allocation still succeeds (an overdraft), so that callers need no
 * check at each small allocation; loops over user data check arenaOver() once a turn, and whoever
 * wants more than ROOM bytes at once asks arenaRoom() first.
 */

import { chunkGive, chunkSize, chunkTake } from "./memory";

const CHUNK_HEADER: u32 = 16;
const LARGEST_STEP: u32 = 1 << 20;

/** An allocation of more than this many bytes must be preceded by arenaRoom(). */
export const ROOM: u32 = 65536;

@unmanaged
export class Arena {
  cur: u32;
  end: u32;
  chunk: u32;
  limit: u32;
  taken: u32;
  over: u32;
  step: u32;
  unused: u32;
}

/** A position in an arena, to come back to (arenaRelease). */
@unmanaged
export class Mark {
  cur: u32;
  chunk: u32;
  taken: u32;
  unused: u32;
}

/** Compiled packs and everything else that lives until the next load(). */
export const PERSISTENT: Arena = changetype<Arena>(memory.data(32, 16));
/** Values of one activation; released when it ends. */
export const SCRATCH: Arena = changetype<Arena>(memory.data(32, 16));
/** The state of the run, and the space that it is compacted into. They swap. */
export const RUN_A: Arena = changetype<Arena>(memory.data(32, 16));
export const RUN_B: Arena = changetype<Arena>(memory.data(32, 16));

/** Empties an arena and sets its limit in bytes. */
export function arenaReset(a: Arena, limit: u32): void {
  let c = a.chunk;
  while (c != 0) {
    const before = load<u32>(c);
    chunkGive(c, load<u32>(c, 4));
    c = before;
  }
  a.cur = 0;
  a.end = 0;
  a.chunk = 0;
  a.limit = limit;
  a.taken = 0;
  a.over = 0;
  a.step = 0;
}

/** No limit at all. */
export const NO_BOUND: u32 = 0xffffffff;

/** Sets a limit of `size` bytes from here on; the flag is down. */
export function arenaLimit(a: Arena, size: u32): void {
  const limit = (a.taken as u64) + (size as u64);
  a.limit = limit < (NO_BOUND as u64) ? (limit as u32) : NO_BOUND;
  a.over = 0;
}

/** True once more than the limit was taken. */
export function arenaOver(a: Arena): bool {
  return a.over != 0;
}

/** True if `size` more bytes fit below the limit; raises the flag otherwise. Any size. */
export function arenaRoom(a: Arena, size: u64): bool {
  if ((a.taken as u64) + size <= (a.limit as u64)) return true;
  a.over = 1;
  return false;
}

/** Takes `size` bytes, aligned to 16. size <= ROOM, or arenaRoom(a, size) was true. */
export function arenaTake(a: Arena, size: u32): usize {
  const want = (size + 15) & ~15;
  a.taken += want;
  if (a.taken > a.limit) a.over = 1;
  const at = a.cur;
  if (a.end - at >= want) {
    a.cur = at + want;
    return at as usize;
  }
  return arenaGrow(a, want);
}

function arenaGrow(a: Arena, want: u32): usize {
  let step = a.step == 0 ? (1 as u32) << 16 : a.step;
  if (a.chunk != 0 && step < LARGEST_STEP) step <<= 1;
  a.step = step;
  const need = want + CHUNK_HEADER;
  const size = chunkSize(need > step ? need : step);
  const c = chunkTake(size) as u32;
  store<u32>(c, a.chunk);
  store<u32>(c, size, 4);
  a.chunk = c;
  a.end = c + size;
  a.cur = c + CHUNK_HEADER + want;
  return (c + CHUNK_HEADER) as usize;
}

/** Remembers the arena's position in `m`. */
export function arenaMark(a: Arena, m: Mark): void {
  m.cur = a.cur;
  m.chunk = a.chunk;
  m.taken = a.taken;
}

/** Frees everything taken since arenaMark(a, m). The over flag stays. */
export function arenaRelease(a: Arena, m: Mark): void {
  while (a.chunk != m.chunk) {
    const c = a.chunk;
    a.chunk = load<u32>(c);
    chunkGive(c, load<u32>(c, 4));
  }
  a.cur = m.cur;
  a.end = a.chunk == 0 ? 0 : a.chunk + load<u32>(a.chunk, 4);
  a.taken = m.taken;
}
