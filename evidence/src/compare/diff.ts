// diff(): the first step at which two runs part. docs/spec/evidence.md, EVID-28.
import {
  createEngine,
  firstDifference,
  fromUtf8,
  parseRecord,
  pathOf,
  sameBytes,
} from "@reach-fabric/engine";
import type { Engine, TraceRecord } from "@reach-fabric/engine";
import { holeAt, maskedText } from "../commitments/holes.ts";
import { Places } from "../commitments/places.ts";
import { recordsOf } from "../file/cursor.ts";
import type { Budget, RunRecord } from "../file/cursor.ts";
import { openEvidence } from "../file/open.ts";
import type { Evidence, Outcome } from "../file/open.ts";

/** One thing on both sides. */
export interface Both<T> {
  readonly a: T;
  readonly b: T;
}

/** How two runs differ. */
export interface DiffReport {
  /**
   * True if the decision digests are equal: the same pack, input, grant, answers and outcome. null where one of them
   * is hidden, and nothing differs that both runs show.
   */
  readonly same: boolean | null;
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
  /** null where values are hidden. */
  readonly decisions: Both<string | null>;
  readonly outcomes: Both<Outcome | null>;
}

/**
 * Compares two runs record by record, both computed again. Of runs in which something is hidden what both show is
 * compared. Neither file is verified: do that first.
 *
 * @param second computes `b`, as both runs go on side by side
 * @throws EvidenceError for a file that cannot be opened; as recordsOf() does where a run cannot be computed
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
  budget: Budget = {},
): DiffReport {
  const [left, right] = [a, b].map((side) =>
    side instanceof Uint8Array ? openEvidence(engine, side) : side,
  ) as [Evidence, Evidence];
  const decisions = { a: left.run.decision, b: right.run.decision };
  const isHidden = decisions.a === null || decisions.b === null;
  const isSame = !isHidden && decisions.a === decisions.b;
  const step = isHidden ? firstShownStep : firstStepOf;
  const first = isSame
    ? {}
    : step(recordsOf(engine, left, budget), recordsOf(second, right, budget));
  return {
    same: isHidden && first.step === undefined ? null : isSame,
    ...first,
    ...(left.run.pack === right.run.pack ? {} : { packs: packsOf(left, right) }),
    decisions,
    outcomes: { a: left.outcome, b: right.outcome },
  };
}

type Records = Generator<RunRecord, void, undefined>;

const firstStepOf = (a: Records, b: Records): Partial<DiffReport> =>
  firstStep(bytesOf(a), bytesOf(b));

function* bytesOf(records: Records): Generator<Uint8Array, void, undefined> {
  for (const { bytes } of records) yield bytes;
}

/** The first record of those that both show in which they show something else. */
function firstShownStep(a: Records, b: Records): Partial<DiffReport> {
  const others = new Map([...b].map((record) => [record.seq, record]));
  const pairs = [...a].flatMap((left): [RunRecord, RunRecord][] => {
    const right = others.get(left.seq);
    return right === undefined ? [] : [[left, right]];
  });
  const masked = pairs.map(([left, right]) => {
    const hidden = new Places();
    for (const pointer of [...left.hidden, ...right.hidden]) hidden.add(pathOf(pointer));
    return [left, right].map(({ bytes }) =>
      maskedText(hidden.hide(JSON.parse(fromUtf8(bytes)), () => holeAt(0))),
    ) as [Uint8Array, Uint8Array];
  });
  const found = firstStep(
    masked.map(([left]) => left),
    masked.map(([, right]) => right),
  );
  const [at] = found.step === undefined ? [] : (pairs[found.step] ?? []);
  return at === undefined ? {} : { ...found, step: at.seq };
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
