// Makes evidence v4 as the second verifier reads it: for its tests, and for docs/spec/evidence-example.md.
// As plain and as slow; nothing of Reach is imported.
import { createHmac, createPublicKey, sign } from "node:crypto";
import type { KeyObject } from "node:crypto";
import { writeContainer } from "./container.ts";
import type { Entries } from "./container.ts";
import * as d from "./data.ts";
import type { Members, Value } from "./data.ts";
import { runSlots, signedBytes } from "./run.ts";
import type { PackFiles } from "./run.ts";
import type { Recompute } from "./verifier.ts";

export interface MadeOf {
  /** The members of run.json but for commitments, roots, format and key. */
  readonly facts: Members;
  /** The values that run.json commits to: actor, annotations?, decision, tenant. */
  readonly values: Members;
  readonly records: readonly Members[];
  readonly secret: Uint8Array;
  readonly key: KeyObject;
  readonly pack: PackFiles;
}

/** Pointers of the values to hide, and of the slots to show by name. */
export interface Choice {
  readonly drop?: readonly string[];
  readonly show?: readonly string[];
}

/** All that follows from a run's records, secret and key. */
export class Made {
  readonly of: MadeOf;
  readonly seed: Buffer;
  readonly leaves: readonly Buffer[];
  readonly entered: readonly Members[];
  readonly enteredLeaves: readonly Buffer[];
  readonly run: Members;
  readonly runBytes: Buffer;

  constructor(of: MadeOf) {
    const { facts, values, records, secret, key } = of;
    this.of = of;
    this.seed = runSeed(secret, d.textOf(facts["id"]), Number(facts["attempt"]));
    const hashOf = (record: Members): Buffer => d.leafHash(this.leaf(record));
    const root = (leaves: readonly Buffer[]): Value => ({
      root: d.hex(d.rootOf(leaves, leaves.length, [])),
      size: leaves.length,
    });
    this.leaves = records.map(hashOf);
    this.entered = records.filter(d.enters);
    this.enteredLeaves = [...this.entered, this.outcome].map(hashOf);
    const jwk = createPublicKey(key).export({ format: "jwk" });
    const committed = Object.entries(values).map(([name, value]) => {
      return [name, d.hex(d.commitment(value, this.slotSeed(d.RUN, name)))] as const;
    });
    this.run = {
      ...facts,
      ...Object.fromEntries(committed),
      format: "reach/evidence/v4",
      trace: root(this.leaves),
      entered: root(this.enteredLeaves),
      key: {
        alg: "Ed25519",
        public: Buffer.from(jwk.x ?? "", "base64url").toString("base64"),
      },
    };
    this.runBytes = Buffer.from(d.canonical(this.run));
  }

  get outcome(): Members {
    return d.members(this.of.records.at(-1));
  }
  slotSeed(seq: number, slot: string): Buffer {
    return d.slotSeed(d.recordSeed(this.seed, seq), slot);
  }
  leaf(record: Members): Members {
    return d.leafOf(record, (slot) =>
      d.commitment(record[slot] ?? null, this.slotSeed(Number(record["seq"]), slot)),
    );
  }

  /** The file with these lines, of entered.jsonl or shown.jsonl. */
  file(name: "entered.jsonl" | "shown.jsonl", lines: readonly Value[]): Buffer {
    const { key, pack } = this.of;
    const files = [pack.manifest, ...pack.files.map(({ bytes }) => bytes)];
    const blobs: Entries = new Map(files.map((bytes) => [d.hex(d.sha256(bytes)), bytes]));
    return writeContainer(
      new Map<string, Uint8Array>([
        ["run.json", this.runBytes],
        ["run.sig", sign(null, signedBytes(this.runBytes, this.run).pae, key)],
        [name, Buffer.from(lines.map((line) => `${d.canonical(line)}\n`).join(""))],
        ...[...blobs]
          .sort(([a], [b]) => (a < b ? -1 : 1))
          .map(([hash, bytes]) => [`blobs/sha256/${hash}`, bytes] as const),
      ]),
    );
  }

  whole(): Buffer {
    return this.file("entered.jsonl", this.lines());
  }
  redacted(choice: Choice, recompute: Recompute): Buffer {
    return this.file("shown.jsonl", this.redactedLines(choice, recompute));
  }

  lines(): Value[] {
    const head = { ...this.of.values, seed: d.hex(this.seed) };
    const isSmall = Buffer.byteLength(d.canonical(this.outcome)) <= 65_536;
    const end = isSmall ? this.outcome : { leaf: this.leaf(this.outcome) };
    return [head, ...this.entered, end];
  }

