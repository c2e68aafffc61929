/** String interpolation: all parts at once, so that a text is written once. */

import { LONGEST_STRING } from "./limits";
import { charge } from "../../errors/errors";
import { writeJsonJq } from "../../json/writer";
import { addressOf, ASCII, flagsOf, lengthOf, setString, STRING, tagOf } from "../../value/cell";
import { DONE, FATAL } from "./raise";
import { append, BUILD, textDone, tooLong } from "./strings";

/** to = the texts of `count` slots, which are named by the SLOTS instructions at pc. */
export function concatParts(to: usize, fp: usize, pc: usize, count: u32): i32 {
  BUILD.len = 0;
  let ascii: u32 = ASCII;
  for (let i: u32 = 0; i < count; i++) {
    const c = fp + ((load<u16>(pc + ((i as usize) << 4), 2) as usize) << 4);
    if (tagOf(c) == STRING) {
      append(c);
      ascii &= flagsOf(c);
    } else {
      ascii = 0;
      if (!writeJsonJq(c, BUILD, LONGEST_STRING)) return FATAL;
    }
    if (BUILD.len > LONGEST_STRING) return tooLong();
  }
  if (!charge(count + (BUILD.len >>> 4))) return FATAL;
  const r = textDone(to);
  if (r == DONE) setString(to, addressOf(to), lengthOf(to), ascii);
  return r;
}
