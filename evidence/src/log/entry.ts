// What stands in an audit log: one canonical JSON text an entry. docs/spec/log.md, LOG-12 and LOG-13.
//
import { hashFrames } from "@reach-fabric/engine";
import type { Engine } from "@reach-fabric/engine";
import { logEntry } from "@reach-fabric/schema";
import type { LogEntry, NewLogEntry } from "@reach-fabric/schema";
import { EvidenceError } from "../errors/errors.ts";
import { canonicalBytes, inShape, parseCanonical } from "../encoding/json.ts";
import { MAX_ENTRY } from "./tile.ts";

/**
 * The bytes of an entry.
 *
 * @param at the log's time, as `2026-11-23T07:00:00.000Z`
 * @throws EvidenceError `REACH-E5335` it is not an entry, or longer than 65,535 bytes
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
