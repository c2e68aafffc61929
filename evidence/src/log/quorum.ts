// How many witnesses have seen a checkpoint, and since when. docs/spec/log.md, LOG-29 and LOG-30.
import { toHex } from "@reach-fabric/engine";
import { EvidenceError } from "../errors/errors.ts";
import type { SignedCheckpoint } from "./checkpoint.ts";

/**
 * The time, in seconds since 1970, at which so many witnesses had cosigned: everything in the
 * checkpoint was there by then. A key that has two names is one witness.
 *
 * @param quorum at least 1
 * @throws EvidenceError `REACH-E5337` fewer have
 */
export function witnessedAt({ signatures }: SignedCheckpoint, quorum: number): bigint {
  const times = new Map<string, bigint>();
  for (const { key, time } of signatures) {
    if (key.kind !== "cosignature" || time === undefined) continue;
    const id = toHex(key.key.bytes);
    const before = times.get(id);
    if (before === undefined || time < before) times.set(id, time);
  }
  const sorted = [...times.values()].sort((a, b) => (a < b ? -1 : 1));
  const last = sorted[quorum - 1];
  if (last !== undefined) return last;
  throw new EvidenceError(
    "REACH-E5337",
    `${sorted.length} witnesses have cosigned the checkpoint, ${quorum} are required`,
  );
}
