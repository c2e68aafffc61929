// Steps that are made durable, one after the other in each run: how many a second, in how many syncs, beside DBOS on its
// PostgreSQL and LangGraph with its SQLite saver. By the clock, because a sync waits and computes nothing; and in turns, each
// measurement in a process of its own, because the rate of a disk drifts more than anything that is measured here.
import { spawnSync } from "node:child_process";
import { chmodSync, mkdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { install } from "../peers/install.ts";
import { diskSync, parent } from "./disk.ts";
import { postgresBinaries, startPostgres } from "./postgres.ts";
import type { Postgres } from "./postgres.ts";
import type { DurableReport, Said } from "./report.ts";

/** How long it takes: rounds, and what the numbers of steps are divided by. */
export interface DurableEffort {
  readonly rounds: number;
  readonly divisor: number;
}

/** What takes its turn in each round. */
interface Contender {
  readonly name: string;
  /** Runs at a time. */
  readonly runs: number;
  measure(folder: string): Said;
}

/** Steps of each run, by how many there are at a time: a measurement takes a second or so. */
const STEPS: Readonly<Record<number, number>> = { 1: 1000, 16: 200, 256: 64 };

const home = (path: string): string => fileURLToPath(new URL(path, import.meta.url));

function said(program: string, args: readonly (string | number)[], node = process.execPath): Said {
  const conditions = program.endsWith(".ts") ? ["--conditions=reach-source"] : [];
  const { status, stdout, stderr } = spawnSync(
    node,
    [...conditions, program, ...args.map(String)],
    {
      encoding: "utf8",
    },
  );
  if (status !== 0) throw new Error(`${program} ended with ${status}: ${stderr.slice(-800)}`);
  return JSON.parse(stdout.trim().split("\n").at(-1) ?? "") as Said;
}

const reach = (store: string, runs: number, { divisor }: DurableEffort): Contender => ({
  name: `reach, ${store}`,
  runs,
  measure: (folder) =>
    said(home("load.ts"), [store, runs, Math.ceil((STEPS[runs] ?? 1) / divisor), folder]),
});

const langgraph = (name: string, { divisor }: DurableEffort, ...more: string[]): Contender => ({
  name,
  runs: 1,
  measure: (folder) =>
    said(
      home("../langgraph/steps.mjs"),
      [Math.ceil((STEPS[1] ?? 1) / divisor), join(folder, "checkpoints.sqlite"), ...more],
      // Its SQLite is built for the Node that npm runs on.
      process.env["npm_node_execpath"] ?? "node",
    ),
});

const dbos = ({ url, version }: Postgres, { divisor }: DurableEffort): Contender => ({
  name: `DBOS, PostgreSQL ${version}`,
  runs: 16,
  measure: () => said(home("../dbos/steps.mjs"), [16, Math.ceil((STEPS[16] ?? 1) / divisor), url]),
});

const diskRate = (): number => 1e6 / diskSync(700);

/** Measures all of it. Where there is no PostgreSQL, what it would show is said to be missing. */
export async function measureDurable(effort: DurableEffort): Promise<DurableReport> {
  install("langgraph");
  const folder = parent();
  // PostgreSQL runs as another user where this is root.
  chmodSync(folder, 0o755);
  const missing: string[] = [];
  const binaries = postgresBinaries();
  let postgres: Postgres | undefined;
  try {
    if (binaries === undefined) {
      missing.push(
        "DBOS was NOT RUN: there is no PostgreSQL in /usr/lib/postgresql, and REACH_POSTGRES_BIN names none.",
      );
    } else {
      install("dbos");
      postgres = await startPostgres(binaries, join(folder, "postgres"));
    }
    const contenders = [
      reach("memory", 1, effort),
      ...["folder", "SQLite"].flatMap((store) =>
        [1, 16, 256].map((runs) => reach(store, runs, effort)),
      ),
      reach("SQLite without sync", 256, effort),
      langgraph("LangGraph, SQLite as its saver comes", effort),
      langgraph("LangGraph, SQLite with synchronous=FULL", effort, "full"),
      ...(postgres === undefined ? [] : [dbos(postgres, effort)]),
    ];
    const rows = contenders.map((each) => ({ ...each, measured: [] as Said[] }));
    const before = diskRate();
    for (let round = 0; round < effort.rounds; round += 1) {
      // There and back, so that what one leaves behind (a disk that is busy) is not always the same one's burden.
      for (const row of round % 2 === 0 ? rows : rows.toReversed()) {
        const scratch = join(folder, "scratch");
        mkdirSync(scratch);
        row.measured.push(row.measure(scratch));
        rmSync(scratch, { recursive: true });
      }
      process.stderr.write(`durable: round ${round + 1} of ${effort.rounds}\n`);
    }
    const disk = { before, after: diskRate() };
    return {
      disk,
      rows: rows.map(({ name, runs, measured }) => ({ name, runs, measured })),
      missing,
    };
  } finally {
    await postgres?.stop();
    rmSync(folder, { recursive: true, force: true });
  }
}
