/** What a run asks of the outside: the types of effects, and what each is asked for. */

import { EMIT, GRPC, HTTP, LISTEN, LLM, MCP } from "./nodes";

// Types of effects.
export const EFFECT_HTTP: u32 = 0;
export const EFFECT_CLOCK: u32 = 1;
export const EFFECT_RANDOM: u32 = 2;
export const EFFECT_TIMER: u32 = 3;
export const EFFECT_EMIT: u32 = 4;
export const EFFECT_EVENT: u32 = 5;
export const EFFECT_LLM: u32 = 6;
export const EFFECT_MCP: u32 = 7;
export const EFFECT_GRPC: u32 = 8;
export const LAST_EFFECT: u32 = 8;
export const NO_EFFECT: u32 = 0xff;
/** Requests are counted by task and type: so many u32 a task. */
export const COUNTS: u32 = 12;

// What a clock or random effect is for.
export const FOR_CALL: u32 = 0;
export const FOR_NOW: u32 = 1;
export const FOR_WORKFLOW_STARTED: u32 = 2;
export const FOR_TASK_STARTED: u32 = 3;
export const FOR_WORKFLOW_ID: u32 = 4;
export const FOR_JITTER: u32 = 5;
export const FOR_RETRY: u32 = 6;
export const FOR_WAIT: u32 = 7;
export const FOR_TIMEOUT: u32 = 8;
/** Of a try: the time of one attempt, and of all retries. */
export const FOR_ATTEMPT: u32 = 9;
export const FOR_RETRIES: u32 = 10;
export const LAST_PURPOSE: u32 = 10;

/** True for what bounds the time of a frame: nobody waits for it. */
export function isBound(what: u32): bool {
  return what >= FOR_TIMEOUT;
}

/** The name of a type in records (TRACE-5). */
export function effectName(type: u32): string {
  switch (type) {
    case EFFECT_HTTP:
      return "http";
    case EFFECT_CLOCK:
      return "clock";
    case EFFECT_RANDOM:
      return "random";
    case EFFECT_TIMER:
      return "timer";
    case EFFECT_EMIT:
      return "emit";
    case EFFECT_EVENT:
      return "event";
    case EFFECT_LLM:
      return "llm";
    case EFFECT_MCP:
      return "mcp";
    default:
      return "grpc";
  }
}

/** The effect that a task of this kind asks for itself (FOR_CALL); NO_EFFECT for the others. */
export function effectOf(kind: u32): u32 {
  switch (kind) {
    case HTTP:
      return EFFECT_HTTP;
    case EMIT:
      return EFFECT_EMIT;
    case LISTEN:
      return EFFECT_EVENT;
    case LLM:
      return EFFECT_LLM;
    case MCP:
      return EFFECT_MCP;
    case GRPC:
      return EFFECT_GRPC;
    default:
      return NO_EFFECT;
  }
}
