// Every `@example` of the sources is a program that TypeScript takes, that runs, and whose claims hold.
import { execFile } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import {
  allExamples,
  claimsOf,
  examplesIn,
  fileOf,
  FOLDER,
  loadNames,
  looseComments,
  moduleOf,
  writeModules,
} from "../doc-examples/modules.ts";

const root = fileURLToPath(new URL("../../", import.meta.url));
const examples = allExamples();
const names = await loadNames();
writeModules(examples, names);

/** Runs a program of Node; what it says, and how it ended. */
const runs = (args: readonly string[]): Promise<{ status: number; said: string }> =>
  new Promise((resolve) => {
    const child = execFile(process.execPath, args, { cwd: root }, (_, out, problems) =>
      resolve({ status: child.exitCode ?? 1, said: `${out}${problems}` }),
    );
  });

const results = join(root, FOLDER, "results.json");
const pathOf = (example: (typeof examples)[number]): string => join(root, FOLDER, fileOf(example));
const [types, run] = await Promise.all([
  runs(["node_modules/typescript/bin/tsc", "-p", FOLDER]),
  runs([
    "--conditions=reach-source",
    "tools/doc-examples/run.ts",
    results,
    ...examples.map((example) => pathOf(example)),
  ]),
]);

test("all examples are found, and most of them claim something", () => {
  expect(examples.length).toBeGreaterThanOrEqual(93);
  expect(examples.reduce((sum, example) => sum + claimsOf(example), 0)).toBeGreaterThanOrEqual(60);
});

test("TypeScript takes all examples", () => {
  expect(types).toEqual({ status: 0, said: "" });
});

test("all examples were run", () => {
  expect(run).toEqual({ status: 0, said: "" });
  expect(JSON.parse(readFileSync(results, "utf8"))).toMatchObject({ ran: examples.length });
});

test.each(examples.map((example) => [example.place, example] as const))("%s", (_, example) => {
  const { wrong } = JSON.parse(readFileSync(results, "utf8")) as { wrong: Record<string, string> };
  expect(wrong[pathOf(example)]).toBeUndefined();
});

test("what stands behind a statement is a claim", () => {
  const loose = examples.map((example) => [example.place, ...looseComments(example)]);
  expect(loose.filter(({ length }) => length > 1)).toEqual([]);
});

test("a claim becomes a check, and names become imports", () => {
  const source = `/**
 * Doubles.
 *
 * @throws Error
 * @example toHex(bytes); // → "00"
 * @example
 * checkJson("{"); // → throws REACH-E1101
 */`;
  const found = examplesIn("bindings/src/index.ts", source);
  expect(found.map(({ place }) => place)).toEqual(
    [5, 6].map((line) => `bindings/src/index.ts:${line}`),
  );
  const [first = "", second = ""] = found.map((example) => moduleOf(example, names));
  expect(first).toContain('import { toHex } from "@reach-fabric/engine";');
  expect(first).toContain("const bytes = await given.bytes();");
  expect(first).toContain('isThat(toHex(bytes), "00");');
  expect(second).toContain('throwsThat(() => checkJson("{"), "REACH-E1101");');
});
