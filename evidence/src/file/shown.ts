// shown.jsonl: a run of which something is hidden. docs/spec/evidence.md, EVID-36 to EVID-43.
//
//     {"actor","annotations"?,"computed","decision","entered","seeds","tenant","trace"}
//     a record that entered, with openings in its slots, a line: those of the first `computed` records
//     {"seq","slots"} of each computed record of them in which something is hidden
//     {"index","leaf","proof","slots","tree"} of each record behind them, or outcome, that is shown by name
import { fromHex, sameBytes, toHex } from "@reach-fabric/engine";
import type { Engine } from "@reach-fabric/engine";
import { Cover, stretchesOf } from "../commitments/cover.ts";
import { hasHole, isHole } from "../commitments/holes.ts";
import { isCovered, readOpening } from "../commitments/opening.ts";
import { readSlots } from "../commitments/record.ts";
import type { OpenedRecord } from "../commitments/record.ts";
import { RUN_SLOTS, slotsOf } from "../commitments/seeds.ts";
import type { RunSlot } from "../commitments/seeds.ts";
import { rootWith } from "../commitments/subtrees.ts";
import { canonicalBytes, parseLines } from "../encoding/json.ts";
import { any, anyObject, digest, integer, isObject, listOf } from "../encoding/shape.ts";
import { object, oneOf, requireShape } from "../encoding/shape.ts";
import { EvidenceError } from "../errors/errors.ts";
import { name } from "./entered.ts";
import { ENTRY } from "./layout.ts";
import { requireAnyLeaf, requireLeaf } from "./leaf.ts";
import type { Leaf } from "./leaf.ts";
import type { EvidenceRun } from "./run.ts";

/** What a redaction has left of a run. */
export interface Shown {
  /** The values of run.json, with holes where they are hidden. */
  readonly values: Readonly<Partial<Record<RunSlot, unknown>>>;
  /** So many records the engine computes from what is shown: 0 up to it. */
  readonly computed: number;
  /** Those of them that entered. */
  readonly inputs: readonly ShownInput[];
  /** Openings without values, by number: of those of them that left, and in which something is hidden. */
  readonly partly: ReadonlyMap<number, unknown>;
  readonly cover: Cover;
  /** Hashes of subtrees over the leaves behind them. */
  readonly hidden: {
    readonly trace: readonly Uint8Array[];
    readonly entered: readonly Uint8Array[];
  };
  /** Records shown by name: they are there, whatever comes of computing the others. */
  readonly named: readonly OpenedRecord["record"][];
}

/** A record that entered. */
export interface ShownInput extends OpenedRecord {
  readonly leaf: OpenedRecord["leaf"] & Leaf;
  /** SHA-256 of its leaf as RFC 6962 has it. */
  readonly hash: Uint8Array;
}

type Members = Readonly<Record<string, unknown>>;

const hashes = listOf(digest);
const headShape = object(
  {
    actor: any,
    computed: integer(1, 0xffffffff),
    decision: any,
    entered: hashes,
    seeds: listOf(any),
    tenant: any,
    trace: hashes,
  },
  { annotations: any },
);
const partlyShape = object({ seq: integer(0, 0xfffffffe), slots: anyObject });
const namedShape = object({
  index: integer(0, 0xfffffffe),
  leaf: anyObject,
  proof: hashes,
  slots: anyObject,
  tree: oneOf("trace", "entered"),
});

/**
 * Reads shown.jsonl, and requires that all in it is what run.json commits to. What is computed is not looked at.
 *
 * @throws EvidenceError `REACH-E5101` to `REACH-E5103`, `REACH-E5105`, `REACH-E5501`, `REACH-E5601` its lines have another form;
 *   `REACH-E5502`, `REACH-E5503` a value of run.json that is another; `REACH-E5505` lines, seeds or proofs that do not
 *   belong together; `REACH-E5509` the decision is shown; `REACH-E5604` other records than were signed
 */
