// The proof that a served log has grown, fetched for a verifier. docs/spec/log.md, LOG-66.
import { createEngine } from "@reach-fabric/engine";
import type { Checkpoint, ConsistencyProof, NoteKey } from "@reach-fabric/evidence";
import { readServedLog } from "./reader.ts";

/** What is fetched, and from where. */
export interface GrowthWanted {
  readonly address: string;
  /** The log's own: its name is the log's. */
  readonly key: NoteKey;
  readonly from: bigint;
  /** The newer of the two checkpoints, which the log has signed. */
  readonly newer: Pick<Checkpoint, "size" | "root">;
  readonly signal?: AbortSignal | undefined;
}

/**
 * Asks the server of a log for the proof that it has grown.
 *
 * Guarantees: a proof that is given shows which tree the newer checkpoint had at the older size, whatever the server is:
 * a root that differs from it is then another tree, and not a server's fault.
 *
 * @returns undefined where what the server gives shows nothing
 * @throws ReachError `REACH-E4161` it has no such tree, `REACH-E4167` it is smaller, `REACH-E4170` it gives nothing
 *
 * @example
 * const { url, close } = await serveLog("audit");
 * const { key, note } = await readLog("audit");
 * const proof = await servedGrowth({ address: url, key, from: 1n, newer: note });
 * proof?.to === note.size; // → true
 * await close();
 */
export async function servedGrowth({
  address,
  key,
  from,
  newer,
  signal,
}: GrowthWanted): Promise<ConsistencyProof | undefined> {
  const log = await readServedLog(address, key, { signal });
  const [hashes, oldRoot] = await Promise.all([
    log.consistency(from, newer.size),
    log.rootAt(from),
  ]);
  const claim = { oldSize: from, oldRoot, size: newer.size, root: newer.root, proof: hashes };
  if (!createEngine().verifyConsistency(claim)) return undefined;
  return { origin: log.origin, from, to: newer.size, hashes };
}
