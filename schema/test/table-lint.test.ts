// The linter of decision tables, beside a check that tries many inputs.
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { lintTable } from "@reach-fabric/schema";
import type { Table } from "@reach-fabric/schema";

const tableOf = (
  hitPolicy: Table["hitPolicy"],
  rules: readonly Record<string, unknown>[],
  more: Partial<Table> = {},
): Table => ({
  table: { name: "t", version: "1.0.0" },
  hitPolicy,
  inputs: ["n", "tier"],
  rules: rules.map((when, i) => ({ id: `R${i}`, when, then: i })),
  ...more,
});
const found = (table: Table): unknown[] =>
  lintTable(table).map(({ kind, rules }) => [kind, ...rules]);

describe("a table is linted", () => {
  it("rules behind others that take all of theirs, together", () => {
    const rules = [
      { n: { lt: 10 } },
      { n: { gte: 10 }, tier: "gold" },
      { n: { gte: 20 }, tier: "gold" },
      { n: { gte: 5, lt: 15 }, tier: "gold" },
      {},
    ];
    expect(found(tableOf("first", rules))).toEqual([
      ["unreachable", "R2"],
      ["unreachable", "R3"],
    ]);
  });

  it("rules of a unique table that apply together, with an input that shows it", () => {
    const table = tableOf("unique", [
      { n: { lt: 10 } },
      { n: { gte: 9, lte: 9 } },
      { n: { gte: 10 } },
    ]);
    expect(found(table)).toEqual([["overlap", "R0", "R1"]]);
    expect(lintTable(table)[0]?.example).toMatchObject({ n: 9 });
  });

  it("gaps, unless there is a default or all hits are collected", () => {
    const rules = [{ n: { lt: 10 } }, { n: { gt: 10 } }];
    const [gap] = lintTable(tableOf("first", rules));
    expect(gap).toMatchObject({ kind: "gap", example: { n: 10 } });
    expect(found(tableOf("first", rules, { default: { then: null } }))).toEqual([]);
    expect(found(tableOf("collect", rules))).toEqual([]);
    expect(
      found(tableOf("unique", [{ tier: "gold" }, { tier: { in: ["silver", null] } }])),
    ).toEqual([["gap"]]);
  });

  it("beside null there is something, where a column speaks of nothing else", () => {
    expect(found(tableOf("first", [{ n: null }, {}]))).toEqual([]);
    expect(found(tableOf("first", [{ n: { in: [null] } }]))).toEqual([["gap"]]);
  });

  it("a rule that nothing fits", () => {
    expect(found(tableOf("collect", [{ n: { gt: 5, lt: 5 } }, {}]))).toEqual([
      ["unreachable", "R0"],
    ]);
  });

  it("a table that is too large to look at says so", () => {
    const inputs = Array.from({ length: 9 }, (_, i) => `x${i}`);
    const rules = Array.from({ length: 9 }, (_, i) =>
      Object.fromEntries(inputs.map((name) => [name, { gte: i }])),
    );
    expect(found(tableOf("first", rules, { inputs }))).toEqual([["too large"]]);
  });

  it("and what it says holds for inputs drawn at random", () => {
    const number = fc.integer({ min: 0, max: 6 });
    const literal = fc.oneof(number, fc.constantFrom("gold", "silver", null, true));
    const cell = fc.oneof(
      literal,
      fc.record({ gte: number }),
      fc.record({ gt: number, lte: number }),
      fc.array(literal, { minLength: 1, maxLength: 3 }).map((values) => ({ in: values })),
    );
    const rule = fc.record({ n: cell, tier: cell }, { requiredKeys: [] });
    const policy = fc.constantFrom("first" as const, "unique" as const);
    const input = fc.record({
      n: fc.oneof(fc.double({ min: -1, max: 7, noNaN: true }), literal),
      tier: literal,
    });
    const fits = (c: unknown, v: unknown): boolean => {
      if (typeof c !== "object" || c === null) return c === v;
      if ("in" in c) return (c.in as unknown[]).includes(v);
      const { gt = -9, gte = -9, lte = 99 } = c as Record<string, number>;
      return typeof v === "number" && v > gt && v >= gte && v <= lte;
    };
    const all = fc.tuple(policy, fc.array(rule, { minLength: 1, maxLength: 5 }), fc.array(input));
    fc.assert(
      fc.property(all, ([hitPolicy, rules, inputs]) => {
        const table = tableOf(hitPolicy, rules);
        const said = lintTable(table);
        const unreachable = said
          .filter(({ kind }) => kind === "unreachable")
          .flatMap((f) => f.rules);
        const pairs = said.filter(({ kind }) => kind === "overlap").map((f) => f.rules.join());
        for (const one of inputs as Record<string, unknown>[]) {
          const hits = table.rules
            .filter(({ when }) => Object.entries(when).every(([k, c]) => fits(c, one[k])))
            .map(({ id }) => id);
          const applied = hitPolicy === "first" ? hits.slice(0, 1) : hits;
          expect(unreachable.filter((id) => applied.includes(id))).toEqual([]);
          if (hitPolicy === "unique" && hits.length > 1) expect(pairs.length).toBeGreaterThan(0);
        }
        for (const { kind, example, rules: ids } of said) {
          if (example === undefined) continue;
          const hits = table.rules.filter(({ when }) =>
            Object.entries(when).every(([k, c]) => fits(c, example[k])),
          );
          if (kind === "gap") expect(hits).toEqual([]);
          if (kind === "overlap")
            expect(hits.map(({ id }) => id)).toEqual(expect.arrayContaining([...ids]));
        }
      }),
      { numRuns: 300 },
    );
  });
});
