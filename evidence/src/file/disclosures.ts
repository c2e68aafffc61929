// disclosures.jsonl: the values behind the commitments. docs/spec/evidence.md, EVID-14 and EVID-15.
//
// A value, or a part of it, can be taken out without touching the signature; none can be changed, moved
// to another place or run, or put in.
import { fromUtf8, toHex, utf8 } from "@reach-fabric/engine";
import type { Engine } from "@reach-fabric/engine";
import { evidenceAnnotations, evidenceDecision } from "@reach-fabric/schema";
import type { EvidenceRun } from "@reach-fabric/schema";
import { Frames } from "../commitments/hash-frames.ts";
import { slotName, slotPointers, withMembers } from "../commitments/slots.ts";
import type { SlotValue } from "../commitments/slots.ts";
import { EvidenceError } from "../errors/errors.ts";
import { readFields } from "./field-lines.ts";
import { commitFields, fieldOf, hiddenIn, isWhole, textOf } from "../commitments/fields.ts";
import type { Field } from "../commitments/fields.ts";
import { inShape, parseLines } from "../encoding/json.ts";
import { ENTRY } from "./layout.ts";
import { RUN_SLOTS } from "./run.ts";
import type { Leaf } from "./trace.ts";
import type { Disclosure } from "./disclosure.ts";
import { readWholeValues } from "./disclosures-v1.ts";

/** The disclosed values of a run, each one checked against its commitment. */
export interface Disclosed {
  /** Those of run.json, by their names. */
  readonly run: ReadonlyMap<string, Disclosure>;
  /** Those of each record, in the order of the trace. */
  readonly records: readonly (readonly Disclosure[])[];
  /** The pointers of the values and parts of values that are not disclosed. */
  readonly missing: readonly string[];
}

/**
 * The disclosures of an entry; none where it is absent.
 *
 * @throws EvidenceError `REACH-E5101`, `REACH-E5102`, `REACH-E5105`, `REACH-E5501`, `REACH-E5505`
 */
export function readDisclosures(
  engine: Engine,
  { format }: Pick<EvidenceRun, "format">,
  bytes: Uint8Array | undefined,
): Disclosure[] {
  if (bytes === undefined) return [];
  const lines = parseLines(engine, bytes, ENTRY.disclosures);
  if (format === "reach/evidence/v1") return readWholeValues(engine, lines);
  const trees = readFields(lines);
  commitFields(engine, trees);
  return trees.map(disclosureOf);
}

/** What a tree whose commitments are known shows. */
export function disclosureOf(tree: Field): Disclosure {
  const whole = tree.bytes !== undefined || isWhole(tree);
  return {
    pointer: tree.pointer,
    commitment: toHex(tree.commitment ?? new Uint8Array()),
    bytes: tree.bytes ?? (whole ? utf8(textOf(tree, () => "")) : undefined),
    hidden: whole ? [] : hiddenIn(tree),
    tree,
  };
}

/** The trees of values that are disclosed whole, each with a seed that follows from the run's: EVID-44. */
export function disclose(
  engine: Engine,
  runSeed: Uint8Array,
  values: readonly SlotValue[],
): Field[] {
  const frames = new Frames("slot");
  for (const { pointer } of values) frames.begin().bytes(runSeed).text(pointer).end();
  const seeds = engine.hashFrames(frames.all);
  const trees = values.map(({ pointer, bytes, text }, i) => ({
    ...fieldOf(text, pointer, seeds[i] as Uint8Array),
    bytes,
  }));
  commitFields(engine, trees);
  return trees;
}

/** A place for a value, with the commitment that is signed. */
interface Slot {
  readonly pointer: string;
  readonly commitment: string;
}

/**
 * Puts disclosures to their commitments: those of run.json first, then those of the records in the
 * order of the trace, none twice, none left over.
 *
 * @throws EvidenceError `REACH-E5502` a value that is not the one committed to, `REACH-E5503` one
 *   that has no place, or not this one
 */
export function matchDisclosures(
  run: EvidenceRun,
  leaves: readonly Leaf[],
  disclosures: readonly Disclosure[],
): Disclosed {
  const slots = [runSlots(run), ...leaves.map(leafSlots)];
  const { found, missing } = matchSlots(slots, disclosures);
  const [ofRun = [], ...records] = found;
  return { run: new Map(ofRun.map((d) => [slotName(d.pointer), d])), records, missing };
}

