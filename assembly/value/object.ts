/**
 * Objects: lookup and building. Keys are string cells; no two keys of one object are equal.
 *
 * Lookup is binary in canonical objects, linear in small ones, and by a hash index in others.
 * The index belongs to the storage and is built at the first lookup that would scan far:
 *
 *     +0 u32 mask (slots - 1)    +4 u32 indexed (pairs entered so far)
 *     +8 u32 slots: pair number + 1, 0 is empty; linear probing
 *
 * It is a cache: whether it exists never shows in a result, and in the fuel only where it is crowded.
 */

import { textByte } from "../bytes/byte";
import { Arena, arenaRoom, arenaTake, ROOM, SCRATCH } from "../bytes/arena";
import {
  addressOf,
  CANONICAL,
  capacityOf,
  Cell,
  flagsOf,
  KEPT,
  keyAt,
  lengthOf,
  OBJECT,
  objectStorage,
  setUsed,
  usedOf,
} from "./cell";
import { charge } from "../errors/errors";
import { compareBytes, compareKeys } from "./order";

const LINEAR: u32 = 8;
/**
 * Probes that are free. Keys chosen so that their hashes collide make every lookup a long one: what
 * goes beyond is charged, a unit a probe.
 */
const CROWDED: u32 = 16;

/** Inlined as in bytes/word.ts. */
// oxlint-disable-next-line typescript/no-extraneous-class
class Key {
  @inline static hash(at: usize, length: u32): u32 {
    let h: u32 = 0x811c9dc5;
    for (let i: u32 = 0; i < length; i++) h = (h ^ textByte(at + i)) * 0x01000193;
    return h ^ (h >>> 15);
  }
}

/** Number of the pair with this key, or -1. */
export function objectFind(o: usize, key: usize, keyLength: u32): i32 {
  const n = lengthOf(o);
  if (n > LINEAR) {
    if (flagsOf(o) & CANONICAL) return findSorted(o, n, key, keyLength);
    const i = findIndexed(o, n, key, keyLength);
    if (i != -2) return i;
  }
  for (let i: u32 = 0; i < n; i++) {
    const k = keyAt(o, i);
    if (lengthOf(k) == keyLength && compareBytes(addressOf(k), keyLength, key, keyLength) == 0)
      return i as i32;
  }
  return -1;
}

function findSorted(o: usize, n: u32, key: usize, keyLength: u32): i32 {
  let low: u32 = 0;
  let high = n;
  while (low < high) {
    const middle = (low + high) >>> 1;
    const k = keyAt(o, middle);
    const order = compareKeys(addressOf(k), lengthOf(k), key, keyLength);
    if (order == 0) return middle as i32;
    if (order < 0) low = middle + 1;
    else high = middle;
  }
  return -1;
}

/** -2: there is no index and no room for one. */
function findIndexed(o: usize, n: u32, key: usize, keyLength: u32): i32 {
  const at = addressOf(o);
  let index: usize = load<u32>(at - 8);
  const used = usedOf(at);
  if (index == 0 || load<u32>(index) < used * 2) {
    if (flagsOf(o) & KEPT) return -2;
    index = buildIndex(at, used);
    if (index == 0) return -2;
  } else if (load<u32>(index, 4) < used && !enterPairs(index, at, load<u32>(index, 4), used))
    return -2;
  const mask = load<u32>(index);
  let slot = Key.hash(key, keyLength) & mask;
  let probes: u32 = 0;
  while (true) {
    const pair = load<u32>(index + 8 + ((slot as usize) << 2));
    if (pair == 0) return -1;
    if (++probes > CROWDED && !charge(1)) return -1;
    const k = at + (((pair - 1) as usize) << 5);
    if (lengthOf(k) == keyLength && compareBytes(addressOf(k), keyLength, key, keyLength) == 0) {
      return pair - 1 < n ? ((pair - 1) as i32) : -1;
    }
    slot = (slot + 1) & mask;
  }
}

function buildIndex(at: usize, used: u32): usize {
  let slots: u32 = 32;
  while (slots < used * 4) slots <<= 1;
  const size: u32 = 8 + slots * 4;
  if (size > ROOM && !arenaRoom(SCRATCH, size)) return 0;
  const index = arenaTake(SCRATCH, size);
  memory.fill(index, 0, size);
  store<u32>(index, slots - 1);
  if (!enterPairs(index, at, 0, used)) return 0;
  store<u32>(at - 8, index as u32);
  return index;
}

/** False when fuel ran out. */
function enterPairs(index: usize, at: usize, from: u32, to: u32): bool {
  const mask = load<u32>(index);
  for (let i = from; i < to; i++) {
    const k = at + ((i as usize) << 5);
    let slot = Key.hash(addressOf(k), lengthOf(k)) & mask;
    let probes: u32 = 0;
    while (load<u32>(index + 8 + ((slot as usize) << 2)) != 0) {
      slot = (slot + 1) & mask;
      if (++probes > CROWDED && !charge(1)) return false;
    }
    store<u32>(index + 8 + ((slot as usize) << 2), i + 1);
    store<u32>(index, i + 1, 4);
  }
  return true;
}

/** Address of the value under a key, or 0. */
export function objectGet(o: usize, key: usize, keyLength: u32): usize {
  const i = objectFind(o, key, keyLength);
  return i < 0 ? 0 : Cell.valueAt(o, i as u32);
}

/** The same for a key that is an ASCII literal of the engine. */
export function objectField(o: usize, name: string): usize {
  const from = changetype<usize>(name);
  const n = load<u32>(from - 4) >>> 1;
  const pairs = lengthOf(o);
  for (let i: u32 = 0; i < pairs; i++) {
    const k = keyAt(o, i);
    if (lengthOf(k) == n && isText(k, name, n)) return Cell.valueAt(o, i);
  }
  return 0;
}

/** True when the string cell equals an ASCII literal. */
export function cellIs(c: usize, text: string): bool {
  const n = load<u32>(changetype<usize>(text) - 4) >>> 1;
  return lengthOf(c) == n && isText(c, text, n);
}

/** The same when its length is right. */
function isText(c: usize, text: string, n: u32): bool {
  const at = addressOf(c);
  const from = changetype<usize>(text);
  for (let i: u32 = 0; i < n; i++) {
    if (textByte(at + i) != (load<u16>(from + ((i as usize) << 1)) as u8)) return false;
  }
  return true;
}

/**
 * to = o with key set to value. Shares storage where the key is new and o is the newest view of
 * its storage; copies otherwise. `to` may be `o`. False when the arena's limit is hit.
 */
export function objectSet(a: Arena, to: usize, o: usize, key: usize, value: usize): bool {
  const n = lengthOf(o);
  let at = addressOf(o);
  const found = objectFind(o, addressOf(key), lengthOf(key));
  const fits = found < 0 && n != 0 && !(flagsOf(o) & KEPT) && usedOf(at) == n && capacityOf(at) > n;
  if (!fits) {
    const capacity = found < 0 ? n + 1 + (n >>> 1) + 2 : n;
    const fresh = objectStorage(a, capacity);
    if (fresh == 0) return false;
    memory.copy(fresh, at, (n as usize) << 5);
    at = fresh;
    setUsed(at, n);
  }
  const i = found < 0 ? n : (found as u32);
  const pair = at + ((i as usize) << 5);
  if (found < 0) {
    Cell.copy(pair, key);
    setUsed(at, n + 1);
  }
  Cell.copy(pair + 16, value);
  Cell.set(to, OBJECT, 0, found < 0 ? n + 1 : n, at);
  return true;
}
