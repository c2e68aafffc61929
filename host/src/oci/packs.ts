// Packs in registries: an artifact with one layer, and each signed statement as an artifact that refers to
// it. docs/spec/pack.md, PACK-16 to PACK-18.
import { createEngine, utf8 } from "@reach-fabric/engine";
import { readPackFile, STATEMENTS, writePackFile } from "@reach-fabric/evidence";
import type { PublicKey, StatementName } from "@reach-fabric/evidence";
import { ociDescriptor, ociIndex, ociManifest } from "@reach-fabric/schema";
import type { OciDescriptor, OciIndex, OciManifest } from "@reach-fabric/schema";
import { hostCode } from "../files/codes.ts";
import { ReachError } from "../files/error.ts";
import { digestOf, INDEX, MANIFEST, referrersTag, Repository } from "./client.ts";
import type { RegistryOptions } from "./access.ts";
import { notPack, parsed } from "./parsed.ts";
import { parseReference } from "./reference.ts";
import { BUNDLE, statementsAbout } from "./referrers.ts";
import type { Skipped } from "./referrers.ts";

const PACK = "application/vnd.reach.pack.v1";
const LAYER = "application/vnd.reach.pack.v1+zip";
const EMPTY = "application/vnd.oci.empty.v1+json";
const STATEMENT = "urn.reach.statement";

/** Largest pack that is taken from a registry. */
const MOST = 512 * 2 ** 20;

const encode = (value: unknown): Uint8Array => utf8(JSON.stringify(value));
const nothing = encode({});
const config: OciDescriptor = { mediaType: EMPTY, digest: digestOf(nothing), size: nothing.length };

/** Where a pack is in a registry. */
export interface Pushed {
  /** Of its manifest: what to pull it by. */
  readonly manifest: string;
  /** The pack's own, as everywhere. */
  readonly digest: string;
  readonly statements: readonly StatementName[];
}

/**
 * Puts a pack file into a registry, under a tag, with its signed statements as referrers.
 *
 * @throws ReachError `REACH-E4141` to `REACH-E4148`; EvidenceError as readPackFile() does
 *
 * @example
 * await pushPack(`${registry}/acme/loan:1.2.0`, packFile, { credentials, plainHttp: true });
 */
export async function pushPack(
  reference: string,
  bytes: Uint8Array,
  options: RegistryOptions = {},
): Promise<Pushed> {
  const { registry, name, reference: tag } = parseReference(reference);
  const engine = createEngine();
  const { pack, manifest: about, bundles } = readPackFile(engine, bytes);
  const repository = new Repository(registry, name, options);
  const layer = writePackFile(engine, pack);
  const manifest = artifact(PACK, {
    mediaType: LAYER,
    digest: await repository.putBlob(layer),
    size: layer.length,
    annotations: {
      "org.opencontainers.image.title": `${about.id.replace("/", "-")}-${about.version}.pack`,
    },
  });
  await repository.putBlob(nothing);
  await repository.putManifest(tag, manifest, MANIFEST);
  const subject = { mediaType: MANIFEST, digest: digestOf(manifest), size: manifest.length };
  const all = [...bundles].flatMap(([name, each]) => each.map((bundle) => [name, bundle] as const));
  for (const [statement, bundle] of all) {
    const digest = await repository.putBlob(bundle);
    const refers = artifact(
      BUNDLE,
      { mediaType: BUNDLE, digest, size: bundle.length },
      subject,
      statement,
    );
    const own = digestOf(refers);
    const isKept = await repository.putManifest(own, refers, MANIFEST);
    if (!isKept) await addReferrer(repository, subject.digest, refers, statement);
  }
  return { manifest: subject.digest, digest: pack.digest, statements: [...bundles.keys()] };
}

function artifact(
  artifactType: string,
  layer: OciDescriptor,
  subject?: OciDescriptor,
  statement?: StatementName,
): Uint8Array {
  return encode({
    schemaVersion: 2,
    mediaType: MANIFEST,
    artifactType,
    config,
    layers: [layer],
    ...(subject === undefined ? {} : { subject }),
    ...(statement === undefined ? {} : { annotations: { [STATEMENT]: statement } }),
  } satisfies OciManifest);
}

/** A registry without the referrers API: an index under a tag that is made of the subject's digest. */
async function addReferrer(
  repository: Repository,
  subject: string,
  manifest: Uint8Array,
  statement: StatementName,
): Promise<void> {
  const tag = referrersTag(subject);
  const found = await repository.getManifest(tag, { accept: INDEX });
  const { manifests } = found === undefined ? { manifests: [] } : parsed(ociIndex, found, tag);
  const own: OciDescriptor = {
    mediaType: MANIFEST,
    digest: digestOf(manifest),
    size: manifest.length,
    artifactType: BUNDLE,
    annotations: { [STATEMENT]: statement },
  };
  // What others have written there stays as it is.
  const others = manifests.filter(
    (each) => ociDescriptor.safeParse(each).data?.digest !== own.digest,
  );
  const index: OciIndex = { schemaVersion: 2, mediaType: INDEX, manifests: [...others, own] };
  await repository.putManifest(tag, encode(index), INDEX);
}

/** How a pack is pulled. */
export interface PullOptions extends RegistryOptions {
  /** P-256 keys of publishers: what they have signed comes first, where there is more than a pack file holds. */
  readonly trustedKeys?: readonly PublicKey[];
}

/** A pack that was pulled. */
export interface Pulled extends Pushed {
  /** The pack file. */
  readonly bytes: Uint8Array<ArrayBuffer>;
  /** Referrers that were passed over, and why. */
  readonly skipped: readonly Skipped[];
}

/**
 * Takes a pack from a registry, with the statements that refer to it, as one pack file. Every byte is
 * compared with its digest; who signed it is for verifyPack() to say. A referrer that is broken, missing, late or
 * about something else spoils nothing: it is named in `skipped`.
 *
 * @throws ReachError `REACH-E4141` to `REACH-E4148`; EvidenceError as readPackFile() does
 *
 * @example
 * const pushed = await pushPack(`${registry}/acme/loan:1.2.0`, packFile, { plainHttp: true });
 * const { bytes, digest, skipped } = await pullPack(`${registry}/acme/loan:1.2.0`, { plainHttp: true });
 * digest === pushed.digest; // → true
 */
export async function pullPack(reference: string, options: PullOptions = {}): Promise<Pulled> {
  const { registry, name, reference: wanted } = parseReference(reference);
  const engine = createEngine();
  const repository = new Repository(registry, name, options);
  const found = await repository.getManifest(wanted, { accept: MANIFEST });
  if (found === undefined) throw notThere(reference);
  const manifest = parsed(ociManifest, found, reference);
  const [layer, ...more] = manifest.layers;
  const isPack = manifest.artifactType === PACK && layer?.mediaType === LAYER && more.length === 0;
  if (!isPack) throw notPack(reference, "its type or its layers are others");
  if (layer.size > MOST) throw notPack(reference, "it is too large");
  const { pack } = readPackFile(engine, await repository.getBlob(layer.digest, layer.size));
  const digest = digestOf(found);
  const { trustedKeys = [], patience } = options;
  const search = { engine, pack, manifest: digest, trustedKeys, patience };
  const { bundles, skipped } = await statementsAbout(repository, search);
  const bytes = writePackFile(engine, pack, bundles);
  const statements = STATEMENTS.filter((each) => bundles.has(each));
  return { bytes, manifest: digest, digest: pack.digest, statements, skipped };
}

const notThere = (where: string): ReachError =>
  new ReachError(hostCode.missing, "There is no such pack in the registry.", { where });
