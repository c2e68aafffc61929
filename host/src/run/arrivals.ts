// What is to enter a run: commands, and what came of effects, each in the order of its arrival.
import type { Performed } from "../effects/egress/performed.ts";
import { ReachError } from "../files/error.ts";
import { hostCode } from "../files/codes.ts";
import type { CloudEvent } from "../effects/emit.ts";
import type { Message } from "../store/store.ts";
import type { Given, GivenCommand } from "./messages.ts";
import type { RunOptions } from "./options.ts";

/** An effect that has come to its end. */
export type Finished = { readonly key: string } & (
  | { readonly performed: Performed }
  | { readonly error: unknown }
);

/** An effect that has come to its end with something that can enter. */
export type Answered = Extract<Finished, { readonly performed: Performed }>;

/** What may give something to a run beside its effects. */
export type Source = "events" | "messages" | "commands";

/** What has arrived and not entered. Commands go first; while the run is suspended, answers are kept. */
export class Arrivals {
  readonly #signal: AbortSignal;
  readonly #finished: Finished[] = [];
  /** How many of these, from the first on, are kept. */
  #kept = 0;
  readonly #commands: GivenCommand[] = [];
  readonly #open = new Set<Source>();
  #isSuspended = false;
  #problem: ReachError | undefined;
  #wake: (() => void) | undefined;

  constructor(signal: AbortSignal) {
    this.#signal = signal;
    signal.addEventListener("abort", () => this.wake(), { once: true });
  }

  get isSuspended(): boolean {
    return this.#isSuspended;
  }

  /** Whether something may still come from this source. */
  isOpen(source: Source): boolean {
    return this.#open.has(source);
  }

  /** Whether next() would find something, but for what is not wanted. */
  get hasNext(): boolean {
    const isNew = this.#isSuspended
      ? this.#kept < this.#finished.length
      : this.#finished.length > 0;
    return this.#commands.length > 0 || isNew;
  }

  finish(finished: Finished): void {
    this.#finished.push(finished);
    this.wake();
  }

  /** An answer that came to another process, which has kept it. */
  again(key: string, performed: Performed): void {
    this.#finished.push({ key, performed });
    this.#kept = this.#finished.length;
  }

  /** Answers that are to be kept until they may enter; each is given once. */
  toKeep(): Answered[] {
    const next = this.#finished.slice(this.#kept);
    this.#kept = this.#finished.length;
    return next.filter((one) => "performed" in one);
  }

  command(command: GivenCommand): void {
    this.#commands.push(command);
    this.wake();
  }

  /** The run was suspended, or goes on. */
  suspend(isSuspended: boolean): void {
    this.#isSuspended = isSuspended;
  }

  /** The next command. A pause within a pause is none. */
  nextCommand(): GivenCommand | undefined {
    for (let next = this.#commands.shift(); next; next = this.#commands.shift()) {
      if (next.command !== (this.#isSuspended ? "suspend" : "resume")) return next;
    }
    return undefined;
  }

  /**
   * The next answers, unless the run is suspended.
   *
   * @param most how many at most
   * @param isWanted false for those that are left out
   * @throws what an effect has ended with, where that comes first
   */
  nextAnswers(most: number, isWanted: (finished: Finished) => boolean): Answered[] {
    const answers: Answered[] = [];
    while (!this.#isSuspended && answers.length < most) {
      const [next] = this.#finished;
      if (next === undefined) break;
      if (isWanted(next)) {
        if ("error" in next) {
          if (answers.length > 0) break;
          throw next.error;
        }
        answers.push(next);
      }
      this.#finished.shift();
      this.#kept = Math.max(0, this.#kept - 1);
    }
    return answers;
  }

  /** Takes what the sources of a run give: commands are kept here, events are put elsewhere. */
  followAll(
    {
      events,
      given,
      commands,
    }: Pick<RunOptions, "events" | "commands"> & { given?: Given | undefined },
    put: (event: CloudEvent) => void,
    isRefused: (what: "event" | "command", one: object) => boolean,
  ): void {
    const event = (one: CloudEvent): void => {
      if (isRefused("event", one)) return;
      put(one);
      this.wake();
    };
    const command = (one: GivenCommand): void => {
      if (!isRefused("command", one)) this.command(one);
    };
    const message = (one: Message): void => {
      if (one.kind === "event") event(one.event);
      else command({ id: one.id, by: one.by, ...one.command });
    };
    given?.events.forEach(event);
    given?.commands.forEach(command);
    void this.#follow("events", events, event, hostCode.badEvent);
    void this.#follow("messages", given?.coming, message, hostCode.badEvent);
    void this.#follow("commands", commands, command, hostCode.badCommand);
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
    this.wake();
  }

  /** Waits until something arrives, or a source ends. @throws the signal's reason; what is wrong with a source */
  wait(): Promise<void> {
    return new Promise((resolve) => {
      this.#wake = resolve;
    });
  }

  /** @throws the signal's reason; what is wrong with a source */
  check(): void {
    this.#signal.throwIfAborted();
    if (this.#problem) throw this.#problem;
  }

  /** Something has come. */
  wake(): void {
    this.#wake?.();
  }
}
