// Instants as evidence and logs write them: in UTC with milliseconds, 2026-11-23T07:00:00.000Z. As
// texts they are in the order of time.

/**
 * Milliseconds since 1970-01-01 of an instant in that spelling. Counted here and not by the host's
 * Date: what a host makes of 30 February is its own business.
 *
 * @example millisecondsOf("1970-01-02T00:00:00.000Z"); // → 86400000
 */
export function millisecondsOf(instant: string): number {
  const [year = 0, month = 1, day = 1, hour = 0, minute = 0, second = 0, ms = 0] = instant
    .split(/[-T:.Z]/)
    .map(Number);
  // Days since 0000-03-01 in the Gregorian calendar: a leap day is then the last one of its year.
  const y = month > 2 ? year : year - 1;
  const m = (month + 9) % 12;
  const leaps = Math.floor(y / 4) - Math.floor(y / 100) + Math.floor(y / 400);
  const days = 365 * y + leaps + Math.floor((153 * m + 2) / 5) + day - 1;
  return (((days - 719_468) * 24 + hour) * 60 + minute) * 60_000 + second * 1000 + ms;
}
