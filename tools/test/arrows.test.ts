// `npm run arrows` on this checkout, and on a copy of it in which wrong imports are planted: the files lie among the
// real ones, under the real rules, and only the check itself says what is wrong with them.
import { spawnSync } from "node:child_process";
import {
  cpSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { arrowsOf, listedIn } from "../arrows-graph.ts";
import type { Fault, Graph } from "../arrows-graph.ts";
import { withGraph } from "../arrows-page.ts";

const root = fileURLToPath(new URL("../../", import.meta.url));
const copy = mkdtempSync(join(tmpdir(), "reach-arrows-"));
afterAll(() => rmSync(copy, { recursive: true, force: true }));

/** The sources of this checkout, its packages linked to each other there, and no history. */
function makeCopy(): void {
  const packages = ["bindings", "schema", "evidence", "host", "cli"];
  const manifests = ["", ...packages].map((name) => join(name, "package.json"));
  const others = [...manifests, ".gitignore", "tools/node.mjs", "bindings/src/generated"];
  for (const file of [...listedIn(root), ...others]) {
    cpSync(join(root, file), join(copy, file), { recursive: true });
  }
  const modules = join(copy, "node_modules");
  mkdirSync(modules);
  for (const name of readdirSync(join(root, "node_modules"))) {
    const from = join(root, "node_modules", name);
    // The cruiser itself is copied, so that it finds its parser in the copy or not at all.
    if (name === "@reach-fabric" || name === "dependency-cruiser")
      cpSync(from, join(modules, name), { recursive: true, verbatimSymlinks: true });
    else if (!name.startsWith(".")) symlinkSync(from, join(modules, name));
  }
  spawnSync("git", ["init", "--quiet"], { cwd: copy });
}

/** Writes files into the copy. */
function plant(files: Readonly<Record<string, string>>): void {
  for (const [name, text] of Object.entries(files)) {
    const path = join(copy, name);
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, text);
  }
}

test("every file was read, no rule is broken, and docs/architecture.md shows the graph", async () => {
  const graph = await arrowsOf(root);
  expect(graph.faults).toEqual([]);
  expect(graph.parts.map(({ name }) => name)).toEqual(
    expect.arrayContaining([
      "assembly",
      ...["bindings", "schema", "evidence", "host", "cli"].flatMap((name) => [
        `${name}/src`,
        `${name}/test`,
      ]),
      "tools",
      "fuzz",
      "bench",
      "golden",
      "examples",
    ]),
  );
  for (const { name, listed, cruised } of graph.parts) {
    expect({ name, cruised }).toEqual({ name, cruised: listed });
  }
  const page = readFileSync(join(root, "docs/architecture.md"), "utf8");
  expect(withGraph(page, graph), "npm run arrows -- --write mends it").toBe(page);
});

test("where there is no git the same files are listed", () => {
  const folder = mkdtempSync(join(tmpdir(), "reach-no-git-"));
  const files = ["a/b/c.ts", "d.ts"];
  for (const file of [...files, "node_modules/e/e.ts", "a/dist/f.ts", "a/g.js"]) {
    mkdirSync(dirname(join(folder, file)), { recursive: true });
    writeFileSync(join(folder, file), "");
  }
  const listed = [listedIn(folder)];
  writeFileSync(join(folder, ".gitignore"), "node_modules/\ndist/\n");
  spawnSync("git", ["init", "--quiet"], { cwd: folder });
  listed.push(listedIn(folder));
  rmSync(folder, { recursive: true });
  expect(listed).toEqual([files, files]);
});

/** Where circles are planted: a new folder beside the others of each package. */
const homes = [
  "assembly/planted",
  "bindings/src/planted",
  "schema/src/planted",
  "evidence/src/planted",
  "host/src/planted",
  "cli/src/planted",
  "tools/planted",
  "fuzz/planted",
  "bench/planted",
  "golden/planted",
];

interface Circle {
  readonly kind: string;
  readonly rule: string;
  /** Files of a folder, and the one whose import closes the circle, last. */
  readonly files: (extension: string) => readonly (readonly [name: string, text: string])[];
  readonly path: (at: string) => readonly string[];
}

const circles: readonly Circle[] = [
  {
    kind: "values",
    rule: "no-circle",
    files: (ts) => [
      ["b.ts", `import { a } from "./a${ts}";\nexport const b = (): number => a();\n`],
      ["a.ts", `import { b } from "./b${ts}";\nexport const a = (): number => b();\n`],
    ],
    path: (at) => [`${at}/a.ts`, `${at}/b.ts`, `${at}/a.ts`],
  },
  {
    kind: "types",
    rule: "no-circle",
    files: (ts) => [
      ["b.ts", `import type { A } from "./a${ts}";\nexport interface B {\n  a: A;\n}\n`],
      ["a.ts", `import type { B } from "./b${ts}";\nexport interface A {\n  b: B;\n}\n`],
    ],
    path: (at) => [`${at}/a.ts`, `${at}/b.ts`, `${at}/a.ts`],
  },
  {
    kind: "folders",
    rule: "no-circle-of-folders",
    files: (ts) => [
      ["a/one.ts", `import { two } from "../b/two${ts}";\nexport const one = two;\n`],
      ["b/two.ts", "export const two = 2;\n"],
      ["a/four.ts", "export interface Four {\n  n: i32;\n}\n"],
      ["b/three.ts", `export type { Four } from "../a/four${ts}";\n`],
    ],
    path: (at) => [`${at}/a`, `${at}/b`, `${at}/a`],
  },
];

