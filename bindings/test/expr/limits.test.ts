// Bombs: each ends in a documented fault, with the same fuel in every build, and the engine that
// met it goes on working. Other runtimes run the same bombs as golden cases.
import { describe, expect, test } from "vitest";
import {
  codes,
  createEngine,
  EngineError,
  makePack,
  parseRecord,
  toHex,
  utf8,
} from "@reach-fabric/engine";
import type { Engine, Evaluation } from "@reach-fabric/engine";
import { agreed, allBuilds } from "../../../tools/engine/builds.ts";

const builds = allBuilds();

/** The engines work as if nothing had happened. */
function stillWork(): void {
  for (const { engine } of builds) {
    expect(engine.trapped).toBe(false);
    expect(engine.evaluate(".a + 1", '{"a":1}')).toMatchObject({ outputs: ["2"], error: null });
    expect(engine.canonicalize("[1.0]")).toEqual(utf8("[1]"));
  }
}

/** Where the debug build would need a minute to burn it, a tenth of the fuel says the same. */
const LESS = codes.DEFAULT_FUEL / 10;

const evaluations: readonly [
  name: string,
  program: string,
  input: string,
  code: string,
  fuel?: number,
][] = [
  ["an array of a billion numbers", "[range(1e9)]", "null", "REACH-E1202"],
  ["a recursion without end", "def f: 1 + f; f", "null", "REACH-E1207"],
  ["a tail recursion without end", "def f: f; f", "null", "REACH-E1201", LESS],
  ["an endless generator", "[limit(1e9; repeat(1))]", "null", "REACH-E1202"],
  ["a range that never comes to an end", "last(range(1e12))", "null", "REACH-E1201", LESS],
  ["LIMIT-8 a million outputs and one more", "range(1000001)", "null", "REACH-E1205"],
  [
    "an array doubled again and again",
    "reduce range(100) as $i ([1]; . + .) | length",
    "null",
    "REACH-E1202",
  ],
  [
    "a text doubled again and again",
    'reduce range(100) as $i ("x"; . + .) | length',
    "null",
    "REACH-E1204",
  ],
  [
    "LIMIT-6 what errors say that nothing looks at",
    "last(range(1e9) | (.a?, 1))",
    "null",
    "REACH-E1202",
  ],
  [
    "LIMIT-6 what errors say that are caught",
    "last(range(1e9) | try .a catch 1)",
    "null",
    "REACH-E1202",
  ],
  ["a value that nests without end", "reduce range(1e9) as $i (null; [.])", "null", "REACH-E1202"],
  [
    "a path into nowhere",
    "reduce range(1e9) as $i ([]; . + [$i]) | getpath(.)",
    "null",
    "REACH-E1202",
  ],
];

describe("LIMIT-9 fuel, and the limits beside it", () => {
  test.each(evaluations)(
    "%s",
    { timeout: 120_000 },
    (_, program, input, code, fuel = codes.DEFAULT_FUEL) => {
      const run = (engine: Engine): Evaluation => {
        const { outputs, ...rest } = engine.evaluate(program, input, { fuel });
        return { ...rest, outputs: [String(outputs.length)] };
      };
      const result = agreed(builds, run);
      expect(result.error?.code).toBe(code);
      expect(result.fuel).toBeGreaterThan(0);
      expect(result.fuel).toBeLessThanOrEqual(fuel + 1e6);
      // And once more on an engine that has met it: nothing was left over.
      expect(run(builds[0].engine)).toEqual(result);
      stillWork();
    },
  );

  test('LIMIT-2 "x" * 2e9', () => {
    const { error, fuel } = agreed(builds, (engine) => engine.evaluate('"x" * 2e9', "null"));
    expect(error).toMatchObject({ code: "REACH-E1204" });
    expect(fuel).toBeLessThan(100);
    stillWork();
  });

  test("fuel is the caller's: exactly enough is enough, one less is not", () => {
    const program = "[range(1000)] | map(. * 2) | add";
    const { fuel } = agreed(builds, (engine) => engine.evaluate(program, "null"));
    const exactly = agreed(builds, (engine) => engine.evaluate(program, "null", { fuel }));
    expect(exactly).toEqual({ outputs: ["999000"], error: null, fuel });
    const less = agreed(builds, (engine) => engine.evaluate(program, "null", { fuel: fuel - 1 }));
    expect(less.error?.code).toBe("REACH-E1201");
    expect(() => createEngine().evaluate(".", "1", { fuel: -1 })).toThrow(RangeError);
    expect(() => createEngine().evaluate(".", "1", { fuel: 0.5 })).toThrow(RangeError);
  });
});

