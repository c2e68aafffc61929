// The file about one step of a run: a task, what it asked for and was told, and the proofs that this is in the
// trace that was signed. docs/spec/evidence.md, EVID-49 and EVID-50.
import { fromHex, hashFrames } from "@reach-fabric/engine";
import type { Engine } from "@reach-fabric/engine";
import { holeAt } from "../commitments/holes.ts";
import type { Opening } from "../commitments/opening.ts";
import { readSlots } from "../commitments/record.ts";
import { slotsOf } from "../commitments/seeds.ts";
import { canonicalBytes, parseCanonical } from "../encoding/json.ts";
import { anyObject, digest, integer, listOf, object } from "../encoding/shape.ts";
import { oneOf, requireShape } from "../encoding/shape.ts";
import { EvidenceError, quoted } from "../errors/errors.ts";
import { beginsWith, readContainer, writeContainer } from "../file/container.ts";
import { blobName, digestOfBlob, ENTRY } from "../file/layout.ts";
import { readRun } from "../file/run.ts";
import type { EvidenceRun } from "../file/run.ts";
import { requireStepLeaf } from "./leaf.ts";
import type { StepLeaf } from "./leaf.ts";
import { precedes } from "./place.ts";
import type { StepRecord } from "./told.ts";

const STEP = "step.json";
const FORMAT = "reach/step/v1";

/** Records that a step has at most. */
export const MAX_RECORDS = 4096;

/** step.json. */
export interface StepFile {
  readonly format: typeof FORMAT;
  /** The number of the task's record. */
  readonly step: number;
  readonly records: readonly {
    readonly leaf: object;
    /** The RFC 6962 inclusion proof of the leaf. */
    readonly proof: readonly string[];
    /** An opening for each slot, where one is shown. */
    readonly slots?: Readonly<Record<string, Opening>>;
  }[];
}

const shape = object({
  format: oneOf(FORMAT),
  step: integer(1, 0xfffffffe),
  records: listOf(object({ leaf: anyObject, proof: listOf(digest) }, { slots: anyObject })),
});

/** What a step consists of. */
export interface StepLayout {
  readonly step: Omit<StepFile, "format">;
  readonly run: Uint8Array;
  readonly signature: Uint8Array;
  readonly blobs: ReadonlyMap<string, Uint8Array>;
}

/**
 * Whether bytes are meant to be a step, and not evidence.
 *
 * @example
 * isStep(bytes); // → false
 */
export const isStep = (bytes: Uint8Array): boolean => beginsWith(bytes, STEP);

/** The one file of a step. */
export const writeStep = (
  engine: Engine,
  { step, run, signature, blobs }: StepLayout,
): Uint8Array<ArrayBuffer> =>
  writeContainer([
    { name: STEP, bytes: canonicalBytes(engine, { ...step, format: FORMAT } satisfies StepFile) },
    { name: ENTRY.run, bytes: run },
    { name: ENTRY.signature, bytes: signature },
    ...[...blobs]
      .map(([sha256, bytes]) => ({ name: blobName(sha256), bytes }))
      .sort((a, b) => (a.name < b.name ? -1 : 1)),
  ]);

/**
 * The entries of a step, in their form and order; nothing is compared with what was signed.
 *
 * @throws EvidenceError as the container and run.json are read; `REACH-E5003`, `REACH-E5004`, `REACH-E5006` for other
 *   entries, `REACH-E5101` to `REACH-E5103` for step.json
 */
