/**
 * Chunks: the only place where the engine takes memory from its host.
 *
 *     0          65536            __heap_base                                     memory.size
 *     | reserved | static tables  | chunk | chunk | chunk ...                     |
 *
 * A chunk is a block of 2^k bytes (k >= 16), handed to an arena or a buffer and given back whole.
 * Free chunks of one size wait in a list of their own, so the same calls give the same addresses
 * on every machine.
 *
 * A failed memory.grow is the host's failure, never an outcome of a run: it traps, and the
 * instance is thrown away. Deterministic limits lie far below it and are checked by the arenas.
 */

const MIN_CLASS: u32 = 16;
const CLASSES: u32 = 32;

/** Bytes behind any chunk that may be read (never used). */
const SLACK: usize = 16;

/** Heads of the free lists, one u32 a size class. */
const freeLists: usize = memory.data(128, 16);

let top: usize = 0;

/** Size class of a chunk that holds `size` bytes. */
function classOf(size: u32): u32 {
  if (size <= 1 << MIN_CLASS) return MIN_CLASS;
  return 32 - clz<u32>(size - 1);
}

/** Bytes in the chunk that chunkTake(size) gives. */
export function chunkSize(size: u32): u32 {
  return (1 as u32) << classOf(size);
}

/** Takes a chunk of at least `size` bytes (size <= 1 GiB). Its contents are undefined. */
export function chunkTake(size: u32): usize {
  const k = classOf(size);
  if (k >= CLASSES - 1) unreachable();
  const head = freeLists + ((k as usize) << 2);
  const free = load<u32>(head) as usize;
  if (free != 0) {
    store<u32>(head, load<u32>(free));
    return free;
  }
  if (top == 0) top = (__heap_base + 15) & ~15;
  const at = top;
  top += (1 as usize) << k;
  const have = (memory.size() as usize) << 16;
  // SLACK bytes behind the last chunk exist, too: readers load whole words at the end of a text.
  if (top + SLACK > have) {
    const pages = ((top + SLACK - have + 0xffff) >>> 16) as i32;
    if (memory.grow(pages) < 0) unreachable();
  }
  return at;
}

/** Gives back a chunk that chunkTake(size) returned. */
export function chunkGive(at: usize, size: u32): void {
  const head = freeLists + ((classOf(size) as usize) << 2);
  store<u32>(at, load<u32>(head));
  store<u32>(head, at as u32);
}
