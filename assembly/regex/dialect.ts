/**
 * Two dialects: JQ is what jq gives to Oniguruma (its Perl syntax with named groups, a single line),
 * ECMA is ECMAScript with the u flag. And why the last pattern was none of its dialect.
 */

export const JQ: u32 = 0;
export const ECMA: u32 = 16;

/** Flags. */
export const IGNORE_CASE: u32 = 1;
export const EXTENDED: u32 = 2;
/** The dot matches line feeds, too. */
export const DOT_ALL: u32 = 4;
/** ^ and $ at lines. */
export const LINES: u32 = 8;

/** All of them. */
export const OPTIONS: u32 = 15;

/** Why the last pattern was refused: an ASCII literal, "" if it was not. */
let regexError: string = "";
export function whyRefused(): string {
  return regexError;
}
/** A part of the pattern that the reason is about. */
let errorAt: usize = 0;
export function refusedAt(): usize {
  return errorAt;
}
let errorLength: u32 = 0;
export function refusedLength(): u32 {
  return errorLength;
}

/** A new pattern: nothing is wrong with it so far. */
export function regexBegin(): void {
  regexError = "";
  errorLength = 0;
}

export function refuse(why: string): bool {
  if (load<u32>(changetype<usize>(regexError) - 4) == 0) regexError = why;
  return false;
}

export function refuseSize(): bool {
  return refuse("the pattern is too large");
}

export function refuseText(why: string, at: usize, length: u32): bool {
  if (load<u32>(changetype<usize>(regexError) - 4) == 0) {
    errorAt = at;
    errorLength = length;
  }
  return refuse(why);
}
