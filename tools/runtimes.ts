// npm run test:runtimes: the same answers on Node 20, 22, 24, the pinned and the machine's own
// Node, and in headless Chromium. Fetches the Nodes through npm into build/runtimes.
//
// Every runtime gets the same bundle (made by esbuild: Node 20 runs no TypeScript) and the same
// golden files, checks them on every build of the engine and says all that came of them; then the
// transcripts are compared as texts. Exit status 1 if anything differs or a runtime is missing.
//
//   npm run test:runtimes                             and 10,000 generated runs from their inputs alone
//   npm run test:runtimes -- --from 4711 --runs 1     of these only number 4711
import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { build } from "esbuild";
import { chromium } from "playwright-core";
import type { Page } from "playwright-core";
import fc from "fast-check";
import { inputs, programs, rubble } from "../fuzz/arbitraries/expr.ts";
import { texts } from "../fuzz/arbitraries/jq.ts";
import { scripts } from "../fuzz/arbitraries/workflow.ts";
import { print } from "../fuzz/models/jq/ast.ts";
import { allGolden } from "../golden/files.ts";
import type { Golden } from "../golden/golden.ts";
import type { Transcript } from "../golden/transcript.ts";
import { fetchNodes, onPath } from "./programs.ts";

const root = fileURLToPath(new URL("..", import.meta.url));
const folder = join(root, "build/runtimes");

/** What a runtime is and what it answered. */
export interface Answers {
  readonly runtime: string;
  readonly transcript: Transcript;
}

/** What every runtime gets: made at one time, so that all of them answer about the same engine. */
export interface Questions {
  /** A program for Node that reads the golden files from its last argument and prints its answers. */
  readonly program: string;
  /** The golden files, in a file. */
  readonly file: string;
  /** A script for a page: it defines `reach.transcript`. */
  readonly script: string;
  readonly golden: Golden;
}

/** Generated jq programs: always the same ones. */
function somePrograms(count: number): [program: string, input: string][] {
  const program = fc.oneof(
    { weight: 2, arbitrary: programs.map((ast) => print(ast)) },
    { weight: 2, arbitrary: texts },
    { weight: 1, arbitrary: rubble },
  );
  return fc.sample(fc.tuple(program, inputs), { numRuns: count, seed: 20_261_126 });
}

/** Generated runs: each follows from its number alone. */
const someRuns = (from: number, count: number): Golden["scripts"] =>
  Array.from({ length: count }, (_, i): Golden["scripts"][number] => {
    const [script] = fc.sample(scripts, { seed: from + i, numRuns: 1 });
    if (script === undefined) throw new Error("nothing was generated");
    return [from + i, script];
  });

/** Bundles the questions into a folder. */
export async function questions(
  into: string,
  {
    programs: count,
    runs = 0,
    keep = () => true,
  }: {
    /** So many generated programs. */
    readonly programs: number;
    /** So many generated runs. */
    readonly runs?: number;
    /** Of the golden files, which. */
    readonly keep?: (path: string) => boolean;
  },
): Promise<Questions> {
  const common = { bundle: true, conditions: ["reach-source"], logLevel: "warning" as const };
  const program = join(into, "transcript.mjs");
  const [, page] = await Promise.all([
    build({
      ...common,
      stdin: {
        contents: `
          import { readFileSync } from "node:fs";
          import { transcript } from "./golden/transcript.ts";
          const golden = JSON.parse(readFileSync(process.argv[2], "utf8"));
          process.stdout.write(JSON.stringify(transcript(golden)));`,
        resolveDir: root,
      },
      outfile: program,
      platform: "node",
      format: "esm",
      target: "node20",
    }),
    build({
      ...common,
      entryPoints: [join(root, "golden/transcript.ts")],
      write: false,
      platform: "browser",
      format: "iife",
      globalName: "reach",
      target: "chrome120",
    }),
  ]);
  const all = allGolden();
  const files = all.files.filter(({ path }) => keep(path));
  const golden = { ...all, files, programs: somePrograms(count), scripts: someRuns(0, runs) };
  return asking({
    program,
    file: join(into, "golden.json"),
    script: page.outputFiles[0]?.text ?? "",
    golden,
  });
}

