/** Lists of jumps that lead to one place. */

import { arenaTake } from "../../bytes/arena";
import { emit, patch } from "../bytecode/emit";
import * as O from "../bytecode/opcodes";
import { TREE } from "../syntax/nodes";

/** Emits a jump and puts it on a list of jumps to one place. */
export function linkJump(list: u32): u32 {
  const at = arenaTake(TREE, 16) as u32;
  store<u32>(at, emit(O.OP_JUMP, 0, 0, 0, 0, 0));
  store<u32>(at, list, 4);
  return at;
}

export function patchAll(list: u32): void {
  while (list != 0) {
    patch(load<u32>(list));
    list = load<u32>(list, 4);
  }
}
