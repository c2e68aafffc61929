// Where the blinding of every commitment comes from: a tree of seeds over the numbers of the records.
// docs/spec/trace.md, TRACE-12 and TRACE-20.
import { concat, toHex, utf8 } from "@reach-fabric/engine";
import type { Engine } from "@reach-fabric/engine";

/** First bytes of what is hashed, none of which RFC 6962 has. */
const [SLOT, TREE] = [Uint8Array.of(0x40), Uint8Array.of(0x42)];

/** The number that run.json has among the records: no trace has so many. */
const RUN_SEQ = 0xffffffff;

/** The members of run.json that are commitments, in the order of their names, and the codes of their slots. */
export const RUN_SLOTS = ["actor", "annotations", "decision", "tenant"] as const;
export type RunSlot = (typeof RUN_SLOTS)[number];
const CODES: Readonly<Record<RunSlot, number>> = {
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
  let seed = runSeed;
  for (let bit = 31; bit >= 0; bit--) {
    seed = engine.sha256(concat([TREE, seed, Uint8Array.of((seq >>> bit) & 1)]));
  }
  return seed;
}

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
    const seed = engine.sha256(concat([SLOT, own, Uint8Array.of(CODES[name])]));
    found[name] = toHex(engine.commitValue(seed, value));
  }
  return found;
}
