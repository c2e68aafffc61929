// Engines that many runs share: small steps on this thread in slices, large ones on threads of their own.
import { createEngine } from "@reach-fabric/engine";
import type { Engine, EngineOptions, Pack, Step, StepInput } from "@reach-fabric/engine";
import { availableParallelism } from "node:os";
import type { Worker } from "node:worker_threads";
import type { CloudEvent } from "../effects/emit.ts";
import type { Executor, RunEnd } from "./executor.ts";
import type { Done, Job } from "./job.ts";
import { Seat } from "./seat.ts";
import type { SharedRun } from "./seat.ts";
import { isLonger } from "./size.ts";
import { Slices } from "./slices.ts";
import { newThread, Threads } from "./threads.ts";

export interface EnginePoolOptions {
  /** Which engine: see createEngine(). */
  readonly engine?: EngineOptions;
  /** How many threads there are for large steps at most; by default one less than the machine has processors, and one at least. */
  readonly threads?: number;
}

/** Engines that many runs share. */
export interface EnginePool {
  /** How many threads there are now. */
  readonly threads: number;
  /** Computes a run of this pack. */
  executor(pack: Pack): Executor;
  /** Ends the threads. Runs that are not at their end then fail. */
  close(): Promise<void>;
}

/** Bytes that enter in one step above which a thread takes it. */
const LARGE_INPUT = 64 * 1024;
/** Bytes of a run's state above which a thread takes its steps. */
const LARGE_STATE = 256 * 1024;
/** Milliseconds of two steps in a row, each, after which threads take those that come. Of one it may be the machine's doing. */
const SLOW = 25;

/**
 * Engines for many runs at once: give it to run() in place of an engine of its own.
 *
 * Guarantees: runs come to what they would come to alone, and none sees anything of another one. A small step takes
 * its turn on this thread, which is left to others every few milliseconds; one with an answer or a state of many bytes is
 * computed on another thread. What waits costs some kilobytes, and no engine.
 *
 * @example
 * const pool = createEnginePool();
 * const both = ["1", "2"].map((id) => run({ engine: pool, pack, input, recorder: folderRecorder(`runs/p${id}`) }));
 * const statuses = (await Promise.all(both)).map(({ status }) => status);
 * await pool.close();
 * statuses; // → ["completed", "completed"]
 */
export const createEnginePool = (options: EnginePoolOptions = {}): EnginePool =>
  enginePoolWith(options, newThread);

/** A pool whose threads a test makes. */
export function enginePoolWith(
  options: EnginePoolOptions,
  makeThread: (engine: EngineOptions) => Worker,
): EnginePool {
  const { engine = {}, threads: most = Math.max(1, availableParallelism() - 1) } = options;
  const shared: Shared = {
    seat: new Seat(() => createEngine(engine)),
    slices: new Slices(),
    threads: new Threads(most, () => makeThread(engine)),
  };
  return {
    get threads() {
      return shared.threads.size;
    },
    executor: (pack) => new PooledRun(shared, pack),
    close: () => {
      shared.slices.close();
      return shared.threads.close();
    },
  };
}

interface Shared {
  readonly seat: Seat;
  readonly slices: Slices;
  readonly threads: Threads;
}

class PooledRun implements Executor {
  readonly #shared: Shared;
  #run: SharedRun;
  /** In a row. */
  #slowSteps = 0;
  #end: RunEnd | undefined;

  constructor(shared: Shared, pack: Pack) {
    this.#shared = shared;
    this.#run = { pack, seed: null, snapshot: undefined };
  }

  get digest(): string {
    return this.#shared.seat.digest;
  }

  get semantics(): number {
    return this.#shared.seat.semantics;
  }

  async admitStart(
    options: Parameters<Engine["admitStart"]>[0],
    input: Uint8Array,
  ): Promise<Uint8Array> {
    const { seat, slices } = this.#shared;
    const { pack } = this.#run;
    if (input.length <= LARGE_INPUT) {
      return slices.do(() => seat.admitStart(pack, options, input));
    }
    const { start } = await this.#elsewhere({ options, input });
    if (start === undefined) throw new TypeError("A thread has given no record");
    return start;
  }

  begin(seed: Uint8Array | null): void {
    this.#run = { ...this.#run, seed };
  }

  async step(inputs: readonly StepInput[]): Promise<Step> {
    const isLarge = this.#isLarge || isLonger(inputs, LARGE_INPUT);
    return isLarge ? this.#largeStep(inputs) : this.#smallStep(inputs);
  }

  #smallStep(inputs: readonly StepInput[]): Promise<Step> {
    const { seat, slices } = this.#shared;
    return slices.do(() => {
      const began = performance.now();
      const { computed, end } = seat.step(this.#run, inputs);
      this.#slowSteps = performance.now() - began > SLOW ? this.#slowSteps + 1 : 0;
      this.#end = end;
      return computed;
    });
  }

  async takes(key: string, event: CloudEvent): Promise<boolean> {
    const { seat, slices } = this.#shared;
    if (this.#isLarge) return (await this.#elsewhere({ key, event })).takes ?? false;
    return slices.do(() => seat.takes(this.#run, key, event));
  }

  turn(): Promise<void> {
    return this.#shared.slices.do(() => undefined);
  }

  end(): RunEnd {
    if (this.#end === undefined) throw new TypeError("The run has not ended");
    return this.#end;
  }

  close(): void {
    this.#shared.seat.forget(this.#run);
    this.#run.snapshot = undefined;
  }

  get #isLarge(): boolean {
    return this.#slowSteps > 1 || (this.#run.snapshot?.length ?? 0) > LARGE_STATE;
  }

  async #largeStep(inputs: readonly StepInput[]): Promise<Step> {
    const done = await this.#elsewhere({ inputs }).catch((error: unknown) => {
      // An embedder's answer may hold what no message can, though JSON leaves it out.
      if (error instanceof DOMException && error.name === "DataCloneError") return undefined;
      throw error;
    });
    if (done === undefined) return this.#smallStep(inputs);
    const { computed, end, snapshot } = done;
    if (computed === undefined) throw new TypeError("A thread has given no step");
    this.#run.snapshot = snapshot;
    this.#end = end;
    return computed;
  }

  /** Has a thread do something for the run, of which nothing is on the engine here meanwhile. */
  async #elsewhere(work: Job["work"]): Promise<Done> {
    const { seat, slices, threads } = this.#shared;
    const run = this.#run;
    await slices.do(() => seat.leave(run));
    return threads.do({ ...run, work });
  }
}
