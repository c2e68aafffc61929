/**
 * The machine: runs a compiled program, one output at a time. Its stacks are in stacks.ts.
 *
 * Path state: 0 no paths are asked for, 1 they are, but not here, 2 tracking (tracking.ts).
 */

import { arenaOver, SCRATCH } from "../../bytes/arena";
import { bufferBytes, Buffer } from "../../bytes/buffer";
import * as C from "../../errors/codes";
import { clearError, errorCode, fail, failRaised, fuel, setFuel } from "../../errors/errors";
import { look } from "../../errors/looks";
import { regexesForget } from "../../regex/cache";
import { arrayAppend, arrayNew } from "../../value/array";
import {
  addressOf,
  ARRAY,
  CANONICAL,
  Cell,
  FALSE,
  isTruthy,
  lengthOf,
  NUMBER,
  OBJECT,
  objectStorage,
  OPAQUE,
  setCell,
  setNumber,
  STRING,
  tagOf,
  TRUE,
} from "../../value/cell";
import { objectGet } from "../../value/object";
import { walkReset } from "../../value/walk";
import { setClock } from "../builtins/clock";
import { callNative } from "../builtins/natives";
import * as O from "../bytecode/opcodes";
import { NONE, SLOT_INPUT } from "../bytecode/opcodes";
import { iterateError, outOfMemory } from "../operations/access";
import { concatParts } from "../operations/interpolate";
import { deletePaths, setPath } from "../operations/paths";
import {
  clearRaised,
  DONE,
  ERROR_VALUE,
  FATAL,
  raiseText,
  raiseValue,
  RAISED,
  typeError,
} from "../operations/raise";
import { stringsReset, toJson } from "../operations/strings";
import {
  CHOICE,
  choices,
  choicesSize,
  frames,
  framesSize,
  growChoices,
  growFrames,
  K_ALTERNATIVE,
  K_EACH,
  K_FORK,
  K_RANGE,
  K_TRY,
  K_TRY_END,
  pushChoice,
  shrinkStacks,
  stacksBegin,
} from "./stacks";
import { binaryStep, countError, getPathStep, indexStep, putStep, sliceStep } from "./steps";
import { eachStep, identical, notPathError, PATH, PATH_VALUE, pathError } from "./tracking";

/** The first word of a number's cell (setNumber writes the same). */
const NUMBER_HEAD: u64 = (NUMBER | (CANONICAL << 8)) as u64;

/** Instructions that the machine jumps to itself, to backtrack and to unwind after an error. */
const BACKTRACK_CODE: usize = memory.data(16, 16);
const RAISE_CODE: usize = memory.data(16, 16);
const OP_UNWIND: u32 = 59;

/** What is kept between two outputs. */
let height: u32 = 0; // bytes of choices
let started: bool = false;
let program: usize = 0;
let globals: usize = 0;

/** What `now` returns. */
export function setNow(seconds: f64): void {
  setClock(seconds);
}

/**
 * Begins an evaluation. `input` is a cell, `globals` an array of cells by slot; both are read in
 * place and must stay as they are. Values are made in SCRATCH, whose limit is the caller's.
 */
export function evalBegin(code: usize, input: usize, variables: usize): void {
  stacksBegin();
  store<u16>(BACKTRACK_CODE, O.OP_BACKTRACK as u16);
  store<u16>(RAISE_CODE, OP_UNWIND as u16);
  clearError();
  walkReset();
  stringsReset();
  regexesForget();
  clearRaised();
  program = code;
  globals = variables;
  height = 0;
  started = false;
  const main = load<u32>(code, 16) as usize;
  growFrames(load<u32>(main, 4));
  memory.fill(frames, 0, 32);
  store<u32>(frames, load<u32>(main, 4), 12);
  Cell.copy(frames + (SLOT_INPUT << 4), input);
}

/*
 * Below, cells are copied and tested by plain loads and stores: the loop must not depend on what
 * the optimiser chooses to inline. Everything that is not hot calls the helpers.
 */

/**
 * The next output is written to `out` (its storage is in SCRATCH or shared with the input):
 * 1 one output, 0 no more, -1 error: E_EXPR_ERROR with the value in ERROR_VALUE, or a limit.
 */
