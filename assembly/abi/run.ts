/** load, admit, start, advance, snapshot, restore, decision, fingerprint (docs/spec/abi.md). */

import { arenaReset, SCRATCH } from "../bytes/arena";
import { bufferBytes, bufferRoom, INPUT, OUTPUT } from "../bytes/buffer";
import * as C from "../codes";
import { fail } from "../errors";
import { admitRecord } from "../trace/admit";
import { writeDecision, writeFingerprint } from "../trace/decision";
import { advanceRun, startRun } from "../trace/replay";
import { loadPack, PACK_DIGEST, packLoaded } from "../workflow/pack";
import { restoreFrom, writeSnapshot } from "../workflow/snapshot";
import { ENDED, RUN, runReset, RUNNING } from "../workflow/state";
import { beginCall, reportFuel } from "./call";

/** Loading is bounded by the size of the pack; the counter only has to be there. */
const LOAD_FUEL: i64 = 1000000000000;

/** Frames pack.json, file, file ...: checked and compiled. Output: the pack's digest. */
export function load(length: u32): u32 {
  beginCall(LOAD_FUEL);
  runReset();
  if (!loadPack(INPUT.at, length)) return C.STATUS_ERROR;
  bufferBytes(OUTPUT, PACK_DIGEST, 32);
  return C.STATUS_OK;
}

/** Frames descriptor, bytes: the record to persist. The run does not change. */
export function admit(length: u32): u32 {
  beginCall(LOAD_FUEL);
  if (!packLoaded()) return refuse();
  const ok = admitRecord(INPUT.at, length);
  arenaReset(SCRATCH, C.MAX_SCRATCH);
  return ok ? C.STATUS_OK : C.STATUS_ERROR;
}

/** A start record: begins the run. Output: frames of records. */
export function start(length: u32): u32 {
  beginCall(LOAD_FUEL);
  if (!packLoaded()) return refuse();
  return status(startRun(INPUT.at, length));
}

/** An admitted record: the run goes on. Output: frames of records. */
export function advance(length: u32): u32 {
  beginCall(LOAD_FUEL);
  if (RUN.status != RUNNING) return refuse();
  return status(advanceRun(INPUT.at, length));
}

function refuse(): u32 {
  fail(C.E_CALL, 0);
  return C.STATUS_ERROR;
}

function status(ok: bool): u32 {
  arenaReset(SCRATCH, C.MAX_SCRATCH);
  reportFuel(RUN.fuelUsed);
  if (!ok) return C.STATUS_ERROR;
  return RUN.status == ENDED ? RUN.end : C.STATUS_WAITING;
}

/** The decision digest of a run that has ended. */
export function decision(): u32 {
  beginCall(LOAD_FUEL);
  if (RUN.status != ENDED) return refuse();
  writeDecision();
  reportFuel(RUN.fuelUsed);
  return C.STATUS_OK;
}

/** The fingerprint of a run that has ended; the input window holds the engine's digest. */
export function fingerprint(length: u32): u32 {
  beginCall(LOAD_FUEL);
  if (RUN.status != ENDED || length != 32) return refuse();
  writeFingerprint(INPUT.at);
  reportFuel(RUN.fuelUsed);
  return C.STATUS_OK;
}

/** The state of a waiting run, to be given to restore(). */
export function snapshot(): u32 {
  beginCall(LOAD_FUEL);
  if (RUN.status != RUNNING) return refuse();
  writeSnapshot(OUTPUT);
  return C.STATUS_OK;
}

/** A snapshot's text. E_SNAPSHOT: nothing is running then. */
export function restore(length: u32): u32 {
  beginCall(LOAD_FUEL);
  if (!packLoaded()) return refuse();
  bufferRoom(INPUT, 16);
  return restoreFrom(INPUT.at, length) ? C.STATUS_WAITING : C.STATUS_ERROR;
}
