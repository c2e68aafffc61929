// What consumers do with the tarballs: what the READMEs say, on the oldest Node of each line that a package supports
// and on the pinned one; CommonJS; bundlers; strict types.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { satisfies } from "semver";
import { Consumer } from "./consumer.ts";
import { npm } from "./npm.ts";
import { packages } from "./packages.ts";
import type { Package } from "./packages.ts";
import { stepsOf } from "./readme.ts";
import type { Tarball } from "./tarballs.ts";

/** A Node to run on. */
export interface Node {
  readonly version: string;
  readonly path: string;
}

export interface World {
  /** An empty folder outside the clone. */
  readonly folder: string;
  readonly tarballs: readonly Tarball[];
  /** Outside the clone, the newest last. */
  readonly nodes: readonly Node[];
  /** Evidence that a README has made, for those that begin with some. */
  evidence?: Uint8Array;
}

const runsOn = (each: Package, { version }: Node): boolean =>
  satisfies(version, each.manifest.engines.node);

const newest = ({ nodes }: World): string => nodes.at(-1)?.path ?? process.execPath;

const consumer = (world: World, name: string): Consumer =>
  new Consumer(join(world.folder, name), world.tarballs, newest(world));

/** Does what a package's README says, in a folder for each Node; what is installed is shared. */
export function followReadme(world: World, each: Package): string[] {
  const project = consumer(world, each.folder);
  const nodes = world.nodes.filter((node) => runsOn(each, node));
  if (world.evidence !== undefined && each.folder !== "host") {
    for (const { version } of nodes) project.put(`${version}/case.reach`, world.evidence);
  }
  for (const [index, step] of stepsOf(each.readme).entries()) {
    if (step.kind === "install") {
      project.install(step.names);
      continue;
    }
    for (const { version, path } of nodes) {
      const where = { node: path, cwd: version };
      if (step.kind === "file") project.put(`${version}/${step.name}`, step.text);
      else if (step.kind === "program") {
        project.put(`${version}/program-${index}.mjs`, step.text);
        project.expect(0, [path, `program-${index}.mjs`], where);
      } else project.expect(0, npm(newest(world), "exec", "--no", "--", ...step.args), where);
    }
  }
  if (each.folder === "cli") {
    tryOldNodes(world, project);
    world.evidence = readFileSync(join(project.folder, nodes[0]?.version ?? "", "case.reach"));
  }
  return project.problems;
}

/** A Node that the program does not run on: a sentence, and not the exit code of what failed. */
function tryOldNodes({ nodes }: World, project: Consumer): void {
  const [cli] = packages.filter(({ folder }) => folder === "cli") as [Package];
  for (const node of nodes.filter((each) => !runsOn(cli, each))) {
    const bin = join(project.folder, "node_modules", cli.manifest.name, "bin/reach.cjs");
    const { stderr } = project.expect(3, [node.path, bin, "verify", "case.reach"], {
      node: node.path,
    });
    if (stderr !== `reach needs Node 22.19, 24 or 26 and newer; this is ${node.version}.\n`) {
      project.problems.push(`reach on Node ${node.version} says: ${stderr}`);
    }
  }
}

/** The packages that are there to be imported. */
const libraries = packages.filter(({ folder }) => folder !== "cli");
const names = libraries.map(({ manifest }) => manifest.name);

/** CommonJS, bundlers and the compiler, in one project that has all packages. */
export function useElsewhere(world: World): string[] {
  const project = consumer(world, "elsewhere");
  project.install([...names, "esbuild", "vite", "typescript", "@types/node"]);
  for (const node of world.nodes) {
    const able = libraries
      .filter((each) => runsOn(each, node))
      .map(({ manifest }) => manifest.name);
    if (able.length === 0) continue;
    // `require` of ECMAScript modules is there from Node 22.12 on.
    const canRequire = satisfies(node.version, ">=22.12");
    const load = (name: string): string =>
      `${canRequire ? "require" : "await import"}(${JSON.stringify(name)})`;
    const lines = able.map(
      (name) => `if (Object.keys(${load(name)}).length < 5) throw ${JSON.stringify(name)};`,
    );
    const file = project.put(
      `all-${node.version}.cjs`,
      `(async () => {\n${lines.join("\n")}\n})();\n`,
    );
    project.expect(0, [node.path, file], { node: node.path });
  }
  bundle(world, project);
  compile(world, project);
  return project.problems;
}

