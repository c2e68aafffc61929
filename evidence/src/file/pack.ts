// The pack as it was run, as blobs: pack.json and its files. docs/spec/evidence.md, EVID-16.
import { fromUtf8, toHex } from "@reach-fabric/engine";
import type { Engine, Pack } from "@reach-fabric/engine";
import type { PackManifest } from "@reach-fabric/schema";
import { EvidenceError, quoted } from "../errors/errors.ts";
import { parseCanonical } from "../encoding/json.ts";
import { requireManifest } from "./manifest.ts";

const manifests = new WeakMap<Pack, PackManifest>();

/**
 * What pack.json of a pack says: read once for each pack, frozen, the same object every time. Nothing is
 * checked here: who made the pack has done so (loadPack(), openEvidence(), readPackFile()), and load() of the
 * engine holds its files against it.
 *
 * @throws for bytes that are no JSON in UTF-8
 *
 * @example
 * manifestOf(pack).workflows; // → ["loan.yaml"]
 */
export function manifestOf(pack: Pack): PackManifest {
  const known = manifests.get(pack);
  if (known !== undefined) return known;
  const freeze = (_name: string, value: unknown): unknown => Object.freeze(value);
  const manifest = JSON.parse(fromUtf8(pack.manifest), freeze) as PackManifest;
  manifests.set(pack, manifest);
  return manifest;
}

/** The blobs of a pack, by SHA-256. Files with equal content are one blob. */
export function packBlobs(engine: Engine, pack: Pack): Map<string, Uint8Array> {
  return new Map(
    [pack.manifest, ...pack.files.map(({ bytes }) => bytes)].map((bytes) => [
      toHex(engine.sha256(bytes)),
      bytes,
    ]),
  );
}

/**
 * Requires that every blob is what its name says.
 *
 * @throws EvidenceError `REACH-E5401`
 */
export function requireBlobs(engine: Engine, blobs: ReadonlyMap<string, Uint8Array>): void {
  for (const [digest, bytes] of blobs) {
    const actual = toHex(engine.sha256(bytes));
    if (actual !== digest) {
      throw new EvidenceError("REACH-E5401", `the blob ${digest} has SHA-256 ${actual}`);
    }
  }
}

/**
 * The pack with this digest, put together from blobs that are what their names say; null where not all
 * of it is enclosed. Every blob belongs to it.
 *
 * @throws EvidenceError `REACH-E5402` pack.json is none, or not what a file is; `REACH-E5403` a blob
 *   that the pack does not name
 */
export function readPack(
  engine: Engine,
  digest: string,
  blobs: ReadonlyMap<string, Uint8Array>,
): Pack | null {
  const manifest = blobs.get(digest);
  const strangers = new Set(blobs.keys());
  strangers.delete(digest);
  if (manifest === undefined) {
    refuseStrangers(strangers);
    return null;
  }
  const { files } = checkedManifest(engine, digest, manifest);
  const missing: string[] = [];
  const found = files.flatMap(({ path, sha256, size }) => {
    const bytes = blobs.get(sha256);
    strangers.delete(sha256);
    if (bytes === undefined) {
      missing.push(path);
      return [];
    }
    if (bytes.length !== size) {
      throw new EvidenceError(
        "REACH-E5402",
        `${quoted(path)} has ${bytes.length} bytes, pack.json says ${size}`,
      );
    }
    return [{ path, bytes }];
  });
  refuseStrangers(strangers);
  return missing.length > 0 ? null : { manifest, files: found, digest };
}

/** What bytes with this SHA-256 say as pack.json. */
function checkedManifest(engine: Engine, digest: string, bytes: Uint8Array): PackManifest {
  if (lastChecked?.digest !== digest) {
    const manifest = requireManifest(parseCanonical(engine, bytes, "pack.json"));
    lastChecked = { digest, manifest };
  }
  return lastChecked.manifest;
}

/** Files come in series from one pack. */
let lastChecked: { readonly digest: string; readonly manifest: PackManifest } | undefined;

function refuseStrangers(blobs: ReadonlySet<string>): void {
  const [first] = blobs;
  if (first !== undefined) {
    throw new EvidenceError("REACH-E5403", `the blob ${first} belongs to nothing in this file`);
  }
}
