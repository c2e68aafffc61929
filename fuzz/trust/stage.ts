// Who there is in a history, what each of them has, and what time it is in truth.
import type { Dice } from "../tamper/dice.ts";
import type {
  Checkpoint,
  KeyName,
  Policy,
  Proof,
  Ring,
  Root,
  Run,
  Statement,
  Time,
  Tree,
  Witness,
} from "./facts.ts";
import type { Kept } from "./judge.ts";
import { opened, SKEW } from "./model-keys.ts";

export const SECOND = 1000;
export const MINUTE = 60 * SECOND;
export const HOUR = 60 * MINUTE;
export const DAY = 24 * HOUR;
export const TENANTS = ["acme", "acme", "globex"] as const;
export const BEGIN: Time = Date.UTC(2026, 10, 1);

/** A log as its operator has it. */
export interface Log {
  readonly origin: string;
  readonly key: KeyName;
  tree: Tree;
  /** By how much its clock is ahead. */
  clock: number;
  /** It was put back to an older day, and has gone on from there. */
  isUpset: boolean;
}

export interface WitnessAt extends Witness {
  clock: number;
  /** It signs what it is asked to, with any time. */
  isLiar: boolean;
  /** What it has cosigned last, by origin. */
  readonly seen: Map<string, Tree>;
  /** It has forgotten something that it had cosigned. */
  hasForgotten: boolean;
}

export interface Verifier {
  readonly name: string;
  readonly policy: Policy;
  clock: number;
  kept: Kept | undefined;
  /** Older states of it. */
  readonly backups: (Kept | undefined)[];
  /** Keyrings that it relies on, as long as it has not lost its state. */
  trusted: { readonly ring: Ring; readonly root: Root }[];
}

/** A file as it goes round. */
export interface FileAt {
  readonly run: Run;
  readonly proof?: Proof | undefined;
  readonly start?: Proof | undefined;
  /** Nothing was left undone, and no one meddled. */
  readonly isHonest: boolean;
}

/** How often something happened. */
export class Tally {
  readonly #counts = new Map<string, Map<string, number>>();
  add(group: string, what: string, count = 1): void {
    const all = this.#counts.get(group) ?? new Map<string, number>();
    this.#counts.set(group, all.set(what, (all.get(what) ?? 0) + count));
  }
  addAll(groups: Tally["groups"]): void {
    for (const [group, all] of groups)
      for (const [what, count] of all) this.add(group, what, count);
  }
  get groups(): ReadonlyMap<string, ReadonlyMap<string, number>> {
    return this.#counts;
  }
}

/** Everything in one history. */
export class Stage {
  now: Time = BEGIN + 7 * HOUR;
  readonly dice: Dice;
  readonly tally: Tally;
  readonly lines: string[] = [];
  /** The operator's root at the beginning, and all roots that there were. */
  readonly pinned: Root;
  readonly roots: Root[];
  ring!: Ring;
  /** All keyrings that somebody has shown somebody. */
  readonly rings: Ring[] = [];
  readonly logs: Log[] = [];
  readonly witnesses: WitnessAt[] = [];
  readonly notes: Checkpoint[] = [];
  readonly runs: Run[] = [];
  readonly files: FileAt[] = [];
  readonly statements: Statement[] = [];
  readonly verifiers: Verifier[] = [];
  readonly stolen = new Map<KeyName, Time>();
  /** There are two keyrings of a number, by accident or by theft. */
  isUpset = false;
  /** What a change of keys was about: it is judged next. */
  focus: FileAt | undefined;
  #last = new Map<string, number>();

  constructor(dice: Dice, tally: Tally, root: Root) {
    this.dice = dice;
    this.tally = tally;
    this.pinned = root;
    this.roots = [root];
  }

  /** Notes what happens, under a name that is counted. */
  say(name: string, words: string): void {
    this.lines.push(`${new Date(this.now).toISOString()} ${name}: ${words}`);
    this.tally.add("acts", name);
  }

  /** True so often of a hundred. */
  chance(percent: number): boolean {
    return this.dice.below(100) < percent;
  }

  /** The next name of a kind of key. */
  next(kind: string): KeyName {
    const number = this.#last.get(kind) ?? 0;
    this.#last.set(kind, number + 1);
    return `${kind}:${number}`;
  }

  /** The root that signs after a keyring. */
  rootOf(ring: Ring): Root {
    return opened(ring, this.pinned)[0].at(-1) ?? this.pinned;
  }

  /** Some of a list, in its order. */
  some<T>(of: readonly T[], percent: number): T[] {
    return of.filter(() => this.chance(percent));
  }

  /** As many of a list, whichever. */
  choose<T>(of: readonly T[], count: number): T[] {
    const left = [...of];
    while (left.length > count) left.splice(this.dice.below(left.length), 1);
    return left;
  }

  /** By how much a clock is wrong: seldom at all, and then by less or more than is let pass. */
  clock(): number {
    if (this.chance(86)) return 0;
    return this.dice.pick([
      MINUTE,
      -MINUTE,
      SKEW,
      -SKEW,
      SKEW + 1,
      7 * MINUTE,
      -7 * MINUTE,
      HOUR,
      -DAY,
      DAY,
    ]);
  }

  /** Of a file that was shown last: one of the keys that it rests on, and a time that decides whether that counts. */
  edge(): { readonly key: KeyName; readonly at: Time } | undefined {
    const file = this.files.at(-1 - this.dice.below(Math.min(2, this.files.length)));
    if (file === undefined) return undefined;
    this.focus = file;
    const { run, proof } = file;
    const signed = proof?.checkpoint.cosigned ?? [];
    const keys = [run.key, run.key, "pack:0", "pack:0", proof?.checkpoint.by ?? run.key];
    const key = this.dice.pick([...keys, ...signed.map((one) => one.key)]);
    const seconds = signed.flatMap(({ second }) =>
      [0, 1, 999, 1000].map((ms) => second * SECOND + ms),
    );
    const host = [run.startedAt, run.startedAt + 1, run.endedAt, run.endedAt + 1];
    return { key, at: this.dice.pick(this.chance(65) && seconds.length > 0 ? seconds : host) };
  }

  /** A time at which something turns, or one beside it. */
  near(): Time {
    const moments = [
      this.now,
      this.now - this.dice.below(96) * HOUR,
      ...this.ring.keys.flatMap(({ from, to, compromisedAt }) => [from, to, compromisedAt ?? to]),
      ...this.notes
        .slice(-4)
        .flatMap(({ cosigned, tree }) => [
          ...cosigned.map(({ second }) => second * SECOND),
          tree.at(-1)?.at ?? this.now,
        ]),
      ...this.runs.slice(-3).flatMap(({ startedAt, endedAt }) => [startedAt, endedAt]),
    ].filter((time) => Math.abs(time - this.now) < 60 * DAY);
    const beside = [
      0,
      0,
      1,
      -1,
      999,
      1000,
      -1000,
      SKEW,
      -SKEW,
      SKEW + 1,
      -SKEW - 1,
      MINUTE,
      -MINUTE,
    ];
    return this.dice.pick(moments) + this.dice.pick(beside);
  }
}
