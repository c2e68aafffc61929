// npm run bench                     everything; the table goes to stdout, figures to build/bench
// npm run bench -- replay --quick   one part, roughly
import { mkdirSync, writeFileSync } from "node:fs";
import { cpus } from "node:os";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { efforts, measure, table } from "./harness.ts";
import type { Contest, Result } from "./harness.ts";
import { canonicalHashContests, merkleContest, sha256Contests } from "./json.ts";
import { replayContests } from "./replay.ts";

const parts: Readonly<Record<string, () => Promise<Contest[]> | Contest[]>> = {
  canonical: canonicalHashContests,
  sha256: async () => [...(await sha256Contests()), await merkleContest()],
  replay: () => replayContests(),
};

async function main(args: string[]): Promise<number> {
  const { values, positionals } = parseArgs({
    args,
    allowPositionals: true,
    options: { quick: { type: "boolean", default: false }, output: { type: "string" } },
  });
  const wanted = positionals.length > 0 ? positionals : Object.keys(parts);
  if (wanted.some((name) => !(name in parts))) {
    process.stderr.write(`bench [${Object.keys(parts).join("|")}]... [--quick] [--output FILE]\n`);
    return 2;
  }
  const machine = {
    node: process.version,
    v8: process.versions.v8,
    platform: `${process.platform} ${process.arch}`,
    cpu: `${cpus().length} x ${cpus()[0]?.model ?? "unknown"}`,
  };
  process.stdout.write(
    `Node ${machine.node} (V8 ${machine.v8}), ${machine.platform}, ${machine.cpu}\n\n`,
  );
  const effort = values.quick ? efforts.quick : efforts.full;
  const results: Result[] = [];
  for (const name of wanted) {
    for (const contest of (await parts[name]?.()) ?? []) {
      process.stderr.write(`${contest.name} ...\n`);
      results.push(measure(contest, effort));
    }
  }
  process.stdout.write(table(results));
  if (values.quick) process.stdout.write("\nA quick run: too short to quote.\n");
  const folder = fileURLToPath(new URL("../build/bench", import.meta.url));
  mkdirSync(folder, { recursive: true });
  const file = values.output ?? `${folder}/${wanted.join("-")}.json`;
  const report = { machine, effort, at: new Date().toISOString(), results };
  writeFileSync(file, `${JSON.stringify(report, null, 2)}\n`);
  process.stderr.write(`figures in ${file}\n`);
  return 0;
}

process.exitCode = await main(process.argv.slice(2));
