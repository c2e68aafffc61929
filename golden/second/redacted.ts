// shown.jsonl: a run of which something is hidden, as commitments, seeds and hashes of subtrees.
import * as d from "./data.ts";
import type { Members, Value } from "./data.ts";
import {
  requireEntered,
  requireNumbers,
  requireRunValue,
  requireSameInputs,
  runSlots,
} from "./run.ts";
import type { Known } from "./run.ts";

/** What an opening says of a value: its commitment, and the value with holes where it is hidden. */
interface Opened {
  readonly hash: Buffer;
  readonly value: Value;
}
/** What else is known of the value at a pointer: its slot's seed, or what the engine computed. */
interface About {
  readonly seed?: Buffer;
  readonly computed?: Value;
}

/** Reads openings, and notes what they show and hide. */
class Openings {
  readonly #known: Known;
  #holes = 0;
  constructor(known: Known) {
    this.#known = known;
  }

  open(opening: Value, at: string, { seed, computed }: About = {}): Opened {
    if (typeof opening === "string") {
      d.need(computed === undefined || computed instanceof d.Hole, `computed, and hidden: ${at}`);
      this.#known.hidden.push(at);
      return { hash: d.hash32(opening), value: computed ?? new d.Hole(this.#holes++) };
    }
    const members = d.members(opening);
    const { s, v, a, o } = members;
    const form = Object.keys(members).sort().join();
    if (form === "a" || form === "o") {
      d.need(seed === undefined, `opened, and shown whole: ${at}`);
      const of = form === "a" ? d.elements : d.members;
      return this.#container(
        of(form === "a" ? a : o),
        at,
        computed === undefined ? undefined : of(computed),
      );
    }
    const expected = computed === undefined ? (seed === undefined ? "s,v" : "v") : "s";
    d.need(form === expected, `not an opening: ${at}`);
    const value = computed === undefined ? (v ?? null) : computed;
    const hash = d.commitment(value, seed ?? d.hash32(s));
    this.#known.disclosed.set(at, value);
    return { hash, value };
  }

  #container(parts: Value[] | Members, at: string, computed?: Value[] | Members): Opened {
    const of = computed && d.childrenOf(computed);
    const children = d.childrenOf(parts).map(([name, part], i) => {
      const about = of === undefined ? {} : { computed: of[i]?.[1] ?? null };
      d.need(of === undefined || of[i]?.[0] === name, `other members than were computed: ${at}`);
      return [name, this.open(part, `${at}/${d.escaped(name)}`, about)] as const;
    });
    d.need(of === undefined || of.length === children.length, `not all members: ${at}`);
    d.need(
      children.some(([, { value }]) => d.hasHole(value)),
      `opened although nothing in it is hidden: ${at}`,
    );
    const isArray = Array.isArray(parts);
    const values = children.map(([name, { value }]) => [name, value] as const);
    return {
      hash: d.containerOf(
        isArray,
        children.map(([name, { hash }]) => [name, hash]),
      ),
      value: isArray ? values.map(([, value]) => value) : Object.fromEntries(values),
    };
  }

  /** The leaf's hash of a record, and the record with holes, from an opening for each slot. */
  record(record: Members, openings: Members, about: (slot: string) => About): Opened {
    const opened = new Map(
      d.slotsOf(record).map((slot) => {
        const at = `/${String(record["seq"])}/${slot}`;
        return [slot, this.open(openings[slot] ?? null, at, about(slot))];
      }),
    );
    const of = (slot: string): Opened => opened.get(slot) ?? d.fail("no slot");
    const values = [...opened].map(([slot, { value }]) => [slot, value] as const);
    return {
      hash: d.leafHash(d.leafOf(record, (slot) => of(slot).hash)),
      value: { ...record, ...Object.fromEntries(values) },
    };
  }
}

const count = (value: Value | undefined): number => {
  d.need(Number.isInteger(value) && Number(value) >= 0, "not a count");
  return Number(value);
};

