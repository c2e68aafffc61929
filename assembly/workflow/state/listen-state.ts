/**
 * What a listen has taken so far, as one canonical value in its frame, so that a snapshot holds it:
 *
 *     {"correlations":{NAME:VALUE},"filters":[number of a filter that has taken an event...],
 *      "item":what it gives of the last event,"items":[what it has given before]}
 *
 * Filters are numbered from 0, those of `until` first.
 */

import { arenaTake, SCRATCH } from "../../bytes/arena";
import { E_LIMIT_MEMORY } from "../../errors/codes";
import { charge, fail } from "../../errors/errors";
import {
  ARRAY,
  arrayStorage,
  copyCell,
  elementAt,
  lengthOf,
  numberOf,
  OBJECT,
  objectStorage,
  setCell,
  setNull,
  setNumber,
  setUsed,
  tagOf,
} from "../../value/cell";
import { objectField } from "../../value/object";
import { literalCell } from "./literal";
import { isWhole } from "./shapes";
import { keep } from "./state";

export function takenCorrelations(taken: usize): usize {
  return objectField(taken, "correlations");
}
export function takenItem(taken: usize): usize {
  return objectField(taken, "item");
}
export function takenItems(taken: usize): usize {
  return objectField(taken, "items");
}

/** Before the first event. */
export function beginListening(to: usize): bool {
  const c = arenaTake(SCRATCH, 48);
  setCell(c, OBJECT, 0, 0, objectStorage(SCRATCH, 0));
  setNull(c + 16);
  setCell(c + 32, ARRAY, 0, 0, arrayStorage(SCRATCH, 0));
  return make(to, c, c + 32, c + 16, c + 32);
}

/** An event has been taken by a filter; `item` is what is given of it. */
export function addTaken(to: usize, correlations: usize, filter: u32, item: usize): bool {
  const c = arenaTake(SCRATCH, 32);
  setNumber(c, filter as f64);
  if (!appended(c + 16, objectField(to, "filters"), c)) return false;
  return make(to, correlations, c + 16, item, takenItems(to));
}

/** What it gives of the last event is this, once it has been worked on. */
export function giveTaken(to: usize, item: usize): bool {
  const items = arenaTake(SCRATCH, 16);
  if (!appended(items, takenItems(to), item)) return false;
  return make(to, takenCorrelations(to), objectField(to, "filters"), item, items);
}

/** True if the filter has taken an event before. */
export function hasTaken(taken: usize, filter: u32): bool {
  const filters = objectField(taken, "filters");
  for (let i: u32 = 0; i < lengthOf(filters); i++) {
    if (numberOf(elementAt(filters, i)) == (filter as f64)) return true;
  }
  return false;
}

function appended(out: usize, array: usize, value: usize): bool {
  const n = lengthOf(array);
  if (!charge(n + 1)) return false;
  const at = arrayStorage(SCRATCH, n + 1);
  if (at == 0) return fail(E_LIMIT_MEMORY, 0);
  for (let i: u32 = 0; i < n; i++) copyCell(at + ((i as usize) << 4), elementAt(array, i));
  copyCell(at + ((n as usize) << 4), value);
  setUsed(at, n + 1);
  setCell(out, ARRAY, 0, n + 1, at);
  return true;
}

function make(to: usize, correlations: usize, filters: usize, item: usize, items: usize): bool {
  const at = objectStorage(SCRATCH, 4);
  literalCell(at, "correlations");
  copyCell(at + 16, correlations);
  literalCell(at + 32, "filters");
  copyCell(at + 48, filters);
  literalCell(at + 64, "item");
  copyCell(at + 80, item);
  literalCell(at + 96, "items");
  copyCell(at + 112, items);
  setUsed(at, 4);
  const cell = arenaTake(SCRATCH, 16);
  setCell(cell, OBJECT, 0, 4, at);
  return keep(to, cell);
}

/** True if the value could have been made by the functions above, for so many filters. */
export function isListenState(v: usize, filters: u32): bool {
  if (tagOf(v) != OBJECT || lengthOf(v) != 4) return false;
  const known = takenCorrelations(v);
  const numbers = objectField(v, "filters");
  const items = takenItems(v);
  if (known == 0 || numbers == 0 || items == 0 || takenItem(v) == 0) return false;
  if (tagOf(known) != OBJECT || tagOf(numbers) != ARRAY || tagOf(items) != ARRAY) return false;
  for (let i: u32 = 0; i < lengthOf(numbers); i++) {
    if (!isWhole(elementAt(numbers, i), filters as f64)) return false;
  }
  return true;
}
