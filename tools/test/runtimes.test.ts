// The same answers on the Nodes of this machine and in its Chromium. `npm run test:runtimes`
// fetches further Nodes. What is not there is skipped, and the run says so at its end.
import { mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import {
  answersOfChromium,
  answersOfNode,
  differences,
  findChromium,
  questions,
  ownNode,
} from "../runtimes.ts";
import type { Answers } from "../runtimes.ts";

const asked = await questions(mkdtempSync(join(tmpdir(), "reach-runtimes-")), {
  programs: 500,
  runs: 200,
});
const pinned = answersOfNode(process.execPath, asked);

test(`every golden case holds on the pinned Node ${process.version}`, () => {
  expect(differences([pinned])).toEqual([]);
  expect(pinned.transcript.builds.map(({ build }) => build)).toEqual(["scalar", "simd", "debug"]);
  expect(pinned.transcript.builds[0]?.passed).toBeGreaterThan(100);
  expect(Object.keys(pinned.transcript.builds[0]?.runs ?? {}).length).toBeGreaterThan(10);
});

test("the machine's own Node gives the same bytes", (context) => {
  const node = ownNode();
  if (node === undefined) context.skip("NOT CHECKED: no Node but the pinned one is on PATH");
  else expect(differences([pinned, answersOfNode(node, asked)])).toEqual([]);
}, 180_000);

test("Chromium gives the same bytes", async (context) => {
  const chromium = findChromium();
  if (chromium === undefined)
    context.skip("NOT CHECKED: no Chromium on PATH (apt-get install chromium)");
  else expect(differences([pinned, await answersOfChromium(chromium, asked)])).toEqual([]);
}, 180_000);

test("a runtime that answers otherwise is found", () => {
  const change = (answers: Answers, outcomes: string): Answers => ({
    runtime: "another",
    transcript: {
      ...answers.transcript,
      builds: answers.transcript.builds.map((build) => ({ ...build, outcomes })),
    },
  });
  expect(differences([pinned, change(pinned, "00")])).toEqual([
    `another answers otherwise than ${pinned.runtime}`,
  ]);
  const [last = ["", ""]] = pinned.transcript.builds[0]?.recomputed.runs.slice(-1) ?? [];
  expect(last[0]).toBe("run 199");
  const simd = pinned.transcript.builds.map((build) => {
    const { runs, fingerprints } = build.recomputed;
    const other = [...runs.slice(0, -1), [last[0], "0".repeat(16)] as const];
    return build.build === "simd" ? { ...build, recomputed: { runs: other, fingerprints } } : build;
  });
  expect(
    differences([{ runtime: "one", transcript: { ...pinned.transcript, builds: simd } }]),
  ).toEqual(["one (simd): another result of run 199"]);
  const broken: Answers = {
    runtime: "broken",
    transcript: {
      ...pinned.transcript,
      builds: pinned.transcript.builds.map((build, i) => ({
        ...build,
        outcomes: `${i}`,
        failed: ["x"],
      })),
    },
  };
  expect(differences([broken])).toEqual([
    "broken (scalar): x",
    "broken (simd): x",
    "broken (debug): x",
    "broken: its builds differ",
  ]);
});
