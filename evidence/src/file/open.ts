// Opens a .reach file: what is in it, put together, with nothing said about who wrote it.
import { fromHex, fromUtf8 } from "@reach-fabric/engine";
import type { Engine, OutcomeRecord, Pack } from "@reach-fabric/engine";
import { EvidenceError } from "../errors/errors.ts";
import type { PublicKey } from "../keys/key.ts";
import { readContainer } from "./container.ts";
import { readEntered, requireEntered } from "./entered.ts";
import type { Entered } from "./entered.ts";
import { holesOf, isHole, masked, maskedText } from "../commitments/holes.ts";
import { ENTRY, readLayout } from "./layout.ts";
import type { Layout } from "./layout.ts";
import { readPack, requireBlobs } from "./pack.ts";
import { namedKey, readRun } from "./run.ts";
import { readRedaction } from "../signature/redaction.ts";
import type { RedactionStatement } from "../signature/redaction.ts";
import { readShown } from "./shown.ts";
import type { Shown } from "./shown.ts";
import type { EvidenceRun, HexTreeHead } from "./run.ts";

/** What a piece of evidence says about its run: run.json, with the values that are disclosed. */
export interface Run {
  readonly id: string;
  readonly attempt: number;
  readonly startedAt: string;
  readonly endedAt: string;
  readonly workflow: string;
  readonly semantics: number;
  /** SHA-256 of the engine and of the pack, in hex. */
  readonly engine: string;
  readonly pack: string;
  readonly trace: HexTreeHead;
  readonly entered: HexTreeHead;
  /** The key that run.json names as its signer's: see the verdict `trusted`. */
  readonly key: PublicKey;
  readonly tenant: string | null;
  readonly actor: string | null;
  /** Decision digest and fingerprint in hex. */
  readonly decision: string | null;
  readonly fingerprint: string | null;
  /** The host's stamps; null where they are hidden, empty where there are none. */
  readonly annotations: readonly Record<string, unknown>[] | null;
}

/** How a run ended; undefined values are not in the file. */
export type Outcome = Pick<OutcomeRecord, "status" | "output" | "error" | "reason">;

/** A .reach file that was opened and not verified. */
export interface Evidence {
  readonly run: Run;
  /** The pack as it was run; null where it is not enclosed whole. */
  readonly pack: Pack | null;
  /** The records that entered the run, byte for byte; null where a value in them is hidden. */
  readonly inputs: readonly Uint8Array[] | null;
  /** What all commitments of the run follow from; null where something is hidden, as it would show it. */
  readonly seed: Uint8Array | null;
  /** The record that ended it; null where it is hidden, or so large that the engine has to compute it. */
  readonly last: Uint8Array | null;
  readonly outcome: Outcome | null;
  /** The pointers of the values that are not disclosed: of those records of which something is there. */
  readonly missing: readonly string[];
  /** What a redaction has left of the run; null where nothing is hidden. */
  readonly shown: Shown | null;
  /** Who has redacted the file, as the key in it has signed; null where it is not signed. */
  readonly redaction: RedactionStatement | null;
}

/**
 * What is in a .reach file. Container, JSON, commitments and blobs are checked, so the parts belong
 * together; the signature is not, and nothing is computed: that is verify(). All records of the run are what
 * recordsOf() gives.
 *
 * @throws EvidenceError the code of the first thing that is wrong
 *
 * @example
 * const { run, outcome } = openEvidence(engine, bytes);
 * run.tenant; // → "acme"
 * outcome?.status; // → "completed"
 */
export function openEvidence(engine: Engine, bytes: Uint8Array): Evidence {
  const { document, layout } = readRunDocument(engine, bytes);
  const key = namedKey(document);
  requireBlobs(engine, layout.blobs);
  const pack = readPack(engine, document.pack, layout.blobs);
  const content = contentOf(engine, document, layout);
  return assemble({ document, key, pack, content });
}

/**
 * The container of a file and its run.json. The version is read before anything that a later
 * version could have changed, except the container itself.
 */
export function readRunDocument(
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
  return { document, layout: readLayout(engine, entries) };
}

