// entered.jsonl: a run of which nothing is hidden, by what entered it. docs/spec/evidence.md, EVID-13 to EVID-15.
//
//     {"actor", "annotations"?, "decision", "seed", "tenant"}
//     a record that entered a line
//     the outcome, or {"leaf"} where it is large
//
// What left the engine in between is not there: the engine computes it again. The leaves of what is there follow
// from it and the seed, and run.json has their root: so nothing in it can be changed, whether or not an engine is
// at hand that can compute the run.
import { fromHex, fromUtf8, toHex } from "@reach-fabric/engine";
import type { Engine, TraceRecord } from "@reach-fabric/engine";
import { commitRunValues, RUN_SLOTS } from "../commitments/seeds.ts";
import { canonicalBytes, jsonLines, linesOf, parseCanonical } from "../encoding/json.ts";
import { anyObject, digest, listOf, object, requireShape, text } from "../encoding/shape.ts";
import type { Check } from "../encoding/shape.ts";
import { EvidenceError, quoted } from "../errors/errors.ts";
import { ENTRY } from "./layout.ts";
import { requireLeaf } from "./leaf.ts";
import type { Leaf, StartLeaf } from "./leaf.ts";
import type { EvidenceRun, HexTreeHead } from "./run.ts";

/** Bytes that an outcome has at most that stands in the file: one that is an answer again is not there twice. */
export const OUTCOME_BYTES = 65_536;

/** The values of run.json, with the seed that all of a run's seeds follow from. */
export interface EnteredHead {
  readonly actor: string;
  /** What the host noted: signed, but in neither digest. */
  readonly annotations?: readonly Record<string, unknown>[];
  /** Both in hex. */
  readonly decision: { readonly decision: string; readonly fingerprint: string };
  readonly seed: string;
  readonly tenant: string;
}

/** What entered.jsonl says. */
export interface Entered {
  readonly head: EnteredHead;
  /** The records that entered, in order. */
  readonly inputs: readonly Uint8Array[];
  /** Their leaves, and that of the outcome. */
  readonly leaves: readonly Leaf[];
  /** Over those leaves. */
  readonly tree: HexTreeHead;
  /** The last record; undefined where only its leaf is there. */
  readonly outcome: Uint8Array | undefined;
}

/** What tenant and actor are. */
export const name: Check = text(
  "a text of 1 to 256 characters",
  (value) => value.length > 0 && value.length <= 256 && !/\p{Cs}/u.test(value),
);
const headShape = object(
  {
    actor: name,
    decision: object({ decision: digest, fingerprint: digest }),
    seed: digest,
    tenant: name,
  },
  { annotations: listOf(anyObject) },
);
const leafLine = object({ leaf: anyObject });
const LEAF_LINE = new TextEncoder().encode('{"leaf":');

/** The bytes of entered.jsonl. */
export function formatEntered(
  engine: Engine,
  head: EnteredHead,
  inputs: readonly Uint8Array[],
  outcome: Uint8Array,
): Uint8Array {
  return jsonLines([canonicalBytes(engine, head), ...inputs, outcomeLine(engine, head, outcome)]);
}

function outcomeLine(engine: Engine, { seed }: EnteredHead, outcome: Uint8Array): Uint8Array {
  if (outcome.length <= OUTCOME_BYTES) return outcome;
  const [leaf] = engine.leaves(fromHex(seed), [outcome], { texts: true }).texts ?? [];
  return canonicalBytes(engine, { leaf: JSON.parse(fromUtf8(leaf as Uint8Array)) as unknown });
}

/** Requires the form of the first line; also of what a host says of its run. */
export function requireHead(
  value: unknown,
  what: string,
  code?: "REACH-E5802",
): asserts value is EnteredHead {
  requireShape(headShape, value, what, code);
}

/** Records that are read at once: as many leaves stand in memory as texts, however long the file is. */
const BATCH = 1024;

