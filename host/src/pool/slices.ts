// Work on one thread that many share: done in the order in which it comes, and never for long without a turn of the
// event loop, so that whatever else the process has to do is done meanwhile.

/** Milliseconds after which the event loop has a turn. */
export const LONGEST_SLICE = 8;
/** How long it is at least, however long the turns of the loop are. */
const SHORTEST_SLICE = 2;

/** A queue of small pieces of work. */
export class Slices {
  readonly #queue: (() => void)[] = [];
  #isWorking = false;
  /** When the last slice ended before its work did. */
  #left: number | undefined;
  #isClosed = false;

  /** Does a piece of work in its turn, and gives what it gives. */
  do<T>(work: () => T): Promise<T> {
    if (this.#isClosed) return Promise.reject(new Error("The engine pool is closed"));
    return new Promise<T>((resolve, reject) => {
      this.#queue.push(() => {
        try {
          resolve(work());
        } catch (error) {
          reject(error);
        }
      });
      if (this.#isWorking) return;
      this.#isWorking = true;
      setImmediate(() => void this.#slice());
    });
  }

  /** Takes no more work; what is in the queue is done. */
  close(): void {
    this.#isClosed = true;
  }

  /** What the loop had to do since the last slice is counted in, so that neither starves the other. */
  async #slice(): Promise<void> {
    const began = performance.now();
    const others = this.#left === undefined ? 0 : began - this.#left;
    const end = began + Math.max(SHORTEST_SLICE, LONGEST_SLICE - others);
    this.#left = undefined;
    for (let next = this.#queue.shift(); next !== undefined; next = this.#queue.shift()) {
      next();
      // Who has waited for it goes on now, within the same slice.
      await Promise.resolve();
      const now = performance.now();
      if (now < end) continue;
      this.#left = now;
      setImmediate(() => void this.#slice());
      return;
    }
    this.#isWorking = false;
  }
}
