// npm run conformance                     every suite, one line each
// npm run conformance -- json numbers     suites whose names contain these
// npm run conformance -- numbers --long   ten million numbers; --seed N for other ones
// npm run conformance -- --chromium       the same suites inside a headless Chromium
// --verbose lists every failure, every case left out, and the tables.
//
// The engine against test vectors that others wrote. They are not part of this repository: they
// are looked for in ../shared/vectors, or in the folder that REACH_VECTORS names. Without them
// nothing was checked, and the exit status is 3. Exit status 1 if a case fails.
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { createEngine } from "@reach-fabric/engine";
import { build } from "esbuild";
import type { Effort, Suite, SuiteResult, Vectors } from "./conformance/suite.ts";
import { suites as cosign } from "./conformance/machine/cosign.ts";
import { suites as registry } from "./conformance/machine/registry.ts";
import { openworkflowCtk } from "./conformance/node/ctk.ts";
import { cyclonedx } from "./conformance/node/cyclonedx.ts";
import { ed25519OfNode } from "./conformance/node/ed25519.ts";
import { mcpConformance } from "./conformance/node/mcp/suite.ts";
import { suites as portable } from "./conformance/suites.ts";
import { findChromium, inChromium } from "./runtimes.ts";

const root = fileURLToPath(new URL("..", import.meta.url));

/** The folder with the vectors, or undefined where there is none. */
export function vectorsFolder(): string | undefined {
  const folder = process.env["REACH_VECTORS"] ?? join(root, "../shared/vectors");
  return existsSync(folder) ? folder : undefined;
}

/** Vectors in a folder. */
export function vectorsIn(folder: string): Vectors {
  return {
    list: (below) =>
      readdirSync(join(folder, below), { recursive: true, withFileTypes: true })
        .filter((entry) => entry.isFile())
        .map((entry) => join(entry.parentPath, entry.name).slice(folder.length + 1))
        .map((path) => path.replaceAll("\\", "/"))
        .sort(),
    bytes: (path) => new Uint8Array(readFileSync(join(folder, path))),
  };
}

const notBuilt = /^not built yet/;

/** One line about a suite. */
export function suiteLine(
  name: string,
  { passed, failed, skipped, notes = [] }: SuiteResult,
): string {
  const missing = skipped.filter((reason) => notBuilt.test(reason)).length;
  const counts = [
    `${passed} passed`,
    `${failed.length} failed`,
    ...(missing > 0 ? [`${missing} not built yet`] : []),
    ...(skipped.length > missing ? [`${skipped.length - missing} left out`] : []),
    ...notes,
  ];
  return `${failed.length > 0 ? "FAIL" : "ok  "} ${name.padEnd(28)} ${counts.join(", ")}`;
}

/** Runs suites in a page; everything that a suite reads is handed over with the question. */
export async function suitesInChromium(
  executable: string,
  wanted: readonly Suite[],
  vectors: Vectors,
  effort: Effort,
  say: (name: string, result: SuiteResult) => void,
): Promise<string> {
  const bundle = await build({
    entryPoints: [join(root, "tools/conformance/suites.ts")],
    bundle: true,
    write: false,
    conditions: ["reach-source"],
    platform: "browser",
    format: "iife",
    globalName: "reach",
    target: "chrome120",
    logLevel: "warning",
  });
  const files: Record<string, string> = {};
  for (const folder of FOLDERS) {
    for (const path of vectors.list(folder)) {
      files[path] = Buffer.from(vectors.bytes(path)).toString("base64");
    }
  }
  return inChromium(executable, bundle.outputFiles[0]?.text ?? "", async (page) => {
    for (const { name } of wanted) {
      const { long, seed } = effort;
      const asked = { name, files, effort: seed === undefined ? { long } : { long, seed } };
      say(
        name,
        await page.evaluate(({ name: suite, files: given, effort: how }) => {
          type Run = (
            name: string,
            files: typeof given,
            effort: typeof how,
          ) => Promise<SuiteResult>;
          const { reach } = globalThis as unknown as { reach: { runHere: Run } };
          return reach.runHere(suite, given, how);
        }, asked),
      );
    }
  });
}

