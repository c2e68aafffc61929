// The signature of evidence for other programs. docs/spec/evidence.md, EVID-12.
import type { Engine } from "@reach-fabric/engine";
import { bundleOfRun, requireSignature } from "../signature/statement.ts";
import { readRunDocument } from "./open.ts";
import { namedKey } from "./run.ts";

/**
 * The signature of a .reach file as a Sigstore bundle: of the in-toto statement that follows from its run.json, for
 * programs that take those, such as cosign. It says nothing that the file does not say.
 *
 * @throws EvidenceError as the container and run.json are read; `REACH-E5303` the signature is not valid
 *
 * @example
 * JSON.parse(fromUtf8(bundleOf(engine, bytes))).mediaType;
 * // → "application/vnd.dev.sigstore.bundle.v0.3+json"
 */
export function bundleOf(engine: Engine, file: Uint8Array): Uint8Array<ArrayBuffer> {
  const { document, layout } = readRunDocument(engine, file);
  const key = namedKey(document);
  const run = { document, run: layout.run };
  requireSignature(engine, run, layout.signature, key);
  return bundleOfRun(engine, run, layout.signature, key);
}