/** What a file shows of its run: all that entered it, or what a redaction has left. */
export type Content =
  | { readonly entered: Entered; readonly shown?: undefined }
  | {
      readonly shown: Shown;
      readonly redaction: RedactionStatement | null;
      readonly entered?: undefined;
    };

/**
 * What a file shows, every value and record at its commitment in run.json.
 *
 * @throws EvidenceError as readEntered(), requireEntered(), readShown() and readRedaction() do
 */
export function contentOf(
  engine: Engine,
  document: EvidenceRun,
  layout: Layout,
  onRead?: (records: number) => void,
): Content {
  const { run, values, redaction } = layout;
  if ("shown" in values) {
    const files = { run, shown: values.shown };
    const statement = redaction === undefined ? null : readRedaction(engine, files, redaction);
    return { shown: readShown(engine, document, values.shown), redaction: statement };
  }
  const entered = readEntered(engine, values.entered, onRead);
  requireEntered(engine, document, entered);
  return { entered };
}

/** A file whose parts were read, and belong together. */
export interface Parts {
  readonly document: EvidenceRun;
  readonly key: PublicKey;
  readonly pack: Pack | null;
  readonly content: Content;
}

/** One view of what was read. */
export function assemble({ document, key, pack, content }: Parts): Evidence {
  const { id, attempt, startedAt, endedAt, workflow, semantics, engine, trace } = document;
  const { values, ...rest } =
    content.shown === undefined ? ofWhole(content.entered) : ofRedacted(content.shown);
  return {
    run: {
      id,
      attempt,
      startedAt,
      endedAt,
      workflow,
      semantics,
      engine,
      pack: document.pack,
      trace,
      entered: document.entered,
      key,
      ...values,
    },
    pack,
    ...rest,
    redaction: content.shown === undefined ? null : content.redaction,
  };
}

/** What an Evidence has of the values in the file. */
type View = Pick<Evidence, "inputs" | "seed" | "last" | "outcome" | "missing" | "shown"> & {
  readonly values: Pick<Run, "tenant" | "actor" | "annotations" | "decision" | "fingerprint">;
};

function ofWhole(entered: Entered): View {
  const { actor, tenant, annotations = [], decision, seed } = entered.head;
  return {
    values: { tenant, actor, annotations, ...decision },
    inputs: entered.inputs,
    seed: fromHex(seed),
    last: entered.outcome ?? null,
    outcome: outcomeOf(entered),
    missing: [],
    shown: null,
  };
}

function ofRedacted(shown: Shown): View {
  const { tenant, actor, annotations = [] } = shown.values;
  const texts = [tenant, actor].map((value) => (isHole(value) ? null : (value as string)));
  const stamps = isHole(annotations) ? null : (annotations as Run["annotations"] & object);
  const last = shown.named.find(({ kind }) => kind === "outcome");
  const records = [...shown.inputs.map(({ record }) => record), ...shown.named];
  const missing = [
    ...holesOf(shown.values, "/run"),
    ...records.flatMap((record) => holesOf(record, `/${String(record["seq"])}`)),
  ];
  return {
    values: {
      tenant: texts[0] ?? null,
      actor: texts[1] ?? null,
      annotations: stamps && (masked(stamps.filter((stamp) => !isHole(stamp))) as typeof stamps),
      decision: null,
      fingerprint: null,
    },
    inputs: null,
    seed: null,
    last: null,
    outcome: last === undefined ? null : outcomeIn(maskedText(last)),
    missing: [...new Set(missing)],
    shown,
  };
}

function outcomeOf({ outcome, leaves }: Entered): Outcome | null {
  const leaf = leaves.at(-1);
  if (leaf?.kind !== "outcome") return null;
  return outcome === undefined ? { status: leaf.status } : outcomeIn(outcome);
}

/** What the record says that ended a run. */
export function outcomeIn(record: Uint8Array): Outcome {
  const { kind: _, seq: __, status, ...value } = JSON.parse(fromUtf8(record)) as OutcomeRecord;
  return { status, ...value };
}
