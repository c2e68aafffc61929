// Times: whose clock says them, by which of them keys are judged, and which cannot be. docs/spec/keys.md, KEY-19
// and KEY-20; docs/spec/log.md, LOG-36 and LOG-39 to LOG-41.
//
// A host, a log and a witness each say a time, and each of them may lie, or have a clock that is wrong. A witness has
// no interest in one run: what enough of them say counts before what the signer says.
import { sayTime, SKEW, spanOf } from "../encoding/clock.ts";
import type { SignedAt } from "../encoding/clock.ts";
import { millisecondsOf } from "../encoding/instant.ts";
import { EvidenceError } from "../errors/errors.ts";

/** Milliseconds after its end by which a run must have been seen, where the policy does not say. */
export const DEFAULT_LAG: number = 24 * 60 * 60 * 1000;

/** True if it lies from one instant up to before another one. */
export function isWithin(at: SignedAt, from: string, to: string): boolean {
  const [, last] = spanOf(at);
  return last >= millisecondsOf(from) && last < millisecondsOf(to);
}

/** True if all of it lies before an instant. */
export const isBefore = (at: SignedAt, instant: string): boolean =>
  spanOf(at)[1] < millisecondsOf(instant);

/**
 * Requires that a run was not seen before it ended.
 *
 * @throws EvidenceError `REACH-E5342`
 */
export function requireEnded(endedAt: string, seenAt: SignedAt, who: string): void {
  if (millisecondsOf(endedAt) <= spanOf(seenAt)[0] + SKEW) return;
  throw new EvidenceError(
    "REACH-E5342",
    `${who} before the run ended, as its host says: ${endedAt}`,
  );
}

/**
 * Requires that a run was seen soon after it ended: who may wait can say that it ended long ago, when their key still
 * counted.
 *
 * @param maxLag milliseconds
 * @throws EvidenceError `REACH-E5231`
 */
export function requireSoon(
  endedAt: string,
  seenAt: SignedAt,
  who: string,
  maxLag: number = DEFAULT_LAG,
): void {
  if (spanOf(seenAt)[0] <= millisecondsOf(endedAt) + maxLag) return;
  const late = `${who} at ${sayTime(seenAt)}, and the run ended at ${endedAt}, as its host says`;
  throw new EvidenceError(
    "REACH-E5231",
    `${late}: more than the ${Math.floor(maxLag / 1000)} seconds that the policy allows`,
  );
}