/** The files of a circle as they are when the last of them imports nothing, and as they are. */
function circleAt(
  at: string,
  { files }: Circle,
): Record<"open" | "closed", Record<string, string>> {
  // The engine's language has no extensions in imports.
  const all = files(at.startsWith("assembly/") ? "" : ".ts");
  const closed = Object.fromEntries(all.map(([name, text]) => [`${at}/${name}`, text]));
  const open = { ...closed, [`${at}/${all.at(-1)?.[0]}`]: "export const n = 1;\n" };
  return { open, closed };
}

/** Imports that break one rule or more, or none. */
const wrong: readonly (readonly [file: string, text: string, rules: readonly string[]])[] = [
  ["bindings/src/wrong/types.ts", 'import type { Grant } from "@reach-fabric/schema";', []],
  ["bindings/src/wrong/values.ts", 'import { z } from "@reach-fabric/schema";', ["bindings-types"]],
  [
    "bindings/src/wrong/up.ts",
    'import type { A } from "@reach-fabric/evidence";',
    ["bindings-down"],
  ],
  ["schema/src/wrong/up.ts", 'import type { A } from "@reach-fabric/engine";', ["schema-down"]],
  ["evidence/src/wrong/up.ts", 'import { run } from "@reach-fabric/host";', ["evidence-down"]],
  [
    "host/src/wrong/up.ts",
    'import type { A } from "@reach-fabric/cli/testing";',
    ["host-down", "no-testing"],
  ],
  ["tools/wrong/testing.ts", 'import { a } from "@reach-fabric/cli/testing";', []],
  ["tools/wrong/cli.ts", 'import { a } from "../../cli/src/program.ts";', ["by-name", "cli-top"]],
  [
    "assembly/wrong/up.ts",
    'import { a } from "../../schema/src/index";',
    ["by-name", "engine-alone"],
  ],
  [
    "bindings/src/wrong/engine.ts",
    'import { a } from "../../../assembly/errors/codes.ts";',
    ["engine-bytes"],
  ],
  ["evidence/src/wrong/program.ts", 'import { a } from "../../../fuzz/main.ts";', ["no-programs"]],
  [
    "host/src/wrong/fixture.ts",
    'import { a } from "../../../evidence/test/fixtures/fixture.ts";',
    ["no-programs"],
  ],
  [
    "host/src/wrong/tested.ts",
    'import { a } from "@reach-fabric/evidence/testing";',
    ["no-testing"],
  ],
  ["golden/wrong/path.ts", 'import type { A } from "../../evidence/src/index.ts";', ["by-name"]],
  [
    "evidence/src/wrong/path.ts",
    'import { a } from "../../../bindings/src/index.ts";',
    ["by-name"],
  ],
  ["host/test/wrong/path.ts", 'import { a } from "../../src/index.ts";', ["by-name"]],
  [
    "examples/wrong/tool.ts",
    'import { a } from "../../tools/engine/builds.ts";',
    ["examples-alone"],
  ],
  ["evidence/src/log/up/a.ts", 'import { a } from "../../file/layout.ts";', ["log-ground"]],
  ["assembly/trace/up/a.ts", 'import { a } from "../../workflow/fork";', ["trace-ground"]],
  ["assembly/trace/state/a.ts", 'import { a } from "../../workflow/state/state";', []],
  ["assembly/json/up/a.ts", 'import { a } from "../../trace/record";', ["values-ground"]],
  ["evidence/src/wrong/unknown.ts", 'import { a } from "@reach-fabric/nowhere";', ["no-unknown"]],
  ["bench/wrong/built.ts", 'import { a } from "../../host/dist/index.js";', ["sources-only"]],
  ["tools/wrong/unseen.ts", 'export type A = import("../engine/builds.ts").Build;', ["all-seen"]],
  ["tools/wrong/single.ts", "export type A = typeof import('../engine/builds.ts');", ["all-seen"]],
  [
    "evidence/src/wrong/required.ts",
    'import { createRequire as make } from "node:module";\n' +
      'const load = make(import.meta.url);\nload("../../../host/src/index.ts");',
    ["all-seen"],
  ],
  [
    "evidence/src/wrong/builtin.ts",
    'const { createRequire } = process.getBuiltinModule("node:module");\n' +
      'const load = createRequire(import.meta.url);\nload("../../../host/src/index.ts");',
    ["all-seen", "all-seen"],
  ],
  [
    "evidence/src/wrong/computed.ts",
    'const url = new URL("../../../host/src/index.ts", import.meta.url);\nawait import(url.href);',
    ["all-seen"],
  ],
  [
    "evidence/src/wrong/template.ts",
    'const name = "host";\nawait import(`../../../${name}/src/index.ts`);',
    ["all-seen"],
  ],
  ["tools/wrong/late.ts", 'await import("../engine/builds.ts");', []],
  ["tools/wrong/reference.ts", '/// <reference path="../engine/builds.ts" />', ["all-seen"]],
  // What the engine's sources have and TypeScript does not: the parser takes it, and goes on to the end.
  [
    "assembly/wrong/decorated.ts",
    "// @ts-ignore: decorator\n@inline\nexport function a(): void {}\n\n" +
      '@unmanaged\nexport class B {}\n\nexport { up } from "./up";',
    [],
  ],
];

