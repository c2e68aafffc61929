/** What every call shares: the windows, the error record, the fuel that was used. */

import { Buffer, bufferClear, bufferRoom, INPUT, OUTPUT } from "../bytes/buffer";
import { ABI_VERSION, MAX_INPUT, SEMANTICS } from "../codes";
import { clearError, fuel, setFuel, writeErrorText } from "../errors";

let granted: i64 = 0;

export function abi(): u32 {
  return ABI_VERSION;
}
export function semantics(): u32 {
  return SEMANTICS;
}

/**
 * Address of an input window of at least `size` bytes, or 0 when `size` is over MAX_INPUT.
 * Valid until the next call of input(); memory.buffer may have been replaced.
 */
export function input(size: u32): u32 {
  if (size > (MAX_INPUT as u32)) return 0;
  const b: Buffer = INPUT;
  bufferClear(b);
  // 16 bytes of slack, so that readers may load whole words at the end of a text.
  bufferRoom(b, size + 16);
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

/** Fuel that the last call used, in units (a double holds it exactly). */
export function fuelUsed(): f64 {
  return (granted - fuel) as f64;
}

/** Makes fuelUsed() return the fuel of a run, which several calls share. */
export function reportFuel(units: f64): void {
  granted = units as i64;
  setFuel(0);
}

/** Every call begins with this: no error, an empty output, so much fuel. */
export function beginCall(units: i64): void {
  clearError();
  bufferClear(OUTPUT);
  granted = units;
  setFuel(units);
}
