// Runs from their inputs alone: each is driven, answers and all, and then computed again from what entered it.
//
// No node: import, no Node-only API: the same bundle runs on every Node and in a browser.
import { fromHex, isInput, recompute, toHex, utf8 } from "@reach-fabric/engine";
import type { Engine, Pack, Recomputed } from "@reach-fabric/engine";
import { readGolden, runOf, runSeed } from "@reach-fabric/engine/golden";
import { openEvidence, recordsOf } from "@reach-fabric/evidence";
import { packOf, tell } from "../fuzz/models/tell.ts";
import type { Golden } from "./golden.ts";

/** What came of runs on one build. */
export interface Recomputations {
  /** The name of each run, and 16 digits of the SHA-256 of all that follows from its inputs but the fingerprint. */
  readonly runs: readonly (readonly [name: string, digest: string])[];
  /** SHA-256 of the fingerprints, which name the build. */
  readonly fingerprints: string;
  /** What does not follow from its inputs, by the run's name. */
  readonly failed: readonly string[];
}

/** What is said of a run, in text and numbers. */
interface Facts {
  readonly records: readonly string[];
  readonly root: string;
  readonly size: number;
  readonly entered: { readonly root: string; readonly size: number };
  /** The digest of what left between an input and the next. */
  readonly left: readonly string[];
  readonly decision: string | null;
  readonly fingerprint: string | null;
  readonly fuel: number | null;
}

/** A run that was driven, and what was seen of it then. */
interface Driven {
  readonly pack: Pack;
  readonly seed: Uint8Array;
  readonly records: readonly Uint8Array[];
  readonly seen: Partial<Facts>;
}

/** A run that can be driven. */
interface Drive {
  readonly name: string;
  readonly on: (engine: Engine) => Driven;
}

/** Computes the runs of all golden cases, of all golden evidence, and those that the scripts say. */
export function recomputations(engine: Engine, golden: Golden): Recomputations {
  const runs: (readonly [string, string])[] = [];
  const failed: string[] = [];
  const fingerprints: (string | null)[] = [];
  for (const { name, on } of [...cases(golden), ...evidence(golden), ...generated(golden)]) {
    try {
      const { fingerprint, ...facts } = followed(engine, on(engine));
      runs.push([name, toHex(engine.sha256(utf8(JSON.stringify(facts)))).slice(0, 16)]);
      fingerprints.push(fingerprint);
    } catch (error) {
      failed.push(`${name}: ${String(error)}`);
    }
  }
  return { runs, fingerprints: toHex(engine.sha256(utf8(fingerprints.join()))), failed };
}

/** All that follows from a run's inputs, which is what was seen of it. */
function followed(engine: Engine, { pack, seed, records: driven, seen }: Driven): Facts {
  const inputs = driven.filter((record) => isInput(record));
  const records: string[] = [];
  const left: string[] = [];
  const loud = recompute(engine, pack, inputs, {
    seed,
    onRecord: (record) => records.push(toHex(record)),
    onProgress: () => left.push(toHex(engine.commitments().left)),
  });
  const facts = { records, left, ...heads(loud) };
  requireSame(facts, seen);
  // Again, and no record leaves the engine.
  requireSame(facts, heads(recompute(engine, pack, inputs, { seed })));
  return facts;
}

function requireSame(facts: Facts, others: Partial<Facts>): void {
  for (const [what, other] of Object.entries(others)) {
    const [a, b] = [facts[what as keyof Facts], other].map((value) => JSON.stringify(value));
    if (a !== b) throw new Error(`its inputs give the ${what} ${a}, not ${b}`);
  }
}

const heads = (run: Recomputed): Omit<Facts, "records" | "left"> => ({
  root: toHex(run.root ?? new Uint8Array()),
  size: run.size ?? 0,
  entered: { root: toHex(run.entered?.root ?? new Uint8Array()), size: run.entered?.size ?? 0 },
  decision: run.decision ?? null,
  fingerprint: run.fingerprint ?? null,
  fuel: run.fuel ?? null,
});

/** What the engine says of the run that it has just driven. */
function seenOn(engine: Engine, records: readonly Uint8Array[], isEnded: boolean): Partial<Facts> {
  const fuel = engine.fuelUsed();
  const { root, size, entered } = engine.commitments();
  return {
    records: records.map(toHex),
    root: toHex(root),
    size,
    entered: { root: toHex(entered.root), size: entered.size },
    ...(isEnded
      ? { decision: engine.decision(), fingerprint: engine.fingerprint(), fuel }
      : { decision: null, fingerprint: null }),
  };
}

function cases({ files }: Golden): Drive[] {
  const all = files.flatMap(({ text }) => readGolden(text).cases);
  return all.flatMap((item) => {
    // Those that are about a refusal are no runs.
    if (item.op !== "run" || item.error !== undefined) return [];
    const on = (engine: Engine): Driven => {
      const { pack, records, status } = runOf(engine, item);
      return { pack, seed: runSeed, records, seen: seenOn(engine, records, status !== "waiting") };
    };
    return [{ name: item.id, on }];
  });
}

/** Evidence says itself what its inputs give. */
function evidence({ index, runs }: Golden): Drive[] {
  const whole = index.runs.filter(({ verdicts }) => verdicts.replayed === "pass");
  return whole.map(({ file }) => {
    const on = (engine: Engine): Driven => {
      const opened = openEvidence(engine, fromHex(runs[file] ?? ""));
      const { pack, seed, run } = opened;
      if (pack === null || seed === null) throw new Error("not whole");
      const records = [...recordsOf(engine, opened)].map(({ bytes }) => bytes);
      const { trace, entered, decision } = run;
      return {
        pack,
        seed,
        records,
        seen: { records: records.map(toHex), ...trace, entered, decision },
      };
    };
    return { name: file, on };
  });
}

/** The seed of a run's commitments follows from its number. */
function generated({ scripts }: Golden): Drive[] {
  return scripts.map(([number, script]) => {
    const name = `run ${number}`;
    const on = (engine: Engine): Driven => {
      const pack = packOf(engine, script);
      const seed = engine.sha256(utf8(name));
      engine.load(pack);
      engine.commit(seed);
      const left: string[] = [];
      const note = (at: Engine): Engine => {
        left.push(toHex(at.commitments().left));
        return at;
      };
      const { records } = tell(script, engine, note);
      note(engine);
      return { pack, seed, records, seen: { ...seenOn(engine, records, true), left } };
    };
    return { name, on };
  });
}
