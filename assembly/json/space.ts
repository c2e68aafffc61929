/** What may stand around every token of a JSON text (RFC 8259 section 2). */

import { textByte } from "../bytes/byte";
import { CR, LF, SPACE, TAB } from "../bytes/characters";

/** Inlined as in bytes/word.ts. */
// oxlint-disable-next-line typescript/no-extraneous-class
export class Space {
  /** Mostly there is none; bytes behind the text may be read. */
  @inline static skip(p: usize, end: usize): usize {
    return textByte(p) > SPACE ? p : skipSpace(p, end);
  }
}

function skipSpace(p: usize, end: usize): usize {
  while (p < end) {
    const byte = textByte(p);
    if (byte > SPACE || (byte != SPACE && byte != LF && byte != CR && byte != TAB)) break;
    p++;
  }
  return p;
}
