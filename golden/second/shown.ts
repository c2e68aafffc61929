// What a file shows of its run: entered.jsonl (EVID-13), or shown.jsonl where something is hidden (EVID-36).
// Both are brought to one form, and read by one way.
import * as d from "./data.ts";
import type { Members, Value } from "./data.ts";
import { Openings } from "./opening.ts";
import { runSlots, treeOf } from "./run.ts";

/** The lines of a file, every value by an opening. */
interface Given {
  /** Of the values of run.json. */
  readonly values: Members;
  /** What entered; what was computed and is hidden in part, `{seq, slots}`; what is shown by name. */
  readonly inputs: readonly Members[];
  readonly partly: readonly Members[];
  readonly named: readonly Members[];
  /** How many records are computed at least; in which something is hidden; the seeds of the others. */
  readonly computed: number;
  readonly hiding: ReadonlySet<number>;
  readonly seeds: readonly (readonly [from: number, level: number, seed: Buffer])[];
  /** The subtrees behind what entered and what is computed. */
  readonly entered: readonly Buffer[];
  readonly trace: readonly Buffer[];
}

/** What is known of a run. */
export interface Shown {
  readonly openings: Openings;
  readonly inputs: readonly Members[];
  outcome: Value | undefined;
  /** Requires that all that the engine computed is what was signed. */
  readonly compare: (records: readonly Members[]) => void;
}

const isLarge = (outcome: Value): boolean => Buffer.byteLength(d.canonical(outcome)) > 65_536;
/** A record with its slots as openings under the seed that covers it. */
const covered = (record: Members): Members =>
  Object.fromEntries(
    Object.entries(record).map(([name, v]) => [name, Object.hasOwn(d.SLOT, name) ? { v } : v]),
  );

/** All that entered, under the run's own seed; the outcome, or its leaf where it is large. */
export function readEntered(run: Members, [first, ...lines]: Value[]): Shown {
  const { seed: text, ...values } = d.members(first);
  const seed = d.hash32(text);
  // A root alone does not say how many leaves are under it.
  d.need(lines.length === treeOf(run, "entered").size, "other records than were signed");
  const last = d.members(lines.pop());
  const isLeaf = Object.hasOwn(last, "leaf");
  const outcome = d.members(isLeaf ? d.exactly(last, "leaf")["leaf"] : last);
  d.need(outcome["kind"] === "outcome" && (isLeaf || !isLarge(outcome)), "not an outcome");
  const commit = (slot: string): Buffer =>
    d.commitment(outcome[slot] ?? null, d.slotSeed(d.recordSeed(seed, d.seqOf(outcome)), slot));
  const own = d.recordSeed(seed, d.RUN);
  const opened = Object.entries(values).map(([name, v]): [string, Value] => {
    return [name, { s: d.hex(d.slotSeed(own, name)), v }];
  });
  const shown = read(run, {
    values: Object.fromEntries(opened),
    inputs: lines.map((line) => covered(d.members(line))),
    partly: [],
    named: [],
    computed: treeOf(run, "trace").size,
    hiding: new Set(),
    seeds: [[0, 32, seed]],
    entered: [d.leafHash(isLeaf ? outcome : d.leafOf(outcome, commit))],
    trace: [],
  });
  for (const slot of isLeaf ? [] : d.slotsOf(outcome)) {
    shown.openings.disclosed.set(`/${d.seqOf(outcome)}/${slot}`, outcome[slot] ?? null);
  }
  const { compare } = shown;
  return Object.assign(shown, {
    outcome,
    compare: (records: readonly Members[]): void => {
      compare(records);
      // Else anybody could put its leaf in the place of any outcome.
      d.need(!isLeaf || isLarge(records.at(-1) ?? null), "an outcome that is left out");
    },
  });
}

export function readShown(run: Members, [first, ...rest]: Value[]): Shown {
  const names = ["computed", "entered", "seeds", "trace"];
  const { computed, entered, seeds, trace, ...values } = d.members(first);
  // Its digest confirms guesses of all that is hidden beside it.
  d.need(typeof values["decision"] === "string", "the decision is not hidden");
  d.exactly(first, [...names, ...Object.keys(values)].join(" "));
  const lines = rest.map(d.members);
  const has = (name: string) => lines.filter((line) => Object.hasOwn(line, name));
  const [inputs, named] = [has("kind"), has("index")];
  const partly = has("seq").filter((line) => !Object.hasOwn(line, "kind"));
  d.need(d.canonical([inputs, partly, named].flat()) === d.canonical(lines), "lines out of order");
  requireRising(inputs, Number(computed));
  requireRising(partly, Number(computed));
  // A record is covered by a seed, or something in it is hidden.
  const isCovered = (record: Members): boolean =>
    d.slotsOf(record).every((slot) => Object.keys(record[slot] ?? {}).join() === "v");
  const seqs = [...inputs.filter((record) => !isCovered(record)), ...partly].map(d.seqOf);
  const hiding = new Set(seqs);
  const given = d.elements(seeds).map((place) => {
    const [from, level, seed] = d.elements(place);
    return [Number(from), Number(level), d.hash32(seed)] as const;
  });
  const fewest = d.cover(Number(computed), (seq) => !hiding.has(seq));
  d.need(given.map(([from, level]) => [from, level]).join() === fewest.join(), "other seeds");
  return read(run, {
    values,
    inputs,
    partly,
    named,
    hiding,
    computed: Number(computed),
    seeds: given,
    entered: d.elements(entered).map(d.hash32),
    trace: d.elements(trace).map(d.hash32),
  });
}