export function readStep(
  engine: Engine,
  bytes: Uint8Array,
): StepLayout & { readonly document: EvidenceRun } {
  // Out of reach of whoever shares the memory: what is checked is what is used.
  const own = bytes.buffer instanceof ArrayBuffer ? bytes : bytes.slice();
  const [first, second, third, ...rest] = readContainer(own);
  const expected = [STEP, ENTRY.run, ENTRY.signature];
  const found = [first?.name, second?.name, third?.name];
  const at = expected.findIndex((name, i) => found[i] !== name);
  if (first === undefined || second === undefined || third === undefined || at >= 0) {
    throw new EvidenceError("REACH-E5006", `entry ${at + 1} of a step is not ${expected[at]}`);
  }
  const document = readRun(engine, second.bytes);
  const step = parseCanonical(engine, first.bytes, STEP);
  requireShape(shape, step, STEP);
  const blobs = new Map<string, Uint8Array>();
  let before = "";
  for (const { name, bytes: content } of rest) {
    const sha256 = digestOfBlob(name);
    if (sha256 === undefined)
      throw new EvidenceError("REACH-E5003", `a step has no entry ${quoted(name)}`);
    if (sha256 < before) throw new EvidenceError("REACH-E5004", `${name} is not in its place`);
    before = sha256;
    blobs.set(sha256, content);
  }
  const layout = { run: second.bytes, signature: third.bytes, blobs };
  return { document, step: step as StepFile, ...layout };
}

/**
 * The records of a step, each in the trace that was signed, with the values that were committed to; nothing of
 * EVID-49 is left out.
 *
 * @throws EvidenceError `REACH-E5511` a record that is not in the trace, or one that is left out; `REACH-E5501`,
 *   `REACH-E5502` for values; `REACH-E5601` for what is no record of a step
 */
export function recordsOfStep(
  engine: Engine,
  { trace: { root, size } }: EvidenceRun,
  { step, records }: StepLayout["step"],
): StepRecord[] {
  let holes = 0;
  const next = (): number => holes++;
  const found = records.map(({ leaf: value, proof, slots }, i): StepRecord => {
    const leaf = requireStepLeaf(value, `record ${i + 1} of ${STEP}`);
    const bytes = canonicalBytes(engine, leaf);
    const [leafHash = new Uint8Array()] = hashFrames([bytes], 0);
    const place = { leafHash, index: leaf.seq, size, root: fromHex(root) };
    if (!engine.verifyInclusion({ ...place, proof: proof.map(fromHex) })) {
      const what = `record ${leaf.seq} is not in the trace that was signed`;
      throw new EvidenceError("REACH-E5511", what);
    }
    const hidden = Object.fromEntries(slotsOf(leaf).map((slot) => [slot, holeAt(next())]));
    if (slots === undefined) return { leaf, record: { ...leaf, ...hidden } };
    const opened = readSlots(engine, { ...leaf }, slots, { next });
    if (canonicalBytes(engine, opened.leaf).every((byte, at) => byte === bytes[at])) {
      return { leaf, record: opened.record };
    }
    const what = `a value of record ${leaf.seq} is not the one that was committed to`;
    throw new EvidenceError("REACH-E5502", what);
  });
  requireWhole(
    found.map(({ leaf }) => leaf),
    step,
  );
  return found;
}

/** A step has the start and every record from the task before it on: otherwise something is left out. */
function requireWhole(leaves: readonly StepLeaf[], seq: number): void {
  const own = leaves.at(-1);
  const isInOrder = leaves.every((leaf, i) => i === 0 || leaf.seq > (leaves[i - 1]?.seq ?? 0));
  if (own?.kind !== "task" || own.status === "cancelled" || own.seq !== seq || !isInOrder) {
    throw new EvidenceError("REACH-E5511", "the last record is not that of the task");
  }
  if (leaves.length > MAX_RECORDS) {
    throw new EvidenceError("REACH-E5007", `a step has more than ${MAX_RECORDS} records`);
  }
  const before = leaves.findLastIndex((leaf) => precedes(leaf, own));
  const from = before < 0 ? 0 : before;
  const isWhole = leaves.slice(from).every((leaf, i) => leaf.seq === (leaves[from]?.seq ?? 0) + i);
  if (leaves[0]?.kind === "start" && isWhole) return;
  throw new EvidenceError("REACH-E5511", "records of the step, or before it, are left out");
}
