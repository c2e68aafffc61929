// One type of effect, and what it is performed with.
import type { RequestRecord } from "@reach-fabric/engine";
import type { Grant } from "@reach-fabric/schema";
import type { RequestContext } from "./egress/egress.ts";
import type { Performed } from "./egress/performed.ts";
import type { NeedsOf } from "./needs.ts";

/** What an effect knows of the run that it belongs to. */
export interface EffectContext extends RequestContext {
  readonly grant: Grant;
  /** The run's id, 32 lower-case hex digits: what `$workflow.id` is. */
  readonly runId: string;
  /** The time that the host stamped on the record with which a task or the workflow started. */
  startedAt(what: "workflow" | "task", request: RequestRecord): number;
  /** Milliseconds that have passed since it was asked for, where a run goes on; otherwise 0. */
  readonly waited: number;
}

/** A type of effect, on what it needs of the outside world. */
export interface EffectKind<Outside> {
  /** What comes of it at once, without waiting and without leaving the process; undefined where that cannot be. */
  now?(record: RequestRecord, outside: Outside, context: EffectContext): Performed | undefined;
  /**
   * Performs one; a failure is an answer.
   *
   * @throws the signal's reason if it was aborted: an interruption is no answer
   */
  perform(record: RequestRecord, outside: Outside, context: EffectContext): Promise<Performed>;
  /** True where performing it changes nothing in the world. */
  isReadOnly(request: RequestRecord["request"]): boolean;
  /** True where its protocol says that performing it twice does no more than once. What is read-only is. */
  isIdempotent?(request: RequestRecord["request"]): boolean;
  /** What it needs of a grant. */
  readonly needs: NeedsOf;
  /** What an operator calls it who declares it safe. */
  operation(request: RequestRecord["request"]): string;
}
