/**
 * Opaque replay (docs/spec/trace.md, TRACE-25): a run whose records may hold hidden values. Their cells
 * (OPAQUE, value/cell.ts) may be passed on. Whatever asks what one is has looked: the run ends there, and
 * no record is made from what it saw, which is null.
 *
 * The first look takes all fuel, so that loops end and nothing catches it; but it does not rely on that: the
 * machine asks hasLooked() after each step, and no record that closes afterwards leaves.
 */

import { E_LIMIT_FUEL } from "./codes";
import { fail, fuel, setFuel } from "./errors";

/** What is left of the fuel: it stays below 0, whatever is charged or given back. */
const NOTHING: i64 = i64.MIN_VALUE / 2;

let opaque: bool = false;
let looked: bool = false;
let fuelBefore: i64 = 0;
/** What is at work: an expression (its text's address and length, two u32; 0: none), or a word for it. */
let expression: usize = 0;
let subject: string = "";
/** The same for the first look. */
let lookedIn: usize = 0;
let lookedFor: string = "";

/** Another run begins: true if its records may hold hidden values. */
export function looksBegin(may: bool): void {
  opaque = may;
  looksForget();
}

/** What has looked so far is refused, and has no consequences. */
export function looksForget(): void {
  if (looked) setFuel(fuelBefore);
  looked = false;
  expression = 0;
  subject = "";
}

export function isOpaqueReplay(): bool {
  return opaque;
}
export function hasLooked(): bool {
  return looked;
}

/** From here on this expression, or (0) none, is at work. */
export function evaluating(text: usize): void {
  expression = text;
}
/** From here on a part of a task other than an expression is at work: a look is its. */
export function checking(what: string): void {
  subject = what;
}

/** A hidden value is asked what it is. The answer is the tag of null, which nothing may be made from. */
export function look(): u32 {
  if (!looked) {
    looked = true;
    fuelBefore = fuel;
    lookedIn = expression;
    lookedFor = subject;
  }
  setFuel(NOTHING);
  fail(E_LIMIT_FUEL, 0);
  return 0;
}

/** A limit of an opaque replay, as its fuel or memory, is reached: that is where it ends, too (TRACE-29). */
export function lookAtLimit(): void {
  look();
  fuelBefore = 0;
  lookedIn = 0;
  lookedFor = "limit";
}

export function lookedExpression(): usize {
  return lookedIn;
}
export function lookedSubject(): string {
  return lookedFor;
}
/** The fuel that was left at the look. */
export function fuelAtLook(): i64 {
  return fuelBefore;
}