export function evalNext(out: usize): i32 {
  let pc: usize = BACKTRACK_CODE;
  let fp: usize = frames;
  let top: u32 = height;
  let guard: u32 = 0; // frames below this offset are protected
  let tracking: u32 = 0;
  let skip: u32 = 0; // errors from behind so many TRY_ENDs pass by
  let left: i64 = fuel;
  let r: i32 = DONE;
  if (!started) {
    started = true;
    if (errorCode() != 0) return -1;
    pc = load<u32>(program) as usize;
  } else if (top != 0) guard = load<u32>(choices + top - CHOICE, 12);

  while (true) {
    if (--left < 0) {
      setFuel(left);
      if (errorCode() == 0) fail(C.E_LIMIT_FUEL, 0);
      return finish(-1);
    }
    const at = pc;
    const op = load<u16>(at) as u32;
    pc += O.INSTRUCTION;
    const a = fp + ((load<u16>(at, 2) as usize) << 4);
    const b = fp + ((load<u16>(at, 4) as usize) << 4);
    // Whatever else shares a body with a neighbour stands last or is `default`: of labels that
    // share one, asc makes comparisons, and what follows them is not part of the jump table.
    switch (op) {
      case O.OP_MOVE:
        store<u64>(a, load<u64>(b));
        store<u64>(a, load<u64>(b, 8), 8);
        continue;
      case O.OP_CONST:
        const from1: usize = load<u32>(at, 8);
        store<u64>(a, load<u64>(from1));
        store<u64>(a, load<u64>(from1, 8), 8);
        continue;
      case O.OP_GLOBAL:
        const from2: usize = globals + ((load<u32>(at, 8) as usize) << 4);
        store<u64>(a, load<u64>(from2));
        store<u64>(a, load<u64>(from2, 8), 8);
        continue;
      case O.OP_OUTER: {
        let f = fp;
        for (let n = load<u32>(at, 8); n != 0; n--) f = frames + load<u32>(f, 8);
        const from3: usize = f + ((load<u16>(at, 4) as usize) << 4);
        store<u64>(a, load<u64>(from3));
        store<u64>(a, load<u64>(from3, 8), 8);
        continue;
      }
      case O.OP_FIELD: {
        const flags = load<u16>(at, 6) as u32;
        const key = load<u32>(at, 8) as usize;
        if ((load<u8>(b) as u32) == OBJECT && (tracking & flags & O.FLAG_PATH) == 0) {
          setFuel(left);
          const v = objectGet(b, load<u32>(key, 8) as usize, load<u32>(key, 4));
          left = fuel;
          if (v == 0) {
            store<u64>(a, 0);
            store<u64>(a, 0, 8);
          } else {
            store<u64>(a, load<u64>(v));
            store<u64>(a, load<u64>(v, 8), 8);
          }
          continue;
        }
        if ((load<u8>(b) as u32) == OPAQUE) {
          left = takeAll();
          continue;
        }
        r = indexStep(a, b, key, (flags & tracking & O.FLAG_PATH) != 0);
        if (r == RAISED && flags & O.FLAG_OPTIONAL && notPathError() && !arenaOver(SCRATCH)) {
          pc = BACKTRACK_CODE;
          continue;
        }
        break;
      }
      case O.OP_INDEX: {
        const flags = load<u32>(at, 8);
        setFuel(left);
        r = indexStep(
          a,
          b,
          fp + ((load<u16>(at, 6) as usize) << 4),
          (flags & tracking & O.FLAG_PATH) != 0,
        );
        left = fuel;
        if (r == RAISED && flags & O.FLAG_OPTIONAL && notPathError() && !arenaOver(SCRATCH)) {
          pc = BACKTRACK_CODE;
          continue;
        }
        break;
      }
      case O.OP_SLICE: {
        const flags = load<u32>(at, 8);
        const from = load<u16>(at, 6) as u32;
        const end = load<u32>(at, 12);
        setFuel(left);
        r = sliceStep(
          a,
          b,
          from == NONE ? 0 : fp + ((from as usize) << 4),
          end == NONE ? 0 : fp + ((end as usize) << 4),
          (flags & tracking & O.FLAG_PATH) != 0,
        );
        left = fuel;
        if (r == RAISED && flags & O.FLAG_OPTIONAL && notPathError() && !arenaOver(SCRATCH)) {
          pc = BACKTRACK_CODE;
          continue;
        }
        break;
      }
      case O.OP_EACH: {
        const flags = load<u32>(at, 8);
        const tag = load<u8>(b) as u32;
        const follow = (flags & tracking & O.FLAG_PATH) != 0;
        if (follow && !identical(b, PATH_VALUE)) {
          r = pathError("near attempt to iterate through ", 0, b);
          break;
        }
        if (tag != ARRAY && tag != OBJECT) {
          if (tag == OPAQUE) {
            left = takeAll();
            continue;
          }
          if (flags & O.FLAG_OPTIONAL) {
            pc = BACKTRACK_CODE;
            continue;
          }
          r = iterateError(b);
          break;
        }
        const n = load<u32>(b, 4);
        if (n == 0) {
          pc = BACKTRACK_CODE;
          continue;
        }
        if (n > 1) {
          if (top + CHOICE > choicesSize && !growChoices(top + CHOICE)) {
            setFuel(left);
            return finish(-1);
          }
          const end = load<u32>(fp, 12);
          if (end > guard) guard = end;
          pushChoice(top, K_EACH, at, fp, guard, tracking);
          top += CHOICE;
          store<u32>(fp + ((load<u16>(at, 6) as usize) << 4), 1);
        }
        const from4: usize = (load<u32>(b, 8) as usize) + (tag == ARRAY ? 0 : 16);
        store<u64>(a, load<u64>(from4));
        store<u64>(a, load<u64>(from4, 8), 8);
        if (!follow) continue;
        r = eachStep(b, 0, a);
        break;
      }
      case O.OP_FORK: {
        if (top + CHOICE > choicesSize && !growChoices(top + CHOICE)) {
          setFuel(left);
          return finish(-1);
        }
        const end = load<u32>(fp, 12);
        if (end > guard) guard = end;
        pushChoice(top, K_FORK, load<u32>(at, 8), fp, guard, tracking);
        top += CHOICE;
        continue;
      }
      case O.OP_BACKTRACK: {
        if (top == 0) {
          setFuel(left);
          return finish(0);
        }
        const c = choices + top - CHOICE;
        const kind = load<u32>(c);
        fp = frames + load<u32>(c, 8);
        tracking = load<u32>(c, 16);
        if (tracking != 0) {
          Cell.copy(PATH, c + 32);
          Cell.copy(PATH_VALUE, c + 48);
        }
        if (kind == K_EACH) {
          const each = load<u32>(c, 4) as usize;
          const owner = fp + ((load<u16>(each, 4) as usize) << 4);
          const cursor = fp + ((load<u16>(each, 6) as usize) << 4);
          const i = load<u32>(cursor);
          const to = fp + ((load<u16>(each, 2) as usize) << 4);
          pc = each + O.INSTRUCTION;
          if (i + 1 == load<u32>(owner, 4)) {
            top -= CHOICE;
            guard = top == 0 ? 0 : load<u32>(choices + top - CHOICE, 12);
          } else {
            store<u32>(cursor, i + 1);
            guard = load<u32>(c, 12);
          }
          const from5: usize =
            (load<u32>(owner, 8) as usize) +
            ((load<u8>(owner) as u32) == ARRAY ? (i as usize) << 4 : ((i as usize) << 5) + 16);
          store<u64>(to, load<u64>(from5));
          store<u64>(to, load<u64>(from5, 8), 8);
          if ((load<u32>(each, 8) & tracking & O.FLAG_PATH) == 0) continue;
          r = eachStep(owner, i, to);
          break;
        }
        if (kind == K_RANGE) {
          const range = load<u32>(c, 4) as usize;
          const cursor = fp + ((load<u32>(range, 8) as usize) << 4);
          const upto = load<f64>(fp + ((load<u16>(range, 6) as usize) << 4), 8);
          const x = load<f64>(cursor, 8);
          const following = x + 1;
          pc = range + O.INSTRUCTION;
          const to6: usize = fp + ((load<u16>(range, 2) as usize) << 4);
          store<u64>(to6, NUMBER_HEAD);
          store<f64>(to6, x, 8);
          if (!(following >= upto)) {
            store<u64>(cursor, NUMBER_HEAD);
            store<f64>(cursor, following, 8);
            guard = load<u32>(c, 12);
          } else {
            top -= CHOICE;
            guard = top == 0 ? 0 : load<u32>(choices + top - CHOICE, 12);
          }
          continue;
        }
        top -= CHOICE;
        guard = top == 0 ? 0 : load<u32>(choices + top - CHOICE, 12);
        pc = kind == K_FORK ? (load<u32>(c, 4) as usize) : BACKTRACK_CODE;
        continue;
      }
      case OP_UNWIND: {
        if (top == 0) {
          setFuel(left);
          return finish(uncaught());
        }
        const c = choices + top - CHOICE;
        const kind = load<u32>(c);
        top -= CHOICE;
        guard = top == 0 ? 0 : load<u32>(choices + top - CHOICE, 12);
        pc = RAISE_CODE;
        if (kind == K_TRY_END) skip++;
        else if (kind == K_TRY && skip != 0) skip--;
        else if (kind == K_TRY || kind == K_ALTERNATIVE) {
          skip = 0;
          fp = frames + load<u32>(c, 8);
          tracking = load<u32>(c, 16);
          if (tracking != 0) {
            Cell.copy(PATH, c + 32);
            Cell.copy(PATH_VALUE, c + 48);
          }
          const handler = load<u32>(c, 4) as usize;
          if (kind == K_TRY) Cell.copy(fp + ((load<u16>(handler, 2) as usize) << 4), ERROR_VALUE);
          pc = load<u32>(handler, 8);
        }
        continue;
      }
      case O.OP_JUMP:
        pc = load<u32>(at, 8);
        continue;
      case O.OP_UNLESS:
        if ((load<u8>(b) as u32) <= FALSE) pc = load<u32>(at, 8);
        else if ((load<u8>(b) as u32) == OPAQUE) left = takeAll();
        continue;
      case O.OP_TRY_END: {
        // Nothing of the body is left to be tried: its TRY has done its work.
        if (load<u32>(b) + CHOICE == top) {
          top -= CHOICE;
          guard = top == 0 ? 0 : load<u32>(choices + top - CHOICE, 12);
          continue;
        }
        if (top + CHOICE > choicesSize && !growChoices(top + CHOICE)) {
          setFuel(left);
          return finish(-1);
        }
        const end = load<u32>(fp, 12);
        if (end > guard) guard = end;
        pushChoice(top, K_TRY_END, at, fp, guard, tracking);
        top += CHOICE;
        continue;
      }
      case O.OP_ARRAY:
        if (!arrayNew(SCRATCH, a, 4)) r = outOfMemory();
        else r = DONE;
        break;
      case O.OP_APPEND:
        r = arrayAppend(SCRATCH, a, a, b) ? DONE : outOfMemory();
        if (r == DONE && !arenaOver(SCRATCH)) {
          pc = BACKTRACK_CODE;
          continue;
        }
        break;
      case O.OP_OBJECT: {
        const storage = objectStorage(SCRATCH, load<u32>(at, 8));
        if (storage == 0) r = outOfMemory();
        else {
          setCell(a, OBJECT, 0, 0, storage);
          r = DONE;
        }
        break;
      }
      case O.OP_PUT:
        setFuel(left);
        r = putStep(
          a,
          b,
          fp + ((load<u16>(at, 6) as usize) << 4),
          fp + ((load<u32>(at, 12) as usize) << 4),
        );
        left = fuel;
        break;
      case O.OP_PATH_BEGIN:
        store<u32>(a, tracking);
        Cell.copy(a + 16, PATH);
        Cell.copy(a + 32, PATH_VALUE);
        store<u64>(PATH_VALUE, load<u64>(b));
        store<u64>(PATH_VALUE, load<u64>(b, 8), 8);
        r = arrayNew(SCRATCH, PATH, 4) ? DONE : outOfMemory();
        tracking = 2;
        break;
      case O.OP_PATH_END: {
        const saved = fp + ((load<u16>(at, 6) as usize) << 4);
        if (!identical(b, PATH_VALUE)) {
          r = pathError("with result ", 0, b);
          break;
        }
        store<u64>(a, load<u64>(PATH));
        store<u64>(a, load<u64>(PATH, 8), 8);
        tracking = load<u32>(saved);
        Cell.copy(PATH, saved + 16);
        Cell.copy(PATH_VALUE, saved + 32);
        continue;
      }
      case O.OP_MARK:
        store<u32>(a, top);
        continue;
      case O.OP_CUT:
        top = load<u32>(b);
        guard = top == 0 ? 0 : load<u32>(choices + top - CHOICE, 12);
        continue;
      case O.OP_BREAK: {
        let f = fp;
        for (let n = load<u32>(at, 8); n != 0; n--) f = frames + load<u32>(f, 8);
        top = load<u32>(f + ((load<u16>(at, 4) as usize) << 4));
        pc = BACKTRACK_CODE;
        continue;
      }
      case O.OP_TAKE:
        store<u64>(a, load<u64>(b));
        store<u64>(a, load<u64>(b, 8), 8);
        store<u64>(b, 0);
        store<u64>(b, 0, 8);
        continue;
      case O.OP_RANGE: {
        const to = fp + ((load<u16>(at, 6) as usize) << 4);
        if ((load<u8>(b) as u32) != NUMBER || (load<u8>(to) as u32) != NUMBER) {
          if ((load<u8>(b) as u32) == OPAQUE || (load<u8>(to) as u32) == OPAQUE) {
            left = takeAll();
            continue;
          }
          r = raiseText("Range bounds must be numeric");
          break;
        }
        const upto = load<f64>(to, 8);
        const x = load<f64>(b, 8);
        if (x >= upto) {
          pc = BACKTRACK_CODE;
          continue;
        }
        store<u64>(a, NUMBER_HEAD);
        store<f64>(a, x, 8);
        const following = x + 1;
        if (following >= upto) continue;
        if (top + CHOICE > choicesSize && !growChoices(top + CHOICE)) {
          setFuel(left);
          return finish(-1);
        }
        const end = load<u32>(fp, 12);
        if (end > guard) guard = end;
        pushChoice(top, K_RANGE, at, fp, guard, tracking);
        top += CHOICE;
        const to7: usize = fp + ((load<u32>(at, 8) as usize) << 4);
        store<u64>(to7, NUMBER_HEAD);
        store<f64>(to7, following, 8);
        continue;
      }
      case O.OP_NATIVE: {
        const y = load<u32>(at, 12);
        setFuel(left);
        r = callNative(
          load<u32>(at, 8),
          a,
          b,
          fp + ((load<u16>(at, 6) as usize) << 4),
          fp + (((y & 0xffff) as usize) << 4),
          fp + (((y >>> 16) as usize) << 4),
        );
        left = fuel;
        break;
      }
      case O.OP_RET: {
        const back = load<u32>(fp) as usize;
        if (back == 0) {
          store<u64>(out, load<u64>(b));
          store<u64>(out, load<u64>(b, 8), 8);
          height = top;
          setFuel(left);
          return 1;
        }
        tracking = load<u32>(fp, 16);
        const to = load<u32>(fp, 20);
        fp = frames + load<u32>(fp, 4);
        const to10: usize = fp + ((to as usize) << 4);
        store<u64>(to10, load<u64>(b));
        store<u64>(to10, load<u64>(b, 8), 8);
        pc = back;
        continue;
      }
      case O.OP_ERROR:
        r = raiseValue(b);
        break;
      case O.OP_CONCAT: {
        const count = load<u32>(at, 8);
        setFuel(left);
        r = concatParts(a, fp, pc, count);
        left = fuel;
        pc += count << 4;
        break;
      }
      case O.OP_NOT:
        if ((load<u8>(b) as u32) == OPAQUE) left = takeAll();
        Cell.setBool(a, !isTruthy(b));
        continue;
      case O.OP_BOOL:
        if ((load<u8>(b) as u32) == OPAQUE) left = takeAll();
        Cell.setBool(a, isTruthy(b));
        continue;
      case O.OP_NEGATE:
        if ((load<u8>(b) as u32) == NUMBER) {
          setNumber(a, -load<f64>(b, 8));
          continue;
        }
        r = typeError(b, "cannot be negated");
        break;
      case O.OP_GETPATH:
        setFuel(left);
        r = getPathStep(
          a,
          b,
          fp + ((load<u16>(at, 6) as usize) << 4),
          (load<u32>(at, 8) & tracking & O.FLAG_PATH) != 0,
        );
        left = fuel;
        break;
      case O.OP_SETPATH:
        setFuel(left);
        r = setPath(
          a,
          b,
          fp + ((load<u16>(at, 6) as usize) << 4),
          fp + ((load<u32>(at, 12) as usize) << 4),
        );
        left = fuel;
        break;
      case O.OP_DELPATHS:
        setFuel(left);
        r = deletePaths(a, b, fp + ((load<u16>(at, 6) as usize) << 4));
        left = fuel;
        break;
      case O.OP_COUNT: {
        if ((load<u8>(b) as u32) == OPAQUE) {
          left = takeAll();
          continue;
        }
        if ((load<u8>(b) as u32) > NUMBER) {
          // More than any number, says jq's order; the first item finds that it cannot be counted.
          Cell.copy(a, b);
          continue;
        }
        const n = (load<u8>(b) as u32) == NUMBER ? load<f64>(b, 8) : -1;
        if (!(n >= 0)) {
          r = raiseValue(load<u32>(at, 8));
          break;
        }
        store<u64>(a, NUMBER_HEAD);
        store<f64>(a, n, 8);
        if (n == 0) pc = load<u32>(at, 12);
        continue;
      }
      case O.OP_COUNT_DOWN: {
        if ((load<u8>(a) as u32) != NUMBER) {
          r = countError(a);
          break;
        }
        const n = load<f64>(a, 8) - 1;
        store<u64>(a, NUMBER_HEAD);
        store<f64>(a, n, 8);
        if (n <= 0) {
          top = load<u32>(b);
          guard = top == 0 ? 0 : load<u32>(choices + top - CHOICE, 12);
        }
        continue;
      }
      case O.OP_SKIP: {
        if ((load<u8>(a) as u32) != NUMBER) {
          r = countError(a);
          break;
        }
        const n = load<f64>(a, 8);
        if (n < 1) continue;
        store<u64>(a, NUMBER_HEAD);
        store<f64>(a, n - 1, 8);
        pc = BACKTRACK_CODE;
        continue;
      }
      case O.OP_FALSE:
        store<u64>(a, FALSE as u64);
        store<u64>(a, 0, 8);
        continue;
      case O.OP_TRUE:
        store<u64>(a, TRUE as u64);
        store<u64>(a, 0, 8);
        continue;
      case O.OP_NULL:
        store<u64>(a, 0);
        store<u64>(a, 0, 8);
        continue;
      case O.OP_TRY: {
        if (top + CHOICE > choicesSize && !growChoices(top + CHOICE)) {
          setFuel(left);
          return finish(-1);
        }
        const end = load<u32>(fp, 12);
        if (end > guard) guard = end;
        store<u32>(b, top);
        pushChoice(top, K_TRY, at, fp, guard, tracking);
        top += CHOICE;
        continue;
      }
      case O.OP_ALTERNATIVE: {
        if (top + CHOICE > choicesSize && !growChoices(top + CHOICE)) {
          setFuel(left);
          return finish(-1);
        }
        const end = load<u32>(fp, 12);
        if (end > guard) guard = end;
        pushChoice(top, K_ALTERNATIVE, at, fp, guard, tracking);
        top += CHOICE;
        continue;
      }
      case O.OP_CALL:
      case O.OP_CALL_PARAM: {
        const y = load<u32>(at, 12);
        let code: usize = 0;
        let around: u32 = 0;
        let count: u32 = 0;
        if (op == O.OP_CALL) {
          code = load<u32>(at, 8) as usize;
          count = load<u16>(at, 6) as u32;
          let f = fp;
          for (let n = y & O.CALL_LEVELS; n != 0; n--) f = frames + load<u32>(f, 8);
          around = (f - frames) as u32;
        } else {
          let f = fp;
          for (let n = load<u32>(at, 8); n != 0; n--) f = frames + load<u32>(f, 8);
          const closure = f + ((load<u16>(at, 6) as usize) << 4);
          code = load<u32>(closure) as usize;
          around = load<u32>(closure, 4);
        }
        const size = load<u32>(code, 4);
        const self = (fp - frames) as u32;
        const end = load<u32>(fp, 12);
        const start = end > guard ? end : guard;
        if (start + size > framesSize) {
          if (!growFrames(start + size)) {
            setFuel(left);
            return finish(-1);
          }
          fp = frames + self;
        }
        // The new frame is built on top, and moved down if it may replace ours.
        const fresh = frames + start;
        let replace = (y & O.CALL_TAIL) != 0 && guard <= self && around != self;
        for (let i: u32 = 0; i < count; i++) {
          const parameter = fresh + (((SLOT_INPUT + 1 + i) as usize) << 4);
          if (load<u16>(pc, 2) == 0) {
            store<u32>(parameter, load<u32>(pc, 8));
            store<u32>(parameter, self, 4);
            replace = false;
          } else {
            let f = fp;
            for (let n = load<u32>(pc, 8); n != 0; n--) f = frames + load<u32>(f, 8);
            const from = f + ((load<u16>(pc, 4) as usize) << 4);
            store<u64>(parameter, load<u64>(from));
            if (load<u32>(from, 4) == self) replace = false;
          }
          pc += O.INSTRUCTION;
        }
        const input = fp + ((load<u16>(at, 4) as usize) << 4);
        if (replace) {
          const to8: usize = fp + (SLOT_INPUT << 4);
          store<u64>(to8, load<u64>(input));
          store<u64>(to8, load<u64>(input, 8), 8);
          memory.copy(fp + ((SLOT_INPUT + 1) << 4), fresh + ((SLOT_INPUT + 1) << 4), count << 4);
          store<u32>(fp, around, 8);
          store<u32>(fp, self + size, 12);
        } else {
          store<u32>(fresh, pc as u32);
          store<u32>(fresh, self, 4);
          store<u32>(fresh, around, 8);
          store<u32>(fresh, start + size, 12);
          store<u32>(fresh, tracking, 16);
          store<u32>(fresh, load<u16>(at, 2) as u32, 20);
          const to9: usize = fresh + (SLOT_INPUT << 4);
          store<u64>(to9, load<u64>(input));
          store<u64>(to9, load<u64>(input, 8), 8);
          fp = fresh;
          if (y & O.CALL_PLAIN && tracking != 0) tracking = 1;
        }
        pc = load<u32>(code) as usize;
        continue;
      }
      default: {
        // The arithmetic and the comparisons: OP_ADD to OP_GE.
        if (op - O.OP_ADD > O.OP_GE - O.OP_ADD) unreachable();
        const c = fp + ((load<u16>(at, 6) as usize) << 4);
        if (load<u8>(b) == (NUMBER as u8) && load<u8>(c) == (NUMBER as u8) && op < O.OP_DIV) {
          const x = load<f64>(b, 8);
          const y = load<f64>(c, 8);
          const z = op == O.OP_ADD ? x + y : op == O.OP_SUB ? x - y : x * y;
          store<u64>(a, NUMBER_HEAD);
          store<f64>(a, select<f64>(z, NaN, z == z), 8);
          continue;
        }
        setFuel(left);
        r = binaryStep(op, a, b, c);
        left = fuel;
        break;
      }
    }
    // A step that may fail has ended here. What an error says takes memory as well, and nothing else may see it.
    if (arenaOver(SCRATCH)) {
      if (errorCode() == 0) fail(C.E_LIMIT_MEMORY, 0);
      setFuel(left);
      return finish(-1);
    }
    if (r == DONE) continue;
    if (r == FATAL || errorCode() != 0) {
      setFuel(left);
      return finish(-1);
    }
    skip = 0;
    pc = RAISE_CODE;
  }
}

