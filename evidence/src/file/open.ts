// Opens a .reach file: what is in it, put together, with nothing said about who wrote it.
import { fromUtf8 } from "@reach-fabric/engine";
import type { Engine, OutcomeRecord, Pack } from "@reach-fabric/engine";
import type { EvidenceRun, TraceLeaf } from "@reach-fabric/schema";
import { readContainer } from "./container.ts";
import { matchDisclosures, readDisclosures, rebuildRecord, runValues } from "./disclosures.ts";
import type { Disclosure } from "./disclosure.ts";
import type { Disclosed, RunValues } from "./disclosures.ts";
import { EvidenceError } from "../errors/errors.ts";
import { namedKey, readRun, RUN_SLOTS } from "./run.ts";
import type { PublicKey } from "../keys/key.ts";
import { ENTRY, readLayout } from "./layout.ts";
import type { Layout } from "./layout.ts";
import { readPack, requireBlobs } from "./pack.ts";
import { readRecords } from "./records.ts";
import { readLeaves } from "./trace.ts";
import type { Leaf } from "./trace.ts";

/** What a piece of evidence says about its run: run.json, with the values that are disclosed. */
export interface Run extends RunValues {
  readonly id: string;
  readonly attempt: number;
  readonly startedAt: string;
  readonly endedAt: string;
  readonly workflow: string;
  readonly semantics: number;
  /** SHA-256 of the engine and of the pack, in hex. */
  readonly engine: string;
  readonly pack: string;
  readonly trace: { readonly root: string; readonly size: number };
  /** The key that run.json names as its signer's: see the verdict `trusted`. */
  readonly key: PublicKey;
}

/** How a run ended; undefined values are not disclosed. */
export type Outcome = Pick<OutcomeRecord, "status" | "output" | "error">;

/** A .reach file that was opened and not verified. */
export interface Evidence {
  readonly run: Run;
  /** The pack as it was run; null where it is not enclosed whole. */
  readonly pack: Pack | null;
  /** All records, byte for byte; null where a value is not disclosed. */
  readonly records: Uint8Array[] | null;
  readonly leaves: readonly TraceLeaf[];
  readonly outcome: Outcome | null;
  /** The pointers of the values that are not disclosed. */
  readonly missing: readonly string[];
}

/**
 * What is in a .reach file. Container, JSON, commitments and blobs are checked, so the parts belong
 * together; the signature is not, and nothing is replayed: that is verify().
 *
 * @throws EvidenceError the code of the first thing that is wrong
 *
 * @example
 * const { run, outcome } = openEvidence(engine, bytes);
 * run.tenant; // → "acme"
 * outcome?.status; // → "completed"
 */
export function openEvidence(engine: Engine, bytes: Uint8Array): Evidence {
  const { document, layout } = readDocument(engine, bytes);
  const key = namedKey(document);
  requireBlobs(engine, layout.blobs);
  const pack = readPack(engine, document.pack, layout.blobs);
  const values = valuesOf(engine, document, layout);
  const leaves = values.leaves();
  const disclosed = matchDisclosures(document, leaves, values.disclosures());
  const known = knownOf(leaves, disclosed, values.records);
  return assemble(document, key, pack, known, disclosed);
}

/**
 * The container of a file and its run.json. The version is read before anything that a later
 * version could have changed, except the container itself.
 */
export function readDocument(
  engine: Engine,
  bytes: Uint8Array,
): { document: EvidenceRun; layout: Layout } {
  // Out of reach of whoever shares the memory: what is checked is what is used.
  const own = bytes.buffer instanceof ArrayBuffer ? bytes : bytes.slice();
  const entries = readContainer(own);
  const [first] = entries;
  if (first?.name !== ENTRY.run) {
    throw new EvidenceError("REACH-E5006", `the first entry is not ${ENTRY.run}`);
  }
  const document = readRun(engine, first.bytes);
  return { document, layout: readLayout(entries, document.format) };
}

