/** Opaque replay: what a run with hidden values computes all the same (docs/spec/trace.md, TRACE-25). */

import type { Advance, Looked, Pack } from "../calls/run.ts";
import { EngineError } from "../core/errors.ts";
import type { Engine } from "../engine/engine.ts";
import type { RecomputeOptions } from "./recompute.ts";

export interface OpaqueReplayOptions extends Pick<RecomputeOptions, "onProgress" | "signal"> {
  /** In place of the run's own limit; 1e9 unless it is given. */
  readonly fuel?: number;
  /** Is given each record in its order, those that entered, too: their bytes, with the hidden values in them. */
  readonly onRecord?: (record: Uint8Array) => void;
}

export interface OpaqueReplay {
  /**
   * `ended`: the run has, and nothing looked. `looked`: what comes next depends on a hidden value. `incomplete`:
   * the records end before the run. `refused`: a record, or the pack, is malformed; `refusal` says why.
   */
  readonly status: "ended" | "looked" | "incomplete" | "refused";
  /** How many records were computed or taken in: those numbered 0 to `records` - 1. */
  readonly records: number;
  /** Where it looked. */
  readonly looked?: Looked;
  readonly refusal?: { readonly code: string; readonly message: string };
}

/**
 * Computes the records of a run from what entered it, some of which is hidden, up to the first that depends on
 * a hidden value. It never throws for what is in pack and records.
 *
 * @param inputs the records that entered, in order, with hole(n) where a value is hidden
 *
 * @example
 * const start = fromUtf8(records[0]!).replace('"a-1"', hole(1));
 * const { status, looked } = opaqueReplay(createEngine(), pack, [utf8(start)]);
 */
export function opaqueReplay(
  engine: Engine,
  pack: Pack,
  inputs: Iterable<Uint8Array>,
  options: OpaqueReplayOptions = {},
): OpaqueReplay {
  const { fuel, onRecord, onProgress, signal } = options;
  let records = 0;
  let steps = 0;
  const give = (record: Uint8Array): void => {
    onRecord?.(record);
    records += 1;
  };
  let step: Advance | undefined;
  try {
    engine.load(pack);
    engine.commit(null, { holes: fuel === undefined ? {} : { fuel } });
    for (const input of inputs) {
      if (step !== undefined && step.status !== "waiting") break;
      signal?.throwIfAborted();
      step = step === undefined ? engine.start(input) : engine.advance(input);
      // One at which something looked is not taken in.
      const where = step.status === "looked" ? engine.looked() : undefined;
      if (where === undefined || where.records > records) give(input);
      for (const record of step.records) give(record);
      onProgress?.(++steps);
      if (where !== undefined) return { status: "looked", records, looked: where };
    }
  } catch (error) {
    if (!(error instanceof EngineError)) throw error;
    return { status: "refused", records, refusal: { code: error.code, message: error.message } };
  }
  const isOver = step !== undefined && step.status !== "waiting";
  return { status: isOver ? "ended" : "incomplete", records };
}
