// Proofs that an entry is in a log, for readers without access to the log (C2SP tlog-proof).
// docs/spec/log.md, LOG-8 and LOG-9.
//
//     c2sp.org/tlog-proof@v1
//     extra BASE64                (may be left out)
//     index N
//     BASE64                      (a hash a line, from the bottom to the top)
//
//     the signed checkpoint
import { concat, toBase64, utf8 } from "@reach-fabric/engine";
import type { Engine } from "@reach-fabric/engine";
import { exactBase64 } from "../encoding/bytes.ts";
import { EvidenceError, quoted } from "../errors/errors.ts";
import { openCheckpoint, readUint64 } from "./checkpoint.ts";
import type { SignedCheckpoint } from "./checkpoint.ts";
import type { NoteKey } from "./note.ts";

export interface TlogProof {
  readonly index: bigint;
  /** The inclusion proof: 32 bytes each. */
  readonly hashes: readonly Uint8Array[];
  /** Bytes that the log has put beside it; they prove nothing. */
  readonly extra: Uint8Array | undefined;
  /** The signed note, as it stands in the proof. */
  readonly checkpoint: Uint8Array;
}

const HEADER = "c2sp.org/tlog-proof@v1\n";
const MAX_BYTES = 1_000_000;
/** No tree of 2^64 leaves has a longer path. */
const MAX_HASHES = 64;

const notProof = (what: string): EvidenceError => new EvidenceError("REACH-E5332", what);

/** The bytes of a proof. */
export function formatTlogProof({ index, hashes, extra, checkpoint }: TlogProof): Uint8Array {
  const head = extra === undefined ? "" : `extra ${toBase64(extra)}\n`;
  const lines = hashes.map((hash) => `${toBase64(hash)}\n`).join("");
  return concat([utf8(`${HEADER}${head}index ${index}\n${lines}\n`), checkpoint]);
}

/**
 * Reads a proof. Nothing is checked but its form.
 *
 * @throws EvidenceError `REACH-E5332`
 */
export function parseTlogProof(bytes: Uint8Array): TlogProof {
  if (bytes.length > MAX_BYTES) throw notProof(`a proof of more than ${MAX_BYTES} bytes`);
  const empty = bytes.findIndex((byte, i) => byte === 10 && bytes[i + 1] === 10);
  if (empty < 0) throw notProof("a proof without an empty line before its checkpoint");
  const head = String.fromCharCode(...bytes.subarray(0, Math.min(empty + 1, 1 << 14)));
  if (!head.startsWith(HEADER) || head.length !== empty + 1) throw notProof("not a tlog-proof");
  const lines = head.slice(HEADER.length, -1).split("\n");
  let extra: Uint8Array | undefined;
  if (lines[0]?.startsWith("extra ")) {
    extra = exactBase64((lines.shift() as string).slice(6));
    if (extra === undefined) throw notProof("`extra` is not base64");
  }
  const index = /^index (.*)$/.exec(lines.shift() ?? "")?.[1] ?? "";
  const number = readUint64(index);
  if (number === undefined) throw notProof(`not an index: ${quoted(index)}`);
  if (lines.length > MAX_HASHES) throw notProof(`a proof has at most ${MAX_HASHES} hashes`);
  const hashes = lines.map((line) => {
    const hash = exactBase64(line);
    if (hash?.length !== 32) throw notProof("a hash is not 32 bytes in base64");
    return hash;
  });
  const checkpoint = bytes.slice(empty + 2);
  if (checkpoint.length === 0) throw notProof("a proof without a checkpoint");
  return { index: number, hashes, extra, checkpoint };
}

/**
 * Whether an entry is in the log of this origin: opens the proof's checkpoint and checks the path.
 *
 * @param leafHash RFC 6962 hash of the entry, 32 bytes: hashFrames([entry], 0)
 * @returns the checkpoint, whose signatures say which witnesses have seen it
 * @throws EvidenceError `REACH-E5332` not a proof; as openCheckpoint(); `REACH-E5333` the entry is not
 *   there
 *
 * @example
 * const { size, signatures } = verifyTlogProof(engine, proof, leaf, origin, logKey, witnesses);
 */
export function verifyTlogProof(
  engine: Pick<Engine, "verifyInclusion">,
  bytes: Uint8Array,
  leafHash: Uint8Array,
  origin: string,
  log: NoteKey,
  witnesses: readonly NoteKey[] = [],
): SignedCheckpoint {
  const { index, hashes, checkpoint } = parseTlogProof(bytes);
  const opened = openCheckpoint(checkpoint, origin, log, witnesses);
  const { size, root } = opened;
  if (!engine.verifyInclusion({ leafHash, index, size, root, proof: hashes })) {
    throw new EvidenceError("REACH-E5333", `the entry is not number ${index} of this log`);
  }
  return opened;
}
