/** fromjson and tonumber. */

import { textByte } from "../../bytes/byte";
import { SCRATCH } from "../../bytes/arena";
import { E_LIMIT_FUEL, E_LIMIT_MEMORY, JSON_JQ } from "../../errors/codes";
import { charge, clearError, errorCode } from "../../errors/errors";
import { parseJson } from "../../json/reader";
import { addressOf, copyCell, lengthOf, NUMBER, setNumber, STRING, tagOf } from "../../value/cell";
import { isLooseNumber, looseValue } from "../syntax/literals";
import {
  DONE,
  FATAL,
  messageBegin,
  messageBytes,
  messageEnd,
  messageText,
  typeError,
} from "../operations/raise";
import { stringBytes } from "../operations/strings";
import { outOfMemory } from "../operations/access";
import { diagnose } from "./diagnosis";

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
  if (n >= 3 && n <= 9 && (textByte(at + n - 1) | 32) == 110 && isLooseNumber(at, n)) {
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
