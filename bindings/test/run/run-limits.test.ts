// Runs that hit a limit: a fault that nothing catches, the same on every build, and the engine goes on.
import { beforeAll, describe, expect, test } from "vitest";
import { createEngine, engineDigest, fromBase64 } from "@reach-fabric/engine";
import { Core, engineScalar, runCalls } from "@reach-fabric/engine/testing";
import type { Exports } from "@reach-fabric/engine/testing";
import { agreed, allBuilds } from "../../../tools/engine/builds.ts";
import type { Build } from "../../../tools/engine/builds.ts";
import {
  answered,
  begin,
  codeOf,
  get,
  grant,
  outcomeOf,
  packOf,
  requestOf,
  textsOf,
  workflow,
} from "./workflows.ts";
import type { Options, Task } from "./workflows.ts";

let builds: readonly Build[];
beforeAll(() => {
  builds = allBuilds();
});

/** Runs it on every build with these bodies as answers: how it ends, which is the same everywhere. */
function told(
  document: object,
  options: Options = {},
  body: (n: number) => string = () => "1",
): Record<string, unknown> {
  return agreed(builds, (engine) => {
    let step = begin(engine, document, options);
    let records = step.records.length;
    for (let n = 0; step.status === "waiting"; n++) {
      step = engine.advance(answered(engine, step, n, body(n)));
      records += step.records.length;
    }
    // Every record that left is one, whatever happened.
    for (const text of textsOf(step.records)) JSON.parse(text);
    const { output, error } = outcomeOf(step) as { output?: unknown; error?: { detail?: string } };
    const end = {
      status: step.status,
      limit: /^REACH-E(\d+)/.exec(error?.detail ?? "")?.[1] ?? "none",
      size: JSON.stringify(output ?? error).length,
      records,
      fuel: engine.fuelUsed(),
      decision: engine.decision(),
    };
    const after = begin(engine, workflow([{ a: { set: { a: "${ 1 + 1 }" } } }]));
    expect(outcomeOf(after)["output"]).toEqual({ a: 2 });
    return end;
  });
}

const caught = (tasks: readonly Task[]): readonly Task[] => [
  { t: { try: tasks, catch: { do: [{ never: { set: { caught: true } } }] } } },
];

describe("WF-28 without an end", () => {
  test("a loop of then, in a try that would catch all", () => {
    const loop = caught([{ a: { set: "." } }, { b: { set: ".", then: "a" } }]);
    const end = told(workflow(loop), { limits: { fuel: 3_000_000 } });
    expect(end).toMatchObject({ status: "faulted", limit: "1201" });
    expect(end["fuel"]).toBeGreaterThanOrEqual(3_000_000);
  });

  test("a loop with as much fuel as there is ends by what its records hold", () => {
    const loop = [{ a: { set: '"x" * 3000000' } }, { b: { set: ".", then: "a" } }];
    const end = told(workflow(loop), { limits: { fuel: 2 ** 53 - 1 } });
    expect(end).toMatchObject({ status: "faulted", limit: "1204" });
  });

  test("a loop that keeps what no record shows ends by what it keeps", () => {
    const loop = [
      { a: { input: { from: '"x" * 30000000' }, set: "1" } },
      { b: { set: "2", then: "a" } },
    ];
    const end = told(workflow(loop), { limits: { fuel: 2 ** 53 - 1 } });
    expect(end).toMatchObject({ status: "faulted", limit: "1202" });
  });

  test("retries without limit, and a loop of requests", () => {
    const failing = {
      t: { try: [{ a: { raise: { error: { type: "t", status: 1 } } } }], catch: { retry: {} } },
    };
    const slow = {
      t: {
        try: failing.t.try,
        catch: {
          retry: { delay: { seconds: 1 }, jitter: { from: { seconds: 0 }, to: { seconds: 1 } } },
        },
      },
    };
    expect(told(workflow([failing]), { limits: { fuel: 1_000_000 } })).toMatchObject({
      limit: "1201",
    });
    expect(told(workflow([slow]), { limits: { effects: 25 } })).toMatchObject({ limit: "1206" });
    const asking = caught([{ a: get() }, { b: { set: "1", then: "a" } }]);
    expect(told(workflow(asking), { limits: { effects: 10 } })).toMatchObject({
      status: "faulted",
      limit: "1206",
    });
  });

  test("a delay that doubles stops at 30 days, and is whole", () => {
    const engine = createEngine();
    const retry = {
      delay: "PT7.0005S",
      backoff: { exponential: {} },
      limit: { attempt: { count: 40 } },
    };
    const failing = {
      t: { try: [{ a: { raise: { error: { type: "t", status: 1 } } } }], catch: { retry } },
    };
    let step = begin(engine, workflow([failing]));
    const delays: number[] = [];
    for (let n = 0; step.status === "waiting"; n++) {
      delays.push((requestOf(step).request as { ms: number }).ms);
      step = engine.advance(answered(engine, step, n));
    }
    expect(delays.slice(0, 3)).toEqual([7000, 14_001, 28_002]);
    expect(delays.at(-1)).toBe(30 * 86_400_000);
    expect(delays).toHaveLength(40);
  });
});

