// Times that others say, by clocks of their own. docs/spec/log.md, LOG-36 and LOG-40.
import { EvidenceError } from "../errors/errors.ts";
import { instantAt, millisecondsOf } from "./instant.ts";

/** Milliseconds by which clocks of honest machines may differ. */
export const SKEW: number = 5 * 60 * 1000;

/**
 * When something was signed: an instant that its signer says, or the second, since 1970, by which others had seen it.
 * Of a second all must lie before what ends a key, and its end behind what begins one.
 */
export type SignedAt = string | bigint;

/** The first and the last millisecond of it. */
export function spanOf(at: SignedAt): readonly [first: number, last: number] {
  if (typeof at === "string") return [millisecondsOf(at), millisecondsOf(at)];
  const first = Number(at) * 1000;
  return [first, first + 999];
}

/** As people read it. */
export const sayTime = (at: SignedAt): string =>
  typeof at === "string" ? at : instantAt(Number(at) * 1000);

/**
 * Requires that a time has come: one that lies in the future is a wrong clock, or a lie.
 *
 * @param now the verifier's time; nothing is required without it
 * @param who said it
 * @throws EvidenceError `REACH-E5230`
 */
export function requirePast(at: SignedAt, now: string | undefined, who: string): void {
  if (now === undefined || spanOf(at)[0] <= millisecondsOf(now) + SKEW) return;
  throw new EvidenceError("REACH-E5230", `${who} at ${sayTime(at)}, and it is ${now}`);
}
