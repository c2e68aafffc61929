// A run: the engine computes, the host performs what it asks for, and everything is on the disk
// before it has consequences (ABI-8).
import { EngineError, parseRecord, sha256, toHex, utf8 } from "@reach-fabric/engine";
import type { Advance, Engine, OutcomeRecord, Pack, RequestRecord } from "@reach-fabric/engine";
import type { Grant, Provider, RunCommand } from "@reach-fabric/schema";
import { machine, perform } from "./effects.ts";
import type { CloudEvent, EffectContext, Effects, Performed, Remote } from "./effects.ts";
import type { Secrets } from "./authorize.ts";
import { createEgress } from "./egress.ts";
import type { EgressLimits, Note } from "./egress.ts";
import { ReachError } from "./error.ts";
import { Inbox } from "./inbox.ts";
import type { Annotation, Recorder } from "./recorder.ts";
import { createGrpc } from "./grpc.ts";
import { createMcp } from "./mcp.ts";
import { createModels } from "./models.ts";
import { StartTimes } from "./start-times.ts";

export interface RunOptions {
  readonly engine: Engine;
  readonly pack: Pack;
  /** `namespace/name:version`; may be left out where the pack has one workflow. */
  readonly workflow?: string;
  /** JSON text. */
  readonly input: Uint8Array;
  /** The effective grant; nothing is granted without it. */
  readonly grant?: Grant;
  /** The operator's map from logical origins to the origins that are contacted. */
  readonly addresses?: Readonly<Record<string, string>>;
  /** The engine's limits that differ from its defaults: part of the decision. */
  readonly limits?: object;
  /** Bounds of each http request: the host's, in no digest. */
  readonly egress?: Partial<EgressLimits>;
  readonly recorder: Recorder;
  /** What the names of secrets stand for; they go nowhere but into the requests that the grant says. */
  readonly secrets?: Secrets;
  /** Where the models that the grant names are. */
  readonly providers?: Readonly<Record<string, Provider>>;
  /** CloudEvents for the tasks that listen, in the order in which they come. */
  readonly events?: AsyncIterable<CloudEvent>;
  /** Suspends, resumes or cancels the run: each command is a record of it. */
  readonly commands?: AsyncIterable<RunCommand>;
  /** Parts of the outside world to replace. */
  readonly effects?: Partial<Effects>;
  /** Interrupts the run; what is recorded stays as it is. */
  readonly signal?: AbortSignal;
  /** Called for each record once it is durable. */
  readonly onRecord?: (record: Uint8Array) => void;
}

export interface RunResult {
  readonly status: "completed" | "faulted" | "cancelled";
  /** The trace, complete. */
  readonly records: readonly Uint8Array[];
  /** The decision digest, in hex. */
  readonly decision: string;
  readonly fingerprint: string;
  /** What the workflow gave, if it completed. */
  readonly output?: unknown;
  /** The error that no task caught, if it faulted. */
  readonly error?: unknown;
  /** The host's stamps and remarks, in the order of the records. */
  readonly annotations: readonly Annotation[];
  readonly run: {
    /** A lower-case UUID. */
    readonly id: string;
    readonly secret: Uint8Array;
    /** In UTC with milliseconds. */
    readonly startedAt: string;
    readonly endedAt: string;
  };
}

/**
 * Runs a workflow to its end.
 *
 * Guarantees: every record is durable in the recorder before the engine goes on from it, every
 * request before it is performed; the records are a trace that replay() reproduces. A fault of the
 * workflow is a result, with status `faulted`, never an exception.
 *
 * @throws ReachError `REACH-E3002` interrupted by the signal (exit code 130), `REACH-E3004` it waits
 *   for an event and none will come, `REACH-E3005` an event that is none, `REACH-E3006` a command that
 *   is none, `REACH-E3007` it is suspended and will not be resumed, `REACH-E41xx` from
 *   the recorder; EngineError for a pack, input or grant that the engine refuses, before anything is
 *   recorded; EngineTrap
 *
 * @example
 * const { status, output, decision } = await run({
 *   engine: createEngine(), pack, input, grant, addresses, recorder: folderRecorder("runs/1"),
 * });
 */
export async function run(options: RunOptions): Promise<RunResult> {
  const { engine, pack, recorder } = options;
  engine.load(pack);
  const start = engine.admitStart(startOptions(options), options.input);
  const stop = new AbortController();
  const signal = options.signal ? AbortSignal.any([options.signal, stop.signal]) : stop.signal;
  const out = {
    grant: options.grant ?? {},
    ...(options.addresses ? { addresses: options.addresses } : {}),
    ...(options.secrets ? { secrets: options.secrets } : {}),
    ...(options.egress ? { limits: options.egress } : {}),
  };
  const egress = createEgress(out);
  const models = createModels({
    ...out,
    ...(options.providers ? { providers: options.providers } : {}),
  });
  const remote = {
    fetch: egress.fetch,
    ask: models.ask,
    mcp: createMcp(out),
    grpc: createGrpc({ ...out, pack }),
  };
  const session = new Session(options, remote, signal);
  try {
    const startedAt = session.stamp();
    await recorder.begin({ pack, engine: engine.digest, startedAt });
    const end = await session.runFrom(start, startedAt);
    return {
      ...outcomeOf(end),
      records: session.records,
      decision: engine.decision(),
      fingerprint: engine.fingerprint(),
      annotations: session.annotations,
      run: { ...recorder.run, startedAt, endedAt: session.stamp() },
    };
  } catch (error) {
    if (options.signal?.aborted) throw interrupted(error);
    throw error;
  } finally {
    // Effects that are still under way have nobody to answer to.
    stop.abort(new Error("the run has ended"));
    await Promise.allSettled([egress.close(), recorder.close()]);
  }
}

