import { createEngine } from "@reach-fabric/engine";
import type { Engine } from "@reach-fabric/engine";

/** The engine to use now: the same one, until a trap ends it. */
export function engines(): () => Engine {
  let engine: Engine | undefined;
  return () => (engine === undefined || engine.trapped ? (engine = createEngine()) : engine);
}
