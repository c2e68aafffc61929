import type { Engine, Pack, TraceRecord } from "@reach-fabric/engine";
import type { Grant, GrantBounds, Provider, RunCommand } from "@reach-fabric/schema";
import type { SecretSource } from "../secrets/source.ts";
import type { Secrets } from "../secrets/texts.ts";
import type { SecurityLog } from "../security/security-log.ts";
import type { CloudEvent } from "../effects/emit.ts";
import type { Effects } from "../effects/outside.ts";
import type { AddressLookup } from "../effects/egress/address.ts";
import type { EgressLimits } from "../effects/egress/limits.ts";
import type { TenantTokens } from "../secrets/token-cache.ts";
import type { EnginePool } from "../pool/pool.ts";
import type { Parallel } from "../effects/places.ts";
import type { RefusedGiven } from "../secrets/given.ts";
import type { TroubleLimits } from "./trouble.ts";
import type { Awaited } from "./waiting.ts";
import type { Recorder } from "../store/recorder.ts";

/** What a run is given. */
export interface RunOptions {
  /** One of its own: its run is replaced, and its pack, unless it has loaded this very one already; or one that many share. */
  readonly engine: Engine | EnginePool;
  readonly pack: Pack;
  /** `namespace/name:version`; may be left out where the pack has one workflow. */
  readonly workflow?: string;
  /** JSON text. */
  readonly input: Uint8Array;
  /** The effective grant; nothing is granted without it. */
  readonly grant?: Grant;
  /** What may be performed twice, as the operator vouches (GRANT-16). */
  readonly repeatable?: Pick<Grant, "http" | "mcp">;
  /** The operator's map from logical origins to the origins that are contacted. */
  readonly addresses?: Readonly<Record<string, string>>;
  /** The engine's limits that differ from its defaults: part of the decision. */
  readonly limits?: object;
  /** Bounds of each request: the host's, in no digest. */
  readonly egress?: Partial<EgressLimits>;
  /** What entries of the grant say of them (GRANT-21). */
  readonly bounds?: GrantBounds;
  /** What no request may exceed, whatever entries of the grant say. */
  readonly ceiling?: Partial<EgressLimits>;
  /** How many effects leave this machine at a time (GRANT-19). */
  readonly parallel?: Partial<Parallel>;
  /** How often and how long effects are tried that this machine cannot perform (GRANT-17). */
  readonly trouble?: Partial<TroubleLimits>;
  readonly recorder: Recorder;
  /**
   * What the names of secrets stand for; they go nowhere but into the requests that the grant says. Those of a source may be others when
   * the run has waited: each effect is performed with those that are current when it begins.
   */
  readonly secrets?: Secrets | SecretSource;
  /** Access tokens that the runs of a tenant share (GRANT-15); without it, the run has its own. */
  readonly tokens?: TenantTokens;
  /** Where the models that the grant names are. */
  readonly providers?: Readonly<Record<string, Provider>>;
  /** Where the folders that the grant names are: absolute paths. */
  readonly directories?: Readonly<Record<string, string>>;
  /** CloudEvents for the tasks that listen, in the order in which they come. */
  readonly events?: AsyncIterable<CloudEvent>;
  /** Suspends, resumes or cancels the run: each command is a record of it. */
  readonly commands?: AsyncIterable<RunCommand>;
  /** Resolves names of origins without an address: createLookup() for each tenant; the system's resolver without it. */
  readonly lookup?: AddressLookup;
  /** Parts of the outside world to replace. */
  readonly effects?: Partial<Effects>;
  /**
   * Milliseconds that it waits for a timer when there is nothing else to do; without it, as long as it takes.
   */
  readonly patience?: number;
  /** Waits for what the store is given for it, an event or a command, as long as it takes. */
  readonly waits?: boolean;
  /** Where it is noted what security depends on. What becomes of that is nothing to the run. */
  readonly security?: SecurityLog;
  /** Interrupts the run; what is recorded stays as it is. */
  readonly signal?: AbortSignal;
  /** Called when nothing but these can make the run go on, and when they are others than before. */
  readonly onWait?: (awaits: readonly Awaited[]) => void;
  /** Called for an event or a command that holds a secret of the run: it is not taken (VAULT-12). */
  readonly onRefused?: (refused: RefusedGiven) => void;
  /** Called for each record, with its bytes, once it is durable or what it follows from is. */
  readonly onRecord?: (record: TraceRecord, bytes: Uint8Array) => void;
}
