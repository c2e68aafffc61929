// Writes shown.jsonl. docs/spec/evidence.md, EVID-36 to EVID-44.
import { fromUtf8, isInput, toHex } from "@reach-fabric/engine";
import type { Engine } from "@reach-fabric/engine";
import { seedOf, stretchesOf } from "../commitments/cover.ts";
import { hasHole } from "../commitments/holes.ts";
import { openingOf } from "../commitments/opening.ts";
import { slotsOfRecord } from "../commitments/record.ts";
import type { Slots } from "../commitments/record.ts";
import { RUN_SEQ, RUN_SLOTS, recordSeed, slotSeed, slotsOf } from "../commitments/seeds.ts";
import { subtreesFrom } from "../commitments/subtrees.ts";
import { canonicalBytes, jsonLines } from "../encoding/json.ts";

type Members = Readonly<Record<string, unknown>>;

/** A run, and what of it is shown. */
export interface Redacted {
  readonly seed: Uint8Array;
  /** All records. */
  readonly bytes: readonly Uint8Array[];
  readonly records: readonly Members[];
  /** The values of run.json, and the same with holes. */
  readonly values: Members;
  readonly run: Members;
  /** With holes: the records that are computed, and those that are shown by name. */
  readonly computed: readonly Members[];
  readonly named: readonly Members[];
}

/** The bytes of shown.jsonl. */
export function formatShown(engine: Engine, redacted: Redacted): Uint8Array {
  const { seed, bytes, records, values, run, computed, named } = redacted;
  const end = computed.length;
  const { hashes: trace, texts: leaves = [] } = engine.leaves(seed, bytes, { texts: true });
  const isEntered = (record: Members): boolean => isInput(record as { kind: string });
  const under = [...records.keys()].filter((seq) => isEntered(records[seq] as Members));
  under.push(records.length - 1);
  const entered = under.map((seq) => trace[seq] as Uint8Array);

  const hiding = computed.filter(hasHole);
  const stretches = stretchesOf(end, hiding.map(seqOf));
  const slots = (record: Members, form?: "computed"): Slots => {
    const own = recordSeed(engine, seed, seqOf(record));
    return slotsOfRecord(engine, own, records[seqOf(record)] as Members, record, form);
  };
  const runSeed = recordSeed(engine, seed, RUN_SEQ);
  const openings = RUN_SLOTS.filter((slot) => Object.hasOwn(values, slot)).map((slot) => {
    const own = slotSeed(engine, runSeed, slot);
    return [slot, openingOf(engine, own, values[slot], run[slot])] as const;
  });
  const lines: unknown[] = [
    {
      ...Object.fromEntries(openings),
      computed: end,
      entered: subtreesFrom(engine, entered, computed.filter(isEntered).length).map(toHex),
      seeds: stretches.map((each) => [each.from, each.level, toHex(seedOf(engine, seed, each))]),
      trace: subtreesFrom(engine, trace, end).map(toHex),
    },
  ];
  for (const record of computed.filter(isEntered)) {
    lines.push({ ...record, ...(hasHole(record) ? slots(record) : covered(record)) });
  }
  for (const record of hiding) {
    if (!isEntered(record)) lines.push({ seq: record["seq"], slots: slots(record, "computed") });
  }
  for (const record of named) {
    const seq = seqOf(record);
    const isUnderEntered = isEntered(record) || record["kind"] === "outcome";
    const [hashes, index] = isUnderEntered ? [entered, under.indexOf(seq)] : [trace, seq];
    lines.push({
      index,
      leaf: JSON.parse(fromUtf8(leaves[seq] as Uint8Array)) as unknown,
      proof: engine.inclusionProof(hashes, index).map(toHex),
      slots: slots(record),
      tree: isUnderEntered ? "entered" : "trace",
    });
  }
  return jsonLines(lines.map((line) => canonicalBytes(engine, line)));
}

const seqOf = (record: Members): number => Number(record["seq"]);

const covered = (record: Members): Slots =>
  Object.fromEntries(slotsOf(record).map((slot) => [slot, { v: record[slot] }]));
