// The external vectors, where they are. Their folder is not part of the repository: without it
// nothing is checked here, which the run says at its end.
import { createEngine } from "@reach-fabric/engine";
import { expect, test } from "vitest";
import { suiteLine, suitesInChromium, vectorsFolder, vectorsIn } from "../conformance.ts";
import type { SuiteResult } from "../conformance/suite.ts";
import { nodeSuites } from "../conformance/node/ctk.ts";
import { suites } from "../conformance/suites.ts";
import { findChromium } from "../runtimes.ts";

const folder = vectorsFolder();
const missing = "NOT RUN: no ../shared/vectors, and REACH_VECTORS is not set";

/** How many cases each suite has. Fewer would be cases that got lost. */
const counts: Readonly<Record<string, number>> = {
  "nist-sha256": 129,
  "nist-sha256-monte": 100,
  "json-test-suite": 318,
  "rfc6962-inclusion": 98,
  "rfc6962-consistency": 98,
  "rfc6962-subtree-inclusion": 204,
  "rfc6962-subtree-consistency": 118,
  "numbers-es6": 10_004,
  "openworkflow-ctk": 21,
};

for (const suite of [...suites, ...nodeSuites]) {
  test(`conformance: ${suite.name}`, async (context) => {
    if (folder === undefined) {
      context.skip(missing);
      return;
    }
    const result = await suite.run(createEngine(), vectorsIn(folder), { long: false });
    expect(result.failed).toEqual([]);
    expect(result.passed, suiteLine(suite.name, result)).toBeGreaterThan(0);
    if (suite.name in counts) expect(result.passed).toBe(counts[suite.name]);
  });
}

test("the counts are about suites that exist", () => {
  const names = [...suites, ...nodeSuites].map(({ name }) => name);
  expect(Object.keys(counts).filter((name) => !names.includes(name))).toEqual([]);
});

test("suites give the same in Chromium", async (context) => {
  const chromium = findChromium();
  if (folder === undefined || chromium === undefined) {
    context.skip(folder === undefined ? missing : "NOT CHECKED: no Chromium on PATH");
    return;
  }
  const quick = suites.filter(({ name }) => /rfc6962|json-test-suite|nist-sha256$/.test(name));
  const results: [string, SuiteResult][] = [];
  await suitesInChromium(chromium, quick, vectorsIn(folder), { long: false }, (name, result) => {
    results.push([name, result]);
  });
  const here = await Promise.all(
    quick.map(async (suite): Promise<[string, SuiteResult]> => [
      suite.name,
      await suite.run(createEngine(), vectorsIn(folder), { long: false }),
    ]),
  );
  expect(results).toEqual(here);
});
