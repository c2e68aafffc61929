/** The effects, a row each: what a request and a result of each look like (TRACE-5, TRACE-6), and what a call does. */

import { isHex } from "../../bytes/hex";
import { addressOf, lengthOf, OBJECT, STRING, tagOf } from "../../value/cell";
import { cellIs, objectField } from "../../value/object";
import { isGrpcResult, loadGrpc, readGrpc } from "../call/grpc";
import { isHttpRequest, isHttpResult, loadHttp, readHttp } from "../call/http";
import { isLlmResult, loadLlm, readLlm, stepLlm } from "../call/llm";
import { isMcpResult, loadMcp, readMcp } from "../call/mcp";
import { stepRemote } from "../call/remote";
import { isEmitRequest, isEmitResult } from "../emit";
import { isEventResult } from "../listen/listen";
import {
  EFFECT_EMIT,
  EFFECT_HTTP,
  effectName,
  effectTypes,
  newEffect,
  NO_EFFECT,
} from "../state/effects";
import { Task } from "../state/nodes";
import { isTime } from "../state/shapes";
import { Branch, Frame, Pending } from "../state/state";

/** Compiles `with` of a call: its body; 0 with the error recorded. */
type Load = (args: usize) => u32;
/** Asks for the effect, if it is granted. False with a limit's error recorded. */
type Step = (b: Branch, f: Frame, t: Task) => bool;
/** True if the value has the shape of a result. */
type IsResult = (v: usize, e: Pending) => bool;
/** What the task gives for an answer, in `out`: OK, ERROR (a limit) or PROBLEM. */
type Read = (t: Task, answer: usize, out: usize) => u32;

@unmanaged
class Effect {
  isResult: IsResult;
  /** The rest is what `call` does that names the effect; `isCall` is 0 for the others. */
  isCall: u32;
  load: Load;
  step: Step;
  read: Read;
}

const ROWS: usize = memory.data(240, 16); // COUNTS of them

// A row's place is the number of its type, in snapshots too: a new one comes last.
call("http", isHttpResult, loadHttp, stepRemote, readHttp);
effect("clock", isClockResult);
effect("random", isRandomResult);
effect("timer", isTimerResult);
effect("emit", isEmitResult);
effect("event", isEventResult);
call("llm", isLlmResult, loadLlm, stepLlm, readLlm);
call("mcp", isMcpResult, loadMcp, stepRemote, readMcp);
call("grpc", isGrpcResult, loadGrpc, stepRemote, readGrpc);

/** An effect that the machine asks for by itself. */
function effect(name: string, isResult: IsResult): Effect {
  const e = effectAt(newEffect(name));
  e.isResult = isResult;
  return e;
}

/** An effect that `call` names. */
function call(name: string, isResult: IsResult, load: Load, step: Step, read: Read): void {
  const e = effect(name, isResult);
  e.isCall = 1;
  e.load = load;
  e.step = step;
  e.read = read;
}

export function effectAt(type: u32): Effect {
  return changetype<Effect>(ROWS + type * offsetof<Effect>());
}

/** The type of effect that a call of this name asks for, or NO_EFFECT. */
export function callNamed(name: usize): u32 {
  for (let type: u32 = 0; type < effectTypes(); type++) {
    if (effectAt(type).isCall && cellIs(name, effectName(type))) return type;
  }
  return NO_EFFECT;
}

/** True if the value is a request of this type that a run could have made: what is made of the answer relies on it. */
export function isRequest(type: u32, v: usize): bool {
  switch (type) {
    case EFFECT_HTTP:
      return isHttpRequest(v);
    case EFFECT_EMIT:
      return isEmitRequest(v);
    default:
      return true;
  }
}

/** True if the value has the shape of a result of this effect (TRACE-6). */
export function isResult(e: Pending, v: usize): bool {
  return effectAt(e.type).isResult(v, e);
}

function isClockResult(v: usize, _e: Pending): bool {
  return isOnly(v, 1) && isTime(objectField(v, "ms"));
}

/** 16 bytes in hex. */
function isRandomResult(v: usize, _e: Pending): bool {
  const hex = isOnly(v, 1) ? objectField(v, "hex") : 0;
  return hex != 0 && tagOf(hex) == STRING && lengthOf(hex) == 32 && isHex(addressOf(hex), 32);
}

function isTimerResult(v: usize, _e: Pending): bool {
  return isOnly(v, 0);
}

function isOnly(v: usize, members: u32): bool {
  return tagOf(v) == OBJECT && lengthOf(v) == members;
}
