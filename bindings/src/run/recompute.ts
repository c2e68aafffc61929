/**
 * Recomputing: from the records that entered a run to all that follows from them, in one drive of the
 * engine. No record crosses into JavaScript unless it is asked for.
 */

import type { TreeHead } from "../calls/commit.ts";
import type { Advance, Pack } from "../calls/run.ts";
import { EngineError } from "../core/errors.ts";
import type { Engine } from "../engine/engine.ts";

export interface RecomputeOptions {
  /** The run's seed, 32 bytes. */
  readonly seed: Uint8Array;
  /** Is given every record of the run in its order, those that entered included. */
  readonly onRecord?: (record: Uint8Array) => void;
  /** Is told after each record that entered how many have. */
  readonly onProgress?: (done: number) => void;
  /**
   * An AbortSignal, which is looked at before each record that enters: what it was aborted with is thrown.
   * Spelled out, so that the declarations need no library of types.
   */
  readonly signal?: { throwIfAborted(): void };
}

export interface Recomputed {
  /**
   * `ended`: the run ended with the last record. `incomplete`: the records end before the run does.
   * `refused`: the run could not begin. `diverged`: a later record cannot come where it comes;
   * `refusal` says why.
   */
  readonly status: "ended" | "incomplete" | "refused" | "diverged";
  /** Records that entered. */
  readonly steps: number;
  readonly refusal?: { readonly code: string; readonly message: string };
  /** The head of the tree of all records: of those so far, where the run has not ended. */
  readonly root?: Uint8Array;
  readonly size?: number;
  /** The head of the tree of what entered. */
  readonly entered?: TreeHead;
  /** How the run ended, its outcome record, its decision digest and fingerprint in hex, and its fuel. */
  readonly end?: "completed" | "faulted" | "cancelled";
  readonly outcome?: Uint8Array;
  readonly decision?: string;
  readonly fingerprint?: string;
  readonly fuel?: number;
}

/**
 * Drives a run again with the records that entered it. What comes of it depends on pack, records and
 * seed alone; it never throws for what is in them.
 *
 * @param inputs the records that entered, in order
 *
 * @example
 * const seed = new Uint8Array(32);
 * const inputs = records.filter((record) => isInput(record));
 * const { status, size } = recompute(createEngine(), pack, inputs, { seed });
 * status; // → "ended"
 * size; // → records.length
 */
export function recompute(
  engine: Engine,
  pack: Pack,
  inputs: Iterable<Uint8Array>,
  options: RecomputeOptions,
): Recomputed {
  try {
    return drive(engine, pack, inputs, options);
  } finally {
    // Who runs the same pack next finds the engine as after load(): its records leave.
    if (!engine.trapped) engine.commit(null);
  }
}

function drive(
  engine: Engine,
  pack: Pack,
  inputs: Iterable<Uint8Array>,
  { seed, onRecord, onProgress, signal }: RecomputeOptions,
): Recomputed {
  let steps = 0;
  let status: Advance["status"] | undefined;
  const so = (
    what: Exclude<Recomputed["status"], "ended">,
    refusal?: Recomputed["refusal"],
  ): Recomputed => ({
    status: what,
    steps,
    ...(refusal === undefined ? {} : { refusal }),
    ...(steps === 0 ? {} : heads()),
  });

  const heads = (): Pick<Recomputed, "root" | "size" | "entered"> => {
    const { root, size, entered } = engine.commitments();
    return { root, size, entered };
  };

  try {
    // Runs of one pack often come in series.
    if (engine.loaded !== pack) engine.load(pack);
  } catch (error) {
    return so("refused", reasonOf(error));
  }
  engine.commit(seed, { keep: onRecord === undefined ? "nothing" : "records" });
  for (const input of inputs) {
    signal?.throwIfAborted();
    let step;
    try {
      step = steps === 0 ? engine.start(input) : engine.advance(input);
    } catch (error) {
      return so(steps === 0 ? "refused" : "diverged", reasonOf(error));
    }
    ({ status } = step);
    steps += 1;
    onRecord?.(input);
    for (const record of step.records) onRecord?.(record);
    onProgress?.(steps);
  }
  // It is no opaque replay, and does not look.
  if (status === undefined || status === "waiting" || status === "looked") return so("incomplete");
  return {
    status: "ended",
    steps,
    ...heads(),
    end: status,
    outcome: engine.outcome(),
    decision: engine.decision(),
    fingerprint: engine.fingerprint(),
    fuel: engine.fuelUsed(),
  };
}

function reasonOf(error: unknown): { code: string; message: string } {
  if (!(error instanceof EngineError)) throw error;
  return { code: error.code, message: error.message };
}
