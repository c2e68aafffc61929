// Which entries a .reach file has, and in which order. docs/spec/evidence.md, EVID-5.
import type { EvidenceRun } from "@reach-fabric/schema";
import type { Entry } from "./container.ts";
import { EvidenceError, quoted } from "../errors/errors.ts";

/** The names of the entries. */
export const ENTRY = {
  run: "run.json",
  bundle: "run.sigstore.json",
  proof: "run.tlog-proof",
  trace: "trace.jsonl",
  disclosures: "disclosures.jsonl",
  records: "records.jsonl",
} as const;

const BLOB = /^blobs\/sha256\/([0-9a-f]{64})$/;

/** The SHA-256 that a blob's name says; undefined for another name. */
export const digestOfBlob = (name: string): string | undefined => BLOB.exec(name)?.[1];

/** The name of the blob with this SHA-256. */
export const blobName = (sha256: string): string => `blobs/sha256/${sha256}`;

/**
 * The trace and its values. Where nothing is hidden, records.jsonl alone can stand for both; otherwise the
 * disclosures, which are absent where nothing is disclosed, stand beside the trace.
 */
export type Values =
  | { readonly records: Uint8Array }
  | { readonly trace: Uint8Array; readonly disclosures: Uint8Array | undefined };

/** The entries of one piece of evidence. */
export interface Layout {
  readonly run: Uint8Array;
  readonly bundle: Uint8Array;
  /** The proof that it is in a log. Removable, and put in later: absent where it is in none. */
  readonly proof: Uint8Array | undefined;
  readonly values: Values;
  /** By the SHA-256 in their names, which is not checked here. Removable. */
  readonly blobs: ReadonlyMap<string, Uint8Array>;
}

/** The entries in their order: run.json, its signature and proof, trace and values, blobs by digest. */
export function entriesOf({ run, bundle, proof, values, blobs }: Layout): Entry[] {
  return [
    { name: ENTRY.run, bytes: run },
    { name: ENTRY.bundle, bytes: bundle },
    ...(proof === undefined ? [] : [{ name: ENTRY.proof, bytes: proof }]),
    ...valueEntries(values),
    ...[...blobs.entries()]
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([digest, bytes]) => ({ name: blobName(digest), bytes })),
  ];
}

function valueEntries(values: Values): Entry[] {
  if ("records" in values) return [{ name: ENTRY.records, bytes: values.records }];
  const { trace, disclosures } = values;
  return [
    { name: ENTRY.trace, bytes: trace },
    ...(disclosures === undefined ? [] : [{ name: ENTRY.disclosures, bytes: disclosures }]),
  ];
}

/**
 * The entries of a container by what they are.
 *
 * @throws EvidenceError `REACH-E5003` one that the format does not know, `REACH-E5004` one that is
 *   not in its place, `REACH-E5006` one that is missing
 */
export function readLayout(entries: readonly Entry[], format: EvidenceRun["format"]): Layout {
  const found = new Map(entries.map(({ name, bytes }) => [name, bytes]));
  const blobs = new Map<string, Uint8Array>();
  const known = new Set<string>(Object.values(ENTRY));
  if (format !== "reach/evidence/v3") known.delete(ENTRY.records);
  if (format === "reach/evidence/v1") known.delete(ENTRY.proof);
  if (found.has(ENTRY.records))
    for (const name of [ENTRY.trace, ENTRY.disclosures]) known.delete(name);
  for (const { name, bytes } of entries) {
    const digest = digestOfBlob(name);
    if (digest !== undefined) blobs.set(digest, bytes);
    else if (!known.has(name)) {
      throw new EvidenceError("REACH-E5003", `evidence has no entry ${quoted(name)}`);
    }
  }
  const required = (name: string): Uint8Array => {
    const bytes = found.get(name);
    if (bytes === undefined) throw new EvidenceError("REACH-E5006", `there is no ${name}`);
    return bytes;
  };
  const records = found.get(ENTRY.records);
  const layout = {
    run: required(ENTRY.run),
    bundle: required(ENTRY.bundle),
    proof: found.get(ENTRY.proof),
    values:
      records === undefined
        ? { trace: required(ENTRY.trace), disclosures: found.get(ENTRY.disclosures) }
        : { records },
    blobs,
  };
  entriesOf(layout).forEach(({ name }, i) => {
    const actual = entries[i]?.name;
    if (actual !== name) {
      throw new EvidenceError(
        "REACH-E5004",
        `entry ${i + 1} is ${quoted(actual ?? "")}, where ${name} belongs`,
      );
    }
  });
  return layout;
}
