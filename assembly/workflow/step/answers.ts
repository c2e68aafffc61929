/** Results of effects, handed to the branches that wait for them. */

import { textByte } from "../../bytes/byte";
import { arenaTake, SCRATCH } from "../../bytes/arena";
import { hexDigit, hexValue } from "../../bytes/hex";
import { addressOf, numberOf, setCell, STRING } from "../../value/cell";
import { objectField } from "../../value/object";
import { workflowOf } from "../state/subflow";
import { takeTimer } from "../state/cancelled-effects";
import {
  FOR_ATTEMPT,
  FOR_NOW,
  FOR_RETRIES,
  FOR_RETRY,
  FOR_TASK_STARTED,
  FOR_TIMEOUT,
  FOR_WAIT,
  FOR_WORKFLOW_ID,
  FOR_WORKFLOW_STARTED,
} from "../state/effects";
import { RESULT } from "../state/outcome";
import { Branch, Frame, keep, Pending, READY, requestOf, RUN, RUN_ID } from "../state/state";

/** The result that the branch has just been given, while its phase takes it in. */
let answer: usize = 0;
export function givenAnswer(): usize {
  return answer;
}
let answerRequest: usize = 0;
export function givenRequest(): usize {
  return answerRequest;
}

/** Hands a result to the branch that waits for it; it is then READY. */
export function giveResult(b: Branch, p: Pending, result: usize): void {
  const frame = changetype<Frame>(b.frame);
  b.state = READY;
  switch (p.what) {
    case FOR_NOW: {
      b.now = numberOf(objectField(result, "ms"));
      b.hasNow = 1;
      break;
    }
    case FOR_WORKFLOW_STARTED: {
      started(workflowOf(frame), result);
      break;
    }
    case FOR_TASK_STARTED: {
      started(frame, result);
      break;
    }
    case FOR_WORKFLOW_ID: {
      makeId(objectField(result, "hex"));
      RUN.hasId = 1;
      break;
    }
    case FOR_RETRY:
    case FOR_WAIT: {
      break;
    }
    case FOR_TIMEOUT:
    case FOR_ATTEMPT:
    case FOR_RETRIES: {
      let f = frame;
      while (takeTimer(f, changetype<usize>(p) as u32, 0) == 0) f = changetype<Frame>(f.parent);
      f.expired = p.what;
      b.timedOut = changetype<usize>(f) as u32;
      break;
    }
    default: {
      answer = result;
      answerRequest = requestOf(p);
    }
  }
}

function started(f: Frame, result: usize): void {
  f.started = numberOf(objectField(result, "ms"));
  f.hasStarted = 1;
}

/** A version 4 UUID of 32 hex digits (RFC 9562 section 5.4). */
function makeId(hex: usize): void {
  const at = arenaTake(SCRATCH, 36);
  const from = addressOf(hex);
  let to: u32 = 0;
  for (let i: u32 = 0; i < 32; i++) {
    if (i == 8 || i == 12 || i == 16 || i == 20) store<u8>(at + to++, 0x2d);
    let c = textByte(from + i);
    if (i == 12) c = 0x34;
    if (i == 16) {
      c = hexDigit(8 | (hexValue(c) & 3)); // 8, 9, a, b
    }
    store<u8>(at + to++, c as u8);
  }
  setCell(RESULT, STRING, 0, 36, at);
  keep(RUN_ID, RESULT);
}
