// The way to a store's thread: what is to be written waits here while a commit is under way, and is the next one.
//
// No timer gathers it. One run alone pays for no other; of many, all that append while a commit is under way, or while
// its acknowledgements are handed out, share the next. These are handed out in slices: each lets a run go on, and who would
// let hundreds go on at once would keep the loop from all else.
import { Worker } from "node:worker_threads";
import { setImmediate as turn } from "node:timers/promises";
import { errorOfFailure } from "./failure.ts";
import { cannotWrite, systemCode } from "../../files/files.ts";
import type { StoreFailure } from "./failure.ts";
import type {
  ThreadOpened,
  ReadName,
  Reads,
  Reply,
  ThreadOptions,
  WriteCall,
  WriteName,
  WriteResult,
  Writes,
} from "./protocol.ts";

/** Milliseconds of acknowledgements before the loop turns. */
const SLICE = 4;
/** Writes, and bytes, of one commit. What is above waits as it was given, and is not copied yet. */
const MOST_WRITES = 1024;
const MOST_BYTES = 32 * 1024 * 1024;
/** Turns of the loop that a commit is put off for, as long as each brings another write. */
const MOST_TURNS = 8;

/** What was counted since the store was opened. */
export interface StoreStats {
  /** Transactions that have changed something: each is a sync of the disk. */
  readonly commits: number;
  /** Appends that were acknowledged. */
  readonly appends: number;
}

interface Waiting {
  readonly make: () => WriteCall;
  /** Bytes, about. */
  readonly weight: number;
  readonly settle: (result: WriteResult) => void;
}

export class ThreadClient {
  readonly #worker: Worker;
  readonly #waiting: Waiting[] = [];
  readonly #replies = new Map<number, (reply: Reply) => void>();
  #number = 0;
  #isCommitting = false;
  /** Writes of the last commit. */
  #last = 0;
  /** What the process may not end before. */
  #open = 0;
  #commits = 0;
  #appends = 0;
  #end: StoreFailure | undefined;
  readonly #ended: Promise<void>;

  private constructor(worker: Worker) {
    this.#worker = worker;
    worker.on("message", (reply: Reply) => this.#take(reply));
    worker.on("error", (error: Error) => this.#fail(error.message));
    this.#ended = new Promise((resolve) => {
      worker.on("exit", () => {
        this.#fail("it has ended");
        resolve();
      });
    });
  }

  /** @throws ReachError what the thread says that the file is, or `REACH-E4111`: this machine lacks what a thread needs */
  static async open(options: ThreadOptions): Promise<ThreadClient> {
    // From sources the thread runs as they do; the file beside this one is its program in every form.
    const program = new URL(`store-thread.${import.meta.url.slice(-2)}`, import.meta.url);
    const worker = new Worker(program, {
      name: "reach store",
      workerData: options,
      // Not those of this process, one of which may be a program: the thread imports no package, and needs none.
      execArgv: ["--disable-warning=ExperimentalWarning"],
    });
    const opened = await new Promise<ThreadOpened>((resolve, reject) => {
      worker.once("message", resolve);
      worker.once("error", (error: Error) => reject(notStarted(options.file, error)));
    });
    worker.removeAllListeners("error");
    if (!opened.opened) throw errorOfFailure(opened.failure);
    worker.unref();
    return new ThreadClient(worker);
  }