/** All that the suites read. */
const FOLDERS = [
  "archive-attacks",
  "cctv-ed25519",
  "cyclonedx",
  "dsse",
  "ed25519-speccheck",
  "jq",
  "json-schema-test-suite",
  "json-test-suite",
  "nist-cavp-sha2",
  "rfc6962-merkle",
  "rfc8785-jcs",
  "signed-note",
  "tlog-checkpoint",
  "tlog-paths",
  "tlog-proof",
  "tlog-tiles-tessera",
  "tlog-witness",
  "wycheproof",
];

const SHOWN = 10;

/** Prints what came of a suite and returns its number of failures. */
function tell(name: string, result: SuiteResult, verbose: boolean): number {
  process.stdout.write(`${suiteLine(name, result)}\n`);
  const { failed, skipped, table = [] } = result;
  const shown = verbose ? failed : failed.slice(0, SHOWN);
  for (const failure of shown) process.stdout.write(`       FAILED ${failure}\n`);
  if (shown.length < failed.length) {
    process.stdout.write(`       and ${failed.length - shown.length} more (--verbose)\n`);
  }
  if (verbose) {
    for (const why of skipped) process.stdout.write(`       skipped ${why}\n`);
    for (const line of table) process.stdout.write(`       ${line}\n`);
  }
  return failed.length;
}

async function main(args: string[]): Promise<number> {
  const { values, positionals } = parseArgs({
    args,
    allowPositionals: true,
    options: {
      verbose: { type: "boolean", default: false },
      long: { type: "boolean", default: false },
      chromium: { type: "boolean", default: false },
      seed: { type: "string" },
    },
  });
  // Those that need programs of others are not part of npm test.
  // What a browser has not: the host and the CLI.
  const here = [openworkflowCtk, cyclonedx, ed25519OfNode, mcpConformance, ...cosign, ...registry];
  const suites = values.chromium ? portable : [...portable, ...here];
  const wanted = suites.filter(
    ({ name }) => positionals.length === 0 || positionals.some((part) => name.includes(part)),
  );
  const seed = values.seed === undefined ? undefined : Number(values.seed);
  if (wanted.length === 0 || (seed !== undefined && !Number.isSafeInteger(seed))) {
    process.stderr.write("conformance [SUITE]... [--long] [--seed N] [--chromium] [--verbose]\n");
    process.stderr.write(`suites: ${suites.map(({ name }) => name).join(" ")}\n`);
    return 2;
  }
  const folder = vectorsFolder();
  if (folder === undefined) {
    process.stderr.write(
      `NOT RUN: ${wanted.length} conformance suites. Their vectors are not part of this repository:\n` +
        "put them into ../shared/vectors, or name their folder in REACH_VECTORS.\n",
    );
    return 3;
  }
  const vectors = vectorsIn(folder);
  const effort: Effort = {
    long: values.long,
    ...(seed === undefined ? {} : { seed }),
    ...(values.long ? { progress: (text) => process.stderr.write(`  ${text}\n`) } : {}),
  };
  let failures = 0;
  const say = (name: string, result: SuiteResult): void => {
    failures += tell(name, result, values.verbose);
  };
  if (values.chromium) {
    const executable = findChromium();
    if (executable === undefined) {
      process.stderr.write("NOT RUN: no Chromium on PATH (apt-get install chromium)\n");
      return 3;
    }
    const version = await suitesInChromium(executable, wanted, vectors, effort, say);
    process.stdout.write(`in ${version}\n`);
  } else {
    for (const suite of wanted) {
      // A new engine for each: what one suite does to it must not matter to the next.
      say(suite.name, await suite.run(createEngine(), vectors, effort));
    }
  }
  process.stdout.write(`${failures === 0 ? "All suites passed" : `${failures} cases FAILED`}\n`);
  return failures === 0 ? 0 : 1;
}

if (import.meta.main) process.exitCode = await main(process.argv.slice(2));
