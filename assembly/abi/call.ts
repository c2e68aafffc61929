/** What every call shares: the windows, the error record, the fuel that was used. */

import { Buffer, bufferClear, bufferRoom, INPUT, OUTPUT } from "../bytes/buffer";
import { DIGEST } from "../bytes/sha256";
import {
  ABI_VERSION,
  DEFAULT_FUEL,
  E_CALL,
  E_FRAMES,
  E_LIMIT_SIZE,
  MAX_INPUT,
  SEMANTICS,
} from "../errors/codes";
import { clearError, fail, fuel, setFuel, writeErrorText, writeErrorWhere } from "../errors/errors";

let granted: i64 = 0;

export function abi(): u32 {
  return ABI_VERSION;
}
export function semantics(): u32 {
  return SEMANTICS;
}

/** So many bytes behind a text may be read, so that readers load whole words at its end. */
const SLACK: u32 = 16;

/**
 * Address of an input window of at least `size` bytes, or 0 when `size` is over MAX_INPUT.
 * Valid until the next call of input(); memory.buffer may have been replaced.
 */
export function input(size: u32): u32 {
  if (size > (MAX_INPUT as u32)) return 0;
  const b: Buffer = INPUT;
  bufferClear(b);
  bufferRoom(b, size + SLACK);
  return b.at;
}

/** Address of the last call's result. */
export function output(): u32 {
  return OUTPUT.at;
}
export function outputLength(): u32 {
  return OUTPUT.len;
}

/** Puts the text of the last error into the output window and returns its length. */
export function errorText(): u32 {
  OUTPUT.len = 0;
  writeErrorText(OUTPUT);
  return OUTPUT.len;
}

/** Puts the place of the last error into the output window, if it has one, and returns its length. */
export function errorWhere(): u32 {
  OUTPUT.len = 0;
  writeErrorWhere(OUTPUT);
  return OUTPUT.len;
}

/** Fuel that the last call used, in units (a double holds it exactly). */
export function fuelUsed(): f64 {
  return (granted - fuel) as f64;
}

/** Makes fuelUsed() return the fuel of a run, which several calls share. */
export function reportFuel(units: f64): void {
  granted = units as i64;
  setFuel(0);
}

/** Fuel of a call from its caller's limit: DEFAULT_FUEL where there is none. */
export function fuelGiven(limit: f64): i64 {
  return limit > 0 ? (min<f64>(limit, 9007199254740992) as i64) : (DEFAULT_FUEL as i64);
}

/** Every call begins with this: no error, an empty output, so much fuel. */
export function beginCall(units: i64): void {
  clearError();
  bufferClear(OUTPUT);
  granted = units;
  setFuel(units);
}

/** Is the window as long as the host says? E_CALL: it has not asked for so much. */
export function takes(length: u32): bool {
  if (length > (MAX_INPUT as u32)) return fail(E_LIMIT_SIZE, 0);
  if (INPUT.cap == 0) bufferRoom(INPUT, SLACK);
  return length + SLACK <= INPUT.cap || fail(E_CALL, 0);
}

/** Frames in the window; -1 with E_FRAMES and the offset recorded where one does not fit. */
export function countFrames(length: u32): i32 {
  let offset: u32 = 0;
  let count = 0;
  while (offset < length) {
    const rest = length - offset;
    const size = rest < 4 ? u32.MAX_VALUE : load<u32>(INPUT.at + offset);
    if (rest < 4 || size > rest - 4) {
      fail(E_FRAMES, offset);
      return -1;
    }
    offset += 4 + size;
    count++;
  }
  return count;
}

/** Address of 32 more bytes of output. */
export function digestRoom(): usize {
  return outputRoom(DIGEST);
}

/** Address of so many more bytes of output. */
export function outputRoom(size: u32): usize {
  const b: Buffer = OUTPUT;
  bufferRoom(b, size);
  b.len += size;
  return b.at + b.len - size;
}
