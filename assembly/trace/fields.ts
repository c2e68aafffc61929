/**
 * Commitments of values (docs/spec/trace.md, TRACE-21): a value is walked from its root, each
 * field becomes a message of the batch (batch.ts). Values are canonical: their keys lie sorted.
 */

import { Job, jobAdd, pad, paddedSize } from "../bytes/padded";
import { DIGEST, SHA_STATE, shaBegin, shaEnd, shaUpdate } from "../bytes/sha256";
import { Word } from "../bytes/word";
import {
  addressOf,
  ARRAY,
  CELL,
  FALSE,
  lengthOf,
  NULL,
  NUMBER,
  OBJECT,
  PAIR,
  STRING,
  tagOf,
  TRUE,
} from "../value/cell";
import {
  absorb,
  batchBegin,
  Field,
  hasRoom,
  innermost,
  LONG,
  newField,
  newPiece,
  Open,
  openCount,
  PIECE,
  popOpen,
  pushOpen,
  settleBatch,
  takeSpace,
} from "./batch";
import { childSeed, slotSeed } from "./seeds";

// The first byte of a message.
const OF_NULL: u32 = 0x50;
const OF_FALSE: u32 = 0x51;
const OF_TRUE: u32 = 0x52;
const OF_NUMBER: u32 = 0x53;
const OF_STRING: u32 = 0x54;
const OF_ARRAY: u32 = 0x55;
const OF_OBJECT: u32 = 0x56;
const OF_EMPTY_ARRAY: u32 = 0x57;
const OF_EMPTY_OBJECT: u32 = 0x58;

/** Tag and seed of a message. */
const HEAD: u32 = 33;
/** The longest varint, and tag and number of a container's message. */
const VARINT: u32 = 5;

const seed: usize = memory.data(32, 16);
const stream: usize = memory.data(SHA_STATE, 16);
const bytes: usize = memory.data(16, 16);

/**
 * Begins the commitment of a value in the slot of this code, below a record's seed, which stays
 * where it is: it is at `out` after settle(). Some of it may be hashed already.
 */
export function commitSlot(c: usize, recordSeed: usize, code: u32, out: usize): void {
  batchBegin();
  if (!hasRoom(sizeOf(c))) settleBatch();
  if (isLong(c)) {
    slotSeed(recordSeed, code, seed);
    hashLong(c, out);
  } else add(c, recordSeed, code, out);
  while (openCount() != 0) step();
}

/** Writes the commitment of a value whose seed is given. Nothing else is being committed to. */
export function commitTo(c: usize, given: usize, out: usize): void {
  batchBegin();
  memory.copy(seed, given, DIGEST);
  if (isLong(c)) {
    hashLong(c, out);
    return;
  }
  add(c, 0, 0, out);
  while (openCount() != 0) step();
  settleBatch();
}

/** Adds the next child of the innermost container, or closes it. */
function step(): void {
  const o = innermost();
  if (o.index == o.count) {
    popOpen();
    return;
  }
  const key: usize = o.child;
  const c: usize = o.unit == PAIR ? key + CELL : key;
  let named = o.unit == PAIR;
  if (named && lengthOf(key) > LONG) {
    settleBatch();
    absorb(bytes, (putVarint(bytes, lengthOf(key)) - bytes) as u32);
    absorb(addressOf(key), lengthOf(key));
    named = false;
  }
  const long = isLong(c);
  if (long || !hasRoom(sizeOf(c) + (o.index == o.until ? PIECE_ROOM : 0))) settleBatch();
  if (o.index == o.until) reserve(o, named);
  if (named) o.cursor = putName(o.cursor, key) as u32;
  const out = o.cursor;
  const index = o.index++;
  o.cursor += DIGEST;
  o.child += o.unit;
  const above = changetype<Field>(o.field).seed;
  if (long) {
    childSeed(above, index, seed);
    hashLong(c, out);
  } else add(c, above, index, out);
}

/** Bytes that a piece takes at most: with its header, and the container's head and padding. */
const PIECE_ROOM: u32 = PIECE + 2 * LONG + 128;

function isContainer(c: usize): bool {
  const tag = tagOf(c);
  return (tag == ARRAY || tag == OBJECT) && lengthOf(c) != 0;
}

function isLong(c: usize): bool {
  return tagOf(c) == STRING && lengthOf(c) > LONG;
}

