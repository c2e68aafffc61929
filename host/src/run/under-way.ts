// Effects of a run from when they are asked for until they have come to their end.
import type { RequestRecord } from "@reach-fabric/engine";
import type { EffectContext } from "../effects/effect.ts";
import type { Performed } from "../effects/egress/performed.ts";
import type { Effects } from "../effects/outside.ts";
import { isRepeatable } from "../effects/repeatable.ts";
import { answerNow, perform } from "../effects/table.ts";
import type { OpenEffect } from "./so-far.ts";
import type { Finished } from "./arrivals.ts";
import type { RunOptions } from "./options.ts";
import { EffectPlaces } from "../effects/places.ts";
import { patiently } from "./trouble.ts";
import type { Awaited } from "./waiting.ts";
import { tellWatcher } from "./watchers.ts";

type Told = Pick<
  RunOptions,
  "pack" | "parallel" | "patience" | "trouble" | "repeatable" | "onWait"
>;

/** What an effect knows of its run. */
export type ContextOf = (
  request: RequestRecord,
  signal: AbortSignal,
  waited: number,
) => EffectContext;

/** An effect that is being performed. */
interface Performing {
  readonly request: RequestRecord;
  readonly stop: AbortController;
  /** Of a timer, where somebody wants to know. */
  readonly until: number | undefined;
}

/** The effects that a run waits for, but for events. */
export class EffectsUnderWay {
  readonly #options: Told;
  readonly #effects: Effects;
  readonly #signal: AbortSignal;
  readonly #contextOf: ContextOf;
  readonly #finish: (finished: Finished) => void;
  /** Effects that were asked for, and begin once that is durable; none while there were no such effects. */
  #waiting: EffectPlaces | undefined;
  /** Those that have a place, and begin once that is durable. */
  #starting: RequestRecord[] = [];
  /** Effects that were asked for before, by when; how they began then. Of a run that goes on alone. */
  #before: Map<string, OpenEffect> | undefined;
  /** Effects that may have been performed, and may not be again. Of a run that goes on alone. */
  #unknown: Map<string, RequestRecord> | undefined;
  readonly #performing = new Map<string, Performing>();
  /** How many of those are timers whose end is known. */
  #timed = 0;

  constructor(
    options: Told,
    effects: Effects,
    signal: AbortSignal,
    contextOf: ContextOf,
    finish: (finished: Finished) => void,
  ) {
    this.#options = options;
    this.#effects = effects;
    this.#signal = signal;
    this.#contextOf = contextOf;
    this.#finish = finish;
    const stop = (): void => {
      for (const under of this.#performing.values()) under.stop.abort(signal.reason);
    };
    signal.addEventListener("abort", stop, { once: true });
  }

  /** Whether something is being performed that is no timer. */
  get isBusy(): boolean {
    return this.#performing.size > this.#timed;
  }

  /** Timers that are waited for: until when. */
  get timers(): readonly number[] {
    return [...this.#performing.values()].flatMap(({ until }) => until ?? []);
  }

  /** An effect that was asked for in another process: performed again where that does no harm, or in doubt. */
  askAgain(effect: OpenEffect): void {
    const { request, hasBegun } = effect;
    (this.#before ??= new Map()).set(request.key, effect);
    if (hasBegun && !isRepeatable(request, this.#options.repeatable, this.#options.pack)) {
      (this.#unknown ??= new Map()).set(request.key, request);
    } else this.ask(request);
  }

  /** Who said that an effect is to be performed again. */
  retriedBy(key: string): string | undefined {
    return this.#before?.get(key)?.retriedBy;
  }

  /** An effect was asked for: it is answered at once, or begins when that is durable. */
  ask(request: RequestRecord): void {
    const { key } = request;
    try {
      const performed = answerNow(request, this.#effects, this.#context(request, this.#signal));
      if (performed === undefined) this.#places().add(request);
      else this.#finish({ key, performed });
    } catch (error) {
      this.#finish({ key, error });
    }
  }

  /** Nothing waits for an effect any more. */
  drop(key: string): void {
    this.#waiting?.drop(key);
    this.#unknown?.delete(key);
    this.#performing.get(key)?.stop.abort(new Error("this effect was cancelled"));
  }

  /** Gives places to those who wait for one: the keys of all that begin once that is durable. */
  givePlaces(): string[] {
    if (this.#waiting !== undefined) this.#starting.push(...this.#waiting.next());
    return this.#starting.map(({ key }) => key);
  }

  /** Begins what has a place. */
  begin(): void {
    this.#signal.throwIfAborted();
    for (const request of this.#starting.splice(0)) this.#perform(request);
  }

  /** What a person has to say, and what time has to. */
  get awaited(): Awaited[] {
    return [
      ...[...(this.#unknown?.values() ?? [])].map((request) => ({
        for: "person" as const,
        request,
      })),
      ...[...this.#performing.values()].flatMap(({ request, until }) =>
        until === undefined
          ? []
          : { for: "time" as const, request, until: new Date(until).toISOString() },
      ),
    ];
  }

  #places(): EffectPlaces {
    return (this.#waiting ??= new EffectPlaces(this.#options.parallel));
  }

  #context(request: RequestRecord, signal: AbortSignal): EffectContext {
    return this.#contextOf(request, signal, this.#waited(request.key));
  }

  /** Milliseconds since an effect was asked for that an earlier process has waited for. */
  #waited(key: string): number {
    const { askedAt } = this.#before?.get(key) ?? {};
    return askedAt === undefined ? 0 : Math.max(0, this.#effects.clock() - Date.parse(askedAt));
  }

  #perform(request: RequestRecord): void {
    const { key } = request;
    const stop = new AbortController();
    const context = this.#context(request, stop.signal);
    const { patience, trouble, onWait } = this.#options;
    const isTimed = request.type === "timer" && (patience !== undefined || onWait !== undefined);
    const until = isTimed
      ? this.#effects.clock() + Number(request.request["ms"]) - context.waited
      : undefined;
    this.#performing.set(key, { request, stop, until });
    if (isTimed) this.#timed += 1;
    const finish = (finished: Finished): void => {
      if (isTimed) this.#timed -= 1;
      this.#performing.delete(key);
      this.#waiting?.leave(key);
      this.#finish(finished);
    };
    const told = (why: string): void =>
      tellWatcher(onWait, [{ for: "machine" as const, request, why }]);
    const work = (): Promise<Performed> => perform(request, this.#effects, context);
    patiently(work, `effect ${key}`, stop.signal, trouble, told).then(
      (performed) => finish({ key, performed }),
      (error: unknown) => finish({ key, error }),
    );
  }
}
