// Checks 11 to 14 of verify(): that evidence is in a log, that witnesses have seen it there, that the log
// is the one that was seen before, and that the times fit. docs/spec/log.md, LOG-33 to LOG-41.
import { sameBytes, toHex } from "@reach-fabric/engine";
import type { Engine } from "@reach-fabric/engine";
import { EvidenceError, quoted } from "../errors/errors.ts";
import { millisecondsOf } from "../encoding/instant.ts";
import type { LogPolicy, Policy } from "../trust/policy.ts";
import { withCheckpoint } from "../trust/state.ts";
import type { VerifierState } from "../trust/state.ts";
import { requirePast, sayTime, SKEW } from "../encoding/clock.ts";
import { requireEnded, requireSoon } from "../trust/times.ts";
import type { SignedAt } from "../encoding/clock.ts";
import { signerTrust } from "../trust/trust.ts";
import type { Findings, Verdict } from "../trust/verdicts.ts";
import { hasGrown, parseCheckpoint } from "../log/checkpoint.ts";
import { parseEntry } from "../log/entry.ts";
import { requireEntry, verifyLoggedEntry } from "./logged.ts";
import type { EvidenceEntry, LoggedEntry } from "./logged.ts";
import { noteText } from "../log/note.ts";
import type { NoteKey } from "../log/note.ts";
import { parseTlogProof } from "../log/proof.ts";
import { differentKeys, needsNone, witnessedAt } from "../log/quorum.ts";

/** What is asked about a piece of evidence. */
export interface LogQuestion {
  /** run.tlog-proof. */
  readonly proof: Uint8Array | undefined;
  /** The entry that the evidence has. */
  readonly entry: EvidenceEntry;
  /** When the run ended, as its host says. */
  readonly endedAt: string;
  /** Whose run it is; null where that is not disclosed. */
  readonly tenant: string | null;
  readonly policy: Pick<Policy, "logs" | "signers" | "maxLag" | "now">;
  /** What the verifier keeps. */
  readonly state?: VerifierState | undefined;
}

/** What is known once the log was looked at. */
export interface LogFound {
  /**
   * Seconds since 1970 at which as many witnesses as the policy asks for had seen it; undefined where they have not, or
   * nothing was sent for.
   */
  readonly witnessedAt?: bigint | undefined;
  /** What the verifier keeps from now on; as it was, unless all that is asked of the log has passed. */
  readonly state?: VerifierState | undefined;
}

/** Notes the findings for `logged` and `witnessed`. */
export function checkLog(
  engine: Engine,
  findings: Findings<Verdict>,
  { proof, entry, endedAt, tenant, policy, state }: LogQuestion,
): LogFound {
  const { logs, maxLag, now } = policy;
  if (logs === undefined) {
    const what =
      proof === undefined ? "there is no proof of it" : "there is a proof that was not checked";
    findings.leave("logged", `the policy names no log: ${what}`);
    findings.leave("witnessed", "the policy names no witnesses");
    return { state };
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
    const next = state && withCheckpoint(engine, state, log.key, shown.checkpoint, log.growth);
    // 12 so many witnesses have seen it, whose keys count, and so did the log's own by then
    const seen = seenBy(policy, log, shown, tenant);
    const { at } = parseEntry(engine, shown.entry);
    const witnessed = "at" in seen ? seen.at : undefined;
    requireCounts(policy, log.key, "log", { at: witnessed ?? at, tenant, witnessedAt: witnessed });
    // 14 it was logged when, or after, it ended, and at a time that can be
    requirePast(at, now, "the log has it");
    requireEnded(endedAt, at, "the log has it");
    if (witnessed !== undefined) requireInOrder(at, witnessed);
    if (needsNone(log.quorum)) requireSoon(endedAt, at, "the log has it", maxLag);
    findings.pass(
      "logged",
      `entry ${shown.index} of ${shown.checkpoint.size} in ${quoted(log.origin)}, since ${at} by its clock`,
    );
    return { log, seen, next };
  });
  if (found === undefined) return { state };
  const { log, seen, next } = found;
  if (needsNone(log.quorum)) {
    findings.leave(
      "witnessed",
      "the policy asks for no witnesses: the log may show others another tree",
    );
    return { state: next };
  }
  const witnessed = findings.attempt("witnessed", () => {
    if (!("at" in seen)) throw seen.why;
    const who = "witnesses have seen it";
    requirePast(seen.at, now, who);
    requireEnded(endedAt, seen.at, who);
    requireSoon(endedAt, seen.at, who, maxLag);
    const enough = typeof log.quorum === "number" ? `${log.quorum} of ` : "enough of ";
    findings.pass(
      "witnessed",
      `${enough}${differentKeys(log.witnesses)} witnesses had seen it by ${sayTime(seen.at)}`,
    );
    return seen.at;
  });
  return witnessed === undefined ? { state } : { witnessedAt: witnessed, state: next };
}

