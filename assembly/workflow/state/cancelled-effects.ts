/** Effects that were cancelled: no branch waits for them any more. */

import { Buffer, bufferBytes, frameBegin, frameEnd } from "../../bytes/buffer";
import { addressOf, lengthOf } from "../../value/cell";
import { isLateKept } from "./effects";
import { Frame, keyOf, Pending, RUN } from "./state";

/** Their keys since the call began, a frame each. */
export const CANCELLED_KEYS: Buffer = changetype<Buffer>(memory.data(16, 16));

export function cancelEffect(e: Pending): void {
  const frame = frameBegin(CANCELLED_KEYS);
  bufferBytes(CANCELLED_KEYS, addressOf(keyOf(e)), lengthOf(keyOf(e)));
  frameEnd(CANCELLED_KEYS, frame);
  if (!isLateKept(e.type)) return; // its answer would say nothing
  e.next = RUN.cancelled;
  RUN.cancelled = changetype<usize>(e) as u32;
}

/** A task has ended: its time cannot be over any more. */
export function cancelTimers(f: Frame): void {
  for (let t = f.timers; t != 0; t = changetype<Pending>(t).next)
    cancelEffect(changetype<Pending>(t));
  f.timers = 0;
}

/** So has what this timer was for, where there is one. */
export function cancelTimer(f: Frame, what: u32): void {
  const t = takeTimer(f, 0, what);
  if (t != 0) cancelEffect(changetype<Pending>(t));
}

/** Takes a timer, by itself or by its purpose, out of those of the frame; 0: it is not there. */
export function takeTimer(f: Frame, wanted: u32, what: u32): u32 {
  let before: u32 = 0;
  for (let t = f.timers; t != 0; t = changetype<Pending>(t).next) {
    if (t == wanted || (wanted == 0 && changetype<Pending>(t).what == what)) {
      const after = changetype<Pending>(t).next;
      if (before == 0) f.timers = after;
      else changetype<Pending>(before).next = after;
      return t;
    }
    before = t;
  }
  return 0;
}
