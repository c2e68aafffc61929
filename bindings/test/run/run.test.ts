import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import {
  createEngine,
  EngineError,
  isInput,
  isTiming,
  parseRecord,
  toHex,
  utf8,
} from "@reach-fabric/engine";
import type { Engine } from "@reach-fabric/engine";
import { allBuilds } from "../../../tools/engine/builds.ts";
import { answer, begin, recorded, scorePack } from "./runs.ts";

const refused = (code: string): unknown => expect.objectContaining({ name: "EngineError", code });

function loaded(): Engine {
  const engine = createEngine();
  engine.load(scorePack(engine));
  return engine;
}

describe("ABI-6 one instance holds one pack and at most one run", () => {
  test("calls out of order are refused", () => {
    const engine = createEngine();
    const calls = [
      () => engine.admitStart({}, "{}"),
      () => engine.start(utf8("{}")),
      () => engine.advance(utf8("{}")),
      () => engine.decision(),
      () => engine.fingerprint(),
      () => engine.snapshot(),
    ];
    for (const call of calls) expect(call).toThrow(EngineError);
    engine.load(scorePack(engine));
    expect(() => engine.advance(utf8("{}"))).toThrow(refused("REACH-E1001"));
    begin(engine);
    expect(() => engine.decision()).toThrow(refused("REACH-E1001"));
  });

  test("start forgets the run before it, load the pack", () => {
    const engine = loaded();
    const { first, step } = begin(engine);
    engine.advance(answer(engine, step));
    const again = engine.start(first);
    expect(again.records).toEqual(step.records);
    engine.load(scorePack(engine));
    expect(() => engine.advance(utf8("{}"))).toThrow(refused("REACH-E1001"));
  });

  test("what is for another run than the one that was begun last is refused", () => {
    const engine = loaded();
    expect(engine.run).toBeUndefined();
    const { first, step } = begin(engine);
    const { run } = engine;
    const record = answer(engine, step);
    // The same input, the same effect: only who asked tells them apart.
    engine.start(first);
    expect(engine.run).not.toBe(run);
    expect(() => engine.admitResult("0", {}, undefined, run)).toThrow(refused("REACH-E1001"));
    expect(() => engine.advance(record, run)).toThrow(refused("REACH-E1001"));
    const snapshot = engine.snapshot();
    const { run: second } = engine;
    engine.restore(snapshot);
    expect(() => engine.advance(record, second)).toThrow(refused("REACH-E1001"));
    expect(engine.advance(record, engine.run).records.length).toBeGreaterThan(0);
    engine.load(scorePack(engine));
    expect(engine.run).toBeUndefined();
    expect(() => engine.advance(record, run)).toThrow(refused("REACH-E1001"));
  });

  test.each(allBuilds())(
    "$name: what is loaded stays it, whatever else is computed",
    ({ engine }) => {
      const pack = scorePack(engine);
      const other = { ...pack };
      engine.load(other);
      expect(engine.loaded).toBe(other);
      engine.load(pack);
      expect(engine.loaded).toBe(pack);
      const { first, step } = begin(engine);
      engine.evaluate("[range(1000)] | add", "null");
      engine.explain(".a");
      engine.canonicalHash('{"b":1,"a":2}');
      engine.validateJson('{"type":"object"}', "[]");
      engine.matchRegex("a+", "baa");
      expect(() => engine.checkJson("{")).toThrow(EngineError);
      engine.admitStart({}, "{}");
      expect(engine.loaded).toBe(pack);
      expect(engine.start(first).records).toEqual(step.records);
    },
  );

  test("nothing is loaded before load(), after one that is refused, and after a listing", () => {
    const engine = createEngine();
    expect(engine.loaded).toBeUndefined();
    const pack = scorePack(engine);
    const lost = [
      () => engine.load({ ...pack, files: [] }),
      () => engine.load({ ...pack, digest: "0".repeat(64) }),
      () => engine.listExpressions(pack),
    ];
    for (const lose of lost) {
      engine.load(pack);
      try {
        lose();
      } catch (error) {
        expect(error).toBeInstanceOf(EngineError);
      }
      expect(engine.loaded).toBeUndefined();
    }
  });

  test("a pack whose digest is another is refused", () => {
    const engine = createEngine();
    const pack = scorePack(engine);
    expect(() => engine.load({ ...pack, digest: "0".repeat(64) })).toThrow(refused("REACH-E1502"));
    const [file] = pack.files;
    const changed = { path: file?.path ?? "", bytes: utf8('{"document":{}}') };
    expect(() => engine.load({ ...pack, files: [changed] })).toThrow(refused("REACH-E1502"));
    expect(() => engine.load({ ...pack, files: [] })).toThrow(refused("REACH-E1503"));
    expect(() => engine.load({ ...pack, files: [...pack.files, ...pack.files] })).toThrow(
      refused("REACH-E1503"),
    );
  });

  test("other computations do not disturb a run", () => {
    const engine = loaded();
    const undisturbed = recorded(createEngine(), scorePack(engine));
    const { first, step: started } = begin(engine);
    const records = [first, ...started.records];
    let step = started;
    for (let i = -1; step.status === "waiting"; i++) {
      engine.canonicalize(`[${"1,".repeat(200_000)}1]`);
      engine.evaluate("[range(10000)] | add", "null");
      engine.sha256(new Uint8Array(1000));
      const input = answer(engine, step, [600, 610, 620][i]);
      engine.merkleRoot(records);
      step = engine.advance(input);
      records.push(input, ...step.records);
    }
    expect(records.map((record) => toHex(record))).toEqual(
      undisturbed.map((record) => toHex(record)),
    );
  });
});

