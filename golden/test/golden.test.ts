import { expect, test } from "vitest";
import { createEngine, EngineError, toHex } from "@reach-fabric/engine";
import { commitmentsOf } from "../../bindings/test/run/commit-model.ts";
import { readGolden, runOf, runSeed, verifyGolden } from "@reach-fabric/engine/golden";
import { allBuilds } from "../../tools/engine/builds.ts";
import { goldenFiles, readRun, runsIndex, specRules, testedRules } from "../files.ts";
import { verifyRuns } from "../runs.ts";
import type { RunCase } from "../runs.ts";
import { format, updateFile } from "../update.ts";

const files = goldenFiles();
const index = runsIndex();
const cited = [
  ...index.runs.map(({ file, rule }) => ({ rule, by: `golden/runs/${file}` })),
  ...files.flatMap(({ path, text }) =>
    readGolden(text).cases.map(({ id, rule }) => ({ rule, by: `${path} ${id}` })),
  ),
].flatMap(({ rule, by }) => [rule].flat().map((name) => ({ name, by })));

test.for(allBuilds().map(({ name, engine }) => ({ name, engine })))(
  "every golden case on the $name build",
  ({ engine }) => {
    const { passed, failed } = verifyGolden(engine, files);
    expect(failed).toEqual([]);
    expect(passed).toBeGreaterThan(100);
  },
);

test.for(allBuilds().map(({ name, engine }) => ({ name, engine })))(
  "the trees of every golden run are the model's on the $name build",
  ({ engine }) => {
    let runs = 0;
    for (const item of files.flatMap(({ text }) => readGolden(text).cases)) {
      if (item.op !== "run") continue;
      try {
        const { records } = runOf(engine, item);
        const { root, size, entered, left } = engine.commitments();
        expect({
          root: toHex(root),
          size,
          entered: { root: toHex(entered.root), size: entered.size },
          left: toHex(left),
        }).toEqual(commitmentsOf(runSeed, records));
        runs += 1;
      } catch (error) {
        // Cases that are about a refusal.
        if (!(error instanceof EngineError)) throw error;
      }
    }
    expect(runs).toBeGreaterThan(200);
  },
);

test.for(allBuilds().map(({ name, engine }) => ({ name, engine })))(
  "all evidence of golden/runs is judged as ever on the $name build",
  ({ engine }) => {
    const { passed, failed } = verifyRuns(engine, index, readRun);
    expect(failed).toEqual([]);
    expect(passed).toBeGreaterThan(20);
  },
);

test("a run that is judged otherwise, or whose file was changed, is found", () => {
  const [first] = index.runs;
  if (first === undefined) throw new Error("golden/runs is empty");
  const only = (change: Partial<RunCase>): string[] =>
    verifyRuns(createEngine(), { ...index, runs: [{ ...first, ...change }] }, readRun).failed;
  expect(only({})).toEqual([]);
  expect(only({ exitCode: 1 })).toHaveLength(1);
  expect(only({ verdicts: { ...first.verdicts, replayed: "fail REACH-E5701" } })).toHaveLength(1);
  expect(only({ decision: "0".repeat(64) })).toHaveLength(1);
  expect(only({ sha256: "0".repeat(64) })).toEqual([`${first.file}: the file itself was changed`]);
});

test("every rule of docs/spec has a golden case or a test that names it", () => {
  const known = new Set([...cited.map(({ name }) => name), ...testedRules().keys()]);
  expect(
    [...specRules()].filter(([id]) => !known.has(id)).map(([id, page]) => `${page} ${id}`),
  ).toEqual([]);
});

test("every rule of the data core has a golden case", () => {
  const pages = ["json", "numbers", "hash", "merkle", "regex", "schema"].map(
    (name) => `docs/spec/${name}.md`,
  );
  const covered = new Set(cited.map(({ name }) => name));
  const core = [...specRules()].filter(([, page]) => pages.includes(page));
  expect(new Set(core.map(([, page]) => page)).size).toBe(pages.length);
  expect(core.filter(([id]) => !covered.has(id))).toEqual([]);
});

