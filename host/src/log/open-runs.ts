// Runs of a log that began and have no evidence yet, as its entries come. docs/spec/log.md, LOG-65.
import { MOST_OPEN } from "@reach-fabric/schema";
import type { LogEntry, LogMonitorState } from "@reach-fabric/schema";
import { hostCode } from "../files/codes.ts";
import { ReachError } from "../files/error.ts";

/** A run that began too long ago. */
export interface UnfinishedRun {
  /** The number of its entry, and the log's time of it; that at which it was first seen, where that is earlier. */
  readonly index: number;
  readonly at: string;
  readonly run: string;
  readonly attempt: number;
}

type Attempt = LogMonitorState["open"][number];

/** The starts that no evidence has followed; bounded, whatever the log holds. */
export class OpenRuns {
  readonly #open: Map<string, Attempt>;
  /** Starts, and evidence beside them. */
  #kept = 0;

  constructor(open: LogMonitorState["open"] = []) {
    this.#open = new Map(
      open.map((one) => [
        idOf(one),
        { ...one, starts: [...one.starts], evidence: [...one.evidence] },
      ]),
    );
    for (const { starts, evidence } of this.#open.values()) {
      this.#kept += starts.length + evidence.length;
    }
  }

  /**
   * Takes the next entry.
   *
   * @param seenAt when it is looked at: a log that says a later time than that hides no run by it
   * @throws ReachError `REACH-E4103` more runs are open than are kept
   */
  add(index: number, entry: LogEntry, seenAt: string): void {
    if (entry.type === "started") {
      const { run, attempt } = entry.body;
      const id = idOf(entry.body);
      const found = this.#open.get(id) ?? { run, attempt, starts: [], evidence: [] };
      found.starts.push({ index, at: entry.at < seenAt ? entry.at : seenAt });
      this.#open.set(id, found);
      this.#keep(index);
    }
    if (entry.type !== "evidence") return;
    const id = idOf(entry.body);
    const found = this.#open.get(id);
    // The same evidence again ends no other start.
    if (found === undefined || found.evidence.includes(entry.body.sha256)) return;
    found.evidence.push(entry.body.sha256);
    found.starts.shift();
    if (found.starts.length > 0) return;
    this.#open.delete(id);
    this.#kept -= found.evidence.length;
  }

  /** Counts one more: of a start that its evidence ends, that evidence takes the place. */
  #keep(index: number): void {
    this.#kept += 1;
    if (this.#kept <= MOST_OPEN) return;
    throw new ReachError(hostCode.tooLarge, "The log has more open runs than a monitor keeps.", {
      why: `at entry ${index} there are more than ${MOST_OPEN} starts without evidence`,
      hint: "`reach log verify` of a period names them.",
    });
  }

  /** Those that began before an instant, each named once. */
  overdue(before: string): UnfinishedRun[] {
    const found: UnfinishedRun[] = [];
    for (const { run, attempt, starts } of this.#open.values()) {
      for (const start of starts) {
        if (start.named === true || start.at >= before) continue;
        start.named = true;
        found.push({ index: start.index, at: start.at, run, attempt });
      }
    }
    return found.sort((a, b) => a.index - b.index);
  }

  /** What is kept of them. */
  state(): LogMonitorState["open"] {
    return [...this.#open.values()];
  }
}

const idOf = ({ run, attempt }: { readonly run: string; readonly attempt: number }): string =>
  `${run} ${attempt}`;
