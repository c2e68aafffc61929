/**
 * Writing the records that leave the engine, each as a frame of the output window, in RFC 8785
 * form: the keys below stand in their order (docs/spec/trace.md, TRACE-1 to TRACE-9).
 *
 * A record with a value that does not fit (E_LIMIT_SIZE) does not leave: the run then faults. What a
 * record costs, and what an activation may say, do not depend on whether the host wants the records.
 */

import {
  Buffer,
  bufferByte,
  bufferBytes,
  bufferText,
  bufferUint,
  frameBegin,
  frameEnd,
  OUTPUT,
} from "../bytes/buffer";
import { MAX_INPUT, STATUS_COMPLETED, STATUS_FAULTED } from "../errors/codes";
import { charge } from "../errors/errors";
import { hasLooked } from "../errors/looks";
import { carryJson, writeNumber, writeString } from "../json/writer";
import { addressOf, lengthOf } from "../value/cell";
import { COST_RECORD, COST_RECORD_BYTE } from "../workflow/state/cost";
import { effectName } from "../workflow/state/effects";
import { FOR, LISTEN, Task } from "../workflow/state/nodes";
import { PHASE_LIST } from "../workflow/state/phases";
import {
  Branch,
  contextOf,
  Frame,
  keyOf,
  OUTCOME,
  outputOf,
  Pending,
  rawOf,
  requestOf,
  RUN,
} from "../workflow/state/state";
import { isCommitting, KEEP_RECORDS, kept } from "./commitments";
import { leafBegin, leafEnd, leafText, leafValue, LEFT, OUTCOME_LEAF } from "./leaves";
import {
  SEED_CONTEXT,
  SEED_ERROR,
  SEED_INPUT,
  SEED_OUTPUT,
  SEED_REASON,
  SEED_REQUEST,
} from "./seeds";

/** Longest value of a record that leaves the engine, in bytes. */
const LONGEST: u32 = MAX_INPUT / 4;

/** Bytes of the records of this activation, in their frames. */
let said: u32 = 0;

/** An activation begins: it has said nothing. */
export function sayNothing(): void {
  said = 0;
}
export function saidBytes(): u32 {
  return said;
}

/** The values of the record being written: cell, slot, and where its text begins and ends in OUTPUT. */
const values: usize = memory.data(64, 16);
let valueCount: u32 = 0;

function begin(): u32 {
  valueCount = 0;
  return frameBegin(OUTPUT);
}

function text(c: usize): void {
  writeString(addressOf(c), lengthOf(c), OUTPUT);
}

/** Writes a value that stands in a slot (TRACE-11). False when it does not fit. */
function value(c: usize, slot: u32): bool {
  const v = values + ((valueCount++ as usize) << 4);
  store<u32>(v, c as u32);
  store<u32>(v, slot, 4);
  store<u32>(v, OUTPUT.len, 8);
  const fits = carryJson(c, OUTPUT, LONGEST);
  store<u32>(v, OUTPUT.len, 12);
  return fits;
}

/** False when fuel or size ran out, whose error is recorded, or where something looked. */
function close(frame: u32, fits: bool): bool {
  if (!fits || hasLooked()) return drop(frame);
  return charge(COST_RECORD + leave(frame, LEFT) * COST_RECORD_BYTE);
}

/** The record leaves, or what its host wants of it. Returns its bytes in its frame. */
function leave(frame: u32, side: u32): u32 {
  frameEnd(OUTPUT, frame);
  const size = OUTPUT.len - frame;
  said += size;
  if (isCommitting()) commit(frame + 4, side);
  if (kept() != KEEP_RECORDS) OUTPUT.len = frame;
  return size;
}

/** Adds the leaf of the record whose text begins there in OUTPUT. */
function commit(from: u32, side: u32): void {
  leafBegin(RUN.seq - 1, side);
  for (let i: u32 = 0; i < valueCount; i++) {
    const v = values + ((i as usize) << 4);
    bufferBytes(leafText(), OUTPUT.at + from, load<u32>(v, 8) - from);
    leafValue(load<u32>(v), load<u32>(v, 4));
    from = load<u32>(v, 12);
  }
  bufferBytes(leafText(), OUTPUT.at + from, OUTPUT.len - from);
  leafEnd();
}

/** Takes the record back: half of one must never be seen. Always false. */
function drop(frame: u32): bool {
  OUTPUT.len = frame;
  RUN.seq--;
  return false;
}

/** The indices of the enclosing turns, outermost first. */
function iteration(frame: Frame): void {
  const b: Buffer = OUTPUT;
  let depth: u32 = 0;
  for (let f = frame.parent; f != 0; f = changetype<Frame>(f).parent) if (isTurning(f)) depth++;
  bufferByte(b, 0x5b);
  for (let i = depth; i > 0; i--) {
    let n: u32 = 0;
    let f = frame.parent;
    while (true) {
      if (isTurning(f)) n++;
      if (n == i) break;
      f = changetype<Frame>(f).parent;
    }
    if (i != depth) bufferByte(b, 0x2c);
    bufferUint(b, changetype<Frame>(f).turn);
  }
  bufferByte(b, 0x5d);
}

