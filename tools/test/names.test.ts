// One exported name has one meaning: in the engine, and in the packages of TypeScript. What is exported again under
// its name is the same thing, and does not count.
import { globSync, readFileSync } from "node:fs";
import { basename, sep } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";

const root = fileURLToPath(new URL("../../", import.meta.url));

const DECLARED =
  /^export (?:declare )?(?:abstract )?(?:async )?(?:const|let|function\*?|class|interface|type|enum) (\w+)/gm;

/** Names that more than one file declares and exports, with these files. */
function declaredTwice(pattern: string): Map<string, string[]> {
  const files = globSync(pattern, { cwd: root, exclude: ["**/generated/**"] });
  expect(files.length).toBeGreaterThan(100);
  const at = new Map<string, string[]>();
  for (const file of files.map((name) => name.replaceAll(sep, "/")).sort()) {
    for (const [, name = ""] of readFileSync(root + file, "utf8").matchAll(DECLARED)) {
      if (at.get(name)?.includes(file) !== true) at.set(name, [...(at.get(name) ?? []), file]);
    }
  }
  return new Map([...at].filter(([, where]) => where.length > 1));
}

/** Files that are to export the same names. */
const COUNTERPARTS: readonly (readonly [why: string, ...files: readonly string[]])[] = [
  [
    "the same calls, of the core and of the whole engine",
    "bindings/src/core.ts",
    "bindings/src/engine/default.ts",
  ],
  [
    "the same entry, with the module in it and without",
    "bindings/src/core-from-wasm.ts",
    "bindings/src/core.ts",
  ],
  ["of a browser and of Node", "evidence/src/keys/browser.ts", "evidence/src/keys/node.ts"],
];

/** The same notion twice, and why not once. */
const TWICE: Readonly<Record<string, string>> = {
  redact:
    "of evidence, by its rules, and of what is shown, by its looks: embedders ask for it by this word",
  anyObject: "by zod, and without it: verifiers load no zod",
  instant: "by zod, and without it: verifiers load no zod",
};

/** A verb of the command line is a function of its name, which adds it; what it calls may bear the same. */
const isVerb = (name: string, file: string): boolean =>
  file.startsWith("cli/src/commands/") && basename(file, ".ts") === name;

test("no name is declared twice in the engine", () => {
  expect([...declaredTwice("assembly/**/*.ts")]).toEqual([]);
});

test("no name is declared twice in the packages of TypeScript, but for verbs and counterparts", () => {
  const twice = declaredTwice("{bindings,schema,evidence,host,cli}/src/**/*.ts");
  const isExplained = (name: string, files: readonly string[]): boolean =>
    files.length <= 1 ||
    name in TWICE ||
    COUNTERPARTS.some(([, ...all]) => files.every((file) => all.includes(file)));
  const others = [...twice]
    .map(([name, files]) => [name, files.filter((file) => !isVerb(name, file))] as const)
    .filter(([name, files]) => !isExplained(name, files));
  expect(others).toEqual([]);
  // What is explained is there.
  for (const name of Object.keys(TWICE)) {
    expect(twice.get(name)?.filter((file) => !isVerb(name, file))).toHaveLength(2);
  }
  for (const [, ...all] of COUNTERPARTS) {
    expect([...twice.values()]).toContainEqual([...all].sort());
  }
});
