/** matchRegex(): the first match of a pattern in a text. */

import { bufferBytes, INPUT, OUTPUT } from "../bytes/buffer";
import { utf8Valid } from "../bytes/utf8";
import * as C from "../errors/codes";
import { charge, fail, failDetail } from "../errors/errors";
import { regexCost, regexAtHand, regexesForget } from "../regex/cache";
import { execute, FOUND } from "../regex/machine";
import * as D from "../regex/dialect";
import { patternErrorOffset } from "../regex/place";
import { beginCall, fuelGiven, takes } from "./call";

/**
 * The input window holds the pattern, then the text. Where there is a match, the output window holds
 * a pair of u32le for the match and each group: the offsets in bytes where it begins and ends,
 * 2^32 - 1 twice for a group that took no part; where there is none, it is empty.
 *
 * `flags`: REGEX_ECMA and the options of docs/spec/regex.md. fuelLimit <= 0 means DEFAULT_FUEL.
 * E_REGEX: no such pattern, or one that is refused. E_JSON_UTF8: no text, with the offset in the
 * pattern or in the text.
 */
export function matchRegex(patternLength: u32, textLength: u32, flags: u32, fuelLimit: f64): u32 {
  beginCall(fuelGiven(fuelLimit));
  const good =
    takes(patternLength) &&
    takes(textLength) &&
    takes(patternLength + textLength) &&
    utf8(INPUT.at, patternLength) &&
    utf8(INPUT.at + patternLength, textLength) &&
    match(INPUT.at, patternLength, textLength, flags);
  return good ? C.STATUS_OK : C.STATUS_ERROR;
}

function utf8(at: usize, length: u32): bool {
  const bad = utf8Valid(at, length);
  return bad < 0 || fail(C.E_JSON_UTF8, bad as u32);
}

function match(pattern: usize, length: u32, textLength: u32, flags: u32): bool {
  regexesForget();
  const dialect = flags & (C.REGEX_ECMA as u32);
  const known = regexAtHand(pattern, length, dialect, flags & D.OPTIONS);
  if (!charge(regexCost())) return false;
  if (!known) {
    return failDetail(
      C.E_REGEX,
      patternErrorOffset(),
      D.whyRefused(),
      D.refusedAt(),
      D.refusedLength(),
    );
  }
  const r = execute(pattern + length, textLength, 0, true, 0);
  if (r == 1) bufferBytes(OUTPUT, FOUND.at, FOUND.len);
  return r >= 0;
}
