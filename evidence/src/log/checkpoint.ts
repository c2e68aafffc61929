// Checkpoints of a log (C2SP tlog-checkpoint): its name, its size and the root of its tree, as the
// text of a signed note. docs/spec/log.md, LOG-5 to LOG-7.
import { toBase64 } from "@reach-fabric/engine";
import type { Engine } from "@reach-fabric/engine";
import { exactBase64 } from "../encoding/bytes.ts";
import { EvidenceError, quoted } from "../errors/errors.ts";
import { openNote } from "./note.ts";
import type { NoteKey, NoteSignature } from "./note.ts";

export interface Checkpoint {
  /** The log's name. */
  readonly origin: string;
  /** Number of entries. */
  readonly size: bigint;
  /** Root of the RFC 6962 tree over them, 32 bytes. */
  readonly root: Uint8Array;
}

/** A checkpoint that the log itself has signed. */
export interface SignedCheckpoint extends Checkpoint {
  readonly signatures: readonly NoteSignature[];
  /** Names of signatures by keys that were not given: they mean nothing. */
  readonly unverified: readonly string[];
}

const notCheckpoint = (what: string): EvidenceError => new EvidenceError("REACH-E5331", what);

/** A whole number from 0 to 2^64 - 1 as it is written: no sign, no zeros in front. */
export function readUint64(text: string): bigint | undefined {
  if (!/^(0|[1-9]\d{0,19})$/.test(text)) return undefined;
  const value = BigInt(text);
  return value < 1n << 64n ? value : undefined;
}

/** The text of a checkpoint. */
export const formatCheckpoint = ({ origin, size, root }: Checkpoint): string =>
  `${origin}\n${size}\n${toBase64(root)}\n`;

/**
 * The checkpoint in a note's text. Lines behind its three are refused: what they mean is not known
 * here, and a log of Reach writes none.
 *
 * @throws EvidenceError `REACH-E5331`
 */
export function parseCheckpoint(text: string): Checkpoint {
  const lines = text.split("\n");
  if (lines.length !== 4 || lines[3] !== "") throw notCheckpoint("a checkpoint has three lines");
  const [origin = "", decimal = "", encoded = ""] = lines;
  if (origin === "") throw notCheckpoint("a checkpoint without the name of its log");
  const size = readUint64(decimal);
  if (size === undefined) throw notCheckpoint(`not a size: ${quoted(decimal)}`);
  const root = exactBase64(encoded);
  if (root?.length !== 32) throw notCheckpoint("the root is not 32 bytes in base64");
  return { origin, size, root };
}

/**
 * Opens a checkpoint: signed by the log of this origin, and by those of the other keys that have signed.
 *
 * @param log the log's own key; its name need not be the origin
 * @param witnesses keys of witnesses, whose cosignatures are checked where they are there
 * @throws EvidenceError as openNote() and parseCheckpoint() do; `REACH-E5308` the log has not signed;
 *   `REACH-E5331` it is a checkpoint of another log
 */
export function openCheckpoint(
  bytes: Uint8Array,
  origin: string,
  log: NoteKey,
  witnesses: readonly NoteKey[] = [],
): SignedCheckpoint {
  const { text, verified, unverified } = openNote(bytes, [log, ...witnesses]);
  if (!verified.some(({ key }) => key === log)) {
    throw new EvidenceError("REACH-E5308", "the log itself has not signed this checkpoint");
  }
  const checkpoint = parseCheckpoint(text);
  if (checkpoint.origin !== origin) {
    throw notCheckpoint(`a checkpoint of ${quoted(checkpoint.origin)}, not of ${quoted(origin)}`);
  }
  return { ...checkpoint, signatures: verified, unverified };
}

/** Whether the tree of one checkpoint is the beginning of another one's. */
export const hasGrown = (
  engine: Pick<Engine, "verifyConsistency">,
  older: Pick<Checkpoint, "size" | "root">,
  newer: Pick<Checkpoint, "size" | "root">,
  proof: readonly Uint8Array[],
): boolean =>
  engine.verifyConsistency({
    oldSize: older.size,
    oldRoot: older.root,
    size: newer.size,
    root: newer.root,
    proof,
  });

/**
 * Checks that a log has only grown between two checkpoints of it: no other tree, no smaller one.
 *
 * @throws EvidenceError `REACH-E5331` two logs; `REACH-E5333` the proof does not hold, or the log has
 *   shrunk
 */
export function checkConsistency(
  engine: Pick<Engine, "verifyConsistency">,
  older: Checkpoint,
  newer: Checkpoint,
  proof: readonly Uint8Array[],
): void {
  if (older.origin !== newer.origin) throw notCheckpoint("checkpoints of two logs");
  if (older.size > newer.size) {
    throw new EvidenceError("REACH-E5333", "the log has shrunk: a checkpoint was rolled back");
  }
  if (!hasGrown(engine, older, newer, proof))
    throw new EvidenceError("REACH-E5333", "one tree has not grown into the other");
}
