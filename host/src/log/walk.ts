// All entries of a log, held to the root that it has signed: so none can be left out, put in or moved.
// docs/spec/log.md, LOG-64 and LOG-65.
import { hashFrames, sameBytes } from "@reach-fabric/engine";
import type { Engine } from "@reach-fabric/engine";
import type { LogEntry } from "@reach-fabric/schema";
import type { LogReader } from "./reader.ts";

/** Entries that are hashed at once. */
const BATCH = 256;

export interface WalkOptions {
  /** Entries that were seen before, and the tree over them as an earlier walk gave it. */
  readonly from?: { readonly size: number; readonly tree: Uint8Array } | undefined;
  readonly signal?: AbortSignal | undefined;
  /** Is told how many entries were read, a bundle at a time. */
  readonly onProgress?: (read: number, of: number) => void;
}

/** Where a walk has come to. */
export interface Walked {
  /** Whether these entries, behind those that were seen before, make the root of the checkpoint. */
  readonly holds: boolean;
  /** What another walk goes on from. */
  readonly tree: Uint8Array;
}

/**
 * Goes through the entries of a log, up to its checkpoint. Only if it `holds` are they what the log has signed.
 *
 * @throws ReachError as LogReader.entries() does: `REACH-E4161` damaged, `REACH-E4170` its server does not give it
 */
export async function walkLog(
  engine: Engine,
  log: LogReader,
  visit: (index: number, entry: LogEntry) => void,
  { from, signal, onProgress }: WalkOptions = {},
): Promise<Walked> {
  const tree = engine.merkleTree(from?.tree);
  let batch: Uint8Array[] = [];
  const flush = (): void => {
    tree.appendHashes(hashFrames(batch, 0));
    batch = [];
  };
  for await (const { index, entry, bytes } of log.entries(from?.size ?? 0)) {
    signal?.throwIfAborted();
    visit(index, entry);
    batch.push(bytes);
    if (batch.length < BATCH) continue;
    flush();
    onProgress?.(index + 1, log.size);
  }
  flush();
  return { holds: sameBytes(tree.root(), log.note.root), tree: tree.state() };
}
