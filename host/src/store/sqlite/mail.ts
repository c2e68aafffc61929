// Messages of runs, as who executes them looks: often, and mostly for nothing. One question to the thread serves all
// that look at about the same time.
import { setTimeout as sleep } from "node:timers/promises";
import type { InboxReader, Message } from "../store.ts";
import type { ThreadClient } from "./thread-client.ts";

/** Milliseconds between two questions. */
const PAUSE = 10;

export class Mail {
  readonly #thread: ThreadClient;
  /** The last message of each run that has got one since the store was opened, as far as was asked. */
  readonly #last = new Map<string, number>();
  #after = 0;
  #asked = -PAUSE;
  /** A question that is not asked yet. */
  #next: Promise<void> | undefined;
  /** What readers of this store have been given of the runs that it executes. */
  readonly #given = new Map<string, number>();

  constructor(thread: ThreadClient) {
    this.#thread = thread;
  }

  reader(id: string): InboxReader {
    let given = 0;
    let isFirst = true;
    return {
      next: async () => {
        if (!isFirst) {
          await this.#look();
          if ((this.#last.get(id) ?? 0) <= given) return [];
        }
        isFirst = false;
        const found = await this.#thread.read("messages", { id, after: given });
        given = found.at(-1)?.[0] ?? given;
        const seen = this.#given.get(id);
        if (seen !== undefined) this.#given.set(id, Math.max(seen, given));
        return found.map(([, message]) => JSON.parse(message) as Message);
      },
    };
  }

  /** From now on what readers are given of the run is noted. */
  begin(id: string): void {
    this.#given.set(id, 0);
  }

  /** The last message of a run that was given. */
  end(id: string): number {
    const given = this.#given.get(id) ?? 0;
    this.#given.delete(id);
    return given;
  }

  #look(): Promise<void> {
    this.#next ??= this.#ask();
    return this.#next;
  }

  async #ask(): Promise<void> {
    // At least a turn of the promises: it is `#next` by then.
    await sleep(Math.max(0, this.#asked + PAUSE - performance.now()));
    this.#asked = performance.now();
    // Who looks from now on wants to know of what comes from now on.
    this.#next = undefined;
    for (const [id, number] of await this.#thread.read("mail", { after: this.#after })) {
      this.#last.set(id, number);
      this.#after = Math.max(this.#after, number);
    }
  }
}
