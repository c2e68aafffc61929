// Makes what the package of the CLI holds (`npm run build`, then `npm pack -w cli`): cli/bundle, the program and
// all that it uses in a few files, as a process that verifies one file spends most of its time finding and
// compiling modules; and the licences of what is not ours.
import { readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { isBuiltin } from "node:module";
import { basename, join } from "node:path";
import { fileURLToPath } from "node:url";
import { rolldown } from "rolldown";
import type { Plugin } from "rolldown";

const root = fileURLToPath(new URL("../", import.meta.url));

/** The files of the schema package that need no zod: `reach verify` has its own checks, and uses no others. */
const PLAIN_SCHEMAS = ["fields/names.ts", "pack/listed.ts", "evidence/verdicts.ts"];

/**
 * One file for each of these, with all that it imports and that is in no file above it: finding a file takes longer than
 * compiling it, and making what is not needed longer than both.
 */
const groups = Object.entries({
  // What nearly every command needs.
  common: [
    "\0(late|builtin):.*",
    "cli/src/(program|version|read/(engine|files|instants|options)|ui/names).ts",
    "bindings/src/(engine/default|run/pack|calls/bytecode).ts",
    `schema/src/(${PLAIN_SCHEMAS.join("|")})`,
  ],
  // Loaded when the first schema is asked for.
  schemas: ["\0schemas"],
  // What those need that look into packs.
  pack: ["evidence/src/file/pack.ts"],
  // The most frequent command.
  verify: ["cli/src/commands/verify.ts"],
  // What those need that read documents.
  packs: ["host/src/(packs|pack/pack|files/document).ts", "cli/src/commands/lint.ts"],
}).map(([name, paths], at, all) => ({
  name,
  test: new RegExp(`(^|[\\\\/])(${paths.join("|").replaceAll("/", "[\\\\/]")})$`),
  priority: all.length - at,
}));

/** The engine as the files that it is: as text it takes longer to be read than to be compiled. */
const wasmFiles: Plugin = {
  name: "wasm-files",
  load(id) {
    if (id !== join(root, "bindings/src/engine/wasm.ts")) return null;
    for (const [build, target] of Object.entries({ scalar: "release", simd: "release-simd" })) {
      const source = readFileSync(join(root, "build", target, "engine.wasm"));
      this.emitFile({ type: "asset", fileName: `${build}.wasm`, source });
    }
    return `import { readFileSync } from "node:fs";
export const wasmBytes = (build) => readFileSync(new URL(build + ".wasm", import.meta.url));`;
  },
};

/** Modules of Node that take long to load and that few commands come to use: loaded by the first use. */
const LATE = new Set(["node:child_process", "node:crypto", "node:tty"]);

/**
 * Modules of Node itself without the loader of modules, which reads every member of each of them and so loads
 * streams and Web Crypto for a program that uses neither.
 */
const builtins: Plugin = {
  name: "builtins",
  resolveId(source, importer, { kind }) {
    if (kind !== "import-statement" || !isBuiltin(source)) return null;
    // Not those of the bundler's own code, which what stands in their place is made of.
    if (importer === undefined || importer.startsWith("\0")) return null;
    return `\0${LATE.has(source) ? "late" : "builtin"}:${source}`;
  },
  load(id) {
    const [, when, name] = /^\0(late|builtin):(.*)$/.exec(id) ?? [];
    if (name === undefined) return null;
    const module = `process.getBuiltinModule(${JSON.stringify(name)})`;
    const late = `new Proxy({}, { get: (_, name) => ${module}[name] })`;
    return { code: `module.exports = ${when === "late" ? late : module};`, moduleType: "js" };
  },
};

/**
 * The files of schemas, in a file of the bundle that is loaded when the first schema is asked for, and each made when
 * the first of its own is: a command uses few of them, and making all would be a third of its start.
 */
const schemas: Plugin = {
  name: "schemas",
  buildStart() {
    this.emitFile({ type: "chunk", id: "\0schemas", fileName: "schemas.js" });
  },
  resolveId(source, importer) {
    if (["\0schemas", "\0schemas-late"].includes(source)) return source;
    if (importer !== SCHEMA_INDEX) return null;
    return PLAIN_SCHEMAS.includes(source.slice(2))
      ? join(root, "schema/src", source)
      : `\0schema:${source}`;
  },
  load(id) {
    if (id === "\0schemas") return listOfSchemas();
    if (id === "\0schemas-late") return LATE_SCHEMAS;
    const [, source] = /^\0schema:(.*)$/.exec(id) ?? [];
    if (source === undefined) return null;
    const code = `const { schemasIn } = require("\0schemas-late");
let made;
module.exports = new Proxy({}, { get: (_, name) => (made ??= schemasIn("${source}"))[name] });`;
    return { code, moduleType: "js" };
  },
};

const SCHEMA_INDEX = join(root, "schema/src/index.ts");

const LATE_SCHEMAS = `const { createRequire } = process.getBuiltinModule("node:module");
let all;
export const schemasIn = (file) => (all ??= createRequire(import.meta.url)("./schemas.js").all)[file]();`;

/** The module that has all files of schemas, each behind a function that makes it. */
function listOfSchemas(): string {
  const names = readFileSync(SCHEMA_INDEX, "utf8").matchAll(/ from "\.\/(.*)";/g);
  const members = [...new Set([...names].map(([, name = ""]) => name))]
    .filter((name) => !PLAIN_SCHEMAS.includes(name))
    .map((name) => `"./${name}": () => require(${JSON.stringify(join(root, "schema/src", name))})`);
  return `export const all = { ${members.join(", ")} };`;
}

/** Bundles cli/src/main.ts into a folder, which is emptied first. Gives the modules that each file of it is made of. */
export const bundleCli = (folder: string): Promise<Map<string, readonly string[]>> =>
  bundle(join(root, "cli/src/main.ts"), folder);

/** Bundles a program as that of the CLI is: a benchmark runs what users do. */
export async function bundle(
  program: string,
  folder: string,
): Promise<Map<string, readonly string[]>> {
  rmSync(folder, { recursive: true, force: true });
  const build = await rolldown({
    input: program,
    platform: "node",
    resolve: { conditionNames: ["reach-source", "node", "import", "default"] },
    plugins: [wasmFiles, builtins, schemas],
  });
  const { output } = await build.write({
    dir: folder,
    format: "esm",
    minify: true,
    codeSplitting: { groups },
  });
  await build.close();
  const files = new Set(output.map(({ fileName }) => fileName));
  for (const file of output) {
    const needs = file.type === "chunk" ? [...file.imports, ...file.dynamicImports] : [];
    const foreign = needs.filter((name) => !files.has(name) && !isBuiltin(name));
    if (foreign.length > 0) throw new Error(`${file.fileName} needs ${foreign.join(", ")}`);
  }
  for (const thread of THREADS) await bundleThread(thread, folder);
  const made = new Map(
    output.flatMap((file) => (file.type === "chunk" ? [[file.fileName, file.moduleIds]] : [])),
  );
  writeFileSync(join(folder, "THIRD_PARTY.txt"), licences([...made.values()].flat()));
  return made;
}

/** Programs of threads, which who makes one finds beside itself. */
const THREADS = ["host/src/store/sqlite/store-thread.ts", "host/src/pool/engine-thread.ts"];

/** The program of a thread: in one file without any of the others, as it needs little of them. */
async function bundleThread(source: string, folder: string): Promise<void> {
  const build = await rolldown({
    input: join(root, source),
    platform: "node",
    resolve: { conditionNames: ["reach-source", "node", "import", "default"] },
    plugins: [wasmFiles],
  });
  const name = basename(source, ".ts");
  await build.write({
    dir: folder,
    entryFileNames: `${name}.js`,
    format: "esm",
    minify: true,
    codeSplitting: false,
  });
  await build.close();
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
