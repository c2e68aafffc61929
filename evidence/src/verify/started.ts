// The entry with which a run begins in a log, and what it fixes before anything is asked of the world.
// docs/spec/log.md, LOG-61 to LOG-63.
//
// It commits to the leaf of the first record: workflow, grant, limits and the input's own commitment, which follows
// from the run's seed. So one start is that of one try; who has the evidence can tell, redacted or not, and who has
// not learns nothing, for nothing can be guessed without the seed.
import { hashFrames, parseRecord, pathOf, taggedHash, toHex, valueAt } from "@reach-fabric/engine";
import type { Engine, Pack } from "@reach-fabric/engine";
import type { LogEntry, NewLogEntry } from "@reach-fabric/schema";
import { runSeedOf } from "../commitments/seeds.ts";
import { canonicalBytes } from "../encoding/json.ts";
import { millisecondsOf } from "../encoding/instant.ts";
import { EvidenceError } from "../errors/errors.ts";
import type { Content } from "../file/open.ts";
import { manifestOf } from "../file/pack.ts";
import type { EvidenceRun } from "../file/run.ts";
import { parseCheckpoint } from "../log/checkpoint.ts";
import { leafHash, parseEntry } from "../log/entry.ts";
import { noteText } from "../log/note.ts";
import { parseTlogProof } from "../log/proof.ts";
import type { TlogProof } from "../log/proof.ts";
import type { LogPolicy } from "../trust/policy.ts";
import { SKEW } from "../encoding/clock.ts";
import type { Findings, Verdict } from "../trust/verdicts.ts";

/** An entry about a run that begins, without what the log adds. */
export type StartedEntry = Extract<NewLogEntry, { type: "started" }>;

/** What is known of a run when it begins. */
export interface RunStart {
  readonly run: { readonly id: string; readonly attempt: number; readonly secret: Uint8Array };
  /** The first record. */
  readonly record: Uint8Array;
  /** SHA-256 of pack.json and of the engine, in hex. */
  readonly pack: string;
  readonly engine: string;
  /** The host's clock, as run.json will have it. */
  readonly startedAt: string;
  /** Whom it is about (LOG-63): subjectsUnder() makes it. */
  readonly subjects?: StartedEntry["body"]["subjects"];
}

/**
 * Whom a run is about, by the class `subject` of its pack: the values in its input, in the order of pack.json. A place
 * that the input does not have, or that is null, is left out.
 *
 * @param start the first record
 * @returns undefined where the pack has no such class
 */
export function subjectsIn(pack: Pack, start: Uint8Array): unknown[] | undefined {
  const { classification = [] } = manifestOf(pack);
  const places = classification.filter((one) => one.class === "subject" && one.in === "input");
  if (places.length === 0) return undefined;
  const record = parseRecord(start);
  const input = record.kind === "start" ? record.input : undefined;
  return places
    .map(({ pointer }) => valueAt(input, pathOf(pointer)))
    .filter((value) => value !== undefined && value !== null);
}

/**
 * The entry that a run has in a log when it begins.
 *
 * Guarantees: evidence of this run, made with the same secret, has the same one; that of another input, grant, pack
 * or time has another.
 *
 * @throws EngineError `REACH-E1601` the record is none
 *
 * @example
 * const [record = new Uint8Array()] = records;
 * const { body } = startedEntryOf(engine, {
 *   run: { ...run, secret: runSecret },
 *   record, pack: pack.digest, engine: engine.digest, startedAt: run.startedAt,
 * });
 * body.run === run.id; // → true
 */
export function startedEntryOf(
  engine: Engine,
  { run, record, pack, engine: digest, startedAt, subjects }: RunStart,
): StartedEntry {
  const { id, attempt, secret } = run;
  const [hash] = engine.leaves(runSeedOf(engine, secret, run), [record]).hashes;
  const commitment = commitmentTo(engine, hash as Uint8Array, startedAt);
  const body = { run: id, attempt, pack, engine: digest, commitment };
  return { type: "started", body: subjects === undefined ? body : { ...body, subjects } };
}

/**
 * The entry that the run of a piece of evidence must have had: all of it but whom it is about.
 *
 * @throws EvidenceError `REACH-E5603` nothing is shown of the first record
 */
export function startOfEvidence(
  engine: Engine,
  { id, attempt, pack, engine: digest, startedAt }: EvidenceRun,
  { entered, shown }: Pick<Content, "entered" | "shown">,
): StartedEntry {
  const leaf = entered === undefined ? shown?.inputs[0]?.leaf : entered.leaves[0];
  if (leaf === undefined) throw new EvidenceError("REACH-E5603", "there is no start");
  const [hash] = hashFrames([canonicalBytes(engine, leaf)], 0);
  const commitment = commitmentTo(engine, hash as Uint8Array, startedAt);
  return { type: "started", body: { run: id, attempt, pack, engine: digest, commitment } };
}

