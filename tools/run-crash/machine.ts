// A machine whose disk forgets what was not synced, and which may stop before any call that changes something.
import { SimulatedDisk } from "../../host/test/log/simulated-disk.ts";
import type { Fate } from "../../host/test/log/simulated-disk.ts";

/** Paths below it are on the simulated disk. */
export const ROOT = "/forgetful";

/** What the rest of a process that has stopped is told. */
export class Stopped extends Error {
  constructor() {
    super("the machine has stopped");
  }
}

/** One life of the machine: from its start until it stops. */
export class Life {
  readonly disk: SimulatedDisk;
  readonly locks = new Set<string>();
  /** Calls that have changed something. */
  calls = 0;
  isOver = false;
  readonly #last: number;
  readonly #forgets: boolean;

  /**
   * @param last the machine stops before the call with this number
   * @param forgets one call of each kind that makes things durable does nothing: to see that it is missed
   */
  constructor(disk: SimulatedDisk, last: number = Infinity, forgets: boolean = false) {
    this.disk = disk;
    this.#last = last;
    this.#forgets = forgets;
  }

  /** Something is about to change. */
  change(): void {
    this.look();
    if (this.calls >= this.#last) {
      this.isOver = true;
      throw new Stopped();
    }
    this.calls += 1;
  }

  /** Something is about to be read. */
  look(): void {
    if (this.isOver) throw new Stopped();
  }

  /** Whether bytes are made durable when that is asked for. */
  get syncs(): boolean {
    return !this.#forgets;
  }

  /** The disk as the next life finds it. */
  afterwards(fate: Fate): SimulatedDisk {
    return this.disk.afterCrash(fate);
  }
}

let now: Life | undefined;

/** The life in which things happen now. */
export function life(): Life {
  if (now === undefined) throw new TypeError("No machine runs");
  return now;
}

export function live(next: Life): void {
  now = next;
}

/** What a file that is open can do at once. */
interface AtOnce {
  writeNow(bytes: Uint8Array, from: number, length: number, place: number | null): number;
  syncNow(): void;
}

/** Numbers of files on the simulated disk: the system gives none so high. */
const FIRST_FD = 1_000_000;
const handles: AtOnce[] = [];

export const numberOf = (handle: AtOnce): number => FIRST_FD + handles.push(handle) - 1;
export const handleOf = (fd: number): AtOnce | undefined => handles[fd - FIRST_FD];
