// Which files a program opens, with all that it starts: as the kernel sees it, through strace.
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { onPath } from "../programs.ts";

const strace = process.platform === "linux" ? onPath(["strace"]) : undefined;
/** False where nothing can be traced: then no file is seen. */
export const canTrace: boolean = strace !== undefined;

/**
 * Turns a command into one that is traced.
 *
 * @returns the command, and a function that gives what it touched below a folder, to be called once it has ended
 */
export function traced(command: readonly string[]): {
  command: readonly string[];
  touched: (below: string) => string[];
} {
  if (strace === undefined) return { command, touched: () => [] };
  const folder = mkdtempSync(join(tmpdir(), "reach-trace-"));
  const log = join(folder, "log");
  const options = [
    "-f",
    "--seccomp-bpf",
    "-qq",
    "-y",
    "-s",
    "4096",
    "-e",
    "trace=%file",
    "-o",
    log,
  ];
  return {
    command: [strace, ...options, "--", ...command],
    touched: (below) => {
      const text = readFileSync(log, "utf8");
      rmSync(folder, { recursive: true });
      return pathsBelow(text, below);
    },
  };
}

/**
 * The paths in a trace that are in a folder: arguments of calls in quotes, after the folder that they count from
 * where that is told, and what descriptors stand for. A path that leads there through `..` counts, too.
 */
export function pathsBelow(trace: string, folder: string): string[] {
  const home = resolve(folder);
  const found = [...trace.matchAll(/(?:<(\/[^>]*)>(?:, )?)?"((?:[^"\\]|\\.)*)"|<(\/[^>]*)>/g)]
    .map(([, from = "/", path, open]) => resolve(from, path ?? open ?? ""))
    .filter((path) => path === home || path.startsWith(`${home}/`));
  return [...new Set(found)].sort();
}
