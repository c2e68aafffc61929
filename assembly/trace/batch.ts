/**
 * The fields whose commitments are being made, in memory that does not grow: whatever a value's
 * size, they are hashed (settle) whenever so many have come together.
 *
 * A field's message lies padded in a space of its own, with room for its seed, and for those of
 * a container's children, whose commitments are written straight into it. A container that has
 * more than fits into PIECE bytes, or that is still open when the others are hashed, is hashed in
 * pieces, in a stream that it has by its depth.
 *
 *     a field (48 bytes)   +0 a job (padded.ts): its message and where its commitment goes
 *                          +16 a seed to be made (seeds.ts): its own
 *                          +32 stream: of a container in pieces, 0: begun with its first piece
 *     a piece              +0 u32 next   +4 u32 length   +8 bytes
 */

import { chunkTake } from "../bytes/memory";
import { Digest, Job, jobAdd, jobsRun, pad } from "../bytes/padded";
import { SHA_STATE, shaBegin, shaEnd, shaUpdate } from "../bytes/sha256";
import { MAX_DEPTH } from "../errors/codes";
import { makeSeeds } from "./seeds";

/** Bytes of a container's message that are reserved at once. */
export const PIECE: u32 = 4096;
/** A longer text is hashed where it lies. */
export const LONG: u32 = 2048;

@unmanaged
export class Field {
  at: u32;
  blocks: u32;
  out: u32;
  next: u32;
  above: u32;
  number: u32;
  seed: u32;
  nextSeed: u32;
  stream: u32;
  unused: u32;
  unused2: u32;
  unused3: u32;
}
const FIELD: u32 = 48;
/** More than can be open at once, which stay when the others are hashed. */
const FIELDS: u32 = 2048;

/** A container whose children are being added. */
@unmanaged
export class Open {
  field: u32;
  /** Its next child's cell, or pair; the bytes of one; its number; and how many there are. */
  child: u32;
  unit: u32;
  index: u32;
  count: u32;
  /** Up to this child there is room in the last piece, and where the next one goes. */
  until: u32;
  cursor: u32;
  first: u32;
  last: u32;
  /** 1: it is all in one piece. */
  whole: u32;
  /** 1: its stream has begun. */
  begun: u32;
  unused: u32;
}
/** Behind it: its seed, its stream, and a piece of 32 bytes. */
const OPEN: u32 = 240;
function ownSeed(o: usize): usize {
  return o + 48;
}
function ownStream(o: usize): usize {
  return o + 80;
}
function ownPiece(o: usize): usize {
  return o + 192;
}

const MOST_OPEN: u32 = MAX_DEPTH + 8;
const SPACE: u32 = 196608;

let fields: usize = 0;
let opened: usize = 0;
let space: usize = 0;

let count: u32 = 0;
let open: u32 = 0;
let used: u32 = 0;
/** The deepest field. */
let deepest: u32 = 0;

/** By depth: the seeds to be made, and the containers to be hashed after what is in them. */
const wanted: usize = memory.data(4144, 16);
const closed: usize = memory.data(4144, 16);
const stream: usize = memory.data(SHA_STATE, 16);

export function openCount(): u32 {
  return open;
}
export function innermost(): Open {
  return changetype<Open>(opened + (((open - 1) * OPEN) as usize));
}

/** Begins a value: the memory is taken when there is a first one. */
export function batchBegin(): void {
  if (fields != 0) return;
  fields = chunkTake(FIELDS * FIELD + MOST_OPEN * OPEN + SPACE);
  opened = fields + ((FIELDS * FIELD) as usize);
  space = opened + ((MOST_OPEN * OPEN) as usize);
}

/** True if a field, and so many bytes, fit. */
export function hasRoom(size: u32): bool {
  return count < FIELDS && used + size <= SPACE;
}

/** Takes bytes for messages. */
export function takeSpace(size: u32): usize {
  const at = space + (used as usize);
  used += (size + 7) & ~7;
  return at;
}

/** A new field below a seed; 0: it has a seed already. */
export function newField(above: usize, number: u32, seed: usize, out: usize): Field {
  const f = changetype<Field>(fields + ((count++ * FIELD) as usize));
  f.out = out as u32;
  f.seed = seed as u32;
  f.stream = 0;
  f.blocks = 0;
  if (open > deepest) deepest = open;
  if (above != 0) {
    f.above = above as u32;
    f.number = number;
    const list = wanted + ((open as usize) << 2);
    f.nextSeed = load<u32>(list);
    store<u32>(list, (changetype<usize>(f) as u32) + 16);
  }
  return f;
}

