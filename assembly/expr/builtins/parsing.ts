/** fromjson and tonumber. */

import { SCRATCH } from "../../bytes/arena";
import { E_LIMIT_FUEL, E_LIMIT_MEMORY, JSON_JQ } from "../../codes";
import { charge, clearError, errorCode } from "../../errors";
import { parseJson } from "../../json/reader";
import { addressOf, copyCell, lengthOf, NUMBER, setNumber, STRING, tagOf } from "../../value/cell";
import { looseNumber } from "../literals";
import { DONE, FATAL, messageBegin, messageBytes, messageEnd, messageText, typeError } from "../raise";
import { stringBytes } from "../strings";
import { outOfMemory } from "../access";
import { isDigit } from "../text";
import { diagnose } from "./diagnosis";

/** True when the bytes are a number as jq reads it outside JSON: +1, .5, 1., nan, -infinity. */
export function isLooseNumber(at: usize, length: u32): bool {
  let i: u32 = 0;
  if (i < length && (load<u8>(at) == 43 || load<u8>(at) == 45)) i++;
  if (isWord(at + i, length - i, 0x6e616e, 3)) return true;
  if (isWord(at + i, length - i, 0x666e69, 3)) return true;
  if (length - i == 8 && (load<u64>(at + i) | 0x2020202020202020) == 0x7974696e69666e69) return true;
  let digits: u32 = 0;
  while (i < length && isDigit(load<u8>(at + i))) {
    i++;
    digits++;
  }
  if (i < length && load<u8>(at + i) == 46) {
    i++;
    while (i < length && isDigit(load<u8>(at + i))) {
      i++;
      digits++;
    }
  }
  if (digits == 0) return false;
  if (i < length && (load<u8>(at + i) | 32) == 101) {
    i++;
    if (i < length && (load<u8>(at + i) == 43 || load<u8>(at + i) == 45)) i++;
    if (i == length) return false;
    while (i < length && isDigit(load<u8>(at + i))) i++;
  }
  return i == length;
}

function isWord(at: usize, length: u32, word: u32, size: u32): bool {
  if (length != size) return false;
  return ((load<u8>(at) as u32) | ((load<u8>(at, 1) as u32) << 8) | ((load<u8>(at, 2) as u32) << 16) | 0x202020) == word;
}

/** The value of such a number. */
export function looseValue(at: usize, length: u32): f64 {
  let i: u32 = 0;
  const negative = load<u8>(at) == 45;
  if (negative || load<u8>(at) == 43) i++;
  const c: u32 = load<u8>(at + i) | 32;
  const x = c == 110 ? NaN : c == 105 ? Infinity : looseNumber(at + i, length - i);
  return negative ? -x : x;
}

export function toNumber(to: usize, c: usize): i32 {
  if (tagOf(c) == NUMBER) {
    copyCell(to, c);
    return DONE;
  }
  if (tagOf(c) != STRING || !isLooseNumber(addressOf(c), lengthOf(c))) {
    return typeError(c, "cannot be parsed as a number");
  }
  charge(lengthOf(c) >>> 5);
  setNumber(to, looseValue(addressOf(c), lengthOf(c)));
  return DONE;
}

export function fromJson(to: usize, c: usize): i32 {
  if (tagOf(c) != STRING) return typeError(c, "only strings can be parsed");
  const n = lengthOf(c);
  if (!charge(1 + (n >>> 2))) return FATAL;
  // The reader wants readable bytes behind the text.
  const at = stringBytes(n);
  if (at == 0) return outOfMemory();
  memory.copy(at, addressOf(c), n);
  if (n >= 3 && n <= 9 && (load<u8>(at + n - 1) | 32) == 110 && isLooseNumber(at, n)) {
    setNumber(to, NaN);
    return DONE;
  }
  if (parseJson(at, n, JSON_JQ, SCRATCH, to)) return DONE;
  if (errorCode() == E_LIMIT_FUEL || errorCode() == E_LIMIT_MEMORY) return FATAL;
  clearError();
  messageBegin();
  diagnose(at, n);
  messageText(" (while parsing '");
  messageBytes(at, n);
  messageText("')");
  return messageEnd();
}
