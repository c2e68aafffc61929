/**
 * The program being generated: code, constants, table of functions; and the program when done.
 *
 *     program  +0 address of the first instruction of the table's functions
 *              +4 mentions (mentions.ts)
 *              +8 u32 number of instructions   +12 address of the code
 *              +16 address of the functions    +20 their number
 *              +24 address of the constants    +28 their number
 *     function +0 address of its code, +4 bytes of its frame, +8 parameters, +12 unused
 */

import { Arena, arenaRoom, arenaTake, ROOM } from "../../bytes/arena";
import { Buffer, bufferRoom } from "../../bytes/buffer";
import {
  addressOf,
  CELL,
  copyCell,
  flagsOf,
  lengthOf,
  QUOTED,
  setString,
  STRING,
  tagOf,
} from "../../value/cell";
import * as O from "./opcodes";

const CODE: Buffer = changetype<Buffer>(memory.data(16, 16));
const CONSTANTS: Buffer = changetype<Buffer>(memory.data(16, 16));
const FUNCTIONS: Buffer = changetype<Buffer>(memory.data(16, 16));

export const FUNCTION: u32 = 16;

export function emitBegin(): void {
  CODE.len = 0;
  CONSTANTS.len = 0;
  FUNCTIONS.len = 0;
}

/** Appends an instruction; returns its offset. */
export function emit(op: u32, a: u32, b: u32, c: u32, x: u32, y: u32): u32 {
  bufferRoom(CODE, O.INSTRUCTION);
  const offset = CODE.len;
  const at: usize = CODE.at + offset;
  store<u32>(at, op | (a << 16));
  store<u32>(at, b | (c << 16), 4);
  store<u32>(at, x, 8);
  store<u32>(at, y, 12);
  CODE.len += O.INSTRUCTION;
  return offset;
}

/** Offset of the next instruction. */
export function here(): u32 {
  return CODE.len;
}

/** Lets the jump at `offset` lead to the next instruction. */
export function patch(offset: u32): void {
  store<u32>(CODE.at + offset, CODE.len, 8);
}
export function patchY(offset: u32): void {
  store<u32>(CODE.at + offset, CODE.len, 12);
}

/** Number of a constant that holds the cell. */
export function constantOf(cell: usize): u32 {
  bufferRoom(CONSTANTS, CELL);
  const n = CONSTANTS.len / CELL;
  copyCell(CONSTANTS.at + CONSTANTS.len, cell);
  CONSTANTS.len += CELL;
  return n;
}

/** A new entry in the table of functions. */
export function newFunction(params: u32): u32 {
  bufferRoom(FUNCTIONS, FUNCTION);
  const n = FUNCTIONS.len / FUNCTION;
  const at: usize = FUNCTIONS.at + FUNCTIONS.len;
  store<u64>(at, 0);
  store<u64>(at, params as u64, 8);
  FUNCTIONS.len += FUNCTION;
  return n;
}

export function setFunctionEntry(n: u32): void {
  store<u32>(FUNCTIONS.at + n * FUNCTION, CODE.len);
}
export function setFunctionFrame(n: u32, slots: u32): void {
  store<u32>(FUNCTIONS.at + n * FUNCTION, slots << 4, 4);
}

/** Copies everything into `arena` and turns offsets into addresses. 0: no room. */
export function emitProgram(arena: Arena, mentions: u32): usize {
  const program = take(arena, 32);
  const code = take(arena, CODE.len);
  const constants = take(arena, CONSTANTS.len);
  const functions = take(arena, FUNCTIONS.len);
  if (program == 0 || code == 0 || constants == 0 || functions == 0) return 0;
  memory.copy(code, CODE.at, CODE.len);
  memory.copy(constants, CONSTANTS.at, CONSTANTS.len);
  memory.copy(functions, FUNCTIONS.at, FUNCTIONS.len);
  for (let i: u32 = 0; i < CONSTANTS.len; i += CELL) {
    const c = constants + i;
    if (tagOf(c) != STRING) continue;
    const to = take(arena, lengthOf(c));
    if (to == 0) return 0;
    memory.copy(to, addressOf(c), lengthOf(c));
    setString(c, to, lengthOf(c), flagsOf(c) & ~QUOTED);
  }
  for (let i: u32 = 0; i < FUNCTIONS.len; i += FUNCTION) {
    store<u32>(functions + i, (code as u32) + load<u32>(functions + i));
  }
  for (let i: u32 = 0; i < CODE.len; i += O.INSTRUCTION)
    relocate(code + i, code as u32, constants as u32, functions as u32);
  store<u32>(program, load<u32>(functions));
  store<u32>(program, mentions, 4);
  store<u32>(program, CODE.len / O.INSTRUCTION, 8);
  store<u32>(program, code as u32, 12);
  store<u32>(program, functions as u32, 16);
  store<u32>(program, FUNCTIONS.len / FUNCTION, 20);
  store<u32>(program, constants as u32, 24);
  store<u32>(program, CONSTANTS.len / CELL, 28);
  return program;
}

function take(arena: Arena, size: u32): usize {
  if (size > ROOM - 16 && !arenaRoom(arena, (size as u64) + 16)) return 0;
  return arenaTake(arena, size + 16);
}

function relocate(at: usize, code: u32, constants: u32, functions: u32): void {
  const x = load<u32>(at, 8);
  switch (load<u16>(at) as u32) {
    case O.OP_FORK:
    case O.OP_JUMP:
    case O.OP_UNLESS:
    case O.OP_TRY:
    case O.OP_ALTERNATIVE:
      store<u32>(at, code + x, 8);
      break;
    case O.OP_CONST:
    case O.OP_FIELD:
      store<u32>(at, constants + (x << 4), 8);
      break;
    case O.OP_COUNT:
      store<u32>(at, constants + (x << 4), 8);
      store<u32>(at, code + load<u32>(at, 12), 12);
      break;
    case O.OP_CALL:
      store<u32>(at, functions + (x << 4), 8);
      break;
    case O.OP_CLOSURE:
      if (load<u16>(at, 2) == 0) store<u32>(at, functions + (x << 4), 8);
      break;
  }
}