export function readShown(engine: Engine, run: EvidenceRun, bytes: Uint8Array): Shown {
  const lines = parseLines(engine, bytes, ENTRY.shown);
  const first = lines.next().value;
  requireShape(headShape, first, `${ENTRY.shown}, line 1`);
  const head = first as Members;
  const computed = head["computed"] as number;
  if (computed > run.trace.size) throw apart("more records than there are would be computed");
  let holes = 0;
  const next = (): number => holes++;
  const values = readValues(engine, run, head, next);

  const { entered, partly, named } = sorted(lines, computed);
  const hiding = [...entered.filter((record) => !isWhole(record)), ...partly];
  const cover = coverOf(computed, hiding.map(seqOf), head["seeds"] as readonly unknown[]);
  const opened = entered.map((record) => {
    const slots = Object.fromEntries(slotsOf(record).map((slot) => [slot, record[slot]]));
    const seed = cover.seedOf(engine, seqOf(record));
    const { leaf, record: values } = readSlots(engine, record, slots, { seed, next });
    const own = requireLeaf(leaf, `${ENTRY.shown}, record ${seqOf(record)}`);
    if (own.kind === "outcome")
      throw apart("an outcome stands where a record that entered belongs");
    if (hasHole(values) === isWhole(record)) throw apart("a record is opened without need");
    return { leaf: { ...leaf, ...own }, record: values };
  });
  const leafHashes = engine.hashFrames(
    opened.map(({ leaf }) => canonicalBytes(engine, leaf)),
    0,
  );
  const inputs = opened.map((record, i) => ({ ...record, hash: leafHashes[i] as Uint8Array }));
  const [trace, others] = [head["trace"], head["entered"]].map((list) =>
    (list as string[]).map(fromHex),
  ) as [Uint8Array[], Uint8Array[]];
  const root = rootWith(engine, leafHashes, run.entered.size, others);
  if (root === undefined || toHex(root) !== run.entered.root) {
    throw new EvidenceError(
      "REACH-E5604",
      `${ENTRY.shown}: other records entered than were signed`,
    );
  }
  const records = named.map((line) => readNamed(engine, { run, computed, inputs, next }, line));
  requireAscending(records.map(seqOf), run.trace.size);
  return {
    values,
    computed,
    inputs,
    partly: new Map(partly.map((line) => [seqOf(line), line["slots"]])),
    cover,
    hidden: { trace, entered: others },
    named: records,
  };
}

/** What is shown of the values of run.json. */
function readValues(
  engine: Engine,
  run: EvidenceRun,
  head: Members,
  next: () => number,
): Shown["values"] {
  // Its digest confirms guesses of all that is hidden.
  if (typeof head["decision"] !== "string") {
    throw new EvidenceError("REACH-E5509", `${ENTRY.shown} shows the decision's digest`);
  }
  const found: [RunSlot, unknown][] = [];
  for (const slot of RUN_SLOTS) {
    const [opening, commitment] = [head[slot], run[slot]];
    if ((opening === undefined) !== (commitment === undefined)) {
      const what = `${ENTRY.shown} and run.json do not both have ${slot}`;
      throw new EvidenceError("REACH-E5503", what);
    }
    if (opening === undefined) continue;
    const { commitment: own, value } = readOpening(engine, opening, { at: `/run/${slot}`, next });
    if (toHex(own) !== commitment) {
      const what = `the value of ${slot} is not the one that was committed to`;
      throw new EvidenceError("REACH-E5502", what);
    }
    const check = slot === "annotations" ? listOf(stamp) : name;
    if (!isHole(value)) requireShape(check, value, `${ENTRY.shown}: ${slot}`);
    found.push([slot, value]);
  }
  return Object.fromEntries(found);
}
const stamp = (value: unknown): ReturnType<typeof anyObject> =>
  isHole(value) ? undefined : anyObject(value);

