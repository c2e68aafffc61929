// Where the blinding of every commitment comes from: a tree of seeds over the numbers of the records.
// docs/spec/trace.md, TRACE-12 and TRACE-20.
import { concat, toHex, utf8 } from "@reach-fabric/engine";
import type { Engine } from "@reach-fabric/engine";

/** First bytes of what is hashed, none of which RFC 6962 has. */
const [SLOT, CHILD, TREE] = [Uint8Array.of(0x40), Uint8Array.of(0x41), Uint8Array.of(0x42)];

/** The number that run.json has among the records: no trace has so many. */
export const RUN_SEQ = 0xffffffff;

/** The members of run.json that are commitments, in the order of their names. */
export const RUN_SLOTS = ["actor", "annotations", "decision", "tenant"] as const;
export type RunSlot = (typeof RUN_SLOTS)[number];

/** The members of records that are committed to. */
const RECORD_SLOTS = [
  "context",
  "error",
  "input",
  "output",
  "reason",
  "request",
  "result",
] as const;
export type RecordSlot = (typeof RECORD_SLOTS)[number];

const CODES: Readonly<Record<RunSlot | RecordSlot, number>> = {
  input: 0,
  output: 1,
  error: 2,
  context: 3,
  request: 4,
  result: 5,
  reason: 6,
  actor: 16,
  annotations: 17,
  decision: 18,
  tenant: 19,
};

/** The root of the tree of seeds. A secret that is used twice gives other seeds for another run or attempt. */
export function runSeedOf(
  engine: Pick<Engine, "hmacSha256">,
  secret: Uint8Array,
  { id, attempt }: { readonly id: string; readonly attempt: number },
): Uint8Array {
  const number = new Uint8Array(4);
  new DataView(number.buffer).setUint32(0, attempt);
  return engine.hmacSha256(secret, concat([utf8(`reach/v4/run-seed\0${id}\0`), number]));
}

/** The seed of a record: the leaf at its number, 32 levels below the root. */
export function recordSeed(
  engine: Pick<Engine, "sha256">,
  runSeed: Uint8Array,
  seq: number,
): Uint8Array {
  return seedBelow(engine, runSeed, 32, seq);
}

/** The seed so many levels below an inner one of the tree, on the way that the last bits of a number say. */
export function seedBelow(
  engine: Pick<Engine, "sha256">,
  inner: Uint8Array,
  levels: number,
  path: number,
): Uint8Array {
  let seed = inner;
  for (let bit = levels - 1; bit >= 0; bit--) {
    seed = engine.sha256(concat([TREE, seed, Uint8Array.of((path >>> bit) & 1)]));
  }
  return seed;
}

/** The seed of the value in a slot, from that of its record. */
export const slotSeed = (
  engine: Pick<Engine, "sha256">,
  record: Uint8Array,
  slot: RunSlot | RecordSlot,
): Uint8Array => engine.sha256(concat([SLOT, record, Uint8Array.of(CODES[slot])]));

/** The seed of an element or member, by its place among them in the order of RFC 8785. */
export function childSeed(
  engine: Pick<Engine, "sha256">,
  seed: Uint8Array,
  index: number,
): Uint8Array {
  const number = new Uint8Array(4);
  new DataView(number.buffer).setUint32(0, index);
  return engine.sha256(concat([CHILD, seed, number]));
}

/** The names of a record's slots. */
export const slotsOf = (record: object): RecordSlot[] =>
  RECORD_SLOTS.filter((slot) => Object.hasOwn(record, slot));

/** The commitments of values of run.json, in hex, by their names. */
export function commitRunValues(
  engine: Pick<Engine, "sha256" | "commitValue">,
  runSeed: Uint8Array,
  values: Readonly<Partial<Record<RunSlot, Uint8Array>>>,
): Partial<Record<RunSlot, string>> {
  const own = recordSeed(engine, runSeed, RUN_SEQ);
  const found: Partial<Record<RunSlot, string>> = {};
  for (const name of RUN_SLOTS) {
    const value = values[name];
    if (value === undefined) continue;
    found[name] = toHex(engine.commitValue(slotSeed(engine, own, name), value));
  }
  return found;
}
