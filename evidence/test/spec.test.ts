import { catalogue } from "@reach-fabric/evidence/testing";
import { readdirSync, readFileSync } from "node:fs";
import { expect, test } from "vitest";

const spec = readFileSync(new URL("../../docs/spec/evidence.md", import.meta.url), "utf8");
const keys = readFileSync(new URL("../../docs/spec/keys.md", import.meta.url), "utf8");

test("docs/spec/evidence.md lists the codes of the catalogue, and says the same of them", () => {
  const listed = [...spec.matchAll(/^\| (REACH-E5\d{3}) \| (fail|not checked) \| \S/gm)];
  expect(Object.fromEntries(listed.map(([, code, outcome]) => [code, outcome]))).toEqual(
    Object.fromEntries(Object.entries(catalogue).map(([code, { outcome }]) => [code, outcome])),
  );
});

test.each([
  ["EVID", spec],
  ["KEY", keys],
])("the rules %s-n are numbered without a gap", (prefix, text) => {
  const found = [...text.matchAll(new RegExp(`\\*\\*${prefix}-(\\d+)\\*\\*`, "g"))];
  const numbers = found.map(([, number]) => Number(number));
  expect(numbers.length).toBeGreaterThan(0);
  expect(numbers).toEqual(numbers.map((_, i) => i + 1));
});

test("each rule of docs/spec/keys.md is named by a test", () => {
  const root = new URL("../../", import.meta.url);
  const tests = ["evidence/test", "cli/test", "tools/conformance"].flatMap((folder) =>
    readdirSync(new URL(folder, root), { encoding: "utf8", recursive: true })
      .filter((name) => name.endsWith(".ts"))
      .map((name) => readFileSync(new URL(`${folder}/${name}`, root), "utf8")),
  );
  const named = new Set(tests.join("\n").match(/KEY-\d+(?=: )/g));
  const rules = [...keys.matchAll(/\*\*(KEY-\d+)\*\*/g)].map(([, rule = ""]) => rule);
  expect(rules.filter((rule) => !named.has(rule))).toEqual([]);
});
