// Checks 11 to 14 of verify(): that evidence is in a log, that witnesses have seen it there, that the log
// is the one that was seen before, and that the times fit. docs/spec/log.md, LOG-33 to LOG-36.
import { sameBytes, toHex } from "@reach-fabric/engine";
import type { Engine } from "@reach-fabric/engine";
import { EvidenceError, quoted } from "../errors/errors.ts";
import { millisecondsOf } from "../encoding/instant.ts";
import type { LogPolicy } from "../trust/policy.ts";
import type { Findings, Verdict } from "../trust/verdicts.ts";
import { hasGrown, parseCheckpoint } from "../log/checkpoint.ts";
import { parseEntry } from "../log/entry.ts";
import { requireEntry, verifyLoggedEntry } from "./logged.ts";
import type { EvidenceEntry, LoggedEntry } from "./logged.ts";
import { noteText } from "../log/note.ts";
import { parseTlogProof } from "../log/proof.ts";
import { witnessedAt } from "../log/quorum.ts";

/** Milliseconds by which clocks of honest machines may differ. */
const SKEW = 5 * 60 * 1000;

/** What is asked about a piece of evidence. */
export interface LogQuestion {
  /** run.tlog-proof. */
  readonly proof: Uint8Array | undefined;
  /** The entry that the evidence has. */
  readonly entry: EvidenceEntry;
  /** When the run ended, as its host says. */
  readonly endedAt: string;
  readonly logs: readonly LogPolicy[] | undefined;
}

/**
 * Notes the findings for `logged` and `witnessed`.
 *
 * @returns seconds since 1970 at which as many witnesses as the policy asks for had seen it; undefined
 *   where they have not, or nothing was sent for
 */
export function checkLog(
  engine: Engine,
  findings: Findings<Verdict>,
  { proof, entry, endedAt, logs }: LogQuestion,
): bigint | undefined {
  if (logs === undefined) {
    const what =
      proof === undefined ? "there is no proof of it" : "there is a proof that was not checked";
    findings.leave("logged", `the policy names no log: ${what}`);
    findings.leave("witnessed", "the policy names no witnesses");
    return undefined;
  }
  findings.leave("witnessed", "it is not known to be in a log");
  const found = findings.attempt("logged", () => {
    if (proof === undefined) throw new EvidenceError("REACH-E5339", "there is no run.tlog-proof");
    // 11 the log is one of the policy's, the entry is this evidence's, and it is in that log
    const log = logOf(logs, proof);
    requireEntry(engine, proof, entry);
    const shown = verifyLoggedEntry(engine, proof, log.origin, log.key, log.witnesses);
    requireOpen(log, shown);
    // 13 the log has not become another one since it was seen
    requireSeen(engine, log, shown);
    // 14 it was logged when, or after, it ended
    const { at } = parseEntry(engine, shown.entry);
    requireTimes(endedAt, millisecondsOf(at), "the log has it");
    findings.pass(
      "logged",
      `entry ${shown.index} of ${shown.checkpoint.size} in ${quoted(log.origin)}, since ${at} by its clock`,
    );
    return { log, shown };
  });
  if (found === undefined) return undefined;
  const { log, shown } = found;
  if (log.quorum === 0) {
    findings.leave(
      "witnessed",
      "the policy asks for no witnesses: the log may show others another tree",
    );
    return undefined;
  }
  // 12 so many witnesses have seen it
  return findings.attempt("witnessed", () => {
    const seconds = witnessedAt(shown.checkpoint, log.quorum);
    requireTimes(endedAt, Number(seconds) * 1000, "witnesses have seen it");
    findings.pass(
      "witnessed",
      `${log.quorum} of ${log.witnesses.length} witnesses had seen it by ${seconds} (seconds since 1970)`,
    );
    return seconds;
  });
}

/** The log of the policy whose checkpoint is in a proof; the name alone is read. */
function logOf(logs: readonly LogPolicy[], proof: Uint8Array): LogPolicy {
  const { origin } = parseCheckpoint(noteText(parseTlogProof(proof).checkpoint));
  const log = logs.find((each) => each.origin === origin);
  if (log !== undefined) return log;
  throw new EvidenceError("REACH-E5340", `the policy does not name the log ${quoted(origin)}`);
}

/** A log that was closed has no checkpoint of more entries: who signs one has its key, and not its right. */
function requireOpen(
  { final, origin }: LogPolicy,
  { checkpoint: { size, root } }: LoggedEntry,
): void {
  if (final === undefined || size < final.size) return;
  if (size === final.size && sameBytes(root, final.root)) return;
  throw new EvidenceError(
    "REACH-E5341",
    `the log ${quoted(origin)} was closed with ${final.size} entries, this checkpoint has ${size}`,
  );
}

/** What was seen of a log before: an equal size is an equal tree, a larger one has grown from it. */
function requireSeen(
  engine: Engine,
  { seen, origin }: LogPolicy,
  { checkpoint: { size, root } }: LoggedEntry,
): void {
  if (seen === undefined) return;
  const same = size === seen.size && sameBytes(root, seen.root);
  const [older, newer] = size < seen.size ? [{ size, root }, seen] : [seen, { size, root }];
  const growth = seen.growth?.find(({ from, to }) => from === older.size && to === newer.size);
  const grown = same || hasGrown(engine, older, newer, growth?.hashes ?? []);
  if (grown && older.size > 0n) return;
  if (size !== seen.size && growth === undefined) {
    throw new EvidenceError(
      "REACH-E5343",
      `the log was seen with ${seen.size} entries, and nothing shows that this is the same one`,
    );
  }
  throw new EvidenceError(
    "REACH-E5333",
    `the log ${quoted(origin)} is not the one that was seen with the root ${toHex(seen.root)}`,
  );
}

function requireTimes(endedAt: string, since: number, what: string): void {
  if (millisecondsOf(endedAt) <= since + SKEW) return;
  throw new EvidenceError(
    "REACH-E5342",
    `${what} before the run ended, as its host says: ${endedAt}`,
  );
}
