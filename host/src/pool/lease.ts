// One run at a time on an engine: two would mix what they hold (ABI-6).
import type { Engine } from "@reach-fabric/engine";
import { hostCode } from "../files/codes.ts";
import { ReachError } from "../files/error.ts";

const inUse = new WeakSet<Engine>();

/**
 * Does something with an engine that nothing else here uses meanwhile.
 *
 * @throws ReachError `REACH-E3010` something does; whatever the work throws
 */
export async function leased<T>(engine: Engine, work: () => Promise<T>): Promise<T> {
  if (inUse.has(engine)) throw engineInUse();
  inUse.add(engine);
  try {
    return await work();
  } finally {
    inUse.delete(engine);
  }
}

export const engineInUse = (): ReachError =>
  new ReachError(hostCode.engineInUse, "The engine is in use by another run.", {
    why: "an engine holds one run at a time",
    hint: "Give each run an engine of its own: createEngine() takes no longer than a step.",
  });
