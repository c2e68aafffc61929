/** Effects that nobody waits for any more. */

import { Buffer, bufferBytes, frameBegin, frameEnd } from "../bytes/buffer";
import { addressOf, lengthOf } from "../value/cell";
import { EFFECT_HTTP, Frame, Pending, RUN, keyOf } from "./state";

/** Their keys since the call began, a frame each. */
export const DROPPED: Buffer = changetype<Buffer>(memory.data(16, 16));

export function drop(e: Pending): void {
  const frame = frameBegin(DROPPED);
  bufferBytes(DROPPED, addressOf(keyOf(e)), lengthOf(keyOf(e)));
  frameEnd(DROPPED, frame);
  if (e.type != EFFECT_HTTP) return; // its answer would say nothing
  e.next = RUN.dropped;
  RUN.dropped = changetype<usize>(e) as u32;
}

/** A task has ended: its timeout cannot be any more. */
export function dropTimer(f: Frame): void {
  if (f.timer == 0) return;
  drop(changetype<Pending>(f.timer));
  f.timer = 0;
}
