// JSON Schema: what the golden cases cannot say. The suite itself is a conformance suite.
import { expect, test } from "vitest";
import { createEngine } from "@reach-fabric/engine";
import { allBuilds } from "../../../tools/engine/builds.ts";
import { codeOf } from "../run/workflows.ts";

const engine = createEngine();
const check = (schema: unknown, value: unknown): string | null => {
  const failure = engine.validateJson(JSON.stringify(schema), JSON.stringify(value));
  return failure && `${failure.instance} ${failure.schema}`;
};

test("SCHEMA-5 multipleOf is that of the decimals, whatever their size", () => {
  // Whole numbers of hundredths, and the same in other places, against BigInt.
  let seed = 7;
  const next = (below: number): number => (seed = (seed * 48271) % 2147483647) % below;
  for (let n = 0; n < 3000; n++) {
    const [m, xPower, mPower] = [1 + next(999), next(30) - 15, next(30) - 15];
    const x = next(2) === 0 ? m * next(1000) : next(1000000);
    const shift = BigInt(Math.max(0, xPower - mPower));
    const other = BigInt(Math.max(0, mPower - xPower));
    const whole = (BigInt(x) * 10n ** shift) % (BigInt(m) * 10n ** other) === 0n;
    const failure = engine.validateJson(`{"multipleOf":${m}e${mPower}}`, `${x}e${xPower}`);
    expect(failure === null, `${x}e${xPower} of ${m}e${mPower}`).toBe(whole);
  }
});

test("a schema that is wrong anywhere is an error with its place, and the engine goes on", () => {
  const wrong: [unknown, string, string][] = [
    [{ $defs: { a: { minLength: -1 } } }, "REACH-E1901", "#/$defs/a/minLength"],
    [{ allOf: [] }, "REACH-E1901", "#/allOf"],
    [{ items: 1 }, "REACH-E1901", "#/items"],
    [{ required: "a" }, "REACH-E1901", "#/required"],
    [{ properties: { "a/b": { $ref: "x.json#y" } } }, "REACH-E1902", "#/properties/a~1b/$ref"],
    [{ $ref: 1 }, "REACH-E1901", "#/$ref"],
    [{ type: [] }, "REACH-E1901", "#/type"],
    [{ patternProperties: { "(": true } }, "REACH-E1901", "#/patternProperties"],
  ];
  for (const [schema, code, place] of wrong) {
    expect(codeOf(() => check(schema, 1))).toBe(code);
    expect(() => check(schema, 1)).toThrow(`at ${place}`);
    expect(check({ type: "null" }, 1)).toBe(" #/type");
  }
});

test("a limit is an error, and the same in every build", () => {
  const deep = JSON.stringify({ $ref: "#/$defs/a", $defs: { a: { items: { $ref: "#" } } } });
  const value = `${"[".repeat(1000)}${"]".repeat(1000)}`;
  const facts = allBuilds().map(({ engine: build }) => {
    const whole = build.validateJson(deep, value);
    const fuel = build.fuelUsed();
    const at = (limit: number): string =>
      codeOf(() => build.validateJson(deep, value, { fuel: limit }));
    return {
      whole,
      fuel,
      exact: at(fuel),
      less: at(fuel - 1),
      loop: codeOf(() => check({ $ref: "#" }, 1)),
    };
  });
  const [first] = facts;
  expect(first).toMatchObject({
    whole: null,
    exact: "fine",
    less: "REACH-E1201",
    loop: "REACH-E1203",
  });
  for (const other of facts) expect(other).toEqual(first);
});

test("uniqueItems of many items takes no time of their square", () => {
  const items = Array.from({ length: 100_000 }, (_, i) => i);
  const unique = JSON.stringify({ uniqueItems: true });
  expect(engine.validateJson(unique, JSON.stringify(items))).toBeNull();
  expect(engine.validateJson(unique, JSON.stringify([...items, 5]))).not.toBeNull();
});

test("SCHEMA-2 two documents of one URI are an error: which one is meant would be chance", () => {
  const text = '{"$ref":"#/$defs/a","$defs":{"a":{"type":"null"}}}';
  const other = '{"$defs":{"a":true}}';
  const documents = { "": other };
  expect(codeOf(() => engine.validateJson(text, "1", { documents }))).toBe("REACH-E1901");
});

test("SCHEMA-9 fuel that is short by one is never enough, wherever it runs out", () => {
  const cases: [object, unknown][] = [
    [{ minLength: 5 }, "x".repeat(1000)],
    [{ allOf: [{ properties: { a: true } }], unevaluatedProperties: false }, { a: 1 }],
    [{ $ref: "#/$defs/b", $defs: { b: { $id: "https://s.example/b" }, c: { $ref: "b" } } }, 1],
  ];
  for (const [schema, value] of cases) {
    const run = (fuel: number): string =>
      codeOf(() => engine.validateJson(JSON.stringify(schema), JSON.stringify(value), { fuel }));
    const code = run(1e6);
    const used = engine.fuelUsed();
    expect(run(used)).toBe(code);
    for (let fuel = 1; fuel < used; fuel++) expect(run(fuel), `${fuel}`).toBe("REACH-E1201");
  }
});

test("SCHEMA-9 schemas and their marks have bounds", { timeout: 30_000 }, () => {
  const many = `{"allOf":[${"true,".repeat(1_100_000)}true]}`;
  expect(codeOf(() => engine.validateJson(many, "1"))).toBe("REACH-E1202");
  const links = Array.from({ length: 1000 }, (_, i) => [`a${i}`, { $ref: `#/$defs/a${i + 1}` }]);
  const $defs = { ...Object.fromEntries(links), a1000: true };
  const value = `[${"0,".repeat(1_000_000)}0]`;
  const tracked = JSON.stringify({ $defs, $ref: "#/$defs/a0", unevaluatedItems: true });
  expect(codeOf(() => engine.validateJson(tracked, value, { fuel: 1e9 }))).toBe("REACH-E1202");
});
