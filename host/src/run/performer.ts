// Effects outside a run: what a hypothesis asks of the world (EVID-31).
import type { Pack, RequestRecord } from "@reach-fabric/engine";
import type { Grant, GrantBounds, Provider } from "@reach-fabric/schema";
import { randomBytes } from "node:crypto";
import type { SecretSource } from "../secrets/source.ts";
import type { Secrets } from "../secrets/texts.ts";
import type { SecurityLog } from "../security/security-log.ts";
import type { AddressLookup } from "../effects/egress/address.ts";
import type { Performed } from "../effects/egress/performed.ts";
import { createOutside, machine } from "../effects/outside.ts";
import { isReadOnly, operationOf, perform } from "../effects/table.ts";
import type { EffectContext } from "../effects/effect.ts";
import { patiently } from "./trouble.ts";

export interface PerformerOptions {
  readonly pack: Pack;
  readonly grant: Grant;
  readonly addresses?: Readonly<Record<string, string>>;
  readonly secrets?: Secrets | SecretSource;
  /** Resolves names of origins without an address; the system's resolver without it. */
  readonly lookup?: AddressLookup;
  /** What entries of the grant say of time and size (GRANT-21). */
  readonly bounds?: GrantBounds;
  readonly providers?: Readonly<Record<string, Provider>>;
  readonly directories?: Readonly<Record<string, string>>;
  /** Where it is noted what security depends on. */
  readonly security?: SecurityLog;
  /** Operations that change nothing although their protocol does not say so, as operationOf() names them. */
  readonly safe?: readonly string[];
}

export interface Performer {
  /** True for what may be performed although no decision depends on it. */
  isSafe(request: RequestRecord): boolean;
  /** Performs it; a failure is an answer. */
  perform(request: RequestRecord, signal: AbortSignal): Promise<Performed>;
  close(): Promise<void>;
}

/**
 * Performs effects for a hypothesis, under a grant of its own.
 *
 * Safe are: http with GET, HEAD and OPTIONS (RFC 9110, 9.2.1), questions to models, MCP but `tools/call`, files that
 * are read and folders that are listed, the clock and randomness; and what `safe` declares. Events are never emitted, nor waited for.
 */
export function createPerformer(options: PerformerOptions): Performer {
  const { grant, safe = [] } = options;
  const remote = createOutside(options);
  // How long things take is not modelled.
  const outside = { ...machine, ...remote, timer: () => Promise.resolve() };
  return {
    isSafe: (request) => isReadOnly(request) || safe.includes(operationOf(request)),
    perform: (request, signal) => {
      const context = contextOf(grant, signal);
      const work = (): Promise<Performed> => perform(request, outside, context);
      return patiently(work, `effect ${request.key}`, signal);
    },
    close: remote.close,
  };
}

const contextOf = (grant: Grant, signal: AbortSignal): EffectContext => ({
  grant,
  signal,
  idempotencyKey: randomBytes(32).toString("hex"),
  runId: randomBytes(16).toString("hex"),
  startedAt: () => Date.now(),
  waited: 0,
});