/** Bytes that a field takes at most. */
function sizeOf(c: usize): u32 {
  if (isContainer(c)) return PIECE_ROOM + DIGEST;
  return paddedSize(HEAD + (tagOf(c) == STRING ? min<u32>(lengthOf(c), LONG) : 8)) + 8;
}

/** A text that is hashed where it lies, with `seed`. */
function hashLong(c: usize, out: usize): void {
  shaBegin(stream);
  store<u8>(bytes, OF_STRING);
  shaUpdate(stream, bytes, 1);
  shaUpdate(stream, seed, DIGEST);
  shaUpdate(stream, addressOf(c), lengthOf(c));
  shaEnd(stream, out);
}

function add(c: usize, above: usize, number: u32, out: usize): void {
  const tag = tagOf(c);
  if (isContainer(c)) openContainer(c, above, number, out);
  else if (tag == NUMBER) {
    const at = scalar(OF_NUMBER, 8, above, number, out);
    store<u64>(at, Word.swap64(load<u64>(c, 8)));
    finish(at, 8);
  } else if (tag == STRING) {
    const length = lengthOf(c);
    const at = scalar(OF_STRING, length, above, number, out);
    const from = addressOf(c);
    for (let i: usize = 0; i < (length as usize); i += 8) store<u64>(at + i, load<u64>(from + i));
    finish(at, length);
  } else {
    let kind = OF_EMPTY_OBJECT;
    if (tag == NULL) kind = OF_NULL;
    else if (tag == FALSE) kind = OF_FALSE;
    else if (tag == TRUE) kind = OF_TRUE;
    else if (tag == ARRAY) kind = OF_EMPTY_ARRAY;
    finish(scalar(kind, 0, above, number, out), 0);
  }
}

/** The field that scalar() has begun. */
let current: Field = changetype<Field>(0);

/** Begins the message of a value without children; returns where its content goes. */
function scalar(kind: u32, length: u32, above: usize, number: u32, out: usize): usize {
  const at = takeSpace(paddedSize(HEAD + length) + 8);
  store<u8>(at, kind);
  current = newField(above, number, at + 1, out);
  current.at = at as u32;
  if (above == 0) memory.copy(at + 1, seed, DIGEST);
  return at + HEAD;
}

function finish(content: usize, length: u32): void {
  current.blocks = pad(content - HEAD, HEAD + length);
  jobAdd(changetype<Job>(changetype<usize>(current)));
}

function openContainer(c: usize, above: usize, number: u32, out: usize): void {
  const at = takeSpace(DIGEST);
  const f = newField(above, number, at, out);
  if (above == 0) memory.copy(at, seed, DIGEST);
  const o = pushOpen(f);
  o.child = addressOf(c) as u32;
  o.unit = tagOf(c) == ARRAY ? CELL : PAIR;
  o.count = lengthOf(c);
  reserve(o, true);
  const message = o.cursor;
  store<u8>(message, o.unit == CELL ? OF_ARRAY : OF_OBJECT);
  o.cursor = putVarint(message + 1, o.count) as u32;
  o.whole = o.until == o.count ? 1 : 0;
  f.at = message;
}

/**
 * Makes a piece for the next children, as many as PIECE has room for, none of them with a long name; but
 * of the first one the name may be hashed already: then it is not `named`.
 */
function reserve(o: Open, named: bool): void {
  let size: u32 = 1 + VARINT;
  let i = o.index;
  if (o.unit == CELL) {
    const most = (PIECE - size) / DIGEST;
    i += min<u32>(o.count - i, most);
    size += (i - o.index) * DIGEST;
  } else {
    for (let key: usize = o.child; i < o.count && size < PIECE; i++, key += PAIR) {
      if (lengthOf(key) > LONG && (named || i != o.index)) break;
      if (named || i != o.index) size += VARINT + lengthOf(key);
      size += DIGEST;
    }
  }
  newPiece(o, paddedSize(size) + 8);
  o.until = i;
}

function putVarint(at: usize, x: u32): usize {
  for (; x >= 0x80; x >>>= 7) store<u8>(at++, (x & 0x7f) | 0x80);
  store<u8>(at++, x);
  return at;
}

function putName(at: usize, key: usize): usize {
  const length = lengthOf(key);
  const to = putVarint(at, length);
  const from = addressOf(key);
  for (let i: usize = 0; i < (length as usize); i += 8) store<u64>(to + i, load<u64>(from + i));
  return to + length;
}
