// Models: what a run may spend on them (GRANT-24) is held to over any hand-over from one engine to another, and what they
// ask for is what they were offered (WF-71).
import { beforeAll, describe, expect, test } from "vitest";
import { fromUtf8, replay, utf8 } from "@reach-fabric/engine";
import type { Advance, Engine } from "@reach-fabric/engine";
import { allBuilds } from "../../../tools/engine/builds.ts";
import type { Build } from "../../../tools/engine/builds.ts";
import { begin, codeOf, outcomeOf, packOf, requestOf, textsOf, workflow } from "./workflows.ts";

let builds: readonly Build[];
let scalar: Engine;
beforeAll(() => {
  builds = allBuilds();
  scalar = (builds[0] as Build).engine;
});

const question = { call: "llm", with: { model: "m", prompt: "?" } };
const asks = workflow([{ all: { for: { in: "[range(20)]" }, do: [{ ask: question }] } }]);
const inFork = workflow([
  { all: { fork: { branches: [{ a: question }, { b: question }, { c: question }] } } },
]);
const prices = { m: { input: 1_000_000_000, output: 7 } };

interface Told {
  readonly records: readonly Uint8Array[];
  readonly step: Advance;
  readonly decision: string;
}

function tell(
  spending: object,
  usage: object | undefined,
  next: (from: Engine, n: number) => Engine = (from) => from,
): Told {
  let at = scalar;
  let step = begin(at, asks, { grant: { models: ["m"], spending } });
  const records = [at.admitStart({ grant: { models: ["m"], spending } }, "{}"), ...step.records];
  for (let n = 0; step.status === "waiting"; n++) {
    at = next(at, n);
    const result = { finish: "stop", model: "m", text: "x", ...(usage && { usage }) };
    const record = at.admitResult(requestOf(step).key, result);
    step = at.advance(record);
    records.push(record, ...step.records);
  }
  return { records, step, decision: at.decision() };
}
const detailOf = ({ step }: Told): unknown =>
  (outcomeOf(step)["error"] as { detail?: unknown } | undefined)?.detail;

describe("GRANT-24 what was spent", () => {
  const limits = [
    [{ tokens: 900 }, "REACH-E1208"],
    // Beyond 2^53 millionths, and beyond what one half of a snapshot's number holds.
    [{ cost: 990_000_000, prices }, "REACH-E1209"],
  ] as const;

  test.each(limits)("%j is known to whichever build goes on", (spending, code) => {
    const usage = { input: 99_000, output: 1000, cached: 5 };
    const small = "tokens" in spending ? { input: 99, output: 1 } : usage;
    const straight = tell(spending, small);
    expect(detailOf(straight)).toContain(code);
    expect(straight.step.records.length).toBeGreaterThan(0);
    for (const { engine } of builds) engine.load(packOf(engine, asks));
    const hopping = tell(spending, small, (from, n) => {
      const to = builds[n % builds.length]?.engine ?? from;
      const state = from.snapshot();
      to.restore(state);
      expect(fromUtf8(to.snapshot())).toBe(fromUtf8(state));
      return to;
    });
    expect(hopping.records.map((record) => fromUtf8(record))).toEqual(textsOf(straight.records));
    expect(hopping.decision).toBe(straight.decision);
    expect(replay(scalar, packOf(scalar, asks), straight.records).status).toBe("reproduced");
  });

  test("is no part of the state of a run without a limit", () => {
    begin(scalar, asks, { grant: { models: ["m"] } });
    scalar.advance(
      scalar.admitResult("0", {
        finish: "stop",
        model: "m",
        text: "x",
        usage: { input: 5, output: 5 },
      }),
    );
    expect(fromUtf8(scalar.snapshot())).not.toContain('"spent"');
  });

  test("of a state that no run has is refused", () => {
    begin(scalar, asks, { grant: { models: ["m"], spending: { tokens: 900 } } });
    const usage = { input: 5, output: 6 };
    scalar.advance(scalar.admitResult("0", { finish: "stop", model: "m", text: "x", usage }));
    const state = fromUtf8(scalar.snapshot());
    expect(state).toContain('"spent":[11,0,0]');
    for (const spent of [
      "[11,0]",
      "11",
      "[1.5,0,0]",
      "[11,4294967296,0]",
      '[11,0,"0"]',
      "[-1,0,0]",
    ]) {
      const text = state.replace('"spent":[11,0,0]', `"spent":${spent}`);
      expect(
        codeOf(() => scalar.restore(utf8(text))),
        spent,
      ).toBe("REACH-E1003");
    }
    scalar.restore(utf8(state));
  });

  test("by questions that are under way together ends the run with the first answer that goes beyond", () => {
    const step = begin(scalar, inFork, { grant: { models: ["m"], spending: { tokens: 10 } } });
    expect(step.records.length).toBe(3);
    const usage = { input: 5, output: 6 };
    const ended = scalar.advance(
      scalar.admitResult("0.1.0", { finish: "stop", model: "m", text: "x", usage }),
    );
    expect(ended.status).toBe("faulted");
    expect(JSON.stringify(outcomeOf(ended))).toContain("REACH-E1208");
  });

  test("is asked for before, and wanted behind each question", () => {
    const spending = { tokens: 10 };
    expect(detailOf(tell(spending, { input: 5, output: 5 }))).toContain("REACH-E1208");
    expect(tell(spending, { input: 5, output: 5 }).step.records).toHaveLength(2);
    expect(detailOf(tell(spending, undefined))).toContain("REACH-E1210");
    expect(
      detailOf(tell({ cost: 1, prices: { m: { input: 1, output: 0 } } }, undefined)),
    ).toContain("REACH-E1210");
  });
});

describe("WF-71 a tool that a model asks for", () => {
  const tool = { name: "look", schema: { document: { required: ["id"] } } };
  const offers = workflow([
    { ask: { call: "llm", with: { model: "m", prompt: "?", output: "response", tools: [tool] } } },
  ]);
  const outcome = (name: string, text: string): Record<string, unknown> => {
    begin(scalar, offers, { grant: { models: ["m"] } });
    const tools = [{ arguments: text, id: "c", name }];
    const result = { finish: "tools", model: "m", text: "", tools };
    return outcomeOf(scalar.advance(scalar.admitResult("0", result)));
  };

  test("was offered, and is given what fits", () => {
    expect(outcome("look", '{"id":7}')).toMatchObject({
      output: { tools: [{ arguments: { id: 7 }, id: "c", name: "look" }] },
    });
    expect(outcome("drop", '{"id":7}')).toMatchObject({ error: { status: 502, detail: "drop" } });
    expect(outcome("look", "{}")).toMatchObject({ error: { status: 400 } });
    expect(outcome("look", '{"id":1,"id":2}')).toMatchObject({ error: { status: 502 } });
  });
});
