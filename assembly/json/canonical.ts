/**
 * Deep copies in canonical form: what every value becomes when it crosses a task boundary.
 *
 * No recursion. A container's entries are first copied to their new place and then made canonical
 * there, one after another. A frame of the explicit stack is one such container:
 *
 *     +0 u32 next entry   +4 u32 behind the last one   +8 u32 its cell   +12 u32 highest inside
 */

import { isAscii } from "../bytes/utf8";
import { Arena, arenaOver, arenaRoom, arenaTake, ROOM } from "../bytes/arena";
import * as C from "../errors/codes";
import { fail, Fuel } from "../errors/errors";
import {
  addressOf,
  ARRAY,
  arrayStorage,
  ASCII,
  CANONICAL,
  CELL,
  Cell,
  flagsOf,
  heightOf,
  lengthOf,
  NUMBER,
  numberOf,
  OBJECT,
  objectStorage,
  PAIR,
  rawTagOf,
  setHeight,
  setNull,
  setString,
  setUsed,
  STRING,
} from "../value/cell";
import { pairsAscend, sortPairs, sortSpace } from "./sort";

/** MAX_DEPTH frames. */
const stack: usize = memory.data(16384, 16);

/**
 * out = a canonical copy of c in the arena: keys in RFC 8785 order, NaN null, infinities the
 * largest doubles, -0 0. Containers and strings get the flags CANONICAL and `kept`; with KEPT,
 * those that have both already are shared. Charges 1 per cell and 1 per 64 bytes of string.
 * False with the error recorded when fuel, memory or depth runs out.
 */
export function canonicalCopy(c: usize, arena: Arena, out: usize, kept: u32): bool {
  const flags = CANONICAL | kept;
  let top = stack;
  let at = out; // the cell to be made canonical where it lies
  Cell.copy(out, c);
  while (true) {
    if (arenaOver(arena)) return fail(C.E_LIMIT_MEMORY, 0);
    if (!Fuel.charge(1)) return false;
    const tag = rawTagOf(at);
    if (tag == NUMBER) copyNumber(at);
    else if (tag == STRING) {
      if (!copyString(at, arena, kept)) return false;
    } else if (tag == ARRAY || tag == OBJECT) {
      const depth = ((top - stack) >> 4) as u32;
      const shared = kept != 0 && (flagsOf(at) & flags) == flags && heightOf(at) != 0;
      if (depth + (shared ? heightOf(at) : 1) > (C.MAX_DEPTH as u32))
        return fail(C.E_LIMIT_DEPTH, 0);
      if (shared) raise(top, heightOf(at));
      else {
        const n = lengthOf(at);
        const sorted = tag == ARRAY || (flagsOf(at) & CANONICAL) != 0;
        const to = tag == ARRAY ? arrayStorage(arena, n) : objectStorage(arena, n);
        if (to == 0) return fail(C.E_LIMIT_MEMORY, 0);
        const bytes = n * (tag == ARRAY ? CELL : PAIR);
        memory.copy(to, addressOf(at), bytes);
        setUsed(to, n);
        if (!sorted && !pairsAscend(to, n)) {
          const space = sortSpace(n);
          if (space != 0 && !arenaRoom(arena, space as u64)) return fail(C.E_LIMIT_MEMORY, 0);
          sortPairs(to, n);
        }
        Cell.set(at, tag, flags, n, to);
        store<u32>(top, to as u32);
        store<u32>(top, (to + bytes) as u32, 4);
        store<u32>(top, at as u32, 8);
        store<u32>(top, 0, 12);
        top += 16;
      }
    }
    // On to the next cell; keys and values of pairs come one after the other.
    while (true) {
      if (top == stack) return !arenaOver(arena) || fail(C.E_LIMIT_MEMORY, 0);
      const next = load<u32>(top - 16);
      if (next != load<u32>(top - 12)) {
        store<u32>(top - 16, next + CELL);
        at = next;
        break;
      }
      const height = load<u32>(top - 4) + 1;
      setHeight(load<u32>(top - 8), height);
      top -= 16;
      raise(top, height);
    }
  }
}

/** Tells the innermost open container that something of this height lies in it. */
function raise(top: usize, height: u32): void {
  if (top != stack && load<u32>(top - 4) < height) store<u32>(top - 4, height);
}

function copyNumber(at: usize): void {
  const x = numberOf(at);
  if (x != x) setNull(at);
  else if (x == Infinity) Cell.setNumber(at, f64.MAX_VALUE);
  else if (x == -Infinity) Cell.setNumber(at, -f64.MAX_VALUE);
  else Cell.setNumber(at, x == 0 ? 0 : x);
}

function copyString(at: usize, arena: Arena, kept: u32): bool {
  const length = lengthOf(at);
  const flags = CANONICAL | kept;
  if (!Fuel.charge(length >>> 6)) return false;
  if (kept != 0 && (flagsOf(at) & flags) == flags) return true;
  if (length > ROOM && !arenaRoom(arena, length)) return fail(C.E_LIMIT_MEMORY, 0);
  const to = arenaTake(arena, length);
  memory.copy(to, addressOf(at), length);
  // As if it had been read: what a string is known to be must not depend on where it comes from.
  setString(at, to, length, flags | (isAscii(to, length) ? ASCII : 0));
  return true;
}
