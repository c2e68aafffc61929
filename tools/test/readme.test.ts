// The README's programs run as they are printed, and give what their comments say.
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { pathToFileURL } from "node:url";
import { createEngine, makePack } from "@reach-fabric/engine";
import { expect, test } from "vitest";

const root = new URL("../../", import.meta.url);
const readme = readFileSync(new URL("README.md", root), "utf8");
const programs = [...readme.matchAll(/^```ts\n([^]*?)^```$/gm)].map(([, code = ""]) => code);

/** What the programs take for granted: a recorded run, and leaves of a tree. */
function given(): Record<string, unknown> {
  const engine = createEngine();
  const workflow = {
    document: { dsl: "1.0.3", namespace: "readme", name: "sum", version: "1.0.0" },
    do: [{ sum: { set: { sum: "${ .a + .b }" } } }],
  };
  const pack = makePack(engine, {
    id: "readme/sum",
    version: "1.0.0",
    workflows: { "workflow.json": JSON.stringify(workflow) },
  });
  engine.load(pack);
  const first = engine.admitStart({}, '{"a":1,"b":2}');
  const records = [first, ...engine.start(first).records];
  return { pack, records, leaves: [1, 2, 3, 4, 5].map((i) => Uint8Array.of(i)) };
}

test("there are programs, and things that they say", () => {
  expect(programs).toHaveLength(3);
  expect(programs.join("").match(said)?.length).toBeGreaterThanOrEqual(2);
});

/** A line that ends in what it gives: an expression, a semicolon, and a JSON value in a comment. */
const said = /^([^=\n]+);\s+\/\/ (true|\[[^\n]*\])$/gm;

test.for(programs.map((code, i) => [i, code] as const))("program %i runs", async ([i, code]) => {
  const checks: unknown[] = [];
  (globalThis as { readme?: unknown }).readme = { ...given(), checks };
  const folder = new URL("build/readme/", root);
  mkdirSync(folder, { recursive: true });
  const file = new URL(`program-${i}.ts`, folder);
  const checked = code.replace(said, (_, expression: string, value: string) => {
    return `readme.checks.push([${expression}, ${value}]);`;
  });
  writeFileSync(
    file,
    `const { readme } = globalThis;\nconst { pack, records, leaves } = readme;\n${checked}`,
  );
  await import(/* @vite-ignore */ pathToFileURL(file.pathname).href);
  for (const [found, wanted] of checks as [unknown, unknown][]) expect(found).toEqual(wanted);
  expect(checks.length).toBeGreaterThan(0);
});
