// The outside world of a run: the machine's clock, randomness and timers, and what leaves the machine.
import type { Pack } from "@reach-fabric/engine";
import type { Grant, GrantBounds, Provider } from "@reach-fabric/schema";
import { randomBytes } from "node:crypto";
import { SecretGuard } from "../secrets/guard.ts";
import type { Secrets } from "../secrets/texts.ts";
import type { Performed } from "./egress/performed.ts";
import type { CloudEvent } from "./emit.ts";
import { createGrpc } from "./grpc.ts";
import type { CallGrpc } from "./grpc.ts";
import { createEgress } from "./egress/egress.ts";
import type { Egress, RequestContext } from "./egress/egress.ts";
import type { EgressLimits } from "./egress/limits.ts";
import { createModels } from "./llm.ts";
import type { Question } from "./llm.ts";
import { createMcp } from "./mcp.ts";
import type { CallMcp } from "./mcp.ts";
import { timerBy, waitFor } from "./timer.ts";

/** The outside world as a run sees it. Tests replace any part of it. */
export interface Effects {
  /** Performs an http request; a failure is an answer, and only HostTrouble an exception. */
  readonly fetch: Egress["fetch"];
  /** Milliseconds since 1970, in UTC. */
  readonly clock: () => number;
  /** That many unpredictable bytes. */
  readonly random: (size: number) => Uint8Array;
  /** Resolves after a delay in milliseconds; rejects with the signal's reason when it is aborted. */
  readonly timer: (ms: number, signal: AbortSignal) => Promise<void>;
  /** Asks a model; a failure is an answer, and only HostTrouble an exception. */
  readonly ask: (question: Question, context: RequestContext) => Promise<Performed>;
  /** Calls an MCP server; a failure is an answer, and only HostTrouble an exception. */
  readonly mcp: CallMcp;
  /** Calls a gRPC service; a failure is an answer, and only HostTrouble an exception. */
  readonly grpc: CallGrpc;
  /** Hands on a CloudEvent (WF-39). It returns once the event is where it belongs. */
  readonly emit?: (event: CloudEvent, signal: AbortSignal) => Promise<void>;
}

/** The outside world of one run, with what looks at all that comes from there. */
export interface Outside extends Effects {
  /** The run's, and no part to replace. */
  readonly guard?: SecretGuard;
}

/** What leaves the machine, by the grant. */
export type Remote = "fetch" | "ask" | "mcp" | "grpc";

/** The machine's own clock, randomness and timers. */
export const machine: Omit<Effects, Remote | "emit"> = {
  clock: () => Date.now(),
  random: (size) => new Uint8Array(randomBytes(size)),
  timer: timerBy(Date.now, waitFor),
};

/** What the ways out of one run are made from. */
export interface OutsideOptions {
  readonly pack: Pack;
  /** Nothing is granted without it. */
  readonly grant?: Grant | undefined;
  readonly addresses?: Readonly<Record<string, string>> | undefined;
  readonly secrets?: Secrets | undefined;
  readonly providers?: Readonly<Record<string, Provider>> | undefined;
  /** Bounds of each request. */
  readonly egress?: Partial<EgressLimits> | undefined;
  /** What entries of the grant say of them. */
  readonly bounds?: GrantBounds | undefined;
  /** What no entry may exceed. */
  readonly ceiling?: Partial<EgressLimits> | undefined;
}

/** What leaves the machine in one run, all of it under one grant. Close it when the run has ended. */
type WaysOut = Pick<Effects, Remote> & Pick<Egress, "close">;

/**
 * Makes it when it is first needed: of many runs that wait, few ask anything. Its guard is there at once.
 *
 * @throws ReachError `REACH-E4133` for a secret that the run may use and that is too short
 */
export function createOutside(options: OutsideOptions): WaysOut & Pick<Outside, "guard"> {
  const { grant, secrets, providers } = options;
  const ofModels = Object.values(providers ?? {}).flatMap(({ secret }) => secret ?? []);
  const named = [...(grant?.secrets ?? []).map(({ name }) => name), ...ofModels];
  const guard = new SecretGuard(secrets, named);
  let made: WaysOut | undefined;
  const outside = (): WaysOut => (made ??= makeOutside(options, guard));
  return {
    guard,
    fetch: (request, context) => outside().fetch(request, context),
    ask: (question, context) => outside().ask(question, context),
    mcp: (call, context) => outside().mcp(call, context),
    grpc: (call, context) => outside().grpc(call, context),
    close: async () => made?.close(),
  };
}

function makeOutside(options: OutsideOptions, guard: SecretGuard): WaysOut {
  const { pack, grant = {}, addresses, secrets, providers } = options;
  const { egress: limits, bounds, ceiling } = options;
  const out = {
    grant,
    ...(addresses ? { addresses } : {}),
    ...(secrets ? { secrets } : {}),
    limits,
    bounds,
    ceiling,
  };
  const egress = createEgress(out, { guard });
  const shared = { guard, authorize: egress.authorize };
  return {
    fetch: egress.fetch,
    ask: createModels({ ...out, ...(providers ? { providers } : {}) }, shared).ask,
    mcp: createMcp(out, shared),
    grpc: createGrpc({ ...out, ...shared, pack }),
    close: egress.close,
  };
}