/** When as many witnesses had seen a checkpoint as the policy asks for, or why they have not. */
type SeenBy = { readonly at: bigint } | { readonly why: EvidenceError };

/** Of a key that the keyring has, only those cosignatures count that were made while it did. */
function seenBy(
  policy: LogQuestion["policy"],
  { quorum }: LogPolicy,
  { checkpoint }: LoggedEntry,
  tenant: string | null,
): SeenBy {
  const refused: string[] = [];
  const counted = checkpoint.signatures.filter(({ key, time: at }) => {
    if (key.kind !== "cosignature" || at === undefined) return false;
    try {
      requireCounts(policy, key, "witness", { at, tenant });
      return true;
    } catch (error) {
      if (!(error instanceof EvidenceError)) throw error;
      refused.push(error.message);
      return false;
    }
  });
  try {
    if (needsNone(quorum)) throw new EvidenceError("REACH-E5337", "no witnesses are asked for");
    return { at: witnessedAt({ signatures: counted }, quorum) };
  } catch (error) {
    if (!(error instanceof EvidenceError)) throw error;
    const why = [error.message, ...refused].join("; ");
    return { why: new EvidenceError(error.code, why) };
  }
}

/**
 * Requires that a key of a log or a witness counts, where the keyring has it: what a policy names, its root can end. A
 * key that was compromised says nothing, of any time: who has it can write any time into what they sign, and only of a log
 * do witnesses say what it had signed before.
 *
 * @throws EvidenceError `REACH-E5213` to `REACH-E5217`
 */
function requireCounts(
  { signers }: LogQuestion["policy"],
  { key }: NoteKey,
  role: "log" | "witness",
  {
    at,
    tenant,
    witnessedAt,
  }: { at: SignedAt; tenant: string | null; witnessedAt?: bigint | undefined },
): void {
  if (signers === undefined) return;
  try {
    signerTrust(signers.keyring, { key, role, at }, { tenant, only: signers.tenant, witnessedAt });
  } catch (error) {
    // One that the keyring does not have is named by the policy alone.
    if (error instanceof EvidenceError && error.code === "REACH-E5205") return;
    throw error;
  }
}

/**
 * Requires that the key of a log counts at an instant, where the keyring has it.
 *
 * @throws EvidenceError `REACH-E5213` to `REACH-E5217`
 */
export const requireLogKey = (policy: LogQuestion["policy"], key: NoteKey, at: string): void =>
  requireCounts(policy, key, "log", { at, tenant: policy.signers?.tenant ?? null });

/** What a log says of an entry's time cannot be later than what it was cosigned at. */
function requireInOrder(at: string, witnessed: bigint): void {
  if (Number(witnessed) * 1000 + SKEW >= millisecondsOf(at)) return;
  throw new EvidenceError(
    "REACH-E5232",
    `the log has it at ${at}, and witnesses had seen it there by ${sayTime(witnessed)}`,
  );
}

/** The log of the policy whose checkpoint is in a proof; the name alone is read. */
function logOf(logs: readonly LogPolicy[], proof: Uint8Array): LogPolicy {
  const { origin } = parseCheckpoint(noteText(parseTlogProof(proof).checkpoint));
  const log = logs.find((each) => each.origin === origin);
  if (log !== undefined) return log;
  throw new EvidenceError("REACH-E5340", `the policy does not name the log ${quoted(origin)}`);
}

/** A log that was closed has no checkpoint of more entries: who signs one has its key, and not its right. */
export function requireOpen(
  { final, origin }: LogPolicy,
  { checkpoint: { size, root } }: Pick<LoggedEntry, "checkpoint">,
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
  { seen, growth: proofs, origin }: LogPolicy,
  { checkpoint: { size, root } }: LoggedEntry,
): void {
  if (seen === undefined) return;
  const same = size === seen.size && sameBytes(root, seen.root);
  const [older, newer] = size < seen.size ? [{ size, root }, seen] : [seen, { size, root }];
  const growth = proofs?.find(({ from, to }) => from === older.size && to === newer.size);
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
