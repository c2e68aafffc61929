// An engine on which one run after the other is, and the state of those that are not on it.
import { step } from "@reach-fabric/engine";
import type { Engine, Pack, Step, StepInput } from "@reach-fabric/engine";
import type { CloudEvent } from "../effects/emit.ts";
import { endOf, takes } from "./executor.ts";
import type { RunEnd } from "./executor.ts";

/** A run between its steps. */
export interface SharedRun {
  readonly pack: Pack;
  /** What its records commit to; null where nothing is kept of them. */
  readonly seed: Uint8Array | null;
  /** Where it is, unless it has not begun or is on an engine: a cache in memory, and never more (ABI-10). */
  snapshot: Uint8Array | undefined;
}

/** What a step came to, and the run if that was its last. */
export interface Seated {
  readonly computed: Step;
  readonly end?: RunEnd;
}

/**
 * An engine that many runs share, one at a time.
 *
 * A run stays on it until another one needs it, and is restored when it needs it again: from its own snapshot, under
 * its own seed and with its own pack loaded, so that it finds what it has left and nothing of others.
 */
export class Seat {
  readonly #make: () => Engine;
  #engine: Engine;
  #run: SharedRun | undefined;

  constructor(make: () => Engine) {
    this.#make = make;
    this.#engine = make();
  }

  get digest(): string {
    return this.#engine.digest;
  }

  get semantics(): number {
    return this.#engine.semantics;
  }

  /** Takes a run on. A run that has ended is gone from here, and so is one of which a step has thrown. */
  step(run: SharedRun, inputs: readonly StepInput[]): Seated {
    const engine = this.#seat(run);
    let computed: Step | undefined;
    try {
      computed = step(engine, inputs, { run: engine.run, commits: run.seed !== null });
      return computed.outcome === undefined ? { computed } : { computed, end: endOf(engine) };
    } finally {
      if (computed === undefined || computed.outcome !== undefined) this.forget(run);
    }
  }

  takes(run: SharedRun, key: string, event: CloudEvent): boolean {
    const engine = this.#seat(run);
    return takes(engine, key, event, engine.run);
  }

  /** The record that begins a run of a pack, which is read whole by the engine. */
  admitStart(
    pack: Pack,
    options: Parameters<Engine["admitStart"]>[0],
    input: Uint8Array,
  ): Uint8Array {
    const engine = this.#vacant();
    engine.load(pack);
    return engine.admitStart(options, input);
  }

  /** The run's snapshot, where it is on the engine; afterwards it is not. */
  leave(run: SharedRun): void {
    if (this.#run === run) this.#vacant();
  }

  /** The run is not gone on with here: nothing of it is kept. */
  forget(run: SharedRun): void {
    if (this.#run === run) this.#run = undefined;
  }

  /** The engine with this run on it. */
  #seat(run: SharedRun): Engine {
    if (this.#run === run && !this.#engine.trapped) return this.#engine;
    const engine = this.#vacant();
    // Packs that are loaded here have the digest that they say.
    if (engine.loaded?.digest !== run.pack.digest) engine.load(run.pack);
    engine.commit(run.seed);
    if (run.snapshot !== undefined) engine.restore(run.snapshot);
    this.#run = run;
    return engine;
  }

  /** The engine with no run on it: who was there takes its state along. */
  #vacant(): Engine {
    const run = this.#run;
    this.#run = undefined;
    if (run !== undefined && !this.#engine.trapped) run.snapshot = this.#engine.snapshot();
    if (this.#engine.trapped) this.#engine = this.#make();
    return this.#engine;
  }
}
