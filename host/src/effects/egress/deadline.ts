// A limit of time that measures the world and not this machine: while the event loop stands still, an answer that is
// there is not read, and that time does not count.

/** Into how many parts a limit is cut: at least half as many turns of the loop pass before it is reached. */
const PARTS = 20;
const LONGEST_PART = 1000;

/** Longest limit: a timer of the machine holds no more. */
const LONGEST = 2 ** 31 - 1;

export class Deadline {
  readonly #expired: () => void;
  readonly #part: number;
  #left: number;
  #last = performance.now();
  #timer: NodeJS.Timeout | undefined;

  /**
   * Begins at once.
   *
   * @param limit milliseconds in which this process could hear
   * @param expired is called once, unless it is stopped before
   */
  constructor(limit: number, expired: () => void) {
    this.#left = Math.min(limit, LONGEST);
    this.#expired = expired;
    this.#part = Math.min(Math.max(limit / PARTS, 1), LONGEST_PART);
    this.#wait();
  }

  stop(): void {
    clearTimeout(this.#timer);
    this.#left = Number.POSITIVE_INFINITY;
  }

  #wait(): void {
    this.#timer = setTimeout(() => this.#tick(), Math.min(this.#part, this.#left));
  }

  #tick(): void {
    const now = performance.now();
    // What is beyond a part that was late, the loop has stood still.
    this.#left -= Math.min(now - this.#last, 2 * this.#part);
    this.#last = now;
    if (this.#left > 0) this.#wait();
    // Timers come before what has arrived meanwhile: that is read first.
    else setImmediate(() => this.#left <= 0 && this.#expired());
  }
}

/**
 * What comes of some work within a limit of time.
 *
 * @param late what it throws when the limit is reached, or makes it: to make an error costs as much as a small request
 * @param work is given what is aborted then, and with the signal; it may abort it itself
 * @throws the signal's reason if it was aborted; whatever the work throws
 */
export async function within<T>(
  limit: number,
  late: Error | (() => Error),
  signal: AbortSignal,
  work: (stop: AbortController) => Promise<T>,
): Promise<T> {
  signal.throwIfAborted();
  const stop = new AbortController();
  const pass = (): void => stop.abort(signal.reason);
  signal.addEventListener("abort", pass, { once: true });
  const deadline = new Deadline(limit, () => stop.abort(late instanceof Error ? late : late()));
  try {
    // Libraries let go of what is aborted only when they come to it.
    return await orAborted(work(stop), stop.signal);
  } catch (error) {
    stop.signal.throwIfAborted();
    throw error;
  } finally {
    deadline.stop();
    signal.removeEventListener("abort", pass);
  }
}

/** What comes of some work; rejects with the signal's reason if that is aborted before. */
export function orAborted<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const stop = (): void => reject(signal.reason as Error);
    if (signal.aborted) stop();
    signal.addEventListener("abort", stop, { once: true });
    work.then(resolve, reject).finally(() => signal.removeEventListener("abort", stop));
  });
}
