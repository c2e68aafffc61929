// Evidence and the pack that was left out of it, put together again. docs/spec/evidence.md, EVID-46.
import type { Engine, Pack } from "@reach-fabric/engine";
import { writeContainer } from "./container.ts";
import { EvidenceError } from "./errors.ts";
import { entriesOf } from "./layout.ts";
import { readDocument } from "./open.ts";
import { packBlobs } from "./pack.ts";

/**
 * Evidence with its pack in it. The pack's own digest is what counts: where it comes from, and who signed it,
 * does not matter here.
 *
 * @throws EvidenceError `REACH-E5407` it is another pack than the one that ran; as openEvidence() does
 *
 * @example
 * const report = verify(engine, attachPack(engine, file, pack));
 */
export function attachPack(engine: Engine, file: Uint8Array, pack: Pack): Uint8Array<ArrayBuffer> {
  const { document, layout } = readDocument(engine, file);
  if (pack.digest !== document.pack) {
    throw new EvidenceError(
      "REACH-E5407",
      `the run was of the pack ${document.pack}, this one has the digest ${pack.digest}`,
    );
  }
  return writeContainer(entriesOf({ ...layout, blobs: packBlobs(engine, pack) }));
}
