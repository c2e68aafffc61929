// What a witness does (C2SP tlog-witness): it cosigns a checkpoint only if that has grown from the
// last one it cosigned. docs/spec/log.md, LOG-26 to LOG-28.
//
//     old N
//     BASE64                      (a hash of the consistency proof a line)
//
//     the signed checkpoint
import { concat, merkleRoot, sameBytes, toBase64, utf8 } from "@reach-fabric/engine";
import type { Engine } from "@reach-fabric/engine";
import { exactBase64 } from "../encoding/bytes.ts";
import { EvidenceError } from "../errors/errors.ts";
import type { Signer } from "../keys/key.ts";
import { openCheckpoint, parseCheckpoint, readUint64 } from "./checkpoint.ts";
import type { Checkpoint } from "./checkpoint.ts";
import { noteText, signNote } from "./note.ts";
import type { NoteKey } from "./note.ts";

/** A request to cosign a checkpoint. */
export interface AddCheckpoint {
  /** Size of the checkpoint that the witness cosigned last, as the log believes. */
  readonly oldSize: bigint;
  /** The proof that this checkpoint has grown from it. */
  readonly proof: readonly Uint8Array[];
  /** The signed note. */
  readonly checkpoint: Uint8Array;
}

/** A tree of 2^64 entries needs no more. */
const MAX_HASHES = 63;

/** The body of a request. */
export function formatAddCheckpoint({ oldSize, proof, checkpoint }: AddCheckpoint): Uint8Array {
  const lines = proof.map((hash) => `${toBase64(hash)}\n`).join("");
  return concat([utf8(`old ${oldSize}\n${lines}\n`), checkpoint]);
}

/** The request in a body; undefined where it is not one. */
export function parseAddCheckpoint(bytes: Uint8Array): AddCheckpoint | undefined {
  const empty = bytes.findIndex((byte, i) => byte === 10 && bytes[i + 1] === 10);
  if (empty < 0 || empty > 64 + 45 * MAX_HASHES) return undefined;
  const [first = "", ...lines] = String.fromCharCode(...bytes.subarray(0, empty)).split("\n");
  const oldSize = readUint64(/^old (.*)$/.exec(first)?.[1] ?? "");
  const proof = lines.map(exactBase64);
  const isProof = (hashes: typeof proof): hashes is Uint8Array<ArrayBuffer>[] =>
    hashes.length <= MAX_HASHES && hashes.every((hash) => hash?.length === 32);
  if (oldSize === undefined || !isProof(proof)) return undefined;
  return { oldSize, proof, checkpoint: bytes.slice(empty + 2) };
}

/** What a witness keeps of a log: nothing, or the checkpoint that it cosigned last. */
export type Seen = Pick<Checkpoint, "size" | "root">;

/** What a witness answers, as HTTP has it. */
export interface WitnessAnswer {
  readonly status: 200 | 400 | 403 | 404 | 409 | 422;
  readonly body: string;
  /** `text/x.tlog.size` where the body is the size that the witness has. */
  readonly type: "text/plain; charset=utf-8" | "text/x.tlog.size";
  /** With 200: what has to be durable before the answer is given. */
  readonly seen?: Seen;
}

/** What a witness knows and has. */
export interface Witness {
  readonly engine: Pick<Engine, "verifyConsistency">;
  /** The keys of the logs that it watches, by their origins. */
  readonly logs: ReadonlyMap<string, NoteKey>;
  readonly name: NoteKey;
  readonly signer: Signer;
}

const answer = (status: WitnessAnswer["status"], body: string): WitnessAnswer => ({
  status,
  body: `${body}\n`,
  type: "text/plain; charset=utf-8",
});

/**
 * Answers a request to cosign.
 *
 * Guarantees: a cosignature is given only for a checkpoint that the log has signed, and that has
 * grown from `seen`. Who calls this must hold `seen` still until `answer.seen` is durable in its
 * place: otherwise an answer for an older size could come to stand over one for a newer.
 *
 * @param seenOf the checkpoint of an origin that was cosigned last
 * @param time seconds since 1970
 */
export function cosign(
  { engine, logs, name, signer }: Witness,
  body: Uint8Array,
  seenOf: (origin: string) => Seen | undefined,
  time: bigint,
): WitnessAnswer {
  const request = parseAddCheckpoint(body);
  const named = request === undefined ? undefined : originOf(request.checkpoint);
  if (request === undefined || named === undefined) return answer(400, "not a request to cosign");
  const log = logs.get(named);
  if (log === undefined) return answer(404, "unknown log");
  let checkpoint: Checkpoint;
  try {
    checkpoint = openCheckpoint(request.checkpoint, named, log);
  } catch (error) {
    if (!(error instanceof EvidenceError)) throw error;
    return answer(403, "invalid signature");
  }
  const { size, root } = checkpoint;
  if (request.oldSize > size) return answer(400, "the old size is above the checkpoint's");
  const seen = seenOf(named);
  const conflict = (): WitnessAnswer => ({
    ...answer(409, `${seen?.size ?? 0n}`),
    type: "text/x.tlog.size",
  });
  if (request.oldSize !== (seen?.size ?? 0n)) return conflict();
  if (seen !== undefined && seen.size === size && !sameBytes(seen.root, root)) return conflict();
  const grown = engine.verifyConsistency({
    oldSize: request.oldSize,
    oldRoot: seen?.root ?? merkleRoot([]),
    size,
    root,
    proof: request.proof,
  });
  if (!grown) return answer(422, "the consistency proof does not hold");
  const line = signNote(noteText(request.checkpoint), name, signer, time);
  return { status: 200, body: line, type: "text/plain; charset=utf-8", seen: { size, root } };
}

/** The origin that an unverified checkpoint names. */
function originOf(note: Uint8Array): string | undefined {
  try {
    return parseCheckpoint(noteText(note)).origin;
  } catch (error) {
    if (error instanceof EvidenceError) return undefined;
    throw error;
  }
}
