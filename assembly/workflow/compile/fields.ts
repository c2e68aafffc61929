/** Reading a document's fields: unknown ones refused, types checked, errors with their place. */

import { textByte } from "../../bytes/byte";
import { E_WF_FIELD, E_WF_MISSING, E_WF_TYPE } from "../../errors/codes";
import {
  addressOf,
  ARRAY,
  FALSE,
  keyAt,
  lengthOf,
  NUMBER,
  numberOf,
  OBJECT,
  STRING,
  tagOf,
  TRUE,
} from "../../value/cell";
import { objectField } from "../../value/object";
import { failCell, placeEnter, placeField, placeLeave } from "./place";

/** What a task of any kind may have. */
const COMMON = "if input output export timeout then metadata";

export function isCommonField(key: usize): bool {
  return isListed(key, COMMON);
}

/** True if every key of the object is in the space-separated list. */
export function onlyFields(object: usize, names: string): bool {
  return onlyListed(object, names, names);
}

/** The same for a task, which may have what all tasks have, too. */
export function onlyTaskFields(task: usize, names: string): bool {
  return onlyListed(task, names, COMMON);
}

function onlyListed(object: usize, names: string, others: string): bool {
  if (tagOf(object) != OBJECT) return failCell(E_WF_TYPE, "expected an object", 0);
  const n = lengthOf(object);
  for (let i: u32 = 0; i < n; i++) {
    const k = keyAt(object, i);
    if (!isListed(k, names) && !isListed(k, others)) {
      const before = placeEnter(k);
      failCell(E_WF_FIELD, "unknown field", k);
      placeLeave(before);
      return false;
    }
  }
  return true;
}

function isListed(key: usize, names: string): bool {
  const from = changetype<usize>(names);
  const n = load<u32>(from - 4) >>> 1;
  const length = lengthOf(key);
  const text = addressOf(key);
  let start: u32 = 0;
  for (let i: u32 = 0; i <= n; i++) {
    if (i == n || load<u16>(from + ((i as usize) << 1)) == 0x20) {
      if (i - start == length) {
        let j: u32 = 0;
        while (
          j < length &&
          load<u16>(from + (((start + j) as usize) << 1)) == (textByte(text + j) as u16)
        )
          j++;
        if (j == length) return true;
      }
      start = i + 1;
    }
  }
  return false;
}

/** The member, or 0 with E_WF_MISSING. */
export function required(object: usize, name: string): usize {
  const v = objectField(object, name);
  if (v != 0) return v;
  const before = placeField(name);
  failCell(E_WF_MISSING, "required field is missing", 0);
  placeLeave(before);
  return 0;
}

export function isObject(v: usize, name: string): bool {
  return tagOf(v) == OBJECT || wrongType(name, "expected an object");
}
export function isArray(v: usize, name: string): bool {
  return tagOf(v) == ARRAY || wrongType(name, "expected an array");
}
export function isString(v: usize, name: string): bool {
  return tagOf(v) == STRING || wrongType(name, "expected a string");
}
export function isBoolean(v: usize, name: string): bool {
  return tagOf(v) == TRUE || tagOf(v) == FALSE || wrongType(name, "expected true or false");
}
/** A whole number from 0 to 2^31. */
export function isCount(v: usize, name: string): bool {
  if (tagOf(v) == NUMBER) {
    const x = numberOf(v);
    if (x >= 0 && x <= 2147483647 && floor<f64>(x) == x) return true;
  }
  return wrongType(name, "expected a whole number, 0 or more");
}

export function wrongType(name: string, why: string): bool {
  const before = placeField(name);
  failCell(E_WF_TYPE, why, 0);
  placeLeave(before);
  return false;
}
