// diff(): the first step at which two runs part. docs/spec/evidence.md, EVID-28.
import { firstDifference, parseRecord, sameBytes } from "@reach-fabric/engine";
import type { Engine, TraceRecord } from "@reach-fabric/engine";
import { EvidenceError } from "../errors/errors.ts";
import { openEvidence } from "../file/open.ts";
import type { Evidence, Outcome } from "../file/open.ts";

/** One thing on both sides. */
export interface Both<T> {
  readonly a: T;
  readonly b: T;
}

/** How two runs differ. */
export interface DiffReport {
  /** True if the decision digests are equal: the same pack, input, grant, answers and outcome. */
  readonly same: boolean;
  /**
   * The number of the first record that differs; absent where none does. The pack's digest in the
   * start record is left aside (`packs` says that they differ), so that two versions of a pack
   * part where they compute something else.
   */
  readonly step?: number;
  /** JSON pointer of its task in the workflow document, where it is about one. */
  readonly task?: string;
  readonly kind?: string;
  /** JSON pointer of the first difference within the record. */
  readonly pointer?: string;
  /** The two values there; undefined where there is none. */
  readonly values?: Both<unknown>;
  /** The records at this step; absent where a run has ended before it. */
  readonly a?: TraceRecord;
  readonly b?: TraceRecord;
  /** Where the packs differ: their digests, and the files that are not the same. */
  readonly packs?: Both<string> & { readonly files: readonly string[] };
  readonly decisions: Both<string>;
  readonly outcomes: Both<Outcome | null>;
}

/**
 * Compares two runs record by record. Neither file is verified: do that first.
 *
 * @throws EvidenceError for a file that cannot be opened; `REACH-E5504` where values are not
 *   disclosed
 *
 * @example
 * const { same, step, task, pointer } = diff(engine, before, after);
 * same; // → false
 */
export function diff(
  engine: Engine,
  a: Uint8Array | Evidence,
  b: Uint8Array | Evidence,
): DiffReport {
  const [left, right] = [a, b].map((side) =>
    side instanceof Uint8Array ? openEvidence(engine, side) : side,
  ) as [Evidence, Evidence];
  const decisions = { a: decisionOf(left), b: decisionOf(right) };
  return {
    same: decisions.a === decisions.b,
    ...(decisions.a === decisions.b ? {} : firstStep(recordsOf(left), recordsOf(right))),
    ...(left.run.pack === right.run.pack ? {} : { packs: packsOf(left, right) }),
    decisions,
    outcomes: { a: left.outcome, b: right.outcome },
  };
}

function decisionOf({ run }: Evidence): string {
  if (run.decision !== null) return run.decision;
  throw new EvidenceError("REACH-E5504", "the decision digest is not disclosed");
}

function recordsOf({ records, missing }: Evidence): Uint8Array[] {
  if (records !== null) return records;
  throw new EvidenceError("REACH-E5504", `${missing.length} values are not disclosed`);
}

/** The first record that is not equal in both traces. */
export function firstStep(a: readonly Uint8Array[], b: readonly Uint8Array[]): Partial<DiffReport> {
  const length = Math.max(a.length, b.length);
  for (let step = 0; step < length; step++) {
    const [left, right] = [recordAt(a, step), recordAt(b, step)];
    const difference = firstDifference(comparable(left), comparable(right));
    if (difference === undefined) continue;
    const about = left ?? right;
    return {
      step,
      ...(about !== undefined && "task" in about ? { task: about.task } : {}),
      ...(about === undefined ? {} : { kind: about.kind }),
      pointer: difference.pointer,
      values: { a: difference.a, b: difference.b },
      ...(left === undefined ? {} : { a: left }),
      ...(right === undefined ? {} : { b: right }),
    };
  }
  return {};
}

const recordAt = (records: readonly Uint8Array[], at: number): TraceRecord | undefined => {
  const bytes = records[at];
  return bytes && parseRecord(bytes);
};

/** A record without what `packs` says. */
function comparable(record: TraceRecord | undefined): unknown {
  if (record?.kind !== "start") return record;
  const { pack: _, ...rest } = record;
  return rest;
}

function packsOf(left: Evidence, right: Evidence): NonNullable<DiffReport["packs"]> {
  const { a, b } = { a: left.run.pack, b: right.run.pack };
  if (left.pack === null || right.pack === null) return { a, b, files: [] };
  const before = new Map(left.pack.files.map(({ path, bytes }) => [path, bytes]));
  const after = new Map(right.pack.files.map(({ path, bytes }) => [path, bytes]));
  const files = [...new Set([...before.keys(), ...after.keys()])]
    .sort()
    .filter((path) => !sameOptionalBytes(before.get(path), after.get(path)));
  return { a, b, files };
}

function sameOptionalBytes(a: Uint8Array | undefined, b: Uint8Array | undefined): boolean {
  if (a === undefined || b === undefined) return a === b;
  return sameBytes(a, b);
}