/**
 * Reads entered.jsonl; nothing is compared with what was signed.
 *
 * @throws EvidenceError `REACH-E5101`, `REACH-E5102`, `REACH-E5105` its lines, `REACH-E5103` the first of
 *   them, `REACH-E5601` a line that is not a record which enters a run, or its outcome; what `onRead` throws, which
 *   is told from time to time how many have been read
 */
export function readEntered(
  engine: Engine,
  bytes: Uint8Array,
  onRead: (records: number) => void = () => {},
): Entered {
  const lines = linesOf(bytes, ENTRY.entered);
  const first = lines.next().value as Uint8Array;
  const head = parseCanonical(engine, first, `${ENTRY.entered}, line 1`);
  requireHead(head, `${ENTRY.entered}, line 1`);
  const records: Uint8Array[] = [];
  const leaves = new Leaves(engine, head.seed);
  for (const line of lines) {
    records.push(line);
    // Which line is the last, and may be another, shows behind it.
    if (records.length > leaves.read.length + BATCH) {
      leaves.add(records.slice(leaves.read.length, -1));
      onRead(leaves.read.length);
    }
  }
  const last = records.at(-1);
  if (last === undefined) {
    throw new EvidenceError("REACH-E5603", `${ENTRY.entered} has no records`);
  }
  const isBare = startsWith(last, LEAF_LINE);
  leaves.add(records.slice(leaves.read.length, isBare ? -1 : undefined));
  if (isBare) leaves.addBare(last);
  else if (last.length > OUTCOME_BYTES) {
    const what = `${placeOf(records.length - 1)} has ${last.length} bytes`;
    throw new EvidenceError("REACH-E5601", what);
  }
  return {
    head,
    inputs: records.slice(0, -1),
    leaves: leaves.read,
    tree: { root: toHex(leaves.tree.root()), size: leaves.read.length },
    outcome: isBare ? undefined : last,
  };
}

/** The line of a record, by its place among them. */
const placeOf = (i: number): string => `${ENTRY.entered}, line ${i + 2}`;

/** The leaves of lines, and the tree over them. */
class Leaves {
  readonly read: Leaf[] = [];
  readonly tree: ReturnType<Engine["merkleTree"]>;
  readonly #engine: Engine;
  readonly #seed: Uint8Array;

  constructor(engine: Engine, seed: string) {
    this.#engine = engine;
    this.#seed = fromHex(seed);
    this.tree = engine.merkleTree();
  }

  add(records: readonly Uint8Array[]): void {
    const { hashes, texts } = this.#leavesOf(records);
    this.tree.appendHashes(hashes);
    for (const value of JSON.parse(`[${texts.map(fromUtf8).join(",")}]`) as unknown[]) {
      this.#note(value, placeOf(this.read.length));
    }
  }

  #note(value: unknown, what: string): void {
    const leaf = requireLeaf(value, what);
    const { kind, seq } = leaf;
    // Of all others no more is asked, and there may be millions.
    this.read.push(kind === "start" || kind === "outcome" ? leaf : { kind, seq });
  }

  /** The leaf in the line of an outcome that is too large to stand there. */
  addBare(line: Uint8Array): void {
    const what = placeOf(this.read.length);
    const value = parseCanonical(this.#engine, line, what);
    requireShape(leafLine, value, what);
    this.tree.append([line.subarray(LEAF_LINE.length, -1)]);
    this.#note((value as { readonly leaf: unknown }).leaf, what);
  }

  /** By one call of the engine, which takes canonical records alone. */
  #leavesOf(records: readonly Uint8Array[]): {
    hashes: readonly Uint8Array[];
    texts: readonly Uint8Array[];
  } {
    try {
      const { hashes, texts = [] } = this.#engine.leaves(this.#seed, records, { texts: true });
      return { hashes, texts };
    } catch (cause) {
      for (const [i, record] of records.entries()) {
        const what = placeOf(this.read.length + i);
        parseCanonical(this.#engine, record, what);
        try {
          this.#engine.leaves(this.#seed, [record]);
        } catch {
          throw new EvidenceError("REACH-E5601", `${what} is not a record`, { cause });
        }
      }
      throw cause;
    }
  }
}

