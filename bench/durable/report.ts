// What was measured of durable steps, as a table, and what it is held to.

/** What one process says of itself. */
export interface Said {
  readonly steps: number;
  readonly seconds: number;
  /** Microseconds. */
  readonly cpu: number;
  readonly syncs?: number;
  readonly commits?: number;
}

/** One contender's measurements, round by round. */
export interface Row {
  readonly name: string;
  /** At a time. */
  readonly runs: number;
  readonly measured: readonly Said[];
}

export interface DurableReport {
  /** Syncs a second of 4 KiB, before and after. */
  readonly disk: { readonly before: number; readonly after: number };
  readonly rows: readonly Row[];
  /** Peers that were not measured, and why. */
  readonly missing: readonly string[];
}

/** Something that durable runs are held to. */
interface Shown {
  readonly what: string;
  readonly met: boolean;
}

const median = (list: readonly number[]): number =>
  list.toSorted((a, b) => a - b)[(list.length - 1) >> 1] ?? Number.NaN;

const rateOf = ({ steps, seconds }: Said): number => steps / seconds;
const per = (what: "syncs" | "commits", said: Said): number => (said[what] ?? 0) / said.steps;

/** The report for people. */
export function durableTable({ disk, rows, missing }: DurableReport): string {
  const counted = (row: Row, what: "syncs" | "commits"): string => {
    const most = Math.max(...row.measured.map((each) => per(what, each)));
    return most === 0 ? "" : most.toFixed(4);
  };
  const lines = rows.map((row) => {
    const rates = row.measured.map(rateOf);
    const range = `${Math.round(Math.min(...rates))} to ${Math.round(Math.max(...rates))}`;
    const cpu = median(row.measured.map((each) => each.cpu / each.steps)).toFixed(0);
    return `| ${row.runs} | ${row.name} | ${Math.round(median(rates))} | ${range} | ${counted(row, "syncs")} | ${counted(row, "commits")} | ${cpu} us |`;
  });
  return [
    `Syncs of 4 KiB a second on this disk: ${Math.round(disk.before)} before, ${Math.round(disk.after)} after.`,
    "",
    "| runs at a time | by | steps a second | in all rounds | syncs a step | SQLite commits a step | CPU a step |",
    "|---:|---|---:|---|---:|---:|---:|",
    ...lines,
    "",
    ...shown(rows).map(({ what, met }) => `${met ? "met   " : "MISSED"} ${what}`),
    ...missing,
    "",
  ].join("\n");
}

/** How many times as fast ours was: the median of the ratios within a round. */
const ratio = (ours: Row, theirs: Row): number =>
  median(ours.measured.map((each, i) => rateOf(each) / rateOf(theirs.measured[i] as Said)));

/** What durable runs are held to, of what was measured. */
export function shown(rows: readonly Row[]): Shown[] {
  const row = (name: string, runs: number): Row | undefined =>
    rows.find((each) => each.name === name && each.runs === runs);
  const peer = (name: string, runs: number): Row | undefined =>
    rows.find((each) => each.name.startsWith(name) && each.runs === runs);
  const stores = ["reach, folder", "reach, SQLite"];
  const found: Shown[] = [];

  /**
   * As many as are promised, and a few at the end of each run; fewer than one of a run alone, and something was not counted or
   * not made durable.
   */
  const atMost = (name: string, runs: number, what: "syncs" | "commits", limit: number): void => {
    const most = row(name, runs)?.measured.map((each) => per(what, each)) ?? [];
    if (most.length === 0) return;
    const [least, worst] = [Math.min(...most), Math.max(...most)];
    found.push({
      what: `${name}, ${runs} at a time: ${worst.toFixed(4)} ${what} a step, at most ${limit.toFixed(4)}`,
      met: worst <= limit * 1.01 && least > 0 && (runs > 1 || least >= 1),
    });
  };
  const atLeast = (
    what: string,
    ours: Row | undefined,
    theirs: Row | undefined,
    least: number,
  ): void => {
    if (ours === undefined || theirs === undefined) return;
    const times = ratio(ours, theirs);
    found.push({
      what: `${what}: ${times.toFixed(2)} times, at least ${least}`,
      met: times >= least,
    });
  };

  atMost("reach, folder", 1, "syncs", 1);
  atMost("reach, SQLite", 1, "commits", 1);
  for (const runs of [16, 256]) atMost("reach, SQLite", runs, "commits", 1.1 / runs);
  const [one, many, off] = [
    row("reach, SQLite", 1),
    row("reach, SQLite", 256),
    row("reach, SQLite without sync", 256),
  ];
  if (one !== undefined && many !== undefined && off !== undefined) {
    const [times, part] = [ratio(many, one), ratio(many, off)];
    found.push({
      what: `reach, SQLite, 256 at a time: ${times.toFixed(2)} times as fast as 1, at least 10; or ${part.toFixed(2)} of what it is without sync, at least 0.80`,
      met: times >= 10 || part >= 0.8,
    });
  }
  for (const name of stores) {
    atLeast(`${name}, beside DBOS at 16`, row(name, 16), peer("DBOS", 16), 3);
    atLeast(`${name}, beside LangGraph at 1`, row(name, 1), peer("LangGraph, SQLite as", 1), 5);
    atLeast(
      `${name}, beside LangGraph synced at 1`,
      row(name, 1),
      peer("LangGraph, SQLite with", 1),
      5,
    );
  }
  return found;
}
