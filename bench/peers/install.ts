// What others have made, in folders of their own with their own lock files: it is large, and installed when it is asked for.
import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";

/** Installs the peers of a folder of bench, when they are asked for. */
export function install(peer: "temporal" | "langgraph" | "dbos"): void {
  const cwd = fileURLToPath(new URL(`../${peer}/`, import.meta.url));
  if (existsSync(`${cwd}node_modules`)) return;
  process.stderr.write(`installing the peers of bench/${peer} ...\n`);
  const run = (args: string[]): void => {
    const { status } = spawnSync("npm", args, { cwd, stdio: ["ignore", "ignore", "inherit"] });
    if (status !== 0) throw new Error(`npm ${args.join(" ")} in bench/${peer} failed`);
  };
  run(["ci"]);
  // The only one that is compiled.
  if (peer === "langgraph") run(["rebuild", "better-sqlite3", "--ignore-scripts=false"]);
}
