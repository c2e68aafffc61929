// Makes the file about one step of a run. docs/spec/evidence.md, EVID-49.
import { fromUtf8, inclusionProof, parseRecord, toHex } from "@reach-fabric/engine";
import type { Engine, Pack } from "@reach-fabric/engine";
import { holeAt } from "../commitments/holes.ts";
import { slotsOfRecord } from "../commitments/record.ts";
import { recordSeed, slotsOf } from "../commitments/seeds.ts";
import { EvidenceError } from "../errors/errors.ts";
import { recordsOf, REPLAY_FUEL, requireParts } from "../file/cursor.ts";
import { openEvidence, readRunDocument } from "../file/open.ts";
import type { Evidence } from "../file/open.ts";
import { computeAlone } from "./compute.ts";
import { requireStepLeaf } from "./leaf.ts";
import type { StepLeaf, TaskLeaf } from "./leaf.ts";
import { precedes } from "./place.ts";
import { planOf } from "./plan.ts";
import type { Plan } from "./plan.ts";
import { MAX_RECORDS, readStep, recordsOfStep, writeStep } from "./step.ts";
import { onceAsked, tell } from "./told.ts";
import type { StepRecord, Told } from "./told.ts";

/**
 * The file about one step: the record of a task, what it asked and was told, and of the task before it the $context,
 * where something looks at that; each with the proof that it is in the trace whose root is signed. It shows no
 * value that the task is not computed from, and is written only if that succeeds.
 *
 * @param seq the number of a `task` record
 * @throws EvidenceError as openEvidence() and recordsOf() do; `REACH-E5510` not the record of a task that ended, or one
 *   of more than 4,096 records; `REACH-E5512` a task that cannot be computed alone; `REACH-E5701` the run is not the
 *   one that was signed
 *
 * @example
 * const small = proveStep(engine, bytes, 4);
 * isStep(small); // → true
 */
export function proveStep(engine: Engine, bytes: Uint8Array, seq: number): Uint8Array<ArrayBuffer> {
  const evidence = openEvidence(engine, bytes);
  const { layout } = readRunDocument(engine, bytes);
  const parts = requireParts(engine, evidence);
  const own = taskOf(engine, evidence, seq);
  const records = withLeaves(engine, parts.seed, around(engine, evidence, own));
  const told = tell(records);
  const { workflow } = evidence.run;
  const plan = planOf(engine, { ...parts, workflow }, told.leaf, told.before === undefined);
  const once = onceNeeded(plan, told);
  const hashes = leafHashes(engine, evidence);
  const isNeeded = isNeededIn(records, told, once);
  const proven = records.filter(isNeeded).map(({ leaf, record }) => {
    const shown = shownOf(plan, told, once, leaf);
    const hidden = slotsOf(leaf).filter((slot) => !shown.includes(slot));
    const seen = { ...record, ...Object.fromEntries(hidden.map((slot, i) => [slot, holeAt(i)])) };
    const seed = recordSeed(engine, parts.seed, leaf.seq);
    return {
      leaf,
      proof: inclusionProof(hashes, leaf.seq).map(toHex),
      ...(shown.length === 0 ? {} : { slots: slotsOfRecord(engine, seed, record, seen) }),
    };
  });
  const { run, signature, blobs } = layout;
  const file = writeStep(engine, { step: { step: seq, records: proven }, run, signature, blobs });
  requireUseful(engine, file, { workflow, pack: parts.pack });
  return file;
}

/** The record of a task that ended. */
function taskOf(engine: Engine, evidence: Evidence, seq: number): TaskLeaf {
  for (const record of recordsOf(engine, evidence)) {
    if (record.seq < seq) continue;
    const task = parseRecord(record.bytes);
    if (task.kind === "task" && task.status !== "cancelled") return task;
    break;
  }
  throw new EvidenceError("REACH-E5510", `record ${seq} is not that of a task that ended`);
}

