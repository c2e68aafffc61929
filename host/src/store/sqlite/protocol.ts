// What a store asks of its thread. Writes that are there at once are one commit.
import type { RunFilter, RunHead } from "../store.ts";
import type { StoreFailure } from "./failure.ts";
import type { Unsafe } from "./open-database.ts";

/** What the thread is made with. */
export interface ThreadOptions extends Unsafe {
  readonly file: string;
  readonly owner: string;
  /** Milliseconds after which a process that stands still loses its runs. */
  readonly lease: number;
  /** Heads of runs that were left before are removed, where nothing else is kept of them. */
  readonly before: string;
}

export interface KeptPack {
  readonly manifest: Uint8Array;
  /** By their SHA-256 in hex. */
  readonly files: readonly (readonly [sha256: string, bytes: Uint8Array])[];
}

export interface NewRow {
  readonly id: string;
  readonly attempt: number;
  readonly startedAt: string;
  readonly engine: string;
  readonly pack: string;
  readonly workflow: string | null;
  readonly labels: Readonly<Record<string, string>>;
  readonly pool: string | null;
  readonly priority: number | null;
  /** JSON of what only who executes it may know. */
  readonly secrets: string;
  readonly content: KeptPack | undefined;
}

/** Which lease it is. */
export interface LeaseName {
  readonly id: string;
  readonly n: number;
  readonly epoch: number;
}

export interface AppendRow extends LeaseName {
  readonly at: number;
  readonly lines: number;
  readonly bytes: Uint8Array;
  readonly bodies: readonly (readonly [digest: string, bytes: Uint8Array])[];
}

/** How a run was left: columns of its row. */
export interface RestRow {
  readonly state: string;
  readonly awaits: string;
  readonly wakeAt: string | null;
  readonly why: string | null;
  readonly restedAt: string | null;
}

export interface Claimed extends LeaseName {
  readonly crashes: number;
  /** How it was left before. */
  readonly before: RestRow;
}

/** Writes, by their names: what each takes and gives. */
export interface Writes {
  create: [NewRow, LeaseName | "no pack"];
  append: [AppendRow, void];
  release: [LeaseName & RestRow & { readonly seen: number }, void];
  claim: [{ readonly id: string }, Claimed];
  claimDue: [
    { readonly now: string; readonly limit: number; readonly pool: string | null },
    readonly Claimed[],
  ];
  put: [
    { readonly id: string; readonly name: string; readonly at: string; readonly message: string },
    boolean,
  ];
  forget: [{ readonly id: string; readonly evidence: string; readonly at: string }, void];
  remove: [{ readonly id: string }, void];
}
export type WriteName = keyof Writes;

export interface StoredRun {
  readonly id: string;
  readonly attempt: number;
  readonly startedAt: string;
  readonly engine: string;
  readonly pack: string;
  readonly secrets: string;
  readonly lines: number;
  readonly bytes: Uint8Array;
  readonly bodies: ReadonlyMap<string, Uint8Array>;
}

/** What only looks, or is no transaction. */
export interface Reads {
  head: [{ readonly id: string }, RunHead];
  file: [{ readonly id: string }, StoredRun];
  pack: [{ readonly digest: string }, KeptPack];
  list: [
    { readonly filter: RunFilter; readonly after: string | null; readonly limit: number },
    { readonly runs: readonly RunHead[]; readonly next: string | undefined },
  ];
  /** The number of the last message of each run that has got one behind that number. */
  mail: [{ readonly after: number }, ReadonlyMap<string, number>];
  messages: [
    { readonly id: string; readonly after: number },
    readonly (readonly [number: number, message: string])[],
  ];
  /** Whether all that was written is in the database, and nothing in the log before it. */
  empty: [Record<string, never>, boolean];
  /** Rewrites the file. */
  compact: [Record<string, never>, void];
  close: [Record<string, never>, void];
}
export type ReadName = keyof Reads;

export type WriteCall = {
  [W in WriteName]: { readonly name: W; readonly args: Writes[W][0] };
}[WriteName];
export type ReadCall = {
  [R in ReadName]: { readonly name: R; readonly args: Reads[R][0] };
}[ReadName];

export type Call =
  | { readonly number: number; readonly commit: readonly WriteCall[] }
  | { readonly number: number; readonly read: ReadCall };

export type WriteResult = { readonly value: unknown } | { readonly failure: StoreFailure };

export type Reply = { readonly number: number } & (
  | { readonly results: readonly WriteResult[]; readonly changed: boolean }
  | { readonly value: unknown }
  | { readonly failure: StoreFailure }
);

/** What the thread says first. */
export type ThreadOpened =
  | { readonly opened: true }
  | { readonly opened: false; readonly failure: StoreFailure };
