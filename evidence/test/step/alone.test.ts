// Which tasks are computed alone, and which are refused when they are asked for: docs/spec/evidence.md, EVID-51.
import { readdirSync, readFileSync } from "node:fs";
import { createEngine, parseRecord } from "@reach-fabric/engine";
import { readGolden, runOf } from "@reach-fabric/engine/golden";
import { EvidenceError, proveStep } from "@reach-fabric/evidence";
import { describe, expect, test } from "vitest";
import { engine, evidence, packOf } from "../fixtures/fixture.ts";
import {
  check,
  evidenceOf,
  evidenceOfPack,
  found,
  stepOf,
  tasksOf,
  workflowOf,
} from "../fixtures/step-fixture.ts";

const get = (more: object = {}): object => ({
  call: "http",
  with: { method: "get", endpoint: "https://a.example/v1/x" },
  ...more,
});

/** What comes of proving the last record of a task: `pass`, or why it is refused. */
function proven(file: Uint8Array, task: string, at = -1): string {
  const seq = tasksOf(file, task).at(at);
  if (seq === undefined) throw new Error(`no record of ${task}`);
  try {
    const report = check(proveStep(engine, file, seq));
    return found(report).join() === "pass,pass,pass" ? "pass" : report.verdicts.recomputed.why;
  } catch (error) {
    if (error instanceof EvidenceError && error.code === "REACH-E5512") return error.message;
    throw error;
  }
}

const all = (file: Uint8Array): string[] =>
  tasksOf(file).map((seq) => found(check(proveStep(engine, file, seq))).join());
const passes = (file: Uint8Array): void => {
  expect(new Set(all(file))).toEqual(new Set(["pass,pass,pass"]));
};

