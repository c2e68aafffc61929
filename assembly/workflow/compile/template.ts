/**
 * Templates: a JSON value of a workflow whose strings may be `${ jq }`, compiled at load to postfix
 * code, so that the machine evaluates it without recursion.
 *
 *     +0 u32 mentions   what its expressions read (expr/syntax/mentions.ts), all together
 *     +4 u32 count      instructions
 *     +8 instructions, 8 bytes each: u32 operation, u32 operand
 *        CONSTANT cell | EXPRESSION expression | MAKE_ARRAY length | MAKE_OBJECT keys (an object cell)
 *     an expression is: u32 address and length of its text, u32 program
 */

import { textByte } from "../../bytes/byte";
import { CR, DOLLAR, LEFT_BRACE, LF, RIGHT_BRACE, SPACE, TAB } from "../../bytes/characters";
import { arenaOver, arenaRoom, arenaTake, PERSISTENT, SCRATCH } from "../../bytes/arena";
import { Buffer, bufferU32 } from "../../bytes/buffer";
import { E_LIMIT_DEPTH, E_LIMIT_MEMORY, E_WF_TYPE } from "../../errors/codes";
import { charge, fail } from "../../errors/errors";
import { evaluating, hasLooked } from "../../errors/looks";
import { compileExpression, programMentions } from "../../expr/compile/compile";
import { evalOne } from "../../expr/machine/machine";
import { MENTIONS_WORKFLOW_STARTED } from "../../expr/syntax/mentions";
import {
  addressOf,
  ARRAY,
  arrayStorage,
  copyCell,
  elementAt,
  keyAt,
  lengthOf,
  OBJECT,
  objectStorage,
  setCell,
  setUsed,
  STRING,
  tagOf,
  valueAt,
} from "../../value/cell";
import { isListing, listExpression } from "./listing";
import { failCell, placeEnter, placeIndex, placeLeave, showPlace } from "./place";
import { READS_RUNTIME, READS_TASK, READS_WORKFLOW, SCOPE_NAMES, scopeCount } from "./scope";

const CONSTANT: u32 = 0;
const EXPRESSION: u32 = 1;
const MAKE_ARRAY: u32 = 2;
const MAKE_OBJECT: u32 = 3;

/** Deepest nesting of a template: the compiler below recurses, over the document only. */
const DEEPEST: u32 = 64;

const CODE: Buffer = changetype<Buffer>(memory.data(16, 16));
let mentions: u32 = 0;
/** What all templates since mentionedBegin() mention. */
let mentioned: u32 = 0;

/** Begins anew; returns what was mentioned before, to be given to mentionedEnd(). */
export function mentionedBegin(): u32 {
  const before = mentioned;
  mentioned = 0;
  return before;
}
/** What has been mentioned since mentionedBegin(), which counts for what is around it, too. */
export function mentionedEnd(before: u32): u32 {
  const since = mentioned;
  mentioned |= before;
  return since;
}

/** The same for a workflow that another runs: when it has started is its own. */
export function mentionedEndInside(before: u32): void {
  mentioned = (mentioned & ~MENTIONS_WORKFLOW_STARTED) | before;
}

/** True if the string cell is `${ ... }`; innerAt and innerLength are then its program. */
let innerAt: usize = 0;
let innerLength: u32 = 0;
export function isExpression(c: usize): bool {
  if (tagOf(c) != STRING) return false;
  let at = addressOf(c);
  let end = at + lengthOf(c);
  while (at < end && isBlank(textByte(at))) at++;
  while (at < end && isBlank(textByte(end - 1))) end--;
  if (end - at < 3 || textByte(end - 1) != RIGHT_BRACE) return false;
  if (textByte(at) != DOLLAR || textByte(at + 1) != LEFT_BRACE) return false;
  innerAt = at + 2;
  innerLength = (end - at - 3) as u32;
  return true;
}
function isBlank(c: u32): bool {
  return c == SPACE || c == LF || c == CR || c == TAB;
}

/** Compiles any value. 0 with the error recorded. */
export function compileTemplate(value: usize): u32 {
  CODE.len = 0;
  mentions = 0;
  if (!emit(value, 0)) return 0;
  return finish();
}

/** Compiles a string that is an expression with or without `${ }` around it. */
export function compileProgram(value: usize): u32 {
  if (tagOf(value) != STRING) {
    failCell(E_WF_TYPE, "expected an expression, a string", 0);
    return 0;
  }
  CODE.len = 0;
  mentions = 0;
  if (!isExpression(value)) {
    innerAt = addressOf(value);
    innerLength = lengthOf(value);
  }
  return emitProgram() ? finish() : 0;
}

/** What stands for an expression that is wrong, where others are still to be listed. */
const NULL_TEXT: usize = memory.data<u8>([110, 117, 108, 108]);

function finish(): u32 {
  const t = arenaTake(PERSISTENT, 8 + CODE.len) as u32;
  store<u32>(t, mentions);
  mentioned |= mentions;
  store<u32>(t, CODE.len >>> 3, 4);
  memory.copy(t + 8, CODE.at, CODE.len);
  return t;
}

