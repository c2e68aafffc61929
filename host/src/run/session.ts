// One run from its start record to its outcome: what comes in, in the order in which it comes.
import { parseRecord } from "@reach-fabric/engine";
import type { EnteredRecord, OutcomeRecord, RequestRecord, Step } from "@reach-fabric/engine";
import { clockTime } from "../effects/clock.ts";
import type { EffectContext } from "../effects/effect.ts";
import { unfit } from "../effects/admissible.ts";
import type { CloudEvent } from "../effects/emit.ts";
import { machine } from "../effects/outside.ts";
import type { Outside, Remote } from "../effects/outside.ts";
import type { Executor } from "../pool/executor.ts";
import type { Annotation } from "../record/journal.ts";
import { Arrivals } from "./arrivals.ts";
import type { Answered, Finished } from "./arrivals.ts";
import { refusedGiven } from "../secrets/given.ts";
import { IdempotencyKeys } from "./idempotency.ts";
import { Inbox } from "./inbox.ts";
import type { Given, GivenCommand } from "./messages.ts";
import type { RunOptions } from "./options.ts";
import { Outlook } from "./outlook.ts";
import type { RunSoFar } from "./so-far.ts";
import { StartTimes } from "./start-times.ts";
import { EffectsUnderWay } from "./under-way.ts";
import { Unsaved } from "./unsaved.ts";
import { tellWatcher } from "./watchers.ts";

/** What a run needs once its first record is there. */
export interface SessionOptions extends Omit<
  RunOptions,
  "engine" | "input" | "workflow" | "limits"
> {
  /** What the store gives it that keeps it. */
  readonly given?: Given | undefined;
}

/** What the host remarks beside a record. */
type Note = Readonly<Record<string, string>>;

/** Of a run that commits to nothing. */
const NOTHING_LEFT = new Uint8Array(32);

/**
 * One run from its start record to its outcome.
 *
 * What enters is computed with at once, and kept in one append with what has entered since the last one: all of it is
 * durable before anything that follows from it leaves the process (ABI-8).
 */
export class Session {
  readonly records: Uint8Array[] = [];
  readonly annotations: Annotation[] = [];
  /** How the run has ended. */
  status: OutcomeRecord["status"] | undefined;
  readonly #options: SessionOptions;
  readonly #executor: Executor;
  readonly #effects: Outside;
  readonly #signal: AbortSignal;
  #stamp = { at: -1, text: "" };
  readonly #times = new StartTimes();
  readonly #keys: IdempotencyKeys;
  readonly #arrivals: Arrivals;
  readonly #underWay: EffectsUnderWay;
  readonly #inbox: Inbox;
  readonly #outlook: Outlook;
  readonly #unsaved: Unsaved;
  /** Effects that the engine no longer waits for. */
  #dropped: Set<string> | undefined;

