/**
 * A compiled program as JSON, for people and for tools: what emitProgram() has made, with offsets
 * instead of addresses.
 *
 *     {"code":[[op,a,b,c,x,y],...],"constants":[...],"functions":[[entry,slots,parameters],...],"reads":bits}
 *
 * x and y of a jump are numbers of instructions, x of CONST, FIELD and COUNT numbers of constants, x
 * of CALL and of a CLOSURE of its own the number of a function (opcodes.ts).
 */

import { Buffer, bufferByte, bufferText, bufferUint } from "../../bytes/buffer";
import { MAX_STRING } from "../../errors/codes";
import { writeJson } from "../../json/writer";
import { CELL } from "../../value/cell";
import { FUNCTION } from "./emit";
import * as O from "./opcodes";

let code: u32 = 0;
let constants: u32 = 0;
let functions: u32 = 0;

/** Appends the program's description. False with an error recorded: it is too long. */
export function describeProgram(program: usize, b: Buffer): bool {
  const count = load<u32>(program, 8);
  code = load<u32>(program, 12);
  functions = load<u32>(program, 16);
  const functionCount = load<u32>(program, 20);
  constants = load<u32>(program, 24);
  bufferText(b, '{"code":[');
  for (let i: u32 = 0; i < count; i++) {
    if (i != 0) bufferByte(b, 0x2c);
    describeInstruction((code + i * O.INSTRUCTION) as usize, b);
  }
  bufferText(b, '],"constants":[');
  const constantCount = load<u32>(program, 28);
  for (let i: u32 = 0; i < constantCount; i++) {
    if (i != 0) bufferByte(b, 0x2c);
    if (!writeJson(constants + i * CELL, b, MAX_STRING)) return false;
  }
  bufferText(b, '],"functions":[');
  for (let i: u32 = 0; i < functionCount; i++) {
    const f: usize = functions + i * FUNCTION;
    bufferText(b, i == 0 ? "[" : ",[");
    number(b, instructionAt(load<u32>(f)), 0x2c);
    number(b, load<u32>(f, 4) >>> 4, 0x2c);
    number(b, load<u32>(f, 8), 0x5d);
  }
  bufferText(b, '],"reads":');
  number(b, load<u32>(program, 4), 0x7d);
  return true;
}

function instructionAt(address: u32): u32 {
  return (address - code) / O.INSTRUCTION;
}

function describeInstruction(at: usize, b: Buffer): void {
  const op: u32 = load<u16>(at);
  const a: u32 = load<u16>(at, 2);
  let x = load<u32>(at, 8);
  let y = load<u32>(at, 12);
  switch (op) {
    case O.OP_FORK:
    case O.OP_JUMP:
    case O.OP_UNLESS:
    case O.OP_TRY:
    case O.OP_ALTERNATIVE:
      x = instructionAt(x);
      break;
    case O.OP_COUNT:
      y = instructionAt(y);
      x = (x - constants) / CELL;
      break;
    case O.OP_CONST:
    case O.OP_FIELD:
      x = (x - constants) / CELL;
      break;
    case O.OP_CALL:
      x = (x - functions) / FUNCTION;
      break;
    case O.OP_CLOSURE:
      if (a == 0) x = (x - functions) / FUNCTION;
      break;
  }
  bufferByte(b, 0x5b);
  number(b, op, 0x2c);
  number(b, a, 0x2c);
  number(b, load<u16>(at, 4), 0x2c);
  number(b, load<u16>(at, 6), 0x2c);
  number(b, x, 0x2c);
  number(b, y, 0x5d);
}

/** A number and the sign behind it. */
function number(b: Buffer, x: u32, behind: u32): void {
  bufferUint(b, x);
  bufferByte(b, behind);
}
