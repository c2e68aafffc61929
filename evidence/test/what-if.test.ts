// whatIf(): recorded runs with other rules, another answer, another input (EVID-29).
import { createEngine, fromUtf8, makePack, replay } from "@reach-fabric/engine";
import type { Pack } from "@reach-fabric/engine";
import { whatIf } from "@reach-fabric/evidence";
import type { Progress } from "@reach-fabric/evidence";
import { describe, expect, it } from "vitest";
import { engine, pack, packOf, recorded, workflowWith } from "./fixtures/fixture.ts";

const stricter = packOf({ "loan.yaml": workflowWith(720) }, "1.1.0");

describe("EVID-29", () => {
  it("the same pack comes to the same, record by record", () => {
    const records = recorded(712);
    const again = whatIf(engine, pack, records);
    expect(again.records.map((bytes) => fromUtf8(bytes))).toEqual(
      records.map((bytes) => fromUtf8(bytes)),
    );
    expect(again.first).toBeUndefined();
    expect(again.decision).toBe(replay(createEngine(), pack, records).decision);
  });

  it("another rule decides otherwise, from the recorded answer", () => {
    const { status, outcome, first } = whatIf(engine, stricter, recorded(712));
    expect([status, outcome?.output]).toEqual(["completed", { accept: false }]);
    expect(first).toMatchObject({ step: 4, kind: "task", task: "/do/1/decide" });
    expect(whatIf(engine, stricter, recorded(750)).outcome?.output).toEqual({ accept: true });
  });

  it("an answer counts where the same task asks for the same, wherever the task stands now", () => {
    const [ask, decide] = (workflowWith(700) as { do: object[] }).do;
    const moved = { ...workflowWith(700), do: [{ first: { set: "{}" } }, ask, decide] };
    const packMoved = packOf({ "loan.yaml": moved });
    expect(whatIf(engine, packMoved, recorded(712)).outcome?.output).toEqual({ accept: true });
    const other = JSON.parse(JSON.stringify(moved).replace("/v1/score", "/v1/rating")) as object;
    const { status, asks, outcome } = whatIf(engine, packOf({ "loan.yaml": other }), recorded(712));
    expect([status, asks?.task, outcome]).toEqual(["not recorded", "/do/1/ask", undefined]);
  });

  it("another answer, another input", () => {
    const records = recorded(712);
    const change = { seq: 2, pointer: "/result/body/score", value: 699 };
    const { outcome, first } = whatIf(engine, pack, records, change);
    expect(outcome?.output).toEqual({ accept: false });
    expect(first).toMatchObject({ step: 2, pointer: "/result/body/score" });
    const input = { seq: 0, pointer: "/input", value: { other: 1 } };
    expect(whatIf(engine, pack, records, input).first).toMatchObject({ step: 0 });
  });

  it("only what entered the run can be changed, and only where something is", () => {
    const records = recorded(712);
    const attempt = (seq: number, pointer: string) => () =>
      whatIf(engine, pack, records, { seq, pointer, value: 1 });
    expect(attempt(1, "/request/uri")).toThrow(TypeError);
    expect(attempt(2, "/result/body/nothing")).toThrow(TypeError);
    expect(attempt(2, "/seq")).toThrow(TypeError);
    expect(attempt(0, "/grant")).toThrow(TypeError);
    expect(attempt(99, "/input")).toThrow(TypeError);
  });
});

it("a cancelled run is cancelled where it waits for the same in vain", () => {
  engine.load(pack);
  const start = engine.admitStart(
    { grant: { http: [{ origin: "https://bureau.example", methods: ["GET"], paths: ["/*"] }] } },
    "{}",
  );
  const first = engine.start(start);
  const cancel = engine.admitCancel("enough");
  const records = [start, ...first.records, cancel, ...engine.advance(cancel).records];
  expect(whatIf(engine, stricter, records)).toMatchObject({ status: "cancelled", same: true });
  const other = JSON.parse(
    JSON.stringify(workflowWith(700)).replace("/score", "/rating"),
  ) as object;
  const asked = whatIf(engine, packOf({ "loan.yaml": other }), records);
  expect(asked).toMatchObject({ status: "not recorded", same: false });
});

describe("a run with branches and a timeout", () => {
  const call = (path: string): object => ({
    call: "http",
    with: { method: "get", endpoint: `https://a.example/v1/${path}` },
  });
  const packWith = (limit: number): Pack =>
    makePack(engine, {
      id: "test/fork",
      version: "1.0.0",
      workflows: {
        "w.json": JSON.stringify({
          document: { dsl: "1.0.3", namespace: "test", name: "fork", version: "1.0.0" },
          do: [
            {
              f: {
                timeout: { after: "PT1M" },
                fork: { branches: [{ a: call("a") }, { b: call("b") }] },
              },
            },
            { over: { set: `\${ {over: (add > ${limit})} }` } },
          ],
        }),
      },
    });

  it("answers come in the order in which they came; a timer that did not fire does not", () => {
    const first = packWith(3);
    engine.load(first);
    const grant = {
      http: [{ origin: "https://a.example", methods: ["GET"], paths: ["/v1/*"] }],
    };
    const start = engine.admitStart({ grant }, "{}");
    let step = engine.start(start);
    const records = [start, ...step.records];
    for (const [key, body] of [
      ["1.1.0", "1"],
      ["1.0.0", "3"],
    ] as const) {
      const record = engine.admitResult(key, { status: 200, headers: {} }, body);
      step = engine.advance(record);
      records.push(record, ...step.records);
    }
    expect(step.status).toBe("completed");
    expect(whatIf(engine, first, records).first).toBeUndefined();
    const { outcome, first: part } = whatIf(engine, packWith(9), records);
    expect(outcome?.output).toEqual({ over: false });
    expect(part?.task).toBe("/do/1/over");
  });
});

it("a hypothesis says how far it is, and stops where it is told to", () => {
  const seen: number[] = [];
  const stop = new AbortController();
  const records = recorded(712);
  const onProgress = ({ done, total }: Progress): void => {
    expect(total).toBe(2);
    seen.push(done);
  };
  whatIf(engine, pack, records, undefined, { onProgress });
  expect(seen).toEqual([1, 2]);
  const abort = { onProgress: () => stop.abort(new Error("enough")), signal: stop.signal };
  expect(() => whatIf(engine, pack, records, undefined, abort)).toThrow("enough");
});
