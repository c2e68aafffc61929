// A signed pack to push.
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createEngine } from "@reach-fabric/engine";
import type { Pack } from "@reach-fabric/engine";
import {
  manifestOf,
  newKey,
  packPredicate,
  signerOf,
  signPack,
  writePackFile,
} from "@reach-fabric/evidence";
import { loadPack } from "@reach-fabric/host";

export const engine = createEngine();

const WORKFLOW =
  "document: {dsl: '1.0.3', namespace: t, name: plain, version: 1.2.0}\ndo: [{a: {set: {n: 1}}}]\n";

/** A key that follows from a number. */
export const keyFrom = (first: number): ReturnType<typeof newKey>["private"] =>
  newKey((size) => Uint8Array.from({ length: size }, (_, i) => first + i), "P-256").private;

export const publisher = keyFrom(1);

async function packOfWorkflow(): Promise<Pack> {
  const folder = mkdtempSync(join(tmpdir(), "reach-oci-"));
  try {
    const path = join(folder, "w.yaml");
    writeFileSync(path, WORKFLOW);
    return await loadPack(path);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** The pack of one workflow. */
export const pack = await packOfWorkflow();

/** Its own statement, signed. */
export const bundleBy = (key: typeof publisher): Uint8Array =>
  signPack(engine, pack, "pack", packPredicate(manifestOf(pack)), signerOf(key));

/** The pack, signed by its publisher. */
export const packFile = writePackFile(engine, pack, new Map([["pack", [bundleBy(publisher)]]]));
