// Evidence is in proportion to what entered the run (docs/spec/evidence.md).
import { createEngine } from "@reach-fabric/engine";
import { expect, test } from "vitest";
import { memoryOf, sizesOf } from "../../bench/sizes.ts";

test("a run takes as much space as what entered it, however its state grows", () => {
  const { sizes, answer } = sizesOf(createEngine());
  const [steps, redacted, loop, agent, large] = sizes;
  expect(steps?.gzipped).toBeLessThan(2000);
  expect(redacted?.gzipped).toBeLessThan(3000);
  expect(loop?.bytes).toBeLessThan(20_000);
  expect(agent?.bytes).toBeLessThan(150_000);
  expect(answer).toBeGreaterThan(5_000_000);
  expect(large?.bytes).toBeLessThan(1.05 * answer);
});

test("a list that grows in 3,000 turns of one activation costs what the activation takes, and little for records", () => {
  expect(memoryOf(3000)).toBeLessThan(80 * 2 ** 20);
});
