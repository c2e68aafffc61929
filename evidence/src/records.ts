// records.jsonl: a run of which nothing is hidden, as it was. docs/spec/evidence.md, EVID-43 to EVID-45.
//
//     {"actor", "annotations"?, "decision", "seed", "tenant"}
//     a record a line
//
// Commitments and seeds follow from the values and one seed of the run, so who shows all values need not
// write them. What is signed is the same: the trace, which is computed from this.
import { fromHex, toHex, utf8 } from "@reach-fabric/engine";
import type { Engine } from "@reach-fabric/engine";
import { evidenceFacts, traceLeaf } from "@reach-fabric/schema";
import type { EvidenceFacts } from "@reach-fabric/schema";
import { disclose, disclosureOf } from "./disclosures.ts";
import type { Disclosure } from "./disclosures.ts";
import { EvidenceError } from "./errors.ts";
import { canonicalBytes, inShape, jsonLines, parseLines } from "./json.ts";
import type { Line } from "./json.ts";
import { ENTRY } from "./layout.ts";
import { RUN_SLOTS } from "./run.ts";
import { leafOf, slotName, slotValues } from "./slots.ts";
import type { Leaf } from "./trace.ts";

/** What tells the value slots of a record. */
interface RecordValue {
  readonly kind: string;
  readonly seq: number;
}

/** What stands in trace.jsonl and disclosures.jsonl, and follows from records.jsonl. */
export interface Expanded {
  /** The bytes of trace.jsonl. */
  readonly trace: Uint8Array;
  readonly leaves: readonly Leaf[];
  /** Those of run.json first, then those of the records. */
  readonly disclosures: readonly Disclosure[];
}

/** What follows from records.jsonl, beside the records. */
export interface WholeRun extends Expanded {
  readonly records: readonly Uint8Array[];
}

/**
 * What follows from the values of a run: seeds by its seed and their pointers, commitments, leaves. The same
 * for who makes evidence and for who reads it.
 */
export function expand(
  engine: Engine,
  { seed, ...facts }: EvidenceFacts,
  records: readonly Line[],
): Expanded {
  const slots = records.map(({ bytes, value }) => slotValues(bytes, value as RecordValue));
  const ofRun = RUN_SLOTS.filter((name) => facts[name] !== undefined).map((name) => ({
    pointer: `/run/${name}`,
    bytes: canonicalBytes(engine, facts[name]),
  }));
  const trees = disclose(engine, fromHex(seed), [...ofRun, ...slots.flat()]);
  const disclosures = trees.map(disclosureOf);
  let next = ofRun.length;
  const leaves = records.map(({ bytes, value }, i) => {
    const values = slots[i] ?? [];
    const own = disclosures.slice(next, (next += values.length));
    const commitments = own.map(({ commitment }) => commitment);
    const leaf = { ...(value as Record<string, unknown>) };
    for (const { pointer, commitment } of own) leaf[slotName(pointer)] = commitment;
    return { bytes: leafOf(bytes, values, commitments), value: leaf as unknown as Leaf["value"] };
  });
  return { trace: jsonLines(leaves.map(({ bytes }) => bytes)), leaves, disclosures };
}

/** The seed of a run, by its secret: EVID-44. */
export const seedOf = (engine: Engine, runSecret: Uint8Array): string =>
  toHex(engine.hmacSha256(runSecret, utf8("/")));

/** The bytes of records.jsonl. */
export const formatRecords = (
  engine: Engine,
  facts: EvidenceFacts,
  records: readonly Line[],
): Uint8Array => jsonLines([canonicalBytes(engine, facts), ...records.map(({ bytes }) => bytes)]);

/**
 * What follows from records.jsonl; nothing is compared with what was signed.
 *
 * @throws EvidenceError `REACH-E5101`, `REACH-E5102`, `REACH-E5105` its lines, `REACH-E5103` the first of
 *   them, `REACH-E5601` a record of another form
 */
export function readRecords(engine: Engine, bytes: Uint8Array): WholeRun {
  const [first, ...records] = parseLines(engine, bytes, ENTRY.records);
  const facts = inShape(evidenceFacts, first?.value, `${ENTRY.records}, line 1`);
  const place = (i: number): string => `${ENTRY.records}, line ${i + 2}`;
  for (const [i, { value }] of records.entries()) {
    if (!isRecord(value)) throw new EvidenceError("REACH-E5601", `${place(i)} is no record`);
  }
  const { trace, leaves, disclosures } = expand(engine, facts, records);
  const checked = leaves.map(({ bytes: leaf, value }, i): Leaf => ({
    bytes: leaf,
    value: inShape(traceLeaf, value, place(i), "REACH-E5601"),
  }));
  return { trace, leaves: checked, disclosures, records: records.map((line) => line.bytes) };
}

function isRecord(value: unknown): value is RecordValue {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return false;
  const { kind, seq } = value as Partial<RecordValue>;
  return typeof kind === "string" && Number.isSafeInteger(seq) && Number(seq) >= 0;
}
