/**
 * The decision digest and the fingerprint (docs/spec/trace.md, TRACE-14 to TRACE-17), and the
 * tagged hash that they are made of: SHA-256("reach/v1/" || tag || 00 || (u64be length || part)...).
 */

import { Buffer, bufferBytes, bufferText, TEXT } from "../bytes/buffer";
import { shaBegin, shaEnd, shaUpdate } from "../bytes/sha256";
import { MAX_INPUT } from "../errors/codes";
import { carryJson } from "../json/writer";

const STATE: usize = memory.data(128, 16);
const NUMBER: usize = memory.data(16, 16);

/** Begins a tagged hash in the one shared state. */
export function tagBegin(tag: string): void {
  tagOpen(STATE, tag);
}

function tagOpen(state: usize, tag: string): void {
  shaBegin(state);
  const text: Buffer = TEXT;
  text.len = 0;
  bufferText(text, "reach/v1/");
  bufferText(text, tag);
  store<u8>(NUMBER, 0);
  bufferBytes(text, NUMBER, 1);
  shaUpdate(state, text.at, text.len);
}

/** Adds a part: its length as u64, big-endian, then its bytes. */
export function tagPart(at: usize, length: u32): void {
  store<u32>(NUMBER, 0);
  store<u32>(NUMBER, bswap<u32>(length), 4);
  shaUpdate(STATE, NUMBER, 8);
  shaUpdate(STATE, at, length);
}

/** Adds a value as RFC 8785 bytes. */
export function tagValue(cell: usize): void {
  const text: Buffer = TEXT;
  text.len = 0;
  carryJson(cell, text, MAX_INPUT);
  tagPart(text.at, text.len);
}

/** Adds a number as four bytes, big-endian. */
export function tagNumber(x: u32): void {
  store<u32>(NUMBER, bswap<u32>(x), 8);
  tagPart(NUMBER + 8, 4);
}

export function tagText(text: string): void {
  TEXT.len = 0;
  bufferText(TEXT, text);
  tagPart(TEXT.at, TEXT.len);
}

export function tagEnd(out: usize): void {
  shaEnd(STATE, out);
}

/** Begins the hash of effects in a state of the caller's. */
export function effectsBegin(state: usize): void {
  tagOpen(state, "effects");
}

/** Adds an entry. */
export function effectsAdd(state: usize, entry: usize): void {
  shaUpdate(state, entry, 32);
}
