// What a verifier keeps from one time to the next, so that it is not shown an older keyring, or another log, than it
// has seen. docs/spec/keys.md, KEY-15 to KEY-17.
//
// It is a value: verify() takes one and returns the next one. It advances by what verified under the policy alone, and
// a log's by a proof of growth alone, so that no file can move it to where honest ones are refused.
import { fromHex, sameBytes, toHex } from "@reach-fabric/engine";
import type { Engine } from "@reach-fabric/engine";
import { stateFile } from "@reach-fabric/schema";
import type { StateFile } from "@reach-fabric/schema";
import { canonicalBytes, inShape, parseCanonical } from "../encoding/json.ts";
import { EvidenceError, quoted } from "../errors/errors.ts";
import { hasGrown } from "../log/checkpoint.ts";
import type { Checkpoint } from "../log/checkpoint.ts";
import type { ConsistencyProof } from "../log/consistency.ts";
import { formatNoteKey } from "../log/note.ts";
import type { NoteKey } from "../log/note.ts";
import type { Keyring } from "./keyring.ts";
import { digestOfRoot } from "./roots.ts";

/** The newest keyring of a root that was seen. */
export interface KeptKeyring {
  readonly serial: number;
  /** SHA-256 of its payload, in hex. */
  readonly digest: string;
  /** The digest of the root that had signed it: this one, or a later one. */
  readonly signedBy: string;
}

/** What a verifier keeps. */
export interface VerifierState {
  /** By the digest of the root that was pinned. */
  readonly keyrings: ReadonlyMap<string, KeptKeyring>;
  /** The last checkpoint of each log, by the text of its key. */
  readonly logs: ReadonlyMap<string, Checkpoint>;
}

/** That of a verifier which has seen nothing. */
export const emptyState: VerifierState = { keyrings: new Map(), logs: new Map() };

/**
 * The state in a file.
 *
 * @throws EvidenceError `REACH-E5237` it is not one
 *
 * @example
 * readState(engine, formatState(engine, emptyState)).logs.size; // → 0
 */
export function readState(engine: Engine, bytes: Uint8Array): VerifierState {
  const what = "the state";
  let value: unknown;
  try {
    value = parseCanonical(engine, bytes, what);
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : "not JSON";
    throw new EvidenceError("REACH-E5237", why, { cause });
  }
  const { keyrings, logs } = inShape(stateFile, value, what, "REACH-E5237");
  const state = {
    keyrings: new Map(keyrings.map(({ root, ...kept }) => [root, kept])),
    logs: new Map(
      logs.map(({ key, origin, size, root }): [string, Checkpoint] => [
        key,
        { origin, size: BigInt(size), root: fromHex(root) },
      ]),
    ),
  };
  if (state.keyrings.size === keyrings.length && state.logs.size === logs.length) return state;
  throw new EvidenceError("REACH-E5237", `${what} has two keyrings of a root, or a log twice`);
}

/** The bytes of a state: one canonical JSON text. */
export function formatState(
  engine: Engine,
  { keyrings, logs }: VerifierState,
): Uint8Array<ArrayBuffer> {
  const byName = ([a]: readonly [string, unknown], [b]: readonly [string, unknown]): number =>
    a < b ? -1 : 1;
  const file: StateFile = {
    format: "reach/state/v1",
    keyrings: [...keyrings].sort(byName).map(([root, kept]) => ({ root, ...kept })),
    logs: [...logs].sort(byName).map(([key, { origin, size, root }]) => ({
      key,
      origin,
      size: Number(size),
      root: toHex(root),
    })),
  };
  return canonicalBytes(engine, file);
}

/**
 * Both of two states: the newest keyring of each root, and of each log the larger checkpoint. For programs that verify at
 * the same time and keep one file; each has advanced by itself.
 */
export function mergedState(one: VerifierState, other: VerifierState): VerifierState {
  const keyrings = new Map(one.keyrings);
  for (const [root, kept] of other.keyrings) {
    if (kept.serial > (keyrings.get(root)?.serial ?? 0)) keyrings.set(root, kept);
  }
  const logs = new Map(one.logs);
  for (const [key, kept] of other.logs) {
    if (kept.size > (logs.get(key)?.size ?? 0n)) logs.set(key, kept);
  }
  return { keyrings, logs };
}

/**
 * The state once a keyring was seen.
 *
 * @throws EvidenceError `REACH-E5235` a newer one was seen, which may know of later revocations; `REACH-E5236` another
 *   one of this number was, or one that this one should continue, or one of a root that does not lead here
 */
export function withKeyring(
  state: VerifierState,
  { rootPath, serial, digest, previous }: Keyring,
): VerifierState {
  const roots = rootPath.map(digestOfRoot);
  const signedBy = roots.at(-1) as string;
  // What any root that leads here has led to before.
  for (const kept of roots.flatMap((root) => state.keyrings.get(root) ?? [])) {
    if (serial < kept.serial) {
      const what = `this is the keyring ${serial}, and number ${kept.serial} was seen before`;
      throw new EvidenceError("REACH-E5235", what);
    }
    if (!roots.includes(kept.signedBy)) {
      const what = `the keyring ${kept.serial} was seen before, signed by another root, which does not lead to this one's`;
      throw new EvidenceError("REACH-E5236", what);
    }
    const isFork =
      (serial === kept.serial && digest !== kept.digest) ||
      (serial === kept.serial + 1 && previous !== kept.digest);
    if (isFork) {
      const what = `another keyring ${kept.serial} was seen, with the digest ${kept.digest}`;
      throw new EvidenceError("REACH-E5236", what);
    }
  }
  // Under every root that led here, so that who pins a later one next has this, too.
  const all = new Map(state.keyrings);
  for (const root of roots) all.set(root, { serial, digest, signedBy });
  return { ...state, keyrings: all };
}

/**
 * The state once a checkpoint of a log was seen and verified. A log that was not known is taken as it is; a larger
 * checkpoint only with a proof that the log has grown to it. Without one both are left as they are.
 *
 * @param growth proofs of growth, of which one may be between the two
 * @throws EvidenceError `REACH-E5333` another tree of this size was seen, or a proof shows that one has not grown into the
 *   other
 */
export function withCheckpoint(
  engine: Pick<Engine, "verifyConsistency">,
  state: VerifierState,
  log: NoteKey,
  checkpoint: Checkpoint,
  growth: readonly Pick<ConsistencyProof, "from" | "to" | "hashes">[] = [],
): VerifierState {
  const { origin, size, root } = checkpoint;
  const key = formatNoteKey(log);
  const kept = state.logs.get(key);
  const advanced = (): VerifierState => ({
    ...state,
    logs: new Map(state.logs).set(key, { origin, size, root }),
  });
  if (size > BigInt(Number.MAX_SAFE_INTEGER) || size === 0n) return state;
  if (kept === undefined) return advanced();
  const isOther = (): EvidenceError =>
    new EvidenceError(
      "REACH-E5333",
      `the log ${quoted(origin)} is not the one that was seen with ${kept.size} entries and the root ${toHex(kept.root)}`,
    );
  if (kept.origin !== origin) throw isOther();
  if (size === kept.size) {
    if (sameBytes(root, kept.root)) return state;
    throw isOther();
  }
  const [older, newer] = size < kept.size ? [checkpoint, kept] : [kept, checkpoint];
  const proof = growth.find(({ from, to }) => from === older.size && to === newer.size);
  if (proof === undefined) return state;
  if (!hasGrown(engine, older, newer, proof.hashes)) throw isOther();
  return newer === checkpoint ? advanced() : state;
}
