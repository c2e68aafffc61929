/** Names of days and months in the C locale. */

export const NAMES =
  "SundayMondayTuesdayWednesdayThursdayFridaySaturdayJanuaryFebruaryMarchAprilMayJuneJulyAugustSeptemberOctoberNovemberDecember";
/** Where each name begins, and the end of the last one. */
export const STARTS: usize = memory.data<u8>([
  0, 6, 12, 19, 28, 36, 42, 50, 57, 65, 70, 75, 78, 82, 86, 92, 101, 108, 116, 124,
]);
/** Number of the first month's name. */
export const MONTHS: i32 = 7;
