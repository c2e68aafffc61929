// What a runtime answers to all golden cases, small enough to compare between runtimes.
//
// No node: import, no Node-only API: the same bundle runs on every Node and in a browser.
import { createEngine, engineDigest, fromHex, toHex, utf8 } from "@reach-fabric/engine";
import type { Engine } from "@reach-fabric/engine";
import { outcomeOf, readGolden, verifyGolden } from "@reach-fabric/engine/golden";
import type { GoldenOutcome } from "@reach-fabric/engine/golden";
import type { Golden } from "./golden.ts";
import { recomputations } from "./recomputed.ts";
import type { Recomputations } from "./recomputed.ts";
import { verifyRuns } from "./runs.ts";

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
  /**
   * SHA-256 over everything that came of every case but fingerprints, which name the build. A second
   * round has given the same.
   */
  readonly outcomes: string;
  /** SHA-256 over the outputs, errors and fuel of every program. */
  readonly programs: string;
  /** What the inputs alone give, of all golden runs and those that the scripts say. */
  readonly recomputed: Pick<Recomputations, "runs" | "fingerprints">;
  /** Runs by case, with decision digest and fingerprint. */
  readonly runs: Readonly<Record<string, unknown>>;
}

/** More than this makes the slowest of the builds wait. */
const FUEL = 200_000;

/** Runs every case twice, and verifies all evidence, on each build that this runtime has. */
export function transcript(golden: Golden): Transcript {
  const { files, index, runs: evidence, debug, programs } = golden;
  const builds: BuildTranscript[] = [];
  for (const build of ["scalar", "simd", "debug"] as const) {
    const engine = createEngine(build === "debug" ? { bytes: fromHex(debug) } : { build });
    const { passed, failed } = verifyGolden(engine, files);
    const judged = verifyRuns(engine, index, (file) => fromHex(evidence[file] ?? ""));
    const runs: Record<string, unknown> = {};
    const round = (): string => {
      const lines = files.flatMap(({ path, text }) =>
        readGolden(text).cases.map((item) => {
          const outcome = tried(() => outcomeOf(engine, item));
          if (item.op === "run") runs[item.id] = outcome.expect ?? outcome.error;
          return `${path} ${item.id} ${JSON.stringify(outcome, withoutFingerprint)}`;
        }),
      );
      return toHex(engine.sha256(utf8(lines.join("\n"))));
    };
    const outcomes = round();
    const again = round() === outcomes ? [] : ["the second round on one engine gave other answers"];
    const { failed: diverged, ...recomputed } = recomputations(engine, golden);
    builds.push({
      build,
      passed: passed + judged.passed,
      failed: [...failed, ...judged.failed, ...again, ...diverged],
      outcomes,
      programs: evaluated(engine, programs),
      recomputed,
      runs,
    });
  }
  return { engine: engineDigest, builds };
}

const withoutFingerprint = (name: string, value: unknown): unknown =>
  name === "fingerprint" ? undefined : value;

/** Each on an engine that has evaluated all before it. */
function evaluated(engine: Engine, programs: Golden["programs"]): string {
  const hasher = engine.hasher();
  for (const [program, input] of programs) {
    const answer = engine.evaluate(program, input, { fuel: FUEL });
    hasher.update(utf8(JSON.stringify(answer)));
  }
  return toHex(hasher.digest());
}

/** A trap is an answer like any other: it must be the same everywhere, and verifyGolden fails it. */
function tried(ask: () => GoldenOutcome): GoldenOutcome {
  try {
    return ask();
  } catch (error) {
    return { error: { code: String(error) } };
  }
}
