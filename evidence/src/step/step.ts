// One step of a run, by itself: a task, what it asked for and was told, and the proof that this is in the
// signed trace. docs/spec/evidence.md, EVID-40 to EVID-42.
import { fromHex, hashFrames, inclusionProof, toHex, utf8 } from "@reach-fabric/engine";
import type { Engine } from "@reach-fabric/engine";
import { stepFile } from "@reach-fabric/schema";
import type { EvidenceRun, StepFile, TraceLeaf } from "@reach-fabric/schema";
import { readBundle, verifiedPayload } from "../signature/bundle.ts";
import { beginsWith, readContainer, writeContainer } from "../file/container.ts";
import type { Entry } from "../file/container.ts";
import { matchRecords, readDisclosures, rebuildRecord } from "../file/disclosures.ts";
import { EvidenceError, quoted } from "../errors/errors.ts";
import { linesOf } from "../commitments/fields.ts";
import { canonicalBytes, inShape, parseCanonical } from "../encoding/json.ts";
import type { PublicKey } from "../keys/key.ts";
import { blobName, digestOfBlob, ENTRY } from "../file/layout.ts";
import { openFields } from "../redaction/opened-fields.ts";
import { readPack, requireBlobs } from "../file/pack.ts";
import { namedKey, readRun } from "../file/run.ts";
import { slotPointers } from "../commitments/slots.ts";
import { requireStepStatement } from "../signature/statement.ts";
import type { Leaf } from "../file/trace.ts";

const STEP = "step.json";

/** As schema/src/evidence/evidence.ts has it. */
const MAX_RECORDS = 4096;

/** Which task a step is about. */
type Own = Pick<Extract<TraceLeaf, { kind: "task" }>, "seq" | "task" | "iteration">;

/** Whether bytes are meant to be a step, and not evidence. */
export const isStep = (bytes: Uint8Array): boolean => beginsWith(bytes, STEP);

/**
 * The file about one step: the record of a task, the one of the task before it, which has the context, all
 * that is between them, and the start, which has the grant; each with the proof that it is in the trace whose
 * root is signed. Values of tasks inside it, and those that are hidden in the evidence, are hidden in it.
 *
 * @param seq the number of a `task` record
 * @throws EvidenceError as openEvidence() does; `REACH-E5506` evidence of format v1, `REACH-E5510` not the
 *   record of a task that ended, or one of more than 4,096 records
 *
 * @example
 * const small = proveStep(engine, bytes, 4);
 * isStep(small); // → true
 */
export function proveStep(engine: Engine, bytes: Uint8Array, seq: number): Uint8Array<ArrayBuffer> {
  const { layout, leaves, trees } = openFields(engine, bytes);
  const { wanted, shown } = recordsOf(leaves, seq);
  const hashes = hashFrames(
    leaves.map((leaf) => leaf.bytes),
    0,
  );
  const step: StepFile = {
    format: "reach/step/v1",
    step: seq,
    records: wanted.map((at) => ({
      leaf: (leaves[at] as Leaf).value,
      proof: inclusionProof(hashes, at).map(toHex),
    })),
  };
  const pointers = new Set([...shown].flatMap((at) => slotPointers((leaves[at] as Leaf).value)));
  const lines = trees.filter(({ pointer }) => pointers.has(pointer)).flatMap(linesOf);
  const disclosures = utf8(lines.map((line) => `${line}\n`).join(""));
  return writeContainer([
    { name: STEP, bytes: canonicalBytes(engine, step) },
    { name: ENTRY.run, bytes: layout.run },
    { name: ENTRY.bundle, bytes: layout.bundle },
    ...(lines.length === 0 ? [] : [{ name: ENTRY.disclosures, bytes: disclosures }]),
    ...[...layout.blobs].map(([digest, blob]): Entry => ({ name: blobName(digest), bytes: blob })),
  ]);
}

/** Whether a record is one of a task's own: of a task in it, or a request of either. */
const isWithin = (leaf: TraceLeaf, { task, iteration }: Own): boolean =>
  (leaf.kind === "task" || leaf.kind === "request") &&
  (leaf.task.startsWith(`${task}/`) || (leaf.kind === "request" && leaf.task === task)) &&
  iteration.every((turn, i) => leaf.iteration[i] === turn);

/**
 * The task that ended before a task began: nothing that is between them is left out, so that nobody can
 * name another one, whose context was another.
 */
export const precedes = (leaf: TraceLeaf, own: Own): boolean =>
  leaf.kind === "task" && leaf.seq < own.seq && !isWithin(leaf, own);

