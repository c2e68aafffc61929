// Openings (EVID-37): what a file says of a value, from its commitment alone to all of it.
import * as d from "./data.ts";
import type { Members, Value } from "./data.ts";

/** The commitment that an opening comes to, and the value, with holes where it is hidden. */
export interface Opened {
  readonly hash: Buffer;
  readonly value: Value;
}
/** What else is known of it: its slot's seed, where one covers the record; the value that was computed. */
interface About {
  readonly seed?: Buffer | undefined;
  readonly computed?: Value | undefined;
}

/** Opens values, and notes by their pointers which are shown and which are hidden. */
export class Openings {
  readonly disclosed: Map<string, Value> = new Map();
  readonly hidden: string[] = [];
  /** How many hidden values have a number: those of what entered. */
  holes = 0;

  open(at: string, opening: Value, { seed, computed }: About = {}): Opened {
    if (typeof opening === "string") {
      d.need(computed === undefined || computed instanceof d.Hole, `computed, and hidden: ${at}`);
      this.hidden.push(at);
      return { hash: d.hash32(opening), value: computed ?? new d.Hole(this.holes++) };
    }
    const { a, o, s, v = null } = d.members(opening);
    if (a !== undefined || o !== undefined) {
      d.exactly(opening, a === undefined ? "o" : "a");
      return this.#inside(at, a === undefined ? d.members(o) : d.elements(a), computed);
    }
    const names = [seed === undefined ? "s" : "", computed === undefined ? "v" : ""];
    d.exactly(opening, names.filter(Boolean).join(" "));
    const value = computed === undefined ? v : computed;
    this.disclosed.set(at, value);
    return { hash: d.commitment(value, seed ?? d.hash32(s)), value };
  }

  #inside(at: string, parts: Value[] | Members, computed: Value | undefined): Opened {
    const isArray = Array.isArray(parts);
    const of = computed === undefined ? undefined : (isArray ? d.elements : d.members)(computed);
    const names = (value: object): string => Object.keys(value).sort().join("\0");
    d.need(of === undefined || names(of) === names(parts), `not what was computed: ${at}`);
    const children = d.childrenOf(parts).map(([name, part]): [string, Opened] => {
      const about = { computed: (of as Members | undefined)?.[name] };
      return [name, this.open(`${at}/${d.escaped(name)}`, part, about)];
    });
    const values = children.map(([name, { value }]) => [name, value] as const);
    const value = isArray ? values.map(([, each]) => each) : Object.fromEntries(values);
    d.need(d.hasHole(value), `opened although nothing in it is hidden: ${at}`);
    const hashes = children.map(([name, { hash }]) => [name, hash] as const);
    return { hash: d.containerOf(isArray, hashes), value };
  }

  /** The leaf's hash of a record, and the record with holes, from an opening for each slot. */
  record(record: Members, openings: Members, about: (slot: string) => About = () => ({})) {
    const value = { ...record };
    const leaf = d.leafOf(record, (slot) => {
      const opening = openings[slot] ?? d.fail(`no opening of ${slot}`);
      const opened = this.open(`/${d.seqOf(record)}/${slot}`, opening, about(slot));
      value[slot] = opened.value;
      return opened.hash;
    });
    return { hash: d.leafHash(leaf), value };
  }
}