  get stats(): StoreStats {
    return { commits: this.#commits, appends: this.#appends };
  }

  /** @param make gives what is written, when its turn has come */
  write<W extends WriteName>(name: W, make: () => Writes[W][0], weight = 0): Promise<Writes[W][1]> {
    return new Promise((resolve, reject) => {
      this.#hold();
      const settle = (result: WriteResult): void => {
        this.#letGo();
        if ("failure" in result) return reject(errorOfFailure(result.failure));
        if (name === "append") this.#appends++;
        resolve(result.value as Writes[W][1]);
      };
      this.#waiting.push({ make: () => ({ name, args: make() }) as WriteCall, weight, settle });
      if (!this.#isCommitting) void this.#commitAll();
    });
  }

  async read<R extends ReadName>(name: R, args: Reads[R][0]): Promise<Reads[R][1]> {
    const reply = await this.#ask({ read: { name, args } });
    if ("failure" in reply) throw errorOfFailure(reply.failure);
    return ("value" in reply ? reply.value : undefined) as Reads[R][1];
  }

  /** Waits for what is to be written, and ends the thread. */
  async close(): Promise<void> {
    while (this.#isCommitting) await turn();
    if (this.#end === undefined) await this.read("close", {});
    this.#worker.ref();
    await this.#ended;
  }

  async #commitAll(): Promise<void> {
    this.#isCommitting = true;
    // What is asked for in the same turn goes along.
    await Promise.resolve();
    while (this.#waiting.length > 0) {
      if (this.#last > 1) await this.#gather();
      await this.#commit(this.#takeBatch().flatMap(madeOf));
    }
    this.#isCommitting = false;
  }

  /** Runs that were let go on come back in a few turns of the loop: one commit for all of them, and not one for the first. */
  async #gather(): Promise<void> {
    for (let turns = 0, before = 0; turns < MOST_TURNS; turns++) {
      if (this.#waiting.length >= this.#last || this.#waiting.length === before) return;
      before = this.#waiting.length;
      await turn();
    }
  }

  #takeBatch(): Waiting[] {
    let bytes = 0;
    const end = this.#waiting.findIndex(
      ({ weight }, i) => i >= MOST_WRITES || (bytes += weight) > MOST_BYTES,
    );
    // One that is larger than all of it is a commit of its own.
    return this.#waiting.splice(0, end < 0 ? this.#waiting.length : Math.max(1, end));
  }

  async #commit(batch: readonly Made[]): Promise<void> {
    this.#last = batch.length;
    if (batch.length === 0) return;
    const reply = await this.#ask({ commit: batch.map(({ call }) => call) });
    // Of a commit that has failed nothing counts.
    const failure = "failure" in reply ? reply.failure : LOST;
    const results = "results" in reply ? reply.results : [];
    if ("changed" in reply && reply.changed) this.#commits++;
    let begin = performance.now();
    for (const [i, { settle }] of batch.entries()) {
      settle(results[i] ?? { failure });
      // Behind all that follows from it at once.
      await new Promise<void>((next) => process.nextTick(next));
      if (performance.now() - begin < SLICE) continue;
      await turn();
      begin = performance.now();
    }
  }

  async #ask(body: Body): Promise<Reply> {
    const number = this.#number++;
    if (this.#end !== undefined) return { number, failure: this.#end };
    this.#hold();
    const reply = await new Promise<Reply>((resolve) => {
      this.#replies.set(number, resolve);
      // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a thread has no origin
      this.#worker.postMessage({ number, ...body });
    });
    this.#letGo();
    return reply;
  }

  #take(reply: Reply): void {
    const resolve = this.#replies.get(reply.number);
    this.#replies.delete(reply.number);
    resolve?.(reply);
  }

  #fail(why: string): void {
    this.#end ??= { code: undefined, message: `The store's thread has stopped: ${why}` };
    for (const number of this.#replies.keys()) this.#take({ number, failure: this.#end });
  }

  /** The process does not end while something is under way; an idle store does not keep it. */
  #hold(): void {
    if (this.#open++ === 0) this.#worker.ref();
  }

  #letGo(): void {
    if (--this.#open === 0) this.#worker.unref();
  }
}

type Made = Pick<Waiting, "settle"> & { readonly call: WriteCall };

/** What cannot be written down fails alone. */
function madeOf({ make, settle }: Waiting): Made[] {
  try {
    return [{ call: make(), settle }];
  } catch (error) {
    settle({ failure: { code: undefined, message: String(error) } });
    return [];
  }
}

/** What it lacks is said by Node in the text of the error alone: `Worker initialization failure: EMFILE`. */
function notStarted(file: string, error: Error): Error {
  if (systemCode(error) !== "ERR_WORKER_INIT_FAILED") return cannotWrite(file, error);
  const [code = systemCode(error)] = /\bE[A-Z]+$/.exec(error.message) ?? [];
  return cannotWrite(file, Object.assign(new Error(error.message, { cause: error }), { code }));
}

type Body =
  | { readonly commit: readonly WriteCall[] }
  | { readonly read: { readonly name: ReadName; readonly args: unknown } };

const LOST: StoreFailure = { code: undefined, message: "The store's thread gave no result" };
