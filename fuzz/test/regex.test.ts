import { expect, test } from "vitest";
import { createEngine } from "@reach-fabric/engine";
import { pathological } from "../arbitraries/pathological.ts";

const engine = createEngine();

const fuelOf = (program: string, pattern: string, text: string): number => {
  const { error, fuel } = engine.evaluate(program, JSON.stringify({ pattern, text }), {
    fuel: 1e10,
  });
  if (error !== null) throw new Error(`${pattern}: ${error.message}`);
  return fuel;
};

test.each(pathological)("REGEX-20 $pattern takes linear time", ({ pattern, text }) => {
  for (const program of [
    ". as $q | .text | test($q.pattern)",
    ". as $q | .text | first(match($q.pattern))",
  ]) {
    const n = 2000;
    const once = fuelOf(program, pattern, text(n));
    const twice = fuelOf(program, pattern, text(2 * n));
    expect(twice / once, program).toBeLessThanOrEqual(2.2);
  }
});
