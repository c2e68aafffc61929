// The entry that a piece of evidence has in a log, and the proof that it is there. docs/spec/log.md,
// LOG-14 and LOG-16.
//
// The entry holds the hash of what was signed, never the signature: a signature can have another
// spelling, and whoever makes it would have another entry for the same evidence.
import { toHex } from "@reach-fabric/engine";
import type { Engine } from "@reach-fabric/engine";
import type { LogEntry, NewLogEntry } from "@reach-fabric/schema";
import { requireSignature } from "../signature/statement.ts";
import { writeContainer } from "../file/container.ts";
import { EvidenceError } from "../errors/errors.ts";
import type { PublicKey } from "../keys/key.ts";
import { entriesOf } from "../file/layout.ts";
import { contentOf, readRunDocument } from "../file/open.ts";
import { namedKey } from "../file/run.ts";
import type { EvidenceRun } from "../file/run.ts";
import { leafHash, parseEntry } from "../log/entry.ts";
import type { SignedCheckpoint } from "../log/checkpoint.ts";
import type { NoteKey } from "../log/note.ts";
import { parseTlogProof, verifyTlogProof } from "../log/proof.ts";
import { requireStarted, startOfEvidence } from "./started.ts";
import type { StartedEntry } from "./started.ts";

/** An entry about evidence, without what the log adds. */
export type EvidenceEntry = Extract<NewLogEntry, { type: "evidence" }>;

/**
 * The entry that a .reach file has in a log.
 *
 * @throws EvidenceError as openEvidence() does; `REACH-E5303`: its signature is not
 *   valid, and what nobody has signed is not logged
 */
export function evidenceEntryOf(engine: Engine, file: Uint8Array): EvidenceEntry {
  const { document, layout } = readRunDocument(engine, file);
  const key = namedKey(document);
  const { run, signature } = layout;
  const signed = requireSignature(engine, { document, run }, signature, key);
  return entryOf(engine, { document, run, signed, key });
}

/**
 * The entry with which the run of a .reach file must have begun in a log: all of it but whom it is about.
 *
 * @throws EvidenceError as openEvidence() does
 */
export function startedEntryIn(engine: Engine, file: Uint8Array): StartedEntry {
  const { document, layout } = readRunDocument(engine, file);
  return startOfEvidence(engine, document, contentOf(engine, document, layout));
}

/** The entry of evidence whose signature was verified. */
export function entryOf(
  engine: Engine,
  {
    document,
    run,
    signed,
    key,
  }: {
    readonly document: EvidenceRun;
    /** The bytes of run.json, and those that were signed. */
    readonly run: Uint8Array;
    readonly signed: Uint8Array;
    readonly key: PublicKey;
  },
): EvidenceEntry {
  return {
    type: "evidence",
    body: {
      run: document.id,
      attempt: document.attempt,
      sha256: toHex(engine.sha256(run)),
    },
    paeHash: toHex(engine.sha256(signed)),
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
 * Evidence with the proof that it is in a log, in place of what it may have of that.
 *
 * @param start the proof, by the same checkpoint, of the entry with which its run began
 * @throws EvidenceError as openEvidence() does; `REACH-E5332` not a tlog-proof; `REACH-E5338`, `REACH-E5344` a proof of
 *   another entry
 */
export function withProof(
  engine: Engine,
  file: Uint8Array,
  proof: Uint8Array,
  start?: Uint8Array,
): Uint8Array<ArrayBuffer> {
  const { layout } = readRunDocument(engine, file);
  requireEntry(engine, proof, evidenceEntryOf(engine, file));
  if (start !== undefined) requireStarted(engine, start, startedEntryIn(engine, file));
  return writeContainer(entriesOf({ ...layout, proof, start }));
}

/** Requires that a proof is about the entry of this evidence; nothing of it is verified. */
export function requireEntry(engine: Engine, proof: Uint8Array, wanted: EvidenceEntry): void {
  const { extra } = parseTlogProof(proof);
  if (extra !== undefined && sameLoggedRun(parseEntry(engine, extra), wanted)) return;
  throw new EvidenceError("REACH-E5338", "the proof is about another entry than this evidence has");
}
