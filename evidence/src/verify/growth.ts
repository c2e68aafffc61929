// What a log would have to prove, so that more can be said of evidence. docs/spec/log.md, LOG-66.
import type { Engine } from "@reach-fabric/engine";
import { readRunDocument } from "../file/open.ts";
import { openCheckpoint, parseCheckpoint } from "../log/checkpoint.ts";
import type { Checkpoint } from "../log/checkpoint.ts";
import { formatNoteKey, noteText } from "../log/note.ts";
import { parseTlogProof } from "../log/proof.ts";
import type { LogPolicy, Policy } from "../trust/policy.ts";
import type { VerifierState } from "../trust/state.ts";

/** That a log of the policy has grown from one size to another. */
export interface WantedGrowth {
  readonly log: LogPolicy;
  readonly older: Pick<Checkpoint, "size" | "root">;
  readonly newer: Pick<Checkpoint, "size" | "root">;
}

/**
 * The proofs of growth that a verification has no use without: between what was kept or seen of the log, and the
 * checkpoint of this evidence, which the log has signed. None where the policy has them already, and for what is not
 * evidence; nothing else of it is checked.
 *
 * @example
 * wantedGrowth(engine, bytes, { now }, emptyState); // → []
 */
export function wantedGrowth(
  engine: Engine,
  bytes: Uint8Array,
  { logs = [] }: Policy,
  state: VerifierState,
): WantedGrowth[] {
  let log: LogPolicy | undefined;
  let shown: Checkpoint;
  try {
    const { proof } = readRunDocument(engine, bytes).layout;
    if (proof === undefined) return [];
    const note = parseTlogProof(proof).checkpoint;
    const { origin } = parseCheckpoint(noteText(note));
    log = logs.find((each) => each.origin === origin);
    if (log === undefined) return [];
    shown = openCheckpoint(note, origin, log.key, log.witnesses);
  } catch {
    // verify() says what is wrong with it.
    return [];
  }
  const { key, seen, growth = [] } = log;
  const known = [state.logs.get(formatNoteKey(key)), seen].flatMap((each) => each ?? []);
  const wanted = known.map((kept) =>
    kept.size < shown.size
      ? { log, older: kept, newer: shown }
      : { log, older: shown, newer: kept },
  );
  return wanted.filter(
    ({ older, newer }) =>
      older.size > 0n &&
      older.size < newer.size &&
      !growth.some(({ from, to }) => from === older.size && to === newer.size),
  );
}
