// The three builds of the engine whose answers must be one.
import { existsSync, readFileSync } from "node:fs";
import { createEngine } from "@reach-fabric/engine";
import type { Engine } from "@reach-fabric/engine";

const debugBuild = new URL("../../build/debug/engine.wasm", import.meta.url);

export interface Build {
  readonly name: "scalar" | "simd" | "debug";
  readonly engine: Engine;
}

/**
 * A new engine of each build. Throws where one is missing: two are not all. After a quick set-up (`npm run t` with a
 * changed engine) all three are the debug build: that they agree is shown by `npm test` alone.
 */
export function allBuilds(): readonly [Build, Build, Build] {
  if (!existsSync(debugBuild)) throw new Error("build/debug/engine.wasm is missing: npm run build");
  const bytes = new Uint8Array(readFileSync(debugBuild));
  return [
    { name: "scalar", engine: createEngine({ build: "scalar" }) },
    { name: "simd", engine: createEngine({ build: "simd" }) },
    { name: "debug", engine: createEngine({ bytes }) },
  ];
}

/** The answer of every build, which is one answer; throws where one build says something else. */
export function agreed<T>(builds: readonly Build[], ask: (engine: Engine) => T): T {
  const [first, ...others] = builds;
  if (first === undefined) throw new Error("no build to ask");
  const answer = ask(first.engine);
  const text = JSON.stringify(answer);
  for (const { name, engine } of others) {
    const other = JSON.stringify(ask(engine));
    if (other !== text) {
      throw new Error(`builds differ\n  ${first.name}: ${text}\n  ${name}: ${other}`);
    }
  }
  return answer;
}

/** Gives the same engines again and again, and new ones once one of them has trapped. */
export function survivors(): () => readonly [Build, Build, Build] {
  let builds = allBuilds();
  return () => {
    if (builds.some(({ engine }) => engine.trapped)) builds = allBuilds();
    return builds;
  };
}
