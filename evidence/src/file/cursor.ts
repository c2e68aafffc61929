// All records of a run, computed again as they are asked for: what left the engine is in no file.
// docs/spec/evidence.md, EVID-34.
import { EngineError } from "@reach-fabric/engine";
import type { Engine } from "@reach-fabric/engine";
import { EvidenceError } from "../errors/errors.ts";
import type { Evidence } from "./open.ts";

/** A record of a run. */
export interface RunRecord {
  readonly seq: number;
  readonly bytes: Uint8Array;
  /** True for one that entered the engine, false for one that left it. */
  readonly entered: boolean;
}

/**
 * The records of a run from start to outcome, one activation at a time. Nothing is compared: what they are is
 * verified by verify(), and by nothing here. Until the last of them was asked for, the engine's run is this one's:
 * of two runs side by side each needs an engine of its own.
 *
 * @throws EvidenceError where the run cannot be computed: `REACH-E5404` its pack is not enclosed, `REACH-E5504` values
 *   are hidden, `REACH-E5406` it has other semantics than the engine; and `REACH-E5704` or `REACH-E5701` where the
 *   engine refuses its pack, its start or a later record
 *
 * @example
 * const [start] = recordsOf(engine, openEvidence(engine, bytes));
 * start?.entered; // → true
 */
export function* recordsOf(
  engine: Engine,
  evidence: Source,
): Generator<RunRecord, void, undefined> {
  const { pack, inputs } = requireParts(engine, evidence);
  let seq = 0;
  let isEnded = false;
  attempt("REACH-E5704", () => engine.load(pack));
  for (const bytes of inputs) {
    if (isEnded) throw refused("REACH-E5701", `the run has ended before record ${seq}`);
    const { status, records } =
      seq === 0
        ? attempt("REACH-E5704", () => engine.start(bytes))
        : attempt("REACH-E5701", () => engine.advance(bytes));
    isEnded = status !== "waiting";
    yield { seq: seq++, bytes, entered: true };
    for (const left of records) yield { seq: seq++, bytes: left, entered: false };
  }
}

/** What a run is computed from. */
type Source = Pick<Evidence, "run" | "pack" | "inputs" | "seed" | "missing">;

/**
 * What a run is computed from, all of it.
 *
 * @throws EvidenceError `REACH-E5404`, `REACH-E5504`, `REACH-E5406`
 */
export function requireParts(
  engine: Pick<Engine, "semantics">,
  { run, pack, inputs, seed, missing }: Source,
): { readonly [part in "pack" | "inputs" | "seed"]: NonNullable<Source[part]> } {
  if (pack === null) throw noPack();
  if (inputs === null || seed === null) {
    throw new EvidenceError("REACH-E5504", `${missing.length} values are not disclosed`);
  }
  if (run.semantics !== engine.semantics) {
    const what = `the run has semantics ${run.semantics}, this engine has ${engine.semantics}`;
    throw new EvidenceError("REACH-E5406", what);
  }
  return { pack, inputs, seed };
}

export const noPack = (): EvidenceError =>
  new EvidenceError("REACH-E5404", "the pack is not enclosed, or not all of it");

const refused = (code: "REACH-E5701" | "REACH-E5704", why: string): EvidenceError =>
  new EvidenceError(code, `the run cannot be computed: ${why}`);

function attempt<T>(code: "REACH-E5701" | "REACH-E5704", work: () => T): T {
  try {
    return work();
  } catch (error) {
    if (!(error instanceof EngineError)) throw error;
    throw refused(code, `${error.message} (${error.code})`);
  }
}