const commitmentTo = (engine: Engine, leafHash: Uint8Array, startedAt: string): string =>
  toHex(taggedHash(engine, "started", [leafHash, startedAt]));

/** What is compared, and what it is called. */
const COMPARED = [
  ["run", "the run"],
  ["attempt", "the attempt"],
  ["pack", "the pack"],
  ["engine", "the engine"],
  ["commitment", "the input, the grant, the limits or the time"],
] as const;

/**
 * Requires that a proof is about the entry with which this run began; nothing of it is verified.
 *
 * @throws EvidenceError `REACH-E5332` not a proof of an entry, `REACH-E5335` of no entry, `REACH-E5344` of another one
 */
export function requireStarted(engine: Engine, proof: Uint8Array, wanted: StartedEntry): void {
  const other = otherStart(parseEntry(engine, entryIn(parseTlogProof(proof))), wanted);
  if (other !== undefined) throw new EvidenceError("REACH-E5344", other);
}

/** Whether an entry of a log is the one with which this run began. */
export const sameStart = (entry: LogEntry, wanted: StartedEntry): boolean =>
  otherStart(entry, wanted) === undefined;

/** Why it is another one. */
function otherStart(entry: LogEntry, wanted: StartedEntry): string | undefined {
  if (entry.type !== "started") return `the entry is of the type ${entry.type}, not started`;
  const other = COMPARED.find(([member]) => entry.body[member] !== wanted.body[member]);
  return other && `another run began there: ${other[1]} is not that of the evidence`;
}

function entryIn({ extra }: TlogProof): Uint8Array {
  if (extra !== undefined) return extra;
  throw new EvidenceError("REACH-E5332", "the proof carries no entry");
}

/** What is asked about the beginning of a run whose evidence is in a log. */
export interface StartQuestion {
  /** run.tlog-proof, which was verified. */
  readonly proof: Uint8Array;
  /** start.tlog-proof. */
  readonly start: Uint8Array | undefined;
  readonly document: EvidenceRun;
  readonly content: Pick<Content, "entered" | "shown">;
}

/** Notes, where the evidence is `logged`, what the same log says of the run's beginning. */
export function noteStart(
  engine: Engine,
  findings: Findings<Verdict>,
  logs: readonly LogPolicy[],
  question: StartQuestion,
): void {
  const logged = findings.found("logged");
  if (logged.result !== "pass") return;
  findings.attempt("logged", () => {
    const found = startIn(engine, question);
    if (found !== undefined) {
      const what = `its run began at entry ${found.index}, at ${found.at}`;
      return findings.pass("logged", `${logged.why}; ${what}`);
    }
    const { origin } = parseCheckpoint(noteText(parseTlogProof(question.proof).checkpoint));
    if (logs.some((log) => log.origin === origin && log.started === true)) {
      throw new EvidenceError("REACH-E5346", "there is no start.tlog-proof");
    }
  });
}

/**
 * The entry with which a run began, in the log that has its evidence.
 *
 * Guarantees: it is in the very tree that the evidence's own proof is about, before that, and commits to what the
 * evidence says of the beginning.
 *
 * @returns undefined where the file has no proof of it
 * @throws EvidenceError as requireStarted(); `REACH-E5333` it is not in the log, `REACH-E5345` it came too late,
 *   `REACH-E5346` the proof is about another checkpoint
 */
function startIn(
  engine: Engine,
  { proof, start, document, content }: StartQuestion,
): { readonly index: bigint; readonly at: string } | undefined {
  if (start === undefined) return undefined;
  requireStarted(engine, start, startOfEvidence(engine, document, content));
  const own = parseTlogProof(start);
  const evidence = parseTlogProof(proof);
  // The signatures on it, and who has seen it, were looked at with the evidence's proof.
  const [head, known] = [own, evidence].map(({ checkpoint }) => noteText(checkpoint));
  if (head !== known) {
    const what =
      "the proof of the run's beginning is about another checkpoint than that of its evidence";
    throw new EvidenceError("REACH-E5346", what);
  }
  const entry = entryIn(own);
  const { size, root } = parseCheckpoint(head as string);
  const { index, hashes } = own;
  if (!engine.verifyInclusion({ leafHash: leafHash(entry), index, size, root, proof: hashes })) {
    throw new EvidenceError("REACH-E5333", `the run's beginning is not number ${index} of the log`);
  }
  const { at } = parseEntry(engine, entry);
  const { startedAt } = document;
  if (index > evidence.index) {
    const what = `the run began at entry ${index}, behind its evidence at ${evidence.index}`;
    throw new EvidenceError("REACH-E5345", what);
  }
  if (millisecondsOf(startedAt) > millisecondsOf(at) + SKEW) {
    const what = `the log has the run's beginning since ${at}, before it began, as its host says: ${startedAt}`;
    throw new EvidenceError("REACH-E5345", what);
  }
  return { index, at };
}
