/** `builtins`: every builtin as "name/arity". */

import { textByte } from "../../bytes/byte";
import { SCRATCH } from "../../bytes/arena";
import { bufferBytes, bufferText, bufferUint } from "../../bytes/buffer";
import { charge } from "../../errors/errors";
import { arrayAppend, arrayNew } from "../../value/array";
import { copyCell } from "../../value/cell";
import { outOfMemory } from "../operations/access";
import { DONE, FATAL } from "../operations/raise";
import { BUILD, textDone } from "../operations/strings";
import { literalLength } from "../syntax/text";
import { preludeArity, preludeCount, preludeName } from "./prelude";
import { SPECIAL_NAMES } from "./special";
import { NATIVE_NAMES } from "./table";

const OUT: usize = memory.data(16, 16);
const ITEM: usize = memory.data(16, 16);
const NAME: usize = memory.data(64, 16);

export function listBuiltins(to: usize): i32 {
  if (!charge(400)) return FATAL;
  if (!arrayNew(SCRATCH, OUT, 256)) return outOfMemory();
  if (!addAll(NATIVE_NAMES) || !addAll(SPECIAL_NAMES)) return outOfMemory();
  for (let i = 0; i < preludeCount(); i++) {
    BUILD.len = 0;
    bufferBytes(BUILD, NAME, preludeName(i, NAME));
    if (textByte(BUILD.at) == 95) continue;
    bufferText(BUILD, "/");
    bufferUint(BUILD, preludeArity(i));
    if (textDone(ITEM) != DONE || !arrayAppend(SCRATCH, OUT, OUT, ITEM)) return outOfMemory();
  }
  copyCell(to, OUT);
  return DONE;
}

/** Adds the entries of lines like "a/0 b/1 ", without those that begin with an underscore. */
function addAll(list: StaticArray<string>): bool {
  for (let i = 0; i < list.length; i++) if (!addLine(list[i])) return false;
  return true;
}

function addLine(list: string): bool {
  const n = literalLength(list);
  const from = changetype<usize>(list);
  let i: u32 = 0;
  while (i < n) {
    BUILD.len = 0;
    while (load<u16>(from + ((i as usize) << 1)) != 32) {
      store<u8>(NAME, load<u16>(from + ((i as usize) << 1)) as u8);
      bufferBytes(BUILD, NAME, 1);
      i++;
    }
    i++;
    if (textByte(BUILD.at) == 95) continue;
    if (textDone(ITEM) != DONE || !arrayAppend(SCRATCH, OUT, OUT, ITEM)) return false;
  }
  return true;
}
