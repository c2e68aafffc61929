// The proof that a period of a log is complete: all entries between two instants, and hashes that
// make the signed root of them. docs/spec/log.md, LOG-17 to LOG-19.
import { fromUtf8, hashFrames, sameBytes, toBase64, utf8 } from "@reach-fabric/engine";
import type { Engine } from "@reach-fabric/engine";
import { logPeriod } from "@reach-fabric/schema";
import type { LogEntry, LogPeriod } from "@reach-fabric/schema";
import { exactBase64 } from "../encoding/bytes.ts";
import { EvidenceError } from "../errors/errors.ts";
import { millisecondsOf } from "../encoding/instant.ts";
import { canonicalBytes, inShape, parseCanonical } from "../encoding/json.ts";
import { openCheckpoint } from "./checkpoint.ts";
import type { SignedCheckpoint } from "./checkpoint.ts";
import type { NoteKey } from "./note.ts";
import { requirePast } from "../encoding/clock.ts";
import { isWitnessedSince } from "./quorum.ts";
import type { Quorum } from "./quorum.ts";
import { tallyRuns } from "./tally.ts";
import type { RunTallies } from "./tally.ts";
import { nodeHash, perfectParts } from "./subtrees.ts";

/** What is needed to prove a period. */
export interface PeriodParts {
  readonly from: string;
  readonly to: string;
  /** The signed note. */
  readonly checkpoint: Uint8Array;
  readonly first: number;
  readonly entries: readonly LogEntry[];
  /** Roots of the perfect subtrees before `first`, then of those behind the entries. */
  readonly hashes: readonly Uint8Array[];
}

/** The bytes of a period's proof: one canonical JSON text. */
export function formatPeriod(engine: Engine, parts: PeriodParts): Uint8Array<ArrayBuffer> {
  const period: LogPeriod = {
    format: "reach/period/v1",
    ...parts,
    checkpoint: fromUtf8(parts.checkpoint),
    entries: [...parts.entries],
    hashes: parts.hashes.map(toBase64),
  };
  return canonicalBytes(engine, inShape(logPeriod, period, "the period", "REACH-E5336"));
}

/** Whether bytes are meant to be the proof of a period, and not a tlog-proof. */
export const isPeriod = (bytes: Uint8Array): boolean => bytes[0] === 0x7b;

/** What a proof of a period shows, with the attempts at runs that do not come out even in it. */
export interface Period extends RunTallies {
  readonly checkpoint: SignedCheckpoint;
  readonly from: string;
  readonly to: string;
  /** Index of the first entry of the period. */
  readonly first: number;
  /** All entries of the log from `from` up to before `to`. */
  readonly entries: readonly LogEntry[];
  /**
   * True if nothing more can come into the period: there is an entry behind it, or so many witnesses
   * as were asked for saw the checkpoint at its end or later.
   */
  readonly isOver: boolean;
}

/**
 * Checks the proof of a period: the entries are all that this log has between the two instants.
 *
 * It rests on the log's time, which never goes back from one entry to the next, and on its
 * signature; witnesses say that others were shown the same log.
 *
 * @param quorum so many witnesses, or such a group, have to say that the period is over, where no later entry
 *   does
 * @param now the verifier's time, an instant: what witnesses say of a time that has not come does not count
 * @throws EvidenceError `REACH-E5336` no proof of a period, or entries out of it; `REACH-E5333` the
 *   entries do not make the signed root; `REACH-E5230` an entry's time has not come; as openCheckpoint()
 *
 * @example
 * const { entries, unfinished, isOver } = verifyPeriod(engine, period, origin, logKey, witnesses, 1);
 */
