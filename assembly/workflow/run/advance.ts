/**
 * Taking records in: the first (start) and every later one (advance). A record is checked in full
 * before anything changes, because in a replay it comes from somebody else's file.
 */

import { arenaLimit, arenaReset, SCRATCH } from "../../bytes/arena";
import { TEXT } from "../../bytes/buffer";
import { isHexOf } from "../../bytes/hex";
import * as C from "../../errors/codes";
import { clearError, fail, fuel, setFuel, failRecord } from "../../errors/errors";
import { checking, hasLooked, isOpaqueReplay, looksForget } from "../../errors/looks";
import { parseJson } from "../../json/reader";
import { carryJson } from "../../json/writer";
import { commitBegin, entered, fuelOf, isNextOpaque } from "../../trace/commitments";
import {
  effectsAdd,
  effectsBegin,
  tagBegin,
  tagEnd,
  tagPart,
  tagText,
  tagValue,
} from "../../trace/digest";
import { sayNothing } from "../../trace/record";
import { noteTimeout, noteUse } from "../../trace/used";
import {
  addressOf,
  lengthOf,
  NULL,
  NUMBER,
  numberOf,
  OBJECT,
  OPAQUE,
  rawTagOf,
  STRING,
  tagOf,
} from "../../value/cell";
import { cellIs, objectField } from "../../value/object";
import { equalBytes } from "../../value/order";
import { isGrant } from "../call/grant";
import { workflowNamed } from "../compile/workflows";
import { isResult, noResult } from "../effects/table";
import { compact } from "../snapshot/compact";
import { SMALLEST } from "../snapshot/threshold";
import {
  cancelledWith,
  forgetCancelled,
  makeReady,
  pendingWith,
  takeReady,
} from "../state/branches";
import { newCounts } from "../state/counts";
import { CANCELLED_KEYS } from "../state/cancelled-effects";
import { effectName, isBound } from "../state/effects";
import { PHASE_INPUT } from "../state/phases";
import { isLimits } from "../state/shapes";
import {
  Branch,
  Frame,
  GRANT,
  isTooDeep,
  keep,
  keyOf,
  LIMITS,
  MAIN_EFFECTS,
  newBranch,
  newFrame,
  OUTCOME,
  PACK_DIGEST,
  Pending,
  RAW_INPUT,
  requestOf,
  RUN,
  runArena,
  RUNNING,
  runReset,
} from "../state/state";
import { giveResult } from "../step/answers";
import { endRun, stopAtLimit } from "../step/faults";
import { stopAtLook } from "../step/looked";
import { runBranch } from "./machine";

const RECORD: usize = memory.data(16, 16);
const ENTRY: usize = memory.data(32, 16);

/** Parses a record, which has one spelling only, and checks that it has a kind and a seq. */
function readRecord(at: usize, length: u32, isOpaque: bool): bool {
  arenaReset(SCRATCH, C.MAX_SCRATCH);
  looksForget();
  const mode = isOpaque ? C.JSON_HIDDEN : C.JSON_BOUNDARY;
  if (!parseJson(at, length, mode, SCRATCH, RECORD)) return false;
  TEXT.len = 0;
  if (!carryJson(RECORD, TEXT, length) || !equalBytes(TEXT.at, TEXT.len, at, length))
    return failRecord("a record is in RFC 8785 form");
  if (tagOf(RECORD) != OBJECT) return failRecord("a record is an object");
  const kind = objectField(RECORD, "kind");
  const seq = objectField(RECORD, "seq");
  if (kind == 0 || tagOf(kind) != STRING || seq == 0 || tagOf(seq) != NUMBER)
    return failRecord("a record has a kind and a seq");
  return true;
}

function is(name: string): bool {
  return cellIs(objectField(RECORD, "kind"), name);
}

export function startRun(at: usize, length: u32): bool {
  CANCELLED_KEYS.len = 0;
  sayNothing();
  if (!readRecord(at, length, isNextOpaque())) return false;
  if (!is("start")) return fail(C.E_RECORD_ORDER, 0);
  const grant = objectField(RECORD, "grant");
  const input = objectField(RECORD, "input");
  const limits = objectField(RECORD, "limits");
  const pack = objectField(RECORD, "pack");
  const semantics = objectField(RECORD, "semantics");
  const name = objectField(RECORD, "workflow");
  if (
    lengthOf(RECORD) != 8 ||
    grant == 0 ||
    input == 0 ||
    limits == 0 ||
    pack == 0 ||
    semantics == 0 ||
    name == 0
  ) {
    return failRecord(
      "a start record has grant, input, kind, limits, pack, semantics, seq and workflow",
    );
  }
  if (numberOf(objectField(RECORD, "seq")) != 0) return fail(C.E_RECORD_ORDER, 0);
  if (tagOf(semantics) != NUMBER || numberOf(semantics) != (C.SEMANTICS as f64))
    return failRecord("another version of the semantics");
  if (tagOf(pack) != STRING || !isHexOf(addressOf(pack), lengthOf(pack), PACK_DIGEST, 32))
    return failRecord("the record names another pack");
  if (!isGrant(grant)) return failRecord("the grant is malformed");
  if (!isLimits(limits)) return failRecord("the limits are malformed");
  if (isTooDeep(input)) return fail(C.E_LIMIT_DEPTH, 0);
  const w = tagOf(name) == STRING ? workflowNamed(name) : 0;
  if (w == 0) return failRecord("the pack has no such workflow");
  runReset();
  RUN.status = RUNNING;
  RUN.workflow = w;
  RUN.seq = 1;
  RUN.threshold = SMALLEST;
  RUN.fuelLimit = fuelOf(numberOf(objectField(limits, "fuel")));
  RUN.effectsLimit = numberOf(objectField(limits, "effects")) as u32;
  setFuel(RUN.fuelLimit as i64);
  newCounts();
  const b = newBranch();
  RUN.branch = changetype<usize>(b) as u32;
  effectsBegin(MAIN_EFFECTS);
  const root = newFrame(0, 0);
  root.phase = PHASE_INPUT;
  b.frame = changetype<usize>(root) as u32;
  // These are part of the record: they are not charged, so that the digest always has them.
  setFuel(i64.MAX_VALUE);
  const kept = keep(GRANT, grant) && keep(LIMITS, limits) && keep(RAW_INPUT, input);
  setFuel(RUN.fuelLimit as i64);
  if (!kept) {
    runReset();
    return false;
  }
  commitBegin();
  entered(RECORD);
  return activate(b, true);
}

