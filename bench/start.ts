// What a command costs that does little: CPU of its whole process, beside a Node that does nothing. The packaged CLI,
// as a checkout's own command starts a second Node.
import { spawnSync } from "node:child_process";
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { Contest } from "./harness.ts";
import { bundleCli } from "../tools/bundle.ts";

const home = (path: string): string => fileURLToPath(new URL(path, import.meta.url));

/** Makes a process say what it used, in a file: its output is its own. */
const METER = `process.once("exit", () => {
  const { user, system } = process.cpuUsage();
  require("node:fs").writeFileSync(process.env.USED, String(user + system));
});`;

export async function startContests(): Promise<Contest[]> {
  const folder = mkdtempSync(join(tmpdir(), "reach-bench-"));
  process.once("exit", () => rmSync(folder, { recursive: true, force: true }));
  await bundleCli(join(folder, "cli/bundle"));
  for (const part of ["bin", "package.json"]) {
    cpSync(home(`../cli/${part}`), join(folder, "cli", part), { recursive: true });
  }
  writeFileSync(join(folder, "meter.cjs"), METER);
  const input = join(folder, "input.json");
  writeFileSync(input, '{"a":1}');
  const used = join(folder, "used");
  /** Microseconds of CPU. */
  const cpuOf = (args: readonly string[]): number => {
    const all = ["--require", join(folder, "meter.cjs"), ...args];
    const env = { ...process.env, USED: used, XDG_CACHE_HOME: folder };
    const { status, stderr } = spawnSync(process.execPath, all, { env, encoding: "utf8" });
    if (status !== 0) throw new Error(`${args.join(" ")} ended with ${status}: ${stderr}`);
    return Number(readFileSync(used, "utf8"));
  };
  const reach = join(folder, "cli/bin/reach.mjs");
  const evidence = home("../golden/runs/completed.reach");
  const commands: readonly (readonly [name: string, args: readonly string[]])[] = [
    ["node -e 0", ["-e", "0"]],
    ["reach --version", [reach, "--version"]],
    ["reach eval .a FILE", [reach, "eval", ".a", input]],
    ["reach verify FILE", [reach, "verify", evidence]],
    ["reach lint FILE", [reach, "lint", home("../examples/loan-prescreen/workflow.yaml")]],
  ];
  // From the second time on, as most starts are: compiled code is kept.
  for (const [, args] of commands) cpuOf(args);
  return [
    {
      name: "a whole process, CPU",
      unit: "files",
      amount: 1,
      contenders: commands.map(([name, args]) => ({
        name,
        run: () => undefined,
        elsewhere: () => cpuOf(args),
      })),
    },
  ];
}
