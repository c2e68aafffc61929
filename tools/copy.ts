// A copy of this checkout, for what has to change its sources.
import { cpSync, mkdirSync, readdirSync, symlinkSync } from "node:fs";
import { basename, join } from "node:path";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("../", import.meta.url));

/** The checkout without its history, its packages linked, and those of its own that are in it. */
export function copyTo(folder: string): void {
  const skipped = new Set([".git", "node_modules", "build", "dist"]);
  cpSync(root, folder, { recursive: true, filter: (path) => !skipped.has(basename(path)) });
  for (const target of ["release", "release-simd", "debug"]) {
    cpSync(join(root, "build", target), join(folder, "build", target), { recursive: true });
  }
  const modules = join(folder, "node_modules");
  mkdirSync(modules);
  for (const name of readdirSync(join(root, "node_modules"))) {
    const from = join(root, "node_modules", name);
    if (name === "@reach-fabric")
      cpSync(from, join(modules, name), { recursive: true, verbatimSymlinks: true });
    else if (!name.startsWith(".vite")) symlinkSync(from, join(modules, name));
  }
}
