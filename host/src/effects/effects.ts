// Effects: what the engine asks for and the host performs (TRACE-5, TRACE-6).
import type { RequestRecord } from "@reach-fabric/engine";
import { randomBytes } from "node:crypto";
import { hostCode } from "../files/codes.ts";
import type { EffectContext, Performed } from "./effect.ts";
import type { Egress, HttpRequest } from "./http.ts";
import { mayEmit } from "@reach-fabric/schema";
import { ReachError } from "../files/error.ts";
import { systemCode } from "../files/files.ts";
import type { CallGrpc, GrpcCall } from "./grpc.ts";
import type { CallMcp, McpCall } from "./mcp.ts";
import type { Question } from "./models.ts";

/** The outside world as a run sees it. Tests replace any part of it. */
export interface Effects {
  /** Performs an http request; a failure is an answer, never an exception. */
  readonly fetch: Egress["fetch"];
  /** Milliseconds since 1970, in UTC. */
  readonly clock: () => number;
  /** That many bytes nobody can predict. */
  readonly random: (size: number) => Uint8Array;
  /** Resolves after a delay in milliseconds; rejects with the signal's reason when it is aborted. */
  readonly timer: (ms: number, signal: AbortSignal) => Promise<void>;
  /** Asks a model; a failure is an answer, never an exception. */
  readonly ask: (
    question: Question,
    idempotencyKey: string,
    signal: AbortSignal,
  ) => Promise<Performed>;
  /** Calls an MCP server; a failure is an answer, never an exception. */
  readonly mcp: CallMcp;
  /** Calls a gRPC service; a failure is an answer, never an exception. */
  readonly grpc: CallGrpc;
  /** Hands on a CloudEvent (WF-39). It returns once the event is where it belongs. */
  readonly emit?: (event: CloudEvent, signal: AbortSignal) => Promise<void>;
}

/** A CloudEvent 1.0 in its JSON form. */
export type CloudEvent = Readonly<Record<string, unknown>>;

/** What leaves the machine, by the grant. */
export type Remote = "fetch" | "ask" | "mcp" | "grpc";

/** The machine's own clock, randomness and timers. */
export const machine: Omit<Effects, Remote | "emit"> = {
  clock: () => Date.now(),
  random: (size) => new Uint8Array(randomBytes(size)),
  timer: waitFor,
};

/** Longest delay that one setTimeout can hold; a longer one would fire at once. */
const LONGEST = 2 ** 31 - 1;

async function waitFor(ms: number, signal: AbortSignal): Promise<void> {
  for (let left = ms; left > 0; left -= LONGEST) await waitOnce(Math.min(left, LONGEST), signal);
}

function waitOnce(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    if (signal.aborted) return reject(signal.reason as Error);
    const done = (): void => {
      signal.removeEventListener("abort", stop);
      resolve();
    };
    const timer = setTimeout(done, ms);
    const stop = (): void => {
      clearTimeout(timer);
      reject(signal.reason as Error);
    };
    signal.addEventListener("abort", stop, { once: true });
  });
}

/** GRANT-11 again, then the sink; the event's id is the same when it has to be sent again. */
async function emit(
  event: CloudEvent,
  effects: Effects,
  { grant, idempotencyKey, signal }: EffectContext,
): Promise<Performed> {
  if (!mayEmit(grant, String(event["type"]))) return { result: { failure: "denied" } };
  if (effects.emit === undefined) {
    return {
      result: { failure: "refused" },
      note: { code: "NO_SINK", why: "this run has no sink for events" },
    };
  }
  const ms = effects.clock();
  const given = {
    ...(event["id"] === undefined ? { id: idempotencyKey } : {}),
    ...(event["time"] === undefined ? { time: new Date(ms).toISOString() } : {}),
  };
  try {
    await effects.emit({ ...event, ...given }, signal);
  } catch (error) {
    if (signal.aborted) throw error;
    return {
      result: { failure: "reset" },
      note: { code: systemCode(error), why: "the sink did not take the event" },
    };
  }
  return {
    result: {
      ...("id" in given ? { id: given.id } : {}),
      ...("time" in given ? { ms } : {}),
    },
  };
}

/**
 * Performs one effect.
 *
 * @throws the signal's reason if it was aborted; ReachError `REACH-E3003` for an unknown effect
 */
export async function perform(
  record: RequestRecord,
  effects: Effects,
  context: EffectContext,
): Promise<Performed> {
  const { request } = record;
  const what = request["for"];
  if (record.type === "http") return effects.fetch(request as unknown as HttpRequest, context);
  if (record.type === "clock") {
    const ms =
      what === "workflow.startedAt"
        ? context.startedAt("workflow", record)
        : what === "task.startedAt"
          ? context.startedAt("task", record)
          : effects.clock();
    return { result: { ms } };
  }
  if (record.type === "random") {
    const hex =
      what === "workflow.id" ? context.runId : Buffer.from(effects.random(16)).toString("hex");
    return { result: { hex } };
  }
  if (record.type === "llm") {
    return effects.ask(request as unknown as Question, context.idempotencyKey, context.signal);
  }
  if (record.type === "mcp") {
    return effects.mcp(request as unknown as McpCall, context.idempotencyKey, context.signal);
  }
  if (record.type === "grpc") {
    return effects.grpc(request as unknown as GrpcCall, context.idempotencyKey, context.signal);
  }
  if (record.type === "emit") return emit(request["event"] as CloudEvent, effects, context);
  if (record.type !== "timer") {
    throw new ReachError(
      hostCode.unknownEffect,
      "The engine asks for an effect that this host lacks.",
      {
        where: `effect ${record.key}`,
        hint: "The engine and the host are of different versions.",
      },
    );
  }
  await effects.timer(Number(request["ms"]), context.signal);
  return { result: {} };
}
