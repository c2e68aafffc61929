/**
 * Where load() is in a document: a JSON pointer that grows and shrinks with the walk, and the file
 * that it is in. Errors of load() carry both; tasks keep the pointer as their reference.
 */

import { textByte } from "../../bytes/byte";
import { SLASH, TILDE } from "../../bytes/characters";
import { Arena, arenaTake } from "../../bytes/arena";
import { Buffer, bufferByte, bufferBytes, bufferText, bufferUint } from "../../bytes/buffer";
import { failDetail, setErrorWhere } from "../../errors/errors";
import { addressOf, lengthOf, setKeptText } from "../../value/cell";

/** The pointer of the value at hand. */
export const PLACE: Buffer = changetype<Buffer>(memory.data(16, 16));
/** In the place of a task that runs a workflow, its pointer: what those inside begin with. */
const AROUND: Buffer = changetype<Buffer>(memory.data(16, 16));
/** The place of an error, which outlives the walk: the file, then the pointer. */
const SHOWN: Buffer = changetype<Buffer>(memory.data(16, 16));
let file: usize = 0;

/** Starts at the root of a file, whose path is a string cell. */
export function placeBegin(path: usize): void {
  PLACE.len = 0;
  AROUND.len = 0;
  file = path;
}

/** Goes to the root of another file, whose tasks stand below this place; give the result to placeOut(). */
export function placeInto(path: usize): u32 {
  const before = AROUND.len;
  bufferBytes(AROUND, PLACE.at, PLACE.len);
  PLACE.len = 0;
  file = path;
  return before;
}
/** Back to where placeInto() was called, in the file that it was called in. */
export function placeOut(before: u32, path: usize): void {
  PLACE.len = 0;
  bufferBytes(PLACE, AROUND.at + before, AROUND.len - before);
  AROUND.len = before;
  file = path;
}
/** True below a task that runs another workflow. */
export function placeIsInside(): bool {
  return AROUND.len != 0;
}

/** The file that it is in: a string cell. */
export function placeFile(): usize {
  return file;
}

/** Goes into a member; hand the result to placeLeave(). Escapes as RFC 6901 section 3. */
export function placeEnter(key: usize): u32 {
  const before = PLACE.len;
  bufferByte(PLACE, SLASH);
  const n = lengthOf(key);
  for (let i: u32 = 0; i < n; i++) {
    const c = textByte(addressOf(key) + i);
    if (c == TILDE) bufferText(PLACE, "~0");
    else if (c == SLASH) bufferText(PLACE, "~1");
    else bufferByte(PLACE, c);
  }
  return before;
}
export function placeField(name: string): u32 {
  const before = PLACE.len;
  bufferByte(PLACE, SLASH);
  bufferText(PLACE, name);
  return before;
}
export function placeIndex(i: u32): u32 {
  const before = PLACE.len;
  bufferByte(PLACE, SLASH);
  bufferUint(PLACE, i);
  return before;
}
export function placeLeave(before: u32): void {
  PLACE.len = before;
}

/** The pointer, with that of the tasks around its file, as a string cell that lives in `a`. */
export function placeCell(a: Arena): u32 {
  const cell = arenaTake(a, 16);
  const n = AROUND.len + PLACE.len;
  const at = arenaTake(a, n);
  memory.copy(at, AROUND.at, AROUND.len);
  memory.copy(at + AROUND.len, PLACE.at, PLACE.len);
  setKeptText(cell, at, n);
  return cell as u32;
}

/** The same with a reason and the text of a string cell (0: none). */
export function failCell(code: u32, why: string, cell: usize): bool {
  failDetail(code, 0, why, cell == 0 ? 0 : addressOf(cell), cell == 0 ? 0 : lengthOf(cell));
  showPlace();
  return false;
}

/** Adds this place to the error that is already recorded; always false. */
export function showPlace(): bool {
  const path = addressOf(file);
  const length = lengthOf(file);
  SHOWN.len = 0;
  bufferBytes(SHOWN, path, length);
  bufferBytes(SHOWN, PLACE.at, PLACE.len);
  setErrorWhere(SHOWN.at, length, SHOWN.at + length, PLACE.len);
  return false;
}
