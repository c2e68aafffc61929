// `npm run conformance [-- suite...]`: the engine against test vectors that others wrote.
//
// The vectors are not part of this repository: they are looked for in ../shared/vectors, or in
// the folder that REACH_VECTORS names. Without them nothing was checked, and the exit status is 3
// (0 with --allow-missing). One line a suite; exit status 1 if a case fails.
import { existsSync, readdirSync } from "node:fs";
import { fileURLToPath, pathToFileURL } from "node:url";
import { createEngine } from "@reach-fabric/engine";
import type { Engine } from "@reach-fabric/engine";

/** What a suite found. A failure and a skipped case say which case it is and why. */
export interface SuiteResult {
  readonly passed: number;
  readonly failed: readonly string[];
  /** `not built yet: ...` for what the engine lacks so far; anything else is left out for good. */
  readonly skipped: readonly string[];
  readonly notes?: readonly string[];
}

/** A set of vectors with one origin. A module in tools/conformance exports `suites`. */
export interface Suite {
  readonly name: string;
  run(engine: Engine, vectors: string): Promise<SuiteResult>;
}

const here = fileURLToPath(new URL("conformance/", import.meta.url));

/** The folder with the vectors, or undefined where there is none. */
export function vectorsFolder(): string | undefined {
  const folder =
    process.env["REACH_VECTORS"] ?? fileURLToPath(new URL("../../shared/vectors", import.meta.url));
  return existsSync(folder) ? folder : undefined;
}

/** All suites of tools/conformance, by file name and then in the order of the file. */
export async function allSuites(): Promise<Suite[]> {
  const files = readdirSync(here).filter((name) => name.endsWith(".ts"));
  const modules = await Promise.all(
    files.sort().map((name) => import(pathToFileURL(here + name).href) as Promise<object>),
  );
  // A file without `suites` is shared by others.
  return modules.flatMap((module) => ("suites" in module ? (module.suites as Suite[]) : []));
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
  return `${failed.length > 0 ? "FAIL" : "ok  "} ${name.padEnd(32)} ${counts.join(", ")}`;
}

const SHOWN = 10;

async function main(args: readonly string[]): Promise<number> {
  const verbose = args.includes("--verbose");
  const wanted = args.filter((arg) => !arg.startsWith("--"));
  const suites = (await allSuites()).filter(
    ({ name }) => wanted.length === 0 || wanted.some((part) => name.includes(part)),
  );
  if (suites.length === 0) {
    process.stderr.write(`No suite matches ${wanted.join(" ")}\n`);
    return 2;
  }
  const vectors = vectorsFolder();
  if (vectors === undefined) {
    process.stderr.write(
      `NOT RUN: ${suites.length} conformance suites. Their vectors are not part of this repository:\n` +
        "put them into ../shared/vectors, or name their folder in REACH_VECTORS.\n",
    );
    return args.includes("--allow-missing") ? 0 : 3;
  }
  let failures = 0;
  for (const suite of suites) {
    // A new engine for each: what one suite does to it must not matter to the next.
    const result = await suite.run(createEngine(), vectors);
    failures += result.failed.length;
    process.stdout.write(`${suiteLine(suite.name, result)}\n`);
    const shown = verbose ? result.failed : result.failed.slice(0, SHOWN);
    for (const failure of shown) process.stdout.write(`       FAILED ${failure}\n`);
    if (shown.length < result.failed.length) {
      process.stdout.write(`       and ${result.failed.length - shown.length} more (--verbose)\n`);
    }
    if (verbose) for (const why of result.skipped) process.stdout.write(`       skipped ${why}\n`);
  }
  process.stdout.write(`${failures === 0 ? "All suites passed" : `${failures} cases FAILED`}\n`);
  return failures === 0 ? 0 : 1;
}

if (import.meta.main) process.exitCode = await main(process.argv.slice(2));
