/** The effects, by type: what a request and a result of each look like (TRACE-5, TRACE-6). */

import { isHex } from "../../bytes/hex";
import { addressOf, lengthOf, OBJECT, STRING, tagOf } from "../../value/cell";
import { objectField } from "../../value/object";
import { isGrpcResult } from "../call/grpc";
import { isHttpRequest, isHttpResult } from "../call/http";
import { isLlmResult } from "../call/llm";
import { isMcpResult } from "../call/mcp";
import { isEmitRequest, isEmitResult } from "../emit";
import { isEventResult } from "../listen/listen";
import {
  EFFECT_CLOCK,
  EFFECT_EMIT,
  EFFECT_EVENT,
  EFFECT_GRPC,
  EFFECT_HTTP,
  EFFECT_LLM,
  EFFECT_MCP,
  EFFECT_RANDOM,
} from "../state/effects";
import { isTime } from "../state/shapes";
import { Pending, requestOf } from "../state/state";

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
  switch (e.type) {
    case EFFECT_HTTP:
      return isHttpResult(v, requestOf(e));
    case EFFECT_EMIT:
      return isEmitResult(v, requestOf(e));
    case EFFECT_EVENT:
      return isEventResult(e, v);
    case EFFECT_LLM:
      return isLlmResult(v);
    case EFFECT_MCP:
      return isMcpResult(v);
    case EFFECT_GRPC:
      return isGrpcResult(v);
    case EFFECT_CLOCK:
      return isOnly(v, 1) && isTime(objectField(v, "ms"));
    case EFFECT_RANDOM:
      return isOnly(v, 1) && isRandom(objectField(v, "hex"));
    default:
      return isOnly(v, 0);
  }
}

function isOnly(v: usize, members: u32): bool {
  return tagOf(v) == OBJECT && lengthOf(v) == members;
}

/** 16 bytes in hex. */
function isRandom(v: usize): bool {
  return v != 0 && tagOf(v) == STRING && lengthOf(v) == 32 && isHex(addressOf(v), 32);
}
