/** Where an opaque replay ends (TRACE-28): the first look at a hidden value, or a limit of its own. */

import { Buffer, bufferByte, bufferText, bufferUint } from "../../bytes/buffer";
import { clearError, setFuel } from "../../errors/errors";
import {
  fuelAtLook,
  hasLooked,
  isOpaqueReplay,
  lookAtLimit,
  lookedExpression,
  lookedSubject,
} from "../../errors/looks";
import { writeString } from "../../json/writer";
import { addressOf, lengthOf } from "../../value/cell";
import { EMIT, FOR, LISTEN, WAIT_TASK, RAISE, SWITCH, Task, TRY } from "../state/nodes";
import { Frame, LOOKED, RUN } from "../state/state";

/**
 * True if what has stopped the run at this frame is a look, which is then its end. So is every limit of an opaque
 * replay: how much of it there is left depends on what is hidden.
 */
export function stopAtLook(f: Frame): bool {
  if (!hasLooked()) {
    if (!isOpaqueReplay()) return false;
    lookAtLimit();
  }
  clearError();
  setFuel(fuelAtLook());
  // Nothing is at work where a late answer is looked at.
  RUN.lookedAt = changetype<usize>(f) == 0 ? 0 : f.task;
  RUN.status = LOOKED;
  return true;
}

/** What the task does that has looked without an expression. */
function kindName(): string {
  if (RUN.lookedAt == 0) return "workflow";
  switch (changetype<Task>(RUN.lookedAt).kind) {
    case SWITCH:
      return "switch";
    case RAISE:
      return "raise";
    case FOR:
      return "for";
    case TRY:
      return "try";
    case WAIT_TASK:
      return "wait";
    case EMIT:
      return "emit";
    case LISTEN:
      return "listen";
    default:
      return "call";
  }
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
  else bufferText(b, what.length == 0 ? kindName() : what);
  bufferText(b, '"}');
}
