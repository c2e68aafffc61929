// Whether a run can go on, and what it waits for.
import { hostCode } from "../files/codes.ts";
import { ReachError } from "../files/error.ts";
import type { Arrivals } from "./arrivals.ts";
import type { Inbox } from "./inbox.ts";
import type { RunOptions } from "./options.ts";
import type { EffectsUnderWay } from "./under-way.ts";
import { waiting } from "./waiting.ts";
import type { Awaited } from "./waiting.ts";
import { tellWatcher } from "./watchers.ts";

/** What is to come in a run. */
export class Outlook {
  readonly #options: Pick<RunOptions, "patience" | "waits" | "onWait">;
  readonly #clock: () => number;
  readonly #arrivals: Arrivals;
  readonly #underWay: EffectsUnderWay;
  readonly #inbox: Inbox;
  /** The effects that the run was last said to wait for. */
  #toldKeys = "";

  constructor(
    options: Pick<RunOptions, "patience" | "waits" | "onWait">,
    clock: () => number,
    on: {
      readonly arrivals: Arrivals;
      readonly underWay: EffectsUnderWay;
      readonly inbox: Inbox;
    },
  ) {
    this.#options = options;
    this.#clock = clock;
    this.#arrivals = on.arrivals;
    this.#underWay = on.underWay;
    this.#inbox = on.inbox;
  }

  /**
   * Waits until something can enter.
   *
   * @throws RunWaits `REACH-E3004`; ReachError `REACH-E3007` it is suspended, or what is wrong with a source; the signal's
   *   reason
   */
  async somethingComes(): Promise<void> {
    while (!this.#arrivals.hasNext && !this.#inbox.hasNews) {
      this.#arrivals.check();
      this.#check();
      this.#tell();
      await this.#arrivals.wait();
    }
  }

  /** Requires that something may still come that the run can go on with. */
  #check(): void {
    const { patience, waits = false } = this.#options;
    if (this.#arrivals.isOpen("commands")) return;
    const isGiven = waits && this.#arrivals.isOpen("messages");
    if (this.#arrivals.isSuspended) {
      // What is under way comes to its end first, and is kept.
      if (isGiven || this.#underWay.isBusy) return;
      throw new ReachError(
        hostCode.suspended,
        "The run is suspended, and no command will resume it.",
        {
          why: "the source of commands has ended",
          hint: "Its records so far are kept, and no outcome is recorded.",
          exitCode: 5,
        },
      );
    }
    const mayCome = isGiven && this.#inbox.wanted.length > 0;
    if (mayCome || this.#arrivals.isOpen("events")) return;
    if (this.#underWay.isBusy) return;
    const { timers } = this.#underWay;
    if (timers.length > 0) {
      if (patience === undefined) return;
      const soon = this.#clock() + patience;
      if (timers.some((until) => until <= soon)) return;
    }
    throw waiting(this.#awaited());
  }

  /** Says what the run waits for, where that is all. */
  #tell(): void {
    const { onWait } = this.#options;
    if (onWait === undefined || this.#underWay.isBusy) return;
    const awaits = this.#awaited();
    const keys = awaits.map(({ request }) => request.key).join(" ");
    if (keys === this.#toldKeys) return;
    this.#toldKeys = keys;
    if (awaits.length > 0) tellWatcher(onWait, awaits);
  }

  /** What the run waits for beside effects that are being performed: people, events, times. */
  #awaited(): Awaited[] {
    const { awaited } = this.#underWay;
    return [
      ...awaited.filter((one) => one.for === "person"),
      ...this.#inbox.wanted.map((request) => ({ for: "event" as const, request })),
      ...awaited.filter((one) => one.for === "time"),
    ];
  }
}
