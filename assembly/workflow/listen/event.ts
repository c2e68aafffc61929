/** CloudEvents 1.0: their shape, and emit, which makes one (WF-38, WF-39). */

import { textByte } from "../../bytes/byte";
import {
  addressOf,
  FALSE,
  keyAt,
  lengthOf,
  NUMBER,
  OBJECT,
  STRING,
  tagOf,
  TRUE,
  valueAt,
} from "../../value/cell";
import { cellIs, objectField } from "../../value/object";

/** An attribute's name: lower-case letters and digits, or one of the two for the payload. */
export function isName(key: usize): bool {
  if (cellIs(key, "data_base64")) return true;
  for (let i: u32 = 0; i < lengthOf(key); i++) {
    const c: u32 = textByte(addressOf(key) + i);
    if (c - 0x61 >= 26 && c - 0x30 >= 10) return false;
  }
  return lengthOf(key) != 0;
}

/** Attributes whose value is a text that is not empty. */
function isTextual(key: usize): bool {
  return (
    cellIs(key, "id") ||
    cellIs(key, "source") ||
    cellIs(key, "specversion") ||
    cellIs(key, "type") ||
    cellIs(key, "time") ||
    cellIs(key, "subject") ||
    cellIs(key, "datacontenttype") ||
    cellIs(key, "dataschema") ||
    cellIs(key, "data_base64")
  );
}

/** The first attribute that is none of CloudEvents, as an index; the number of all, if there is none. */
export function firstWrong(event: usize): u32 {
  const n = lengthOf(event);
  for (let i: u32 = 0; i < n; i++) {
    const key = keyAt(event, i);
    if (cellIs(key, "data")) continue;
    if (!isName(key)) return i;
    const v = valueAt(event, i);
    const tag = tagOf(v);
    if (isTextual(key)) {
      if (tag != STRING || lengthOf(v) == 0) return i;
      if (cellIs(key, "specversion") && !cellIs(v, "1.0")) return i;
    } else if (tag != STRING && tag != NUMBER && tag != TRUE && tag != FALSE) return i;
  }
  return n;
}

/** True if the cell is a CloudEvent with all that it must have. */
export function isEvent(v: usize): bool {
  if (tagOf(v) != OBJECT || firstWrong(v) != lengthOf(v)) return false;
  if (objectField(v, "id") == 0 || objectField(v, "source") == 0) return false;
  if (objectField(v, "specversion") == 0 || objectField(v, "type") == 0) return false;
  return objectField(v, "data") == 0 || objectField(v, "data_base64") == 0;
}
