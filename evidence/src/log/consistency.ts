// The proof that a log has grown from one size to another, as a file. docs/spec/log.md, LOG-37.
import { toBase64 } from "@reach-fabric/engine";
import type { Engine } from "@reach-fabric/engine";
import { logGrowth } from "@reach-fabric/schema";
import { exactBase64 } from "../encoding/bytes.ts";
import { EvidenceError } from "../errors/errors.ts";
import { canonicalBytes, parseCanonicalJson } from "../encoding/json.ts";

/** A consistency proof between two sizes of a log. */
export interface ConsistencyProof {
  readonly origin: string;
  readonly from: bigint;
  readonly to: bigint;
  /** 32 bytes each, as RFC 9162, section 2.1.4 has them. */
  readonly hashes: readonly Uint8Array[];
}

/** The bytes of such a proof: one canonical JSON text. */
export const formatConsistencyProof = (
  engine: Engine,
  { origin, from, to, hashes }: ConsistencyProof,
): Uint8Array<ArrayBuffer> =>
  canonicalBytes(engine, {
    format: "reach/growth/v1",
    from: Number(from),
    hashes: hashes.map(toBase64),
    origin,
    to: Number(to),
  });

/**
 * Reads such a proof; nothing of it is verified.
 *
 * @throws EvidenceError `REACH-E5101` to `REACH-E5103` it is not such a proof
 *
 * @example
 * const { from, to, hashes } = parseConsistencyProof(engine, growth);
 */
export function parseConsistencyProof(engine: Engine, bytes: Uint8Array): ConsistencyProof {
  const what = "the proof of growth";
  const { origin, from, to, hashes } = parseCanonicalJson(engine, bytes, logGrowth, what);
  return {
    origin,
    from: BigInt(from),
    to: BigInt(to),
    hashes: hashes.map((text) => {
      const hash = exactBase64(text);
      if (hash?.length === 32) return hash;
      throw new EvidenceError("REACH-E5103", `${what}: a hash is not 32 bytes in base64`);
    }),
  };
}
