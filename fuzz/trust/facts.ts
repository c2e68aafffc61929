// What is true in a history, without a byte of it: who has signed what, which of it stands in which log, what a verifier
// asks for. The model judges these; world.ts makes the real things of them.

/** Milliseconds since 1970. */
export type Time = number;
/** What a key is for, and its number, as `evidence:1`: the same key in every history. */
export type KeyName = string;
export type Role = "evidence" | "log" | "witness" | "pack";
export type PackName = "first" | "second";

export interface Root {
  readonly threshold: number;
  readonly keys: readonly KeyName[];
}

/** One root gives way to another one. */
export interface RootChange {
  readonly serial: number;
  readonly from: Root;
  readonly to: Root;
  readonly issuedAt: Time;
  readonly by: readonly KeyName[];
}

/** What a keyring says of a key. */
export interface RingKey {
  readonly key: KeyName;
  readonly role: Role;
  readonly tenant?: string | undefined;
  readonly from: Time;
  readonly to: Time;
  readonly compromisedAt?: Time | undefined;
}

/** A keyring. Two are the same one if they are the same object. */
export interface Ring {
  readonly serial: number;
  readonly previous: Ring | undefined;
  readonly issuedAt: Time;
  readonly expiresAt: Time;
  readonly keys: readonly RingKey[];
  readonly changes: readonly RootChange[];
  readonly by: readonly KeyName[];
}

/** A run, and who has signed the evidence about it. */
export interface Run {
  /** Its number, of which its id and its secret are made. */
  readonly id: number;
  readonly secret: number;
  readonly tenant: string;
  readonly pack: PackName;
  /** As its host says. */
  readonly startedAt: Time;
  readonly endedAt: Time;
  readonly key: KeyName;
  /** When it was signed in truth, and whether by who has stolen the key. */
  readonly signedAt: Time;
  readonly isThief: boolean;
}

export interface LogEntry {
  readonly type: "started" | "evidence" | "other";
  /** The run that it is about; of another entry, its number. */
  readonly run: Run | number;
  readonly at: Time;
}

/** Entries, which one log shows to some. */
export type Tree = readonly LogEntry[];

export interface Cosignature {
  /** Under this name; a key can have several. */
  readonly name: string;
  readonly key: KeyName;
  /** Seconds since 1970. */
  readonly second: number;
}

export interface Checkpoint {
  readonly origin: string;
  readonly tree: Tree;
  /** Who has signed it as the log. */
  readonly by: KeyName;
  readonly cosigned: readonly Cosignature[];
}

/** The proof that an entry has a place in the tree of a checkpoint; true or not. */
export interface Proof {
  readonly checkpoint: Checkpoint;
  readonly index: number;
  readonly entry: LogEntry;
}

/** What a publisher has signed about a pack, or its withdrawal at a time that they say. */
export interface Statement {
  readonly pack: PackName;
  readonly by: KeyName;
  readonly withdrawnAt?: Time;
}

/** That a log has grown, from so many entries to this tree. */
export interface Growth {
  readonly origin: string;
  readonly from: number;
  readonly to: Tree;
}

export interface Witness {
  readonly name: string;
  readonly key: KeyName;
}

/** So many of these must have cosigned, each a key or a group. */
export interface Group {
  readonly threshold: number;
  readonly members: readonly (KeyName | Group)[];
}

export interface LogRule {
  readonly origin: string;
  readonly key: KeyName;
  readonly witnesses: readonly Witness[];
  readonly quorum: number | Group;
  readonly final?: Tree | undefined;
  readonly started?: boolean | undefined;
}

export type AllowedPack =
  | { readonly digest: PackName }
  | { readonly versions: string; readonly publisher?: KeyName | undefined };

/** What a verifier asks for. */
export interface Policy {
  /** Read from a file, or made by a program. */
  readonly isFile: boolean;
  readonly root?: Root | undefined;
  readonly trustedKeys?: readonly KeyName[] | undefined;
  readonly minSerial?: number | undefined;
  readonly maxAgeDays?: number | undefined;
  readonly tenant?: string | undefined;
  readonly logs?: readonly LogRule[] | undefined;
  /** Milliseconds. */
  readonly maxLag?: number | undefined;
  readonly window?: { readonly from?: Time; readonly to?: Time } | undefined;
  readonly publishers?: "keyring" | readonly KeyName[] | undefined;
  readonly allowed?: readonly AllowedPack[] | undefined;
  readonly yanked?: readonly PackName[] | undefined;
}

/** What a verifier keeps: of a root by its name, of a log by its key and origin. */
export interface State {
  readonly keyrings: ReadonlyMap<string, { readonly ring: Ring; readonly signedBy: string }>;
  readonly logs: ReadonlyMap<string, Tree>;
}

/** What lies before a verifier. */
export interface Case {
  readonly policy: Policy;
  readonly now: Time;
  readonly state: State | undefined;
  readonly run: Run;
  readonly proof: Proof | undefined;
  readonly start: Proof | undefined;
  readonly ring: Ring | undefined;
  readonly statements: readonly Statement[];
  readonly growth: readonly Growth[];
  readonly seen: Checkpoint | undefined;
}

/** The packs, as their publishers name them. */
export const VERSIONS: Readonly<Record<PackName, string>> = { first: "1.0.0", second: "1.1.0" };

/** A root by its keys and threshold. */
export const nameOfRoot = ({ threshold, keys }: Root): string =>
  `${threshold} of ${[...keys].sort().join(" ")}`;

const sameEntry = (a: LogEntry, b: LogEntry | undefined): boolean =>
  b !== undefined && a.type === b.type && a.run === b.run && a.at === b.at;

/** Whether one tree is the beginning of the other. */
export const isBeginning = (older: Tree, newer: Tree): boolean =>
  older.length <= newer.length && older.every((entry, i) => sameEntry(entry, newer[i]));

export const sameTree = (a: Tree, b: Tree): boolean => a.length === b.length && isBeginning(a, b);
