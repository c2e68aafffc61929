/** What came of a part of a step. step/faults.ts says what is then to be done: settle(). */

export const OK: u32 = 0;
/** An error is recorded (errors/errors.ts): a limit, or an expression's. */
export const ERROR: u32 = 1;
/** A problem is at hand (problem.ts): the task is to raise it. */
export const PROBLEM: u32 = 2;
/** The branch waits for an effect; the step is done again when its result is there. */
export const WAIT: u32 = 3;
/** A limit was hit while asking for one: its error is recorded. */
export const LIMIT: u32 = 4;

/** What a part of a step gives, in SCRATCH or the pack: it holds until the next part. */
export const RESULT: usize = memory.data(16, 16);