function asking(asked: Questions): Questions {
  writeFileSync(asked.file, JSON.stringify(asked.golden));
  return asked;
}

/** The same programs, asked about other generated runs and nothing else. */
function aboutRuns(asked: Questions, from: number, count: number): Questions {
  const { golden, file } = asked;
  const none = { files: [], programs: [], index: { ...golden.index, runs: [] }, runs: {} };
  const runs = { ...golden, ...none, scripts: someRuns(from, count) };
  return asking({ ...asked, file: file.replace(/golden\.json$/, "runs.json"), golden: runs });
}

/** Asks a Node, with flags and variables of its own where wanted. */
export function answersOfNode(
  node: string,
  { program, file }: Questions,
  more: {
    readonly flags?: readonly string[];
    readonly env?: Readonly<Record<string, string>>;
  } = {},
): Answers {
  const { status, stdout, stderr, error } = spawnSync(
    node,
    [...(more.flags ?? []), program, file],
    {
      encoding: "utf8",
      maxBuffer: 1 << 28,
      env: { ...process.env, NODE_OPTIONS: "", ...more.env },
    },
  );
  if (status !== 0) throw new Error(`${node} failed: ${error?.message ?? stderr}`);
  return {
    runtime: `Node ${versionOf(node)}`,
    transcript: JSON.parse(stdout) as Transcript,
  };
}

/** What a page with the engine needs to be allowed, and all that it is allowed here. */
const POLICY = "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'";

/** Asks a page of its own in a Chromium. */
export async function answersOfChromium(
  executablePath: string,
  { script, golden }: Questions,
): Promise<Answers> {
  let transcript: Transcript | undefined;
  const runtime = await inChromium(executablePath, script, async (page) => {
    // As a text: what carries a value out of the page leaves out a member __proto__.
    const said = await page.evaluate((text) => {
      const { reach } = globalThis as unknown as {
        reach: { transcript(asked: unknown): unknown };
      };
      return JSON.stringify(reach.transcript(JSON.parse(text)));
    }, JSON.stringify(golden));
    transcript = JSON.parse(said) as Transcript;
  });
  if (transcript === undefined) throw new Error("the page gave nothing");
  return { runtime, transcript };
}

/**
 * Opens a page in a headless Chromium, without network and under POLICY, with one script in it, and
 * hands it over. Returns the browser's name and version.
 */
export async function inChromium(
  executablePath: string,
  script: string,
  use: (page: Page) => Promise<void>,
): Promise<string> {
  const rootUser = process.getuid?.() === 0;
  const browser = await chromium.launch({ executablePath, args: rootUser ? ["--no-sandbox"] : [] });
  try {
    const page = await browser.newPage();
    await page.route("**/*", (route) => {
      if (route.request().url().endsWith("/reach.js")) {
        return route.fulfill({ contentType: "text/javascript", body: script });
      }
      return route.fulfill({
        contentType: "text/html",
        headers: { "content-security-policy": POLICY },
        body: '<!doctype html><script src="/reach.js"></script>',
      });
    });
    await page.goto("https://reach.invalid/");
    await use(page);
    return `Chromium ${browser.version()}`;
  } finally {
    await browser.close();
  }
}

/** Debian's Chromium, or another one of that family. */
export const findChromium = (): string | undefined =>
  onPath(["chromium", "chromium-browser", "google-chrome", "google-chrome-stable"]);

/** The Node that somebody installed on this machine, where it is not the pinned one. */
export function ownNode(): string | undefined {
  const found = onPath(["node"], (name) => name.includes("node_modules"));
  if (found === undefined) return undefined;
  return versionOf(found) === process.version ? undefined : found;
}

const versionOf = (node: string): string =>
  spawnSync(node, ["--version"], { encoding: "utf8" }).stdout.trim();