describe("what is large", () => {
  test("for over a million items, with and without the fuel for it", () => {
    const each = (more: object): object =>
      workflow([
        { each: { for: { in: "[range(1000000)]" }, do: [{ a: { set: ". + 1" } }], ...more } },
      ]);
    expect(told(each({}), { input: "0" })).toMatchObject({ limit: "1201" });
    const found = told(each({ while: "$index < 1000" }), { input: "0" });
    expect(found).toMatchObject({ status: "completed", records: 1002 });
  });

  test("LIMIT-13 an output, a context, an error that no record can hold: no half record leaves", () => {
    const big = '"x" * 17000000';
    const ends = [
      workflow([{ a: { set: big } }]),
      workflow([{ a: { set: "1", export: { as: big } } }]),
      workflow([{ a: { raise: { error: { type: "t", status: 1, detail: `\${ ${big} }` } } } }]),
      workflow(
        caught([{ a: { raise: { error: { type: "t", status: 1, detail: `\${ ${big} }` } } } }]),
      ),
      workflow([{ a: get("https://a.example/x", { body: `\${ ${big} }` }) }]),
      workflow([], { output: { as: big } }),
    ].map((document) => told(document));
    for (const end of ends) expect(end).toMatchObject({ status: "faulted", limit: "1204" });
    expect(told(workflow([]), { input: `"${"x".repeat(17_000_000)}"` })).toMatchObject({
      limit: "1204",
    });
    expect(told(workflow([]), { input: `"${"x".repeat(16_000_000)}"` })).toMatchObject({
      status: "completed",
      size: 16_000_002,
    });
  });

  test("LIMIT-7 a state that cannot be kept while the run waits", () => {
    const wide = workflow([
      { each: { for: { in: '[range(3) | "x" * 20000000]' }, do: [{ ask: get() }] } },
    ]);
    expect(told(wide)).toMatchObject({ status: "faulted", limit: "1202", records: 2 });
    const tiny = workflow([{ ask: { input: { from: "[range(2000000)] | map([])" }, ...get() } }]);
    expect(told(tiny)).toMatchObject({ status: "completed" });
  });

  test("bodies of ten megabytes, one after another", () => {
    const asking = workflow([
      {
        each: {
          for: { in: "[range(2)]" },
          do: [{ ask: { ...get(), output: { as: "length" } } }, { next: { set: "{n: .}" } }],
        },
      },
    ]);
    const list = `[${"[0],".repeat(1_500_000)}0]`;
    const text = `"${"x".repeat(10_000_000)}"`;
    const end = told(asking, { limits: { fuel: 1e9 } }, (n) => (n % 2 === 0 ? list : text));
    expect(end).toMatchObject({ status: "completed" });
  });

  test("LIMIT-4 nesting at every border: one level fewer is fine, one more is a fault", () => {
    const deep = (n: number): string => `reduce range(${n}) as $i (0; [.])`;
    const borders: ((n: number) => object)[] = [
      (n) => workflow([{ a: { set: deep(n) } }]),
      (n) => workflow([{ a: { input: { from: deep(n) }, set: "1" } }]),
      (n) => workflow([{ a: { set: "1", output: { as: deep(n) } } }]),
      (n) => workflow([{ a: { set: "1", export: { as: deep(n) } } }]),
      (n) => workflow([{ a: { for: { in: deep(n) }, do: [{ b: { set: "1" } }] } }]),
      (n) => workflow([], { input: { from: deep(n) } }),
      (n) => workflow([], { output: { as: deep(n) } }),
      (n) => workflow([{ a: get("https://a.example/x", { body: `\${ ${deep(n - 1)} }` }) }]),
    ];
    for (const [i, border] of borders.entries()) {
      expect(told(border(1016)), `border ${i}`).toMatchObject({ status: "completed" });
      expect(told(border(1017)), `border ${i}`).toMatchObject({ limit: "1203" });
    }
  });
});

