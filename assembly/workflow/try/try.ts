/** try: what becomes of an error that was raised inside. */

import { textByte } from "../../bytes/byte";
import { arenaTake, PERSISTENT } from "../../bytes/arena";
import { hexValue } from "../../bytes/hex";
import { E_WF_REFERENCE, E_WF_REFUSED, E_WF_TYPE } from "../../errors/codes";
import { writeRetry } from "../../trace/record";
import {
  addressOf,
  copyCell,
  isTruthy,
  keyAt,
  lengthOf,
  NUMBER,
  STRING,
  tagOf,
  valueAt,
} from "../../value/cell";
import { objectField } from "../../value/object";
import { component } from "../compile/components";
import { onlyFields, onlyTaskFields, required } from "../compile/fields";
import { failCell, placeField, placeLeave } from "../compile/place";
import { MOST, scopeCount, scopePop } from "../compile/scope";
import { LoadList, variable } from "../compile/task";
import { compileProgram, isExpression } from "../compile/template";
import { FOR_ATTEMPT, FOR_JITTER, FOR_RETRIES, FOR_RETRY } from "../state/effects";
import { NO_FLOW, NO_LIMIT, Retry, Task, Try, TRY } from "../state/nodes";
import { OK, RESULT } from "../state/outcome";
import {
  PHASE_DELAY,
  PHASE_IN_CATCH,
  PHASE_JITTER,
  PHASE_LIST,
  PHASE_OUTPUT,
} from "../state/phases";
import { Branch, extraOf, Frame, inputOf, outputOf } from "../state/state";
import { givenAnswer } from "../step/answers";
import { INSIDE } from "../step/bind";
import { askFor, askTimer, askTimerBeside } from "../step/effects";
import { evaluateOrWait } from "../step/evaluate";
import { raiseError, settle } from "../step/faults";
import { endAttempts, enterList } from "../step/lists";
import { caught } from "./catch";
import { loadRetry, retryDelay } from "./retry";

export function stepTry(b: Branch, f: Frame, t: Task): bool {
  f.attempt = 1;
  return beginAttempt(b, f, changetype<Try>(t.body));
}

/** Runs its list, the first time or again. */
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
    const got = evaluateOrWait(b, f, y.when, extraOf(f), INSIDE);
    if (got != OK) return settle(b, f, got);
    mine = isTruthy(RESULT);
  }
  if (mine && y.exceptWhen != 0) {
    const got = evaluateOrWait(b, f, y.exceptWhen, extraOf(f), INSIDE);
    if (got != OK) return settle(b, f, got);
    mine = !isTruthy(RESULT);
  }
  if (!mine) {
    copyCell(RESULT, extraOf(f));
    return raiseError(b, f);
  }
  if (y.retry != 0) {
    const r = changetype<Retry>(y.retry);
    let again: bool = !f.spent && (r.attempts == NO_LIMIT || f.attempt - 1 < r.attempts);
    if (again && r.when != 0) {
      const got = evaluateOrWait(b, f, r.when, extraOf(f), INSIDE);
      if (got != OK) return settle(b, f, got);
      again = isTruthy(RESULT);
    }
    if (again && r.exceptWhen != 0) {
      const got = evaluateOrWait(b, f, r.exceptWhen, extraOf(f), INSIDE);
      if (got != OK) return settle(b, f, got);
      again = !isTruthy(RESULT);
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
  const hex = addressOf(objectField(givenAnswer(), "hex"));
  let bits: u64 = 0;
  for (let i: u32 = 0; i < 13; i++) {
    bits = (bits << 4) | (hexValue(textByte(hex + i)) as u64);
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

export function loadTry(t: Task, v: usize, depth: u32, load: LoadList): bool {
  t.kind = TRY;
  if (!onlyTaskFields(v, "try catch")) return false;
  const y = changetype<Try>(arenaTake(PERSISTENT, offsetof<Try>()));
  memory.fill(changetype<usize>(y), 0, offsetof<Try>());
  t.body = changetype<usize>(y) as u32;
  y.flow = NO_FLOW;
  y.list = load(objectField(v, "try"), "try", depth + 1);
  if (y.list == 0) return false;
  const clause = required(v, "catch");
  if (clause == 0) return false;
  const before = placeField("catch");
  if (!onlyFields(clause, "errors as when exceptWhen retry do then")) return false;
  const errors = objectField(clause, "errors");
  if (errors != 0) {
    const inner = placeField("errors");
    if (!onlyFields(errors, "with")) return false;
    const filter = objectField(errors, "with");
    if (filter != 0) {
      placeField("with");
      if (!onlyFields(filter, "type status instance title detail")) return false;
      for (let i: u32 = 0; i < lengthOf(filter); i++) {
        const tag = tagOf(valueAt(filter, i));
        if (tag != STRING && tag != NUMBER)
          return failCell(E_WF_TYPE, "a filter is a text or a number", keyAt(filter, i));
        if (isExpression(valueAt(filter, i)))
          return failCell(
            E_WF_REFUSED,
            "errors.with compares with values as they stand; when takes expressions",
            0,
          );
      }
      y.filter = filter as u32;
    }
    placeLeave(inner);
  }
  const scope = scopeCount();
  y.variable = variable(objectField(clause, "as"), "as", "error");
  if (y.variable == MOST) return false;
  if (!condition(clause, "when", y, false) || !condition(clause, "exceptWhen", y, true))
    return false;
  let retry = objectField(clause, "retry");
  if (retry != 0) {
    const inner = placeField("retry");
    if (tagOf(retry) == STRING) {
      const named = component("retries", retry);
      if (named == 0) return failCell(E_WF_REFERENCE, "use.retries has no such policy", retry);
      retry = named;
    }
    y.retry = loadRetry(retry);
    if (y.retry == 0) return false;
    placeLeave(inner);
  }
  const list = objectField(clause, "do");
  if (list != 0) {
    y.catchList = load(list, "do", depth + 1);
    if (y.catchList == 0) return false;
  }
  scopePop(scope);
  placeLeave(before);
  return true;
}

function condition(clause: usize, field: string, y: Try, except: bool): bool {
  const c = objectField(clause, field);
  if (c == 0) return true;
  const before = placeField(field);
  const program = compileProgram(c);
  if (program == 0) return false;
  if (except) y.exceptWhen = program;
  else y.when = program;
  placeLeave(before);
  return true;
}
