// Where runs are kept, as a port: a folder, one file of SQLite, or memory. docs/spec/runs.md.
//
// What is kept of a run is what entered it (lines, RUN-3) and the little that finds it again (its head). Who executes it has
// a lease, and each lease of a run has another epoch: an append by an older one is refused, so that of two processes which both
// think that they execute a run only one is right. What the run's records say follows from its lines and is kept nowhere.
import type { Pack } from "@reach-fabric/engine";
import type { RunCommand, RunRequest } from "@reach-fabric/schema";
import type { CloudEvent } from "../effects/emit.ts";
import { hostCode } from "../files/codes.ts";
import { ReachError } from "../files/error.ts";
import type { Line } from "../record/journal.ts";
import type { Beginning, RunIdentity } from "../record/identity.ts";

/** What finds a run again, and is of no consequence for it. */
export interface RunLabels {
  /** `namespace/name:version`, or what a user calls it. */
  readonly workflow?: string;
  /** At most 16, each name and value at most 64 characters. */
  readonly labels?: Readonly<Record<string, string>>;
  /** Which workers are to execute it. */
  readonly pool?: string;
  /** Of runs that are due, those with a higher one are claimed first. */
  readonly priority?: number;
  /** What `reach run` was asked (RUN-8). */
  readonly request?: RunRequest;
}

/** A run that is about to begin. */
export interface NewRun extends Omit<Beginning, "start">, RunLabels {
  readonly run: RunIdentity;
}

/**
 * How a run is. `running`: a process has a lease of it. `interrupted`: none has, and the last one did not say why. `stuck`: this
 * machine could not go on with it, or three processes in a row ended with it. The last three are its ends.
 */
export type RunState =
  | "running"
  | "waiting"
  | "suspended"
  | "stuck"
  | "interrupted"
  | "completed"
  | "faulted"
  | "cancelled";

/** The states in which a run has ended. */
export const ENDED: ReadonlySet<RunState> = new Set(["completed", "faulted", "cancelled"]);

/** Something that a run awaits, in words for a list. */
export interface AwaitedHead {
  readonly for: "event" | "person" | "time" | "machine";
  /** The effect's key. */
  readonly key: string;
  readonly type: string;
  /** JSON pointer of its task. */
  readonly task: string;
  /** In UTC with milliseconds. */
  readonly until?: string;
}

/** How a run is left by who has executed it. */
export interface Rest {
  readonly state: Exclude<RunState, "running">;
  readonly awaits?: readonly AwaitedHead[];
  /** When it goes on by itself, in UTC with milliseconds. */
  readonly wakeAt?: string;
  readonly why?: string;
}

/** A run in a list. */
export interface RunHead extends Omit<RunLabels, "request"> {
  readonly id: string;
  readonly attempt: number;
  readonly startedAt: string;
  /** SHA-256 of the engine, in hex. */
  readonly engine: string;
  /** SHA-256 of pack.json, in hex. */
  readonly pack: string;
  readonly state: RunState;
  /** How often it was claimed; 1 after create(). */
  readonly epoch: number;
  /** When it was last left, in UTC with milliseconds. */
  readonly restedAt?: string;
  readonly awaits: readonly AwaitedHead[];
  readonly wakeAt?: string;
  readonly why?: string;
  /** Where its evidence was written, once all else was forgotten. */
  readonly evidence?: string;
}

/** All that is kept of a run. */
export interface RunFile {
  readonly run: RunIdentity & { readonly startedAt: string };
  readonly engine: string;
  readonly pack: Pack;
  readonly request?: RunRequest;
  readonly lines: readonly Line[];
  /** Bytes at the end that were not completely written; 0 if there are none. */
  readonly torn: number;
}

/** What is given to a run from outside, whether or not a process executes it. */
export type Message =
  | { readonly kind: "event"; readonly event: CloudEvent }
  | {
      readonly kind: "command";
      /** Of its own. */
      readonly id: string;
      /** Who gives it. */
      readonly by: string;
      readonly command: RunCommand;
    };

/** Messages of a run, in the order in which they came. */
export interface InboxReader {
  /** Those that this reader has not given yet; none of a run that is not there. */
  next(): Promise<readonly Message[]>;
}

/** The right to execute a run. It ends with release(), with the process, or when another process has claimed the run. */
export interface Lease {
  readonly run: RunIdentity;
  readonly epoch: number;
  /** Processes in a row that ended with the run without a new line or a word; 0 after create(). */
  readonly crashes: number;
  /** What was kept when it was claimed; undefined after create(). */
  readonly file: RunFile | undefined;
  /**
   * Keeps lines behind the `at` that are there: all of them or none, durable when this resolves.
   *
   * @throws ReachError `REACH-E4115` another process has claimed the run, or there are not `at` lines; `REACH-E4110` disk full,
   *   `REACH-E4111` it cannot be written
   */
  append(at: number, lines: readonly Line[]): Promise<void>;
  /** Gives the run up. Once more does nothing. */
  release(rest: Rest): Promise<void>;
}

