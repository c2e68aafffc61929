// The records that the engine computes of a run of which something is hidden: from start to the first look.
// docs/spec/evidence.md, EVID-38 and EVID-41.
import { isInput, opaqueReplay, sameBytes, toHex } from "@reach-fabric/engine";
import type { Engine, OpaqueReplay, OpaqueReplayOptions, Pack } from "@reach-fabric/engine";
import { hasHole, parseWithHoles, textWithHoles } from "../commitments/holes.ts";
import { filledSlots, readSlots } from "../commitments/record.ts";
import { slotsOf } from "../commitments/seeds.ts";
import { rootWith } from "../commitments/subtrees.ts";
import { canonicalBytes } from "../encoding/json.ts";
import { EvidenceError, quoted } from "../errors/errors.ts";
import type { EvidenceRun } from "./run.ts";
import type { Shown } from "./shown.ts";

/** What is computed of a run of which something is hidden. */
export interface Prefix {
  /** The records, holes in them. */
  readonly records: readonly Readonly<Record<string, unknown>>[];
  readonly replay: OpaqueReplay;
}

/**
 * Computes the first records of a run again: as many as are said to be computed, or fewer where the engine looks
 * before or has no more fuel.
 */
export function prefixOf(
  engine: Engine,
  pack: Pack,
  { inputs, computed }: Pick<Shown, "inputs" | "computed">,
  options: Pick<OpaqueReplayOptions, "onProgress" | "signal"> & {
    readonly fuel?: number | undefined;
  } = {},
): Prefix {
  const { fuel, ...work } = options;
  const records: Prefix["records"][number][] = [];
  const texts = inputs.map(({ record }) => textWithHoles(record));
  const replay = opaqueReplay(engine, pack, texts, {
    ...work,
    ...(fuel === undefined ? {} : { fuel }),
    onRecord: (bytes) => {
      // An engine that looks less often may go on.
      if (records.length < computed)
        records.push(parseWithHoles(bytes) as Prefix["records"][number]);
    },
  });
  return { records, replay };
}

/**
 * Requires that what was computed is what was signed: every record, in its place, under the root of the trace.
 *
 * @throws EvidenceError `REACH-E5701`, `REACH-E5703`, `REACH-E5704`, or `REACH-E5501` for an opening that does not fit
 */
export function requirePrefix(
  engine: Engine,
  run: Pick<EvidenceRun, "trace">,
  shown: Shown,
  { records, replay }: Prefix,
): void {
  const { computed, hidden } = shown;
  if (records.length < computed) throw tooFew(records.length, computed, replay);
  let entered = 0;
  const leaves = records.map((record, seq) => {
    if (!isInput(record as { kind: string })) return leafOfComputed(engine, shown, record, seq);
    const input = shown.inputs[entered++];
    const isIt =
      input !== undefined && sameBytes(textWithHoles(record), textWithHoles(input.record));
    if (!isIt || record["seq"] !== seq || shown.partly.has(seq)) throw differs(`record ${seq}`);
    return input.hash;
  });
  if (entered !== shown.inputs.length) throw differs(`${entered} records enter`);
  const root = rootWith(engine, leaves, run.trace.size, hidden.trace);
  if (root === undefined || toHex(root) !== run.trace.root) {
    throw differs(`the first ${computed} records, under another root`);
  }
  // The outcome stands in both trees.
  if (records.at(-1)?.["kind"] !== "outcome") return;
  const [[end, ...more], own] = [hidden.entered, leaves.at(-1)];
  if (more.length > 0 || !end || !own || !sameBytes(end, own)) throw differs("another outcome");
}

/** The leaf hash of a record that left, from its openings and the values that were computed. */
function leafOfComputed(
  engine: Engine,
  { partly, cover }: Shown,
  record: Prefix["records"][number],
  seq: number,
): Uint8Array {
  const isPartly = partly.has(seq);
  if (record["seq"] !== seq || hasHole(record) !== isPartly) throw differs(`record ${seq}`);
  const covered = Object.fromEntries(slotsOf(record).map((slot) => [slot, {}]));
  const slots = filledSlots(isPartly ? partly.get(seq) : covered, record);
  const seed = cover.seedOf(engine, seq);
  const { leaf } = readSlots(engine, record, slots, { seed, next: () => 0 });
  const [hash] = engine.hashFrames([canonicalBytes(engine, leaf)], 0);
  return hash as Uint8Array;
}

const differs = (what: string): EvidenceError =>
  new EvidenceError("REACH-E5701", `the engine computes something else: ${what}`);

function tooFew(count: number, computed: number, { looked, refusal }: OpaqueReplay): EvidenceError {
  if (looked?.what === "limit") {
    const what = `the budget is used up after ${count} of ${computed} records`;
    return new EvidenceError("REACH-E5703", what);
  }
  if (count === 0) {
    const what = `the engine refuses the pack or the start: ${quoted(refusal?.message ?? "")}`;
    return new EvidenceError("REACH-E5704", what);
  }
  const where = looked === undefined ? "" : `, then ${quoted(looked.task)} looks at what is hidden`;
  return differs(`${count} of ${computed} records${where}`);
}
