/** Where a task is in its life. The order of the first and last ones is the DSL's data flow. */

export const PHASE_IF: u32 = 0;
export const PHASE_INPUT: u32 = 1;
export const PHASE_BODY: u32 = 2;
/** An effect of the task's own is pending. */
export const PHASE_EFFECT: u32 = 3;
/** The task's list is being run. */
export const PHASE_LIST: u32 = 4;
/** for: before a turn. */
export const PHASE_TURN: u32 = 5;
/** try: an error was raised inside; is it caught, is it retried? */
export const PHASE_CATCHING: u32 = 6;
/** try: the random number for the jitter is pending. */
export const PHASE_JITTER: u32 = 7;
/** try: the timer before a retry is pending. */
export const PHASE_DELAY: u32 = 8;
/** try: the list of the catch clause is being run. */
export const PHASE_IN_CATCH: u32 = 9;
export const PHASE_OUTPUT: u32 = 10;
export const PHASE_EXPORT: u32 = 11;
export const PHASE_DONE: u32 = 12;
/** fork: its branches are being run. */
export const PHASE_FORK: u32 = 13;
/** listen: a turn of its foreach has ended; and, an event has been taken, is it over? */
export const PHASE_ITEM: u32 = 14;
export const PHASE_UNTIL: u32 = 15;
export const LAST_PHASE: u32 = 15;
