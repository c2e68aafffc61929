/**
 * Durations: an object of days to milliseconds, or ISO 8601 text. Years and months have no fixed
 * length and are refused. The result is in milliseconds; fractions are allowed in the last part.
 */

import { textByte } from "../../bytes/byte";
import {
  DOT,
  NINE,
  UPPER_D,
  UPPER_H,
  UPPER_M,
  UPPER_P,
  UPPER_S,
  UPPER_T,
  UPPER_W,
  ZERO,
} from "../../bytes/characters";
import { E_WF_DURATION } from "../../errors/codes";
import { clearError } from "../../errors/errors";
import { parseNumber } from "../../json/number";
import { addressOf, lengthOf, NUMBER, numberOf, OBJECT, STRING, tagOf } from "../../value/cell";
import { objectField } from "../../value/object";
import { onlyFields } from "./fields";
import { failCell } from "./place";

/** Longest duration that is accepted: 1000 years of days. */
const LONGEST: f64 = 31536000000000.0;

let result: f64 = 0;

/** What the last successful parseDuration() read. */
export function durationValue(): f64 {
  return result;
}

/** False with E_WF_DURATION. */
export function parseDuration(v: usize): bool {
  result = 0;
  if (tagOf(v) == OBJECT) {
    if (!onlyFields(v, "days hours minutes seconds milliseconds")) return false;
    if (lengthOf(v) == 0) return failCell(E_WF_DURATION, "an empty duration", 0);
    if (!part(v, "days", 86400000) || !part(v, "hours", 3600000) || !part(v, "minutes", 60000))
      return false;
    if (!part(v, "seconds", 1000) || !part(v, "milliseconds", 1)) return false;
  } else if (tagOf(v) != STRING || !parseIso(addressOf(v), lengthOf(v))) {
    return failCell(
      E_WF_DURATION,
      "expected {days, hours, minutes, seconds, milliseconds} or ISO 8601 without years and months",
      tagOf(v) == STRING ? v : 0,
    );
  }
  return result <= LONGEST || failCell(E_WF_DURATION, "the duration is too long", 0);
}

/** Compiles a limit of time: whole milliseconds, at least 1; 0 with the error recorded. */
export function loadTimeLimit(v: usize): f64 {
  if (!parseDuration(v)) return 0;
  if (result >= 1) return floor<f64>(result);
  failCell(E_WF_DURATION, "a limit of time is at least one millisecond", 0);
  return 0;
}

/** The milliseconds of a value that an expression has given; -1: it is no duration. */
export function durationOf(v: usize): f64 {
  if (parseDuration(v)) return result;
  clearError();
  return -1;
}

function part(v: usize, name: string, unit: f64): bool {
  const p = objectField(v, name);
  if (p == 0) return true;
  if (tagOf(p) != NUMBER || !(numberOf(p) >= 0) || floor<f64>(numberOf(p)) != numberOf(p)) {
    return failCell(E_WF_DURATION, "a part of a duration is a whole number, 0 or more", 0);
  }
  result += numberOf(p) * unit;
  return true;
}

/** PnW | PnDTnHnMnS, each part optional, at least one present. */
function parseIso(at: usize, length: u32): bool {
  const end = at + length;
  if (length < 2 || textByte(at) != UPPER_P) return false;
  let p = at + 1;
  let rank: u32 = 0; // parts come in falling order: W=1 D=2 H=3 M=4 S=5
  let time = false;
  let parts: u32 = 0;
  while (p < end) {
    if (textByte(p) == UPPER_T) {
      if (time) return false;
      time = true;
      p++;
      if (p == end) return false;
      continue;
    }
    const start = p;
    let dot = false;
    while (p < end && (isDigit(textByte(p)) || (textByte(p) == DOT && !dot))) {
      if (textByte(p) == DOT) dot = true;
      p++;
    }
    if (p == end || !isDigit(textByte(start)) || !isDigit(textByte(p - 1))) return false;
    const x = parseNumber(start, (p - start) as u32);
    let unit: f64 = 0;
    let r: u32 = 0;
    switch (textByte(p)) {
      case UPPER_W: {
        r = 1;
        unit = 604800000;
        break;
      }
      case UPPER_D: {
        r = 2;
        unit = 86400000;
        break;
      }
      case UPPER_H: {
        r = 3;
        unit = 3600000;
        break;
      }
      case UPPER_M: {
        r = 4;
        unit = 60000;
        break;
      }
      case UPPER_S: {
        r = 5;
        unit = 1000;
        break;
      }
    }
    if (r <= rank || r >= 3 != time) return false;
    rank = r;
    result += x * unit;
    parts++;
    p++;
  }
  return parts != 0;
}

function isDigit(c: u32): bool {
  return c >= ZERO && c <= NINE;
}
