// npm run bench                     everything; the table goes to stdout, figures to build/bench
// npm run bench -- replay --quick   one part, roughly
// npm run bench -- --node FILE      on another Node (20 or newer), from a bundle
import { spawnSync } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";
import { cpus } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { build } from "esbuild";
import { efforts, measure, table } from "./harness.ts";
import type { Contest, Result } from "./harness.ts";
import { buildsContests } from "./builds.ts";
import { nodesContests, sha256Contests } from "./hash.ts";
import { exprContests } from "./expr.ts";
import { canonicalHashContests, parseContests } from "./json.ts";
import { logContests } from "./log.ts";
import { numbersContests } from "./numbers.ts";
import { regexContests, regexLinearContests } from "./regex.ts";
import { replayContests } from "./replay.ts";
import { temporalContests } from "./temporal.ts";
import { sizes, verifyContests } from "./verify.ts";

const parts: Readonly<Record<string, () => Promise<Contest[]> | Contest[]>> = {
  sha256: sha256Contests,
  canonical: canonicalHashContests,
  parse: parseContests,
  numbers: numbersContests,
  builds: buildsContests,
  nodes: nodesContests,
  expr: exprContests,
  regex: regexContests,
  "regex-linear": regexLinearContests,
  replay: () => replayContests(),
  temporal: temporalContests,
  verify: verifyContests,
  log: logContests,
};

async function main(args: string[]): Promise<number> {
  const { values, positionals } = parseArgs({
    args,
    allowPositionals: true,
    options: {
      quick: { type: "boolean", default: false },
      output: { type: "string" },
      node: { type: "string" },
    },
  });
  const wanted = positionals.length > 0 ? positionals : Object.keys(parts);
  if (wanted.some((name) => !(name in parts))) {
    process.stderr.write(
      `bench [${Object.keys(parts).join("|")}]... [--quick] [--output FILE] [--node FILE]\n`,
    );
    return 2;
  }
  if (values.node !== undefined) return onAnotherNode(values.node, args);
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
      results.push(await measure(contest, effort));
    }
  }
  process.stdout.write(table(results));
  if (wanted.includes("verify")) process.stdout.write(`\n${sizes()}`);
  if (values.quick) process.stdout.write("\nA quick run: too short to quote.\n");
  const folder = join(process.cwd(), "build/bench");
  mkdirSync(folder, { recursive: true });
  const file = values.output ?? `${folder}/${wanted.join("-")}.json`;
  const report = { machine, effort, at: new Date().toISOString(), results };
  writeFileSync(file, `${JSON.stringify(report, null, 2)}\n`);
  process.stderr.write(`figures in ${file}\n`);
  return 0;
}

/** The same on another Node, which may run no TypeScript: bundled, but for the peers. */
async function onAnotherNode(node: string, args: readonly string[]): Promise<number> {
  const outfile = fileURLToPath(new URL("../build/bench/bench.mjs", import.meta.url));
  await build({
    entryPoints: [fileURLToPath(import.meta.url)],
    outfile,
    bundle: true,
    platform: "node",
    format: "esm",
    target: "node20",
    conditions: ["reach-source"],
    packages: "external",
    alias: {
      "@reach-fabric/engine": fileURLToPath(new URL("../bindings/src/index.ts", import.meta.url)),
    },
  });
  const at = args.indexOf("--node");
  const rest = at < 0 ? args.filter((arg) => !arg.startsWith("--node=")) : args.toSpliced(at, 2);
  return spawnSync(node, [outfile, ...rest], { stdio: "inherit" }).status ?? 1;
}

process.exitCode = await main(process.argv.slice(2));
