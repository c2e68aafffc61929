// npm run pack: the packages as they would be published, in build/pack, and all that shows that they can be.
//
// Packs each package as it was just built and holds the tarball to its sources, to publint and to
// "are the types wrong". Then uses the tarballs as others would, in a folder outside this clone: tools/pack/consumers.ts.
// Exit status 1 if anything is wrong, or could not be looked at. `--quick` leaves the consumers out.
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, dirname, join, relative } from "node:path";
import { bundleCli } from "../bundle.ts";
import { fetchNodes } from "../programs.ts";
import { checkTrace } from "./consumer.ts";
import { followReadme, useElsewhere } from "./consumers.ts";
import type { World } from "./consumers.ts";
import { packages, root } from "./packages.ts";
import { pack, problemsOf } from "./tarballs.ts";
import { canTrace } from "./trace.ts";

/**
 * One that is too old for the syntax, the oldest Nodes of the lines that any package supports, and one that some do not;
 * the pinned one is the newest.
 */
const VERSIONS = ["6.0.0", "20.0.0", "22.19.0", "24.0.0"];

const found: string[] = [];

function report(what: string, problems: readonly string[], start: number): void {
  const seconds = ((performance.now() - start) / 1000).toFixed(1);
  const verdict = problems.length === 0 ? "passed" : "FAILED";
  process.stdout.write(`[pack] ${what}: ${verdict} (${seconds} s)\n`);
  for (const problem of problems) process.stdout.write(`  ${problem}\n`);
  found.push(...problems);
}

async function main(isQuick: boolean): Promise<number> {
  await bundleCli(join(root, "cli/bundle"));
  const tarballs = packages.map(pack);
  for (const tarball of tarballs) {
    const start = performance.now();
    const size = (readFileSync(tarball.path).length / 1024).toFixed(0);
    report(`${relative(root, tarball.path)} (${size} KB)`, await problemsOf(tarball), start);
  }
  // What cannot be installed is not tried.
  if (!isQuick && found.length === 0) useAll(tarballs);
  if (!isQuick && !canTrace) found.push("NOT TRACED: there is no strace on PATH");
  process.stdout.write(
    found.length > 0
      ? `${found.length} problems\n`
      : isQuick
        ? "The tarballs hold what they should; they were not installed\n"
        : "The packages can be published\n",
  );
  return found.length === 0 ? 0 : 1;
}

function useAll(tarballs: World["tarballs"]): void {
  const outside = mkdtempSync(join(tmpdir(), "reach-pack-"));
  try {
    const older = fetchNodes(join(root, "build/nodes"), VERSIONS);
    const nodes = [...older, process.execPath].map((path, index) => {
      const version = VERSIONS[index] ?? process.versions.node;
      const copy = join(outside, "nodes", version, basename(path));
      mkdirSync(dirname(copy), { recursive: true });
      cpSync(path, copy);
      return { version, path: copy };
    });
    const pinned = nodes.at(-1)?.path ?? "";
    const world: World = { folder: outside, tarballs, nodes };
    let start = performance.now();
    report("the trace sees the clone", checkTrace(join(outside, "trace"), pinned), start);
    // The command line first: its README makes the evidence that others begin with.
    for (const each of packages.toReversed()) {
      start = performance.now();
      report(`the README of ${each.manifest.name}`, followReadme(world, each), start);
    }
    start = performance.now();
    report("CommonJS, esbuild, Vite, strict types", useElsewhere(world), start);
  } finally {
    rmSync(outside, { recursive: true, force: true });
  }
}

if (import.meta.main) process.exitCode = await main(process.argv.includes("--quick"));
