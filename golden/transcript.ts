// What a runtime answers to all golden cases, small enough to compare between runtimes.
//
// No node: import, no Node-only API: the same bundle runs on every Node and in a browser.
import { createEngine, engineDigest, fromHex, toHex, utf8 } from "@reach-fabric/engine";
import { outcomeOf, readGolden, verifyGolden } from "@reach-fabric/engine/golden";
import type { GoldenOutcome } from "@reach-fabric/engine/golden";
import { verifyRuns } from "./runs.ts";
import type { RunsIndex } from "./runs.ts";

/** What one runtime says. Two runtimes that say the same text agree byte for byte. */
export interface Transcript {
  /** SHA-256 of the engine. */
  readonly engine: string;
  /** Builds that could run here. */
  readonly builds: readonly BuildTranscript[];
}

export interface BuildTranscript {
  readonly build: string;
  readonly passed: number;
  readonly failed: readonly string[];
  /** SHA-256 over everything that came of every case. A second round has given the same. */
  readonly outcomes: string;
  /** Runs by case, with decision digest and fingerprint. */
  readonly runs: Readonly<Record<string, unknown>>;
}

/** What a runtime is asked: plain JSON, so that it can be handed to a page. */
export interface Golden {
  readonly files: readonly { readonly path: string; readonly text: string }[];
  readonly index: RunsIndex;
  /** The files of the index, in hex. */
  readonly runs: Readonly<Record<string, string>>;
}

/** Runs every case twice, and verifies all evidence, on each build that this runtime has. */
export function transcript({ files, index, runs: evidence }: Golden): Transcript {
  const builds: BuildTranscript[] = [];
  for (const build of ["scalar", "simd"] as const) {
    const engine = createEngine({ build });
    const { passed, failed } = verifyGolden(engine, files);
    const judged = verifyRuns(engine, index, (file) => fromHex(evidence[file] ?? ""));
    const runs: Record<string, unknown> = {};
    const round = (): string => {
      const lines = files.flatMap(({ path, text }) =>
        readGolden(text).cases.map((item) => {
          const outcome = tried(() => outcomeOf(engine, item));
          if (item.op === "run") runs[item.id] = outcome.expect ?? outcome.error;
          return `${path} ${item.id} ${JSON.stringify(outcome)}`;
        }),
      );
      return toHex(engine.sha256(utf8(lines.join("\n"))));
    };
    const outcomes = round();
    const again = round() === outcomes ? [] : ["the second round on one engine gave other answers"];
    builds.push({
      build,
      passed: passed + judged.passed,
      failed: [...failed, ...judged.failed, ...again],
      outcomes,
      runs,
    });
  }
  return { engine: engineDigest, builds };
}

/** A trap is an answer like any other: it must be the same everywhere, and verifyGolden fails it. */
function tried(ask: () => GoldenOutcome): GoldenOutcome {
  try {
    return ask();
  } catch (error) {
    return { error: { code: String(error) } };
  }
}
