// The entry that a piece of evidence has in a log, and the proof that it is there. docs/spec/log.md,
// LOG-14 and LOG-16.
//
// The entry holds the hash of what was signed, never the signature: a signature can have another
// spelling, and whoever makes it would have another entry for the same evidence.
import { toHex } from "@reach-fabric/engine";
import type { Engine } from "@reach-fabric/engine";
import type { EvidenceRun, LogEntry, NewLogEntry } from "@reach-fabric/schema";
import { signedBytes, readBundle, verifiedPayload } from "../signature/bundle.ts";
import type { Bundle } from "../signature/bundle.ts";
import { writeContainer } from "../file/container.ts";
import { EvidenceError } from "../errors/errors.ts";
import type { PublicKey } from "../keys/key.ts";
import { entriesOf } from "../file/layout.ts";
import type { Layout } from "../file/layout.ts";
import { readDocument } from "../file/open.ts";
import { namedKey } from "../file/run.ts";
import { leafHash, parseEntry } from "../log/entry.ts";
import type { SignedCheckpoint } from "../log/checkpoint.ts";
import type { NoteKey } from "../log/note.ts";
import { parseTlogProof, verifyTlogProof } from "../log/proof.ts";

/** An entry about evidence, without what the log adds. */
export type EvidenceEntry = Extract<NewLogEntry, { type: "evidence" }>;

/**
 * The entry that a .reach file has in a log.
 *
 * @throws EvidenceError as openEvidence() does; `REACH-E5301` to `REACH-E5304`: its signature is not
 *   valid, and what nobody has signed is not logged
 */
export function evidenceEntryOf(engine: Engine, file: Uint8Array): EvidenceEntry {
  const { document, layout } = readDocument(engine, file);
  const bundle = readBundle(engine, layout.bundle);
  const key = namedKey(document);
  verifiedPayload(bundle, key);
  return entryOf(engine, { document, layout, bundle, key });
}

/** The entry of evidence whose signature was verified. */
export function entryOf(
  engine: Engine,
  {
    document,
    layout,
    bundle,
    key,
  }: {
    readonly document: EvidenceRun;
    readonly layout: Pick<Layout, "run">;
    readonly bundle: Bundle;
    readonly key: PublicKey;
  },
): EvidenceEntry {
  return {
    type: "evidence",
    body: {
      run: document.id,
      attempt: document.attempt,
      sha256: toHex(engine.sha256(layout.run)),
    },
    paeHash: toHex(engine.sha256(signedBytes(bundle))),
    keyId: key.id,
  };
}

/** Whether an entry of a log is the one about this evidence: in all of it, but for the log's time. */
export const sameLoggedRun = (entry: LogEntry, wanted: EvidenceEntry): boolean =>
  entry.type === "evidence" &&
  entry.body.run === wanted.body.run &&
  entry.body.attempt === wanted.body.attempt &&
  entry.body.sha256 === wanted.body.sha256 &&
  entry.paeHash === wanted.paeHash &&
  entry.keyId === wanted.keyId;

/** What a proof about an entry shows. */
export interface LoggedEntry {
  readonly checkpoint: SignedCheckpoint;
  readonly index: bigint;
  /** The entry's bytes, as they stand in the log. */
  readonly entry: Uint8Array;
}

/**
 * Checks a tlog-proof that carries its entry as `extra`: this entry is in the log of this origin.
 *
 * @throws EvidenceError as verifyTlogProof() does; `REACH-E5332` it carries no entry
 */
export function verifyLoggedEntry(
  engine: Pick<Engine, "verifyInclusion">,
  proof: Uint8Array,
  origin: string,
  log: NoteKey,
  witnesses: readonly NoteKey[] = [],
): LoggedEntry {
  const { extra: entry, index } = parseTlogProof(proof);
  if (entry === undefined) throw new EvidenceError("REACH-E5332", "the proof carries no entry");
  const checkpoint = verifyTlogProof(engine, proof, leafHash(entry), origin, log, witnesses);
  return { checkpoint, index, entry };
}

/**
 * Evidence with the proof that it is in a log, in place of one that it may have.
 *
 * @throws EvidenceError as openEvidence() does; `REACH-E5332` not a tlog-proof; `REACH-E5338` a proof of
 *   another entry; `REACH-E5003` evidence of format v1, which has no place for it
 */
export function withProof(
  engine: Engine,
  file: Uint8Array,
  proof: Uint8Array,
): Uint8Array<ArrayBuffer> {
  const { layout } = readDocument(engine, file);
  requireEntry(engine, proof, evidenceEntryOf(engine, file));
  const changed = entriesOf({ ...layout, proof });
  const written = writeContainer(changed);
  readDocument(engine, written);
  return written;
}

/** Requires that a proof is about the entry of this evidence; nothing of it is verified. */
export function requireEntry(engine: Engine, proof: Uint8Array, wanted: EvidenceEntry): void {
  const { extra } = parseTlogProof(proof);
  if (extra !== undefined && sameLoggedRun(parseEntry(engine, extra), wanted)) return;
  throw new EvidenceError("REACH-E5338", "the proof is about another entry than this evidence has");
}