/** Opens a container. */
export function pushOpen(f: Field): Open {
  open++;
  const o = innermost();
  o.field = changetype<usize>(f) as u32;
  o.index = 0;
  o.until = 0;
  o.first = 0;
  o.last = 0;
  o.whole = 0;
  o.begun = 0;
  return o;
}

/** Adds an empty piece with room for so many bytes. */
export function newPiece(o: Open, size: u32): void {
  const piece = takeSpace(size + 8) as u32;
  store<u32>(piece, 0);
  if (o.last == 0) o.first = piece;
  else {
    store<u32>(o.last, o.cursor - o.last - 8, 4);
    store<u32>(o.last, piece);
  }
  o.last = piece;
  o.cursor = piece + 8;
}

/** The innermost container has all its children: it is hashed after them. */
export function popOpen(): void {
  const o = innermost();
  const f = changetype<Field>(o.field);
  open--;
  if (o.whole) f.blocks = pad(f.at, o.cursor - f.at);
  else {
    store<u32>(o.last, o.cursor - o.last - 8, 4);
    f.at = o.first;
    if (o.begun) f.stream = ownStream(changetype<usize>(o)) as u32;
  }
  const list = closed + ((open as usize) << 2);
  f.next = load<u32>(list);
  store<u32>(list, changetype<usize>(f) as u32);
}

/** Makes all commitments but those of open containers, which go on in their streams. */
export function settleBatch(): void {
  if (count == 0) return;
  for (let depth: u32 = 0; depth <= deepest; depth++) {
    const list = wanted + ((depth as usize) << 2);
    makeSeeds(load<u32>(list), depth == 0);
    store<u32>(list, 0);
  }
  jobsRun();
  for (let depth = deepest + 1; depth > 0; depth--) {
    const list = closed + (((depth - 1) as usize) << 2);
    let next = load<u32>(list);
    store<u32>(list, 0);
    while (next != 0) {
      const f = changetype<Field>(next);
      next = f.next;
      if (f.blocks != 0) jobAdd(changetype<Job>(changetype<usize>(f)));
      else endPieces(f);
    }
    jobsRun();
  }
  used = 0;
  deepest = open;
  count = open;
  for (let i: u32 = 0; i < open; i++) carry(i);
}

function endPieces(f: Field): void {
  let s: usize = f.stream;
  if (s == 0) {
    s = stream;
    shaBegin(s);
  }
  for (let p: usize = f.at; p != 0; p = load<u32>(p)) shaUpdate(s, p + 8, load<u32>(p, 4));
  shaEnd(s, f.out);
}

/** Hashes what an open container has so far, up to the commitment of a child that is open, too. */
function carry(depth: u32): void {
  const at = opened + ((depth * OPEN) as usize);
  const o = changetype<Open>(at);
  const f = changetype<Field>(fields + ((depth * FIELD) as usize));
  const pending: u32 = depth + 1 < open ? 32 : 0;
  if (!o.begun) {
    shaBegin(ownStream(at));
    o.begun = 1;
    Digest.copy(ownSeed(at), changetype<Field>(o.field).seed);
  }
  if (o.last != 0) store<u32>(o.last, o.cursor - o.last - 8, 4);
  for (let p: usize = o.first; p != 0; p = load<u32>(p)) {
    const length = load<u32>(p, 4) - (p == o.last ? pending : 0);
    shaUpdate(ownStream(at), p + 8, length);
  }
  // Its field moves to the front: none before it is needed any more.
  memory.copy(changetype<usize>(f), o.field, FIELD);
  f.seed = ownSeed(at) as u32;
  f.blocks = 0;
  o.field = changetype<usize>(f) as u32;
  const piece = ownPiece(at) as u32;
  store<u32>(piece, 0);
  o.first = piece;
  o.last = piece;
  o.cursor = piece + 8 + pending;
  o.until = o.index;
  o.whole = 0;
  if (pending != 0) changetype<Field>(changetype<Open>(at + OPEN).field).out = piece + 8;
}

/** Hashes bytes into the innermost container, all of whose fields are settled. */
export function absorb(at: usize, length: u32): void {
  shaUpdate(ownStream(changetype<usize>(innermost())), at, length);
}
