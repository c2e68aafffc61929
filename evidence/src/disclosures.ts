// disclosures.jsonl: the values behind the commitments. docs/spec/evidence.md, EVID-14 and EVID-15.
//
// Each line can be taken out without touching the signature; none can be changed, moved to another
// place or run, or put in.
import type { Engine } from "@reach-fabric/engine";
import { evidenceAnnotations, evidenceDecision } from "@reach-fabric/schema";
import type { EvidenceRun } from "@reach-fabric/schema";
import {
  commitmentBytes,
  commitments,
  readDisclosure,
  slotName,
  slotPointers,
  valueBytes,
  withMembers,
} from "./commit.ts";
import type { Disclosure } from "./commit.ts";
import { EvidenceError } from "./errors.ts";
import { inShape, parseLines } from "./json.ts";
import { ENTRY } from "./layout.ts";
import { RUN_SLOTS } from "./run.ts";
import type { Leaf } from "./trace.ts";

/** The disclosed values of a run, each one checked against its commitment. */
export interface Disclosed {
  /** Those of run.json, by their names. */
  readonly run: ReadonlyMap<string, Disclosure>;
  /** Those of each record, in the order of the trace. */
  readonly records: readonly (readonly Disclosure[])[];
  /** The pointers of the values that are not disclosed. */
  readonly missing: readonly string[];
}

/**
 * The disclosures of an entry; none where it is absent.
 *
 * @throws EvidenceError `REACH-E5101`, `REACH-E5102`, `REACH-E5105`, `REACH-E5501`
 */
export function readDisclosures(engine: Engine, bytes: Uint8Array | undefined): Disclosure[] {
  if (bytes === undefined) return [];
  return parseLines(engine, bytes, ENTRY.disclosures).map((line, i) =>
    readDisclosure(line.bytes, line.value, `${ENTRY.disclosures}, line ${i + 1}`),
  );
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
  engine: Engine,
  run: EvidenceRun,
  leaves: readonly Leaf[],
  disclosures: readonly Disclosure[],
): Disclosed {
  const actual = commitments(engine, disclosures);
  const missing: string[] = [];
  let next = 0;
  const take = (slots: readonly Slot[]): Disclosure[] =>
    slots.flatMap(({ pointer, commitment }) => {
      const disclosure = disclosures[next];
      if (disclosure?.pointer !== pointer) {
        missing.push(pointer);
        return [];
      }
      if (actual[next] !== commitment) {
        throw new EvidenceError(
          "REACH-E5502",
          `the value at ${pointer} is not the one that was committed to`,
        );
      }
      next += 1;
      return [disclosure];
    });

  const ofRun = take(runSlots(run));
  const records = leaves.map(({ value }) => take(leafSlots(value)));
  const left = disclosures[next];
  if (left !== undefined) {
    throw new EvidenceError(
      "REACH-E5503",
      `the value at ${left.pointer} (line ${next + 1}) has no commitment, or is not in its place`,
    );
  }
  return { run: new Map(ofRun.map((d) => [slotName(d.pointer), d])), records, missing };
}

function runSlots(run: EvidenceRun): Slot[] {
  return RUN_SLOTS.flatMap((name) => {
    const commitment = run[name];
    return commitment === undefined ? [] : [{ pointer: `/run/${name}`, commitment }];
  });
}

function leafSlots(leaf: Leaf["value"]): Slot[] {
  const members = leaf as unknown as Record<string, string>;
  return slotPointers(leaf).map((pointer) => ({
    pointer,
    commitment: members[slotName(pointer)] ?? "",
  }));
}

/** The records as the engine gave and took them, or null where a value is not disclosed. */
export function rebuildRecords(
  leaves: readonly Leaf[],
  { records, missing }: Disclosed,
): Uint8Array[] | null {
  if (missing.some((pointer) => !pointer.startsWith("/run/"))) return null;
  return leaves.map(({ bytes }, i) =>
    withMembers(
      bytes,
      new Map((records[i] ?? []).map((d) => [slotName(d.pointer), valueBytes(d)])),
    ),
  );
}

/** The leaf of a record: every value replaced by its commitment. */
export function leafOf(
  record: Uint8Array,
  values: readonly { readonly pointer: string; readonly commitment: string }[],
): Uint8Array<ArrayBuffer> {
  return withMembers(
    record,
    new Map(values.map((slot) => [slotName(slot.pointer), commitmentBytes(slot.commitment)])),
  );
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
 * The values of run.json in their form.
 *
 * @throws EvidenceError `REACH-E5103`
 */
export function runValues({ run }: Pick<Disclosed, "run">): RunValues {
  const value = <T>(name: string, read: (value: unknown) => T): T | null => {
    const disclosure = run.get(name);
    return disclosure === undefined ? null : read(disclosure.value);
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
