import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { errorOf, put, reach, temporaryFolder, workflow } from "./reach.ts";

const folder = temporaryFolder();

const bad = put(
  folder,
  "bad.yaml",
  `document: {dsl: '1.0.3', namespace: t, name: t, version: 1.0.0}
do:
  - a:
      set:
        x: \${ .items[] | .price }
        y: \${ .a | ] }
        t: \${ now }
  - b:
      if: \${ .list | select(.a) }
      set: {d: '\${ $who // "x" }', e: '\${ .a // "x" }'}
`,
);

test("lint says of each expression what is wrong, at its place", async () => {
  const { status, stdout } = await reach(folder, ["lint", bad]);
  expect(status).toBe(1);
  expect(stdout.replaceAll(bad, "FILE")).toBe(
    [
      "FILE:5:9  warning  It can give several outputs, where exactly one is needed   REACH-E1403",
      "    .items[] | .price",
      "FILE:5:9  warning  It can give no output, where exactly one is needed   REACH-E1402",
      "    .items[] | .price",
      "FILE:6:9  error  Syntax error, unexpected: ]   REACH-E1301",
      "     .a | ] ",
      "          ^",
      "FILE:7:9  note  It reads the clock: now",
      "FILE:9:7  warning  It can give no output, where exactly one is needed   REACH-E1402",
      "    .list | select(.a)",
      "FILE:10:13  error  Unknown variable: who   REACH-E1303",
      '     $who // "x" ',
      "     ^",
      "6 expressions: 2 errors, 3 warnings, 1 note",
      "",
    ].join("\n"),
  );
});

test("lint --json has every expression, those without a finding, too", async () => {
  const { status, stdout } = await reach(folder, ["lint", bad, "--json"]);
  expect(status).toBe(1);
  const { expressions, ...counts } = JSON.parse(stdout) as { expressions: { place: string }[] };
  expect(counts).toEqual({ tasks: [], tables: [], errors: 2, warnings: 3, notes: 1 });
  expect(expressions.at(-1)).toMatchObject({ place: "/do/1/b/set/e", findings: [] });
});

test("lint --json has file, line and column of everything that it says", async () => {
  put(
    folder,
    "all.yaml",
    "document: {dsl: 1.0.3, namespace: t, name: l, version: 1.0.0}\n" +
      "do:\n  - a: {call: decide, with: {table: all-rules.yaml, input: '${ | }'}, then: c}\n" +
      "  - b: {set: '2'}\n  - c: {set: '3'}\n",
  );
  put(
    folder,
    "all-rules.yaml",
    "table: {name: r, version: 1.0.0}\nhitPolicy: first\ninputs: [n]\nrules:\n" +
      "  - {id: A, when: {n: {lt: 9}}, then: 1}\n  - {id: B, when: {n: {lt: 5}}, then: 2}\n",
  );
  const { status, stdout } = await reach(folder, ["lint", "all.yaml", "--json"]);
  expect(status).toBe(1);
  const { expressions, tasks, tables } = JSON.parse(stdout) as Record<string, object[]>;
  const place = { file: "all.yaml", line: 3, column: 53, pointer: "/do/0/a/with/input" };
  expect(expressions?.[0]).toMatchObject({
    ...place,
    place: "/do/0/a/with/input",
    where: "all.yaml:3:53",
    findings: [{ severity: "error", code: "REACH-E1301", offset: 1, ...place }],
  });
  expect(tasks).toEqual([
    {
      severity: "warning",
      message: "Nothing leads to this task",
      where: "all.yaml:4:5",
      file: "all.yaml",
      line: 4,
      column: 5,
      pointer: "/do/1/b",
    },
  ]);
  expect(tables).toMatchObject([
    { severity: "warning", file: "all-rules.yaml", line: 6, column: 5, pointer: "/rules/1" },
    { severity: "warning", file: "all-rules.yaml", line: 4, column: 1, pointer: "/rules" },
  ]);
});

test("a workflow with nothing to say about exits 0", async () => {
  const { status, stdout } = await reach(folder, ["lint", workflow]);
  expect([status, stdout]).toEqual([0, "34 expressions: 0 errors, 0 warnings, 0 notes\n"]);
});

test("a workflow and the one that it runs are placed in the files as they were named", async () => {
  const head = (name: string): string =>
    `document: {dsl: 1.0.3, namespace: t, name: ${name}, version: 1.0.0}\n`;
  mkdirSync(join(folder, "family"));
  const run = "run: {workflow: {namespace: t, name: child, input: {}}}";
  put(
    folder,
    "family/parent.yaml",
    `${head("parent")}do:\n  - a: {${run}, then: exit}\n  - b: {set: '\${ | }'}\n`,
  );
  put(
    folder,
    "family/child.yaml",
    `${head("child")}do: [{a: {set: '\${ now }', then: exit}}, {b: {set: '2'}}]\n`,
  );
  const { status, stdout } = await reach(folder, ["lint", "family/parent.yaml"]);
  expect([status, [...new Set(stdout.match(/^family.*:\d+:\d+ +[a-z]+/gm))]]).toEqual([
    1,
    [
      "family/child.yaml:2:11  note",
      "family/parent.yaml:4:9  error",
      "family/child.yaml:2:43  warning",
      "family/parent.yaml:4:5  warning",
    ],
  ]);
});

test("a workflow that is none exits 2 with its problem", async () => {
  const file = put(folder, "none.yaml", "do: []\n");
  const ended = await reach(folder, ["lint", file, "--json"]);
  expect(ended.status).toBe(2);
  expect(errorOf(ended)["code"]).toMatch(/^REACH-E42/);
  const missing = await reach(folder, ["lint", "nowhere.yaml", "--json"]);
  expect([missing.status, errorOf(missing)["code"]]).toEqual([2, "REACH-E4102"]);
});

test("lint says to which tasks nothing leads", async () => {
  put(
    folder,
    "over.yaml",
    "document: {dsl: 1.0.3, namespace: t, name: o, version: 1.0.0}\n" +
      "do:\n  - a: {set: '1', then: c}\n  - b: {set: '2'}\n  - c: {set: '3'}\n",
  );
  const { status, stdout } = await reach(folder, ["lint", "over.yaml"]);
  expect([status, stdout]).toEqual([
    0,
    expect.stringContaining("over.yaml:4:5  warning  Nothing leads to this task"),
  ]);
});

test("lint says which rules of a decision table never apply", async () => {
  put(
    folder,
    "decide.yaml",
    "document: {dsl: 1.0.3, namespace: t, name: d, version: 1.0.0}\n" +
      "do: [{a: {call: decide, with: {table: rules.yaml, input: '${ . }'}}}]\n",
  );
  put(
    folder,
    "rules.yaml",
    "table: {name: r, version: 1.0.0}\nhitPolicy: first\ninputs: [n]\nrules:\n" +
      "  - {id: A, when: {n: {lt: 9}}, then: 1}\n  - {id: B, when: {n: {lt: 5}}, then: 2}\n",
  );
  const { status, stdout } = await reach(folder, ["lint", "decide.yaml"]);
  expect(status).toBe(0);
  expect(stdout).toMatch(/rules\.yaml {2}warning {2}B never applies/);
  expect(stdout).toMatch(/warning {2}No rule applies to some inputs\.\n {4}for example {"n":9}/);
  expect(stdout).toMatch(/0 errors, 2 warnings/);
});
