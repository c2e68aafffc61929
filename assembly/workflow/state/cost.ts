/** Fuel of the workflow machine, in units (the table of docs/spec/workflow.md). */

/** A phase of a task. */
export const COST_PHASE: u32 = 50;
/** A record, and each of its bytes. */
export const COST_RECORD: u32 = 1000;
export const COST_RECORD_BYTE: u32 = 2;
/** Each count reset at the beginning of a turn of `for`. */
export const COST_COUNT: u32 = 1;
