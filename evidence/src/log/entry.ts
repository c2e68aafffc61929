// What stands in an audit log: one canonical JSON text an entry. docs/spec/log.md, LOG-12 to LOG-14.
//
// An entry about evidence holds the hash of what was signed, never the signature: a signature can
// have another spelling, and whoever makes it would have another entry for the same evidence.
import { hashFrames, toHex } from "@reach-fabric/engine";
import type { Engine } from "@reach-fabric/engine";
import { logEntry } from "@reach-fabric/schema";
import type { LogEntry, NewLogEntry } from "@reach-fabric/schema";
import { EvidenceError } from "../errors.ts";
import { canonicalBytes, inShape, parseCanonical } from "../json.ts";
import { MAX_ENTRY } from "./tile.ts";

/**
 * The bytes of an entry.
 *
 * @param at the log's time, as `2026-11-23T07:00:00.000Z`
 * @throws EvidenceError `REACH-E5335` it is none, or longer than 65,535 bytes
 */
export function formatEntry(
  engine: Engine,
  entry: NewLogEntry,
  at: string,
): Uint8Array<ArrayBuffer> {
  const whole = inShape(logEntry, { ...entry, v: 1, at }, "the entry", "REACH-E5335");
  const bytes = canonicalBytes(engine, whole);
  if (bytes.length > MAX_ENTRY) {
    throw new EvidenceError("REACH-E5335", `an entry has at most ${MAX_ENTRY} bytes`);
  }
  return bytes;
}

/**
 * The entry that these bytes say.
 *
 * @throws EvidenceError `REACH-E5101`, `REACH-E5102` not canonical, `REACH-E5335` no entry
 */
export function parseEntry(engine: Engine, bytes: Uint8Array): LogEntry {
  const what = "an entry of the log";
  return inShape(logEntry, parseCanonical(engine, bytes, what), what, "REACH-E5335");
}

/** RFC 6962 hash of an entry, 32 bytes. */
export const leafHash = (entry: Uint8Array): Uint8Array => hashFrames([entry], 0)[0] as Uint8Array;

/** What an evidence entry says, from the evidence itself. */
export interface LoggedRun {
  readonly run: string;
  readonly attempt: number;
  /** SHA-256 of run.json, and of the bytes that its signature is over. */
  readonly runHash: Uint8Array;
  readonly paeHash: Uint8Array;
  readonly keyId: string;
}

/** The entry that evidence has in a log. */
export const evidenceEntry = ({
  run,
  attempt,
  runHash,
  paeHash,
  keyId,
}: LoggedRun): NewLogEntry => ({
  type: "evidence",
  body: { run, attempt, sha256: toHex(runHash) },
  paeHash: toHex(paeHash),
  keyId,
});
