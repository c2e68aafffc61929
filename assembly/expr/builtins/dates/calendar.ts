/** The proleptic Gregorian calendar in UTC: days, seconds and weeks of one time, whose fields are in TIME. */

/** A broken-down time. Its fields may be out of their ranges until setSeconds. */
@unmanaged
class Time {
  year: i64;
  /** 0 to 11. */
  month: i32;
  day: i32;
  hours: i32;
  minutes: i32;
  seconds: i32;
  /** 0 is Sunday. */
  weekday: i32;
  /** 0 to 365. */
  yearday: i32;
  /** Set by isoYear. */
  isoWeek: i32;
}

/** The time under consideration. */
export const TIME: Time = changetype<Time>(memory.data(40, 8));

/** Sets all fields to 0. */
export function clearTime(): void {
  memory.fill(changetype<usize>(TIME), 0, 40);
}

export function floorDiv(a: i64, b: i64): i64 {
  return a / b - (a % b != 0 && a < 0 != b < 0 ? 1 : 0);
}

/** Days from 1970-01-01 to the first of March of a year, plus days: era arithmetic. */
export function daysFrom(y: i64, m: i64, d: i64): i64 {
  // Months are counted from March, so that the leap day ends a year.
  y += floorDiv(m, 12);
  m = m - floorDiv(m, 12) * 12;
  if (m < 2) {
    y -= 1;
    m += 12;
  }
  const era = floorDiv(y, 400);
  const yearOfEra = y - era * 400;
  const dayOfYear = (153 * (m - 2) + 2) / 5;
  return (
    era * 146097 + yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear - 719468 + d - 1
  );
}

export function setDays(days: i64): void {
  TIME.weekday = (days + 4 - floorDiv(days + 4, 7) * 7) as i32;
  const z = days + 719468;
  const era = floorDiv(z, 146097);
  const doe = z - era * 146097;
  const yoe = (doe - doe / 1460 + doe / 36524 - doe / 146096) / 365;
  const doy = doe - (365 * yoe + yoe / 4 - yoe / 100);
  const mp = (5 * doy + 2) / 153;
  TIME.day = (doy - (153 * mp + 2) / 5 + 1) as i32;
  TIME.month = (mp < 10 ? mp + 2 : mp - 10) as i32;
  TIME.year = yoe + era * 400 + (TIME.month < 2 ? 1 : 0);
  TIME.yearday = (days - daysFrom(TIME.year, 0, 1)) as i32;
}

/** Seconds since 1970 of the fields, whatever their ranges. */
export function secondsOf(): i64 {
  return (
    daysFrom(TIME.year, TIME.month, TIME.day) * 86400 +
    (TIME.hours as i64) * 3600 +
    (TIME.minutes as i64) * 60 +
    (TIME.seconds as i64)
  );
}

export function setSeconds(t: i64): void {
  const days = floorDiv(t, 86400);
  const rest = (t - days * 86400) as i32;
  setDays(days);
  TIME.hours = rest / 3600;
  TIME.minutes = (rest / 60) % 60;
  TIME.seconds = rest % 60;
}

function isLeap(y: i64): bool {
  return y % 4 == 0 && (y % 100 != 0 || y % 400 == 0);
}

/** The year of ISO 8601's week, which is left in TIME.isoWeek. */
export function isoYear(): i64 {
  const monday = (TIME.weekday + 6) % 7;
  let week = (TIME.yearday - monday + 10) / 7;
  let y = TIME.year;
  if (week < 1) {
    y--;
    const length = isLeap(y) ? 366 : 365;
    week = (TIME.yearday + length - monday + 10) / 7;
  } else if (week == 53) {
    const length = isLeap(y) ? 366 : 365;
    if (TIME.yearday - monday + 3 >= length) {
      week = 1;
      y++;
    }
  }
  TIME.isoWeek = week;
  return y;
}
