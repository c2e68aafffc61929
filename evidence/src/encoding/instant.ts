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

/** The last year that an instant can say. */
const LAST = millisecondsOf("9999-12-31T23:59:59.999Z");

/**
 * The instant of so many milliseconds since 1970-01-01, from then on; one that no instant can say as the last one
 * that can be said.
 *
 * @example instantAt(86_400_000); // → "1970-01-02T00:00:00.000Z"
 */
export function instantAt(milliseconds: number): string {
  const at = Math.min(milliseconds, LAST);
  const [days, inDay] = [Math.floor(at / 86_400_000), at % 86_400_000];
  // The inverse of the above: eras of 400 years from 0000-03-01.
  const z = days + 719_468;
  const era = Math.floor(z / 146_097);
  const day = z - era * 146_097;
  const year = Math.floor(
    (day - Math.floor(day / 1460) + Math.floor(day / 36_524) - Math.floor(day / 146_096)) / 365,
  );
  const inYear = day - (365 * year + Math.floor(year / 4) - Math.floor(year / 100));
  const m = Math.floor((5 * inYear + 2) / 153);
  const month = m < 10 ? m + 3 : m - 9;
  const parts: readonly [number, number][] = [
    [year + era * 400 + (month > 2 ? 0 : 1), 4],
    [month, 2],
    [inYear - Math.floor((153 * m + 2) / 5) + 1, 2],
    [Math.floor(inDay / 3_600_000), 2],
    [Math.floor(inDay / 60_000) % 60, 2],
    [Math.floor(inDay / 1000) % 60, 2],
    [inDay % 1000, 3],
  ];
  const [y, mo, d, h, mi, se, ms] = parts.map(([n, width]) => String(n).padStart(width, "0"));
  return `${y}-${mo}-${d}T${h}:${mi}:${se}.${ms}Z`;
}
