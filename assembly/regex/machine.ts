/**
 * Runs a program over a text: all threads at once, each character once (Pike's machine), so that
 * the time is at most the length of the text times that of the program. Threads are in order of
 * preference: the first one that matches wins, as in a matcher that tries one after another.
 *
 * A thread is an instruction and its slots, where groups begin and end (byte offsets, -1: nowhere).
 * Two threads at one instruction would go on alike: only the preferred one is kept. Two that are in
 * empty turns of different loops would not: SEEN tells them apart by the loop's height.
 */

import { textByte } from "../bytes/byte";
import { Buffer, bufferRoom } from "../bytes/buffer";
import { decodeAt, sizeAt } from "../bytes/utf8";
import { charge } from "../errors/errors";
import * as P from "./program";
import { setHas } from "./sets";

/** The slots of the match. */
export const FOUND: Buffer = changetype<Buffer>(memory.data(16, 16));

export const LONGEST: u32 = 1;
export const NOT_EMPTY: u32 = 2;

/** Instructions and slots of the threads before and behind the character at hand. */
const NOW: Buffer = changetype<Buffer>(memory.data(16, 16));
const NEXT: Buffer = changetype<Buffer>(memory.data(16, 16));
const NOW_SLOTS: Buffer = changetype<Buffer>(memory.data(16, 16));
const NEXT_SLOTS: Buffer = changetype<Buffer>(memory.data(16, 16));
/**
 * For each instruction and each loop whose turn has taken no character yet (0: none), the step in
 * which a thread came to it last.
 */
const SEEN: Buffer = changetype<Buffer>(memory.data(16, 16));
/** To be followed: an instruction, or (high bit) a slot to be set back to a value. 8 bytes each. */
const OPEN: Buffer = changetype<Buffer>(memory.data(16, 16));
/** The slots of the thread that is being followed. */
const SLOTS: Buffer = changetype<Buffer>(memory.data(16, 16));

const RESTORE: u32 = 0x80000000;
/** Above an instruction's number: the height of the outermost loop whose turn is still empty. */
const HEIGHT: u32 = 20;
const NUMBER: u32 = 0xfffff;

let text: usize = 0;
let textEnd: usize = 0;
let step: u32 = 0;
/** FACTS.heights */
let heights: u32 = 0;
let slots: u32 = 0; // bytes of a thread's slots
let work: u32 = 0;
/** Work that a copy of the slots adds. */
let copied: u32 = 0;

function size(b: Buffer, bytes: u32): void {
  b.len = 0;
  bufferRoom(b, bytes);
  b.len = bytes;
}

/** Forgets no step, but what is new has none. */
function sizeSeen(bytes: u32): void {
  if (SEEN.len >= bytes) return;
  size(SEEN, bytes);
  memory.fill(SEEN.at, 0, bytes);
}

/**
 * Looks for the first match in text[from:], whose slots are then in FOUND. 1: found, 0: there is
 * none, -1: out of fuel. `captures`: whether groups are wanted, not only where the match is.
 */
export function execute(at: usize, length: u32, from: u32, captures: bool, options: u32): i32 {
  const n = P.codeCount();
  text = at;
  textEnd = at + length;
  slots = captures ? (P.FACTS.groups + 1) * 8 : 8;
  copied = slots >>> 6;
  heights = P.FACTS.heights;
  sizeSeen(n * P.FACTS.heights * 4);
  if (step > 0x7fffffff) {
    memory.fill(SEEN.at, 0, SEEN.len);
    step = 0;
  }
  size(FOUND, slots);
  size(SLOTS, slots);
  size(NOW, n * 4);
  size(NEXT, n * 4);
  size(NOW_SLOTS, n * slots);
  size(NEXT_SLOTS, n * slots);
  let found = false;
  let now: u32 = 0; // threads
  step++;
  work = 0;
  let p = at + from;
  while (true) {
    if (now == 0) {
      if (found) return 1;
      if (P.FACTS.anchored && p != at) return 0;
      if (P.FACTS.led) {
        const start = p;
        while (p < textEnd && textByte(P.LEADS + textByte(p)) == 0) p++;
        if (!charge(((p - start) >>> 4) as u32)) return -1;
        if (p == textEnd) return 0;
      }
    }
    // A new thread begins here, with the least preference, until something was found.
    if (!found) {
      memory.fill(SLOTS.at, 0xff, slots);
      now = follow(NOW, NOW_SLOTS, now, 0, p);
    }
    if (!charge(1 + (work >>> 2))) return -1;
    work = 0;
    const here = p < textEnd;
    const c = here ? decodeAt(p) : 0;
    const behind = here ? p + (sizeAt(p) as usize) : p;
    step++;
    let next: u32 = 0;
    for (let i: u32 = 0; i < now; i++) {
      const pc = load<u32>(NOW.at + (i << 2));
      const instruction = P.instruction(pc);
      const op: u32 = textByte(instruction);
      const x = load<u32>(instruction, 4);
      work++;
      if (op == P.MATCH) {
        const own = NOW_SLOTS.at + i * slots;
        if (options & NOT_EMPTY && load<i32>(own) == load<i32>(own, 4)) continue;
        if (options & LONGEST) {
          const better =
            !found ||
            load<i32>(own) < load<i32>(FOUND.at) ||
            (load<i32>(own) == load<i32>(FOUND.at) && load<i32>(own, 4) > load<i32>(FOUND.at, 4));
          if (better) memory.copy(FOUND.at, own, slots);
          found = true;
          continue;
        }
        memory.copy(FOUND.at, own, slots);
        found = true;
        break; // whoever comes behind has less preference
      }
      if (!here) continue;
      const steps = op == P.CHAR ? c == x : op == P.CHAR_SET ? setHas(x, c) : true;
      if (!steps) continue;
      memory.copy(SLOTS.at, NOW_SLOTS.at + i * slots, slots);
      next = follow(NEXT, NEXT_SLOTS, next, pc + 1, behind);
    }
    if (!here) return found ? 1 : 0;
    swap(NOW, NEXT);
    swap(NOW_SLOTS, NEXT_SLOTS);
    now = next;
    p = behind;
  }
}

