/**
 * The state of a waiting run as JSON, and back. Written between activations only.
 *
 * The same two functions compact the state: what a run leaves behind as garbage is dropped by
 * writing what is alive and reading it into the other arena. So restore() is exercised by every
 * long run, and a restored run cannot differ from one that went straight on.
 *
 *     {"abi","asked","branches":[BRANCH, each before those of its fork],"commitments"?,"counts":[[index,count]...],
 *      "dropped":[EFFECT],"effects","forked","fuelUsed","grant","id","input","limits","pack",
 *      "races":[TEXT],"rawInput","semantics","seq","suspended","taken","threshold","used",
 *      "uses":[[KEY,ENTRY]...],"workflow"}
 *     BRANCH: {"context","count","exported","fork","forkedAt","frames":[FRAME outermost first],"now",
 *      "pending":EFFECT,"result","sequence","state"}
 *     EFFECT: {"key","request","sequence","type","what"}
 *
 * What is the same value in the same place is written once: the context of a branch that has exported
 * nothing, a frame's raw input that is what its parent handed it, its input that is its raw input,
 * and the value that it hands on, if it is its input, are left out. "commitments" is in snapshots alone:
 * compaction must not come out otherwise where a run commits to its records.
 */

import { arenaReset, SCRATCH } from "../../bytes/arena";
import { Buffer, bufferClear, bufferRoom } from "../../bytes/buffer";
import {
  E_LIMIT_MEMORY,
  E_SNAPSHOT,
  JSON_BOUNDARY,
  MAX_RUN,
  MAX_SCRATCH,
} from "../../errors/codes";
import { fail, fuel, setFuel } from "../../errors/errors";
import { parseJson } from "../../json/reader";
import { RUN, runDrop, runReset, runSwap } from "../state/state";
import { readCommitments, readSnapshot } from "./read";
import { GROWTH, SMALLEST } from "./threshold";
import { writeSnapshot } from "./write";

const COMPACT: Buffer = changetype<Buffer>(memory.data(16, 16));
const ROOT: usize = memory.data(16, 16);

// ---- Both --------------------------------------------------------------------------------------------

/** Restores from a text that is followed by 16 bytes of slack. */
export function restoreFrom(at: usize, length: u32): bool {
  runReset();
  arenaReset(SCRATCH, MAX_SCRATCH);
  if (!parseJson(at, length, JSON_BOUNDARY, SCRATCH, ROOT)) return fail(E_SNAPSHOT, 0);
  const before = fuel;
  setFuel(i64.MAX_VALUE);
  const ok = readSnapshot(ROOT) && readCommitments(ROOT);
  setFuel(before);
  arenaReset(SCRATCH, MAX_SCRATCH);
  if (!ok) runReset();
  return ok;
}

/**
 * Drops garbage: writes the state and reads it into the other arena. False with the error recorded
 * if what is alive is more than a run may hold.
 */
export function compact(): bool {
  const b: Buffer = COMPACT;
  bufferClear(b);
  RUN.taken = 0;
  if (!writeSnapshot(b, MAX_RUN, false)) return fail(E_LIMIT_MEMORY, 0);
  bufferRoom(b, 16);
  const length = b.len;
  arenaReset(SCRATCH, MAX_SCRATCH);
  if (!parseJson(b.at, length, JSON_BOUNDARY, SCRATCH, ROOT)) return fail(E_LIMIT_MEMORY, 0);
  const before = fuel;
  setFuel(i64.MAX_VALUE);
  runSwap();
  RUN.cancelled = 0;
  if (!readSnapshot(ROOT)) unreachable();
  setFuel(before);
  runDrop();
  arenaReset(SCRATCH, MAX_SCRATCH);
  RUN.taken = length;
  RUN.threshold = length * GROWTH > SMALLEST ? length * GROWTH : SMALLEST;
  return true;
}
