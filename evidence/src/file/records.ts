// records.jsonl: a run of which nothing is hidden, as it was. docs/spec/evidence.md, EVID-43 to EVID-45.
//
//     {"actor", "annotations"?, "decision", "seed", "tenant"}
//     a record a line
//
// Commitments and seeds follow from the values and one seed of the run, so who shows all values need not
// write them. What is signed is the same: the trace, which is computed from this.
import { fromHex, fromUtf8, toHex, utf8 } from "@reach-fabric/engine";
import type { Engine } from "@reach-fabric/engine";
import { evidenceFacts, traceLeaf } from "@reach-fabric/schema";
import type { EvidenceFacts, TraceLeaf } from "@reach-fabric/schema";
import { disclose, disclosureOf } from "./disclosures.ts";
import type { Disclosure } from "./disclosure.ts";
import { EvidenceError } from "../errors/errors.ts";
import { canonicalBytes, inShape, jsonLines, parseLines } from "../encoding/json.ts";
import type { Line } from "../encoding/json.ts";
import { ENTRY } from "./layout.ts";
import { RUN_SLOTS } from "./run.ts";
import { slotName, slotValues, traceOf } from "../commitments/slots.ts";
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
  const slots = records.map(({ bytes, text, value }) =>
    slotValues(bytes, value as RecordValue, text),
  );
  const ofRun = RUN_SLOTS.filter((name) => facts[name] !== undefined).map((name) => {
    const bytes = canonicalBytes(engine, facts[name]);
    return { pointer: `/run/${name}`, bytes, text: fromUtf8(bytes) };
  });
  const trees = disclose(engine, fromHex(seed), [...ofRun, ...slots.flat()]);
  const disclosures = trees.map(disclosureOf);
  const ofRecords = trees.slice(ofRun.length).map(({ commitment }) => commitment as Uint8Array);
  const bytesOf = records.map(({ bytes }) => bytes);
  const { trace, leaves } = traceOf(bytesOf, slots, ofRecords);
  let next = ofRun.length;
  const values = records.map(({ value }, i) => {
    const leaf = { ...(value as Record<string, unknown>) };
    for (const { pointer } of slots[i] ?? []) {
      leaf[slotName(pointer)] = disclosures[next++]?.commitment;
    }
    return leaf as unknown as TraceLeaf;
  });
  return {
    trace,
    leaves: leaves.map((bytes, i) => ({ bytes, value: values[i] as TraceLeaf })),
    disclosures,
  };
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
    if (!isRecord(value)) throw new EvidenceError("REACH-E5601", `${place(i)} is not a record`);
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
