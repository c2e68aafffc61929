// One run from its start record to its outcome: what comes in, in the order in which it comes.
import { parseRecord } from "@reach-fabric/engine";
import type {
  Advance,
  OutcomeRecord,
  RequestRecord,
  RunToken,
  TraceRecord,
} from "@reach-fabric/engine";
import { clockTime } from "../effects/clock.ts";
import { machine } from "../effects/outside.ts";
import { answerNow, perform } from "../effects/table.ts";
import type { EffectContext } from "../effects/effect.ts";
import type { Message } from "../store/store.ts";
import type { Performed } from "../effects/egress/performed.ts";
import type { CloudEvent } from "../effects/emit.ts";
import type { Effects, Remote } from "../effects/outside.ts";
import { hostCode } from "../files/codes.ts";
import { ReachError } from "../files/error.ts";
import { answer, tellWatcher } from "./answer.ts";
import { IdempotencyKeys } from "./idempotency.ts";
import { Inbox } from "./inbox.ts";
import type { Annotation, Entry } from "../record/journal.ts";
import type { OpenEffect, RunSoFar } from "./so-far.ts";
import { isRepeatable } from "../effects/repeatable.ts";
import type { RunOptions } from "./options.ts";
import type { Given, GivenCommand } from "./messages.ts";
import { waiting } from "./waiting.ts";
import type { Awaited } from "./waiting.ts";
import { EffectPlaces } from "./places.ts";
import { StartTimes } from "./start-times.ts";
import { patiently } from "./trouble.ts";

/** What a run needs once its first record is there. */
export interface SessionOptions extends Omit<RunOptions, "input" | "workflow" | "limits"> {
  /** What the store gives it that keeps it. */
  readonly given?: Given | undefined;
}

/** An effect that has come to its end. */
type Finished = { readonly key: string } & (
  | { readonly performed: Performed }
  | { readonly error: unknown }
);

/** What enters a run beside answers. */
type Source = "events" | "messages" | "commands";

/** A record that has entered the engine, and what came of it. */
interface Entered {
  readonly record: Uint8Array;
  readonly advance: Advance;
  /** What the host remarks beside it. */
  readonly note?: Readonly<Record<string, string>>;
}

/** Records that enter before what follows from them is made durable. */
const MOST_ENTRIES = 256;

/**
 * One run from its start record to its outcome.
 *
 * What enters is computed with at once, and kept in one append with what has entered since the last one: all of it is
 * durable before anything that follows from it leaves the process (ABI-8).
 */