describe("a task is computed alone", () => {
  test("EVID-51 with $context, a switch, `then` and errors, in lists and lists of lists", () => {
    const tasks = [
      { first: { set: { n: "${ .n + 1 }" }, export: { as: "${ {seen: .n} }" } } },
      {
        choose: {
          switch: [{ big: { when: ".n > 5", then: "large" } }, { other: { then: "small" } }],
        },
      },
      { large: { set: { is: "large", seen: "${ $context.seen }" }, then: "end" } },
      {
        small: {
          try: [
            { in: { if: "${ .n > 100 }", set: { n: 2 } } },
            { is: { set: { is: "${ .n | error }", seen: "${ $context.seen }" } } },
          ],
          catch: {
            do: [
              { a: { set: { b: 1 }, export: { as: "${ {b: 1} }" } } },
              { c: { set: "${ $context }" } },
            ],
          },
        },
      },
    ];
    for (const n of [1, 9]) passes(evidenceOf(tasks, { input: { n } }));
  });

  test("EVID-51 in a loop and in branches, with what it asked and was told", () => {
    const ask = {
      ask: get({ output: { as: "${ {n} }" }, export: { as: '${ $context + {("n\\(.n)"): 1} }' } }),
    };
    const branch = (name: string): object => ({
      [name]: { do: [ask, { b: get({ input: { from: "${ $context }" } }) }] },
    });
    const tasks = [
      { before: { set: { l: [1, 2] }, export: { as: "${ {zero: 0} }" } } },
      {
        each: { for: { in: "${ .l }" }, do: [{ skip: { if: "${ false }", set: { x: 1 } } }, ask] },
      },
      { f: { fork: { branches: [branch("x"), branch("y")] } } },
      {
        again: {
          for: { in: "${ [1, 2] }" },
          do: [{ g: { fork: { compete: false, branches: [{ q: get() }, branch("z")] } } }],
        },
      },
    ];
    passes(evidenceOf(tasks, { input: { a: 1 } }));
  });

  test("EVID-51 again, after a retry or a jump back: with what it had this time", () => {
    const tasks = [
      { t: { set: { n: "${ ($context.n // 0) + 1 }" }, export: { as: "${ {n: .n} }" } } },
      { u: { set: { n: "${ $context.n }" }, then: "v" } },
      {
        v: {
          switch: [{ back: { when: "${ $context.n < 3 }", then: "w" } }, { on: { then: "x" } }],
        },
      },
      { w: { set: { n: "${ $context.n + 1 }" }, export: { as: "${ {n: .n} }" }, then: "u" } },
      {
        x: {
          try: [{ y: get({ output: { as: "${ if .n < 3 then error else . end }" } }) }],
          catch: { retry: { delay: { seconds: 1 }, limit: { attempt: { count: 4 } } } },
        },
      },
    ];
    const file = evidenceOf(tasks, { input: {} });
    passes(file);
    expect(tasksOf(file, "/do/1/u")).toHaveLength(3);
    expect(tasksOf(file, "/do/4/x/try/0/y").length).toBeGreaterThan(1);
  });

  test("EVID-51 that mentions $workflow.input, its time and the run's id, asked for by it or before it", () => {
    const tasks = [
      { a: { set: { at: "${ $workflow.startedAt.epoch.seconds }" } } },
      {
        b: {
          set: {
            at: "${ $workflow.startedAt.iso8601 }",
            id: "${ $workflow.id }",
            n: "${ $workflow.input.n }",
          },
        },
      },
      { c: { set: { id: "${ $workflow.id }", where: "${ $task.reference }", at: "${ now }" } } },
    ];
    const file = evidenceOf(tasks, { input: { n: 3, other: 4 } });
    passes(file);
    const shown = (task: string): string[] =>
      stepOf(proveStep(engine, file, tasksOf(file, task)[0] ?? 0)).records.flatMap(
        ({ leaf, slots }) => (slots === undefined ? [] : [String(leaf["kind"])]),
      );
    expect(shown("/do/1/b")).toEqual(["start", "request", "result", "request", "result", "task"]);
    expect(shown("/do/2/c")).toEqual(["request", "result", "request", "result", "task"]);
  });

  test("EVID-51 the first one by the run's own start", () => {
    const more = { input: { from: "${ .inner }" } };
    const input = { inner: { n: 1 }, other: 2 };
    const first = (set: object): object[] => [
      { a: { do: [{ b: { set } }, { c: { set: { n: 1 } } }] } },
    ];
    passes(evidenceOf(first({ n: "${ .n }" }), { input, more }));
    passes(evidenceOf(first({ n: "${ $context.n }" }), { input, more }));
    passes(evidenceOf(first({ n: "${ $workflow.input.other + .n }" }), { input, more }));
    // Nothing of the input is shown that the task does not look at.
    const file = evidenceOf(first({ n: "${ .n }" }), { input, more });
    const step = stepOf(proveStep(engine, file, tasksOf(file, "/do/0/a/do/0/b")[0] ?? 0));
    expect(step.records[0]?.slots).toBeUndefined();
  });

  test("EVID-51 not what looks at what no record has: it is refused, and says what", () => {
    const loop = evidenceOf([
      {
        l: {
          for: { each: "row", at: "n", in: "${ [1] }" },
          do: [{ a: { set: { v: "${ $row + $n }" } } }, { b: { set: { n: 1 } } }],
        },
      },
    ]);
    expect(proven(loop, "/do/0/l/do/0/a")).toContain('it looks at "$row", which is set around it');
    expect(proven(loop, "/do/0/l/do/1/b")).toBe("pass");
    expect(proven(loop, "/do/0/l")).toBe("pass");
    const caught = evidenceOf([
      {
        t: {
          try: [{ a: { set: { x: "${ error }" } } }],
          catch: { as: "e", do: [{ b: { set: { d: "${ $e.detail }" } } }] },
        },
      },
    ]);
    expect(proven(caught, "/do/0/t/catch/do/0/b")).toContain('"$e", which is set around it');
    const whole = evidenceOf([
      { a: { set: { w: "${ $workflow | keys }" } } },
      { b: { set: { d: "${ $workflow.definition.do | length }" } } },
    ]);
    for (const task of ["/do/0/a", "/do/1/b"])
      expect(proven(whole, task)).toContain("it looks at all of $workflow");
    const clock = evidenceOf([
      { a: { set: { t: "${ now }" } } },
      { b: { set: { t: "${ now }" } } },
    ]);
    expect(proven(clock, "/do/0/a")).toBe("pass");
    expect(proven(clock, "/do/1/b")).toContain('it uses "now", which was asked for before it');
    const back = evidenceOf([
      { a: { set: { n: "${ ($context.n // 0) + 1 }" }, export: { as: "${ {n, m: 1} }" } } },
      {
        b: {
          switch: [{ more: { when: "${ $context.n < 2 }", then: "a" } }, { on: { then: "end" } }],
        },
      },
    ]);
    expect(proven(back, "/do/0/a", 0)).toBe("pass");
    expect(proven(back, "/do/0/a")).toContain(
      "it is the first task of the workflow and began again",
    );
  });

  test("EVID-51 not tasks of a workflow that the run's own one runs; the one that runs it is", () => {
    const inner = {
      document: { dsl: "1.0.3", namespace: "test", name: "inner", version: "1.0.0" },
      do: [
        {
          i: {
            set: {
              id: "${ $workflow.id }",
              at: "${ $workflow.startedAt }",
              n: "${ $workflow.input.n }",
            },
          },
        },
      ],
    };
    const outer = workflowOf([
      {
        at: { set: { id: "${ $workflow.id }", at: "${ $workflow.startedAt.epoch.milliseconds }" } },
      },
      {
        r: {
          run: {
            workflow: {
              namespace: "test",
              name: "inner",
              version: "1.0.0",
              input: { n: "${ .id }" },
            },
          },
        },
      },
      { on: { set: { at: "${ $workflow.startedAt.epoch.milliseconds }" } } },
    ]);
    const pack = packOf({ "inner.yaml": inner, "loan.yaml": outer });
    const both = {
      ...pack,
      ...(() => {
        const said = JSON.parse(new TextDecoder().decode(pack.manifest)) as object;
        const manifest = engine.canonicalize(
          JSON.stringify({ ...said, workflows: ["inner.yaml", "loan.yaml"] }),
        );
        return { manifest, digest: Buffer.from(engine.sha256(manifest)).toString("hex") };
      })(),
    };
    const file = evidenceOfPack(both);
    // The other workflow has a time of its own, and the id of the run.
    for (const task of ["/do/0/at", "/do/1/r", "/do/2/on"]) {
      expect([task, proven(file, task)]).toEqual([task, "pass"]);
    }
    for (const task of ["/do/1/r/run/workflow/do/0/i", "/do/1/r/run/workflow"]) {
      expect(proven(file, task)).toContain("a task of a workflow that the run's own one runs");
    }
  });

  test("EVID-51 a text that looks like a variable is none", () => {
    const file = evidenceOf([{ a: { set: { text: "the $task of $workflow.definition", n: 1 } } }]);
    expect(proven(file, "/do/0/a")).toBe("pass");
  });
});

