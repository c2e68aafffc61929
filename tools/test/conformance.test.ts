// The external vectors, where they are. Their folder is not part of the repository: without it
// nothing is checked here, which the run says at its end.
import { createEngine } from "@reach-fabric/engine";
import { expect, test } from "vitest";
import { allSuites, suiteLine, vectorsFolder } from "../conformance.ts";

const vectors = vectorsFolder();
const suites = await allSuites();

test("there are suites", () => {
  expect(suites.map(({ name }) => name)).toEqual(
    expect.arrayContaining(["json-test-suite", "rfc8785"]),
  );
});

for (const suite of suites) {
  test(`conformance: ${suite.name}`, async (context) => {
    if (vectors === undefined) {
      context.skip("NOT RUN: no ../shared/vectors, and REACH_VECTORS is not set");
      return;
    }
    const result = await suite.run(createEngine(), vectors);
    expect(result.failed).toEqual([]);
    expect(result.passed, suiteLine(suite.name, result)).toBeGreaterThan(0);
  });
}