/** The trace of a file and what is disclosed of it, in whichever of the two forms it is written. */
export interface FileValues {
  /** The bytes of trace.jsonl: what is signed. */
  readonly trace: Uint8Array;
  /** The entry that they follow from, where they are not in one themselves. */
  readonly traceFrom?: string;
  /** @throws EvidenceError as readLeaves() does */
  readonly leaves: () => readonly Leaf[];
  /** @throws EvidenceError as readDisclosures() does */
  readonly disclosures: () => readonly Disclosure[];
  /** The records, where they are at hand. */
  readonly records?: readonly Uint8Array[];
}

/**
 * The values of a file; nothing is compared with what was signed.
 *
 * @throws EvidenceError as readRecords() does, where they are in records.jsonl; `REACH-E5503` a value of
 *   run.json that is not there beside them
 */
export function valuesOf(
  engine: Engine,
  document: EvidenceRun,
  { values }: Pick<Layout, "values">,
): FileValues {
  if ("records" in values) {
    const { leaves, disclosures, ...more } = readRecords(engine, values.records);
    requireAll(document, disclosures);
    const from = { traceFrom: ENTRY.records };
    return { ...more, ...from, leaves: () => leaves, disclosures: () => disclosures };
  }
  const { trace, disclosures } = values;
  return {
    trace,
    leaves: () => readLeaves(engine, trace),
    disclosures: () => readDisclosures(engine, document, disclosures),
  };
}

/** A record as far as it is shown. */
export interface Known {
  readonly leaf: Leaf;
  /** Null where a value, or a part of one, is hidden. */
  readonly record: Uint8Array | null;
  readonly disclosures: readonly Disclosure[];
}

/** Beside the run's seed nothing can be hidden: every value that run.json commits to is there. */
function requireAll(document: EvidenceRun, disclosures: readonly Disclosure[]): void {
  // They stand first.
  const shown = disclosures.slice(0, RUN_SLOTS.length).map(({ pointer }) => pointer);
  const lost = RUN_SLOTS.find(
    (name) => document[name] !== undefined && !shown.includes(`/run/${name}`),
  );
  if (lost === undefined) return;
  const what = `${ENTRY.records} lacks the value of /run/${lost}, which run.json commits to`;
  throw new EvidenceError("REACH-E5503", what);
}

/** The records of a trace, each with what is shown of it. */
export const knownOf = (
  leaves: readonly Leaf[],
  disclosed: Disclosed,
  records: readonly Uint8Array[] = [],
): Known[] =>
  leaves.map((leaf, i) => {
    const disclosures = disclosed.records[i] ?? [];
    return { leaf, disclosures, record: records[i] ?? rebuildRecord(leaf, disclosures) };
  });

/** One view of what was read. */
export function assemble(
  document: EvidenceRun,
  key: PublicKey,
  pack: Pack | null,
  known: readonly Known[],
  disclosed: Disclosed,
): Evidence {
  const { id, attempt, startedAt, endedAt, workflow, semantics, engine, trace } = document;
  const identity = { id, attempt, startedAt, endedAt, workflow, semantics, engine, trace };
  const rebuilt = known.map(({ record }) => record);
  const records = rebuilt.every((bytes) => bytes !== null) ? rebuilt : null;
  return {
    run: { ...identity, ...runValues(disclosed), pack: document.pack, key },
    pack,
    records,
    leaves: known.map(({ leaf }) => leaf.value),
    outcome: outcomeOf(known),
    missing: disclosed.missing,
  };
}

function outcomeOf(known: readonly Known[]): Outcome | null {
  const { leaf, disclosures } = known.at(-1) ?? {};
  const last = leaf?.value;
  if (last?.kind !== "outcome") return null;
  const bytes = disclosures?.[0]?.bytes;
  if (bytes === undefined) return { status: last.status };
  const value = JSON.parse(fromUtf8(bytes)) as NonNullable<OutcomeRecord["output"]>;
  return last.status === "completed"
    ? { status: last.status, output: value }
    : { status: last.status, error: value };
}
