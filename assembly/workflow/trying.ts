/** try: what becomes of an error that was raised inside. */

import { hexValue } from "../bytes/hex";
import { writeRetry } from "../trace/record";
import { addressOf, copyCell, isTruthy } from "../value/cell";
import { objectField } from "../value/object";
import { answer } from "./answers";
import { INSIDE } from "./bind";
import { caught } from "./catch";
import { askFor, askTimer, askTimerBeside } from "./effects";
import { CELL_A, WAIT, evaluate } from "./evaluate";
import { raise, raiseError } from "./faults";
import { OK } from "./http";
import { endAttempts, enterList } from "./lists";
import { NO_LIMIT, Retry, Task, Try } from "./state/nodes";
import {
  PHASE_DELAY,
  PHASE_IN_CATCH,
  PHASE_JITTER,
  PHASE_LIST,
  PHASE_OUTPUT,
} from "./state/phases";
import { retryDelay } from "./retry";
import {
  Branch,
  FOR_ATTEMPT,
  FOR_JITTER,
  FOR_RETRIES,
  FOR_RETRY,
  Frame,
  extraOf,
  inputOf,
  outputOf,
} from "./state/state";

/** try: runs its list, the first time or again. */
export function beginAttempt(b: Branch, f: Frame, y: Try): bool {
  enterList(f, y.list, PHASE_LIST);
  const longest = y.retry == 0 ? 0 : changetype<Retry>(y.retry).longestAttempt;
  return longest == 0 || askTimerBeside(b, f, FOR_ATTEMPT, longest);
}

/** try: decides what becomes of the error in extraOf(f). */
export function stepCatching(b: Branch, f: Frame, t: Task): bool {
  const y = changetype<Try>(t.body);
  let mine: bool = y.filter == 0 || caught(y.filter, extraOf(f));
  if (mine && y.when != 0) {
    const got = evaluate(b, f, y.when, extraOf(f), INSIDE);
    if (got != OK) return got == WAIT || raise(b, f, got);
    mine = isTruthy(CELL_A);
  }
  if (mine && y.exceptWhen != 0) {
    const got = evaluate(b, f, y.exceptWhen, extraOf(f), INSIDE);
    if (got != OK) return got == WAIT || raise(b, f, got);
    mine = !isTruthy(CELL_A);
  }
  if (!mine) {
    copyCell(CELL_A, extraOf(f));
    return raiseError(b, f);
  }
  if (y.retry != 0) {
    const r = changetype<Retry>(y.retry);
    let again: bool = !f.spent && (r.attempts == NO_LIMIT || f.attempt - 1 < r.attempts);
    if (again && r.when != 0) {
      const got = evaluate(b, f, r.when, extraOf(f), INSIDE);
      if (got != OK) return got == WAIT || raise(b, f, got);
      again = isTruthy(CELL_A);
    }
    if (again && r.exceptWhen != 0) {
      const got = evaluate(b, f, r.exceptWhen, extraOf(f), INSIDE);
      if (got != OK) return got == WAIT || raise(b, f, got);
      again = !isTruthy(CELL_A);
    }
    if (again) {
      if (r.hasJitter) {
        f.phase = PHASE_JITTER;
        return askFor(b, f, FOR_JITTER);
      }
      return retry(b, f, y, retryDelay(r, f.attempt));
    }
  }
  endAttempts(f);
  if (y.catchList != 0) {
    enterList(f, y.catchList, PHASE_IN_CATCH);
    return true;
  }
  f.flow = y.flow;
  copyCell(outputOf(f), inputOf(f));
  f.phase = PHASE_OUTPUT;
  return true;
}

/** The random number for the jitter has come. */
export function delayed(b: Branch, f: Frame, t: Task): bool {
  const r = changetype<Retry>(changetype<Try>(t.body).retry);
  const hex = addressOf(objectField(answer, "hex"));
  let bits: u64 = 0;
  for (let i: u32 = 0; i < 13; i++) {
    bits = (bits << 4) | (hexValue(load<u8>(hex + i)) as u64);
  }
  const fraction = (bits as f64) / 4503599627370496.0; // 13 hex digits: 2^52
  const jitter = r.jitterFrom + fraction * (r.jitterTo - r.jitterFrom);
  return retry(b, f, changetype<Try>(t.body), retryDelay(r, f.attempt) + jitter);
}

/** Records the retry and waits, or goes on at once where there is nothing to wait for. */
function retry(b: Branch, f: Frame, y: Try, delay: f64): bool {
  f.attempt++;
  delay = floor<f64>(delay);
  const longest = changetype<Retry>(y.retry).longest;
  if (f.attempt == 2 && longest != 0 && !askTimerBeside(b, f, FOR_RETRIES, longest)) return false;
  if (!writeRetry(f, f.attempt, delay, extraOf(f))) return false;
  f.phase = PHASE_DELAY;
  return delay <= 0 || askTimer(b, f, FOR_RETRY, delay);
}