const startsWith = (bytes: Uint8Array, start: Uint8Array): boolean =>
  start.every((byte, i) => bytes[i] === byte);

/**
 * Requires that everything in entered.jsonl is what run.json commits to: the values of its first line, and all its
 * records. No engine has to compute the run for that.
 *
 * @throws EvidenceError `REACH-E5502` a value that is not the one committed to, `REACH-E5503` one that has no
 *   commitment, or a commitment without a value, `REACH-E5604` other records than were signed
 */
export function requireEntered(engine: Engine, run: EvidenceRun, { head, tree }: Entered): void {
  const { seed, ...values } = head;
  const bytes = Object.fromEntries(
    Object.entries(values).map(([slot, value]) => [slot, canonicalBytes(engine, value)]),
  );
  const commitments = commitRunValues(engine, fromHex(seed), bytes);
  for (const slot of RUN_SLOTS) {
    if ((commitments[slot] === undefined) !== (run[slot] === undefined)) {
      const what = `${ENTRY.entered} and run.json do not both have ${slot}`;
      throw new EvidenceError("REACH-E5503", what);
    }
    if (commitments[slot] !== run[slot]) {
      const what = `the value of ${slot} is not the one that was committed to`;
      throw new EvidenceError("REACH-E5502", what);
    }
  }
  if (tree.size !== run.entered.size || tree.root !== run.entered.root) {
    throw new EvidenceError(
      "REACH-E5604",
      `${ENTRY.entered}: the ${tree.size} records are not the ${run.entered.size} that were signed`,
    );
  }
}

/**
 * Requires that what entered is what enters one run which has ended: begun once, ended once, in ascending order, of
 * the pack, workflow and semantics of run.json.
 *
 * @throws EvidenceError `REACH-E5602`, `REACH-E5603`, `REACH-E5605`
 */
export function requireWhole(run: EvidenceRun, leaves: readonly Leaf[]): void {
  const end = leaves.length - 1;
  let before = -1;
  for (const [i, { kind, seq }] of leaves.entries()) {
    if (seq <= before) {
      throw new EvidenceError("REACH-E5602", `record ${seq} stands behind record ${before}`);
    }
    before = seq;
    if ((kind === "start") !== (i === 0)) {
      throw new EvidenceError("REACH-E5603", `record ${i + 1} that entered is a ${kind}`);
    }
    if ((kind === "outcome") !== (i === end)) {
      throw new EvidenceError("REACH-E5603", `line ${i + 2} of ${ENTRY.entered} is a ${kind}`);
    }
  }
  if (before !== run.trace.size - 1) {
    const what = `the last record is ${before}, run.json says that there are ${run.trace.size}`;
    throw new EvidenceError("REACH-E5602", what);
  }
  requireBegun(run, leaves);
}

/**
 * Requires that what entered, or what is shown of a run, begins with a start, of the pack, workflow and semantics of run.json.
 *
 * @throws EvidenceError `REACH-E5603`, `REACH-E5605`
 */
export function requireBegun(
  run: EvidenceRun,
  [start]: readonly (StartLeaf | { readonly kind: Exclude<TraceRecord["kind"], "start"> })[],
): void {
  if (start?.kind !== "start") throw new EvidenceError("REACH-E5603", "there is no start");
  for (const member of ["pack", "workflow", "semantics"] as const) {
    if (start[member] === run[member]) continue;
    const [own, signed] = [start[member], run[member]].map((value) => quoted(`${value}`));
    const what = `the run started with ${member} ${own}, run.json says ${signed}`;
    throw new EvidenceError("REACH-E5605", what);
  }
}
