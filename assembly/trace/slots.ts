/** Which members of which records are slots (docs/spec/trace.md, TRACE-11), and the leaf of a record. */

import { bufferByte } from "../bytes/buffer";
import { MAX_INPUT } from "../errors/codes";
import { writeJson, writeString } from "../json/writer";
import {
  addressOf,
  keyAt,
  lengthOf,
  NUMBER,
  numberOf,
  OBJECT,
  STRING,
  tagOf,
  valueAt,
} from "../value/cell";
import { cellIs, objectField } from "../value/object";
import { ENTERED, LEFT, leafBegin, leafEnd, leafText, leafValue, OUTCOME_LEAF } from "./leaves";
import {
  SEED_CONTEXT,
  SEED_ERROR,
  SEED_INPUT,
  SEED_OUTPUT,
  SEED_REASON,
  SEED_REQUEST,
  SEED_RESULT,
} from "./seeds";

const NO_SLOT: u32 = 31;

/** The slots of a kind, a bit each; 0: there is no such kind. */
function slotsOf(kind: usize): u32 {
  if (cellIs(kind, "start")) return 1 << SEED_INPUT;
  if (cellIs(kind, "request")) return 1 << SEED_REQUEST;
  if (cellIs(kind, "result") || cellIs(kind, "late")) return 1 << SEED_RESULT;
  if (cellIs(kind, "task"))
    return (1 << SEED_INPUT) | (1 << SEED_CONTEXT) | (1 << SEED_OUTPUT) | (1 << SEED_ERROR);
  if (cellIs(kind, "retry")) return 1 << SEED_ERROR;
  if (cellIs(kind, "outcome")) return (1 << SEED_OUTPUT) | (1 << SEED_ERROR) | (1 << SEED_REASON);
  return cellIs(kind, "cancel") || cellIs(kind, "suspend") || cellIs(kind, "resume")
    ? 1 << SEED_REASON
    : 0;
}

function slotNamed(name: usize): u32 {
  if (cellIs(name, "input")) return SEED_INPUT;
  if (cellIs(name, "output")) return SEED_OUTPUT;
  if (cellIs(name, "error")) return SEED_ERROR;
  if (cellIs(name, "context")) return SEED_CONTEXT;
  if (cellIs(name, "request")) return SEED_REQUEST;
  if (cellIs(name, "result")) return SEED_RESULT;
  return cellIs(name, "reason") ? SEED_REASON : NO_SLOT;
}

/** True for an object with the kind and the number of a record. */
export function isRecord(c: usize): bool {
  if (tagOf(c) != OBJECT) return false;
  const kind = objectField(c, "kind");
  const seq = objectField(c, "seq");
  if (kind == 0 || tagOf(kind) != STRING || slotsOf(kind) == 0) return false;
  if (seq == 0 || tagOf(seq) != NUMBER) return false;
  const n = numberOf(seq);
  return n >= 0 && n < 4294967295 && n == Math.floor(n);
}

/** Adds the leaf of a record (isRecord). */
export function addLeaf(record: usize): void {
  const kind = objectField(record, "kind");
  const own = slotsOf(kind);
  let side = LEFT;
  if (cellIs(kind, "outcome")) side = OUTCOME_LEAF;
  else if ((own & ((1 << SEED_RESULT) | (1 << SEED_REASON))) != 0 || cellIs(kind, "start"))
    side = ENTERED;
  leafBegin(numberOf(objectField(record, "seq")) as u32, side);
  const b = leafText();
  for (let i: u32 = 0; i < lengthOf(record); i++) {
    const key = keyAt(record, i);
    bufferByte(b, i == 0 ? 0x7b : 0x2c);
    writeString(addressOf(key), lengthOf(key), b);
    bufferByte(b, 0x3a);
    const code = slotNamed(key);
    if (code != NO_SLOT && ((own >>> code) & 1) != 0) leafValue(valueAt(record, i), code);
    else writeJson(valueAt(record, i), b, MAX_INPUT);
  }
  bufferByte(b, 0x7d);
  leafEnd();
}