export function verifyPeriod(
  engine: Engine,
  bytes: Uint8Array,
  origin: string,
  log: NoteKey,
  witnesses: readonly NoteKey[] = [],
  quorum: Quorum = 0,
  now?: string,
): Period {
  const what = "the proof of a period";
  const value = parseCanonical(engine, bytes, what);
  const period = inShape(logPeriod, value, what, "REACH-E5336");
  const { from, to, first } = period;
  const checkpoint = openCheckpoint(utf8(period.checkpoint), origin, log, witnesses);
  requireRoot(engine, period, checkpoint);
  const inside = requireBorders(period, checkpoint.size);
  // Times never go back, so that the last one is the latest.
  const last = period.entries.at(-1);
  if (last !== undefined) requirePast(last.at, now, "the log has an entry");
  const entries = period.entries.slice(inside.start, inside.end);
  const hasLater = inside.end < period.entries.length;
  return {
    checkpoint,
    from,
    to,
    first: first + inside.start,
    entries,
    isOver: hasLater || isWitnessedSince(checkpoint, quorum, millisecondsOf(to), now),
    ...tallyRuns(entries),
  };
}

const notPeriod = (what: string): EvidenceError => new EvidenceError("REACH-E5336", what);

/** The signed root follows from the entries, in their places, and the hashes beside them. */
function requireRoot(engine: Engine, period: LogPeriod, { size, root }: SignedCheckpoint): void {
  const start = BigInt(period.first);
  const end = start + BigInt(period.entries.length);
  if (end > size) throw notPeriod(`the log has ${size} entries, the proof goes on to ${end}`);
  const before = perfectParts({ start: 0n, end: start });
  const behind = perfectParts({ start: end, end: size });
  const hashes = period.hashes.map((text) => {
    const hash = exactBase64(text);
    if (hash?.length !== 32) throw notPeriod("a hash is not 32 bytes in base64");
    return hash;
  });
  if (hashes.length !== before.length + behind.length) {
    throw notPeriod(`${hashes.length} hashes where ${before.length + behind.length} belong`);
  }
  const leaves = hashFrames(
    period.entries.map((entry) => canonicalBytes(engine, entry)),
    0,
  );
  const nodes = [
    ...before.map(({ end }, i) => ({ end, hash: hashes[i] as Uint8Array })),
    ...leaves.map((hash, i) => ({ end: start + BigInt(i) + 1n, hash })),
    ...behind.map(({ end }, i) => ({ end, hash: hashes[before.length + i] as Uint8Array })),
  ];
  const found = rootOf(nodes);
  if (found === undefined || !sameBytes(found, root)) {
    throw new EvidenceError("REACH-E5333", "the entries do not make the root that was signed");
  }
}

/** The root over perfect subtrees that lie side by side from the first leaf on. */
function rootOf(nodes: readonly { readonly end: bigint; readonly hash: Uint8Array }[]) {
  const stack: { start: bigint; end: bigint; hash: Uint8Array }[] = [];
  let start = 0n;
  for (const { end, hash } of nodes) {
    let top = { start, end, hash };
    for (let left = stack.at(-1); left; left = stack.at(-1)) {
      const width = top.end - top.start;
      const isPair = left.end - left.start === width && left.start % (2n * width) === 0n;
      if (!isPair) break;
      stack.pop();
      top = { start: left.start, end: top.end, hash: nodeHash(left.hash, top.hash) };
    }
    stack.push(top);
    start = end;
  }
  const last = stack.pop();
  return stack.reduceRight(
    (right, { hash }) => (right === undefined ? hash : nodeHash(hash, right)),
    last?.hash,
  );
}

/** Which of the entries are in the period: what is not is one before it and one behind it. */
function requireBorders(
  { from, to, first, entries }: LogPeriod,
  size: bigint,
): { start: number; end: number } {
  if (to <= from) throw notPeriod("the period ends before it begins");
  const back = entries.findIndex(({ at }, i) => at < (entries[i - 1]?.at ?? ""));
  if (back >= 0) throw notPeriod(`the log's time goes back at entry ${first + back}`);
  const start = entries.findIndex(({ at }) => at >= from);
  const begin = start < 0 ? entries.length : start;
  const later = entries.findIndex(({ at }) => at >= to);
  const end = later < 0 ? entries.length : later;
  const isFirst = begin === 1 || (begin === 0 && first === 0);
  const isLast =
    end === entries.length - 1 ||
    (end === entries.length && BigInt(first + entries.length) === size);
  if (!isFirst && size > 0n) throw notPeriod("the entry before the period is not there");
  if (!isLast) throw notPeriod("the entry behind the period is not there");
  return { start: begin, end };
}
