// entered.jsonl: what entered a run of which nothing is hidden, and the seed of all commitments.
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

export function readWhole(known: Known, [first, ...lines]: Value[]): void {
  const { run, disclosed } = known;
  const head = d.exactly(first, `seed ${runSlots(run).join(" ")}`);
  const seed = d.hash32(head["seed"]);
  const committed = (record: Members, slot: string, seq: number): Buffer =>
    d.commitment(record[slot] ?? null, d.slotSeed(d.recordSeed(seed, seq), slot));
  for (const name of runSlots(run)) {
    const isIt = d.hex(committed(head, name, d.RUN)) === run[name];
    d.need(isIt, `not the ${name} that was committed to`);
    requireRunValue(name, head[name] ?? null);
    disclosed.set(`/run/${name}`, head[name] ?? null);
  }
  const hashOf = (record: Members): Buffer => {
    for (const slot of d.slotsOf(record)) {
      disclosed.set(`/${d.textOf(record["seq"])}/${slot}`, record[slot] ?? null);
    }
    return d.leafHash(d.leafOf(record, (slot) => committed(record, slot, Number(record["seq"]))));
  };
  const last = d.members(lines.pop());
  // An outcome that is large is there as its leaf alone.
  const isLeaf = Object.hasOwn(last, "leaf");
  const outcome = d.recordOf(isLeaf ? d.exactly(last, "leaf")["leaf"] : last);
  d.need(outcome["kind"] === "outcome", "the last line is not the outcome");
  if (isLeaf) d.slotsOf(outcome).map((slot) => d.hash32(outcome[slot]));
  const isSmall = Buffer.byteLength(d.canonical(outcome)) <= 65_536;
  d.need(isLeaf || isSmall, "an outcome too large to be there");
  known.entered.push(...lines.map(d.recordOf));
  d.need(known.entered.every(d.enters), "a record that did not enter");
  const end = isLeaf ? d.leafHash(outcome) : hashOf(outcome);
  requireRoot(run, "entered", [...known.entered.map(hashOf), end], []);
  known.outcome = outcome;
  known.isOneRun = isWholeRun(run, known.entered, outcome);
  known.isComplete = known.pack !== null && known.isOneRun;
  known.compare = (records) => {
    requireNumbers(records);
    requireSameInputs(records, known.entered);
    requireRoot(run, "trace", records.map(hashOf), []);
    const ended = records.at(-1) ?? {};
    d.need(hashOf(ended).equals(end), "another outcome");
    // HOLE 5 of the design: else anybody could put its leaf in the place of any outcome.
    d.need(
      !isLeaf || Buffer.byteLength(d.canonical(ended)) > 65_536,
      "an outcome that is left out",
    );
    known.outcome = ended;
  };
}

function isWholeRun(run: Members, entered: readonly Members[], outcome: Members): boolean {
  const [start, ...more] = entered;
  const same = ["pack", "semantics", "workflow"].every((name) => start?.[name] === run[name]);
  const begins = start?.["kind"] === "start" && start["seq"] === 0 && same;
  const rises = more.every(({ kind, seq }, i) => {
    return kind !== "start" && Number(seq) > Number(entered[i]?.["seq"]);
  });
  const end = Number(d.members(run["trace"])["size"]) - 1;
  return begins && rises && outcome["seq"] === end && Number(entered.at(-1)?.["seq"]) < end;
}
