// Tarballs as npm would publish them, and what is wrong with them.
import { spawnSync } from "node:child_process";
import { existsSync, globSync, mkdirSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { checkPackage, createPackageFromTarballData } from "@arethetypeswrong/core";
import { publint } from "publint";
import { formatMessage } from "publint/utils";
import { npm } from "./npm.ts";
import { filesOf, root } from "./packages.ts";
import type { Package } from "./packages.ts";

export const folder: string = join(root, "build/pack");

export interface Tarball {
  readonly package: Package;
  readonly path: string;
}

/** The path that npm gives the tarball of a package. */
const pathOf = ({ manifest: { name, version } }: Package): string =>
  join(folder, `${name.replace("@", "").replace("/", "-")}-${version}.tgz`);

/** Packs a package as it is built. */
export function pack(each: Package): Tarball {
  sweep(each);
  mkdirSync(folder, { recursive: true });
  const path = pathOf(each);
  rmSync(path, { force: true });
  const [program, ...args] = npm(
    process.execPath,
    "pack",
    "--silent",
    "--pack-destination",
    folder,
  );
  const { status, stderr } = spawnSync(program, args, {
    cwd: join(root, each.folder),
    encoding: "utf8",
  });
  if (status !== 0 || !existsSync(path)) throw new Error(`npm pack of ${each.folder}: ${stderr}`);
  return { package: each, path };
}

/** The compiler leaves what it made of a source that has moved since. */
function sweep(each: Package): void {
  const home = join(root, each.folder);
  const wanted = new Set(filesOf(each));
  for (const name of globSync("dist/**/*.{js,d.ts}", { cwd: home })) {
    const isTesting = /^dist[\\/]testing\./.test(name);
    if (!isTesting && !wanted.has(name.replaceAll("\\", "/"))) rmSync(join(home, name));
  }
}

/** All that is wrong with a tarball, in words. */
export async function problemsOf({ package: each, path }: Tarball): Promise<string[]> {
  const bytes = new Uint8Array(readFileSync(path));
  const { name } = each.manifest;
  const packed = createPackageFromTarballData(bytes);
  const home = `/node_modules/${name}/`;
  const files = packed.listFiles(home).map((file) => file.slice(home.length));
  const problems = contentProblems(filesOf(each), files);

  const { messages, pkg } = await publint({
    pack: { tarball: bytes.buffer },
    strict: true,
    level: "suggestion",
  });
  for (const message of messages) {
    problems.push(`publint: ${formatMessage(message, pkg, { color: false }) ?? message.code}`);
  }

  // The program and the module have no types; the entry for tests is in no tarball.
  const types = await checkPackage(packed, { excludeEntrypoints: ["./testing", "./core.wasm"] });
  if (types.types !== false) {
    for (const problem of types.problems) {
      if (!isMeant(problem)) problems.push(`types: ${JSON.stringify(problem)}`);
    }
  } else if (files.some((file) => file.endsWith(".d.ts"))) {
    problems.push("types: it has declarations that nobody finds");
  }
  return problems.map((problem) => `${name}: ${problem}`);
}

/**
 * ECMAScript modules alone, on purpose: CommonJS gets them by `import()`, or `require()` where Node has that. What
 * knows no `exports` (node10) is older than any Node that is supported.
 */
const isMeant = (problem: { readonly kind: string; readonly resolutionKind?: string }): boolean =>
  problem.kind === "CJSResolvesToESM" || problem.resolutionKind === "node10";

/** What lacks and what is too much. */
export function contentProblems(wanted: readonly string[], files: readonly string[]): string[] {
  return [
    ...wanted.filter((file) => !files.includes(file)).map((file) => `lacks ${file}`),
    ...files.filter((file) => !wanted.includes(file)).map((file) => `should not hold ${file}`),
  ];
}