/** The start, what was asked for once in the run, and all records from the task before a task on, up to its own. */
function around(engine: Engine, evidence: Evidence, own: TaskLeaf): Uint8Array[] {
  const once: { readonly seq: number; readonly bytes: Uint8Array }[] = [];
  const keys = new Set<string>();
  let start = new Uint8Array();
  let since: Uint8Array[] = [];
  let first = 1;
  for (const { seq, bytes } of recordsOf(engine, evidence)) {
    const record = parseRecord(bytes);
    if (record.kind === "start") start = bytes.slice();
    else if (precedes(record as unknown as StepLeaf, own)) [since, first] = [[bytes], seq];
    else since.push(bytes);
    if (record.kind === "request" && onceAsked(record.request, record.task) !== undefined) {
      keys.add(record.key);
      once.push({ seq, bytes });
    }
    if (record.kind === "result" && keys.has(record.key)) once.push({ seq, bytes });
    if (seq === own.seq) break;
  }
  if (since.length >= MAX_RECORDS) {
    const what = `the task of record ${own.seq} has more than ${MAX_RECORDS} records`;
    throw new EvidenceError("REACH-E5510", what);
  }
  const earlier = once.filter(({ seq }) => seq < first).map(({ bytes }) => bytes);
  return [start, ...earlier, ...since];
}

function withLeaves(
  engine: Engine,
  seed: Uint8Array,
  records: readonly Uint8Array[],
): StepRecord[] {
  const { texts = [] } = engine.leaves(seed, records, { texts: true });
  return records.map((bytes, i) => {
    const record = JSON.parse(fromUtf8(bytes)) as StepRecord["record"];
    const leaf = JSON.parse(fromUtf8(texts[i] as Uint8Array)) as unknown;
    return { leaf: requireStepLeaf(leaf, "a record of the run"), record };
  });
}

/** Numbers of the records by which is known what was asked for once, where the task mentions it. */
const onceNeeded = (plan: Plan, { once }: Told): ReadonlySet<number> =>
  new Set(
    plan.once.flatMap((what) => {
      const known = once.get(what);
      return known === undefined ? [] : [known.request, known.answer.seq];
    }),
  );

function isNeededIn(
  records: readonly StepRecord[],
  { leaf: own }: Told,
  once: ReadonlySet<number>,
): (record: StepRecord) => boolean {
  const first = records.findLast(({ leaf }) => precedes(leaf, own))?.leaf.seq ?? 0;
  return ({ leaf: { seq } }) => seq === 0 || seq >= first || once.has(seq);
}

/** The slots of a record that are shown. */
function shownOf(plan: Plan, told: Told, once: ReadonlySet<number>, leaf: StepLeaf): string[] {
  const { own, before, requests, results } = told;
  if (leaf.seq === own.seq) {
    return slotsOf(own).filter((slot) => slot !== "context" || plan.leavesContext);
  }
  if (leaf.kind === "start") return plan.runInput ? ["input"] : [];
  if (leaf.seq === before?.seq) return plan.context === "task before" ? ["context"] : [];
  const isShown =
    once.has(leaf.seq) ||
    requests.some(({ seq }) => seq === leaf.seq) ||
    results.some(({ seq }) => seq === leaf.seq);
  return isShown ? [leaf.kind] : [];
}

/**
 * The hashes of all leaves of a run.
 *
 * @throws EvidenceError `REACH-E5701` they are not those under the root that was signed
 */
function leafHashes(engine: Engine, evidence: Evidence): Uint8Array[] {
  const { pack, inputs, seed } = requireParts(engine, evidence);
  const entered = engine.leaves(seed, inputs).hashes;
  const hashes: Uint8Array[] = [];
  engine.load(pack);
  engine.commit(seed, { keep: "leaves" });
  for (const [i, input] of inputs.entries()) {
    const { records } = i === 0 ? engine.start(input) : engine.advance(input);
    hashes.push(entered[i] as Uint8Array);
    for (const hash of records) hashes.push(hash);
  }
  engine.commit(null);
  const root = toHex(engine.merkleTree().appendHashes(hashes).root());
  const { trace } = evidence.run;
  if (hashes.length === trace.size && root === trace.root) return hashes;
  throw new EvidenceError("REACH-E5701", "the run that the engine computes is not what was signed");
}

/** What would be of no use is not written: its reader could only be told that it could not be checked. */
function requireUseful(
  engine: Engine,
  file: Uint8Array,
  of: { readonly workflow: string; readonly pack: Pack },
): void {
  const { document, step } = readStep(engine, file);
  const records = recordsOfStep(engine, document, step);
  try {
    computeAlone(engine, { ...of, records }, REPLAY_FUEL);
  } catch (error) {
    if (!(error instanceof EvidenceError) || error.code !== "REACH-E5513") throw error;
    throw new EvidenceError("REACH-E5512", `computed alone it is another: ${error.message}`);
  }
}
