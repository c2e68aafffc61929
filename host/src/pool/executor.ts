// Where a run is computed: on an engine that it has for itself, or on those that many runs share.
import { step } from "@reach-fabric/engine";
import type { Engine, Pack, RunToken, Step, StepInput } from "@reach-fabric/engine";
import type { CloudEvent } from "../effects/emit.ts";
import { engineInUse } from "./lease.ts";
import { LONGEST_SLICE } from "./slices.ts";

/** What an ended run came to, in hex. */
export interface RunEnd {
  readonly decision: string;
  readonly fingerprint: string;
}

type Soon<T> = T | Promise<T>;

/** Computes one run. One call at a time: who has called waits for what comes of it. */
export interface Executor {
  /** SHA-256 of the engine, in hex. */
  readonly digest: string;
  readonly semantics: number;
  /** The record that begins the run. @throws EngineError for a pack, options or an input that the engine refuses */
  admitStart(options: Parameters<Engine["admitStart"]>[0], input: Uint8Array): Soon<Uint8Array>;
  /** Says what the run's records commit to: its seed; null for a run of which nothing is kept. */
  begin(seed: Uint8Array | null): void;
  /** Takes the run on. @throws as step() of the engine does */
  step(inputs: readonly StepInput[]): Soon<Step>;
  /** Whether the engine takes the event for this effect: it changes nothing. */
  takes(key: string, event: CloudEvent): Soon<boolean>;
  /** Lets others have their turn, where this one was long; undefined where it was not. */
  turn(): Promise<void> | undefined;
  /** What the run has come to, once it has ended. */
  end(): Soon<RunEnd>;
  /** Gives back what the run has used. */
  close(): void;
}

/** Computes a run on an engine that nothing else uses meanwhile: without a promise, and without a snapshot. */
export class OwnEngine implements Executor {
  readonly #engine: Engine;
  readonly #pack: Pack;
  #run: RunToken | undefined;
  #commits = true;
  #since = performance.now();

  /** @param isOn whether the run is on the engine already, as far as it has come */
  constructor(engine: Engine, pack: Pack, isOn: boolean) {
    this.#engine = engine;
    this.#pack = pack;
    this.#run = isOn ? engine.run : undefined;
  }

  get digest(): string {
    return this.#engine.digest;
  }

  get semantics(): number {
    return this.#engine.semantics;
  }

  admitStart(options: Parameters<Engine["admitStart"]>[0], input: Uint8Array): Uint8Array {
    return this.#engine.admitStart(options, input);
  }

  begin(seed: Uint8Array | null): void {
    this.#engine.commit(seed);
    this.#commits = seed !== null;
  }

  step(inputs: readonly StepInput[]): Step {
    const found = step(this.#engine, inputs, { run: this.#run, commits: this.#commits });
    this.#run ??= this.#engine.run;
    return found;
  }

  takes(key: string, event: CloudEvent): boolean {
    return takes(this.#engine, key, event, this.#run);
  }

  turn(): Promise<void> | undefined {
    if (performance.now() - this.#since < LONGEST_SLICE) return undefined;
    return new Promise((resolve) => {
      setImmediate(() => {
        this.#since = performance.now();
        resolve();
      });
    });
  }

  end(): RunEnd {
    if (this.#engine.run !== this.#run) throw engineInUse();
    return endOf(this.#engine);
  }

  close(): void {
    // Who runs the same pack next finds the engine as after load().
    if (!this.#engine.trapped) this.#engine.commit(null);
  }

  /** Loads the pack, unless the engine has it. */
  load(): void {
    if (this.#engine.loaded !== this.#pack) this.#engine.load(this.#pack);
  }
}

/** What the run that an engine is on has come to. */
export const endOf = (engine: Engine): RunEnd => ({
  decision: engine.decision(),
  fingerprint: engine.fingerprint(),
});

/** Whether an engine takes an event for an effect of the run that it is on. */
export function takes(engine: Engine, key: string, event: CloudEvent, run?: RunToken): boolean {
  try {
    engine.admitResult(key, { event }, undefined, run);
    return true;
  } catch (error) {
    if (!engine.trapped) return false;
    throw error;
  }
}