export class Session {
  readonly records: Uint8Array[] = [];
  readonly annotations: Annotation[] = [];
  /** Which run of the engine's it is. */
  run: RunToken | undefined;
  readonly #options: SessionOptions;
  readonly #effects: Effects;
  readonly #signal: AbortSignal;
  readonly #times = new StartTimes();
  readonly #keys: IdempotencyKeys;
  /** Answers in the order of their arrival. */
  readonly #finished: Finished[] = [];
  /** What entered and is not durable yet. */
  #entries: Entry[] = [];
  /** Records that came of it, for those who watch. */
  #told: [TraceRecord, Uint8Array][] = [];
  /** Effects that were asked for, and begin once that is durable. */
  readonly #places: EffectPlaces;
  /** Those that have a place, and begin once that is durable. */
  #starting: RequestRecord[] = [];
  /** Effects that were asked for before, by when; how they began then. */
  readonly #before = new Map<string, OpenEffect>();
  /** Effects that may have been performed, and may not be again. */
  readonly #unknown = new Map<string, RequestRecord>();
  /** Timers under way: until when. */
  readonly #timers = new Map<string, { readonly request: RequestRecord; readonly until: number }>();
  /** What stops an effect that is under way. */
  readonly #stops = new Map<string, AbortController>();
  /** Effects that the engine no longer waits for. */
  readonly #dropped = new Set<string>();
  readonly #inbox = new Inbox(
    (key, event) => this.#takes(key, event),
    (key, event) => this.#finish({ key, performed: { result: { event } } }),
  );
  /** Sources from which something may still come. */
  readonly #open = new Set<Source>();
  /** Commands that were not obeyed yet. */
  readonly #commands: GivenCommand[] = [];
  #isSuspended = false;
  #problem: ReachError | undefined;
  #underWay = 0;
  /** The effects that the run was last said to wait for. */
  #toldKeys = "";
  #wake: (() => void) | undefined;

  constructor(options: SessionOptions, outside: Pick<Effects, Remote>, signal: AbortSignal) {
    this.#options = options;
    this.#effects = { ...machine, ...outside, ...options.effects };
    this.#keys = new IdempotencyKeys(options.pack.digest, options.recorder.run.id);
    this.#signal = signal;
    this.#places = new EffectPlaces(options.parallel);
    const stop = (): void => {
      for (const under of this.#stops.values()) under.abort(signal.reason);
      this.#wake?.();
    };
    signal.addEventListener("abort", stop, { once: true });
  }

  /** The host's time, as it is noted. */
  stamp(): string {
    return new Date(clockTime(this.#effects)).toISOString();
  }

  /** Begins the run. */
  async runFrom(start: Uint8Array, startedAt: string): Promise<OutcomeRecord> {
    const { engine } = this.#options;
    const advance = engine.start(start);
    this.run = engine.run;
    return this.#drive(this.#enter({ record: start, advance }, startedAt));
  }

  /**
   * Goes on with a run that the engine has computed up to here. What had begun and is not answered is performed again
   * where that does no harm; other effects are unknown, and wait for a person. One that has ended is as it is.
   */
  async goOn({ records, annotations, waiting }: RunSoFar): Promise<OutcomeRecord> {
    const stamps = new Map(annotations.map((stamp) => [stamp.seq, stamp.at]));
    for (const [seq, bytes] of records.entries()) {
      const record = parseRecord(bytes);
      this.#keys.take(record);
      this.records.push(bytes);
      const at = stamps.get(seq);
      if (at === undefined) this.#times.output(record);
      else this.#times.input(Date.parse(at));
      if (record.kind === "result" && "event" in record.result) {
        this.#inbox.know(record.result["event"] as CloudEvent);
      }
      if (record.kind === "suspend") this.#isSuspended = true;
      if (record.kind === "resume") this.#isSuspended = false;
    }
    for (const stamp of annotations) this.annotations.push(stamp);
    const last = parseRecord(records.at(-1) as Uint8Array);
    if (last.kind === "outcome") return last;
    for (const effect of waiting) {
      const { request, hasBegun } = effect;
      this.#before.set(request.key, effect);
      if (hasBegun && !isRepeatable(request, this.#options.repeatable, this.#options.pack)) {
        this.#unknown.set(request.key, request);
      } else this.#ask(request);
    }
    return this.#drive(undefined);
  }

  async #drive(ended: OutcomeRecord | undefined): Promise<OutcomeRecord> {
    let outcome = ended;
    const { events, given, commands } = this.#options;
    const put = (event: CloudEvent): void => this.#inbox.put(event);
    const obey = (command: GivenCommand): void => {
      this.#commands.push(command);
      this.#wake?.();
    };
    given?.events.forEach(put);
    given?.commands.forEach(obey);
    void this.#follow("events", events, put, hostCode.badEvent);
    const take = (message: Message): void => {
      if (message.kind === "event") put(message.event);
      else obey({ id: message.id, by: message.by, ...message.command });
    };
    void this.#follow("messages", given?.coming, take, hostCode.badEvent);
    void this.#follow("commands", commands, obey, hostCode.badCommand);
    while (outcome === undefined) {
      const next = this.#entries.length < MOST_ENTRIES ? this.#ready() : undefined;
      if (next === undefined) {
        await this.#flush();
        this.#begin();
        await this.#somethingComes();
        continue;
      }
      const at = this.stamp();
      const entered = "command" in next ? this.#commanded(next) : this.#answered(next);
      outcome = this.#enter(entered, at);
    }
    await this.#flush(outcome);
    return outcome;
  }

  /** A record was taken in: what follows from it stays in the process until flush(). */
  #enter({ record, advance, note }: Entered, at: string): OutcomeRecord | undefined {
    const { engine, onRecord } = this.#options;
    const stamp = { seq: this.records.length, at, ...note };
    this.#entries.push({ record, stamp, left: engine.commitments().left });
    this.records.push(record);
    // Only for those who listen: an input can be large, and the run has no need of it.
    if (onRecord !== undefined) this.#told.push([parseRecord(record), record]);
    this.annotations.push(stamp);
    this.#times.input(Date.parse(at));
    const outputs = this.#take(advance);
    if (advance.status !== "waiting") return outputs.at(-1) as OutcomeRecord;
    this.#stopDropped();
    for (const output of outputs) if (output.kind === "request") this.#ask(output);
    this.#inbox.settle();
    return undefined;
  }

  /** Makes all that has entered durable, and that those effects begin which were asked for and have a place. */
  async #flush(outcome?: OutcomeRecord): Promise<void> {
    const { recorder, onRecord } = this.#options;
    this.#signal.throwIfAborted();
    if (outcome === undefined) this.#starting.push(...this.#places.next());
    const begun = this.#starting.map(({ key }) => key);
    const last = this.#entries.at(-1);
    if (last === undefined) {
      if (begun.length > 0) await recorder.append([{ at: this.stamp(), begun }]);
      return;
    }
    const entries =
      begun.length === 0 ? this.#entries : [...this.#entries.slice(0, -1), { ...last, begun }];
    const told = this.#told;
    this.#entries = [];
    this.#told = [];
    await recorder.append(entries);
    for (const [record, bytes] of told) tellWatcher(onRecord, record, bytes);
  }

  #answered(finished: Finished): Entered {
    if ("error" in finished) throw finished.error;
    const { engine } = this.#options;
    const on = { engine, run: this.run };
    const { result, note, ...entered } = answer(on, finished.key, finished.performed);
    this.#inbox.taken(finished.key);
    if (!this.#dropped.has(finished.key)) this.#keys.ended(finished.key, result);
    const { retriedBy } = this.#before.get(finished.key) ?? {};
    return { ...entered, note: { ...note, ...(retriedBy === undefined ? {} : { retriedBy }) } };
  }

  #commanded({ command, reason, id, by }: GivenCommand): Entered {
    const { engine } = this.#options;
    // It is obeyed with the record that has its id (RUN-9).
    const note = id === undefined || by === undefined ? {} : { command: id, by };
    const taken = (record: Uint8Array): Entered => ({
      record,
      advance: engine.advance(record, this.run),
      note,
    });
    if (command === "cancel") return taken(engine.admitCancel(reason));
    this.#isSuspended = command === "suspend";
    return taken(this.#isSuspended ? engine.admitSuspend(reason) : engine.admitResume());
  }

  /** The records that have left the engine. */
  #take({ records }: Advance): TraceRecord[] {
    return records.map((bytes) => {
      this.records.push(bytes);
      const record = parseRecord(bytes);
      if (this.#options.onRecord !== undefined) this.#told.push([record, bytes]);
      this.#times.output(record);
      this.#keys.take(record);
      return record;
    });
  }

  /** Nothing waits for effects whose branch was cancelled. */
  #stopDropped(): void {
    for (const key of this.#options.engine.dropped()) {
      this.#dropped.add(key);
      this.#places.drop(key);
      this.#unknown.delete(key);
      this.#stops.get(key)?.abort(new Error("this effect was cancelled"));
      this.#inbox.leave(key);
    }
  }

  /** Takes what a source gives until it ends, fails or the run is interrupted; until then it is open. */
  async #follow<T>(
    name: Source,
    source: AsyncIterable<T> | undefined,
    take: (one: T) => void,
    code: string,
  ): Promise<void> {
    if (source === undefined) return;
    this.#open.add(name);
    try {
      for await (const one of source) {
        if (this.#signal.aborted) break;
        take(one);
      }
    } catch (error) {
      this.#problem =
        error instanceof ReachError
          ? error
          : new ReachError(code, `The source of ${name} has failed.`, {
              why: error instanceof Error ? error.message : String(error),
              cause: error,
            });
    }
    this.#open.delete(name);
    this.#wake?.();
  }

  /** Whether the engine takes the event for this effect: it changes nothing. */
  #takes(key: string, event: CloudEvent): boolean {
    try {
      this.#options.engine.admitResult(key, { event }, undefined, this.run);
      return true;
    } catch (error) {
      if (!this.#options.engine.trapped) return false;
      throw error;
    }
  }

  /** The next command; or, unless the run is suspended, the effect that came to its end first. */
  #ready(): GivenCommand | Finished | undefined {
    for (let command = this.#commands.shift(); command; command = this.#commands.shift()) {
      // A pause within a pause is none.
      if (command.command !== (this.#isSuspended ? "suspend" : "resume")) return command;
    }
    return this.#isSuspended ? undefined : this.#nextWanted();
  }

  /** Waits until there is a command, or an effect has come to its end. */
  async #somethingComes(): Promise<void> {
    while (this.#commands.length === 0 && (this.#isSuspended || this.#finished.length === 0)) {
      this.#signal.throwIfAborted();
      if (this.#problem) throw this.#problem;
      this.#checkHope();
      this.#tellWaiting();
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
    const { patience, waits = false } = this.#options;
    if (this.#open.has("commands")) return;
    if (this.#isSuspended) {
      if (this.#open.has("messages") && waits) return;
      throw new ReachError(
        hostCode.suspended,
        "The run is suspended, and no command will resume it.",
        {
          why: "the source of commands has ended",
          hint: "Its records so far are kept, and no outcome is recorded.",
        },
      );
    }
    const isGiven = waits && this.#open.has("messages") && this.#inbox.wanted.length > 0;
    const mayCome = this.#open.has("events") || isGiven;
    if (mayCome || this.#underWay > this.#timers.size) return;
    const timers = [...this.#timers.values()];
    if (timers.length > 0) {
      if (patience === undefined) return;
      const soon = this.#effects.clock() + patience;
      if (timers.some(({ until }) => until <= soon)) return;
    }
    throw waiting(this.#awaited());
  }

  /** What the run waits for beside effects that are being performed. */
  #awaited(): Awaited[] {
    return [
      ...[...this.#unknown.values()].map((request) => ({ for: "person" as const, request })),
      ...this.#inbox.wanted.map((request) => ({ for: "event" as const, request })),
      ...[...this.#timers.values()].map(({ request, until }) => ({
        for: "time" as const,
        request,
        until: new Date(until).toISOString(),
      })),
    ];
  }

  /** Says what the run waits for, where that is all. */
  #tellWaiting(): void {
    const { onWait } = this.#options;
    if (onWait === undefined || this.#underWay > this.#timers.size) return;
    const awaits = this.#awaited();
    const keys = awaits.map(({ request }) => request.key).join(" ");
    if (keys === this.#toldKeys) return;
    this.#toldKeys = keys;
    if (awaits.length > 0) tellWatcher(onWait, awaits);
  }

  /** An effect was asked for: it is answered at once, or begins when that is durable. */
  #ask(request: RequestRecord): void {
    const { key } = request;
    if (request.type === "event") return this.#inbox.listen(request);
    try {
      const performed = answerNow(request, this.#effects, this.#context(request, this.#signal));
      if (performed === undefined) this.#places.add(request);
      else this.#finished.push({ key, performed });
    } catch (error) {
      this.#finished.push({ key, error });
    }
  }

  #begin(): void {
    this.#signal.throwIfAborted();
    for (const request of this.#starting.splice(0)) this.#perform(request);
  }

  #context(request: RequestRecord, signal: AbortSignal): EffectContext {
    const { recorder, grant = {} } = this.#options;
    return {
      grant,
      signal,
      ...this.#keys.of(request.key),
      runId: recorder.run.id.replaceAll("-", ""),
      startedAt: (what) =>
        what === "workflow" ? this.#times.workflow : this.#times.task(request.task),
      waited: this.#waited(request.key),
    };
  }

  /** Milliseconds since an effect was asked for that an earlier process has waited for. */
  #waited(key: string): number {
    const { askedAt } = this.#before.get(key) ?? {};
    return askedAt === undefined ? 0 : Math.max(0, this.#effects.clock() - Date.parse(askedAt));
  }

  #perform(request: RequestRecord): void {
    const { key } = request;
    const stop = new AbortController();
    this.#stops.set(key, stop);
    const context = this.#context(request, stop.signal);
    const { patience, onWait: isTold } = this.#options;
    if (request.type === "timer" && (patience !== undefined || isTold !== undefined)) {
      const until = this.#effects.clock() + Number(request.request["ms"]) - context.waited;
      this.#timers.set(key, { request, until });
    }
    const finish = (finished: Finished): void => {
      this.#underWay -= 1;
      this.#timers.delete(key);
      this.#places.leave(key);
      this.#finish(finished);
    };
    this.#underWay += 1;
    const { trouble, onWait } = this.#options;
    const told = (why: string): void =>
      tellWatcher(onWait, [{ for: "machine" as const, request, why }]);
    const work = (): Promise<Performed> => perform(request, this.#effects, context);
    patiently(work, `effect ${key}`, context.signal, trouble, told).then(
      (performed) => finish({ key, performed }),
      (error: unknown) => finish({ key, error }),
    );
  }

  #finish(finished: Finished): void {
    this.#finished.push(finished);
    this.#wake?.();
  }
}
