// All records of a run, computed again as they are asked for: what left the engine is in no file.
// docs/spec/evidence.md, EVID-34.
import { EngineError, isInput, parseRecord } from "@reach-fabric/engine";
import type { Engine, Pack } from "@reach-fabric/engine";
import { holesOf, maskedText } from "../commitments/holes.ts";
import { EvidenceError } from "../errors/errors.ts";
import type { Evidence } from "./open.ts";
import { prefixOf } from "./prefix.ts";
import type { Shown } from "./shown.ts";

/** A record of a run. */
export interface RunRecord {
  readonly seq: number;
  readonly bytes: Uint8Array;
  /** True for one that entered the engine, false for one that left it. */
  readonly entered: boolean;
  /** The pointers, from the record on, of values that are hidden: `bytes` have the text `[hidden]` there. */
  readonly hidden: readonly string[];
}

/**
 * The records of a run from start to outcome, one activation at a time. Of a run of which something is hidden: those
 * that can be computed without it, and those that are shown by name. Nothing is compared: what they are is
 * verified by verify(), and by nothing here. Until the last of them was asked for, the engine's run is this one's:
 * of two runs side by side each needs an engine of its own.
 *
 * @throws EvidenceError where the run cannot be computed: `REACH-E5404` its pack is not enclosed,
 *   `REACH-E5406` it has other semantics than the engine, `REACH-E5703` it may use more fuel than the budget; and
 *   `REACH-E5704` or `REACH-E5701` where the engine refuses its pack, its start or a later record
 *
 * @example
 * const [start] = recordsOf(engine, openEvidence(engine, bytes));
 * start?.entered; // → true
 */
export function* recordsOf(
  engine: Engine,
  evidence: Source,
  options: Budget = {},
): Generator<RunRecord, void, undefined> {
  if (evidence.shown !== null) {
    yield* shownRecords(engine, evidence, evidence.shown, options);
    return;
  }
  const { pack, inputs } = requireParts(engine, evidence, options);
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
    yield { seq: seq++, bytes, entered: true, hidden: [] };
    for (const left of records) yield { seq: seq++, bytes: left, entered: false, hidden: [] };
  }
}

function* shownRecords(
  engine: Engine,
  evidence: Source,
  shown: Shown,
  budget: Budget,
): Generator<RunRecord, void, undefined> {
  const { records } = prefixOf(engine, requireComputable(engine, evidence), shown, budget);
  for (const record of records) yield recordWithHoles(record);
  // The outcome may be both.
  for (const record of shown.named) {
    if (Number(record["seq"]) >= records.length) yield recordWithHoles(record);
  }
}

function recordWithHoles(record: Shown["named"][number]): RunRecord {
  return {
    seq: Number(record["seq"]),
    bytes: maskedText(record),
    entered: isInput(record as { kind: string }),
    hidden: holesOf(record, ""),
  };
}

/**
 * The records that are in the file itself, for where an engine cannot compute the others: those that entered, those
 * shown by name, the outcome.
 */
export function recordsGiven({ inputs, last, shown }: Evidence): RunRecord[] {
  if (shown !== null) {
    return [...shown.inputs.map(({ record }) => record), ...shown.named].map(recordWithHoles);
  }
  const given = (bytes: Uint8Array, entered: boolean): RunRecord => {
    return { seq: parseRecord(bytes).seq, bytes, entered, hidden: [] };
  };
  return [
    ...(inputs ?? []).map((bytes) => given(bytes, true)),
    ...(last === null ? [] : [given(last, false)]),
  ];
}

/** What a run is computed from. */
type Source = Pick<Evidence, "run" | "pack" | "inputs" | "seed" | "missing" | "shown">;

/** The default budget of a replay in units of fuel: ten times what a run has by default. */
export const REPLAY_FUEL = 1_000_000_000;

/** What may be spent on computing a run that comes from others. */
export interface Budget {
  /** Units of fuel: 1e9 unless it is given. */
  readonly fuel?: number | undefined;
}

/**
 * Requires that a run may use no more fuel than is to be spent. What it may use is part of its start record, so
 * computing it cannot take more; one that may take more is not begun.
 *
 * @throws EvidenceError `REACH-E5703`
 */
export function requireBudget(
  { limits }: { readonly limits: unknown },
  { fuel: budget = REPLAY_FUEL }: Budget,
): void {
  const { fuel } = limits as { readonly fuel?: unknown };
  if (typeof fuel !== "number" || fuel <= budget) return;
  const what = `the run may use ${fuel} units of fuel, the budget is ${budget}`;
  throw new EvidenceError("REACH-E5703", what);
}

/**
 * What a run is computed from, all of it.
 *
 * @throws EvidenceError `REACH-E5404`, `REACH-E5504`, `REACH-E5406`, `REACH-E5703`
 */
export function requireParts(
  engine: Pick<Engine, "semantics">,
  evidence: Source,
  budget: Budget = {},
): { readonly [part in "pack" | "inputs" | "seed"]: NonNullable<Source[part]> } {
  const { inputs, seed, missing } = evidence;
  const pack = requireComputable(engine, evidence);
  if (inputs === null || seed === null) {
    throw new EvidenceError("REACH-E5504", `${missing.length} values are not disclosed`);
  }
  const start = inputs[0] && parseRecord(inputs[0]);
  if (start?.kind === "start") requireBudget(start, budget);
  return { pack, inputs, seed };
}

function requireComputable(engine: Pick<Engine, "semantics">, { run, pack }: Source): Pack {
  if (pack === null) throw noPack();
  if (run.semantics === engine.semantics) return pack;
  const what = `the run has semantics ${run.semantics}, this engine has ${engine.semantics}`;
  throw new EvidenceError("REACH-E5406", what);
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
