import type { EffectKind } from "./effect.ts";
import { NEEDS_NOTHING } from "./needs.ts";

/** Resolves after a delay; rejects with the signal's reason when it is aborted. */
type Wait = (ms: number, signal: AbortSignal) => Promise<void>;

/** timer: an answer after so many milliseconds (TRACE-5). */
export const timer: EffectKind<{ readonly timer: Wait }> = {
  now: ({ request }, _, { waited }) =>
    Number(request["ms"]) <= waited ? { result: {} } : undefined,
  perform: async ({ request }, outside, { signal, waited }) => {
    await outside.timer(Number(request["ms"]) - waited, signal);
    return { result: {} };
  },
  isReadOnly: () => true,
  needs: () => NEEDS_NOTHING,
  operation: () => "timer",
};

/** Milliseconds after which a timer that is still waited for looks at the clock. */
const LOOK_AT_CLOCK = 60_000;

/**
 * Waits for so long, by what passes and not by the clock, which may be set back meanwhile. But a machine that sleeps lets nothing
 * pass: where the clock says that the time has come, as it would say to another process that goes on with the run, it has.
 */
export const timerBy =
  (clock: () => number, wait: Wait): Wait =>
  async (ms, signal) => {
    const due = clock() + ms;
    for (let left = ms; left > 0; left -= LOOK_AT_CLOCK) {
      await wait(Math.min(left, LOOK_AT_CLOCK), signal);
      if (left > LOOK_AT_CLOCK && clock() >= due) return;
    }
  };

/** Longest delay that one setTimeout can hold; a longer one would fire at once. */
const LONGEST = 2 ** 31 - 1;

/** Milliseconds by which a timer of the machine may be late. */
const LATE = 50;

/** Resolves after a delay; rejects with the signal's reason when it is aborted. */
export async function waitFor(ms: number, signal: AbortSignal): Promise<void> {
  for (let left = ms; left > 0; left -= LONGEST) await waitOnce(Math.min(left, LONGEST), signal);
}

function waitOnce(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    if (signal.aborted) return reject(signal.reason as Error);
    const due = performance.now() + ms;
    const done = (): void => {
      signal.removeEventListener("abort", stop);
      // The event loop has stood still: what has come meanwhile came before this timer, and is read first.
      if (performance.now() - due > LATE) setImmediate(resolve);
      else resolve();
    };
    const timer = setTimeout(done, ms);
    const stop = (): void => {
      clearTimeout(timer);
      reject(signal.reason as Error);
    };
    signal.addEventListener("abort", stop, { once: true });
  });
}
