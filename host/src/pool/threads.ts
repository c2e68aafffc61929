// Threads for large steps: made when they are needed, a bounded number of them, and ended when they are not.
import type { EngineOptions } from "@reach-fabric/engine";
import { Worker } from "node:worker_threads";
import { hostCode } from "../files/codes.ts";
import { ReachError } from "../files/error.ts";
import { errorOf } from "./job.ts";
import type { Done, Job, JobReply, SentJob, ThreadData } from "./job.ts";

/** How often a job is given to a thread at most: one that dies with it may have died of it. */
const MOST_TRIES = 3;
/** Milliseconds without a job after which a thread ends. */
const IDLE = 5000;
/** Bytes of a run after which it ends at once: an engine's memory does not shrink. */
const MUCH = 2 * 1024 * 1024;

interface Waiting {
  readonly job: Job;
  tries: number;
  readonly resolve: (done: Done) => void;
  readonly reject: (error: Error) => void;
}

interface Thread {
  readonly worker: Worker;
  /** Digests of the packs that it was sent. */
  readonly packs: Set<string>;
  doing: Waiting | undefined;
  idle: NodeJS.Timeout | undefined;
}

export const newThread = (engine: EngineOptions): Worker => {
  const workerData: ThreadData = { engine };
  // The file beside this one is its program in every form.
  const program = new URL(`engine-thread.${import.meta.url.slice(-2)}`, import.meta.url);
  // What it computes with is the engine's memory: it makes few objects.
  const resourceLimits = { maxYoungGenerationSizeMb: 8 };
  // How packages are found, and not the others of this process, one of which may be a program.
  const execArgv = process.execArgv.filter((option) => option.startsWith("--conditions="));
  return new Worker(program, { name: "reach engine", workerData, resourceLimits, execArgv });
};

export class Threads {
  readonly #most: number;
  readonly #make: () => Worker;
  readonly #threads = new Set<Thread>();
  readonly #waiting: Waiting[] = [];
  #isClosed = false;

  constructor(most: number, make: () => Worker) {
    this.#most = most;
    this.#make = make;
  }

  /** How many there are now. */
  get size(): number {
    return this.#threads.size;
  }

  /**
   * Has a thread do a job. Where the thread dies, another one does it: that says nothing of the run.
   *
   * @throws what the engine says; ReachError `REACH-E3009` where three have died with it
   */
  do(job: Job): Promise<Done> {
    if (this.#isClosed) return Promise.reject(closed());
    return new Promise((resolve, reject) => {
      this.#waiting.push({ job, tries: 0, resolve, reject });
      this.#next();
    });
  }

  /** Ends all threads; what they were doing is not done. */
  async close(): Promise<void> {
    this.#isClosed = true;
    const threads = [...this.#threads];
    this.#threads.clear();
    const left = [...this.#waiting.splice(0), ...threads.flatMap(({ doing }) => doing ?? [])];
    for (const { reject } of left) reject(closed());
    await Promise.all(threads.map(({ worker, idle }) => (clearTimeout(idle), worker.terminate())));
  }

  #next(): void {
    while (this.#waiting.length > 0 && !this.#isClosed) {
      const thread = [...this.#threads].find(({ doing }) => doing === undefined) ?? this.#another();
      const waiting = thread && this.#waiting.shift();
      if (thread === undefined || waiting === undefined) return;
      waiting.tries += 1;
      thread.doing = waiting;
      clearTimeout(thread.idle);
      thread.worker.ref();
      const { pack, ...job } = waiting.job;
      const isKnown = thread.packs.has(pack.digest);
      const sent: SentJob = { ...job, digest: pack.digest, ...(isKnown ? {} : { pack }) };
      thread.packs.add(pack.digest);
      // A copy: should the thread die, what is here is there for another one.
      try {
        thread.worker.postMessage(sent, []);
      } catch (error) {
        this.#done(thread, error instanceof Error ? error : new Error(String(error)));
      }
    }
  }

  /** A new thread, if there may be one more. */
  #another(): Thread | undefined {
    if (this.#threads.size >= this.#most) return undefined;
    const worker = this.#make();
    const thread: Thread = { worker, packs: new Set(), doing: undefined, idle: undefined };
    this.#threads.add(thread);
    worker.on("message", (reply: JobReply) => this.#done(thread, reply));
    // What it died of is said when it has ended.
    let cause: unknown;
    worker.on("error", (error) => (cause = error));
    worker.on("exit", () => this.#gone(thread, cause));
    return thread;
  }

  #done(thread: Thread, reply: JobReply | Error): void {
    const { doing } = thread;
    thread.doing = undefined;
    if (isMuch(reply) && this.#waiting.length === 0) this.#end(thread);
    else {
      thread.worker.unref();
      thread.idle = setTimeout(() => this.#end(thread), IDLE).unref();
    }
    if (reply instanceof Error) doing?.reject(reply);
    else if ("done" in reply) doing?.resolve(reply.done);
    else doing?.reject(errorOf(reply.error));
    this.#next();
  }

  #end(thread: Thread): void {
    this.#threads.delete(thread);
    void thread.worker.terminate();
  }

  #gone(thread: Thread, cause: unknown): void {
    if (!this.#threads.delete(thread)) return;
    clearTimeout(thread.idle);
    const { doing } = thread;
    if (doing !== undefined) {
      if (doing.tries < MOST_TRIES) this.#waiting.unshift(doing);
      else doing.reject(stuck(doing.tries, cause));
    }
    this.#next();
  }
}

function isMuch(reply: JobReply | Error): boolean {
  if (reply instanceof Error || !("done" in reply)) return false;
  const { computed, snapshot } = reply.done;
  const sizes = [snapshot, ...(computed?.records ?? [])].map((bytes) => bytes?.length ?? 0);
  return sizes.reduce((sum, size) => sum + size, 0) > MUCH;
}

const closed = (): Error => new Error("The engine pool is closed");

const stuck = (tries: number, cause: unknown): ReachError =>
  new ReachError(hostCode.stuck, "The run is stuck: this machine cannot compute a step of it.", {
    why: `${tries} threads in a row have ended with it`,
    hint: "It may need more memory than there is. Its records so far are kept, and no outcome is recorded.",
    cause,
  });
