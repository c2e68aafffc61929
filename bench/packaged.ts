// The packaged CLI in a folder of its own, and what its processes use: a checkout's own command starts a second Node.
import { spawnSync } from "node:child_process";
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { createEngine } from "@reach-fabric/engine";
import { openEvidence, publicKeyFile } from "@reach-fabric/evidence";
import { bundleCli } from "../tools/bundle.ts";

const home = (path: string): string => fileURLToPath(new URL(path, import.meta.url));

/**
 * Makes a process say what it used, in a file: its output is its own. What getrusage() says of memory counts the
 * process that has started it, too; Linux says elsewhere what its own was.
 */
const METER = `process.once("exit", () => {
  const fs = require("node:fs");
  const { user, system } = process.cpuUsage();
  let kilobytes = process.resourceUsage().maxRSS;
  try {
    kilobytes = Number(/^VmHWM:\\s*(\\d+)/m.exec(fs.readFileSync("/proc/self/status", "utf8"))[1]);
  } catch {}
  fs.writeFileSync(process.env.USED, JSON.stringify({ cpu: user + system, peak: kilobytes * 1024 }));
});`;

/** What a whole process has used. */
interface Used {
  /** Microseconds of CPU. */
  readonly cpu: number;
  /** Bytes that were resident at most. */
  readonly peak: number;
  /** Microseconds by the clock. */
  readonly time: number;
}

export interface Packaged {
  /** Removed when this process ends. */
  readonly folder: string;
  /** The program: an argument of node. */
  readonly reach: string;
  /** Runs a Node with these arguments, that ends well. Compiled code is kept from one to the next. */
  readonly used: (args: readonly string[]) => Used;
}

export async function packaged(): Promise<Packaged> {
  const folder = mkdtempSync(join(tmpdir(), "reach-bench-"));
  process.once("exit", () => rmSync(folder, { recursive: true, force: true }));
  await bundleCli(join(folder, "cli/bundle"));
  for (const part of ["bin", "package.json"]) {
    cpSync(home(`../cli/${part}`), join(folder, "cli", part), { recursive: true });
  }
  const meter = join(folder, "meter.cjs");
  writeFileSync(meter, METER);
  const report = join(folder, "used.json");
  return {
    folder,
    reach: join(folder, "cli/bin/reach.cjs"),
    used: (args) => {
      const homes = {
        // Compiled code is kept only in a folder that no other user may read, as the program makes it.
        XDG_CACHE_HOME: join(folder, "cache"),
        XDG_CONFIG_HOME: join(folder, "config"),
        XDG_STATE_HOME: join(folder, "state"),
      };
      const env = { ...process.env, ...homes, USED: report };
      const start = performance.now();
      const { status, stderr } = spawnSync(process.execPath, ["--require", meter, ...args], {
        env,
        cwd: folder,
        encoding: "utf8",
      });
      const time = (performance.now() - start) * 1000;
      if (status !== 0) throw new Error(`${args.join(" ")} ended with ${status}: ${stderr}`);
      return { ...(JSON.parse(readFileSync(report, "utf8")) as Omit<Used, "time">), time };
    },
  };
}

/** The arguments that verify a file whose signer is known: their key is written beside it. */
export function verifying(folder: string, path: string): string[] {
  const { key } = openEvidence(createEngine(), readFileSync(path)).run;
  const trusted = join(folder, "signer.json");
  writeFileSync(trusted, JSON.stringify(publicKeyFile(key)));
  return ["verify", path, "--trust", trusted];
}
