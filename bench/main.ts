// npm run bench                     everything; the table goes to stdout, figures to build/bench
// npm run bench -- replay --quick   one part, roughly
// npm run bench -- --node FILE      on another Node (20 or newer), from a bundle
// npm run bench -- expr --against engine.wasm [--build scalar|simd]    two engines, in pairs
import { spawnSync } from "node:child_process";
import { mkdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { cpus } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { build } from "esbuild";
import { createEngine } from "@reach-fabric/engine";
import type { Engine } from "@reach-fabric/engine";
import { efforts, measure, table } from "./harness.ts";
import type { Contest, Effort, Result } from "./harness.ts";
import { atOnceTable, measureAtOnce } from "./at-once/at-once.ts";
import { durableTable } from "./durable/report.ts";
import { measureDurable } from "./durable/durable.ts";
import { buildsContests } from "./builds.ts";
import { nodesContests, sha256Contests } from "./hash.ts";
import { egressContests } from "./egress/egress.ts";
import { exprContests } from "./expr.ts";
import { canonicalHashContests, parseContests, secretsContests } from "./json.ts";
import { logContests } from "./log.ts";
import { numbersContests } from "./numbers.ts";
import { measurePairs, pairTable } from "./pairs.ts";
import type { Pair } from "./pairs.ts";
import { regexContests, regexLinearContests } from "./regex.ts";
import { replayContests } from "./replay.ts";
import { sizeContests, sizeTable } from "./sizes.ts";
import { startContests } from "./start.ts";
import { temporalContests } from "./temporal.ts";
import { coldContests, peak, peerSizes, verifyContests } from "./verify.ts";

type Contests = Promise<Contest[]> | Contest[];

/** Those that are about one engine, which may be another one. */
const engineParts: Readonly<Record<string, (make?: () => Engine) => Contests>> = {
  sha256: sha256Contests,
  canonical: canonicalHashContests,
  parse: parseContests,
  numbers: numbersContests,
  nodes: nodesContests,
  expr: exprContests,
  regex: regexContests,
  replay: replayContests,
};

const parts: Readonly<Record<string, () => Contests>> = {
  ...engineParts,
  builds: buildsContests,
  "regex-linear": regexLinearContests,
  temporal: temporalContests,
  verify: verifyContests,
  cold: coldContests,
  sizes: sizeContests,
  log: logContests,
  start: startContests,
  secrets: secretsContests,
  egress: egressContests,
  // No contest: it counts, too, and prints a table of its own.
  durable: () => [],
  "at-once": () => [],
};

const usage =
  `bench [${Object.keys(parts).join("|")}]... [--quick] [--output FILE] [--node FILE] [--checkout FOLDER]\n` +
  `bench [${Object.keys(engineParts).join("|")}]... --against FILE [--build scalar|simd]\n`;

/** The options, or why they are not such. */
function parsedArgs(args: string[]) {
  try {
    return parseArgs({
      args,
      allowPositionals: true,
      options: {
        quick: { type: "boolean", default: false },
        output: { type: "string" },
        node: { type: "string" },
        against: { type: "string" },
        build: { type: "string", default: "scalar" },
        checkout: { type: "string" },
      },
    });
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

const isWasm = (path: string): boolean =>
  statSync(path, { throwIfNoEntry: false })?.isFile() === true &&
  WebAssembly.validate(readFileSync(path));

async function main(args: string[]): Promise<number> {
  const parsed = parsedArgs(args);
  if (typeof parsed === "string") {
    process.stderr.write(`${parsed}\n${usage}`);
    return 2;
  }
  const { values, positionals } = parsed;
  const known = values.against === undefined ? parts : engineParts;
  // All of verify, which has the contest of cold, too.
  const wanted =
    positionals.length > 0 ? positionals : Object.keys(known).filter((name) => name !== "cold");
  const { build: kind } = values;
  if (wanted.some((name) => !(name in known)) || (kind !== "scalar" && kind !== "simd")) {
    process.stderr.write(usage);
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
  const folder = join(process.cwd(), "build/bench");
  mkdirSync(folder, { recursive: true });
  if (values.against !== undefined) {
    if (!isWasm(values.against)) {
      process.stderr.write(`${values.against} is not a file with a WebAssembly module.\n`);
      return 2;
    }
    const pairs = await against(values.against, kind, wanted, effort);
    const file = values.output ?? `${folder}/${wanted.join("-")}-against.json`;
    writeFileSync(file, `${JSON.stringify({ machine, effort, pairs }, null, 2)}\n`);
    return 0;
  }
  const results: Result[] = [];
  for (const name of wanted) {
    for (const contest of (await parts[name]?.()) ?? []) {
      process.stderr.write(`${contest.name} ...\n`);
      results.push(await measure(contest, effort));
    }
  }
  if (results.length > 0) process.stdout.write(table(results));
  if (wanted.includes("verify")) process.stdout.write(`\n${await peak()}\n${peerSizes()}`);
  if (wanted.includes("sizes")) process.stdout.write(`\n${sizeTable()}`);
  const durable = wanted.includes("durable")
    ? await measureDurable(values.quick ? { rounds: 1, divisor: 8 } : { rounds: 5, divisor: 1 })
    : undefined;
  if (durable !== undefined) process.stdout.write(`\n${durableTable(durable)}`);
  const atOnce = wanted.includes("at-once")
    ? await measureAtOnce(values.quick ? 1 : 3, values.checkout)
    : undefined;
  if (atOnce !== undefined) process.stdout.write(`\n${atOnceTable(atOnce)}`);
  if (values.quick) process.stdout.write("\nA quick run: too short to quote.\n");
  const file = values.output ?? `${folder}/${wanted.join("-")}.json`;
  const report = { machine, effort, at: new Date().toISOString(), results, durable, atOnce };
  writeFileSync(file, `${JSON.stringify(report, null, 2)}\n`);
  process.stderr.write(`figures in ${file}\n`);
  return 0;
}

/**
 * This checkout's engine beside that of a file, in turns in one process.
 *
 * @param kind which build of this checkout: the one that the file is, too
 */
async function against(
  path: string,
  kind: "scalar" | "simd",
  wanted: readonly string[],
  effort: Effort,
): Promise<Pair[]> {
  const bytes = new Uint8Array(readFileSync(path));
  // Said here, and not in the middle of the figures.
  createEngine({ bytes });
  const own = readFileSync(
    new URL(`../build/release${kind === "simd" ? "-simd" : ""}/engine.wasm`, import.meta.url),
  );
  const percent = ((own.length / bytes.length - 1) * 100).toFixed(2);
  process.stdout.write(
    `Engine of this checkout (${kind}): ${own.length} bytes; ${path}: ${bytes.length}; ${percent} %\n\n`,
  );
  const pairs: Pair[] = [];
  for (const name of wanted) {
    const ours = (await engineParts[name]?.(() => createEngine({ build: kind }))) ?? [];
    const theirs = (await engineParts[name]?.(() => createEngine({ bytes }))) ?? [];
    for (const [i, contest] of ours.entries()) {
      process.stderr.write(`${contest.name} ...\n`);
      pairs.push(await measurePairs(contest, theirs[i] as Contest, effort));
    }
  }
  process.stdout.write(pairTable(pairs));
  if (effort === efforts.quick) process.stdout.write("\nA quick run: too short to quote.\n");
  return pairs;
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
