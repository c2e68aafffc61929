// Checks 4 to 6 of verify(), and of verifyStep(): the key, its signature over run.json, the pack.
// docs/spec/evidence.md, EVID-24.
import type { Engine, Pack } from "@reach-fabric/engine";
import { readPack, requireBlobs } from "../file/pack.ts";
import { namedKey } from "../file/run.ts";
import type { EvidenceRun } from "../file/run.ts";
import type { PublicKey } from "../keys/key.ts";
import { requireSignature } from "../signature/statement.ts";
import type { Findings } from "../trust/verdicts.ts";
import { requireAllowed, requireKey } from "./allowed.ts";
import type { Judging } from "./allowed.ts";

/** What was signed, as it stands in a file. */
export interface SignedParts {
  readonly document: EvidenceRun;
  readonly run: Uint8Array;
  readonly signature: Uint8Array;
  readonly blobs: ReadonlyMap<string, Uint8Array>;
}

/**
 * Requires that the holder of the key that run.json names has signed it, and that the pack is the one that it names.
 *
 * @param computing the verdict that fails where the policy does not allow engine or pack
 * @returns the bytes that the signature is over, and what is there of the pack
 */
export function requireSigned<C extends string>(
  engine: Engine,
  { document, run, signature, blobs }: SignedParts,
  policy: Judging,
  findings: Pick<Findings<"trusted" | C>, "attempt">,
  computing: C,
): { readonly key: PublicKey; readonly signed: Uint8Array; readonly pack: Pack | null } {
  // 4 the key: named by the file, trusted only if the policy says so
  const key = namedKey(document);
  findings.attempt("trusted", () => requireKey(policy, { key, endedAt: document.endedAt }));
  // 5 the signature is valid, over the statement that follows from these bytes
  const signed = requireSignature(engine, { document, run }, signature, key);
  // 6 every blob belongs to the pack that was signed; pack and engine are ones that may be used
  requireBlobs(engine, blobs);
  const pack = readPack(engine, document.pack, blobs);
  findings.attempt(computing, () => requireAllowed(policy, document));
  return { key, signed, pack };
}
