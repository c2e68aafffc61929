/** What is known about a program before it runs: it saves looking where no match can be. */

import { textByte } from "../bytes/byte";
import { Buffer, bufferU32 } from "../bytes/buffer";
import { encodeTo } from "../bytes/utf8";
import * as P from "./program";
import { addWord } from "./properties";
import { setBegin, setHas, setIntern } from "./sets";

/** Instructions to be looked at. */
const OPEN: Buffer = changetype<Buffer>(memory.data(16, 16));
const BYTES: usize = memory.data(8, 8);

/** `words`: whether it asks for word edges with Unicode in mind. */
export function findPrefilter(words: bool): void {
  if (words) {
    setBegin();
    addWord(false, false, false);
    P.FACTS.words = setIntern();
  }
  P.FACTS.heights = P.loopHeight(0) + 1;
  const first = firstDemand();
  P.FACTS.anchored = textByte(first) == (P.ASSERT as u8) && load<i32>(first, 4) == P.TEXT_BEGIN;
  P.FACTS.led = findLeads();
}

/** The first instruction that asks for something. */
function firstDemand(): usize {
  let i: u32 = 0;
  while (textByte(P.instruction(i)) == (P.SAVE as u8)) i++;
  return P.instruction(i);
}

/**
 * Goes wherever a match can begin, taking every assertion for true. False: there may be a match of
 * nothing.
 */
function findLeads(): bool {
  P.spend(P.codeCount() >>> 4);
  OPEN.len = 0;
  let left: u32 = P.codeCount(); // each instruction may be asked once
  bufferU32(OPEN, 0);
  while (OPEN.len != 0) {
    OPEN.len -= 4;
    const pc = load<u32>(OPEN.at + OPEN.len);
    const at = P.instruction(pc);
    const x = load<i32>(at, 4);
    switch (textByte(at)) {
      case P.MATCH:
      case P.ANY:
        return false;
      case P.CHAR:
        encodeTo(BYTES, x as u32);
        store<u8>(P.LEADS + textByte(BYTES), 1);
        break;
      case P.CHAR_SET:
        for (let c: u32 = 0; c < 128; c++) if (setHas(x as u32, c)) store<u8>(P.LEADS + c, 1);
        memory.fill(P.LEADS + 128, 1, 128);
        P.spend(4);
        break;
      case P.JUMP:
        bufferU32(OPEN, pc + x);
        break;
      case P.SPLIT:
      case P.OTHER:
        bufferU32(OPEN, pc + 1);
        bufferU32(OPEN, pc + x);
        break;
      default:
        bufferU32(OPEN, pc + 1);
        if (textByte(at) == (P.TAKEN as u8) && x != 0) bufferU32(OPEN, pc + x);
    }
    // A program that goes in circles, or is asked for too much, is not worth it.
    if (left-- == 0) return false;
  }
  return true;
}
