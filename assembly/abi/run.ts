/** load, admit, start, advance, snapshot, restore, decision, fingerprint (docs/spec/abi.md). */

import { arenaReset, SCRATCH } from "../bytes/arena";
import { bufferBytes, INPUT, OUTPUT } from "../bytes/buffer";
import * as C from "../errors/codes";
import { fail } from "../errors/errors";
import { isOpaqueReplay } from "../errors/looks";
import {
  commitNext,
  isCommitting,
  isNextOpaque,
  KEEP_RECORDS,
  leavesOut,
} from "../trace/commitments";
import { writeDecision, writeFingerprint } from "../trace/decision";
import { outcomeAgain } from "../trace/record";
import { listingOn } from "../workflow/compile/listing";
import { loadPack, packForget, packLoaded } from "../workflow/pack/pack";
import { admitRecord } from "../workflow/run/admit";
import { advanceRun, startRun } from "../workflow/run/advance";
import { restoreFrom } from "../workflow/snapshot/compact";
import { writeSnapshot } from "../workflow/snapshot/write";
import { CANCELLED_KEYS } from "../workflow/state/cancelled-effects";
import { ENDED, LOOKED, PACK_DIGEST, RUN, RUNNING, runReset } from "../workflow/state/state";
import { writeLooked } from "../workflow/step/looked";
import { beginCall, reportFuel, takes } from "./call";

/** For calls that are bounded by their input: the counter only has to be there. */
const PLENTY: i64 = 1000000000000;
/** Loading compares names with names: this is for packs that are made to make it slow. */
const LOAD_FUEL: i64 = 100000000;

/** Frames pack.json, file, file ...: checked and compiled. Output: the pack's digest. */
export function load(length: u32): u32 {
  beginCall(LOAD_FUEL);
  runReset();
  commitNext(0, KEEP_RECORDS);
  if (!takes(length) || !loadPack(INPUT.at, length)) return C.STATUS_ERROR;
  bufferBytes(OUTPUT, PACK_DIGEST, 32);
  return C.STATUS_OK;
}

/**
 * Frames as for load(): a frame for each expression (workflow/compile/listing.ts), in the order in which
 * load() compiles them. No pack is loaded afterwards. Where something else is wrong in the pack, it is
 * the error, and the expressions before it are in the output window all the same.
 */
export function listExpressions(length: u32): u32 {
  beginCall(LOAD_FUEL);
  runReset();
  listingOn(true);
  const ok = takes(length) && loadPack(INPUT.at, length);
  listingOn(false);
  packForget();
  return ok ? C.STATUS_OK : C.STATUS_ERROR;
}

/** Frames descriptor, bytes: the record to persist. The run does not change. */
export function admit(length: u32): u32 {
  beginCall(PLENTY);
  if (!packLoaded()) return refuse();
  const ok = takes(length) && admitRecord(INPUT.at, length);
  arenaReset(SCRATCH, C.MAX_SCRATCH);
  return ok ? C.STATUS_OK : C.STATUS_ERROR;
}

/** A start record: begins the run. Output: frames of records. */
export function start(length: u32): u32 {
  beginCall(PLENTY);
  if (!packLoaded()) return refuse();
  return status(takes(length) && startRun(INPUT.at, length));
}

/** An admitted record: the run goes on. Output: frames of records. */
export function advance(length: u32): u32 {
  beginCall(PLENTY);
  if (RUN.status != RUNNING) return refuse();
  return status(takes(length) && advanceRun(INPUT.at, length));
}

function refuse(): u32 {
  fail(C.E_CALL, 0);
  return C.STATUS_ERROR;
}

function status(ok: bool): u32 {
  arenaReset(SCRATCH, C.MAX_SCRATCH);
  reportFuel(RUN.fuelUsed);
  if (!ok) return C.STATUS_ERROR;
  leavesOut();
  if (RUN.status == LOOKED) return C.STATUS_LOOKED;
  return RUN.status == ENDED ? RUN.end : C.STATUS_WAITING;
}

/**
 * Frames: the keys of effects that the last start() or advance() has cancelled. Whoever performs them
 * may stop; an http answer that has come already is admitted as any other, and is late.
 */
export function dropped(): u32 {
  beginCall(PLENTY);
  bufferBytes(OUTPUT, CANCELLED_KEYS.at, CANCELLED_KEYS.len);
  reportFuel(RUN.fuelUsed);
  return C.STATUS_OK;
}

/** Where the opaque replay has ended, and how many records there are. */
export function looked(): u32 {
  beginCall(PLENTY);
  if (RUN.status != LOOKED) return refuse();
  writeLooked(OUTPUT);
  reportFuel(RUN.fuelUsed);
  return C.STATUS_OK;
}

/** The outcome record of a run that has ended. */
export function outcome(): u32 {
  beginCall(PLENTY);
  if (RUN.status != ENDED) return refuse();
  outcomeAgain();
  reportFuel(RUN.fuelUsed);
  return C.STATUS_OK;
}

/** The decision digest of a run that has ended. One with hidden values has none. */
export function decision(): u32 {
  beginCall(PLENTY);
  if (RUN.status != ENDED || isOpaqueReplay()) return refuse();
  writeDecision();
  reportFuel(RUN.fuelUsed);
  return C.STATUS_OK;
}

/** The fingerprint of a run that has ended; the input window holds the engine's digest. */
export function fingerprint(length: u32): u32 {
  beginCall(PLENTY);
  if (RUN.status != ENDED || isOpaqueReplay() || length != 32) return refuse();
  writeFingerprint(INPUT.at);
  reportFuel(RUN.fuelUsed);
  return C.STATUS_OK;
}

/** The state of a waiting run, to be given to restore(). */
export function snapshot(): u32 {
  beginCall(PLENTY);
  if (RUN.status != RUNNING || isOpaqueReplay()) return refuse();
  const ok = writeSnapshot(OUTPUT, C.MAX_INPUT, isCommitting());
  reportFuel(RUN.fuelUsed);
  return ok ? C.STATUS_OK : C.STATUS_ERROR;
}

/** A snapshot's text. E_SNAPSHOT: nothing is running then. */
export function restore(length: u32): u32 {
  beginCall(PLENTY);
  if (!packLoaded() || isNextOpaque()) return refuse();
  const ok = takes(length) && restoreFrom(INPUT.at, length);
  reportFuel(RUN.fuelUsed);
  return ok ? C.STATUS_WAITING : C.STATUS_ERROR;
}