describe("ABI-7 admit", () => {
  test("gives the same bytes again and changes nothing", () => {
    const engine = loaded();
    const { first, step } = begin(engine);
    expect(
      engine.admitStart(
        {
          grant: {
            http: [{ origin: "https://bureau.example", methods: ["GET"], paths: ["/v1/*"] }],
          },
        },
        '{ "id": "a-1" }',
      ),
    ).toEqual(first);
    const one = answer(engine, step);
    for (let i = 0; i < 10; i++) {
      expect(answer(engine, step)).toEqual(one);
      engine.admitCancel("stop");
    }
    expect(engine.advance(one).status).toBe("waiting");
  });

  test("keeps what an answer is, and drops what the workflow does not name", () => {
    const engine = loaded();
    const { step } = begin(engine);
    const waiting = engine.advance(answer(engine, step));
    const request = parseRecord(waiting.records.at(-1) ?? utf8(""));
    if (request.kind !== "request") throw new Error("no request");
    const admit = (headers: object, body: string): string =>
      toHex(engine.admitResult(request.key, { status: 200, headers }, body));
    const usual = admit({ "content-type": "application/json" }, '{"score":1,"a":{"c":1,"b":2}}');
    expect(
      admit({ date: "now", "x-served-by": "7" }, '{ "a": { "b": 2.0, "c": 1 }, "score": 1e0 }'),
    ).toBe(usual);
    expect(admit({}, '{"score":2,"a":{"c":1,"b":2}}')).not.toBe(usual);
    for (const body of ["<html>", "", '{"a":1,"a":2}', "9007199254740993"]) {
      const record = parseRecord(
        engine.admitResult(request.key, { status: 200, headers: {} }, body),
      );
      const bytes = Buffer.from(body).toString("base64");
      expect(record).toMatchObject({ kind: "result", result: { bytes, status: 200 } });
    }
  });

  test("refuses what is no answer to this request", () => {
    const engine = loaded();
    begin(engine);
    expect(() => engine.admitResult("7", { ms: 1 })).toThrow(refused("REACH-E1602"));
    expect(() => engine.admitResult("0", { ms: "soon" })).toThrow(EngineError);
    expect(() => engine.admitResult("0", { status: 200, headers: {} }, "{}")).toThrow(EngineError);
    // @ts-expect-error: JSON has no bigint
    expect(() => engine.admitResult(0n, {})).toThrow(TypeError);
    expect(() => engine.admitStart({}, '{"a":1,"a":2}')).toThrow(refused("REACH-E1109"));
  });
});

