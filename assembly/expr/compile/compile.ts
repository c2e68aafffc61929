/** From a jq text to a program for the machine. */

import { Arena, arenaReset } from "../../bytes/arena";
import * as C from "../../errors/codes";
import { errorCode, fail } from "../../errors/errors";
import { emitProgram } from "../bytecode/emit";
import { generate } from "./generate";
import { textMentions, mentionsBegin } from "../syntax/mentioned";
import { MAX_COMPILE, TREE } from "../syntax/nodes";
import { parseProgram } from "../syntax/parser";
import { utf8Valid } from "../../bytes/utf8";

/** Longest text of a program, in bytes. */
export const MAX_PROGRAM: u32 = 1048576;

/**
 * Compiles jq text to a program in `arena`, which does not refer to the text afterwards.
 *
 * `names` is an array of `count` string cells, the names of global variables without `$`; the
 * last of equal names wins; a variable's slot in evalBegin's `globals` is its position. Returns
 * the program's address, or 0 with the error recorded: its offset counts bytes of the text.
 */
export function compileExpression(
  text: usize,
  length: u32,
  names: usize,
  count: u32,
  arena: Arena,
): usize {
  if (length > MAX_PROGRAM) {
    fail(C.E_EXPR_TOO_LARGE, 0);
    return 0;
  }
  const bad = utf8Valid(text, length);
  if (bad >= 0) {
    fail(C.E_JSON_UTF8, bad as u32);
    return 0;
  }
  arenaReset(TREE, MAX_COMPILE);
  mentionsBegin();
  const tree = parseProgram(text, length);
  let program: usize = 0;
  if (tree != 0 && generate(tree, text, names, count)) {
    program = emitProgram(arena, textMentions());
    if (program == 0 && errorCode() == 0) fail(C.E_LIMIT_MEMORY, 0);
  }
  if (errorCode() != 0) program = 0;
  // An error may point at the tree's text: it stays until the next compilation.
  if (program != 0) arenaReset(TREE, MAX_COMPILE);
  return program;
}

/** Bits of mentions.ts: what the program mentions anywhere in its text. */
export function programMentions(program: usize): u32 {
  return load<u32>(program, 4);
}
