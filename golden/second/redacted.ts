// shown.jsonl: a run of which something is hidden, as commitments, seeds and hashes of subtrees.
import * as d from "./data.ts";
import type { Members, Value } from "./data.ts";
import {
  requireRoot,
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
    // The seed where none covers the record; the value where it was not computed.
    const needed = [...(seed === undefined ? ["s"] : []), ...(computed === undefined ? ["v"] : [])];
    d.need(form === needed.join(), `not an opening: ${at}`);
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
        const at = `/${d.textOf(record["seq"])}/${slot}`;
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

function requireRising(records: readonly Members[], end: number): void {
  const numbers = records.map(({ seq }) => count(seq));
  const rises = numbers.every((seq, i) => seq < end && (i === 0 || seq > Number(numbers[i - 1])));
  d.need(rises, "records out of order");
}

export function readRedacted(known: Known, [first, ...lines]: Value[]): void {
  const { run } = known;
  const head = d.exactly(first, `computed entered seeds trace ${runSlots(run).join(" ")}`);
  const sizeOf = (tree: "trace" | "entered"): number => count(d.members(run[tree])["size"]);
  const hashesOf = (tree: "trace" | "entered"): Buffer[] => d.elements(head[tree]).map(d.hash32);
  const prefix = count(head["computed"]);
  d.need(prefix > 0 && prefix <= sizeOf("trace"), "not a prefix of the trace");
  const ofRun = new Openings(known);
  for (const name of runSlots(run)) {
    const { hash, value } = ofRun.open(head[name] ?? null, `/run/${name}`);
    d.need(d.hex(hash) === run[name], `not the ${name} that was committed to`);
    requireRunValue(name, value);
  }
  // HOLE 6 of the design: the decision's digest confirms guesses of all that is hidden beside it.
  d.need(typeof head["decision"] === "string", "the decision is not hidden");

  // What entered of the prefix; then what was computed and is hidden in part; then what is shown by name.
  const has = (line: Value, name: string): boolean => Object.hasOwn(d.members(line), name);
  const inputs = lines.filter((line) => has(line, "kind")).map(d.recordOf);
  const named = lines.filter((line) => has(line, "index"));
  const partly = lines
    .filter((line) => !has(line, "kind") && !has(line, "index"))
    .map((line) => d.exactly(line, "seq slots"));
  d.need(
    d.canonical([...inputs, ...partly, ...named]) === d.canonical(lines),
    "lines out of order",
  );
  requireRising(inputs, prefix);
  requireRising(partly, prefix);
  d.need(inputs.every(d.enters), "a record that did not enter");

  // A record is covered by a seed, or something in it is hidden.
  const isShown = (opening: Value | undefined): boolean =>
    typeof opening === "object" && opening !== null && Object.keys(opening).join() === "v";
  const isWhole = (record: Members): boolean =>
    d.slotsOf(record).every((slot) => isShown(record[slot]));
  const hiding = new Set(
    [...inputs.filter((record) => !isWhole(record)), ...partly].map(({ seq }) => Number(seq)),
  );
  const given = d.elements(head["seeds"]).map(d.elements);
  const seeds = given.map((place) => d.hash32(place[2]));
  const fewest = d.cover(prefix, (seq) => !hiding.has(seq));
  const expected = fewest.map((place, i) => [...place, d.hex(seeds[i] ?? Buffer.of())]);
  d.need(d.canonical(given) === d.canonical(expected), "not the fewest seeds");
  const slotSeeds = (seq: number): ((slot: string) => About) => {
    const i = fewest.findIndex(([from, level]) => from <= seq && seq < from + 2 ** level);
    if (i < 0) return () => ({});
    const record = d.seedBelow(seeds[i] ?? d.fail("no seed"), fewest[i]?.[1] ?? 0, seq);
    return (slot) => ({ seed: d.slotSeed(record, slot) });
  };

  const openings = new Openings(known);
  const opened = inputs.map((record) => {
    const seq = Number(record["seq"]);
    const of = openings.record(record, record, slotSeeds(seq));
    d.need(d.hasHole(of.value) === hiding.has(seq), "opened although nothing in it is hidden");
    return of;
  });
  known.entered.push(...opened.map(({ value }) => d.members(value)));
  const others = hashesOf("entered");
  const rest = hashesOf("trace");
  requireRoot(
    run,
    "entered",
    opened.map(({ hash }) => hash),
    others,
  );
  requireRising(named.map(readNamed), sizeOf("trace"));

  // HOLE 4 of the design: an engine that has to look less often may compute more than the prefix.
  known.compare = (all) => {
    d.need(all.length >= prefix, "fewer records were computed");
    const records = all.slice(0, prefix);
    requireNumbers(records);
    requireSameInputs(records, known.entered);
    const slots = new Map(partly.map(({ seq, slots }) => [seq, d.members(slots)]));
    const hashes = opened.values();
    const leaves = records.map((record, seq) => {
      if (d.enters(record)) return hashes.next().value?.hash ?? d.fail("no such input");
      const names = d.slotsOf(record);
      const own = d.exactly(
        slots.get(seq) ?? Object.fromEntries(names.map((name) => [name, {}])),
        names.join(" "),
      );
      d.need(d.hasHole(record) === hiding.has(seq), "something else is hidden than was computed");
      const of = slotSeeds(seq);
      return openings.record(record, own, (slot) => ({
        ...of(slot),
        computed: record[slot] ?? null,
      })).hash;
    });
    requireRoot(run, "trace", leaves, rest);
    const last = records.at(-1) ?? {};
    if (last["kind"] !== "outcome") return;
    const end = leaves.at(-1) ?? Buffer.of();
    d.need(others.length === 1 && others[0]?.equals(end) === true, "another outcome");
    known.outcome = last;
  };

  /** A record that is shown by its name, under the root that its proof leads to. */
  function readNamed(line: Value): Members {
    const { index, leaf, proof, slots, tree } = d.exactly(line, "index leaf proof slots tree");
    const record = d.recordOf(leaf);
    const place = count(index);
    const isOutcome = record["kind"] === "outcome";
    // HOLE 3 of the design: without this exception the outcome of a run that was computed to its end can
    // be read by those alone who have the engine.
    d.need(Number(record["seq"]) >= prefix || isOutcome, "a record that was computed");
    const under = isOutcome || d.enters(record) ? "entered" : "trace";
    d.need(tree === under, "a record under another tree");
    const end = sizeOf("entered") - 1;
    const isPlace = isOutcome
      ? place === end && record["seq"] === sizeOf("trace") - 1
      : d.enters(record)
        ? place >= inputs.length && place < end
        : place === record["seq"];
    d.need(isPlace, "a record in another place");
    const hash = d.leafHash(record);
    const root = d.rootByProof(hash, place, sizeOf(under), d.elements(proof).map(d.hash32));
    d.need(d.hex(root) === d.members(run[under])["root"], "the proof does not hold");
    const own = d.exactly(slots, d.slotsOf(record).join(" "));
    const shown = openings.record(record, own, () => ({}));
    d.need(shown.hash.equals(hash), "not the values that were committed to");
    if (isOutcome) known.outcome = shown.value;
    return record;
  }
}
