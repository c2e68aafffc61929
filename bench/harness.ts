// One way to measure: CPU time, contenders in turns, medians and ratios.
//
// Wall-clock time says more about the neighbours than about the code, so a batch is measured by
// process.cpuUsage() (user and system, garbage collection and compilation included). Contenders
// take turns within each round, so that heat and noise meet all of them; the median of the rounds
// is what counts, and the ratio to the first contender is what to trust.

export interface Contender {
  readonly name: string;
  /**
   * One unit of work. What it returns is thrown away, but not before it was made; a promise is
   * waited for.
   */
  readonly run: () => unknown;
  /** Or, for what measures itself: CPU microseconds of one unit of work, unless its contest says otherwise. */
  readonly elsewhere?: () => number | Promise<number>;
}

export interface Contest {
  readonly name: string;
  /** Work in one run, for throughput: `bytes`, `steps`. */
  readonly unit: string;
  readonly amount: number;
  /** Rounds, where the usual number would take too long. */
  readonly rounds?: number;
  /** The first one is what the others are compared with. */
  readonly contenders: readonly Contender[];
}

interface Measured {
  readonly name: string;
  /** CPU microseconds of one run: median, best and worst round. */
  readonly median: number;
  readonly best: number;
  readonly worst: number;
  /** Units of work in a CPU second. */
  readonly rate: number;
  /** CPU time in relation to the first contender's: 2 took twice as long. */
  readonly ratio: number;
}

export interface Result {
  readonly name: string;
  readonly unit: string;
  readonly amount: number;
  readonly rounds: number;
  readonly measured: readonly Measured[];
}

export interface Effort {
  /** CPU milliseconds that a batch should take, and of warm-up for each contender. */
  readonly batch: number;
  readonly warmUp: number;
  readonly rounds: number;
}

export const efforts: Readonly<Record<"full" | "quick", Effort>> = {
  full: { batch: 60, warmUp: 1000, rounds: 15 },
  quick: { batch: 5, warmUp: 20, rounds: 3 },
};

let sink: unknown;

/** CPU microseconds of `times` runs. */
export async function batch({ run }: Contender, times: number): Promise<number> {
  const before = process.cpuUsage();
  for (let i = 0; i < times; i++) {
    sink = run();
    if (sink instanceof Promise) sink = await sink;
  }
  const { user, system } = process.cpuUsage(before);
  return user + system;
}

/** Runs that fill a batch, found while the contender warms up. */
export async function warmUp(contender: Contender, effort: Effort): Promise<number> {
  let times = 1;
  let spent = 0;
  while (true) {
    const used = Math.max(1, await batch(contender, times));
    spent += used;
    const enough = effort.batch * 1000;
    if (spent >= effort.warmUp * 1000 && used >= enough / 2) {
      return Math.max(1, Math.round((times * enough) / used));
    }
    if (used < enough / 2) times = Math.ceil(times * Math.min(10, enough / used));
  }
}

export async function measure(contest: Contest, effort: Effort): Promise<Result> {
  const { contenders } = contest;
  const times: number[] = [];
  for (const each of contenders) times.push(each.elsewhere ? 1 : await warmUp(each, effort));
  const rounds = contenders.map((): number[] => []);
  const total = Math.min(effort.rounds, contest.rounds ?? effort.rounds);
  for (let round = 0; round < total; round++) {
    for (const [i, contender] of contenders.entries()) {
      const count = times[i] ?? 1;
      const measured = await contender.elsewhere?.();
      sink = measured ?? sink;
      rounds[i]?.push(measured ?? (await batch(contender, count)) / count);
    }
  }
  if (sink === undefined) throw new Error("a contender gave nothing");
  const sorted = rounds.map((list) => list.toSorted((a, b) => a - b));
  const median = (list: readonly number[] = []): number => list[list.length >> 1] ?? Number.NaN;
  const base = median(sorted[0]);
  return {
    name: contest.name,
    unit: contest.unit,
    amount: contest.amount,
    rounds: total,
    measured: contenders.map(({ name }, i) => ({
      name,
      median: median(sorted[i]),
      best: sorted[i]?.[0] ?? Number.NaN,
      worst: sorted[i]?.at(-1) ?? Number.NaN,
      rate: (contest.amount * 1e6) / median(sorted[i]),
      ratio: median(sorted[i]) / base,
    })),
  };
}

/** A Markdown table of results. */
export function table(results: readonly Result[]): string {
  const lines = results.flatMap(({ name, unit, measured }) =>
    measured.map(
      (each, i) =>
        `| ${i === 0 ? name : ""} | ${each.name} | ${duration(each.median)} | ${quantity(each.rate, unit)} | ${each.ratio.toFixed(2)} |`,
    ),
  );
  return [
    "| what | by | CPU time | per CPU second | ratio |",
    "|---|---|---:|---:|---:|",
    ...lines,
    "",
  ].join("\n");
}

export function duration(microseconds: number): string {
  if (microseconds < 1000) return `${microseconds.toPrecision(3)} us`;
  if (microseconds < 1e6) return `${(microseconds / 1000).toPrecision(3)} ms`;
  return `${(microseconds / 1e6).toPrecision(3)} s`;
}

function quantity(rate: number, unit: string): string {
  if (unit === "bytes" && rate >= 1e9) return `${(rate / 1e9).toPrecision(3)} GB`;
  if (unit === "bytes") return `${(rate / 1e6).toPrecision(3)} MB`;
  return `${Math.round(rate).toLocaleString("en-US")} ${unit}`;
}
