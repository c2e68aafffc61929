/** The decision digest and the fingerprint of the run that has ended (TRACE-14 to TRACE-17). */

import { arenaReset, SCRATCH } from "../bytes/arena";
import { bufferByte, bufferBytes, bufferText, bufferUint, OUTPUT, TEXT } from "../bytes/buffer";
import { SHA_STATE, shaEnd } from "../bytes/sha256";
import {
  MAX_INPUT,
  MAX_SCRATCH,
  SEMANTICS,
  STATUS_COMPLETED,
  STATUS_FAULTED,
} from "../errors/codes";
import { writeJson, writeString } from "../json/writer";
import { addressOf, lengthOf } from "../value/cell";
import { Workflow } from "../workflow/state/nodes";
import {
  GRANT,
  LIMITS,
  MAIN_EFFECTS,
  OUTCOME,
  PACK_DIGEST,
  RAW_INPUT,
  RUN,
} from "../workflow/state/state";
import { effectsAdd, tagBegin, tagEnd, tagNumber, tagPart, tagValue } from "./digest";
import { inOrder, usedCount, usedEntry, usedText } from "./used";

const DIGEST: usize = memory.data(32, 16);
const EFFECTS: usize = memory.data(32, 16);
const STATE: usize = memory.data(SHA_STATE, 16);

function makeDecision(): void {
  arenaReset(SCRATCH, MAX_SCRATCH);
  makeEffects();
  tagBegin("decision");
  tagNumber(SEMANTICS);
  tagPart(PACK_DIGEST, 32);
  const name = changetype<Workflow>(RUN.workflow).name;
  tagPart(addressOf(name), lengthOf(name));
  tagValue(RAW_INPUT);
  tagValue(GRANT);
  tagValue(LIMITS);
  tagPart(EFFECTS, 32);
  TEXT.len = 0;
  const cancelled = RUN.end != STATUS_COMPLETED && RUN.end != STATUS_FAULTED;
  writeRaces(cancelled);
  tagPart(TEXT.at, TEXT.len);
  TEXT.len = 0;
  if (cancelled) {
    bufferText(TEXT, '{"reason":');
    writeJson(OUTCOME, TEXT, MAX_INPUT);
    bufferText(TEXT, ',"status":"cancelled"}');
  } else {
    bufferText(TEXT, RUN.end == STATUS_COMPLETED ? '{"output":' : '{"error":');
    writeJson(OUTCOME, TEXT, MAX_INPUT);
    bufferText(
      TEXT,
      RUN.end == STATUS_COMPLETED ? ',"status":"completed"}' : ',"status":"faulted"}',
    );
  }
  tagPart(TEXT.at, TEXT.len);
  tagEnd(DIGEST);
}

/** Those of the main branch, then those of branches in the order of their paths (TRACE-15). */
function makeEffects(): void {
  const uses = inOrder(RUN.uses);
  memory.copy(STATE, MAIN_EFFECTS, SHA_STATE);
  for (let i: u32 = 0; i < usedCount(); i++)
    effectsAdd(STATE, usedEntry(load<u32>(uses + (i << 2))));
  shaEnd(STATE, EFFECTS);
}

/** TRACE-16: races of forks in the order of their paths, then what ended the run. */
function writeRaces(cancelled: bool): void {
  const races = inOrder(RUN.races);
  bufferByte(TEXT, 0x5b);
  for (let i: u32 = 0; i < usedCount(); i++) {
    if (i != 0) bufferByte(TEXT, 0x2c);
    const text = usedText(load<u32>(races + (i << 2)));
    writeString(addressOf(text), lengthOf(text), TEXT);
  }
  if (cancelled || (RUN.limited && RUN.forked)) {
    if (usedCount() != 0) bufferByte(TEXT, 0x2c);
    bufferText(TEXT, cancelled ? '"cancel:' : '"limit:');
    bufferUint(TEXT, RUN.used);
    bufferByte(TEXT, 0x22);
  }
  bufferByte(TEXT, 0x5d);
}

export function writeDecision(): void {
  makeDecision();
  bufferBytes(OUTPUT, DIGEST, 32);
}

/** `engine` is the address of the engine's digest. */
export function writeFingerprint(engine: usize): void {
  makeDecision();
  tagBegin("fp");
  tagPart(engine, 32);
  tagPart(DIGEST, 32);
  tagEnd(DIGEST);
  bufferBytes(OUTPUT, DIGEST, 32);
}
