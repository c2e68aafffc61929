// The outside world of a run: the machine's clock, randomness and timers, and what leaves the machine.
import type { Pack } from "@reach-fabric/engine";
import type { Grant, GrantBounds, Provider } from "@reach-fabric/schema";
import { randomBytes } from "node:crypto";
import { ReachError } from "../files/error.ts";
import type { SecretGuard } from "../secrets/guard.ts";
import { RunSecrets } from "../secrets/run-secrets.ts";
import type { SecretSource } from "../secrets/source.ts";
import { watchOf } from "../security/run-watch.ts";
import type { RunWatch } from "../security/run-watch.ts";
import type { SecurityLog } from "../security/security-log.ts";
import type { Secrets } from "../secrets/texts.ts";
import type { CloudEvent } from "./emit.ts";
import { createFiles } from "./files/files.ts";
import type { UseFile } from "./files/files.ts";
import { createGrpc } from "./grpc.ts";
import type { CallGrpc } from "./grpc.ts";
import type { AddressLookup } from "./egress/address.ts";
import { createEgress } from "./egress/egress.ts";
import type { Egress } from "./egress/egress.ts";
import type { Redeemed } from "./egress/grant.ts";
import type { EgressLimits } from "./egress/limits.ts";
import type { TenantTokens } from "../secrets/token-cache.ts";
import { HostTrouble } from "./egress/trouble.ts";
import { createModels } from "./models/models.ts";
import type { AskModel } from "./models/models.ts";
import { createMcp } from "./mcp/call.ts";
import type { CallMcp } from "./mcp/call.ts";
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
  readonly ask: AskModel;
  /** Calls an MCP server; a failure is an answer, and only HostTrouble an exception. */
  readonly mcp: CallMcp;
  /** Calls a gRPC service; a failure is an answer, and only HostTrouble an exception. */
  readonly grpc: CallGrpc;
  /** Reads, writes or lists in a folder of the grant; a failure is an answer, and only HostTrouble an exception. */
  readonly file: UseFile;
  /** Hands on a CloudEvent (WF-39). It returns once the event is where it belongs. */
  readonly emit?: (event: CloudEvent, signal: AbortSignal) => Promise<void>;
}

/** The outside world of one run, with what looks at all that comes from there. */
export interface Outside extends Effects {
  /** The run's, and no part to replace. */
  readonly guard?: SecretGuard;
  /** What the security log is told of it; nothing where there is none. */
  readonly watch?: RunWatch;
}

/** What leaves the machine, or reaches its files, by the grant. */
export type Remote = "fetch" | "ask" | "mcp" | "grpc" | "file";

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
  readonly secrets?: Secrets | SecretSource | undefined;
  /** Tokens that the runs of a tenant share. */
  readonly tokens?: TenantTokens | undefined;
  readonly providers?: Readonly<Record<string, Provider>> | undefined;
  readonly directories?: Readonly<Record<string, string>> | undefined;
  /** Bounds of each request. */
  readonly egress?: Partial<EgressLimits> | undefined;
  /** What entries of the grant say of them. */
  readonly bounds?: GrantBounds | undefined;
  /** What no entry may exceed. */
  readonly ceiling?: Partial<EgressLimits> | undefined;
  /** Resolves names of origins without an address; the system's resolver without it. */
  readonly lookup?: AddressLookup | undefined;
  /** Where it is noted what security depends on. */
  readonly security?: SecurityLog | undefined;
}

/** What leaves the machine in one run, all of it under one grant. Close it when the run has ended. */
type WaysOut = Pick<Effects, Remote> & Pick<Egress, "close">;

/** What comes before the first request, and after the last one. */
interface Bounds {
  /** Reads the source of secrets, where they have one. @throws ReachError what is wrong with it */
  open(): Promise<void>;
  /** The run has come to its end: nothing goes on with it. */
  end(): Promise<void>;
}

/**
 * Makes it when it is first needed: of many runs that wait, few ask anything. Its guard is there at once.
 *
 * @param run its id, where a later process may go on with it
 * @throws ReachError `REACH-E4133` for a secret that the run may use and that is too short
 */
export function createOutside(
  options: OutsideOptions,
  run?: string,
): WaysOut & Pick<Outside, "guard" | "watch"> & Bounds {
  const { grant, providers, security } = options;
  const ofModels = Object.values(providers ?? {}).flatMap(({ secret }) => secret ?? []);
  const named = [...(grant?.secrets ?? []).map(({ name }) => name), ...ofModels];
  const secrets = new RunSecrets(options.secrets, named, run);
  const watch = security && watchOf(security, run, (text) => secrets.guard.scrubbed(text));
  let made: WaysOut | undefined;
  const outside = (): WaysOut => (made ??= makeOutside(options, secrets, watch));
  /** Those that change are read before each effect: what is current then is what it is performed with. */
  const fresh = async (): Promise<WaysOut> => {
    await secrets.refresh().catch((error: unknown) => {
      const why = error instanceof ReachError ? `${error.message} (${error.code})` : "unknown";
      throw new HostTrouble(`the secrets cannot be read: ${why}`, error);
    });
    return outside();
  };
  const now = (): WaysOut | Promise<WaysOut> => (secrets.isLive ? fresh() : outside());
  return {
    guard: secrets.guard,
    ...(watch && { watch }),
    open: () => secrets.open(),
    end: () => secrets.end(),
    fetch: async (request, context) => (await now()).fetch(request, context),
    ask: async (question, context) => (await now()).ask(question, context),
    mcp: async (call, context) => (await now()).mcp(call, context),
    grpc: async (call, context) => (await now()).grpc(call, context),
    file: async (call, context) => (await now()).file(call, context),
    close: async () => made?.close(),
  };
}

const telling =
  (watch: RunWatch): Redeemed =>
  (secret, origin) => {
    watch.redeemed(secret, origin);
  };

function makeOutside(
  options: OutsideOptions,
  secrets: RunSecrets,
  watch: RunWatch | undefined,
): WaysOut {
  const { pack, grant = {}, addresses, providers, directories, tokens, lookup } = options;
  const { egress: limits, bounds, ceiling } = options;
  const { guard, values } = secrets;
  const out = {
    grant,
    ...(addresses ? { addresses } : {}),
    secrets: values,
    limits,
    bounds,
    ceiling,
  };
  const got = (texts: readonly string[]): Promise<void> => secrets.got(texts);
  const told = {
    ...(watch === undefined ? {} : { redeemed: telling(watch) }),
    ...(lookup === undefined ? {} : { lookup }),
  };
  const egress = createEgress({ ...out, ...(tokens ? { tokens } : {}) }, { guard, got, ...told });
  const shared = { guard, ...told, authorize: egress.authorize };
  const grpc = createGrpc({ ...out, ...shared, pack });
  const mcp = createMcp(out, shared);
  return {
    fetch: egress.fetch,
    ask: createModels({ ...out, ...(providers ? { providers } : {}) }, shared).ask,
    mcp: mcp.call,
    grpc: grpc.call,
    file: createFiles({ ...out, guard, ...(directories ? { directories } : {}) }),
    close: async () => {
      grpc.close();
      await mcp.close();
      await egress.close();
    },
  };
}
