/** Where the parser is in a pattern, and what holds there. */

import { textByte } from "../bytes/byte";

export const ABSENT: i32 = -1;

@unmanaged
class Place {
  /** The next character. */
  at: usize;
  /** The pattern's first one, and the first one behind its last. */
  begun: usize;
  end: usize;
  dialect: u32;
  /** Those that hold here. */
  flags: u32;
  /** Where the last atom begins, or ABSENT: there is nothing to repeat. */
  atom: i32;
  /** Groups before the last atom. */
  atomGroups: u32;
  /** Does the program ask for word edges with Unicode in mind? */
  unicodeEdges: bool;
}

/** Where the parser is. */
export const CURSOR: Place = changetype<Place>(memory.data(32, 8));

/** Before a pattern. */
export function cursorBegin(at: usize, length: u32, dialect: u32, flags: u32): void {
  CURSOR.at = at;
  CURSOR.begun = at;
  CURSOR.end = at + length;
  CURSOR.dialect = dialect;
  CURSOR.flags = flags;
  CURSOR.atom = ABSENT;
  CURSOR.unicodeEdges = false;
}

/** Where in the pattern the parser stood when it refused it. */
export function patternErrorOffset(): u32 {
  return (min(CURSOR.at, CURSOR.end) - CURSOR.begun) as u32;
}

export function byteAt(q: usize): u32 {
  return q < CURSOR.end ? textByte(q) : 0;
}

/** The decimal number at q, or a large one. */
export function numberAt(q: usize): u32 {
  let value: u32 = 0;
  while (byteAt(q) - 48 <= 9 && value < 100000) value = value * 10 + (byteAt(q++) - 48);
  return value;
}