test("EVID-51 each task of the golden runs is computed alone, or refused when it is asked for", () => {
  const folder = new URL("../../../golden/v1/workflow/", import.meta.url);
  const own = createEngine();
  const counts = { proven: 0, refused: 0 };
  for (const name of readdirSync(folder)) {
    for (const item of readGolden(readFileSync(new URL(name, folder), "utf8")).cases) {
      const made = item.op === "run" ? recordedOf(item) : undefined;
      if (made === undefined) continue;
      for (const seq of tasksOf(made)) {
        try {
          const report = check(proveStep(own, made, seq), { fuel: 1e12 });
          expect([item.id, seq, found(report)]).toEqual([item.id, seq, ["pass", "pass", "pass"]]);
          counts.proven += 1;
        } catch (error) {
          if (!(error instanceof EvidenceError)) throw error;
          expect(["REACH-E5510", "REACH-E5512"]).toContain(error.code);
          expect(error.message).not.toMatch(/computed alone it is another|the engine refuses/);
          counts.refused += 1;
        }
      }
    }
  }
  expect(counts.proven).toBeGreaterThan(400);
  expect(counts.refused).toBeLessThan(counts.proven / 2);
});

/** Evidence of a golden run; undefined for one that did not begin or end. */
function recordedOf(item: Parameters<typeof runOf>[1]): Uint8Array | undefined {
  try {
    const { records } = runOf(engine, item);
    const last = records.at(-1);
    const pack = engine.loaded;
    if (pack === undefined || last === undefined || parseRecord(last).kind !== "outcome")
      return undefined;
    return evidence({ pack, records });
  } catch {
    return undefined;
  }
}
