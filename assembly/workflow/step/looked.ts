/** Where an opaque replay ends (TRACE-24): the first look at a hidden value, or its fuel. */

import { Buffer, bufferByte, bufferText, bufferUint } from "../../bytes/buffer";
import { E_LIMIT_FUEL } from "../../errors/codes";
import { clearError, errorCode, setFuel } from "../../errors/errors";
import {
  fuelAtLook,
  hasLooked,
  isOpaqueReplay,
  lookAtFuel,
  lookedExpression,
  lookedSubject,
} from "../../errors/looks";
import { writeString } from "../../json/writer";
import { addressOf, lengthOf } from "../../value/cell";
import { Task } from "../state/nodes";
import { Frame, LOOKED, RUN } from "../state/state";

/** True if what has stopped the run at this frame is a look, which is then its end. */
export function stopAtLook(f: Frame): bool {
  if (!hasLooked()) {
    if (!isOpaqueReplay() || errorCode() != E_LIMIT_FUEL) return false;
    lookAtFuel();
  }
  clearError();
  setFuel(fuelAtLook());
  RUN.lookedAt = f.task;
  RUN.status = LOOKED;
  return true;
}

/** Appends where it was, and how many records there are: {"expression"?,"records","task","what"}. */
export function writeLooked(b: Buffer): void {
  bufferByte(b, 0x7b);
  const text = lookedExpression();
  if (text != 0) {
    bufferText(b, '"expression":');
    writeString(load<u32>(text), load<u32>(text, 4), b);
    bufferByte(b, 0x2c);
  }
  bufferText(b, '"records":');
  bufferUint(b, RUN.seq);
  bufferText(b, ',"task":');
  if (RUN.lookedAt == 0) bufferText(b, '""');
  else {
    const pointer = changetype<Task>(RUN.lookedAt).pointer;
    writeString(addressOf(pointer), lengthOf(pointer), b);
  }
  bufferText(b, ',"what":"');
  const what = lookedSubject();
  if (text != 0) bufferText(b, "expression");
  else bufferText(b, what.length == 0 ? "task" : what);
  bufferText(b, '"}');
}