describe("ABI-8 start and advance", () => {
  test("a refused record leaves the run as it was", () => {
    const engine = loaded();
    const { step } = begin(engine);
    const good = answer(engine, step);
    const wrong = [
      utf8(""),
      utf8("{}"),
      utf8("null"),
      good.subarray(0, -1),
      utf8(`${new TextDecoder().decode(good)} `),
    ];
    for (const record of wrong) expect(() => engine.advance(record)).toThrow(EngineError);
    const next = engine.advance(good);
    expect(next.status).toBe("waiting");
    // The same answer once more: its effect is no longer open.
    expect(() => engine.advance(good)).toThrow(EngineError);
    expect(engine.advance(answer(engine, next)).status).toBe("waiting");
  });

  test("a run ends with an outcome, in one of three ways", () => {
    const engine = createEngine();
    const pack = scorePack(engine);
    const records = recorded(engine, pack);
    expect(parseRecord(records.at(-1) ?? utf8(""))).toMatchObject({
      kind: "outcome",
      status: "completed",
      output: { total: 1830 },
    });
    expect(engine.decision()).toMatch(/^[0-9a-f]{64}$/);
    expect(engine.fingerprint()).toMatch(/^[0-9a-f]{64}$/);
    expect(engine.fuelUsed()).toBeGreaterThan(0);
    expect(() => engine.advance(records[2] ?? utf8(""))).toThrow(EngineError);

    begin(engine);
    const cancelled = engine.advance(engine.admitCancel("enough"));
    expect(cancelled.status).toBe("cancelled");
    expect(parseRecord(cancelled.records.at(-1) ?? utf8(""))).toMatchObject({
      kind: "outcome",
      status: "cancelled",
    });

    const { step } = begin(engine);
    const second = engine.advance(answer(engine, step));
    const request = parseRecord(second.records.at(-1) ?? utf8(""));
    const failed =
      request.kind === "request" &&
      engine.advance(engine.admitResult(request.key, { failure: "timeout" }));
    expect(failed).toMatchObject({ status: "faulted" });
  });

  test("every build gives the same records, decision and fuel", () => {
    const all = allBuilds().map(({ engine }) => {
      const records = recorded(engine, scorePack(engine));
      return {
        records: records.map((record) => toHex(record)),
        decision: engine.decision(),
        fuel: engine.fuelUsed(),
      };
    });
    expect(all[1]).toEqual(all[0]);
    expect(all[2]).toEqual(all[0]);
  });

  test("a changed answer gives another decision, a changed header or key order does not", () => {
    const engine = createEngine();
    const pack = scorePack(engine);
    const decide = (scores: number[]): string => {
      recorded(engine, pack, scores);
      return engine.decision();
    };
    expect(decide([600, 610, 620])).toBe(decide([600, 610, 620]));
    expect(decide([600, 610, 621])).not.toBe(decide([600, 610, 620]));
  });
});

describe("ABI-10 snapshot and restore", () => {
  test("a run goes on as if nothing had happened", () => {
    const engine = createEngine();
    const pack = scorePack(engine);
    const whole = recorded(engine, pack).map((record) => toHex(record));
    const other = createEngine();
    const { first, step: started } = (engine.load(pack), begin(engine));
    const records = [first, ...started.records];
    let step = started;
    for (let i = -1; step.status === "waiting"; i++) {
      const input = answer(engine, step, [600, 610, 620][i]);
      const snapshot = engine.snapshot();
      engine.load(pack);
      engine.restore(snapshot);
      other.load(pack);
      other.restore(snapshot);
      const there = other.advance(input);
      step = engine.advance(input);
      expect(there).toEqual(step);
      records.push(input, ...step.records);
    }
    expect(records.map((record) => toHex(record))).toEqual(whole);
    expect(other.decision()).toBe(engine.decision());
  });

  test("a snapshot of another pack, or one that was touched, is refused", () => {
    const engine = loaded();
    begin(engine);
    const snapshot = engine.snapshot();
    const other = createEngine();
    other.load(scorePack(other, { do: [{ only: { set: { a: 1 } } }] }));
    expect(() => other.restore(snapshot)).toThrow(refused("REACH-E1003"));
    expect(() => engine.restore(utf8("{}"))).toThrow(EngineError);
    expect(() => engine.restore(snapshot.subarray(1))).toThrow(EngineError);
    expect(engine.trapped).toBe(false);
  });
});

test("isInput tells what entered from what left", () => {
  const engine = createEngine();
  const kinds = recorded(engine, scorePack(engine)).map((record) => [
    parseRecord(record).kind,
    isInput(record),
  ]);
  expect(new Map(kinds as [string, boolean][])).toEqual(
    new Map<string, boolean>([
      ["start", true],
      ["request", false],
      ["result", true],
      ["task", false],
      ["outcome", false],
    ]),
  );
  for (const wrong of ["", "1", "{}", '{"kind":"start"}', '{"kind":"other","seq":0}', "\xff"]) {
    expect(() => parseRecord(utf8(wrong))).toThrow(TypeError);
  }
});

test("TRACE-1 TRACE-18 TRACE-19 what enters, what leaves, and what only says when", () => {
  const spec = readFileSync(new URL("../../../docs/spec/trace.md", import.meta.url), "utf8");
  const [, entered = "", left = ""] =
    /Records that entered the\nengine:([^.]*)\. Records that left it:([^.]*)\./.exec(spec) ?? [];
  const kinds = (list: string): string[] =>
    [...list.matchAll(/`(\w+)`/g)].map(([, kind = ""]) => kind);
  expect(kinds(entered).filter((kind) => isInput({ kind }))).toEqual(kinds(entered));
  expect(kinds(left).filter((kind) => isInput({ kind }))).toEqual([]);
  expect([kinds(entered).length, kinds(left).length]).toEqual([6, 4]);
  const timing = [...kinds(entered), ...kinds(left)].filter((kind) => isTiming({ kind }));
  expect(timing).toEqual(["late", "suspend", "resume"]);
  expect(isInput({ kind: "constructor" })).toBe(false);
});