  /**
   * shown.jsonl of a run in which the values at these pointers are hidden, and all that cannot be computed
   * without them but for what is shown by name.
   *
   * @param recompute gives the records with holes up to the first look: the prefix
   */
  redactedLines({ drop = [], show = [] }: Choice, recompute: Recompute): Value[] {
    const holes = new Holes(drop);
    const { values, pack, records } = this.of;
    const inputs = this.entered.map((record) => holes.slots(record, `/${Number(record["seq"])}`));
    const texts = recompute(
      pack,
      inputs.map((input) => Buffer.from(d.canonical(input))),
    );
    const computed = texts.map((text) => d.members(d.parse(text, true)));
    const size = computed.length;
    const isPartial = (seq: number): boolean => d.hasHole(computed[seq] ?? null);
    const seeds = d
      .cover(size, (seq) => !isPartial(seq))
      .map(([from, level]) => {
        return [from, level, d.hex(this.#innerSeed(from, level))];
      });
    const withHoles = holes.slots({ ...values, decision: new d.Hole(0) }, "/run");
    const opened = runSlots(values).map((name) => {
      const seed = this.slotSeed(d.RUN, name);
      return [name, opening(values[name] ?? null, withHoles[name] ?? null, seed)] as const;
    });
    const openSlots = (seq: number, withHoles: Members, hasValues = true): [string, Value][] =>
      d.slotsOf(withHoles).map((slot) => {
        const value = records[seq]?.[slot] ?? null;
        const isCovered = seq < size && !isPartial(seq);
        const seed = this.slotSeed(seq, slot);
        const shown = opening(value, withHoles[slot] ?? null, seed, hasValues);
        return [slot, isCovered ? { v: value } : shown];
      });
    const shownInputs = computed.filter(d.enters).map((record) => ({
      ...record,
      ...Object.fromEntries(openSlots(Number(record["seq"]), record)),
    }));
    const partial = computed
      .filter((record) => !d.enters(record) && d.hasHole(record))
      .map(({ seq }) => ({
        seq: seq ?? null,
        slots: Object.fromEntries(openSlots(Number(seq), d.members(computed[Number(seq)]), false)),
      }));
    const named = [...new Set(show.map((at) => Number(at.split("/")[1])))].map((seq) => {
      const record = d.members(records[seq]);
      const isEntered = d.enters(record) || record["kind"] === "outcome";
      const leaves = isEntered ? this.enteredLeaves : this.leaves;
      const index = (isEntered ? [...this.entered, this.outcome] : records).indexOf(record);
      const slots = d.slotsOf(record).map((slot) => {
        const value = record[slot] ?? null;
        const shown = show.includes(`/${seq}/${slot}`) ? value : new d.Hole(0);
        return [slot, opening(value, shown, this.slotSeed(Number(record["seq"]), slot))] as const;
      });
      return {
        index,
        leaf: this.leaf(record),
        proof: proofOf(leaves, index).map(d.hex),
        slots: Object.fromEntries(slots),
        tree: isEntered ? "entered" : "trace",
      };
    });
    const head = {
      ...Object.fromEntries(opened),
      computed: size,
      entered: subtrees(this.enteredLeaves, shownInputs.length).map(d.hex),
      seeds,
      trace: subtrees(this.leaves, size).map(d.hex),
    };
    return [head, ...shownInputs, ...partial, ...named];
  }

  /** The seed of a stretch of 2^level records: its path is that of all of them down to that level. */
  #innerSeed(from: number, level: number): Buffer {
    return d.seedBelow(this.seed, 32 - level, from / 2 ** level);
  }
}

/** TRACE-12. */
function runSeed(secret: Uint8Array, id: string, attempt: number): Buffer {
  const number = Buffer.alloc(4);
  number.writeUInt32BE(attempt);
  return createHmac("sha256", secret).update(`reach/v4/run-seed\0${id}\0`).update(number).digest();
}

/** Puts holes where these pointers lead. */
class Holes {
  readonly #drop: ReadonlySet<string>;
  #count = 0;
  constructor(drop: readonly string[]) {
    this.#drop = new Set(drop);
  }
  slots(record: Members, at: string): Members {
    const names = d.slotsOf(record);
    const holey = names.map(
      (name) => [name, this.#in(record[name] ?? null, `${at}/${name}`)] as const,
    );
    return { ...record, ...Object.fromEntries(holey) };
  }
  #in(value: Value, at: string): Value {
    if (this.#drop.has(at)) return new d.Hole(this.#count++);
    if (typeof value !== "object" || value === null || value instanceof d.Hole) return value;
    const children = d
      .childrenOf(value)
      .map(([name, child]) => [name, this.#in(child, `${at}/${d.escaped(name)}`)] as const);
    return Array.isArray(value) ? children.map(([, child]) => child) : Object.fromEntries(children);
  }
}

/** The opening of a value that is hidden where the other one has holes. */
export function opening(value: Value, holey: Value, seed: Buffer, hasValues = true): Value {
  if (holey instanceof d.Hole) return d.hex(d.commitment(value, seed));
  if (!d.hasHole(holey)) return hasValues ? { s: d.hex(seed), v: value } : { s: d.hex(seed) };
  const of = value as Value[] | Members;
  const inside = d.childrenOf(holey as Value[] | Members);
  const parts = d.childrenOf(of).map(([name, child], i) => {
    return [name, opening(child, inside[i]?.[1] ?? null, d.childSeed(seed, i), hasValues)] as const;
  });
  return Array.isArray(of)
    ? { a: parts.map(([, part]) => part) }
    : { o: Object.fromEntries(parts) };
}

/** The largest subtrees of all leaves from a place on. */
export function subtrees(leaves: readonly Buffer[], from: number): Buffer[] {
  const over = (start: number, end: number): Buffer[] => {
    if (end <= from) return [];
    if (start >= from) return [d.rootOf(leaves.slice(start, end), end - start, [])];
    const middle = start + d.half(end - start);
    return [...over(start, middle), ...over(middle, end)];
  };
  return over(0, leaves.length);
}

export function proofOf(leaves: readonly Buffer[], index: number): Buffer[] {
  if (leaves.length === 1) return [];
  const k = d.half(leaves.length);
  const [left, right] = [leaves.slice(0, k), leaves.slice(k)];
  const root = (part: readonly Buffer[]): Buffer => d.rootOf(part, part.length, []);
  return index < k
    ? [...proofOf(left, index), root(right)]
    : [...proofOf(right, index - k), root(left)];
}