  constructor(
    options: SessionOptions,
    executor: Executor,
    outside: Pick<Outside, Remote | "guard" | "watch">,
    signal: AbortSignal,
  ) {
    this.#options = options;
    this.#executor = executor;
    this.#effects = { ...machine, ...outside, ...options.effects };
    this.#keys = new IdempotencyKeys(options.pack.digest, options.recorder.run.id);
    this.#signal = signal;
    this.#unsaved = new Unsaved(options);
    this.#arrivals = new Arrivals(signal);
    this.#underWay = new EffectsUnderWay(
      options,
      this.#effects,
      signal,
      (request, own, waited) => this.#context(request, own, waited),
      (finished) => this.#arrivals.finish(finished),
    );
    this.#inbox = new Inbox(
      (key, event) => executor.takes(key, event),
      (key, event) => this.#arrivals.finish({ key, performed: { result: { event } } }),
    );
    this.#outlook = new Outlook(options, this.#effects.clock, {
      arrivals: this.#arrivals,
      underWay: this.#underWay,
      inbox: this.#inbox,
    });
  }

  /** The host's time, as it is noted: no run ends before it began, even where the clock is set back meanwhile. */
  stamp(): string {
    const at = Math.max(clockTime(this.#effects), this.#times.workflow);
    if (at !== this.#stamp.at) this.#stamp = { at, text: new Date(at).toISOString() };
    return this.#stamp.text;
  }

  /** Takes a run from its beginning to its end. */
  async runFrom(start: Uint8Array, startedAt: string): Promise<void> {
    this.#take(await this.#executor.step([{ start }]), [], startedAt);
    await this.#drive();
  }

  /**
   * Goes on with a run that the engine has computed up to here. What had begun and is not answered is performed again
   * where that does no harm; other effects are unknown, and wait for a person. One that has ended is as it is.
   */
  async goOn({ records, annotations, waiting, arrived, ended }: RunSoFar): Promise<void> {
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
      if (record.kind === "suspend") this.#arrivals.suspend(true);
      if (record.kind === "resume") this.#arrivals.suspend(false);
    }
    for (const stamp of annotations) this.annotations.push(stamp);
    this.status = ended;
    if (ended !== undefined) return;
    for (const [key, performed] of arrived) {
      if ("event" in performed.result) this.#inbox.know(performed.result["event"] as CloudEvent);
      this.#arrivals.again(key, performed);
    }
    for (const effect of waiting) {
      if (effect.request.type === "event") this.#ask(effect.request);
      else this.#underWay.askAgain(effect);
    }
    await this.#drive();
  }

  async #drive(): Promise<void> {
    try {
      this.#arrivals.followAll(
        this.#options,
        (event) => this.#inbox.put(event),
        (what, one) => this.#isRefused(what, one),
      );
      while (this.status === undefined) {
        const { room } = this.#unsaved;
        if (room > 0 && this.#inbox.hasNews) await this.#inbox.settle();
        const command = room > 0 ? this.#arrivals.nextCommand() : undefined;
        const answers =
          command === undefined ? this.#arrivals.nextAnswers(room, this.#isWanted) : [];
        if (command === undefined && answers.length === 0) {
          await this.#flush();
          this.#underWay.begin();
          await this.#outlook.somethingComes();
          continue;
        }
        const at = this.stamp();
        const inputs = answers.map(({ key, performed }) => ({ ...performed, key }));
        const found = this.#executor.step(command === undefined ? inputs : [command]);
        this.#take(found instanceof Promise ? await found : found, command ?? answers, at);
        if (command?.command === "suspend") this.#arrivals.suspend(true);
        if (command?.command === "resume") this.#arrivals.suspend(false);
      }
      await this.#flush();
    } catch (error) {
      await this.#keepArrived();
      throw error;
    }
  }

  /** Whether something that is given holds a secret: it is told, and the run goes on without it. */
  #isRefused(what: "event" | "command", one: object): boolean {
    if (this.#effects.guard?.holds(one) !== true) return false;
    this.#effects.watch?.given(what);
    tellWatcher(this.#options.onRefused, refusedGiven(what));
    return true;
  }

  /** Of what was dropped an http answer counts alone, as a late one. */
  readonly #isWanted = (finished: Finished): boolean => {
    if (!this.#dropped?.has(finished.key)) return true;
    return "performed" in finished && "status" in finished.performed.result;
  };

  /** Records have entered, with all that follows from them; that stays in the process until it is durable. */
  #take(
    { entered, effects, outcome }: Step,
    given: readonly Answered[] | GivenCommand,
    at: string,
  ): void {
    for (const one of entered) {
      const note = "command" in given ? commandNote(given) : this.#note(one, given[one.input]);
      this.#entered(one, { seq: this.records.length, at, ...note });
    }
    this.status = outcome?.status;
    if (outcome !== undefined) return;
    for (const request of effects) this.#ask(request);
    this.#inbox.look();
  }

  /** One record that has entered, and those that left after it. */
  #entered(entered: EnteredRecord, stamp: Annotation): void {
    const { record, left = NOTHING_LEFT, outputs, dropped } = entered;
    this.#unsaved.add({ record, stamp, left });
    this.#unsaved.tell(record);
    this.records.push(record);
    this.annotations.push(stamp);
    this.#times.input(Date.parse(stamp.at));
    for (const { bytes, record: head } of outputs) {
      this.#unsaved.tell(bytes, head);
      this.records.push(bytes);
      this.#effects.watch?.record(head, bytes);
      this.#times.output(head);
      this.#keys.take(head);
    }
    // Nothing waits for effects whose branch was cancelled.
    for (const key of dropped) {
      (this.#dropped ??= new Set()).add(key);
      this.#underWay.drop(key);
      this.#inbox.leave(key);
    }
  }

  /** What is remarked of an answer that has entered. */
  #note(
    { refused }: Pick<EnteredRecord, "refused">,
    answer: Answered | undefined,
  ): Note | undefined {
    if (answer === undefined) return undefined;
    const { key, performed } = answer;
    const { result, note } =
      refused === undefined
        ? performed
        : unfit(`no record can hold what the effect gave (${refused})`);
    if (refused !== undefined) this.#effects.watch?.unfit(key);
    this.#inbox.taken(key);
    if (!this.#dropped?.has(key)) this.#keys.ended(key, result);
    const retriedBy = this.#underWay.retriedBy(key);
    return retriedBy === undefined ? (note as Note | undefined) : { ...note, retriedBy };
  }

  /** Makes all that has entered durable, and that those effects begin which were asked for and have a place. */
  async #flush(): Promise<void> {
    this.#signal.throwIfAborted();
    const begun = this.status === undefined ? this.#underWay.givePlaces() : [];
    const arrived = this.#arrivals.isSuspended ? this.#toKeep() : [];
    await this.#unsaved.save(begun, arrived, () => this.stamp());
    const others = this.#executor.turn();
    if (others !== undefined) await others;
  }

  /** What has come to a run that stops is not lost with it; where it cannot be kept, the run says why it stopped. */
  async #keepArrived(): Promise<void> {
    if (this.status !== undefined) return;
    await this.#unsaved.save([], this.#toKeep(), () => this.stamp()).catch(() => undefined);
  }

  /** What has come and is not kept, but for what is no longer waited for. */
  #toKeep(): Answered[] {
    return this.#arrivals.toKeep().filter(({ key }) => !this.#dropped?.has(key));
  }

  #ask(request: RequestRecord): void {
    if (request.type === "event") return this.#inbox.listen(request);
    this.#underWay.ask(request);
  }

  #context(request: RequestRecord, signal: AbortSignal, waited: number): EffectContext {
    const open = this.#keys.of(request.key);
    return {
      grant: this.#options.grant ?? {},
      signal,
      attempt: open.attempt,
      get idempotencyKey() {
        return open.idempotencyKey;
      },
      runId: this.#options.recorder.run.id.replaceAll("-", ""),
      startedAt: (what) =>
        what === "workflow" ? this.#times.workflow : this.#times.task(request.task),
      waited,
    };
  }
}

/** A command is obeyed with the record that has its id (RUN-9). */
const commandNote = ({ id, by }: GivenCommand): Note =>
  id === undefined || by === undefined ? {} : { command: id, by };