const startOptions = ({
  workflow,
  grant,
  limits,
}: RunOptions): Parameters<Engine["admitStart"]>[0] => ({
  ...(workflow === undefined ? {} : { workflow }),
  ...(grant === undefined ? {} : { grant }),
  ...(limits === undefined ? {} : { limits }),
});

const interrupted = (cause: unknown): ReachError =>
  new ReachError("REACH-E3002", "The run was interrupted.", {
    why: "its records so far are kept, and no outcome is recorded",
    exitCode: 130,
    cause,
  });

function outcomeOf(end: OutcomeRecord): Pick<RunResult, "status" | "output" | "error"> {
  return {
    status: end.status,
    ...("output" in end ? { output: end.output } : {}),
    ...("error" in end ? { error: end.error } : {}),
  };
}

/** An effect that has come to its end. */
type Finished = { readonly key: string } & (
  | { readonly performed: Performed }
  | { readonly error: unknown }
);

/** A record that is about to enter the engine. */
interface Admitted {
  readonly record: Uint8Array;
  readonly note?: Note;
}

/** One run from its start record to its outcome. */
class Session {
  readonly records: Uint8Array[] = [];
  readonly annotations: Annotation[] = [];
  readonly #options: RunOptions;
  readonly #effects: Effects;
  readonly #signal: AbortSignal;
  readonly #times = new StartTimes();
  /** Answers in the order of their arrival. */
  readonly #finished: Finished[] = [];
  /** What stops an effect that is under way. */
  readonly #stops = new Map<string, AbortController>();
  /** Effects that the engine does not wait for any more. */
  readonly #dropped = new Set<string>();
  readonly #inbox = new Inbox(
    (key, event) => this.#takes(key, event),
    (key, event) => this.#finish({ key, performed: { result: { event } } }),
  );
  /** Events may still come; commands may. */
  #isOpen = false;
  #isCommanded = false;
  /** Commands that were not obeyed yet. */
  readonly #commands: RunCommand[] = [];
  #isSuspended = false;
  #problem: ReachError | undefined;
  #underWay = 0;
  #wake: (() => void) | undefined;

  constructor(options: RunOptions, outside: Pick<Effects, Remote>, signal: AbortSignal) {
    this.#options = options;
    this.#effects = { ...machine, ...outside, ...options.effects };
    this.#signal = signal;
    signal.addEventListener("abort", () => this.#wake?.(), { once: true });
  }

  /** The host's time, as it is noted. */
  stamp(): string {
    return new Date(this.#effects.clock()).toISOString();
  }

  async runFrom(start: Uint8Array, startedAt: string): Promise<OutcomeRecord> {
    const { engine } = this.#options;
    await this.#keepInput(start, startedAt);
    let advance = engine.start(start);
    void this.#receive();
    void this.#obey();
    for (;;) {
      const outputs = await this.#keepOutputs(advance);
      if (advance.status !== "waiting") return outputs.at(-1) as OutcomeRecord;
      this.#stopDropped();
      for (const output of outputs) if (output.kind === "request") this.#perform(output);
      this.#inbox.settle();
      const next = await this.#next();
      const { record, note } = "command" in next ? this.#commanded(next) : this.#answered(next);
      await this.#keepInput(record, this.stamp(), note);
      advance = engine.advance(record);
    }
  }

  #answered(finished: Finished): Admitted {
    if ("error" in finished) throw finished.error;
    const { result, body, note } = finished.performed;
    const record = this.#options.engine.admitResult(finished.key, result, body);
    this.#inbox.taken(finished.key);
    return { record, ...(note ? { note } : {}) };
  }

  #commanded({ command, reason }: RunCommand): Admitted {
    const { engine } = this.#options;
    if (command === "cancel") return { record: engine.admitCancel(reason) };
    this.#isSuspended = command === "suspend";
    return { record: this.#isSuspended ? engine.admitSuspend(reason) : engine.admitResume() };
  }

  async #keepInput(record: Uint8Array, at: string, note?: Note): Promise<void> {
    const annotation = { seq: this.records.length, at, ...note };
    await this.#append([record], annotation);
    this.annotations.push(annotation);
    this.#times.input(Date.parse(at));
  }

  async #keepOutputs({ records }: Advance): Promise<ReturnType<typeof parseRecord>[]> {
    await this.#append(records);
    const parsed = records.map((record) => parseRecord(record));
    for (const record of parsed) this.#times.output(record);
    return parsed;
  }

  async #append(records: readonly Uint8Array[], annotation?: Annotation): Promise<void> {
    this.#signal.throwIfAborted();
    await this.#options.recorder.append(records, annotation);
    this.records.push(...records);
    for (const record of records) this.#options.onRecord?.(record);
  }

  /** Effects whose branch was cancelled have nobody to answer to. */
  #stopDropped(): void {
    for (const key of this.#options.engine.dropped()) {
      this.#dropped.add(key);
      this.#stops.get(key)?.abort(new Error("nobody waits for this effect any more"));
      this.#inbox.leave(key);
    }
  }

  /** Puts the events that come into the inbox, to the end of their source. */
  async #receive(): Promise<void> {
    const { events } = this.#options;
    if (events === undefined) return;
    this.#isOpen = true;
    try {
      for await (const event of events) {
        if (this.#signal.aborted) break;
        this.#inbox.put(event);
      }
    } catch (error) {
      this.#problem =
        error instanceof ReachError
          ? error
          : new ReachError("REACH-E3005", "The source of events has failed.", {
              why: error instanceof Error ? error.message : String(error),
              cause: error,
            });
    }
    this.#isOpen = false;
    this.#wake?.();
  }

  /** Takes in the commands that come, to the end of their source. */
  async #obey(): Promise<void> {
    const { commands } = this.#options;
    if (commands === undefined) return;
    this.#isCommanded = true;
    try {
      for await (const command of commands) {
        if (this.#signal.aborted) break;
        this.#commands.push(command);
        this.#wake?.();
      }
    } catch (error) {
      this.#problem =
        error instanceof ReachError
          ? error
          : new ReachError("REACH-E3006", "The source of commands has failed.", {
              why: error instanceof Error ? error.message : String(error),
              cause: error,
            });
    }
    this.#isCommanded = false;
    this.#wake?.();
  }

  /** Whether the engine takes the event for this effect: it changes nothing. */
  #takes(key: string, event: CloudEvent): boolean {
    try {
      this.#options.engine.admitResult(key, { event });
      return true;
    } catch (error) {
      if (error instanceof EngineError) return false;
      throw error;
    }
  }

  /** The next command; or, unless the run is suspended, the effect that came to its end first. */
  async #next(): Promise<RunCommand | Finished> {
    for (;;) {
      this.#signal.throwIfAborted();
      if (this.#problem) throw this.#problem;
      const command = this.#commands.shift();
      // A pause within a pause is none.
      if (command?.command === (this.#isSuspended ? "suspend" : "resume")) continue;
      if (command !== undefined) return command;
      const finished = this.#isSuspended ? undefined : this.#nextWanted();
      if (finished !== undefined) return finished;
      this.#checkHope();
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
  }

  /** An effect that has ended, but for dropped ones: of those an http answer counts, as a late one. */
  #nextWanted(): Finished | undefined {
    for (let next = this.#finished.shift(); next; next = this.#finished.shift()) {
      this.#stops.delete(next.key);
      if (!this.#dropped.has(next.key)) return next;
      if ("performed" in next && "status" in next.performed.result) return next;
    }
    return undefined;
  }

  /** Whether anything may still come that the run can go on with. */
  #checkHope(): void {
    if (this.#isCommanded) return;
    if (this.#isSuspended) {
      throw new ReachError("REACH-E3007", "The run is suspended, and nobody will resume it.", {
        why: "the source of commands has ended",
        hint: "Its records so far are kept, and no outcome is recorded.",
      });
    }
    if (this.#underWay === 0 && !this.#isOpen) throw nothingComes(this.#inbox.isWanted);
  }

  #perform(request: RequestRecord): void {
    const { key } = request;
    const { recorder, pack, grant = {} } = this.#options;
    if (request.type === "event") return this.#inbox.listen(key);
    const stop = new AbortController();
    this.#stops.set(key, stop);
    const context: EffectContext = {
      grant,
      signal: AbortSignal.any([this.#signal, stop.signal]),
      idempotencyKey: idempotencyKey(pack.digest, recorder.run.id, key),
      runId: recorder.run.id.replaceAll("-", ""),
      startedAt: (what) =>
        what === "workflow" ? this.#times.workflow : this.#times.task(request.task),
    };
    const finish = (finished: Finished): void => {
      this.#underWay -= 1;
      this.#finish(finished);
    };
    this.#underWay += 1;
    perform(request, this.#effects, context).then(
      (performed) => finish({ key, performed }),
      (error: unknown) => finish({ key, error }),
    );
  }

  #finish(finished: Finished): void {
    this.#finished.push(finished);
    this.#wake?.();
  }
}

const nothingComes = (listening: boolean): Error =>
  listening
    ? new ReachError("REACH-E3004", "The run waits for an event, and none will come.", {
        why: "the source of events has ended, or there is none",
        hint: "Its records so far are kept, and no outcome is recorded.",
      })
    : new TypeError("The engine waits for nothing");

/** One key for one effect of one run, the same when it has to be performed again. */
const idempotencyKey = (pack: string, run: string, key: string): string =>
  toHex(sha256(utf8(JSON.stringify(["reach/v1/idempotency-key", pack, run, key]))));