/** The same for records alone, as a step has them: what is found of each, and what is missing. */
export const matchRecords = (
  leaves: readonly Leaf[],
  disclosures: readonly Disclosure[],
): Matched => matchSlots(leaves.map(leafSlots), disclosures);

interface Matched {
  /** Of each group of slots, in their order. */
  readonly found: readonly (readonly Disclosure[])[];
  readonly missing: readonly string[];
}

function matchSlots(
  groups: readonly (readonly Slot[])[],
  disclosures: readonly Disclosure[],
): Matched {
  const missing: string[] = [];
  let next = 0;
  const take = ({ pointer, commitment }: Slot): Disclosure[] => {
    const disclosure = disclosures[next];
    if (disclosure?.pointer !== pointer) {
      missing.push(pointer);
      return [];
    }
    if (disclosure.commitment !== commitment) {
      throw new EvidenceError(
        "REACH-E5502",
        `the value at ${pointer} is not the one that was committed to`,
      );
    }
    for (const hidden of disclosure.hidden) missing.push(hidden);
    next += 1;
    return [disclosure];
  };
  const found = groups.map((slots) => slots.flatMap(take));
  const left = disclosures[next];
  if (left === undefined) return { found, missing };
  throw new EvidenceError(
    "REACH-E5503",
    `the value at ${left.pointer} (value ${next + 1}) has no commitment, or is not in its place`,
  );
}

function runSlots(run: EvidenceRun): Slot[] {
  return RUN_SLOTS.flatMap((name) => {
    const commitment = run[name];
    return commitment === undefined ? [] : [{ pointer: `/run/${name}`, commitment }];
  });
}

function leafSlots({ value: leaf }: Leaf): Slot[] {
  const members = leaf as unknown as Record<string, string>;
  return slotPointers(leaf).map((pointer) => ({
    pointer,
    commitment: members[slotName(pointer)] ?? "",
  }));
}

/** A record as the engine gave or took it; null where a value, or a part of one, is not disclosed. */
export function rebuildRecord(leaf: Leaf, disclosures: readonly Disclosure[]): Uint8Array | null {
  const values = new Map<string, Uint8Array>();
  for (const { pointer, bytes } of disclosures) {
    if (bytes !== undefined) values.set(slotName(pointer), bytes);
  }
  return values.size < slotPointers(leaf.value).length ? null : withMembers(leaf.bytes, values);
}

/** What run.json commits to, where it is disclosed. */
export interface RunValues {
  readonly tenant: string | null;
  readonly actor: string | null;
  /** Decision digest and fingerprint in hex. */
  readonly decision: string | null;
  readonly fingerprint: string | null;
  readonly annotations: readonly Record<string, unknown>[] | null;
}

/**
 * The values of run.json in their form; null for one of which a part is hidden.
 *
 * @throws EvidenceError `REACH-E5103`
 */
export function runValues({ run }: Pick<Disclosed, "run">): RunValues {
  const value = <T>(name: string, read: (value: unknown) => T): T | null => {
    const bytes = run.get(name)?.bytes;
    return bytes === undefined ? null : read(JSON.parse(fromUtf8(bytes)));
  };
  const decision = value("decision", (v) => inShape(evidenceDecision, v, "/run/decision"));
  return {
    tenant: value("tenant", (v) => requireName(v, "tenant")),
    actor: value("actor", (v) => requireName(v, "actor")),
    decision: decision?.decision ?? null,
    fingerprint: decision?.fingerprint ?? null,
    annotations: value("annotations", (v) => inShape(evidenceAnnotations, v, "/run/annotations")),
  };
}

/**
 * A tenant's or an actor's name: 1 to 256 UTF-16 units, well-formed.
 *
 * @throws EvidenceError `REACH-E5103`
 */
export function requireName(value: unknown, what: string): string {
  if (
    typeof value === "string" &&
    value.length > 0 &&
    value.length <= 256 &&
    !/\p{Cs}/u.test(value)
  ) {
    return value;
  }
  throw new EvidenceError("REACH-E5103", `the ${what} is not a text of 1 to 256 characters`);
}
