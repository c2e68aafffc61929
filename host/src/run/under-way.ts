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

/** The effects that a run waits for, but for events. */
export class EffectsUnderWay {
  readonly #options: Told;
  readonly #effects: Effects;
  readonly #signal: AbortSignal;
  readonly #contextOf: ContextOf;
  readonly #finish: (finished: Finished) => void;
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
  #count = 0;

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
    this.#places = new EffectPlaces(options.parallel);
    const stop = (): void => {
      for (const under of this.#stops.values()) under.abort(signal.reason);
    };
    signal.addEventListener("abort", stop, { once: true });
  }

  /** Whether something is being performed that is no timer. */
  get isBusy(): boolean {
    return this.#count > this.#timers.size;
  }

  /** Timers that are waited for: until when. */
  get timers(): readonly number[] {
    return [...this.#timers.values()].map(({ until }) => until);
  }

  /** An effect that was asked for in another process: performed again where that does no harm, or in doubt. */
  askAgain(effect: OpenEffect): void {
    const { request, hasBegun } = effect;
    this.#before.set(request.key, effect);
    if (hasBegun && !isRepeatable(request, this.#options.repeatable, this.#options.pack)) {
      this.#unknown.set(request.key, request);
    } else this.ask(request);
  }

  /** Who said that an effect is to be performed again. */
  retriedBy(key: string): string | undefined {
    return this.#before.get(key)?.retriedBy;
  }

  /** An effect was asked for: it is answered at once, or begins when that is durable. */
  ask(request: RequestRecord): void {
    const { key } = request;
    try {
      const performed = answerNow(request, this.#effects, this.#context(request, this.#signal));
      if (performed === undefined) this.#places.add(request);
      else this.#finish({ key, performed });
    } catch (error) {
      this.#finish({ key, error });
    }
  }

  /** Nothing waits for an effect any more. */
  drop(key: string): void {
    this.#places.drop(key);
    this.#unknown.delete(key);
    this.#stops.get(key)?.abort(new Error("this effect was cancelled"));
  }

  /** Gives places to those who wait for one: the keys of all that begin once that is durable. */
  givePlaces(): string[] {
    this.#starting.push(...this.#places.next());
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
      ...[...this.#unknown.values()].map((request) => ({ for: "person" as const, request })),
      ...[...this.#timers.values()].map(({ request, until }) => ({
        for: "time" as const,
        request,
        until: new Date(until).toISOString(),
      })),
    ];
  }

  #context(request: RequestRecord, signal: AbortSignal): EffectContext {
    return this.#contextOf(request, signal, this.#waited(request.key));
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
    const { patience, trouble, onWait } = this.#options;
    if (request.type === "timer" && (patience !== undefined || onWait !== undefined)) {
      const until = this.#effects.clock() + Number(request.request["ms"]) - context.waited;
      this.#timers.set(key, { request, until });
    }
    const finish = (finished: Finished): void => {
      this.#count -= 1;
      this.#timers.delete(key);
      this.#stops.delete(key);
      this.#places.leave(key);
      this.#finish(finished);
    };
    this.#count += 1;
    const told = (why: string): void =>
      tellWatcher(onWait, [{ for: "machine" as const, request, why }]);
    const work = (): Promise<Performed> => perform(request, this.#effects, context);
    patiently(work, `effect ${key}`, stop.signal, trouble, told).then(
      (performed) => finish({ key, performed }),
      (error: unknown) => finish({ key, error }),
    );
  }
}
