// Keys chosen so that they fall into one place of the engine's hash index: every lookup is long.
// The work must be charged, or such an input would hold the engine for hours below any fuel limit.
import { createEngine } from "@reach-fabric/engine";
import { expect, test } from "vitest";

/** The hash of assembly/value/object.ts: FNV-1a, folded. */
function hash(key: string): number {
  let h = 0x811c9dc5;
  for (let i = 0; i < key.length; i++) h = Math.imul(h ^ key.charCodeAt(i), 0x01000193) >>> 0;
  return (h ^ (h >>> 15)) >>> 0;
}

/** The first texts that the predicate takes. */
function keys(count: number, accept: (key: string) => boolean): string[] {
  const found: string[] = [];
  for (let i = 0; found.length < count; i++) {
    const key = i.toString(36);
    if (accept(key)) found.push(key);
  }
  return found;
}

const COUNT = 1000;
const program = ". as $o | reduce keys[] as $k (0; . + $o[$k])";
const objectOf = (names: string[]): string =>
  JSON.stringify(Object.fromEntries(names.map((name) => [name, 1])));

test("lookups among keys with colliding hashes cost fuel", () => {
  const engine = createEngine();
  const plain = objectOf(keys(COUNT, (key) => /[a-z]/.test(key)));
  const hostile = objectOf(keys(COUNT, (key) => /[a-z]/.test(key) && (hash(key) & 4095) === 0));
  const one = engine.evaluate(program, plain);
  const two = engine.evaluate(program, hostile);
  expect([one.outputs, two.outputs]).toEqual([[`${COUNT}`], [`${COUNT}`]]);
  expect(two.fuel).toBeGreaterThan(one.fuel + (COUNT * COUNT) / 2);
  const bounded = engine.evaluate(program, hostile, { fuel: one.fuel * 2 });
  expect(bounded.error?.code).toBe("REACH-E1201");
});
