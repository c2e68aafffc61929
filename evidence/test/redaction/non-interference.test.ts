// Two runs that differ in what is hidden alone, one way to pass it on, or to look at it, after the other. The fuzz
// target has them in any order, and many more of each.
import { describe, expect, test } from "vitest";
import { single } from "../../../fuzz/arbitraries/redaction.ts";
import type { Case } from "../../../fuzz/arbitraries/redaction.ts";
import { redactTarget } from "../../../fuzz/targets/redact.ts";

const target = redactTarget();
const tryAll = (is: (one: Case) => boolean): void => {
  const some = single.filter(is);
  test.each(some.map((one) => [JSON.stringify(one.tasks[0]), one] as const))("%s", (_, one) => {
    expect(() => target.check(one)).not.toThrow();
  });
};

describe("EVID-48 files differ in seeds and hashes alone where it is passed on", () => {
  tryAll(({ isCarrying, command }) => isCarrying && command === null);
});
describe("EVID-48 files differ in seeds and hashes alone where something looks", () => {
  tryAll(({ isCarrying }) => !isCarrying);
});
describe("EVID-48 files differ in seeds and hashes alone where a command says why", () => {
  tryAll(({ command }) => command !== null);
});