function swap(a: Buffer, b: Buffer): void {
  const at = a.at;
  const cap = a.cap;
  const len = a.len;
  a.at = b.at;
  a.cap = b.cap;
  a.len = b.len;
  b.at = at;
  b.cap = cap;
  b.len = len;
}

/** Adds the threads that come of instruction `from` at `p`, without a further character, to a list. */
function follow(list: Buffer, listSlots: Buffer, count: u32, from: u32, p: usize): u32 {
  OPEN.len = 0;
  push(from, 0);
  while (OPEN.len != 0) {
    OPEN.len -= 8;
    const entry = OPEN.at + OPEN.len;
    const what = load<u32>(entry);
    if (what & RESTORE) {
      store<u32>(SLOTS.at + (what & ~RESTORE), load<u32>(entry, 4));
      continue;
    }
    const pc = what & NUMBER;
    const at = P.instruction(pc);
    const op: u32 = textByte(at);
    // Whoever waits for a character will have taken one.
    const empty = op > P.ANY ? what >>> HEIGHT : 0;
    const seen = SEEN.at + ((pc * heights + empty) << 2);
    if (load<u32>(seen) == step) continue;
    store<u32>(seen, step);
    work++;
    const x = load<i32>(at, 4);
    switch (op) {
      case P.JUMP:
        push(what + x, 0);
        break;
      case P.SPLIT:
        push(what + x, 0);
        push(what + 1, 0);
        break;
      case P.OTHER:
        push(what + 1, 0);
        push(what + x, 0);
        break;
      case P.TURN: {
        const height: u32 = load<u16>(at, 2);
        push((max(empty, height) << HEIGHT) | (pc + 1), 0);
        break;
      }
      case P.TAKEN: {
        const height: u32 = load<u16>(at, 2);
        if (empty < height) push(what + 1, 0);
        // The loop is left: what is around it has begun before, or is empty as well.
        else if (x != 0) push((empty == height ? pc : what) + x, 0);
        break;
      }
      case P.SAVE: {
        const slot = (x as u32) << 2;
        if (slot < slots) {
          push(RESTORE | slot, load<u32>(SLOTS.at + slot));
          store<u32>(SLOTS.at + slot, (p - text) as u32);
        }
        push(what + 1, 0);
        break;
      }
      case P.CLEAR:
        for (let slot = (load<u16>(at, 2) as u32) << 2; slot < (x as u32) << 2; slot += 4) {
          if (slot >= slots) break;
          push(RESTORE | slot, load<u32>(SLOTS.at + slot));
          store<u32>(SLOTS.at + slot, 0xffffffff);
        }
        push(what + 1, 0);
        break;
      case P.ASSERT:
        if (holds(x, p, load<u16>(at, 2))) push(what + 1, 0);
        break;
      default:
        store<u32>(list.at + (count << 2), pc);
        memory.copy(listSlots.at + count * slots, SLOTS.at, slots);
        work += copied;
        count++;
    }
  }
  return count;
}

function push(what: u32, value: u32): void {
  bufferRoom(OPEN, 8);
  const at = OPEN.at + OPEN.len;
  store<u32>(at, what);
  store<u32>(at, value, 4);
  OPEN.len += 8;
}

function holds(kind: i32, p: usize, words: u32): bool {
  switch (kind) {
    case P.TEXT_BEGIN:
      return p == text;
    case P.TEXT_END:
      return p == textEnd;
    case P.NEARLY_END:
      return p == textEnd || (p + 1 == textEnd && textByte(p) == 10);
    case P.LINE_BEGIN:
      // Not behind a line feed that ends the text.
      return p == text || (textByte(p - 1) == 10 && p != textEnd);
    case P.LINE_END:
      return p == textEnd || textByte(p) == 10;
    case P.ECMA_LINE_BEGIN:
      return p == text || endsLine(before(p));
    case P.ECMA_LINE_END:
      return p == textEnd || endsLine(decodeAt(p));
    default: {
      const edge = isWord(before(p), words) != (p < textEnd && isWord(decodeAt(p), words));
      return edge == (kind == P.WORD_EDGE);
    }
  }
}

function endsLine(c: u32): bool {
  return c == 10 || c == 13 || c == 0x2028 || c == 0x2029;
}

/** The character before p; 0, which is no word character, at the beginning. */
function before(p: usize): u32 {
  if (p == text) return 0;
  let q = p - 1;
  while ((textByte(q) & 0xc0) == 0x80) q--;
  return decodeAt(q);
}

function isWord(c: u32, words: u32): bool {
  if (c < 128) return c - 48 <= 9 || (c | 32) - 97 < 26 || c == 95;
  if (words == P.UNICODE_WORDS) return setHas(P.FACTS.words, c);
  // Those that case folding takes to ASCII: the long s and the Kelvin sign.
  return words == P.FOLDED_WORDS && (c == 0x17f || c == 0x212a);
}
