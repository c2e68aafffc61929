/** Retry policies: compiling them, and the delay before a retry. */

import { arenaTake, PERSISTENT } from "../../bytes/arena";
import { E_WF_TYPE } from "../../errors/codes";
import { lengthOf, numberOf, OBJECT, tagOf } from "../../value/cell";
import { objectField } from "../../value/object";
import { durationValue, loadTimeLimit, parseDuration } from "../compile/duration";
import { isCount, onlyFields, required } from "../compile/fields";
import { failCell, placeField, placeLeave } from "../compile/place";
import { compileProgram } from "../compile/template";
import { NO_LIMIT, Retry } from "../state/nodes";

/** The compiled policy, or 0 with the error recorded. */
export function loadRetry(v: usize): u32 {
  if (!onlyFields(v, "when exceptWhen delay backoff limit jitter")) return 0;
  const r = changetype<Retry>(arenaTake(PERSISTENT, offsetof<Retry>()));
  memory.fill(changetype<usize>(r), 0, offsetof<Retry>());
  r.attempts = NO_LIMIT;
  const when = objectField(v, "when");
  if (when != 0) {
    r.when = compileProgram(when);
    if (r.when == 0) return 0;
  }
  const except = objectField(v, "exceptWhen");
  if (except != 0) {
    r.exceptWhen = compileProgram(except);
    if (r.exceptWhen == 0) return 0;
  }
  const delay = objectField(v, "delay");
  if (delay != 0) {
    const before = placeField("delay");
    if (!parseDuration(delay)) return 0;
    r.delay = durationValue();
    placeLeave(before);
  }
  const backoff = objectField(v, "backoff");
  if (backoff != 0) {
    const before = placeField("backoff");
    if (!onlyFields(backoff, "constant linear exponential")) return 0;
    if (lengthOf(backoff) != 1) {
      failCell(E_WF_TYPE, "backoff is one of constant, linear, exponential", 0);
      return 0;
    }
    if (objectField(backoff, "linear") != 0) r.backoff = 1;
    else if (objectField(backoff, "exponential") != 0) r.backoff = 2;
    placeLeave(before);
  }
  const limit = objectField(v, "limit");
  if (limit != 0 && !loadLimit(r, limit)) return 0;
  const jitter = objectField(v, "jitter");
  if (jitter != 0 && !loadJitter(r, jitter)) return 0;
  return changetype<usize>(r) as u32;
}

function loadLimit(r: Retry, limit: usize): bool {
  const before = placeField("limit");
  if (!onlyFields(limit, "attempt duration")) return false;
  r.longest = loadLongest(limit);
  if (r.longest < 0) return false;
  const attempt = objectField(limit, "attempt");
  if (attempt != 0) {
    const inner = placeField("attempt");
    if (!onlyFields(attempt, "count duration")) return false;
    r.longestAttempt = loadLongest(attempt);
    if (r.longestAttempt < 0) return false;
    const count = objectField(attempt, "count");
    if (count != 0) {
      if (!isCount(count, "count")) return false;
      r.attempts = numberOf(count) as u32;
    }
    placeLeave(inner);
  }
  placeLeave(before);
  return true;
}

/** The member `duration` in milliseconds, at least 1; 0: there is none; -1 with the error recorded. */
function loadLongest(limit: usize): f64 {
  const duration = objectField(limit, "duration");
  if (duration == 0) return 0;
  const before = placeField("duration");
  const ms = loadTimeLimit(duration);
  if (ms == 0) return -1;
  placeLeave(before);
  return ms;
}

function loadJitter(r: Retry, jitter: usize): bool {
  const before = placeField("jitter");
  if (tagOf(jitter) != OBJECT || !onlyFields(jitter, "from to")) return false;
  const from = required(jitter, "from");
  const to = required(jitter, "to");
  if (from == 0 || to == 0) return false;
  if (!parseDuration(from)) return false;
  r.jitterFrom = durationValue();
  if (!parseDuration(to)) return false;
  r.jitterTo = durationValue();
  if (r.jitterTo < r.jitterFrom) return failCell(E_WF_TYPE, "jitter.to is below jitter.from", 0);
  r.hasJitter = 1;
  placeLeave(before);
  return true;
}

/** A retry waits no longer than this: 30 days. */
const LONGEST: f64 = 2592000000.0;

/** Milliseconds before retry number n (from 1), without jitter. */
export function retryDelay(r: Retry, n: u32): f64 {
  let d = r.delay;
  if (r.backoff == 1) d = d * (n as f64);
  else if (r.backoff == 2) {
    for (let i: u32 = 1; i < n && d < LONGEST; i++) d *= 2;
  }
  return d < LONGEST ? d : LONGEST;
}
