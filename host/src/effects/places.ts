// How many effects are under way at a time: those beyond it have not begun (GRANT-19).
import type { RequestRecord } from "@reach-fabric/engine";

/** How many effects of a run leave this machine at a time. */
export interface Parallel {
  readonly run: number;
  /** Of those, to one origin; questions to one model, events, and what is done in folders count as one. */
  readonly origin: number;
}

export const DEFAULT_PARALLEL: Parallel = { run: 64, origin: 16 };

/** What goes to one origin. */
interface Lane {
  readonly waiting: WaitingLine;
  underWay: number;
}

/**
 * Effects that were asked for, on their way to a place. What this machine answers by itself, as timers, needs none.
 *
 * EffectPlaces are given in the order of asking, but an origin that is busy keeps no other one waiting.
 */
export class EffectPlaces {
  readonly #limits: Parallel;
  readonly #lanes = new Map<string, Lane>();
  /** Of effects that have a place, by their key. */
  readonly #taken = new Map<string, Lane>();
  /** What needs no place. */
  #free: RequestRecord[] = [];
  /** Effects that do not wait any more, and are still among those that do. */
  readonly #dropped = new Set<string>();

  constructor(limits: Partial<Parallel> = {}) {
    this.#limits = { ...DEFAULT_PARALLEL, ...limits };
  }

  /** An effect waits for a place from now on. */
  add(request: RequestRecord): void {
    const name = laneOf(request);
    if (name === undefined) {
      this.#free.push(request);
      return;
    }
    const lane = this.#lanes.get(name) ?? { waiting: new WaitingLine(), underWay: 0 };
    this.#lanes.set(name, lane);
    lane.waiting.push(request);
  }

  /** An effect does not wait any more. */
  drop(key: string): void {
    if (!this.#taken.has(key)) this.#dropped.add(key);
  }

  /** The effects that have a place now and had none; they keep it until leave(). */
  next(): RequestRecord[] {
    const begun = this.#free.filter(({ key }) => !this.#dropped.delete(key));
    this.#free = [];
    while (this.#taken.size < this.#limits.run) {
      const lane = this.#first();
      const request = lane?.waiting.take();
      if (lane === undefined || request === undefined) break;
      lane.underWay += 1;
      this.#taken.set(request.key, lane);
      begun.push(request);
    }
    return begun.sort((a, b) => a.seq - b.seq);
  }

  /** An effect has ended. */
  leave(key: string): void {
    const lane = this.#taken.get(key);
    if (lane === undefined) return;
    lane.underWay -= 1;
    this.#taken.delete(key);
  }

  /** Of the origins that are not busy, the one that was asked something first. */
  #first(): Lane | undefined {
    let first: Lane | undefined;
    for (const lane of this.#lanes.values()) {
      if (lane.underWay >= this.#limits.origin) continue;
      while (this.#dropped.delete(lane.waiting.first?.key ?? "")) lane.waiting.take();
      const request = lane.waiting.first;
      if (request === undefined) continue;
      if (first === undefined || request.seq < (first.waiting.first?.seq ?? 0)) first = lane;
    }
    return first;
  }
}

/** Requests, first in, first out. To take the first out of an array costs as much as the array is long. */
class WaitingLine {
  #requests: RequestRecord[] = [];
  #taken = 0;

  get first(): RequestRecord | undefined {
    return this.#requests[this.#taken];
  }

  push(request: RequestRecord): void {
    this.#requests.push(request);
  }

  take(): RequestRecord | undefined {
    const request = this.first;
    if (request === undefined) return undefined;
    this.#taken += 1;
    if (this.#taken * 2 > this.#requests.length) {
      this.#requests = this.#requests.slice(this.#taken);
      this.#taken = 0;
    }
    return request;
  }
}

/** Where an effect goes; undefined for what does not leave this machine. */
function laneOf({ type, request }: RequestRecord): string | undefined {
  const { uri, model } = request;
  if (type === "llm") return `model ${typeof model === "string" ? model : ""}`;
  if (type === "emit") return "events";
  if (type === "file") return "files";
  if (typeof uri !== "string") return undefined;
  return URL.canParse(uri) ? new URL(uri).origin : uri;
}
