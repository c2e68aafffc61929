// Many runs in one process, from what users run: bundled JavaScript, over HTTP to a service that is another process. What
// counts is what no other run may feel: how late the event loop is, and how much memory there is of each run.
import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { rolldown } from "rolldown";
import { bundle } from "../../tools/bundle.ts";

/** What load.ts says. Times in milliseconds, sizes in bytes. */
interface Said {
  readonly time: number;
  readonly cpu: number;
  readonly peak: number;
  /** Part of the time in which the loop was more than 50 ms late; by the clock, and by what this process did itself. */
  readonly over: number;
  readonly longest: number;
  readonly ownOver: number;
  readonly ownLongest: number;
  readonly resident?: number;
  readonly wake?: { readonly p50: number; readonly p99: number };
}

export interface AtOnceReport {
  readonly rows: readonly (Said & { readonly name: string })[];
  /** CPU microseconds of an effect that is answered at once, in each round: here, and in other sources. */
  readonly instant: readonly number[];
  readonly other: readonly number[];
}

const home = (path: string): string => fileURLToPath(new URL(path, import.meta.url));
const KINDS = [
  ["1,000 runs of three requests of 50 ms, and an answer of 7 MB", "runs", 1000],
  ["one run with 2,000 branches that ask", "branches", 2000],
  ["10,000 runs that wait for an event", "waiting", 10_000],
] as const;

function said(program: string, args: readonly (string | number)[]): unknown {
  const { status, stdout, stderr } = spawnSync(process.execPath, [program, ...args.map(String)], {
    encoding: "utf8",
  });
  if (status !== 0) throw new Error(`${program} ended with ${status}: ${stderr.slice(-800)}`);
  return JSON.parse(stdout.trim().split("\n").at(-1) ?? "");
}

/** @param other a checkout whose effects are measured in turns with those of this one */
export async function measureAtOnce(rounds: number, other?: string): Promise<AtOnceReport> {
  const folder = mkdtempSync(join(tmpdir(), "reach-at-once-"));
  const service = spawn(process.execPath, ["--conditions=reach-source", home("service.ts")], {
    stdio: ["pipe", "pipe", "inherit"],
  });
  try {
    const [port] = (await once(service.stdout, "data")) as [Buffer];
    await bundle(home("load.ts"), join(folder, "load"));
    const rows = KINDS.map(([name, kind, size]) => {
      const all = Array.from({ length: rounds }, () =>
        said(join(folder, "load/load.js"), [kind, size, String(port).trim()]),
      );
      return { name, ...middle(all as Said[]) };
    });
    const programs = await Promise.all(
      [home("../../"), other].flatMap((checkout, i) =>
        checkout === undefined ? [] : bundleInstant(checkout, join(folder, `instant-${i}.js`)),
      ),
    );
    const costs: number[][] = [[], []];
    for (let round = 0; round < 3 * rounds; round++) {
      for (const [i, program] of programs.entries()) {
        costs[i]?.push((said(program, [20_000]) as { cpu: number }).cpu);
      }
    }
    const [instant = [], others = []] = costs;
    return { rows, instant, other: others };
  } finally {
    service.stdin.end();
    rmSync(folder, { recursive: true, force: true });
  }
}

/** The round in which the loop was latest in the middle. */
const middle = (all: readonly Said[]): Said =>
  all.toSorted((a, b) => a.ownLongest - b.ownLongest)[all.length >> 1] as Said;

async function bundleInstant(checkout: string, file: string): Promise<string> {
  const build = await rolldown({
    input: home("instant.ts"),
    platform: "node",
    resolve: {
      conditionNames: ["reach-source", "node", "import", "default"],
      alias: Object.fromEntries(
        ["bindings", "schema", "evidence", "host"].map((name) => [
          `@reach-fabric/${name === "bindings" ? "engine" : name}`,
          join(checkout, name, "src/index.ts"),
        ]),
      ),
    },
  });
  await build.write({ file, format: "esm", codeSplitting: false });
  await build.close();
  return file;
}

export function atOnceTable({ rows, instant, other }: AtOnceReport): string {
  const mb = (bytes: number | undefined): string =>
    bytes === undefined ? "" : `${Math.round(bytes / 1e6)} MB`;
  const ms = (time: number): string => `${time.toPrecision(3)} ms`;
  const percent = (part: number): string => `${(100 * part).toFixed(2)} %`;
  const lines = rows.map(
    ({ name, time, cpu, peak, resident, wake, ...late }) =>
      `| ${name} | ${ms(time)} | ${ms(cpu)} | ${mb(resident ?? peak)} | ${percent(late.over)}, ${ms(late.longest)} | ${percent(late.ownOver)}, ${ms(late.ownLongest)} | ${wake === undefined ? "" : `${ms(wake.p50)}, ${ms(wake.p99)}`} |`,
  );
  const median = (list: readonly number[]): number =>
    list.toSorted((a, b) => a - b)[list.length >> 1] ?? Number.NaN;
  const ratio =
    other.length === 0
      ? ""
      : `; of the other sources ${median(other).toFixed(1)} us: ${(median(instant) / median(other)).toFixed(2)} times that`;
  return [
    "| in one process | time | CPU | resident | loop more than 50 ms late, at most | by its own work | woken, p50 and p99 |",
    "|---|---:|---:|---:|---:|---:|---:|",
    ...lines,
    "",
    `CPU of an effect that is answered at once, in memory: ${median(instant).toFixed(1)} us${ratio}.`,
    "",
  ].join("\n");
}
