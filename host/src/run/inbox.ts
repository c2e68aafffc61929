// Events on their way into a run (WF-40): numbered by their arrival, each kept until it is taken.
import type { RequestRecord } from "@reach-fabric/engine";
import type { CloudEvent } from "../effects/emit.ts";
import { isTooDeep } from "../effects/event.ts";

/**
 * Events that have come and that no task has taken, oldest first, and the tasks that listen.
 *
 * The oldest event is looked at first: it goes to every task that listens then and takes it, and is kept
 * where there is none.
 */
export class Inbox {
  #kept: CloudEvent[] = [];
  /** Whether what is kept may be taken now and was not before. */
  #hasNews = false;
  /** Those who listen, in the order in which they began to. */
  readonly #listening = new Map<string, RequestRecord>();
  readonly #takes: (key: string, event: CloudEvent) => boolean | Promise<boolean>;
  readonly #deliver: (key: string, event: CloudEvent) => void;
  #known: Set<string> | undefined;
  /** What a task was given alone, and may not get to see. */
  #given: Map<string, CloudEvent> | undefined;

  /**
   * @param takes whether the effect with this key takes the event; the engine says so
   * @param deliver hands an event to the effect, which then no longer listens
   */
  constructor(
    takes: (key: string, event: CloudEvent) => boolean | Promise<boolean>,
    deliver: (key: string, event: CloudEvent) => void,
  ) {
    this.#takes = takes;
    this.#deliver = deliver;
  }

  /** The effects that listen. */
  get wanted(): readonly RequestRecord[] {
    return [...this.#listening.values()];
  }

  /** An effect listens from now on; settle() gives it what has been kept. */
  listen(request: RequestRecord): void {
    this.#listening.set(request.key, request);
  }

  /** Whether settle() may find something. */
  get hasNews(): boolean {
    return this.#hasNews && this.#kept.length > 0 && this.#listening.size > 0;
  }

  /** The run is at another place: what no task took there may be taken here. */
  look(): void {
    this.#hasNews = true;
  }

  /** Hands out what has been kept, the oldest first. What comes meanwhile is kept. */
  async settle(): Promise<void> {
    this.#hasNews = false;
    const events = this.#kept;
    this.#kept = [];
    const left: CloudEvent[] = [];
    for (const event of events) if (!(await this.#isTaken(event))) left.push(event);
    this.#kept.unshift(...left);
  }

  /** An effect was cancelled: what it alone was given, and has not taken in, is there for others. */
  leave(key: string): void {
    this.#listening.delete(key);
    const event = this.#given?.get(key);
    if (event !== undefined) this.#kept.unshift(event);
    this.#given?.delete(key);
  }

  /** An effect has taken in what it was given. */
  taken(key: string): void {
    this.#given?.delete(key);
  }

  /** An event that a run has taken before, in another process. */
  know(event: CloudEvent): void {
    (this.#known ??= new Set()).add(nameOf(event));
  }

  /** An event has come; one that has come before, by its source and id, is no other one (CloudEvents 1.0.2, 3.1). */
  put(event: CloudEvent): void {
    const name = nameOf(event);
    if (this.#known?.has(name)) return;
    // A task that took it could not go on, and the run with it.
    if (isTooDeep(event)) return;
    (this.#known ??= new Set()).add(name);
    this.#kept.push(event);
    this.#hasNews = true;
  }

  /** Gives an event to all who listen and take it. */
  async #isTaken(event: CloudEvent): Promise<boolean> {
    const takers: string[] = [];
    for (const key of this.#listening.keys()) {
      const taken = this.#takes(key, event);
      if (typeof taken === "boolean" ? taken : await taken) takers.push(key);
    }
    for (const key of takers) {
      this.#listening.delete(key);
      if (takers.length === 1) (this.#given ??= new Map()).set(key, event);
      this.#deliver(key, event);
    }
    return takers.length > 0;
  }
}

const nameOf = ({ source, id }: CloudEvent): string => JSON.stringify([source, id]);
