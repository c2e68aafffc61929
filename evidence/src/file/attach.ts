// Evidence and the pack that was left out of it, put together again; and the pack taken out, as one pack has many
// runs. docs/spec/evidence.md, EVID-32.
import { toHex } from "@reach-fabric/engine";
import type { Engine, Pack } from "@reach-fabric/engine";
import { EvidenceError } from "../errors/errors.ts";
import { writeContainer } from "./container.ts";
import { entriesOf } from "./layout.ts";
import { readRunDocument } from "./open.ts";
import { packBlobs, readPack, requireBlobs } from "./pack.ts";

/**
 * Evidence with its pack in it. What is in it of the pack already must be the pack's; where the pack comes from,
 * and who signed it, does not matter here.
 *
 * @throws EvidenceError `REACH-E5407` it is another pack than the one that ran; `REACH-E5401` to `REACH-E5403`
 *   blobs that are not the pack's; `REACH-E5007` over a limit; as the container and run.json are read
 *
 * @example
 * verify(engine, attachPack(engine, withoutPack, pack)).ok; // → true
 */
export function attachPack(engine: Engine, file: Uint8Array, pack: Pack): Uint8Array<ArrayBuffer> {
  const { document, layout } = readRunDocument(engine, file);
  requireBlobs(engine, layout.blobs);
  readPack(engine, document.pack, layout.blobs);
  const digest = toHex(engine.sha256(pack.manifest));
  if (digest !== document.pack) {
    throw new EvidenceError(
      "REACH-E5407",
      `the run was of the pack ${document.pack}, this one has the digest ${digest}`,
    );
  }
  return writeContainer(entriesOf({ ...layout, blobs: packBlobs(engine, pack) }));
}

/**
 * Evidence without its pack, which attachPack() puts in again.
 *
 * @throws EvidenceError as the container and run.json are read
 *
 * @example
 * attachPack(engine, stripPack(engine, file), pack); // → file
 */
export function stripPack(engine: Engine, file: Uint8Array): Uint8Array<ArrayBuffer> {
  const { layout } = readRunDocument(engine, file);
  return writeContainer(entriesOf({ ...layout, blobs: new Map() }));
}