/** A bundle for browsers verifies evidence, and asks nothing of Node. */
function bundle(world: World, project: Consumer): void {
  project.put("case.reach", world.evidence ?? "");
  project.put(
    "page.mjs",
    `import { createEngine, replay } from "@reach-fabric/engine";
import { openEvidence, recordsOf, verify } from "@reach-fabric/evidence";
import { editorSchema } from "@reach-fabric/schema";
export function check(bytes) {
  const evidence = openEvidence(createEngine(), bytes);
  const records = [...recordsOf(createEngine(), evidence)].map((record) => record.bytes);
  const { ok } = verify(createEngine(), bytes);
  const { status } = replay(createEngine(), evidence.pack, records);
  return [ok, status, editorSchema("table").type].join();
}
`,
  );
  const modules = join(project.folder, "node_modules");
  const esbuild = ["--bundle", "--format=esm", "--platform=browser", "--outfile=esbuild/page.mjs"];
  project.expect(0, [newest(world), join(modules, "esbuild/bin/esbuild"), "page.mjs", ...esbuild]);
  project.put(
    "vite.config.mjs",
    'export default { build: { outDir: "vite", lib: { entry: "page.mjs", formats: ["es"], fileName: () => "page.mjs" } } };\n',
  );
  project.expect(0, [newest(world), join(modules, "vite/bin/vite.js"), "build"]);
  for (const tool of ["esbuild", "vite"]) {
    project.put(
      `${tool}.mjs`,
      `import { readFileSync } from "node:fs";
import { check } from "./${tool}/page.mjs";
const text = readFileSync("${tool}/page.mjs", "utf8");
if (/["'](node:|fs["'])/.test(text)) throw new Error("it asks something of Node");
const said = check(new Uint8Array(readFileSync("case.reach")));
if (said !== "true,reproduced,object") throw new Error(said);
`,
    );
    project.expect(0, [newest(world), `${tool}.mjs`]);
  }
}

/** The READMEs' programs, and an import of all that is public, under the strictest options. */
function compile(world: World, project: Consumer): void {
  const strict = {
    strict: true,
    exactOptionalPropertyTypes: true,
    noUncheckedIndexedAccess: true,
    verbatimModuleSyntax: true,
    target: "es2023",
    lib: ["es2023", "dom"],
    types: ["node"],
    noEmit: true,
  };
  const files = libraries.flatMap(({ folder, readme }) =>
    stepsOf(readme).flatMap((step, index) => {
      if (step.kind !== "program") return [];
      project.put(`types/${folder}-${index}.mts`, step.text);
      return [`types/${folder}-${index}.mts`];
    }),
  );
  const imports = [...names, "@reach-fabric/engine/golden", "@reach-fabric/host/codes"].map(
    (name, index) => `import * as p${index} from ${JSON.stringify(name)};\nvoid p${index};\n`,
  );
  project.put("types/all.mts", imports.join(""));
  const required = names.map(
    (name, index) => `import p${index} = require(${JSON.stringify(name)});\nvoid p${index};\n`,
  );
  project.put("types/all.cts", required.join(""));
  const tsc = join(project.folder, "node_modules/typescript/bin/tsc");
  for (const [module, more] of [
    ["nodenext", ["types/all.cts"]],
    ["esnext", []],
  ] as const) {
    const moduleResolution = module === "esnext" ? "bundler" : module;
    project.put(
      `tsconfig.${module}.json`,
      JSON.stringify({
        compilerOptions: { ...strict, module, moduleResolution },
        files: ["types/all.mts", ...files, ...more],
      }),
    );
    project.expect(0, [newest(world), tsc, "-p", `tsconfig.${module}.json`]);
  }
}
