// One effect: what it is performed with, and what comes of it.
import type { RequestRecord } from "@reach-fabric/engine";
import type { Grant } from "@reach-fabric/schema";
import type { Note } from "./http.ts";

/** The result of an effect, as admitResult() takes it. */
export interface Performed {
  readonly result: object;
  readonly body?: Uint8Array;
  readonly note?: Note;
}

/** What an effect knows of the run that it belongs to. */
export interface EffectContext {
  readonly grant: Grant;
  readonly signal: AbortSignal;
  readonly idempotencyKey: string;
  /** The run's id, 32 lower-case hex digits: what `$workflow.id` is. */
  readonly runId: string;
  /** The time that the host stamped on the record with which a task or the workflow started. */
  startedAt(what: "workflow" | "task", request: RequestRecord): number;
}
