/**
 * The effects, a row each: what a request and a result of each look like (TRACE-5, TRACE-6), and what a call does. What
 * differs from type to type is a column here: elsewhere a type is named only where it is asked for.
 */

import { isHex } from "../../bytes/hex";
import { E_RECORD_EVENT } from "../../errors/codes";
import { fail, failRecord } from "../../errors/errors";
import { addressOf, lengthOf, OBJECT, STRING, tagOf } from "../../value/cell";
import { cellIs, objectField } from "../../value/object";
import { admitFile, isFileRequest, isFileResult, loadFile, readFile, stepFile } from "../call/file";
import { isGrpcResult, loadGrpc, readGrpc, stepGrpc } from "../call/grpc";
import {
  isHttpRequest,
  isHttpResult,
  loadHttp,
  loadResponseHeaders,
  readHttp,
  stepHttp,
} from "../call/http";
import { admitAsGiven, admitHttp } from "../call/http-answer";
import { loadLlm, stepLlm } from "../call/llm";
import { isLlmResult, readLlm } from "../call/llm-answer";
import { isMcpResult, loadMcp, readMcp, stepMcp } from "../call/mcp";
import { admitMcp } from "../call/mcp-answer";
import { isEmitRequest, isEmitResult } from "../emit";
import { isEventResult } from "../listen/listen";
import { effectName, effectTypes, keepLate, newEffect, NO_EFFECT } from "../state/effects";
import { Task } from "../state/nodes";
import { isTime } from "../state/shapes";
import { Branch, Frame, Pending, requestOf } from "../state/state";

/** Compiles `with` of a call: its body; 0 with the error recorded. */
type Load = (args: usize) => u32;
/** Asks for the effect, if it is granted. False with a limit's error recorded. */
type Step = (b: Branch, f: Frame, t: Task) => bool;
/** True if the value has the shape of a result. */
type IsResult = (v: usize, e: Pending) => bool;
/** What the task gives for an answer, in `out`: OK, ERROR (a limit) or PROBLEM. */
type Read = (t: Task, answer: usize, out: usize) => u32;
/** True if the value is a request that a run could have made: what is made of the answer relies on it. */
type IsRequest = (v: usize) => bool;
/** Makes of what the outside gives, with a body or 0, the result to record. False with the error recorded. */
type Admit = (e: Pending, given: usize, body: usize, length: u32, out: usize) => bool;
/** Compiles what the task's `metadata` says of the call, into its body. False with the error recorded. */
type LoadMetadata = (body: u32, metadata: usize) => bool;

@unmanaged
class Effect {
  type: u32;
  isResult: IsResult;
  isRequest: IsRequest;
  admit: Admit;
  /** The error of a value that is not one of its results; 0: that of any malformed record. */
  refusal: u32;
  /** The rest is what `call` does that names the effect; `isCall` is 0 for the others. */
  isCall: u32;
  load: Load;
  loadMetadata: LoadMetadata;
  step: Step;
  read: Read;

  /** Its requests are looked at when an answer is read. */
  held(isRequest: IsRequest): Effect {
    this.isRequest = isRequest;
    return this;
  }

  /** Its answers are not recorded as they are given. */
  admitted(admit: Admit): Effect {
    this.admit = admit;
    return this;
  }

  /** An answer that comes after it was cancelled is recorded: something was done in the world. */
  keptLate(): Effect {
    keepLate(this.type);
    return this;
  }

  /** A value that is not one of its results has an error of its own. */
  refused(code: u32): Effect {
    this.refusal = code;
    return this;
  }

  /** `metadata` of a task can say more of it. */
  described(loadMetadata: LoadMetadata): Effect {
    this.loadMetadata = loadMetadata;
    return this;
  }
}

const ROWS: usize = memory.data(480, 16); // COUNTS of them

// A row's place is the number of its type, in snapshots too: a new one comes last.
call("http", isHttpResult, loadHttp, stepHttp, readHttp)
  .held(isHttpRequest)
  .admitted(admitHttp)
  .described(loadResponseHeaders)
  .keptLate();
effect("clock", isClockResult);
effect("random", isRandomResult);
effect("timer", isTimerResult);
effect("emit", isEmitResult).held(isEmitRequest);
effect("event", isEventResult).refused(E_RECORD_EVENT);
call("llm", isLlmResult, loadLlm, stepLlm, readLlm);
call("mcp", isMcpResult, loadMcp, stepMcp, readMcp).admitted(admitMcp);
call("grpc", isGrpcResult, loadGrpc, stepGrpc, readGrpc);
call("file", isFileResult, loadFile, stepFile, readFile).held(isFileRequest).admitted(admitFile);

/** An effect that the machine asks for by itself. */
function effect(name: string, isResult: IsResult): Effect {
  const type = newEffect(name);
  const e = effectAt(type);
  e.type = type;
  e.isResult = isResult;
  e.isRequest = isAnyRequest;
  e.admit = admitAsGiven;
  return e;
}

/** An effect that `call` names. */
function call(name: string, isResult: IsResult, load: Load, step: Step, read: Read): Effect {
  const e = effect(name, isResult);
  e.isCall = 1;
  e.load = load;
  e.loadMetadata = loadNoMetadata;
  e.step = step;
  e.read = read;
  return e;
}

function isAnyRequest(_v: usize): bool {
  return true;
}

/** Metadata may hold anything: what no row reads says nothing. */
function loadNoMetadata(_body: u32, _metadata: usize): bool {
  return true;
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

/** True if the effect's request is one that a run could have made. */
export function hasRequest(e: Pending): bool {
  return effectAt(e.type).isRequest(requestOf(e));
}

/** True if the value has the shape of a result of this effect (TRACE-6). */
export function isResult(e: Pending, v: usize): bool {
  return effectAt(e.type).isResult(v, e);
}

/** The error of a value that is not. Always false. */
export function noResult(e: Pending): bool {
  const code = effectAt(e.type).refusal;
  return code == 0 ? failRecord("not a result of this kind of effect") : fail(code, 0);
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