export function advanceRun(at: usize, length: u32): bool {
  CANCELLED_KEYS.len = 0;
  sayNothing();
  if (!readRecord(at, length, isOpaqueReplay())) return false;
  if (numberOf(objectField(RECORD, "seq")) != (RUN.seq as f64)) return fail(C.E_RECORD_ORDER, 0);
  if (is("cancel")) return cancel();
  if (is("suspend") || is("resume")) return command(is("suspend") ? 1 : 0);
  // Whoever is suspended takes nothing in: what comes meanwhile is the host's to keep.
  if (RUN.suspended) return fail(C.E_RECORD_ORDER, 0);
  const isLate = is("late");
  if (!isLate && !is("result")) return fail(C.E_RECORD_ORDER, 0);
  const key = objectField(RECORD, "key");
  const result = objectField(RECORD, "result");
  if (lengthOf(RECORD) != 4 || key == 0 || result == 0 || tagOf(key) != STRING)
    return failRecord("a result record has key, kind, result and seq");
  const p = isLate ? cancelledWith(key) : pendingWith(key);
  if (p == 0) return fail(C.E_RECORD_KEY, 0);
  const e = changetype<Pending>(p);
  checking("result");
  const fits = isResult(e, result);
  if (hasLooked()) return stopAtLook(changetype<Frame>(changetype<Branch>(e.branch).frame));
  if (!fits) return noResult(e);
  if (isTooDeep(result)) return fail(C.E_LIMIT_DEPTH, 0);
  RUN.seq++;
  entered(RECORD);
  if (isLate) {
    forgetCancelled(p);
    return true;
  }
  RUN.used++;
  const b = changetype<Branch>(e.branch);
  b.hasNow = 0;
  if (!isBound(e.what)) b.pending = 0;
  setFuel((RUN.fuelLimit - RUN.fuelUsed) as i64);
  let noted = noteEffect(b, e, result);
  if (isBound(e.what)) noted = noted && noteTimeout(keyOf(e));
  giveResult(b, e, result);
  return activate(b, noted);
}

/** Drops garbage. Where values are hidden there is no text to write them as: what was taken stays, up to a limit. */
function makeRoom(): bool {
  if (!isOpaqueReplay()) return compact();
  return RUN.taken <= MOST_OPAQUE || fail(C.E_LIMIT_FUEL, 0);
}
const MOST_OPAQUE: u32 = 1 << 30;

/** Adds the effect to what the decision depended on. False with a limit's error recorded. */
function noteEffect(b: Branch, e: Pending, result: usize): bool {
  tagBegin("effect");
  tagPart(addressOf(keyOf(e)), lengthOf(keyOf(e)));
  tagText(effectName(e.type));
  tagValue(requestOf(e));
  tagValue(result);
  tagEnd(ENTRY);
  if (b.parent != 0) return noteUse(keyOf(e), ENTRY);
  effectsAdd(MAIN_EFFECTS, ENTRY);
  return true;
}

/** The run is suspended, or goes on: nothing else changes. */
function command(suspended: u32): bool {
  if (!hasReason()) return failRecord("a suspend or resume record has kind, reason and seq");
  if (RUN.suspended == suspended) return fail(C.E_RECORD_ORDER, 0);
  RUN.suspended = suspended;
  RUN.seq++;
  entered(RECORD);
  return true;
}

function hasReason(): bool {
  const reason = objectField(RECORD, "reason");
  return lengthOf(RECORD) == 3 && reason != 0 && isText(rawTagOf(reason));
}

/** Nothing reads a reason: it may be hidden. */
function isText(tag: u32): bool {
  return tag == STRING || tag == NULL || tag == OPAQUE;
}

function cancel(): bool {
  if (!hasReason()) return failRecord("a cancel record has kind, reason and seq");
  const reason = objectField(RECORD, "reason");
  setFuel(i64.MAX_VALUE);
  if (!keep(OUTCOME, reason)) return false;
  RUN.seq++;
  entered(RECORD);
  endRun(C.STATUS_CANCELLED);
  return true;
}

/**
 * Runs the branch, and then whoever can go on, until all wait; keeps the books, and drops garbage
 * where there is much. `bounded` is false where a limit was hit already.
 */
function activate(b: Branch, bounded: bool): bool {
  const before = runArena().taken;
  arenaLimit(runArena(), C.MAX_SCRATCH);
  if (!bounded) stopAtLimit(changetype<Frame>(b.frame));
  makeReady(b);
  for (let next = takeReady(); next != 0; next = takeReady()) runBranch(changetype<Branch>(next));
  RUN.fuelUsed = RUN.fuelLimit - (fuel as f64);
  RUN.taken += runArena().taken - before;
  if (RUN.status == RUNNING && RUN.taken > RUN.threshold && !makeRoom())
    stopAtLimit(changetype<Frame>(changetype<Branch>(RUN.branch).frame));
  clearError();
  return true;
}