function isTurning(f: u32): bool {
  const task = changetype<Frame>(f).task;
  if (task == 0 || changetype<Frame>(f).phase != PHASE_LIST) return false;
  return changetype<Task>(task).kind == FOR || changetype<Task>(task).kind == LISTEN;
}

export function writeRequest(p: Pending, frame: Frame, occurrence: u32): bool {
  const b: Buffer = OUTPUT;
  const f = begin();
  bufferText(b, '{"iteration":');
  iteration(frame);
  bufferText(b, ',"key":');
  text(keyOf(p));
  bufferText(b, ',"kind":"request","occurrence":');
  bufferUint(b, occurrence);
  bufferText(b, ',"request":');
  const fits = value(requestOf(p), SEED_REQUEST);
  seqAndTask(frame);
  bufferText(b, ',"type":"');
  bufferText(b, effectName(p.type));
  bufferText(b, '"}');
  return close(f, fits);
}

function seqAndTask(frame: Frame): void {
  const b: Buffer = OUTPUT;
  bufferText(b, ',"seq":');
  bufferUint(b, RUN.seq++);
  bufferText(b, ',"task":');
  if (frame.task == 0) bufferText(b, '""');
  else text(changetype<Task>(frame.task).pointer);
}

// How a task ended.
export const COMPLETED: u32 = 0;
export const SKIPPED: u32 = 1;
export const FAULTED: u32 = 2;
export const CANCELLED: u32 = 3;

function statusName(status: u32): string {
  if (status == COMPLETED) return "completed";
  if (status == SKIPPED) return "skipped";
  return status == FAULTED ? "faulted" : "cancelled";
}

/** `error` is that of a faulted task; `next` is 0 with a word, or the task that comes next. */
export function writeTask(
  br: Branch,
  frame: Frame,
  status: u32,
  error: usize,
  next: u32,
  word: string,
): bool {
  const b: Buffer = OUTPUT;
  const f = begin();
  bufferText(b, '{"context":');
  let fits = value(contextOf(br), SEED_CONTEXT);
  if (status == FAULTED) {
    bufferText(b, ',"error":');
    fits = fits && value(error, SEED_ERROR);
  }
  bufferText(b, ',"input":');
  fits = fits && value(rawOf(frame), SEED_INPUT);
  bufferText(b, ',"iteration":');
  iteration(frame);
  bufferText(b, ',"kind":"task","next":');
  if (next != 0) text(changetype<Task>(next).pointer);
  else {
    bufferByte(b, 0x22);
    bufferText(b, word);
    bufferByte(b, 0x22);
  }
  if (status <= SKIPPED) {
    bufferText(b, ',"output":');
    fits = fits && value(outputOf(frame), SEED_OUTPUT);
  }
  bufferText(b, ',"seq":');
  bufferUint(b, RUN.seq++);
  bufferText(b, ',"status":"');
  bufferText(b, statusName(status));
  bufferText(b, '","task":');
  text(changetype<Task>(frame.task).pointer);
  bufferByte(b, 0x7d);
  return close(f, fits);
}

export function writeRetry(frame: Frame, attempt: u32, delay: f64, error: usize): bool {
  const b: Buffer = OUTPUT;
  const f = begin();
  bufferText(b, '{"attempt":');
  bufferUint(b, attempt);
  bufferText(b, ',"delay":');
  writeNumber(delay, b);
  bufferText(b, ',"error":');
  const fits = value(error, SEED_ERROR);
  bufferText(b, ',"iteration":');
  iteration(frame);
  bufferText(b, ',"kind":"retry"');
  seqAndTask(frame);
  bufferByte(b, 0x7d);
  return close(f, fits);
}

/**
 * Writes the outcome of a run that ends so, OUTCOME being its output, error or reason. The last record: never
 * charged. False when the value does not fit.
 */
export function writeOutcome(end: u32): bool {
  const f = begin();
  const fits = outcomeText(end, RUN.seq++);
  if (!fits || hasLooked()) return drop(f);
  leave(f, OUTCOME_LEAF);
  return true;
}

/** Puts the outcome of a run that has ended into OUTPUT once more. */
export function outcomeAgain(): void {
  valueCount = 0;
  outcomeText(RUN.end, RUN.seq - 1);
}

function outcomeText(end: u32, seq: u32): bool {
  const b: Buffer = OUTPUT;
  let fits: bool = true;
  if (end == STATUS_FAULTED) {
    bufferText(b, '{"error":');
    fits = value(OUTCOME, SEED_ERROR);
    bufferText(b, ',"kind":"outcome"');
  } else {
    bufferText(b, '{"kind":"outcome"');
    bufferText(b, end == STATUS_COMPLETED ? ',"output":' : ',"reason":');
    fits = value(OUTCOME, end == STATUS_COMPLETED ? SEED_OUTPUT : SEED_REASON);
  }
  bufferText(b, ',"seq":');
  bufferUint(b, seq);
  bufferText(b, ',"status":"');
  if (end == STATUS_COMPLETED) bufferText(b, "completed");
  else bufferText(b, end == STATUS_FAULTED ? "faulted" : "cancelled");
  bufferText(b, '"}');
  return fits;
}
