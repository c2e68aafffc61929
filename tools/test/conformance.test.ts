// The external vectors, where they are. Their folder is not part of the repository: without it
// nothing is checked here, which the run says at its end.
import { createEngine } from "@reach-fabric/engine";
import { expect, test } from "vitest";
import { suiteLine, suitesInChromium, vectorsFolder, vectorsIn } from "../conformance.ts";
import { vectorsOf } from "../conformance/suite.ts";
import type { SuiteResult } from "../conformance/suite.ts";
import { openworkflowCtk } from "../conformance/node/ctk.ts";
import { cyclonedx } from "../conformance/node/cyclonedx.ts";
import { ed25519OfNode } from "../conformance/node/ed25519.ts";
import { expected, mcpConformance } from "../conformance/node/mcp/suite.ts";
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
  "wycheproof-ed25519": 151,
  "wycheproof-p256": 484,
  "cctv-ed25519": 914,
  "ed25519-speccheck": 12,
  "numbers-es6": 10_004,
  "archive-attacks": 90,
  "openworkflow-ctk": 21,
};

const all = [...suites, openworkflowCtk, cyclonedx, ed25519OfNode];

for (const suite of all) {
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

test("the kit's runner sees what a scenario asks for", async () => {
  const feature = (then: string): string =>
    'Feature: X\n  Scenario: Y\n    Given a workflow with definition:\n    """yaml\n' +
    "    document: {dsl: 1.0.3, namespace: a, name: b, version: 1.0.0}\n" +
    `    do: [{a: {set: {v: 1}}}, {b: {set: "{w: .v}"}}]\n    """\n` +
    `    When the workflow is executed\n    Then ${then}\n`;
  const outcome = async (then: string): Promise<number | undefined> => {
    const files = { "openworkflow/ctk/features/x.feature": btoa(feature(then)) };
    return (await openworkflowCtk.run(createEngine(), vectorsOf(files), { long: false })).failed
      .length;
  };
  for (const good of [
    "the workflow should complete",
    'the workflow should complete with output:\n    """yaml\n    w: 1\n    """',
    "the workflow output should have properties 'w'",
    "a should run first",
    "b should run after a",
  ]) {
    expect([good, await outcome(good)]).toEqual([good, 0]);
  }
  for (const wrong of [
    "the workflow should fault",
    'the workflow should complete with output:\n    """yaml\n    w: 2\n    """',
    "the workflow output should have properties 'w', 'v'",
    "b should run first",
    "c should run after a",
    "a should fault",
    "something that no step says",
  ]) {
    expect([wrong, await outcome(wrong)]).toEqual([wrong, 1]);
  }
});

test("the counts are about suites that exist", () => {
  const names = all.map(({ name }) => name);
  expect(Object.keys(counts).filter((name) => !names.includes(name))).toEqual([]);
});

test("suites give the same in Chromium", async (context) => {
  const chromium = findChromium();
  if (folder === undefined || chromium === undefined) {
    context.skip(folder === undefined ? missing : "NOT CHECKED: no Chromium on PATH");
    return;
  }
  const quick = suites.filter(({ name }) =>
    /rfc6962|json-test-suite|nist-sha256$|ed25519|p256/.test(name),
  );
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

test("the client scenarios of MCP: a slice of the official suite, and a reason for each that does not pass", async () => {
  const { failed, passed } = await mcpConformance.run(createEngine(), vectorsOf({}), {
    long: false,
  });
  expect(failed).toEqual([]);
  expect(passed).toBe(2);
  const wordless = expected.filter(
    ({ expect: outcome, why = "" }) => outcome === "fail" && why === "",
  );
  expect(wordless).toEqual([]);
}, 120_000);
