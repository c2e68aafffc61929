import { expect, test } from "vitest";
import { createEngine, evaluate, utf8 } from "@reach-fabric/engine";

test("outputs are JSON texts, in order, from text or bytes", () => {
  expect(evaluate(".[] | . * 2", "[1,2.5]")).toEqual({
    outputs: ["2", "5"],
    error: null,
    fuel: expect.any(Number),
  });
  expect(evaluate("keys_unsorted, .", utf8('{"b":1,"a":"é"}')).outputs).toEqual([
    '["b","a"]',
    '{"b":1,"a":"é"}',
  ]);
  expect(evaluate("empty", "null")).toMatchObject({ outputs: [], error: null });
});

test("what came before an error is kept, and the error says where and why", () => {
  const { outputs, error } = evaluate('1, 2, error("late")', "null");
  expect(outputs).toEqual(["1", "2"]);
  expect(error).toMatchObject({ code: "REACH-E1401", message: expect.stringContaining("late") });
  expect(evaluate(".a | ]", "null").error).toMatchObject({ code: "REACH-E1301", offset: 5 });
  expect(evaluate("nope", "null").error).toMatchObject({
    code: "REACH-E1302",
    message: expect.stringContaining("nope/0"),
  });
  expect(evaluate(".", "[1,").error).toMatchObject({ code: "REACH-E1113", offset: 3 });
});

test("ABI-5 one: exactly one output", () => {
  expect(evaluate(".", "1", { one: true })).toMatchObject({ outputs: ["1"], error: null });
  expect(evaluate("empty", "1", { one: true }).error).toMatchObject({ code: "REACH-E1402" });
  expect(evaluate("1, 2", "1", { one: true }).error).toMatchObject({ code: "REACH-E1403" });
});

test("the same call costs the same fuel, whatever came before it", () => {
  const engine = createEngine();
  const ask = (): number => engine.evaluate("[range(100)] | map(. + 1) | add", "null").fuel;
  const first = ask();
  engine.evaluate("[range(100000)] | sort | length", "null");
  engine.evaluate("error", '"x"');
  engine.canonicalize(`[${"1,".repeat(100_000)}1]`);
  expect(ask()).toBe(first);
  expect(createEngine().evaluate("[range(100)] | map(. + 1) | add", "null").fuel).toBe(first);
});

test("programs and inputs of any size reach the engine whole", () => {
  const long = JSON.stringify("é".repeat(200_000));
  expect(evaluate(`length + ${"0 + ".repeat(10_000)}0`, long).outputs).toEqual(["200000"]);
});
