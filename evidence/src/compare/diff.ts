// diff(): the first step at which two runs part. docs/spec/evidence.md, EVID-28.
import { createEngine, firstDifference, parseRecord, sameBytes } from "@reach-fabric/engine";
import type { Engine, TraceRecord } from "@reach-fabric/engine";
import { EvidenceError } from "../errors/errors.ts";
import { recordsOf } from "../file/cursor.ts";
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
 * Compares two runs record by record, both computed again. Neither file is verified: do that first.
 *
 * @param second computes `b`, as both runs go on side by side
 * @throws EvidenceError for a file that cannot be opened; `REACH-E5504` where values are not
 *   disclosed; as recordsOf() does where a run cannot be computed
 *
 * @example
 * const { same, step, task, pointer } = diff(engine, before, after);
 * same; // → false
 */
export function diff(
  engine: Engine,
  a: Uint8Array | Evidence,
  b: Uint8Array | Evidence,
  second: Engine = createEngine(),
): DiffReport {
  const [left, right] = [a, b].map((side) =>
    side instanceof Uint8Array ? openEvidence(engine, side) : side,
  ) as [Evidence, Evidence];
  const decisions = { a: decisionOf(left), b: decisionOf(right) };
  return {
    same: decisions.a === decisions.b,
    ...(decisions.a === decisions.b
      ? {}
      : firstStep(bytesOf(engine, left), bytesOf(second, right))),
    ...(left.run.pack === right.run.pack ? {} : { packs: packsOf(left, right) }),
    decisions,
    outcomes: { a: left.outcome, b: right.outcome },
  };
}

function decisionOf({ run }: Evidence): string {
  if (run.decision !== null) return run.decision;
  throw new EvidenceError("REACH-E5504", "the decision digest is not disclosed");
}

function* bytesOf(engine: Engine, evidence: Evidence): Generator<Uint8Array, void, undefined> {
  for (const { bytes } of recordsOf(engine, evidence)) yield bytes;
}

/** The first record that is not equal in both traces. */
export function firstStep(a: Iterable<Uint8Array>, b: Iterable<Uint8Array>): Partial<DiffReport> {
  const [lefts, rights] = [a[Symbol.iterator](), b[Symbol.iterator]()];
  for (let step = 0; ; step++) {
    const [leftNext, rightNext] = [lefts.next(), rights.next()];
    if (leftNext.done === true && rightNext.done === true) return {};
    const [left, right] = [recordOf(leftNext), recordOf(rightNext)];
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
}

const recordOf = ({ done, value }: IteratorResult<Uint8Array>): TraceRecord | undefined =>
  done === true ? undefined : parseRecord(value);

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
