// Packs in registries: an artifact with one layer, and each signed statement as an artifact that refers to
// it. docs/spec/pack.md, PACK-16 to PACK-18.
import { createEngine, utf8 } from "@reach-fabric/engine";
import { MOST_BUNDLES, readPackFile, writePackFile } from "@reach-fabric/evidence";
import type { StatementName } from "@reach-fabric/evidence";
import { ociIndex, ociManifest } from "@reach-fabric/schema";
import type { OciDescriptor, OciIndex, OciManifest } from "@reach-fabric/schema";
import { hostCode } from "../files/codes.ts";
import { ReachError } from "../files/error.ts";
import { digestOf, INDEX, MANIFEST, referrersTag, Repository } from "./client.ts";
import type { RegistryOptions } from "./access.ts";
import { parseReference } from "./reference.ts";

const PACK = "application/vnd.reach.pack.v1";
const LAYER = "application/vnd.reach.pack.v1+zip";
const BUNDLE = "application/vnd.dev.sigstore.bundle.v0.3+json";
const EMPTY = "application/vnd.oci.empty.v1+json";
const STATEMENT = "urn.reach.statement";

/** Largest pack, and largest bundle, that is taken from a registry. */
const MOST = { pack: 512 * 2 ** 20, bundle: 16 * 2 ** 20, referrers: 64 } as const;

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
 * @throws ReachError `REACH-E4141` to `REACH-E4145`; EvidenceError as readPackFile() does
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
  const found = await repository.getManifest(tag, INDEX);
  const { manifests } = found === undefined ? { manifests: [] } : shaped(ociIndex, found, tag);
  const own: OciDescriptor = {
    mediaType: MANIFEST,
    digest: digestOf(manifest),
    size: manifest.length,
    artifactType: BUNDLE,
    annotations: { [STATEMENT]: statement },
  };
  const others = manifests.filter(({ digest }) => digest !== own.digest);
  const index: OciIndex = { schemaVersion: 2, mediaType: INDEX, manifests: [...others, own] };
  await repository.putManifest(tag, encode(index), INDEX);
}

/**
 * Takes a pack from a registry, with the statements that refer to it, as one pack file. Every byte is
 * compared with its digest; who signed it is for verifyPack() to say.
 *
 * @throws ReachError `REACH-E4141` to `REACH-E4146`; EvidenceError as readPackFile() does
 */
export async function pullPack(
  reference: string,
  options: RegistryOptions = {},
): Promise<Pushed & { readonly bytes: Uint8Array<ArrayBuffer> }> {
  const { registry, name, reference: wanted } = parseReference(reference);
  const engine = createEngine();
  const repository = new Repository(registry, name, options);
  const found = await repository.getManifest(wanted, MANIFEST);
  if (found === undefined) throw notThere(reference);
  const manifest = shaped(ociManifest, found, reference);
  const [layer, ...more] = manifest.layers;
  const isPack = manifest.artifactType === PACK && layer?.mediaType === LAYER && more.length === 0;
  if (!isPack) throw notPack(reference, "its type or its layers are others");
  if (layer.size > MOST.pack) throw notPack(reference, "it is too large");
  const { pack } = readPackFile(engine, await repository.getBlob(layer.digest, layer.size));
  const digest = digestOf(found);
  const bundles = await statementsOf(repository, digest);
  const bytes = writePackFile(engine, pack, bundles);
  return { bytes, manifest: digest, digest: pack.digest, statements: [...bundles.keys()] };
}

/** The bundles that refer to a manifest; what is none, or cannot be had, means nothing. */
async function statementsOf(
  repository: Repository,
  digest: string,
): Promise<Map<StatementName, Uint8Array[]>> {
  const bundles = new Map<StatementName, Uint8Array[]>();
  const index = await repository.getReferrers(digest);
  if (index === undefined) return bundles;
  const { manifests } = shaped(ociIndex, index, digest);
  for (const { digest: refers, artifactType, annotations } of manifests.slice(0, MOST.referrers)) {
    const name = (["pack", "provenance", "sbom"] as const).find(
      (statement) => annotations?.[STATEMENT] === statement,
    );
    if (artifactType !== BUNDLE || name === undefined) continue;
    if ((bundles.get(name) ?? []).length === MOST_BUNDLES) continue;
    const bytes = await repository.getManifest(refers, MANIFEST);
    if (bytes === undefined) continue;
    const { layers, subject } = shaped(ociManifest, bytes, refers);
    const [layer] = layers;
    if (subject?.digest !== digest || layer === undefined || layer.size > MOST.bundle) continue;
    const bundle = await repository.getBlob(layer.digest, layer.size);
    bundles.set(name, [...(bundles.get(name) ?? []), bundle]);
  }
  return bundles;
}

/** JSON of a registry in its form: other members than those that are known are others' business. */
function shaped<T>(
  schema: { safeParse(value: unknown): { success: true; data: T } | { success: false } },
  bytes: Uint8Array,
  where: string,
): T {
  let value: unknown;
  try {
    value = JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(bytes));
  } catch {
    throw notPack(where, "its manifest is not JSON");
  }
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  throw notPack(where, "its manifest has another form");
}

const notPack = (where: string, why: string): ReachError =>
  new ReachError(hostCode.notAPack, "This is not a pack.", { where, why, exitCode: 1 });

const notThere = (where: string): ReachError =>
  new ReachError(hostCode.missing, "There is no such pack in the registry.", { where });
