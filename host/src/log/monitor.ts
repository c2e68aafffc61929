// Follows a log: each look holds it to what was seen before, and names what is wrong. docs/spec/log.md, LOG-65.
import {
  createEngine,
  fromBase64,
  fromUtf8,
  sameBytes,
  toBase64,
  toHex,
  utf8,
} from "@reach-fabric/engine";
import type { Engine } from "@reach-fabric/engine";
import { EvidenceError, formatNoteKey, openCheckpoint, requirePast } from "@reach-fabric/evidence";
import type { Checkpoint } from "@reach-fabric/evidence";
import { logMonitorState } from "@reach-fabric/schema";
import type { LogMonitorState } from "@reach-fabric/schema";
import { hostCode } from "../files/codes.ts";
import { checked, readJson } from "../files/document.ts";
import { ReachError } from "../files/error.ts";
import { readRegularFile, writeFileAtomic } from "../files/files.ts";
import { lockFile } from "../files/lock.ts";
import type { Lock } from "../files/lock.ts";
import { OpenRuns } from "./open-runs.ts";
import type { UnfinishedRun } from "./open-runs.ts";
import type { CheckpointNote } from "./layout.ts";
import type { LogReader } from "./reader.ts";
import { walkLog } from "./walk.ts";

/** A state of a log: what it signed. */
export interface SignedState {
  readonly size: number;
  /** In hex. */
  readonly root: string;
  /** The signed note. */
  readonly note: string;
}

/** Something that is wrong with a log, or that its owner must look at. */
export type LogFinding = { readonly origin: string } & (
  | {
      /**
       * `fork`: two trees of which neither has grown into the other; `rollback`: fewer entries than were seen. Both
       * notes together show it to anybody.
       */
      readonly finding: "fork" | "rollback";
      readonly seen: SignedState;
      readonly shown: SignedState;
    }
  /** What it gives is not what it has signed, or cannot be read. */
  | { readonly finding: "damaged"; readonly why: string }
  /** It has not grown since then. */
  | { readonly finding: "stall"; readonly size: number; readonly since: string }
  /** A run began and has no evidence. */
  | ({ readonly finding: "unfinished" } & UnfinishedRun)
);

export interface MonitorOptions {
  /** The file of what was seen; made at the first look. */
  readonly state: string;
  /** Milliseconds within which the log must have a new checkpoint; without it, it need not grow. */
  readonly stall?: number | undefined;
  /** Milliseconds after which a run must have evidence. Default: a day. */
  readonly unfinished?: number | undefined;
  /** Milliseconds since 1970. */
  readonly now?: () => number;
  readonly signal?: AbortSignal | undefined;
  /** Is given each finding before anything is kept of it: one that was not said is found again. */
  readonly onFinding?: (finding: LogFinding) => void;
  /** Is told how many entries were read. */
  readonly onProgress?: (read: number, of: number) => void;
}

const DAY = 86_400_000;
/** Bytes of a state: a hundred thousand open runs, and a note. */
const MAX_STATE = 64 * 1024 * 1024;

/**
 * One look at a log: holds it to what the state has of it, and keeps what has grown from that. What was once seen stays:
 * after a fork or a rollback the state is as it was, and the next look finds it again. An unfinished run is named once.
 *
 * Guarantees: the state only ever has a checkpoint that the log has signed, whose entries were all read and make its
 * root; each has grown from the one before.
 *
 * @param log opened for this look: readLog() or readServedLog()
 * @throws ReachError `REACH-E4162` another process has the state, `REACH-E4163` it is of another log, `REACH-E41xx`,
 *   `REACH-E42xx` it cannot be read or written, `REACH-E4170` the log's server does not give it
 *
 * @example
 * const findings = await monitorLog(await readLog("audit"), { state: "audit.state" });
 * findings; // → []
 */
export async function monitorLog(log: LogReader, options: MonitorOptions): Promise<LogFinding[]> {
  const lock = await stateLock(options.state);
  try {
    return await look(createEngine(), log, options);
  } finally {
    lock.release();
  }
}

const stateLock = (state: string): Promise<Lock> =>
  lockFile(`${state}.lock`, 0, {
    code: hostCode.logInUse,
    what: "The state is in use.",
    why: "another monitor has it",
    hint: "Give each monitor a state of its own.",
  });

