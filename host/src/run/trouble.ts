// Effects that this machine could not perform are tried again, as nothing of them is recorded (GRANT-17).
import { troubleOf } from "../effects/egress/trouble.ts";
import { waitFor } from "../effects/timer.ts";
import { hostCode } from "../files/codes.ts";
import { ReachError } from "../files/error.ts";

/** How often and how long a run tries what this machine cannot perform. Times in milliseconds. */
export interface TroubleLimits {
  /** How often one effect is tried at most. */
  readonly tries: number;
  /** From the first try of an effect until it is given up. */
  readonly total: number;
  /** Before the second try; it doubles with each. */
  readonly pause: number;
  readonly longestPause: number;
}

export const DEFAULT_TROUBLE_LIMITS: TroubleLimits = {
  tries: 10,
  total: 60_000,
  pause: 100,
  longestPause: 5000,
};

/**
 * What comes of an effect, however often it has to be tried until this machine can perform it.
 *
 * @param where the effect, for the error
 * @param told is called before each pause
 * @throws ReachError `REACH-E3009` where it could not in that time; the signal's reason; whatever else the work throws
 */
export async function patiently<T>(
  work: () => Promise<T>,
  where: string,
  signal: AbortSignal,
  options: Partial<TroubleLimits> = {},
  told: (why: string) => void = () => undefined,
): Promise<T> {
  const { tries, total, longestPause, pause } = { ...DEFAULT_TROUBLE_LIMITS, ...options };
  const began = performance.now();
  let next = pause;
  for (let tried = 1; ; tried += 1) {
    try {
      return await work();
    } catch (error) {
      signal.throwIfAborted();
      const trouble = troubleOf(error);
      if (trouble === undefined) throw error;
      const isOver = tried >= tries || performance.now() - began + next > total;
      if (isOver || trouble.isUnknown) throw stuck(where, tried, trouble);
      told(trouble.why ?? trouble.message);
    }
    await waitFor(next, signal);
    next = Math.min(next * 2, longestPause);
  }
}

const stuck = (where: string, tried: number, trouble: ReachError): ReachError =>
  new ReachError(hostCode.stuck, "The run is stuck: this machine cannot perform an effect.", {
    where,
    why: `${trouble.why}; it was tried ${tried === 1 ? "once" : `${tried} times`}`,
    hint: "Its records so far are kept, and no outcome is recorded.",
    exitCode: 5,
    cause: trouble,
  });