/** What differs from the first answers; nothing where all is well. */
export function differences(all: readonly Answers[]): string[] {
  const [first] = all;
  const wanted = first?.transcript.builds[0]?.recomputed.runs ?? [];
  return all.flatMap(({ runtime, transcript }) => {
    const problems = transcript.builds.flatMap(({ build: name, failed, recomputed }) => {
      const other = wanted.find(([run, digest], i) => {
        const [actual, found] = recomputed.runs[i] ?? [];
        return actual !== run || found !== digest;
      });
      const others = other === undefined ? [] : [`another result of ${other[0]}`];
      return [...failed, ...others].map((failure) => `${runtime} (${name}): ${failure}`);
    });
    const answers = transcript.builds.map((each) => `${each.outcomes} ${each.programs}`);
    if (new Set(answers).size !== 1) problems.push(`${runtime}: its builds differ`);
    if (first && JSON.stringify(transcript) !== JSON.stringify(first.transcript)) {
      problems.push(`${runtime} answers otherwise than ${first.runtime}`);
    }
    return problems;
  });
}

export function answersLine({ runtime, transcript: { builds } }: Answers): string {
  const [scalar] = builds;
  const counts = builds.map(
    ({ build: name, passed, failed }) => `${name} ${passed} passed, ${failed.length} failed`,
  );
  const runs = Object.keys(scalar?.runs ?? {}).length;
  return (
    `${runtime.padEnd(22)} ${counts.join("; ")} (${runs} of them runs); ` +
    `all answers, twice: ${scalar?.outcomes.slice(0, 16) ?? "none"}; ` +
    `programs: ${scalar?.programs.slice(0, 16) ?? "none"}`
  );
}

/** More at once would be too much for a page. */
const CHUNK = 500;

/** Runtimes that are here, each with the way to ask it; and those that are missing. */
function runtimes(): { asking: ((asked: Questions) => Promise<Answers>)[]; missing: string[] } {
  const nodes = [process.execPath, ...fetchNodes(folder, ["20", "22", "24"])];
  const own = ownNode();
  const versions = nodes.map(versionOf);
  if (own !== undefined && !versions.includes(versionOf(own))) nodes.push(own);
  const asking = nodes.map(
    (node) =>
      async (asked: Questions): Promise<Answers> =>
        Promise.resolve(answersOfNode(node, asked)),
  );
  const browser = findChromium();
  if (browser === undefined) {
    return { asking, missing: ["Chromium (none on PATH: apt-get install chromium)"] };
  }
  return { asking: [...asking, async (asked) => answersOfChromium(browser, asked)], missing: [] };
}

async function main(args: string[]): Promise<number> {
  const { values } = parseArgs({
    args,
    options: {
      from: { type: "string", default: "0" },
      runs: { type: "string", default: "10000" },
    },
  });
  const [from, runs] = [Number(values.from), Number(values.runs)];
  const asked = await questions(folder, { programs: 10_000 });
  const { asking, missing } = runtimes();
  const problems: string[] = [];
  const askAll = async (about: Questions): Promise<Answers[]> => {
    const all: Answers[] = [];
    for (const ask of asking) {
      const answers = await ask(about);
      all.push(answers);
      if (about === asked) process.stdout.write(`${answersLine(answers)}\n`);
    }
    for (const problem of differences(all)) {
      problems.push(problem);
      process.stdout.write(`FAILED ${problem}\n`);
    }
    return all;
  };
  const all = await askAll(asked);
  for (let done = 0; done < runs; done += CHUNK) {
    const count = Math.min(CHUNK, runs - done);
    const [first] = await askAll(aboutRuns(asked, from + done, count));
    const digest = first?.transcript.builds[0]?.recomputed.runs.map(([, each]) => each) ?? [];
    process.stdout.write(
      `${count} generated runs from ${from + done}: ${sha256(digest.join("")).slice(0, 16)}\n`,
    );
  }

  for (const what of missing) process.stdout.write(`NOT RUN on ${what}\n`);
  process.stdout.write(
    problems.length > 0
      ? `${problems.length} differences\n`
      : `The same bytes on ${all.length} runtimes (${process.platform} ${process.arch})\n`,
  );
  return problems.length + missing.length === 0 ? 0 : 1;
}

const sha256 = (text: string): string => createHash("sha256").update(text).digest("hex");

if (import.meta.main) process.exitCode = await main(process.argv.slice(2));
