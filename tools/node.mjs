// The Node that the lock file pins, and one way to run a program on it.
// Plain JavaScript for any Node 20: whatever Node a developer has starts the pinned one.
import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { constants } from "node:os";
import { delimiter, dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

export const root = fileURLToPath(new URL("..", import.meta.url));

/** The pinned Node's executable, or the running one where no platform package fits. */
export function pinnedNode() {
  const target = `${process.platform}-${process.arch}`;
  const file = process.platform === "win32" ? "node.exe" : "node";
  return (
    [`node-${target}`, `node-bin-${target}`]
      .map((name) => join(root, "node_modules", name, "bin", file))
      .find((path) => existsSync(path)) ?? process.execPath
  );
}

/**
 * Runs a program of this checkout from its sources on the pinned Node, which also
 * comes first on PATH. Resolves to the exit status to pass on (128 + n after signal n).
 */
export function runNode(args, { quiet = false } = {}) {
  const node = pinnedNode();
  if (node === process.execPath && Number(process.versions.node.split(".")[0]) < 22) {
    process.stderr.write("No pinned Node here (run `npm start` first), and this one is too old.\n");
    // As cli/bin/reach.cjs says it: 1 would say that what was to be verified is wrong.
    return Promise.resolve(3);
  }
  const [main, ...rest] = args.map((arg) => (arg instanceof URL ? fileURLToPath(arg) : arg));
  const flags = [
    "--conditions=reach-source",
    ...(quiet ? ["--disable-warning=ExperimentalWarning"] : []),
  ];
  const child = spawn(node, [...flags, main, ...rest], {
    stdio: "inherit",
    env: { ...process.env, PATH: `${dirname(node)}${delimiter}${process.env.PATH ?? ""}` },
  });
  // A terminal delivers its own interrupt to both processes: do not send a second one.
  const forward = (signal) => {
    if (signal !== "SIGINT" || !process.stdin.isTTY) child.kill(signal);
  };
  const signals = ["SIGINT", "SIGTERM", "SIGHUP"];
  for (const signal of signals) process.on(signal, forward);
  return new Promise((resolve) => {
    child.on("error", (error) => {
      process.stderr.write(`${node} cannot be started: ${error.message}\n`);
      resolve(1);
    });
    child.on("exit", (code, signal) => {
      for (const name of signals) process.off(name, forward);
      resolve(code ?? 128 + (constants.signals[signal] ?? 0));
    });
  });
}
