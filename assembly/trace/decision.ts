/** The decision digest and the fingerprint of the run that has ended (TRACE-14 to TRACE-17). */

import { bufferBytes, bufferByte, bufferText, bufferUint, OUTPUT, TEXT } from "../bytes/buffer";
import { MAX_INPUT, SEMANTICS, STATUS_COMPLETED, STATUS_FAULTED } from "../codes";
import { writeJson } from "../json/writer";
import { addressOf, lengthOf } from "../value/cell";
import { Workflow } from "../workflow/nodes";
import { PACK_DIGEST } from "../workflow/pack";
import { Branch, effectsOf, GRANT, LIMITS, OUTCOME, RAW_INPUT, RUN } from "../workflow/state";
import { effectsDigest, tagBegin, tagEnd, tagNumber, tagPart, tagValue } from "./digest";

const DIGEST: usize = memory.data(32, 16);
const EFFECTS: usize = memory.data(32, 16);

function makeDecision(): void {
  // The effects' digest uses the same hash state: first.
  effectsDigest(effectsOf(changetype<Branch>(RUN.branch)), EFFECTS);
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
  bufferByte(TEXT, 0x5b);
  if (cancelled) {
    bufferText(TEXT, '"cancel:');
    bufferUint(TEXT, RUN.used);
    bufferByte(TEXT, 0x22);
  }
  bufferByte(TEXT, 0x5d);
  tagPart(TEXT.at, TEXT.len);
  TEXT.len = 0;
  if (cancelled) bufferText(TEXT, '{"status":"cancelled"}');
  else {
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
