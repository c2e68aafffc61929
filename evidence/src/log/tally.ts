// Whether starts and evidence of runs come out even: each attempt at a run has one start, and then one piece of
// evidence. docs/spec/log.md, LOG-19.
import type { LogEntry } from "@reach-fabric/schema";

/** How often entries of a log speak of one attempt at a run. */
export interface AttemptTally {
  readonly run: string;
  readonly attempt: number;
  /** Entries `started`. */
  readonly starts: number;
  /** Different pieces of evidence: one that is logged again counts once. */
  readonly evidence: number;
}

/** The attempts that do not come out even, in the order in which the log first speaks of them. */
export interface RunTallies {
  /** A start that no evidence follows. */
  readonly unfinished: readonly AttemptTally[];
  /** Evidence that no start precedes. */
  readonly withoutStart: readonly AttemptTally[];
  /** Started more than once. */
  readonly severalStarts: readonly AttemptTally[];
  /** More than one piece of evidence. */
  readonly severalEvidence: readonly AttemptTally[];
}

interface Attempt {
  readonly run: string;
  readonly attempt: number;
  starts: number;
  /** Starts that no evidence has followed so far. */
  open: number;
  withoutStart: boolean;
  /** By the SHA-256 of run.json. */
  readonly evidence: Set<string>;
}

/** Counts the starts and the evidence of each attempt, in the order of the entries. */
export function tallyRuns(entries: Iterable<LogEntry>): RunTallies {
  const attempts = new Map<string, Attempt>();
  for (const entry of entries) {
    if (entry.type !== "started" && entry.type !== "evidence") continue;
    const { run, attempt } = entry.body;
    const id = `${run} ${attempt}`;
    const found = attempts.get(id) ?? {
      run,
      attempt,
      starts: 0,
      open: 0,
      withoutStart: false,
      evidence: new Set<string>(),
    };
    attempts.set(id, found);
    if (entry.type === "started") {
      found.starts += 1;
      found.open += 1;
    } else if (!found.evidence.has(entry.body.sha256)) {
      found.evidence.add(entry.body.sha256);
      if (found.starts === 0) found.withoutStart = true;
      found.open = Math.max(0, found.open - 1);
    }
  }
  const those = (which: (attempt: Attempt) => boolean): AttemptTally[] =>
    [...attempts.values()].filter(which).map(({ run, attempt, starts, evidence }) => ({
      run,
      attempt,
      starts,
      evidence: evidence.size,
    }));
  return {
    unfinished: those(({ open }) => open > 0),
    withoutStart: those((attempt) => attempt.withoutStart),
    severalStarts: those(({ starts }) => starts > 1),
    severalEvidence: those(({ evidence }) => evidence.size > 1),
  };
}