/** The lines by what they are, which is their order; those of the first `computed` records ascend. */
function sorted(
  lines: Iterable<unknown>,
  computed: number,
): Record<"entered" | "partly" | "named", Members[]> {
  const kinds = { entered: [], partly: [], named: [] } as Record<string, Members[]>;
  const order = ["entered", "partly", "named"];
  let number = 1;
  let [last, before] = [0, -1];
  for (const line of lines) {
    number += 1;
    const what = `${ENTRY.shown}, line ${number}`;
    const members = isObject(line) ? line : {};
    const kind = "kind" in members ? 0 : "index" in members ? 2 : 1;
    if (kind === 1) requireShape(partlyShape, line, what, "REACH-E5501");
    if (kind === 2) requireShape(namedShape, line, what, "REACH-E5501");
    if (kind < last) throw apart(`line ${number} is not in its place`);
    if (kind > last) before = -1;
    if (kind < 2) requireNext(seqOf(members), before, computed);
    [last, before] = [kind, seqOf(members)];
    kinds[order[kind] as string]?.push(members);
  }
  return kinds;
}

const seqOf = (record: Members): number => Number(record["seq"]);

/** Whether all of a record is shown, by a seed that covers it. */
const isWhole = (record: Members): boolean =>
  slotsOf(record).every((slot) => isCovered(record[slot]));

function requireAscending(numbers: readonly number[], end: number): void {
  for (const [i, seq] of numbers.entries()) requireNext(seq, numbers[i - 1] ?? -1, end);
}

function requireNext(seq: number, before: number, end: number): void {
  if (Number.isInteger(seq) && seq < end && seq > before) return;
  throw apart("the numbers of records do not ascend, or are not below the last one");
}

/** The seeds of all records but those in which something is hidden: as few as can be. */
function coverOf(computed: number, but: readonly number[], given: readonly unknown[]): Cover {
  const stretches = stretchesOf(
    computed,
    [...but].sort((a, b) => a - b),
  );
  const seeds = stretches.map(({ from, level }, i) => {
    const [start, height, seed, ...more] = Array.isArray(given[i]) ? (given[i] as unknown[]) : [];
    const isIt = start === from && height === level && more.length === 0;
    if (!isIt || digest(seed) !== undefined) throw apart(`other seeds than ${from}, ${level}`);
    return fromHex(seed as string);
  });
  if (given.length !== stretches.length) throw apart("more seeds than are needed");
  return new Cover(stretches, seeds);
}

/** What a record that is shown by name is held against. */
interface Around {
  readonly run: EvidenceRun;
  readonly computed: number;
  readonly inputs: readonly ShownInput[];
  readonly next: () => number;
}

function readNamed(
  engine: Engine,
  { run, computed, inputs, next }: Around,
  line: Members,
): OpenedRecord["record"] {
  const { index, leaf, proof, slots, tree } = line as Members & { leaf: Members; proof: string[] };
  const isUnderEntered = requireAnyLeaf(leaf, `${ENTRY.shown}: a record shown by name`);
  const seq = seqOf(leaf);
  const place = Number(index);
  const head = isUnderEntered ? run.entered : run.trace;
  const end = run.entered.size - 1;
  const isOutcome = leaf["kind"] === "outcome";
  // An outcome that is computed may be shown all the same: to those who have no engine.
  const isPlace = isOutcome
    ? place === end && seq === run.trace.size - 1
    : seq >= computed && (isUnderEntered ? place >= inputs.length && place < end : place === seq);
  const [leafHash] = engine.hashFrames([canonicalBytes(engine, leaf)], 0) as [Uint8Array];
  const claim = { index: place, size: head.size, root: fromHex(head.root), leafHash };
  if (
    !isPlace ||
    tree !== (isUnderEntered ? "entered" : "trace") ||
    !engine.verifyInclusion({ ...claim, proof: proof.map(fromHex) })
  ) {
    throw apart(`record ${seq} is not where its line says`);
  }
  const opened = readSlots(engine, leaf, slots, { next });
  if (!sameBytes(canonicalBytes(engine, opened.leaf), canonicalBytes(engine, leaf))) {
    throw new EvidenceError("REACH-E5502", `the values of record ${seq} are other ones`);
  }
  return opened.record;
}

const apart = (what: string): EvidenceError =>
  new EvidenceError("REACH-E5505", `${ENTRY.shown}: ${what}`);