export function readRedacted(known: Known, [first, ...lines]: Value[]): void {
  const { run, entered } = known;
  const openings = new Openings(known);
  const head = d.exactly(first, `computed entered seeds trace ${runSlots(run).join(" ")}`);
  const size = count(d.members(run["trace"])["size"]);
  const prefix = count(head["computed"]);
  d.need(prefix > 0 && prefix <= size, "not a prefix of the trace");
  for (const name of runSlots(run)) {
    const { hash, value } = openings.open(head[name] ?? null, `/run/${name}`);
    d.need(d.hex(hash) === run[name], `not the ${name} that was committed to`);
    requireRunValue(name, value);
  }

  const seeds = d.elements(head["seeds"]).map((line) => {
    const [from, level, seed, ...more] = d.elements(line);
    d.need(more.length === 0, "not a seed's place");
    return { from: count(from), level: count(level), seed: d.hash32(seed) };
  });
  const seedOf = (seq: number): Buffer | undefined => {
    const over = seeds.find(({ from, level }) => from <= seq && seq < from + 2 ** level);
    return over && d.seedBelow(over.seed, over.level, seq);
  };
  const about = (seq: number, computed?: Members) => {
    const record = seedOf(seq);
    return (slot: string): About => ({
      ...(record === undefined ? {} : { seed: d.slotSeed(record, slot) }),
      ...(computed === undefined ? {} : { computed: computed[slot] ?? null }),
    });
  };

  // What entered of the prefix; then what was computed and is hidden in part; then what is shown by name.
  const partial = new Set<number>();
  const hashes: Buffer[] = [];
  const kindOf = (line: Value | undefined): string =>
    line === undefined
      ? ""
      : (["kind", "index", "slots"].find((name) => Object.hasOwn(d.members(line), name)) ?? "");
  while (kindOf(lines[0]) === "kind") {
    const record = d.recordOf(lines.shift());
    const seq = Number(record["seq"]);
    const isNext = seq > Number(entered.at(-1)?.["seq"] ?? -1) && seq < prefix;
    d.need(d.enters(record) && isNext, "not a record that entered, in its order");
    const { hash, value } = openings.record(record, record, about(seq));
    d.need(d.hasHole(value) === (seedOf(seq) === undefined), "whole records follow from seeds");
    if (d.hasHole(value)) partial.add(seq);
    entered.push(d.members(value));
    hashes.push(hash);
  }
  const own = new Map<number, Members>();
  let last = -1;
  while (kindOf(lines[0]) === "slots") {
    const { seq, slots } = d.exactly(lines.shift(), "seq slots");
    d.need(count(seq) > last && count(seq) < prefix && !partial.has(count(seq)), "out of order");
    last = count(seq);
    partial.add(last);
    own.set(last, d.members(slots));
  }
  const stretches = seeds.map(({ from, level }) => [from, level]);
  const fewest = d.cover(prefix, (seq) => !partial.has(seq));
  d.need(d.canonical(stretches) === d.canonical(fewest), "not the fewest seeds");

  const others = d.elements(head["entered"]).map(d.hash32);
  requireEntered(run, hashes, others);
  const isOver = prefix === size;
  last = -1;
  for (const line of lines) last = readNamed(line, last);

  known.compare = (records) => {
    d.need(records.length >= prefix, "fewer records were computed");
    const computed = records.slice(0, prefix);
    requireNumbers(computed);
    requireSameInputs(computed, entered);
    let next = 0;
    const leaves = computed.map((record, seq) => {
      if (d.enters(record)) return hashes[next++] ?? d.fail("no such input");
      const slots = own.get(seq);
      own.delete(seq);
      const whole = Object.fromEntries(d.slotsOf(record).map((slot) => [slot, { s: "" }]));
      if (slots !== undefined) d.exactly(slots, d.slotsOf(record).join(" "));
      const opened = openings.record(record, slots ?? whole, about(seq, record));
      d.need(
        d.hasHole(opened.value) === (slots !== undefined),
        "a line for a record without holes",
      );
      return opened.hash;
    });
    d.need(own.size === 0, "a line for a record that was not computed");
    const end = leaves.at(-1);
    d.need(!isOver || end?.equals(others[0] ?? end) === true, "another outcome");
    return d.rootOf(leaves, size, d.elements(head["trace"]).map(d.hash32));
  };

  /** A record that is shown by its name, with its proof. @returns its number */
  function readNamed(line: Value, after: number): number {
    const { index, leaf, proof, slots, tree } = d.exactly(line, "index leaf proof slots tree");
    const record = d.recordOf(leaf);
    const seq = count(record["seq"]);
    const isOutcome = record["kind"] === "outcome";
    const bySize = isOutcome || d.enters(record) ? "entered" : "trace";
    const under = d.members(run[bySize]);
    d.need(tree === bySize && seq > after && seq < size, "a record under another tree");
    // HOLE 3 of the design: without this the outcome of a run that was computed to its end is readable
    // only to those who have the engine.
    d.need(seq >= prefix || isOutcome, "a record that was computed");
    const isPlace = isOutcome
      ? count(index) === Number(under["size"]) - 1 && seq === size - 1
      : d.enters(record)
        ? count(index) >= hashes.length && count(index) < Number(under["size"]) - 1
        : index === seq;
    d.need(isPlace, "a record in another place");
    const path = d.elements(proof).map(d.hash32);
    const root = d.rootByProof(d.leafHash(record), count(index), Number(under["size"]), path);
    d.need(d.hex(root) === under["root"], "the proof does not hold");
    const shown = openings.record(
      record,
      d.exactly(slots, d.slotsOf(record).join(" ")),
      () => ({}),
    );
    d.need(shown.hash.equals(d.leafHash(record)), "not the values that were committed to");
    if (isOutcome) known.outcome = shown.value;
    return seq;
  }
}
