/** What a run asks of the outside: the types of effects, and what each is asked for. */

// Types of effects that the machine asks for by itself, by their places in the table (effects/table.ts).
export const EFFECT_CLOCK: u32 = 1;
export const EFFECT_RANDOM: u32 = 2;
export const EFFECT_TIMER: u32 = 3;
export const EFFECT_EMIT: u32 = 4;
export const EFFECT_EVENT: u32 = 5;
export const NO_EFFECT: u32 = 0xff;
/** Requests are counted by task and type: so many u32 a task, and no more types. */
export const COUNTS: u32 = 12;

// What a clock or random effect is for.
export const FOR_CALL: u32 = 0;
export const FOR_NOW: u32 = 1;
export const FOR_WORKFLOW_STARTED: u32 = 2;
export const FOR_TASK_STARTED: u32 = 3;
export const FOR_WORKFLOW_ID: u32 = 4;
export const FOR_JITTER: u32 = 5;
export const FOR_RETRY: u32 = 6;
export const FOR_WAIT: u32 = 7;
export const FOR_TIMEOUT: u32 = 8;
/** Of a try: the time of one attempt, and of all retries. */
export const FOR_ATTEMPT: u32 = 9;
export const FOR_RETRIES: u32 = 10;
export const LAST_PURPOSE: u32 = 10;

/** True for what bounds the time of a frame: nobody waits for it. */
export function isBound(what: u32): bool {
  return what >= FOR_TIMEOUT;
}

const NAMES: usize = memory.data(48, 4); // addresses, COUNTS of them
let types: u32 = 0;
let late: u32 = 0; // a bit a type

/** Takes the next type. */
export function newEffect(name: string): u32 {
  assert(types < COUNTS);
  store<u32>(NAMES + (types << 2), changetype<usize>(name) as u32);
  return types++;
}

/** How many types there are. */
export function effectTypes(): u32 {
  return types;
}

/** The name of a type in records (TRACE-5). */
export function effectName(type: u32): string {
  return changetype<string>(load<u32>(NAMES + (type << 2)));
}

/** From now on an answer of this type that comes after its effect was cancelled is recorded. */
export function keepLate(type: u32): void {
  late |= 1 << type;
}

export function isLateKept(type: u32): bool {
  return (late & (1 << type)) != 0;
}
