/** evaluate(): one expression on one JSON text, for `reach eval`, conformance and fuzzing. */

import { Arena, arenaReset, SCRATCH } from "../bytes/arena";
import {
  Buffer,
  bufferBytes,
  bufferClear,
  frameBegin,
  frameEnd,
  INPUT,
  OUTPUT,
} from "../bytes/buffer";
import * as C from "../errors/codes";
import { errorCode, fail, fuel, setFuel } from "../errors/errors";
import { parseJson } from "../json/reader";
import { writeJson } from "../json/writer";
import { beginCall, fuelGiven, takes } from "./call";
import { compileExpression } from "../expr/compile/compile";
import { describeProgram } from "../expr/bytecode/describe";
import { evalBegin, evalNext, setNow } from "../expr/machine/machine";

/** The last program that compiled, and its text: most callers run one on many inputs. */
const PROGRAM: Arena = changetype<Arena>(memory.data(32, 16));
const PROGRAM_TEXT: Buffer = changetype<Buffer>(memory.data(16, 16));
let program: usize = 0;
const VALUE: usize = memory.data(16, 16);
const RESULT: usize = memory.data(16, 16);

/** Exactly one output is needed. */
export const EVAL_ONE: u32 = 1;

/**
 * The input window holds the program (jq text), then the input (JSON text, read in jq mode: order
 * of keys kept). The outputs come as frames (u32le length, JSON text as jq -c prints it), in order.
 *
 * STATUS_OK, or STATUS_ERROR with the error record; the outputs that came before the error are then
 * in the output window all the same, and the host copies them before it asks for errorText().
 * Errors of the program have their offset in the program, errors of the input theirs in the input.
 * fuelLimit <= 0 means DEFAULT_FUEL.
 */
export function evaluate(programLength: u32, inputLength: u32, flags: u32, fuelLimit: f64): u32 {
  beginCall(fuelGiven(fuelLimit));
  if ((programLength as u64) + (inputLength as u64) > (INPUT.cap as u64)) {
    fail(C.E_FRAMES, 0);
    return C.STATUS_ERROR;
  }
  arenaReset(SCRATCH, C.MAX_SCRATCH);
  run(programLength, inputLength, flags);
  arenaReset(SCRATCH, C.MAX_SCRATCH);
  return errorCode() == 0 ? C.STATUS_OK : C.STATUS_ERROR;
}

function run(programLength: u32, inputLength: u32, flags: u32): void {
  if (!compileOnce(INPUT.at, programLength)) return;
  let at: usize = INPUT.at + programLength;
  // jq mode: a byte order mark is skipped.
  if (inputLength >= 3 && (load<u32>(at) & 0xffffff) == 0xbfbbef) {
    at += 3;
    inputLength -= 3;
  }
  if (!parseJson(at, inputLength, C.JSON_JQ, SCRATCH, VALUE)) return;
  setNow(0);
  evalBegin(program, VALUE, 0);
  let outputs: u32 = 0;
  while (true) {
    const r = evalNext(RESULT);
    if (r < 0) return;
    if (r == 0) break;
    outputs++;
    if (flags & EVAL_ONE && outputs > 1) {
      fail(C.E_EXPR_MANY, 0);
      return;
    }
    if (outputs > (C.MAX_OUTPUTS as u32)) {
      fail(C.E_LIMIT_OUTPUTS, 0);
      return;
    }
    const before = OUTPUT.len;
    const frame = frameBegin(OUTPUT);
    const written = writeJson(RESULT, OUTPUT, C.MAX_STRING);
    const size = written ? OUTPUT.len - frame : (C.MAX_STRING as u32);
    setFuel(fuel - ((size as i64) >>> 3));
    if (!written) {
      OUTPUT.len = before; // no half outputs
      return;
    }
    frameEnd(OUTPUT, frame);
  }
  if (flags & EVAL_ONE && outputs == 0) fail(C.E_EXPR_NONE, 0);
}

/**
 * The input window holds a program: its compilation comes as JSON (expr/bytecode/describe.ts), or its error
 * with the offset in the program.
 */
export function explain(programLength: u32): u32 {
  beginCall(C.DEFAULT_FUEL as i64);
  const good =
    takes(programLength) &&
    compileOnce(INPUT.at, programLength) &&
    describeProgram(program, OUTPUT);
  return good ? C.STATUS_OK : C.STATUS_ERROR;
}

/** Compiles a text, unless it is that of the program at hand. Compiling costs no fuel. */
function compileOnce(text: usize, length: u32): bool {
  const known: Buffer = PROGRAM_TEXT;
  if (program != 0 && known.len == length && memory.compare(known.at, text, length) == 0)
    return true;
  arenaReset(PROGRAM, C.MAX_SCRATCH);
  program = compileExpression(text, length, 0, 0, PROGRAM);
  bufferClear(known);
  if (program != 0) bufferBytes(known, text, length);
  return program != 0;
}
