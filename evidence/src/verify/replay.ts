// A run computed once from what entered it, and what it came to held against what was signed.
// docs/spec/evidence.md, EVID-24.
import { fromHex, recompute as recomputeOnEngine, taggedHash, toHex } from "@reach-fabric/engine";
import type { Engine, Recomputed } from "@reach-fabric/engine";
import { EvidenceError, quoted } from "../errors/errors.ts";
import { requireParts } from "../file/cursor.ts";
import type { Budget } from "../file/cursor.ts";
import { OUTCOME_BYTES } from "../file/entered.ts";
import type { Evidence, Run } from "../file/open.ts";
import { treesOf } from "../file/run.ts";

/** How far something is that takes its time: `done` never falls. */
export interface Progress {
  /** `read`: what entered was held against what was signed. `compute`: the run is computed again. */
  readonly phase: "read" | "compute";
  /** Records that entered, of how many. */
  readonly done: number;
  readonly total: number;
}

export interface ReplayOptions {
  readonly onProgress?: ((progress: Progress) => void) | undefined;
  /** Looked at between two records: an `onProgress` can abort. Its reason is thrown then. */
  readonly signal?: AbortSignal | undefined;
  /** In place of recompute() of the engine: for tests. */
  readonly recompute?: typeof recomputeOnEngine | undefined;
}

/**
 * Computes the run of evidence again and compares its roots, decision and fingerprint with those that run.json has.
 * Nothing is said about who signed that, or whether: verify() does.
 *
 * @returns what it came to, and what is not as it was signed; null where all of it is
 * @throws EvidenceError as recordsOf() does before it begins; the reason of the signal
 *
 * @example
 * const { computed, difference } = replayEvidence(engine, openEvidence(engine, bytes));
 * difference; // → null
 * computed.end; // → "completed"
 */
export function replayEvidence(
  engine: Engine,
  evidence: Evidence,
  options: ReplayOptions & Budget = {},
): { readonly computed: Recomputed; readonly difference: EvidenceError | null } {
  const computed = computeRun(engine, evidence, options);
  try {
    requireComputed(evidence, computed);
    requireDecision(engine, evidence.run, computed);
    return { computed, difference: null };
  } catch (error) {
    if (!(error instanceof EvidenceError)) throw error;
    return { computed, difference: error };
  }
}

/**
 * What a run comes to; no record crosses from the engine but the outcome.
 *
 * @throws EvidenceError `REACH-E5404`, `REACH-E5406`, `REACH-E5504`, `REACH-E5703` it cannot be computed
 */
function computeRun(
  engine: Engine,
  evidence: Evidence,
  { fuel, onProgress, signal, recompute = recomputeOnEngine }: ReplayOptions & Budget,
): Recomputed {
  const { pack, inputs, seed } = requireParts(engine, evidence, { fuel });
  const total = inputs.length;
  // Its blobs are what their names say: one of the same digest is the same pack.
  const { loaded } = engine;
  return recompute(engine, loaded?.digest === pack.digest ? loaded : pack, inputs, {
    seed,
    ...(signal && { signal }),
    ...(onProgress && { onProgress: (done) => onProgress({ phase: "compute", done, total }) }),
  });
}

/** Requires that a run came to the roots that were signed, and to its end. */
function requireComputed({ run, last }: Evidence, computed: Recomputed): void {
  const { status, steps, refusal, outcome } = computed;
  const why = refusal === undefined ? "" : `: ${quoted(refusal.message)} (${refusal.code})`;
  if (status === "refused") {
    const what = `the engine refuses the pack or the start${why}`;
    throw new EvidenceError("REACH-E5704", what);
  }
  const differs = (what: string): EvidenceError =>
    new EvidenceError("REACH-E5701", `the engine computes something else: ${what}`);
  if (status === "incomplete") throw differs("the run goes on where its records end");
  if (status === "diverged") throw differs(`it refuses record ${steps + 1} that entered${why}`);
  const { trace, entered } = treesOf(computed);
  if (trace.size !== run.trace.size || trace.root !== run.trace.root) {
    const signed = `the ${run.trace.size} that were signed`;
    throw differs(`${trace.size} records under another root than ${signed}`);
  }
  if (entered.size !== run.entered.size || entered.root !== run.entered.root) {
    throw differs("another outcome");
  }
  const size = outcome?.length ?? 0;
  if (last !== null || size > OUTCOME_BYTES) return;
  throw new EvidenceError("REACH-E5601", `the outcome has ${size} bytes and is not in the file`);
}

/** Requires that the signed decision and fingerprint are those of the replay (TRACE-17). */
function requireDecision(engine: Engine, run: Run, { decision }: Recomputed): void {
  if (run.decision === null) {
    throw new EvidenceError("REACH-E5504", "the signed decision digest is not disclosed");
  }
  if (decision === undefined || run.decision !== decision) {
    throw new EvidenceError(
      "REACH-E5702",
      `the run comes to the decision ${decision}, ${run.decision} was signed`,
    );
  }
  const parts = [fromHex(run.engine), fromHex(decision)];
  const fingerprint = toHex(taggedHash(engine, "fp", parts));
  if (run.fingerprint !== fingerprint) {
    throw new EvidenceError(
      "REACH-E5702",
      `the fingerprint is ${fingerprint}, ${run.fingerprint} was signed`,
    );
  }
}
