import { expect, test } from "vitest";
import {
  createEngine,
  EngineError,
  explain,
  listing,
  makePack,
  outputsOf,
  variablesOf,
} from "@reach-fabric/engine";
import type { Pack } from "@reach-fabric/engine";

test("a program as lines of text", () => {
  expect(listing(explain(".a + 1"))).toBe(
    [
      "function 0: 6 slots, 0 parameters",
      "     0  const        s3 = 1",
      '     1  field        s4 = input["a"]',
      "     2  add          s5 = s4, s3",
      "     3  ret          s5",
    ].join("\n"),
  );
  const text = listing(explain("def f(g): g | f(g); f(.[]?) // .b | until(. > 3; . + 1)"));
  for (const part of ["call", "closure", "function 1:", "unless", "fork"]) {
    expect(text).toContain(part);
  }
  expect(text).not.toMatch(/undefined|NaN|\bop \d/);
});

test("a program that does not compile is an error with its place", () => {
  const attempt = (): unknown => explain(".a | ]");
  expect(attempt).toThrow(EngineError);
  expect(attempt).toThrow(expect.objectContaining({ code: "REACH-E1301", offset: 5 }));
});

test.each([
  [".a", { none: false, many: false }],
  [".[]", { none: true, many: true }],
  ["1, 2", { none: false, many: true }],
  ["first(.[])", { none: true, many: false }],
  ["[.[]]", { none: false, many: false }],
  ["select(.a)", { none: true, many: false }],
  [".a // .b // 1", { none: false, many: false }],
  ["(.a // .b) | select(.)", { none: true, many: false }],
  [".[] // 1", { none: false, many: true }],
  ["false as $x | 1, if $x then empty else 5 end", { many: true }],
  ["until(. > 3; . + 1)", { none: false, many: false }],
  ["def f(g): g; f(.[])", { none: true, many: true }],
  ["def f(g): [g]; f(.[])", { none: false, many: false }],
  ["map(.a) | sort_by(.b) | with_entries(.)", { none: false, many: false }],
  ["try error catch empty", { none: true, many: false }],
  ["label $out | [.[] | break $out]", { none: true }],
  ["label $out | max_by(break $out)", { none: true }],
  ["label $x | .[] | ., break $x", { none: true, many: true }],
])("outputsOf(%s)", (program, outputs) => {
  expect(outputsOf(explain(program))).toMatchObject(outputs);
});

const pack = (set: object, more: object = {}): Pack => {
  const workflow = {
    document: { dsl: "1.0.3", namespace: "t", name: "t", version: "1.0.0" },
    do: [{ first: { set } }, { second: { if: "${ .b == $nope }", set: "${ . }" } }],
    ...more,
  };
  return makePack(createEngine(), {
    id: "t/t",
    version: "1.0.0",
    workflows: { "w.json": JSON.stringify(workflow) },
    tables: {},
  });
};

test("the expressions of a pack, each for itself", () => {
  const engine = createEngine();
  const { expressions, error } = engine.listExpressions(
    pack({ a: "${ .a | }", b: ["${ now }"], c: "plain" }),
  );
  expect(error).toBeNull();
  expect(expressions.map(({ file, place, text }) => [file, place, text])).toEqual([
    ["w.json", "/do/0/first/set/a", " .a | "],
    ["w.json", "/do/0/first/set/b/0", " now "],
    ["w.json", "/do/1/second/if", " .b == $nope "],
    ["w.json", "/do/1/second/set", " . "],
  ]);
  expect(expressions[0]?.error).toMatchObject({ code: "REACH-E1301", offset: 6 });
  expect(expressions[1]?.program?.reads).toBe(1);
  expect(expressions[2]?.error).toMatchObject({ code: "REACH-E1303" });
  expect(expressions[2]?.error?.message).not.toContain("/do");
  // No pack is loaded afterwards, and a good one loads as ever.
  expect(() => engine.admitStart({}, "{}")).toThrow(EngineError);
  engine.load(pack({ a: 1 }, { do: [{ one: { set: { a: 1 } } }] }));
  expect(() => engine.admitStart({}, "{}")).not.toThrow();
});

test("what else is wrong with a pack is the error, after the expressions before it", () => {
  const { expressions, error } = createEngine().listExpressions(
    pack({ a: "${ . }" }, { do: [{ one: { set: "${ 1 }" } }, { two: { sett: 1 } }] }),
  );
  expect(expressions).toHaveLength(1);
  expect(error?.code).toMatch(/^REACH-E15/);
});

test.each([
  [".a", {}],
  ["$context.a + $context.b", { 0: ["a", "b"] }],
  ["$workflow | .id, .input", { 4: ["id", "input"] }],
  ['$workflow["id"]', { 4: ["id"] }],
  ["$workflow | keys", { 4: ["*"] }],
  ["$workflow, $input.x", { 1: ["x"], 4: ["*"] }],
  ["$workflow as $w | .l | map($w.id)", { 4: ["id"] }],
  ["$workflow as $w | def f: .a, ($w.id | f); first(f)", { 4: ["*"] }],
  ["if .a then 1 else $workflow.id end", { 4: ["id"] }],
  ['"at \\($workflow) \\($task.name)"', { 3: ["name"], 4: ["*"] }],
  ["def f(g): g; f($workflow).id", { 4: ["*"] }],
  ["{a: $workflow.input, b: [$workflow]}", { 4: ["*", "input"] }],
  [".[$workflow:]", { 4: ["*"] }],
  ["setpath([$workflow.id]; $context)", { 0: ["*"], 4: ["id"] }],
  ["reduce $workflow[] as $x (0; . + $x)", { 4: ["*"] }],
  ["$n + $at", { 6: ["*"], 7: ["*"] }],
  ["5 as $n | $n", {}],
])("the variables of %s", (program, expected) => {
  const engine = createEngine();
  const pack = makePack(engine, {
    id: "t/t",
    version: "1.0.0",
    workflows: {
      "t.json": JSON.stringify({
        document: { dsl: "1.0.3", namespace: "t", name: "t", version: "1.0.0" },
        do: [
          {
            l: {
              for: { each: "n", at: "at", in: "${ [] }" },
              do: [{ a: { set: { x: `\${ ${program} }` } } }],
            },
          },
        ],
      }),
    },
  });
  const { expressions } = engine.listExpressions(pack);
  const found = expressions.find(({ place }) => place.endsWith("/set/x"))?.program;
  if (found === undefined) throw new Error(`${program} does not compile`);
  const names = [...variablesOf(found)].map(([variable, { members, whole }]) => [
    variable,
    [...(whole ? ["*"] : []), ...[...members].sort()],
  ]);
  expect(Object.fromEntries(names)).toEqual(expected);
});