describe("texts", () => {
  const refusal = (run: (engine: Engine) => unknown): unknown =>
    agreed(builds, (engine) => {
      try {
        return run(engine);
      } catch (error) {
        const { code, offset, depth, message } = error as {
          code: string;
          offset: number;
          depth: number;
          message: string;
        };
        return { code, offset, depth, message };
      }
    });

  test("LIMIT-3 a JSON text 10,000 levels deep", () => {
    for (const open of ["[", '{"a":', '[{"a":']) {
      const found = refusal((engine) => engine.canonicalize(open.repeat(10_000)));
      expect(found).toMatchObject({ code: "REACH-E1203", depth: 1024 });
    }
    const closed = "[".repeat(10_000) + "]".repeat(10_000);
    expect(refusal((engine) => engine.canonicalize(closed))).toMatchObject({
      code: "REACH-E1203",
      offset: 1024,
    });
    const deepest = "[".repeat(1024) + "]".repeat(1024);
    for (const { engine } of builds) expect(engine.canonicalize(deepest)).toEqual(utf8(deepest));
    stillWork();
  });

  test("LIMIT-1 a text of 100 MB", () => {
    const text = `"${"x".repeat(100_000_000)}"`;
    const found = refusal((engine) => engine.canonicalize(text));
    expect(found).toMatchObject({ code: "REACH-E1204", offset: codes.MAX_INPUT });
    const asked = agreed(builds, (engine) => engine.evaluate("length", text));
    expect(asked).toMatchObject({ outputs: [], error: { code: "REACH-E1204" }, fuel: 0 });
    stillWork();
  });

  test("LIMIT-2 a string of more than 32 MiB", () => {
    const text = `"${"x".repeat(codes.MAX_STRING + 1)}"`;
    expect(refusal((engine) => engine.canonicalize(text))).toMatchObject({
      code: "REACH-E1204",
      offset: 0,
    });
    stillWork();
  });

  test("LIMIT-6 a text whose value needs too much memory", () => {
    const text = `[${"[],".repeat(15_000_000)}[]]`;
    expect(refusal((engine) => engine.canonicalize(text))).toMatchObject({ code: "REACH-E1202" });
    stillWork();
  });
});

test("LIMIT-5 fromjson reads 10,000 levels, and one more is an error that can be caught", () => {
  const nested = (levels: number): string =>
    JSON.stringify("[".repeat(levels) + "]".repeat(levels));
  const asked = (levels: number): Evaluation =>
    agreed(builds, (engine) => engine.evaluate("[try fromjson catch .] | length", nested(levels)));
  expect(asked(10_000)).toMatchObject({ outputs: ["1"], error: null });
  expect(asked(10_001)).toMatchObject({ outputs: ["1"], error: null });
  const uncaught = agreed(builds, (engine) => engine.evaluate("fromjson | 1", nested(10_001)));
  expect(uncaught.error).toMatchObject({ code: "REACH-E1401" });
  expect(uncaught.error?.message).toContain("Exceeds depth limit");
  stillWork();
});

/** What becomes of a run of these tasks that asks nobody. */
function runOf(engine: Engine, tasks: string, limits: object = {}): unknown {
  const head = '"document":{"dsl":"1.0.3","namespace":"bomb","name":"run","version":"1.0.0"}';
  const pack = makePack(engine, {
    id: "bomb/run",
    version: "1.0.0",
    workflows: { "w.json": `{${head},"do":${tasks}}` },
  });
  try {
    engine.load(pack);
  } catch (error) {
    return error instanceof EngineError ? error.code : error;
  }
  const { status, records } = engine.start(engine.admitStart({ limits }, "{}"));
  const fuel = engine.fuelUsed(); // before any other call
  return {
    status,
    fuel,
    last: parseRecord(records.at(-1) ?? new Uint8Array()),
    records: records.length,
    root: toHex(engine.merkleRoot(records)),
    decision: engine.decision(),
  };
}

describe("runs", () => {
  const timeout = 300_000;

  test("LIMIT-9 an endless loop of `then` is a fault of the run", { timeout }, () => {
    const tasks = '[{"first":{"set":{"n":1}}},{"second":{"set":{"n":2},"then":"first"}}]';
    const outcome = agreed(builds, (engine) => runOf(engine, tasks, { fuel: 2_000_000 }));
    expect(outcome).toMatchObject({
      status: "faulted",
      last: { kind: "outcome", status: "faulted" },
    });
    expect(outcome).toMatchObject({ last: { error: { detail: "REACH-E1201 out of fuel" } } });
    expect((outcome as { fuel: number }).fuel).toBeGreaterThanOrEqual(2_000_000);
    stillWork();
  });

  test("LIMIT-13 a value that only grows is a fault of the run", { timeout }, () => {
    const tasks = `[
      {"grow":{"set":"\${ . + {a: ((.a // \\"x\\") * 2)} }"}},
      {"again":{"set":"\${ . }","then":"grow"}}
    ]`;
    const outcome = agreed(builds, (engine) => runOf(engine, tasks, { fuel: 1e10 }));
    expect(outcome).toMatchObject({
      status: "faulted",
      last: {
        kind: "outcome",
        status: "faulted",
        error: { detail: expect.stringMatching(/^REACH-E1204/) },
      },
    });
    stillWork();
  });

  test("LIMIT-12 a list has 4096 tasks, not one more", () => {
    const tasks = (count: number): string =>
      JSON.stringify(Array.from({ length: count }, (_, i) => ({ [`t${i}`]: { set: { i } } })));
    expect(agreed(builds, (engine) => runOf(engine, tasks(4096)))).toMatchObject({
      status: "completed",
    });
    expect(agreed(builds, (engine) => runOf(engine, tasks(4097)))).toBe("REACH-E1204");
    stillWork();
  });
});