/** The numbers of the records of a step, in order, and of those whose values it shows. */
function recordsOf(
  leaves: readonly Leaf[],
  seq: number,
): { wanted: readonly number[]; shown: ReadonlySet<number> } {
  const own = leaves[seq]?.value;
  if (own?.kind !== "task" || own.status === "cancelled") {
    throw new EvidenceError("REACH-E5510", `record ${seq} is not that of a task that ended`);
  }
  const before = leaves.findLastIndex(({ value }) => precedes(value, own));
  const from = Math.max(before, 1);
  const wanted = [0, ...Array.from({ length: seq - from + 1 }, (_, i) => from + i)];
  if (wanted.length > MAX_RECORDS) {
    const why = `the task of record ${seq} has more than ${MAX_RECORDS} records`;
    throw new EvidenceError("REACH-E5510", why);
  }
  const isShown = (at: number): boolean => {
    const { kind } = (leaves[at] as Leaf).value;
    return at === 0 || at === before || at === seq || kind === "request" || kind === "result";
  };
  return { wanted, shown: new Set(wanted.filter(isShown)) };
}

/** A step has the start and every record from the task before it on: otherwise something is left out. */
function requireWhole(leaves: readonly TraceLeaf[], seq: number): void {
  const [start, first, ...rest] = leaves;
  const own = leaves.at(-1);
  const isWhole =
    start?.seq === 0 &&
    own?.kind === "task" &&
    own.seq === seq &&
    first !== undefined &&
    (first.seq === 1 || precedes(first, own)) &&
    [first, ...rest].every((leaf, i) => leaf.seq === first.seq + i);
  if (isWhole) return;
  throw new EvidenceError("REACH-E5511", "records of the step, or before it, are left out");
}

/** A step that was opened: its parts belong to one signed trace; nothing is recomputed. */
export interface Step {
  readonly document: EvidenceRun;
  readonly key: PublicKey;
  readonly seq: number;
  readonly pack: ReturnType<typeof readPack>;
  readonly records: readonly StepRecord[];
  /** Pointers of values that are hidden. */
  readonly missing: readonly string[];
}

/** A record of a step. */
export interface StepRecord {
  readonly leaf: TraceLeaf;
  /** Null where a value is hidden. */
  readonly record: Uint8Array | null;
}

/**
 * Opens a step and checks all of it but the task itself: the signature, that each record is in the trace
 * whose root was signed, that each value is the one committed to, the pack.
 *
 * @throws EvidenceError as verify() finds; `REACH-E5511` a record that is not in the trace
 */
export function openStep(engine: Engine, bytes: Uint8Array): Step {
  const own = bytes.buffer instanceof ArrayBuffer ? bytes : bytes.slice();
  const entries = new Map(readContainer(own).map(({ name, bytes: content }) => [name, content]));
  const take = (name: string): Uint8Array => {
    const found = entries.get(name);
    entries.delete(name);
    if (found === undefined) throw new EvidenceError("REACH-E5006", `there is no ${name}`);
    return found;
  };
  const stepBytes = take(STEP);
  const run = take(ENTRY.run);
  const bundleBytes = take(ENTRY.bundle);
  const shown = entries.get(ENTRY.disclosures);
  entries.delete(ENTRY.disclosures);
  const document = readRun(engine, run);
  const key = namedKey(document);
  const payload = verifiedPayload(readBundle(engine, bundleBytes), key);
  requireStepStatement(engine, payload, { ...document, run });
  const step = inShape(stepFile, parseCanonical(engine, stepBytes, STEP), STEP);
  const blobs = new Map<string, Uint8Array>();
  for (const [name, content] of entries) {
    const digest = digestOfBlob(name);
    if (digest === undefined)
      throw new EvidenceError("REACH-E5003", `a step has no entry ${quoted(name)}`);
    blobs.set(digest, content);
  }
  requireBlobs(engine, blobs);
  const leaves = step.records.map(({ leaf, proof }) => included(engine, document, leaf, proof));
  requireWhole(
    leaves.map(({ value }) => value),
    step.step,
  );
  const { found, missing } = matchRecords(leaves, readDisclosures(engine, document, shown));
  return {
    document,
    key,
    seq: step.step,
    pack: readPack(engine, document.pack, blobs),
    records: leaves.map((leaf, i) => ({
      leaf: leaf.value,
      record: rebuildRecord(leaf, found[i] ?? []),
    })),
    missing,
  };
}

function included(
  engine: Engine,
  { trace: { root, size } }: EvidenceRun,
  leaf: TraceLeaf,
  proof: readonly string[],
): Leaf {
  const bytes = canonicalBytes(engine, leaf);
  const [leafHash = new Uint8Array()] = hashFrames([bytes], 0);
  const claim = { leafHash, index: leaf.seq, size, root: fromHex(root), proof: proof.map(fromHex) };
  if (engine.verifyInclusion(claim)) return { bytes, value: leaf };
  throw new EvidenceError("REACH-E5511", `record ${leaf.seq} is not in the trace that was signed`);
}