describe("in a copy of the checkout", () => {
  let whole: Graph;
  beforeAll(async () => {
    makeCopy();
    plant({ "host/dist/index.js": "export const a = 1;\n" });
    const files = wrong.map(([file, text]) => [file, `${text}\n`]);
    plant(Object.fromEntries(files) as Record<string, string>);
    for (const home of homes) {
      for (const circle of circles) plant(circleAt(`${home}/${circle.kind}`, circle).closed);
    }
    whole = await arrowsOf(copy);
  });

  test.each(wrong)("the rules for %s hold", (file, _text, rules) => {
    const found = whole.faults.filter(({ path }) => path[0] === file).map(({ rule }) => rule);
    expect(found.sort()).toEqual(rules);
  });

  describe.each(homes)("%s", (home) => {
    test.each(circles)("a circle of $kind is red by itself", async (circle) => {
      const at = `${home}/${circle.kind}`;
      const { open, closed } = circleAt(at, circle);
      plant(open);
      expect((await arrowsOf(copy, { within: [at] })).faults).toEqual([]);
      plant(closed);
      const { faults, parts } = await arrowsOf(copy, { within: [at] });
      expect(faults).toMatchObject([{ rule: circle.rule, path: circle.path(at) }]);
      expect(parts).toMatchObject([{ cruised: Object.keys(closed).length }]);
    });
  });

  test("among all files each circle is found once, and nothing else", () => {
    const planted = homes.flatMap((home) =>
      circles.map(({ kind, rule, path }) => ({ rule, path: path(`${home}/${kind}`) })),
    );
    const others = wrong.map(([file]) => file);
    const found = whole.faults
      .filter(({ path: [first = ""] }) => !others.includes(first))
      .map(({ rule, path }) => ({ rule, path }));
    const key = ({ rule, path }: Omit<Fault, "comment">): string => [rule, ...path].join(" ");
    expect(found.map(key).sort()).toEqual(planted.map(key).sort());
  });

  test("a folder and a folder in it that import each other are a circle", async () => {
    const above = "evidence/src/above.ts";
    plant({
      [above]: "export const a = 1;\n",
      "evidence/src/log/below.ts": 'export { a } from "../above.ts";\n',
    });
    const { faults } = await arrowsOf(copy, { within: ["evidence/src"] });
    rmSync(join(copy, above));
    rmSync(join(copy, "evidence/src/log/below.ts"));
    const circle = ["evidence/src", "evidence/src/log", "evidence/src"];
    expect(faults).toContainEqual(
      expect.objectContaining({ rule: "no-circle-of-folders", path: circle }),
    );
  });

  test("so are folders of two programs", async () => {
    plant({
      "fuzz/far/a.ts": 'export { b } from "../../bench/far/b.ts";\n',
      "bench/far/b.ts": "export const b = 1;\n",
      "bench/far/c.ts": 'export { d } from "../../fuzz/far/d.ts";\n',
      "fuzz/far/d.ts": "export const d = 1;\n",
    });
    const { faults } = await arrowsOf(copy, { within: ["fuzz/far", "bench/far"] });
    expect(faults).toMatchObject([
      { rule: "no-circle-of-folders", path: ["bench/far", "fuzz/far", "bench/far"] },
    ]);
  });

  test("without a parser nothing is read, and that is red", () => {
    rmSync(join(copy, "node_modules/@swc"));
    const { status, stdout } = spawnSync(process.execPath, ["tools/arrows.ts"], {
      cwd: copy,
      encoding: "utf8",
    });
    symlinkSync(join(root, "node_modules/@swc"), join(copy, "node_modules/@swc"));
    expect(stdout).toMatch(/\bevidence\/src +0 of +\d{2,} files, +0 arrows/);
    expect(stdout).toContain("FAILED all-read: evidence/src/index.ts");
    expect(status).toBe(1);
  });

  // dependency-cruiser's own parser gives way to one for JavaScript where TypeScript is 7.
  test("what a parser misses in a file that it has read is red", async () => {
    const within = ["evidence/src/planted"];
    const { faults, parts } = await arrowsOf(copy, { parser: "tsc", within });
    expect(parts).toMatchObject([{ listed: 8, cruised: 8 }]);
    const missed = ["evidence/src/planted/folders/b/three.ts", "../a/four.ts"];
    expect(faults).toContainEqual(expect.objectContaining({ rule: "all-seen", path: missed }));
  });
});
