/**
 * Chunks: the only place where the engine takes memory from its host.
 *
 *     0          65536            __heap_base                                     memory.size
 *     | reserved | static tables  | chunk | free | chunk | chunk ...              |
 *
 * A chunk is a multiple of 64 KiB, handed to an arena or a buffer and given back whole. Free
 * chunks stand in a list by address, neighbours joined to one, and the first that is large enough
 * is taken: the same calls give the same addresses on every machine.
 *
 *     free chunk:  +0 u32 the next free one (0: none)   +4 u32 its size
 *
 * A failed memory.grow is the host's failure, never an outcome of a run: it traps, and the
 * instance is thrown away. Deterministic limits lie far below it and are checked by the arenas.
 */

const UNIT: u32 = 65536;
const LARGEST: u32 = 1 << 30;

/** Bytes behind any chunk that may be read (never used). */
const SLACK: usize = 16;

/** Points at the first free chunk, as that one does at the next. */
const list: usize = memory.data(16, 16);

let top: usize = 0;

/** Bytes in the chunk that chunkTake(size) gives. */
export function chunkSize(size: u32): u32 {
  return (size + UNIT - 1) & ~(UNIT - 1);
}

/** Takes a chunk of at least `size` bytes (1 byte to 1 GiB). Its contents are undefined. */
export function chunkTake(size: u32): usize {
  if (size - 1 >= LARGEST) unreachable();
  const want = chunkSize(size);
  let link = list; // what points at `at`
  let at: usize = load<u32>(link);
  while (at != 0) {
    const next: usize = load<u32>(at);
    const have = load<u32>(at, 4);
    // Too small, but the last one, and nothing is behind it: it is made larger.
    const last = next == 0 && at + have == top;
    if (have > want) {
      const rest = at + want;
      store<u32>(rest, next);
      store<u32>(rest, have - want, 4);
      store<u32>(link, rest);
      return at;
    }
    if (have == want || last) {
      store<u32>(link, next);
      if (have < want) growTo(at + want);
      return at;
    }
    link = at;
    at = next;
  }
  if (top == 0) top = (__heap_base + 15) & ~15;
  at = top;
  growTo(at + want);
  return at;
}

/** Moves the end of all chunks up. SLACK bytes behind it exist, too: readers load whole words. */
function growTo(end: usize): void {
  top = end;
  const have = (memory.size() as usize) << 16;
  if (end + SLACK <= have) return;
  const pages = ((end + SLACK - have + 0xffff) >>> 16) as i32;
  if (memory.grow(pages) < 0) unreachable();
}

/** Gives back a chunk that chunkTake(size) returned. */
export function chunkGive(at: usize, size: u32): void {
  let link = list;
  let next: usize = load<u32>(link);
  while (next != 0 && next < at) {
    link = next;
    next = load<u32>(link);
  }
  store<u32>(at, next as u32);
  store<u32>(at, chunkSize(size), 4);
  store<u32>(link, at as u32);
  join(at);
  if (link != list) join(link);
}

/** Makes one of a free chunk and the next free one if they touch. */
function join(at: usize): void {
  const next: usize = load<u32>(at);
  const size = load<u32>(at, 4);
  if (next == 0 || at + size != next) return;
  store<u32>(at, load<u32>(next));
  store<u32>(at, size + load<u32>(next, 4), 4);
}
