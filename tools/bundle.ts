// Makes what the package of the CLI holds (`npm run build`, then `npm pack -w cli`): cli/bundle, the program and all that it uses in a few files, as a
// process that verifies one file spends most of its time finding and compiling modules; and the licences of
// what is not ours.
import { readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { isBuiltin } from "node:module";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { rolldown } from "rolldown";

const root = fileURLToPath(new URL("../", import.meta.url));

/** Bundles cli/src/main.ts into a folder, which is emptied first. */
export async function bundleCli(folder: string): Promise<void> {
  rmSync(folder, { recursive: true, force: true });
  const build = await rolldown({
    input: join(root, "cli/src/main.ts"),
    platform: "node",
    resolve: { conditionNames: ["reach-source", "node", "import", "default"] },
  });
  const { output } = await build.write({ dir: folder, format: "esm", minify: true });
  await build.close();
  const files = new Set(output.map(({ fileName }) => fileName));
  for (const file of output) {
    const needs = file.type === "chunk" ? [...file.imports, ...file.dynamicImports] : [];
    const foreign = needs.filter((name) => !files.has(name) && !isBuiltin(name));
    if (foreign.length > 0) throw new Error(`${file.fileName} needs ${foreign.join(", ")}`);
  }
  const modules = output.flatMap((file) => (file.type === "chunk" ? file.moduleIds : []));
  writeFileSync(join(folder, "THIRD_PARTY.txt"), licences(modules));
}

/** The licence of each package that the modules are from. */
function licences(modules: readonly string[]): string {
  const packages = modules.flatMap(
    (id) => /^.*[\\/]node_modules[\\/](?:@[^\\/]+[\\/])?[^\\/]+/.exec(id) ?? [],
  );
  return [...new Set(packages)].sort().map(licence).join("\n");
}

function licence(folder: string): string {
  const { name, version, license } = JSON.parse(
    readFileSync(join(folder, "package.json"), "utf8"),
  ) as Record<"name" | "version" | "license", string>;
  const file = readdirSync(folder).find((each) => /^licen[cs]e/i.test(each));
  const text = file === undefined ? "" : readFileSync(join(folder, file), "utf8");
  return `== ${name} ${version}: ${license}\n\n${text}\n`;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) await bundleCli(join(root, "cli/bundle"));
