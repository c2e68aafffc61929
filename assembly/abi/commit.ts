/** commit, commitments, commitValue, leaves (docs/spec/abi.md). */

import { arenaReset, SCRATCH } from "../bytes/arena";
import { bufferBytes, INPUT, OUTPUT, TEXT } from "../bytes/buffer";
import { DIGEST } from "../bytes/sha256";
import * as C from "../errors/codes";
import { fail, failDetail } from "../errors/errors";
import { parseJson } from "../json/reader";
import { writeJson } from "../json/writer";
import {
  commitNext,
  goOnCommitting,
  isCommitting,
  HOLES,
  KEEP_LEAVES,
  opaqueNext,
  writeCommitments,
} from "../trace/commitments";
import { commitTo } from "../trace/fields";
import { gather, HASHES, leavesTo, TEXTS, TO_LIST, TO_TEXTS } from "../trace/leaves";
import { seedsBegin } from "../trace/seeds";
import { addLeaf, isRecord } from "../trace/slots";
import { equalBytes } from "../value/order";
import { NOT_BEGUN, RUN } from "../workflow/state/state";
import { beginCall, countFrames, reportFuel, takes } from "./call";

const CELL: usize = memory.data(16, 16);
const OUT: usize = memory.data(32, 16);

/** The fuel of an opaque replay, where its caller gives none. */
const OPAQUE_FUEL: f64 = 1000000000;

/**
 * A run seed, or nothing, for the runs that begin from now on; `flags` says what leaves, and whether they
 * are opaque replays, which have `budget` as their fuel.
 */
export function commit(length: u32, flags: u32, budget: f64): u32 {
  beginCall(0);
  if (!takes(length)) return C.STATUS_ERROR;
  const off = length == 0;
  const keep = flags & ~HOLES;
  const isOpaque = keep != flags;
  if ((!off && length != DIGEST) || keep > KEEP_LEAVES || (off && keep == KEEP_LEAVES))
    return refuse(C.E_CALL);
  // What is hidden cannot be committed to.
  if (isOpaque && !off) return refuse(C.E_CALL);
  commitNext(off ? 0 : INPUT.at, keep);
  if (isOpaque) opaqueNext(budget > 0 ? min<f64>(budget, 9007199254740992) : OPAQUE_FUEL);
  return C.STATUS_OK;
}

/** What the run's records so far commit to: root and size of both trees, and what left last. */
export function commitments(): u32 {
  beginCall(0);
  if (RUN.status == NOT_BEGUN || !isCommitting()) return refuse(C.E_CALL);
  writeCommitments(OUTPUT);
  reportFuel(RUN.fuelUsed);
  return C.STATUS_OK;
}

/** A seed and a value's canonical text: its commitment. */
export function commitValue(length: u32): u32 {
  beginCall(0);
  if (!takes(length)) return C.STATUS_ERROR;
  if (length < DIGEST) return refuse(C.E_FRAMES);
  gather();
  const ok = readCanonical(INPUT.at + DIGEST, length - DIGEST);
  if (ok) {
    commitTo(CELL, INPUT.at, OUT);
    bufferBytes(OUTPUT, OUT, DIGEST);
  }
  arenaReset(SCRATCH, C.MAX_SCRATCH);
  return ok ? C.STATUS_OK : C.STATUS_ERROR;
}

/** Frames: a run seed, then records. Output: their leaf hashes; with flag 1, then the leaves as frames. */
export function leaves(length: u32, flags: u32): u32 {
  beginCall(0);
  const count = takes(length) ? countFrames(length) : -1;
  if (count < 0) return C.STATUS_ERROR;
  if (count == 0 || load<u32>(INPUT.at) != DIGEST) return refuse(C.E_FRAMES);
  if (flags > 1) return refuse(C.E_CALL);
  gather();
  leavesTo(flags == 1 ? TO_TEXTS : TO_LIST);
  seedsBegin(INPUT.at + 4);
  const ok = addLeaves(INPUT.at + 4 + DIGEST, count - 1);
  if (ok) {
    gather();
    bufferBytes(OUTPUT, HASHES.at, HASHES.len);
    bufferBytes(OUTPUT, TEXTS.at, TEXTS.len);
  }
  arenaReset(SCRATCH, C.MAX_SCRATCH);
  goOnCommitting();
  return ok ? C.STATUS_OK : C.STATUS_ERROR;
}

function addLeaves(at: usize, count: u32): bool {
  for (; count > 0; count--) {
    const length = load<u32>(at);
    if (!readCanonical(at + 4, length)) return false;
    if (!isRecord(CELL))
      return failDetail(C.E_RECORD, (at - INPUT.at) as u32, "a record has a kind and a seq", 0, 0);
    addLeaf(CELL);
    at += 4 + length;
  }
  return true;
}

/** Reads a text that is in RFC 8785 form into CELL. */
function readCanonical(at: usize, length: u32): bool {
  arenaReset(SCRATCH, C.MAX_SCRATCH);
  if (!parseJson(at, length, C.JSON_BOUNDARY, SCRATCH, CELL)) return false;
  TEXT.len = 0;
  return (
    (writeJson(CELL, TEXT, length) && equalBytes(TEXT.at, TEXT.len, at, length)) ||
    failDetail(C.E_RECORD, 0, "the text is in RFC 8785 form", 0, 0)
  );
}

function refuse(code: u32): u32 {
  fail(code, 0);
  return C.STATUS_ERROR;
}
