/** Where the parser is in a pattern, and what holds there. */

import { textByte } from "../bytes/byte";

export const NONE: i32 = -1;

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
  /** Where the last atom begins, or NONE: there is nothing to repeat. */
  atom: i32;
  /** Groups before the last atom. */
  atomGroups: u32;
  /** Does the program ask for word edges with Unicode in mind? */
  unicodeEdges: bool;
}

/** Where the parser is. */
export const HERE: Place = changetype<Place>(memory.data(32, 8));

/** Before a pattern. */
export function placeBegin(at: usize, length: u32, dialect: u32, flags: u32): void {
  HERE.at = at;
  HERE.begun = at;
  HERE.end = at + length;
  HERE.dialect = dialect;
  HERE.flags = flags;
  HERE.atom = NONE;
  HERE.unicodeEdges = false;
}

/** Where in the pattern the parser stood when it refused it. */
export function patternErrorOffset(): u32 {
  return (min(HERE.at, HERE.end) - HERE.begun) as u32;
}

export function byteAt(q: usize): u32 {
  return q < HERE.end ? textByte(q) : 0;
}

/** The decimal number at q, or a large one. */
export function numberAt(q: usize): u32 {
  let value: u32 = 0;
  while (byteAt(q) - 48 <= 9 && value < 100000) value = value * 10 + (byteAt(q++) - 48);
  return value;
}
