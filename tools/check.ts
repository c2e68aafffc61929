// The checks that run no test: `node tools/setup.mjs tools/check.ts types lint deps arrows`.
import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("..", import.meta.url));

/** A program of node_modules, or of this checkout where it begins with `./`, and its arguments. */
type Command = readonly [program: string, ...args: string[]];

const checks: Readonly<Record<string, readonly Command[]>> = {
  // TypeScript for all packages and programs; then the engine's sources as TypeScript sees them.
  types: [
    ["typescript/bin/tsc", "-b"],
    ["typescript/bin/tsc", "-p", "assembly"],
  ],
  lint: [
    ["oxlint/bin/oxlint", "--type-aware", "--deny-warnings", "--report-unused-disable-directives"],
    // What the engine may ask of a value that may be hidden.
    ["./tools/looks.ts"],
  ],
  // Files and dependencies that nobody uses, and dependencies that nobody declared; then what the
  // published sources need, where a package may not lean on the root's dependencies.
  deps: [
    [
      "knip/bin/knip.js",
      "--no-config-hints",
      "--include",
      "files,dependencies,unlisted,unresolved",
    ],
    // The package of the CLI is one bundle, and needs none.
    [
      "knip/bin/knip.js",
      "--no-config-hints",
      "--strict",
      "--include",
      "unlisted,unresolved",
      "--workspace",
      "!@reach-fabric/cli",
    ],
  ],
  // What may import what, in all packages.
  arrows: [["./tools/arrows.ts"]],
  format: [["oxfmt/bin/oxfmt", "."]],
};

/** Runs a check and says whether it passed. */
export function runCheck(name: string): boolean {
  const commands = checks[name];
  if (commands === undefined) {
    process.stderr.write(`No check ${name}: there are ${Object.keys(checks).join(", ")}.\n`);
    return false;
  }
  const start = performance.now();
  const passed = commands
    .map(([program, ...args]) => runTool(program, args))
    .every((status) => status === 0);
  const seconds = ((performance.now() - start) / 1000).toFixed(1);
  process.stdout.write(`[check] ${name}: ${passed ? "passed" : "FAILED"} (${seconds} s)\n`);
  return passed;
}

/** Runs such a program on the running Node; a death by signal is status 1. */
export function runTool(program: string, args: readonly string[], env?: NodeJS.ProcessEnv): number {
  const path = `${root}${program.startsWith("./") ? "" : "node_modules/"}${program}`;
  const { status, error } = spawnSync(process.execPath, [path, ...args], {
    cwd: root,
    stdio: "inherit",
    env: { ...process.env, ...env },
  });
  if (error) process.stderr.write(`${program}: ${error.message}\n`);
  return status ?? 1;
}

if (import.meta.main) {
  const results = process.argv.slice(2).map((name) => runCheck(name));
  process.exitCode = results.length > 0 && results.every(Boolean) ? 0 : 1;
}