test("every golden case and test names rules that exist", () => {
  const rules = specRules();
  expect(
    cited.filter(({ name }) => !rules.has(name)).map(({ name, by }) => `${by}: ${name}`),
  ).toEqual([]);
  // Titles also hold words like SHA-256: only those that look like ours count.
  const ours = new Set([...rules.keys()].map((id) => id.split("-")[0]));
  const wrong = [...testedRules()].filter(([id]) => ours.has(id.split("-")[0]) && !rules.has(id));
  expect(wrong).toEqual([]);
});

test("every case is about a rule of the page that its file names", () => {
  const rules = specRules();
  const wrong = files.flatMap(({ path, text }) => {
    const { spec, cases } = readGolden(text);
    const off = cases.filter(({ rule }) => [rule].flat().every((name) => rules.get(name) !== spec));
    return off.map(({ id, rule }) => `${path} ${id}: ${String(rule)} is not in ${spec}`);
  });
  expect(wrong).toEqual([]);
});

test("ids of golden cases are unique in all areas", () => {
  const ids = files.flatMap(({ text }) => readGolden(text).cases.map(({ id }) => id));
  expect(ids.filter((id, i) => ids.indexOf(id) !== i)).toEqual([]);
});

const head = {
  format: "reach/golden/v1",
  area: "json",
  spec: "docs/spec/json.md",
  notes: "a test",
};
const about = { rule: "JSON-1", why: "a test" };
const wrong = format({
  ...head,
  cases: [
    { id: "right", ...about, op: "canonicalize", input: "[1.0]", expect: "[1]" },
    { id: "other", ...about, op: "canonicalize", input: "[1.0]", expect: "[2]" },
    { id: "refused", ...about, op: "canonicalize", input: "[", expect: "[]" },
    { id: "accepted", ...about, op: "canonicalize", input: "[]", error: { code: "REACH-E1113" } },
    { id: "code", ...about, op: "canonicalize", input: "[", error: { code: "REACH-E1102" } },
    {
      id: "offset",
      ...about,
      op: "canonicalize",
      input: "[",
      error: { code: "REACH-E1113", offset: 0 },
    },
    {
      id: "fuel",
      ...about,
      op: "evaluate",
      program: ".",
      input: "1",
      expect: { outputs: ["1"], fuel: -1 },
    },
    { id: "nothing", ...about, op: "canonicalize", input: "[]" },
    { id: "operation", ...about, op: "guess", input: "[]", expect: "[]" },
  ],
});

test("a wrong expectation is found, whatever is wrong with it", () => {
  const { passed, failed } = verifyGolden(createEngine(), [{ path: "x.json", text: wrong }]);
  expect(passed).toBe(1);
  expect(failed).toHaveLength(8);
  expect(failed[0]).toBe('x.json other: /expect: expected "[2]", found "[1]"');
  expect(failed.map((line) => line.split(":")[0])).toEqual(
    ["other", "refused", "accepted", "code", "offset", "fuel", "nothing", "operation"].map(
      (id) => `x.json ${id}`,
    ),
  );
});

test("a file that is not a golden file is a failure, not nothing", () => {
  const engine = createEngine();
  for (const text of [
    "",
    "{}",
    '{"format":"reach/golden/v2","cases":[]}',
    format({ ...head, cases: [] }),
  ]) {
    expect(verifyGolden(engine, [{ path: "x.json", text }])).toMatchObject({
      passed: 0,
      failed: [expect.any(String)],
    });
  }
  const twice = { id: "a", ...about, op: "sha256", input: "", expect: "" };
  const text = format({ ...head, cases: [twice, twice] });
  expect(verifyGolden(engine, [{ path: "x.json", text }]).failed).toEqual([
    "x.json: two of its cases have one id",
  ]);
});

test("update changes what differs, says so, and leaves the rest alone", () => {
  const operation = readGolden(wrong).cases.filter(({ id }) => id !== "operation");
  const before = format({ ...head, cases: operation });
  const { text, changed } = updateFile(createEngine(), before);
  expect(changed).toHaveLength(7);
  expect(changed[0]).toBe('other: "[2]" -> "[1]"');
  expect(verifyGolden(createEngine(), [{ path: "x.json", text }])).toEqual({
    passed: 8,
    failed: [],
  });
  expect(text.split("\n").filter((line) => !before.includes(line))).toHaveLength(7);
  expect(updateFile(createEngine(), text).changed).toEqual([]);
});
