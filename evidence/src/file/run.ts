// run.json: what one signature is about. docs/spec/evidence.md, EVID-6 to EVID-8.
import type { Engine } from "@reach-fabric/engine";
import { evidenceRun } from "@reach-fabric/schema";
import type { EvidenceRun } from "@reach-fabric/schema";
import { exactBase64 } from "../encoding/bytes.ts";
import { EvidenceError, quoted } from "../errors/errors.ts";
import { inShape, parseCanonical } from "../encoding/json.ts";
import { publicKey } from "../keys/key.ts";
import type { PublicKey } from "../keys/key.ts";

/** The version of the format that this program writes. */
export const FORMAT = "reach/evidence/v3";

/** Those that it reads. */
const FORMATS: readonly string[] = ["reach/evidence/v1", "reach/evidence/v2", FORMAT];

/** The members of run.json that are commitments, in the order of their disclosures. */
export const RUN_SLOTS = ["actor", "annotations", "decision", "tenant"] as const;

/**
 * Reads run.json.
 *
 * @throws EvidenceError `REACH-E5104` for a later version of the format, which could not be
 *   checked; `REACH-E5101` to `REACH-E5103` for anything else
 */
export function readRun(engine: Engine, bytes: Uint8Array): EvidenceRun {
  const what = "run.json";
  const value = parseCanonical(engine, bytes, what);
  const format = formatOf(value);
  if (!FORMATS.includes(format) && /^reach\/evidence\/v[1-9]\d{0,8}$/.test(format)) {
    throw new EvidenceError(
      "REACH-E5104",
      `the file has format ${format}, this program reads up to ${FORMAT}`,
    );
  }
  const run = inShape(evidenceRun, value, what);
  if (run.endedAt < run.startedAt) {
    throw new EvidenceError("REACH-E5103", `${what}: the run ended before it started`);
  }
  return run;
}

function formatOf(value: unknown): string {
  const format = typeof value === "object" && value !== null && "format" in value && value.format;
  return typeof format === "string" ? format : "";
}

/**
 * The key that run.json names as its signer's. That a signature is valid under it says that nothing
 * was changed since; whose key it is, run.json cannot say.
 *
 * @throws EvidenceError `REACH-E5201`, `REACH-E5202`
 */
export function namedKey({ key }: EvidenceRun): PublicKey {
  const bytes = exactBase64(key.public);
  if (bytes === undefined) {
    throw new EvidenceError("REACH-E5201", `run.json: ${quoted(key.public)} is not a public key`);
  }
  return publicKey(bytes);
}
