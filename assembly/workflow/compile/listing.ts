/**
 * The expressions of a pack, each for itself: load() with the listing on notes every expression that
 * it compiles, and goes on behind one that is wrong.
 *
 *     {"file":PATH,"place":POINTER,"text":PROGRAM,"program":{...}}         (expr/bytecode/describe.ts)
 *     {"file":PATH,"place":POINTER,"text":PROGRAM,"error":{"code":N,"message":TEXT,"offset":N}}
 */

import {
  bufferByte,
  bufferText,
  bufferUint,
  frameBegin,
  frameEnd,
  OUTPUT,
  TEXT,
} from "../../bytes/buffer";
import { clearError, errorCode, errorOffset, writeErrorText } from "../../errors/errors";
import { describeProgram } from "../../expr/bytecode/describe";
import { writeString } from "../../json/writer";
import { addressOf, lengthOf } from "../../value/cell";
import { PLACE, placeFile } from "./place";

let on: bool = false;

export function listingOn(yes: bool): void {
  on = yes;
}
export function isListing(): bool {
  return on;
}

/** Notes an expression; `program` is 0 where it did not compile, and the error is then forgotten. */
export function listExpression(text: usize, length: u32, program: usize): bool {
  const frame = frameBegin(OUTPUT);
  bufferText(OUTPUT, '{"file":');
  writeString(addressOf(placeFile()), lengthOf(placeFile()), OUTPUT);
  bufferText(OUTPUT, ',"place":');
  writeString(PLACE.at, PLACE.len, OUTPUT);
  bufferText(OUTPUT, ',"text":');
  writeString(text, length, OUTPUT);
  if (program != 0) {
    bufferText(OUTPUT, ',"program":');
    if (!describeProgram(program, OUTPUT)) return false;
  } else {
    bufferText(OUTPUT, ',"error":{"code":');
    bufferUint(OUTPUT, errorCode());
    bufferText(OUTPUT, ',"message":');
    TEXT.len = 0;
    writeErrorText(TEXT);
    writeString(TEXT.at, TEXT.len, OUTPUT);
    bufferText(OUTPUT, ',"offset":');
    bufferUint(OUTPUT, errorOffset());
    bufferByte(OUTPUT, 0x7d);
    clearError();
  }
  bufferByte(OUTPUT, 0x7d);
  frameEnd(OUTPUT, frame);
  return true;
}