function emitProgram(): bool {
  let program = compileExpression(innerAt, innerLength, SCOPE_NAMES, scopeCount(), PERSISTENT);
  if (isListing()) {
    if (!listExpression(innerAt, innerLength, program)) return false;
    if (program == 0) program = compileExpression(NULL_TEXT, 4, 0, 0, PERSISTENT);
  }
  if (program == 0) return showPlace();
  if (arenaOver(PERSISTENT)) {
    fail(E_LIMIT_MEMORY, 0);
    return showPlace();
  }
  mentions |= programMentions(program);
  if (readsText("$task")) mentions |= READS_TASK;
  if (readsText("$workflow")) mentions |= READS_WORKFLOW;
  if (readsText("$runtime")) mentions |= READS_RUNTIME;
  const expression = arenaTake(PERSISTENT, 12) as u32;
  store<u32>(expression, innerAt as u32);
  store<u32>(expression, innerLength, 4);
  store<u32>(expression, program as u32, 8);
  bufferU32(CODE, EXPRESSION);
  bufferU32(CODE, expression);
  return true;
}

/** True if the program's text holds a word: enough to know which arguments need not be made. */
function readsText(word: string): bool {
  const from = changetype<usize>(word);
  const n = load<u32>(from - 4) >>> 1;
  for (let i: u32 = 0; i + n <= innerLength; i++) {
    let j: u32 = 0;
    while (j < n && textByte(innerAt + i + j) == (load<u16>(from + ((j as usize) << 1)) as u8)) j++;
    if (j == n) return true;
  }
  return false;
}

function emit(value: usize, depth: u32): bool {
  if (depth > DEEPEST)
    return failCell(E_LIMIT_DEPTH, "a value of a workflow is nested too deep", 0);
  const tag = tagOf(value);
  if (tag == STRING && isExpression(value)) return emitProgram();
  if (tag == ARRAY) {
    const n = lengthOf(value);
    for (let i: u32 = 0; i < n; i++) {
      const before = placeIndex(i);
      if (!emit(elementAt(value, i), depth + 1)) return false;
      placeLeave(before);
    }
    bufferU32(CODE, MAKE_ARRAY);
    bufferU32(CODE, n);
    return true;
  }
  if (tag == OBJECT) {
    const n = lengthOf(value);
    for (let i: u32 = 0; i < n; i++) {
      const before = placeEnter(keyAt(value, i));
      if (!emit(valueAt(value, i), depth + 1)) return false;
      placeLeave(before);
    }
    bufferU32(CODE, MAKE_OBJECT);
    bufferU32(CODE, value as u32);
    return true;
  }
  bufferU32(CODE, CONSTANT);
  bufferU32(CODE, value as u32);
  return true;
}

export function templateMentions(t: u32): u32 {
  return load<u32>(t);
}

/**
 * Evaluates into the cell `out`; the value lies in SCRATCH (or is shared). Each expression must
 * give exactly one output. False: the error is recorded (a limit, or the expression's own).
 */
export function evaluateTemplate(t: u32, input: usize, globals: usize, out: usize): bool {
  const count = load<u32>(t, 4);
  if (!arenaRoom(SCRATCH, (count as u64) << 4)) return fail(E_LIMIT_MEMORY, 0);
  const stack = arenaTake(SCRATCH, count << 4);
  let top = stack;
  for (let i: u32 = 0; i < count; i++) {
    if (!charge(1)) return false;
    const operand = load<u32>(t + 8 + (i << 3), 4) as usize;
    switch (load<u32>(t + 8 + (i << 3))) {
      case CONSTANT: {
        copyCell(top, operand);
        top += 16;
        break;
      }
      case EXPRESSION: {
        evaluating(operand);
        const done = evalOne(load<u32>(operand, 8), input, globals, top);
        evaluating(0);
        if (!done || hasLooked()) return false;
        top += 16;
        break;
      }
      case MAKE_ARRAY: {
        const n = operand as u32;
        const at = arrayStorage(SCRATCH, n);
        if (at == 0) return fail(E_LIMIT_MEMORY, 0);
        top -= operand << 4;
        memory.copy(at, top, operand << 4);
        setUsed(at, n);
        setCell(top, ARRAY, 0, n, at);
        top += 16;
        break;
      }
      default: {
        const n = lengthOf(operand);
        const at = objectStorage(SCRATCH, n);
        if (at == 0) return fail(E_LIMIT_MEMORY, 0);
        top -= (n as usize) << 4;
        for (let j: u32 = 0; j < n; j++) {
          copyCell(at + ((j as usize) << 5), keyAt(operand, j));
          copyCell(at + ((j as usize) << 5) + 16, top + ((j as usize) << 4));
        }
        setUsed(at, n);
        setCell(top, OBJECT, 0, n, at);
        top += 16;
      }
    }
  }
  copyCell(out, stack);
  return true;
}
