// POL-11: a policy bounds what a run may have spent on models.
import { expect, test } from "vitest";
import { beyondGrant } from "@reach-fabric/evidence";
import type { Grant } from "@reach-fabric/schema";

const price = { input: 100, output: 400 };
const granted = (spending?: Grant["spending"]): Grant => ({
  models: ["m"],
  ...(spending && { spending }),
});
const bound = granted({ tokens: 1000, cost: 50, prices: { m: price } });

test("the same limits, lower ones, and limits where a policy has none are less", () => {
  expect(beyondGrant(bound, bound)).toBeUndefined();
  expect(
    beyondGrant(granted({ tokens: 999, cost: 49, prices: { m: price } }), bound),
  ).toBeUndefined();
  const dearer = { input: 101, output: 400, cached: 100 };
  expect(
    beyondGrant(granted({ tokens: 1, cost: 1, prices: { m: dearer } }), bound),
  ).toBeUndefined();
  expect(beyondGrant(bound, granted())).toBeUndefined();
});

test("no limit, and a higher one, is more", () => {
  expect(beyondGrant(granted(), bound)).toBe("any tokens of models");
  expect(beyondGrant(granted({ tokens: 1001 }), bound)).toBe("1001 tokens of models");
  expect(beyondGrant(granted({ tokens: 1000 }), bound)).toBe("any cost of models");
  expect(beyondGrant(granted({ tokens: 1, cost: 51, prices: { m: price } }), bound)).toBe(
    "a cost of 51 for models",
  );
});

test("a cost that is counted by lower prices is more", () => {
  for (const lower of [
    { input: 99, output: 400 },
    { input: 100, output: 399 },
    { input: 100, output: 400, cached: 99 },
  ]) {
    expect(beyondGrant(granted({ tokens: 1, cost: 1, prices: { m: lower } }), bound)).toBe(
      'the model "m" at a lower price',
    );
  }
});
