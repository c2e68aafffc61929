// How many witnesses have seen a checkpoint, and since when. docs/spec/log.md, LOG-29, LOG-30 and LOG-38.
import { toHex } from "@reach-fabric/engine";
import { EvidenceError } from "../errors/errors.ts";
import { millisecondsOf } from "../encoding/instant.ts";
import type { PublicKey } from "../keys/key.ts";
import { SKEW } from "../encoding/clock.ts";
import type { SignedCheckpoint } from "./checkpoint.ts";
import type { NoteSignature } from "./note.ts";

/** Which witnesses are enough: so many different keys, whichever they are, or a group of them. */
export type Quorum = number | WitnessGroup;

/** So many of the members must have cosigned; of a member that is a group, so many of its own. */
export interface WitnessGroup {
  readonly threshold: number;
  readonly members: readonly (PublicKey | WitnessGroup)[];
}

/** A cosignature, with the key that names are resolved to. */
interface Cosignature {
  readonly id: string;
  readonly time: bigint;
}

const idOf = ({ bytes }: PublicKey): string => toHex(bytes);

/** The keys among these, each once: a key that has several names is one. */
export const differentKeys = (keys: readonly { readonly key: PublicKey }[]): number =>
  new Set(keys.map(({ key }) => idOf(key))).size;

/** True where no witness is asked for. */
export const needsNone = (quorum: Quorum): boolean => quorum === 0;

function cosignatures(signatures: readonly NoteSignature[]): Cosignature[] {
  return signatures.flatMap(({ key, time }) =>
    key.kind === "cosignature" && time !== undefined ? [{ id: idOf(key.key), time }] : [],
  );
}

function isEnough(ids: ReadonlySet<string>, quorum: Quorum): boolean {
  if (typeof quorum === "number") return ids.size >= quorum;
  const { threshold, members } = quorum;
  const there = members.filter((member) =>
    "members" in member ? isEnough(ids, member) : ids.has(idOf(member)),
  );
  return there.length >= threshold;
}

/**
 * The time, in seconds since 1970, at which enough witnesses had cosigned: everything in the
 * checkpoint was there by then. A key that has two names is one witness.
 *
 * @param quorum at least 1, or a group
 * @throws EvidenceError `REACH-E5337` they are not enough
 */
export function witnessedAt(
  { signatures }: Pick<SignedCheckpoint, "signatures">,
  quorum: Quorum,
): bigint {
  const sorted = cosignatures(signatures).sort((a, b) => (a.time < b.time ? -1 : 1));
  const ids = new Set<string>();
  for (const { id, time } of sorted) {
    ids.add(id);
    if (isEnough(ids, quorum)) return time;
  }
  throw new EvidenceError(
    "REACH-E5337",
    typeof quorum === "number"
      ? `${ids.size} witnesses have cosigned the checkpoint, ${quorum} are required`
      : `${ids.size} witnesses have cosigned the checkpoint, which is not the group that is required`,
  );
}

/**
 * Whether enough witnesses have cosigned at an instant, in milliseconds since 1970, or later.
 *
 * @param now the verifier's time: a time that has not come says nothing
 */
export function isWitnessedSince(
  { signatures }: Pick<SignedCheckpoint, "signatures">,
  quorum: Quorum,
  instant: number,
  now?: string,
): boolean {
  const last = now === undefined ? undefined : BigInt(millisecondsOf(now) + SKEW);
  const late = cosignatures(signatures).filter(
    ({ time }) => time * 1000n >= BigInt(instant) && (last === undefined || time * 1000n <= last),
  );
  return !needsNone(quorum) && isEnough(new Set(late.map(({ id }) => id)), quorum);
}
