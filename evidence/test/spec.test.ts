import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { catalogue } from "../src/errors.ts";

const spec = readFileSync(new URL("../../docs/spec/evidence.md", import.meta.url), "utf8");

test("docs/spec/evidence.md lists the codes of the catalogue, and says the same of them", () => {
  const listed = [...spec.matchAll(/^\| (REACH-E5\d{3}) \| (fail|not checked) \| \S/gm)];
  expect(Object.fromEntries(listed.map(([, code, outcome]) => [code, outcome]))).toEqual(
    Object.fromEntries(Object.entries(catalogue).map(([code, { outcome }]) => [code, outcome])),
  );
});

test.each([
  ["EVID", spec],
  ["KEY", readFileSync(new URL("../../docs/spec/keys.md", import.meta.url), "utf8")],
])("the rules %s-n are numbered without a gap", (prefix, text) => {
  const found = [...text.matchAll(new RegExp(`\\*\\*${prefix}-(\\d+)\\*\\*`, "g"))];
  const numbers = found.map(([, number]) => Number(number));
  expect(numbers.length).toBeGreaterThan(0);
  expect(numbers).toEqual(numbers.map((_, i) => i + 1));
});