describe("LIMIT-11 and LIMIT-12 documents", () => {
  const load = (document: object, tables: Options["tables"] = {}): string =>
    agreed(builds, (engine) => codeOf(() => engine.load(packOf(engine, document, tables))));

  test("64 levels of tasks run, with an effect in the innermost; 65 are refused", () => {
    const nested = (n: number): Task =>
      n === 0 ? { ask: get() } : { [`d${n}`]: { do: [nested(n - 1)] } };
    expect(told(workflow([nested(64)]))).toMatchObject({ status: "completed", records: 67 });
    expect(load(workflow([nested(65)]))).toBe("REACH-E1203");
  });

  test("as many variables as fit are seen, each with its own value", () => {
    const loops = (n: number, inner: Task): Task =>
      n === 0
        ? inner
        : { f: { for: { each: `v${n}`, at: `i${n}`, in: `[${n}]` }, do: [loops(n - 1, inner)] } };
    const names = Array.from({ length: 45 }, (_, i) => `$v${i + 1}`);
    const document = workflow([loops(45, { a: { set: `[${names.join()}] | add` } })]);
    expect(told(document, { limits: { fuel: 1e7 } })).toMatchObject({
      status: "completed",
      size: 4,
    });
    expect(load(workflow([loops(46, { a: { set: "1" } })]))).toBe("REACH-E1203");
  });

  test("huge switches, lists and tables", () => {
    const cases = Array.from({ length: 4000 }, (_, i) => ({
      [`c${i}`]: { when: `. == ${i}`, then: "end" },
    }));
    expect(told(workflow([{ s: { switch: cases } }]), { input: "3999" })).toMatchObject({
      status: "completed",
    });
    const list = (n: number): Task[] =>
      Array.from({ length: n }, (_, i) => ({ [`t${i}`]: { set: "." } }));
    expect(told(workflow(list(4096)))).toMatchObject({ status: "completed", records: 4097 });
    expect(load(workflow(list(4097)))).toBe("REACH-E1204");
    const table = (n: number, set: number): object => ({
      table: { name: "t", version: "1" },
      hitPolicy: "collect",
      inputs: ["n"],
      rules: Array.from({ length: n }, (_, i) => ({
        id: `R${i}`,
        when: { n: { in: Array.from({ length: set }, (__, j) => i + j) } },
        then: i,
        reasons: [`X${i}`],
      })),
    });
    const decide = workflow([
      { d: { call: "decide", with: { table: "t.json", input: { n: "${ . }" } } } },
    ]);
    const end = told(decide, { input: "4095", tables: { "t.json": table(4096, 3) } });
    expect(end).toMatchObject({ status: "completed" });
    expect(load(decide, { "t.json": table(4097, 1) })).toBe("REACH-E1520");
    // What is looked at is paid for: sets cannot be used to compute for nothing.
    const sets = told(decide, { input: "-1", tables: { "t.json": table(20, 10_000) } });
    expect(sets["fuel"]).toBeGreaterThan(200_000);
  });
});

test("a thousand runs on one instance take no more memory than ten", () => {
  const module = new WebAssembly.Module(fromBase64(engineScalar));
  const core = new Core(new WebAssembly.Instance(module).exports as unknown as Exports);
  const engine = runCalls(core, engineDigest);
  const memory = (): number => core.exports.memory.buffer.byteLength;
  const document = workflow([
    { keep: { set: "{list: [range(2000)]}" } },
    { ask: { ...get(), input: { from: ".list | length" } } },
    { end: { set: "{n: .}" } },
  ]);
  engine.load(packOf(createEngine(), document));
  const first = engine.admitStart({ grant }, "{}");
  const ends = new Set<string>();
  let afterTen = 0;
  for (let i = 0; i < 1000; i++) {
    const step = engine.start(first);
    engine.restore(engine.snapshot());
    const { key } = requestOf(step);
    engine.advance(engine.admitResult(key, { status: 200, headers: {} }, "[1]"));
    ends.add(`${engine.decision()} ${engine.fuelUsed()}`);
    if (i === 9) afterTen = memory();
  }
  expect(ends.size).toBe(1);
  expect(memory()).toBe(afterTen);
});
