/** ASCII literals of the engine as string cells, for keys and texts that it makes itself. */

import { arenaTake, PERSISTENT, SCRATCH } from "../../bytes/arena";
import { Buffer } from "../../bytes/buffer";
import {
  ASCII,
  CANONICAL,
  copyCell,
  KEPT,
  OBJECT,
  setCell,
  setString,
  setUsed,
} from "../../value/cell";

/** A string cell of a literal; its bytes lie in SCRATCH. */
export function literalCell(c: usize, text: string): void {
  const from = changetype<usize>(text);
  const n = load<u32>(from - 4) >>> 1;
  const at = arenaTake(SCRATCH, n);
  for (let i: u32 = 0; i < n; i++) store<u8>(at + i, load<u16>(from + ((i as usize) << 1)) as u8);
  setString(c, at, n, CANONICAL | ASCII);
}

/** The same in PERSISTENT, for what load() makes: the cell. */
export function keptLiteral(text: string): usize {
  const from = changetype<usize>(text);
  const n = load<u32>(from - 4) >>> 1;
  const cell = arenaTake(PERSISTENT, 16);
  const at = arenaTake(PERSISTENT, n);
  for (let i: u32 = 0; i < n; i++) store<u8>(at + i, load<u16>(from + ((i as usize) << 1)) as u8);
  setString(cell, at, n, CANONICAL | KEPT | ASCII);
  return cell;
}

/** A string cell of a buffer's bytes, copied to SCRATCH. */
export function bufferCell(c: usize, b: Buffer): void {
  const at = arenaTake(SCRATCH, b.len);
  memory.copy(at, b.at, b.len);
  setString(c, at, b.len, CANONICAL);
}

/**
 * Puts a member at `p` of an object's storage: where the next one goes. One that is not there (0) is
 * left out. Names come in their order.
 */
export function putMember(p: usize, name: string, value: usize): usize {
  if (value == 0) return p;
  literalCell(p, name);
  copyCell(p + 16, value);
  return p + 32;
}

/** The object of the members from `at` to `end`. */
export function closeObject(out: usize, at: usize, end: usize): void {
  const n = ((end - at) >>> 5) as u32;
  setUsed(at, n);
  setCell(out, OBJECT, 0, n, at);
}
