// What the engine makes of an answer, and what is told of it: neither can end a run (GRANT-18).
import { EngineError } from "@reach-fabric/engine";
import type { Advance, Engine, RunToken } from "@reach-fabric/engine";
import { unfit } from "../effects/admissible.ts";
import type { Performed } from "../effects/egress/performed.ts";

/** A run, and the engine that it is on. */
export interface OneRun {
  readonly engine: Engine;
  readonly run: RunToken | undefined;
}

/** An answer that the engine has taken. */
export interface Answered extends Omit<Performed, "body"> {
  readonly record: Uint8Array;
  readonly advance: Advance;
}

/**
 * Gives the engine an answer; in place of one that it refuses, the failure `protocol`.
 *
 * @throws EngineError where that is refused as well, as it is where nothing waits for the answer; EngineTrap
 */
export function answer({ engine, run }: OneRun, key: string, performed: Performed): Answered {
  const taken = ({ result, body, note }: Performed): Answered => {
    const record = engine.admitResult(key, result, body, run);
    return { record, advance: engine.advance(record, run), result, ...(note ? { note } : {}) };
  };
  try {
    return taken(performed);
  } catch (error) {
    if (engine.trapped) throw error;
    const why = error instanceof EngineError ? error.code : "it is not JSON";
    try {
      return taken(unfit(`no record can hold what the effect gave (${why})`));
    } catch {
      throw error;
    }
  }
}

/** Tells who watches of something. What goes wrong there is a warning of the process, and nothing of the run's. */
export function tellWatcher<T extends readonly unknown[]>(
  watch: ((...what: T) => unknown) | undefined,
  ...what: T
): void {
  try {
    const told = watch?.(...what);
    if (told instanceof Promise) told.catch(warn);
  } catch (error) {
    warn(error);
  }
}

const warn = (error: unknown): void =>
  process.emitWarning(
    `what watches a run has failed: ${error instanceof Error ? error.message : String(error)}`,
  );
