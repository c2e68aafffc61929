/**
 * A run computed again from what entered it, once, with its commitments: what it comes to is compared by whoever
 * has it signed (docs/spec/evidence.md, EVID-24).
 */

import { toHex } from "../core/bytes.ts";
import { EngineError } from "../core/errors.ts";
import type { Engine } from "../engine/engine.ts";
import type { Advance, Pack } from "../calls/run.ts";

export interface RecomputeOptions {
  /** The run's seed, which all commitments follow from (TRACE-12). */
  readonly seed: Uint8Array;
  /** Is given every record that leaves the engine; without it none crosses into JavaScript. */
  readonly onRecord?: (record: Uint8Array) => void;
  /** Is told how many inputs were taken. */
  readonly onProgress?: (done: number) => void;
  /** Looked at before each input. */
  readonly signal?: AbortSignal | undefined;
}

/** What a run comes to. */
export interface Recomputation {
  /**
   * `ended`: it took all inputs and came to its end. `incomplete`: it goes on where they end. `refused`: it could
   * not begin. `diverged`: the engine refuses a later input, or had ended before it. `refusal` says why.
   */
  readonly status: "ended" | "incomplete" | "refused" | "diverged";
  /** Inputs that were taken. */
  readonly steps: number;
  readonly refusal?: { readonly code: string; readonly message: string };
  readonly end?: "completed" | "faulted" | "cancelled";
  /** Over all records, and over those that entered and the outcome, in hex. */
  readonly trace?: { readonly root: string; readonly size: number };
  readonly entered?: { readonly root: string; readonly size: number };
  readonly decision?: string;
  readonly fingerprint?: string;
  readonly fuel?: number;
}

/**
 * Computes a run again. It never throws for what is in the pack or the inputs.
 *
 * @param inputs the records that entered, in order
 * @throws the reason of the signal, where that is aborted; EngineTrap
 *
 * @example
 * const { status, decision } = recompute(createEngine(), pack, inputs, { seed });
 * status; // → "ended"
 */
export function recompute(
  engine: Engine,
  pack: Pack,
  inputs: Iterable<Uint8Array>,
  { seed, onRecord, onProgress, signal }: RecomputeOptions,
): Recomputation {
  let steps = 0;
  let step: Advance | undefined;
  const stopped = (error: unknown): Recomputation => {
    if (!(error instanceof EngineError)) throw error;
    const { code, message } = error;
    return { status: steps === 0 ? "refused" : "diverged", steps, refusal: { code, message } };
  };
  try {
    engine.load(pack);
    engine.commit(seed, { keep: onRecord === undefined ? "nothing" : "records" });
  } catch (error) {
    return stopped(error);
  }
  for (const input of inputs) {
    signal?.throwIfAborted();
    if (step !== undefined && step.status !== "waiting") return { status: "diverged", steps };
    try {
      step = step === undefined ? engine.start(input) : engine.advance(input);
    } catch (error) {
      return stopped(error);
    }
    steps += 1;
    if (onRecord !== undefined) for (const record of step.records) onRecord(record);
    onProgress?.(steps);
  }
  if (step === undefined || step.status === "waiting") return { status: "incomplete", steps };
  const { root, size, entered } = engine.commitments();
  return {
    status: "ended",
    steps,
    end: step.status,
    trace: { root: toHex(root), size },
    entered: { root: toHex(entered.root), size: entered.size },
    decision: engine.decision(),
    fingerprint: engine.fingerprint(),
    fuel: engine.fuelUsed(),
  };
}
