// The packages that are published, in the order in which they need each other, and what each must hold.
import { globSync, readFileSync } from "node:fs";
import { join, sep } from "node:path";
import { fileURLToPath } from "node:url";

export const root: string = fileURLToPath(new URL("../..", import.meta.url));

/** What a package.json says, as far as it is looked at here. */
export interface Manifest {
  readonly name: string;
  readonly version: string;
  readonly license?: string;
  readonly description?: string;
  readonly keywords?: readonly string[];
  readonly homepage?: string;
  readonly bugs?: { readonly url: string };
  readonly repository?: { readonly type: string; readonly url: string; readonly directory: string };
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly engines: { readonly node: string };
}

export interface Package {
  /** Its folder in this repository. */
  readonly folder: string;
  readonly manifest: Manifest;
  readonly readme: string;
}

export const packages: readonly Package[] = ["bindings", "schema", "evidence", "host", "cli"].map(
  (folder) => ({
    folder,
    manifest: JSON.parse(read(folder, "package.json")) as Manifest,
    readme: read(folder, "README.md"),
  }),
);

function read(...names: string[]): string {
  return readFileSync(join(root, ...names), "utf8");
}

/**
 * The files that the tarball of a package must hold, and no other: they follow from its sources, so that what
 * was not built, or is left of a source that is gone, does not fit.
 */
export function filesOf({ folder }: Package): string[] {
  const below = (pattern: string): string[] =>
    globSync(pattern, { cwd: join(root, folder) }).map((name) => name.replaceAll(sep, "/"));
  const built =
    folder === "cli"
      ? [
          "bin/reach.cjs",
          "bin/start.cjs",
          "bundle/scalar.wasm",
          "bundle/simd.wasm",
          ...bundle(below),
        ]
      : [...below("src/**/*.ts").flatMap(compiled), ...below("src/**/*.wasm").map(inDist)];
  return [...new Set(["LICENSE", "README.md", "package.json", ...built])].sort();
}

const inDist = (source: string): string => source.replace(/^src/, "dist");

/** What TypeScript makes of a source; the entry for tests is not packed. */
function compiled(source: string): string[] {
  if (source === "src/testing.ts") return [];
  const name = inDist(source).slice(0, -".ts".length);
  return [`${name}.js`, `${name}.d.ts`];
}

/** The bundle's parts have names that the bundler gives: those that are there, and the two that must be. */
const bundle = (below: (pattern: string) => string[]): string[] => [
  "bundle/main.js",
  "bundle/THIRD_PARTY.txt",
  ...below("bundle/*"),
];

/** A package and those of this repository that it needs, itself included. */
export function closure(names: readonly string[]): Package[] {
  const needed = new Set(names);
  for (const { manifest } of packages.toReversed()) {
    if (!needed.has(manifest.name)) continue;
    for (const name of Object.keys(manifest.dependencies ?? {})) needed.add(name);
  }
  return packages.filter(({ manifest }) => needed.has(manifest.name));
}