async function look(
  engine: Engine,
  log: LogReader,
  options: MonitorOptions,
): Promise<LogFinding[]> {
  const { state: path, stall, unfinished = DAY, now = Date.now, signal, onProgress } = options;
  const told = (findings: LogFinding[]): LogFinding[] => {
    for (const finding of findings) options.onFinding?.(finding);
    return findings;
  };
  const { origin, note: shown } = log;
  const before = await stateIn(engine, path, log);
  const found: LogFinding[] = [];
  if (before !== undefined && shown.size < before.checkpoint.size) {
    return told([{ origin, finding: "rollback", ...bothOf(before, shown) }]);
  }
  const runs = new OpenRuns(before?.file.open);
  let lastAt = before?.file.lastAt;
  let backAt: number | undefined;
  let ahead: string | undefined;
  const time = now();
  const instant = new Date(time).toISOString();
  const from = before && { size: Number(before.checkpoint.size), tree: before.tree };
  let walked;
  try {
    walked = await walkLog(
      engine,
      log,
      (index, entry) => {
        if (lastAt !== undefined && entry.at < lastAt) backAt ??= index;
        lastAt = entry.at;
        ahead ??= whyAhead(index, entry.at, instant);
        runs.add(index, entry, instant);
      },
      { from, signal, ...(onProgress && { onProgress }) },
    );
  } catch (error) {
    // A log that is not what it was is what a monitor is for; all else is trouble of its own.
    if (!(error instanceof ReachError) || error.code !== hostCode.damagedLog) throw error;
    return told([{ origin, finding: "damaged", why: error.why ?? error.message }]);
  }
  if (!walked.holds) return told([await whyNot(engine, log, before)]);
  if (backAt !== undefined) {
    found.push({ origin, finding: "damaged", why: `its time goes back at entry ${backAt}` });
  }
  if (ahead !== undefined) found.push({ origin, finding: "damaged", why: ahead });
  const hasGrown = before === undefined || shown.size > before.checkpoint.size;
  const seenAt = hasGrown ? instant : before.file.seenAt;
  // By the log's clock or the monitor's, whichever says less: a log can say that it is later than it is.
  const since = lastAt !== undefined && lastAt < seenAt ? lastAt : seenAt;
  if (stall !== undefined && time - Date.parse(since) > stall) {
    found.push({ origin, finding: "stall", size: log.size, since });
  }
  for (const run of runs.overdue(new Date(time - unfinished).toISOString())) {
    found.push({ origin, finding: "unfinished", ...run });
  }
  const file: LogMonitorState = {
    format: "reach/log-monitor/v1",
    key: formatNoteKey(log.key),
    note: fromUtf8(shown.note),
    tree: toBase64(walked.tree),
    seenAt,
    ...(lastAt === undefined ? {} : { lastAt }),
    open: runs.state(),
  };
  told(found);
  await writeFileAtomic(path, utf8(`${JSON.stringify(file)}\n`), 0o600);
  return found;
}

/** A time that has not come is a wrong clock, or a lie: runs that began then would not be missed for long. */
function whyAhead(index: number, at: string, now: string): string | undefined {
  try {
    requirePast(at, now, `entry ${index} is of a time that has not come,`);
    return undefined;
  } catch (error) {
    return error instanceof EvidenceError ? error.message : undefined;
  }
}

const codeOf = (error: unknown): string => (error instanceof ReachError ? error.code : "");

const stateOf = ({ size, root }: Checkpoint, note: string): SignedState => ({
  size: Number(size),
  root: toHex(root),
  note,
});

/** What was seen and what is shown: together they show to anybody that the log has lied. */
const bothOf = ({ checkpoint, file }: Before, shown: CheckpointNote) => ({
  seen: stateOf(checkpoint, file.note),
  shown: stateOf(shown, fromUtf8(shown.note)),
});

/** What was seen, read and held to its own signature. */
interface Before {
  readonly file: LogMonitorState;
  readonly checkpoint: Checkpoint;
  readonly tree: Uint8Array;
}

/** The state in a file; undefined where there is none yet. */
async function stateIn(
  engine: Engine,
  path: string,
  { origin, key }: LogReader,
): Promise<Before | undefined> {
  let bytes: Uint8Array;
  try {
    bytes = await readRegularFile(path, { limit: MAX_STATE });
  } catch (error) {
    if (error instanceof ReachError && error.code === hostCode.missing) return undefined;
    throw error;
  }
  const file = checked(logMonitorState, readJson(bytes, path), path);
  if (file.key !== formatNoteKey(key)) {
    throw new ReachError(hostCode.otherLogKey, "The state is that of another log.", {
      where: path,
      why: `it is of ${file.key}, this log is ${formatNoteKey(key)}`,
      hint: "Give each log a state of its own.",
    });
  }
  try {
    const checkpoint = openCheckpoint(utf8(file.note), origin, key);
    const tree = fromBase64(file.tree);
    const restored = engine.merkleTree(tree);
    if (restored.size === checkpoint.size && sameBytes(restored.root(), checkpoint.root)) {
      return { file, checkpoint, tree };
    }
  } catch {
    // A tree or a note that is none.
  }
  throw new ReachError(hostCode.damagedLog, "The state of the monitor is damaged.", {
    where: path,
    why: "its tree is not that of its checkpoint",
    hint: "Restore it from a copy. Without one, what the log had before cannot be held against it.",
    exitCode: 1,
  });
}

/** Entries that do not make the root: the log has forked if its tiles say so as well, and is damaged otherwise. */
async function whyNot(
  engine: Engine,
  log: LogReader,
  before: Before | undefined,
): Promise<LogFinding> {
  const { origin, note: shown } = log;
  const why = "its entries do not make the root that it has signed";
  if (before === undefined) return { origin, finding: "damaged", why };
  const { checkpoint } = before;
  let proof: readonly Uint8Array[];
  try {
    proof = await log.consistency(checkpoint.size);
  } catch (error) {
    // Tiles that are missing, or have another form, say nothing of another tree.
    const isDamaged = error instanceof EvidenceError || codeOf(error) === hostCode.damagedLog;
    if (isDamaged) return { origin, finding: "damaged", why };
    throw error;
  }
  const { size, root } = shown;
  const claim = { oldSize: checkpoint.size, oldRoot: checkpoint.root, size, root, proof };
  if (engine.verifyConsistency(claim)) return { origin, finding: "damaged", why };
  return { origin, finding: "fork", ...bothOf(before, shown) };
}