/** A hidden value was looked at: there is no fuel left. */
function takeAll(): i64 {
  look();
  return fuel;
}

/** An evaluation has ended. */
function finish(result: i32): i32 {
  height = 0;
  shrinkStacks();
  return result;
}

const ERROR_JSON: usize = memory.data(16, 16);
const ERROR_TEXT: Buffer = changetype<Buffer>(memory.data(16, 16));

/** No handler caught the error: it becomes the error record. */
function uncaught(): i32 {
  ERROR_TEXT.len = 0;
  let text = ERROR_VALUE;
  if (tagOf(ERROR_VALUE) != STRING) {
    text = ERROR_JSON;
    if (toJson(ERROR_JSON, ERROR_VALUE) != DONE) return -1;
  }
  bufferBytes(ERROR_TEXT, addressOf(text), lengthOf(text));
  failRaised(ERROR_TEXT.at, ERROR_TEXT.len);
  return -1;
}

/** Exactly one output, in `out`; false with E_EXPR_NONE, E_EXPR_MANY or the program's error. */
export function evalOne(code: usize, input: usize, variables: usize, out: usize): bool {
  evalBegin(code, input, variables);
  const first = evalNext(out);
  if (first < 0) return false;
  if (first == 0) return fail(C.E_EXPR_NONE, 0);
  const second = evalNext(EXTRA_OUT);
  if (second < 0) return false;
  if (second == 1) {
    finish(0);
    return fail(C.E_EXPR_MANY, 0);
  }
  return true;
}

const EXTRA_OUT: usize = memory.data(16, 16);