/** A run that is kept. */
export interface KeptRun {
  /** For messages: its folder, or its id and the store. */
  readonly where: string;
  /** @throws ReachError `REACH-E4130` there is no such run, `REACH-E4131` damaged */
  head(): Promise<RunHead>;
  /** @throws ReachError as head(); `REACH-E4130` too where it was forgotten */
  read(): Promise<RunFile>;
  /** @throws ReachError as read(); `REACH-E4114` another process executes it */
  claim(): Promise<Lease>;
  /**
   * Gives it a message, durable when this resolves.
   *
   * @returns false for an event that it was given before, by `source` and `id` (CloudEvents 1.0.2, 3.1), or a command with that id
   * @throws ReachError as read(); `REACH-E3011` it has as many as are kept
   */
  put(message: Message, at: string): Promise<boolean>;
  inbox(): InboxReader;
  /**
   * Keeps nothing but its head: what entered, its secret, its pack and its messages are gone from the disk when this resolves.
   *
   * @param evidence where its evidence is
   * @throws ReachError `REACH-E4114` a process executes it
   */
  forget(evidence: string): Promise<void>;
  /** As forget(), with its head. */
  remove(): Promise<void>;
}

/** Which runs are wanted. */
export interface RunFilter {
  readonly state?: RunState;
  readonly workflow?: string;
  /** A name, and the value that it has. */
  readonly label?: readonly [string, string];
  /** Started at this time or later, in UTC with milliseconds. */
  readonly from?: string;
  /** Started before this time. */
  readonly to?: string;
  /** The id begins so. */
  readonly id?: string;
  /** Those whose evidence is not written alone. */
  readonly isOpen?: true;
}

/** One page of a list, the newest run first; a run that is created meanwhile moves none to another page. */
export interface RunPage {
  readonly runs: readonly RunHead[];
  /** What list() takes for the next page; undefined behind the last run. */
  readonly next: string | undefined;
}

/** Runs that may go on now. */
export interface DueRuns {
  /** In UTC with milliseconds. */
  readonly now: string;
  readonly limit: number;
  readonly pool?: string;
}

/** Keeps runs. Several processes may have one open. */
export interface RunStore {
  /** For messages. */
  readonly where: string;
  /**
   * Keeps a new run, durable when this resolves, and claims it.
   *
   * @throws ReachError `REACH-E4112` there is a run of that id; as Lease.append()
   */
  create(run: NewRun): Promise<Lease>;
  run(id: string): KeptRun;
  list(
    filter?: RunFilter,
    page?: { readonly after?: string; readonly limit?: number },
  ): Promise<RunPage>;
  /** Claims runs that were interrupted, whose time has come, or that were given a message since they were left. */
  claimDue(due: DueRuns): Promise<readonly Lease[]>;
  close(): Promise<void>;
}

/** Messages that a run keeps at most. */
export const MOST_MESSAGES = 10_000;
/** Processes in a row that may end with a run before it is stuck. */
export const MOST_CRASHES = 3;
/** Milliseconds between two looks into an inbox. */
export const LOOK = 100;

/** Of a run what finds it again, without what is not there. */
export function labelsOf({
  workflow,
  labels,
  pool,
  priority,
}: RunLabels): Omit<RunLabels, "request"> {
  return {
    ...(workflow === undefined ? {} : { workflow }),
    ...(labels === undefined ? {} : { labels }),
    ...(pool === undefined ? {} : { pool }),
    ...(priority === undefined ? {} : { priority }),
  };
}

/** Labels of a run at most, and characters of the name or value of one. */
const MOST_LABELS = 16;
const LONGEST_LABEL = 64;

/**
 * Requires that what finds a run again is short.
 *
 * @throws ReachError `REACH-E4116`
 */
export function requireLabels({
  workflow = "",
  labels = {},
  pool = "",
  priority = 0,
}: RunLabels): void {
  const pairs = Object.entries(labels);
  const isShort = (text: string): boolean =>
    text.length <= LONGEST_LABEL && !/[\p{Cc}"\\]/u.test(text);
  const long = [...pairs.flat(), pool].find((text) => !isShort(text));
  const why =
    pairs.length > MOST_LABELS
      ? `it has ${pairs.length} labels, and the most is ${MOST_LABELS}`
      : long !== undefined || pairs.some(([name]) => name === "")
        ? `a name or a value has 1 to ${LONGEST_LABEL} plain characters`
        : workflow.length > 256
          ? "the workflow's name has at most 256 characters"
          : Number.isInteger(priority) && Math.abs(priority) < 1e9
            ? undefined
            : "a priority is a whole number";
  if (why === undefined) return;
  throw new ReachError(hostCode.badLabel, "The run cannot have these labels.", { why });
}