function read(run: Members, given: Given): Shown {
  const { values, partly, computed, hiding, seeds, entered, trace } = given;
  const openings = new Openings();
  d.exactly(values, runSlots(run).join(" "));
  for (const [name, opening] of Object.entries(values)) {
    const { hash } = openings.open(`/run/${name}`, opening);
    d.need(d.hex(hash) === run[name], `another ${name} than was signed`);
  }
  openings.holes = 0;
  const slotSeed = (seq: number, slot: string): Buffer | undefined => {
    const over = seeds.find(([from, level]) => from <= seq && seq < from + 2 ** level);
    return over && d.slotSeed(d.seedBelow(over[2], over[1], seq), slot);
  };
  const opened = given.inputs.map((record) => {
    d.need(d.enters(record), "a record that did not enter");
    const seq = d.seqOf(record);
    const of = openings.record(record, record, (slot) => ({ seed: slotSeed(seq, slot) }));
    d.need(d.hasHole(of.value) === hiding.has(seq), "opened although nothing in it is hidden");
    return of;
  });
  const hashes = opened.map(({ hash }) => hash);
  requireRoot(run, "entered", hashes, entered);
  const inputs = opened.map(({ value }) => value);
  const named = given.named.map(readNamed);
  requireRising(named, treeOf(run, "trace").size);
  // The outcome can be read so, if it was computed, too, by those who have no engine.
  const isNew = named.every(
    (record) => d.seqOf(record) >= computed || record["kind"] === "outcome",
  );
  d.need(isNew, "a record that is computed is shown by name");
  const outcomes = named.filter(({ kind }) => kind === "outcome");
  const shown = { openings, inputs, outcome: outcomes.at(-1), compare };

  /** An engine that has to look less often may compute more than is said. */
  function compare(all: readonly Members[]): void {
    const records = all.slice(0, computed);
    d.need(records.length === computed, "fewer records were computed");
    const took = d.canonical(records.filter(d.enters));
    d.need(took === d.canonical(inputs), "the engine took other records than it was given");
    const slots = new Map(partly.map((line) => [d.seqOf(line), d.members(line["slots"])]));
    const entering = hashes.values();
    const leaves = records.map((record) => {
      if (d.enters(record)) return entering.next().value ?? d.fail("no such input");
      const none = Object.fromEntries(d.slotsOf(record).map((slot) => [slot, {}]));
      const own = d.exactly(slots.get(d.seqOf(record)) ?? none, Object.keys(none).join(" "));
      const seq = d.seqOf(record);
      d.need(d.hasHole(record) === hiding.has(seq), "something else is hidden than was computed");
      return openings.record(record, own, (slot) => {
        return { seed: slotSeed(seq, slot), computed: record[slot] };
      }).hash;
    });
    requireRoot(run, "trace", leaves, trace);
    const last = records.at(-1);
    if (last?.["kind"] !== "outcome") return;
    const isOne = entered.length === 1 && entered[0]?.equals(leaves.at(-1) ?? Buffer.of());
    d.need(isOne === true, "another outcome");
    shown.outcome = last;
  }

  /** A record that is shown by its name, under the root that its proof leads to. */
  function readNamed(line: Members): Members {
    const { index, leaf, proof, slots, tree } = d.exactly(line, "index leaf proof slots tree");
    const record = d.members(leaf);
    const under = record["kind"] === "outcome" || d.enters(record) ? "entered" : "trace";
    const { root, size } = treeOf(run, under);
    // Of all records the tree has each at its number.
    d.need(
      tree === under && (tree !== "trace" || index === record["seq"]),
      "a record in another place",
    );
    const hash = d.leafHash(record);
    const leads = d.rootByProof(hash, Number(index), size, d.elements(proof).map(d.hash32));
    d.need(d.hex(leads) === root, "the proof does not hold");
    const own = openings.record(record, d.exactly(slots, d.slotsOf(record).join(" ")));
    d.need(own.hash.equals(hash), "not the values that were committed to");
    return own.value;
  }
  return shown;
}

function requireRising(records: readonly Members[], end: number): void {
  const numbers = records.map(d.seqOf);
  const rises = numbers.every((seq, i) => seq > (numbers[i - 1] ?? -1) && seq < end);
  d.need(rises, "records out of order");
}

/** The leaves that are known and the hashes of the others have the root that was signed. */
function requireRoot(
  run: Members,
  tree: "trace" | "entered",
  leaves: readonly Buffer[],
  others: readonly Buffer[],
): void {
  const { root, size } = treeOf(run, tree);
  d.need(d.hex(d.rootOf(leaves, size, others)) === root, `${tree} is not what was signed`);
}
