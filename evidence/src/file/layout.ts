// Which entries a .reach file has, and in which order. docs/spec/evidence.md, EVID-5.
import type { Engine } from "@reach-fabric/engine";
import { parseCanonical, parseLines } from "../encoding/json.ts";
import { EvidenceError, quoted } from "../errors/errors.ts";
import type { ContainerEntry } from "./container.ts";

/** The names of the entries. */
export const ENTRY = {
  run: "run.json",
  signature: "run.sig",
  proof: "run.tlog-proof",
  start: "start.tlog-proof",
  publisher: "pack.sigstore.jsonl",
  redaction: "redaction.sigstore.json",
  entered: "entered.jsonl",
  shown: "shown.jsonl",
} as const;

/** Entries beside the run's own. */
const BESIDE: ReadonlySet<string> = new Set([ENTRY.start, ENTRY.publisher, ENTRY.redaction]);
/** Bytes that an entry beside the run's own may have. */
export const BESIDE_BYTES: number = 2 ** 20;

const BLOB = /^blobs\/sha256\/([0-9a-f]{64})$/;

/** The SHA-256 that a blob's name says; undefined for another name. */
export const digestOfBlob = (name: string): string | undefined => BLOB.exec(name)?.[1];

/** The name of the blob with this SHA-256. */
export const blobName = (sha256: string): string => `blobs/sha256/${sha256}`;

/** What the file shows of the run: all that entered it, or what a redaction has left. */
export type Values = { readonly entered: Uint8Array } | { readonly shown: Uint8Array };

/** The entries of one piece of evidence. */
export interface Layout {
  readonly run: Uint8Array;
  readonly signature: Uint8Array;
  /** The proof that it is in a log. Removable, and put in later: absent where it is in none. */
  readonly proof: Uint8Array | undefined;
  /** The proof that its run's beginning is in a log. Removable, as the other one. */
  readonly start: Uint8Array | undefined;
  /** What the pack's publishers have signed, a bundle a line. Removable, and put in later. */
  readonly publisher: Uint8Array | undefined;
  /** Who says that the run was redacted. Removable; beside `shown` only. */
  readonly redaction: Uint8Array | undefined;
  readonly values: Values;
  /** By the SHA-256 in their names, which is not checked here. Removable. */
  readonly blobs: ReadonlyMap<string, Uint8Array>;
}

/** The entries in their order. */
export function entriesOf(layout: Layout): ContainerEntry[] {
  const { run, signature, proof, start, publisher, redaction, values, blobs } = layout;
  const optional = (name: string, bytes: Uint8Array | undefined): ContainerEntry[] =>
    bytes === undefined ? [] : [{ name, bytes }];
  return [
    { name: ENTRY.run, bytes: run },
    { name: ENTRY.signature, bytes: signature },
    ...optional(ENTRY.proof, proof),
    ...optional(ENTRY.start, start),
    ...optional(ENTRY.publisher, publisher),
    ...optional(ENTRY.redaction, redaction),
    "entered" in values
      ? { name: ENTRY.entered, bytes: values.entered }
      : { name: ENTRY.shown, bytes: values.shown },
    ...[...blobs.entries()]
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([digest, bytes]) => ({ name: blobName(digest), bytes })),
  ];
}

/**
 * The entries of a container by what they are.
 *
 * @throws EvidenceError `REACH-E5003` one that the format does not know, `REACH-E5004` one that is
 *   not in its place, `REACH-E5006` one that is missing; `REACH-E5007`, `REACH-E5101`, `REACH-E5102`, `REACH-E5105` one beside
 *   the run's own that has not its form
 */
export function readLayout(engine: Engine, entries: readonly ContainerEntry[]): Layout {
  const found = new Map(entries.map(({ name, bytes }) => [name, bytes]));
  const blobs = new Map<string, Uint8Array>();
  const isWhole = found.has(ENTRY.entered);
  const known = new Set<string>(Object.values(ENTRY));
  // A run of which nothing is hidden was not redacted.
  if (isWhole) for (const name of [ENTRY.shown, ENTRY.redaction]) known.delete(name);
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
  const shown = found.get(ENTRY.shown);
  const layout: Layout = {
    run: required(ENTRY.run),
    signature: required(ENTRY.signature),
    proof: found.get(ENTRY.proof),
    start: found.get(ENTRY.start),
    publisher: found.get(ENTRY.publisher),
    redaction: found.get(ENTRY.redaction),
    values: shown === undefined ? { entered: required(ENTRY.entered) } : { shown },
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
  for (const { name, bytes } of entries) {
    if (BESIDE.has(name)) requireForm(engine, name, bytes);
  }
  return layout;
}

/** An entry beside the run's own has the form of its name, whoever reads it. */
function requireForm(engine: Engine, name: string, bytes: Uint8Array): void {
  if (bytes.length > BESIDE_BYTES) {
    throw new EvidenceError("REACH-E5007", `the entry ${name} is over the limit of size`);
  }
  if (name === ENTRY.publisher) for (const _ of parseLines(engine, bytes, name));
  if (name === ENTRY.redaction) parseCanonical(engine, bytes, name);
}
