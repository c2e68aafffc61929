// A pack in one file: the container of evidence with pack.json, signed statements about it, and its files
// by their digests. docs/spec/pack.md, PACK-4 to PACK-9.
//
// No path is in the archive: where a file of the pack goes is said by pack.json alone, whose paths are
// checked. So there is nothing in it that could lead out of a folder.
import { sameBytes, toHex } from "@reach-fabric/engine";
import type { Engine, Pack } from "@reach-fabric/engine";
import type { PackManifest } from "@reach-fabric/schema";
import { readBundle, verifiedPayload, writeBundle } from "../signature/bundle.ts";
import type { Bundle } from "../signature/bundle.ts";
import { readContainer, writeContainer } from "../file/container.ts";
import type { ContainerEntry } from "../file/container.ts";
import { EvidenceError, quoted } from "../errors/errors.ts";
import { formatStatement, parseForeign, readStatement } from "../signature/in-toto.ts";
import { requireAlgorithm } from "../keys/key.ts";
import type { PublicKey, Signer } from "../keys/key.ts";
import { blobName, digestOfBlob } from "../file/layout.ts";
import { manifestOf, packBlobs, readPack, requireBlobs } from "../file/pack.ts";

/** The statements that a pack file can hold, each signed by itself, in the order of their entries. */
export const STATEMENTS = ["pack", "provenance", "sbom"] as const;
export type StatementName = (typeof STATEMENTS)[number];

/** What each statement says it is: a name to compare. */
export const PREDICATES: Readonly<Record<StatementName, string>> = {
  pack: "urn:reach:pack:v1",
  provenance: "https://slsa.dev/provenance/v1",
  sbom: "https://cyclonedx.org/bom",
};

/** What a withdrawal of a pack says it is. */
export const YANK = "urn:reach:yank:v1";

/** Bundles of one type that a pack file can hold: the publisher's, and those of others who have signed it. */
export const MOST_BUNDLES = 16;

const bundleName = (name: StatementName, i: number): string =>
  i === 0 ? `${name}.sigstore.json` : `${name}.${i + 1}.sigstore.json`;

const namesOfBundles: ReadonlyMap<string, StatementName> = new Map(
  STATEMENTS.flatMap((name) =>
    Array.from({ length: MOST_BUNDLES }, (_, i) => [bundleName(name, i), name] as const),
  ),
);

/** Bundles by what they say they are; nothing in them is verified. */
export type Bundles = ReadonlyMap<StatementName, readonly Uint8Array[]>;

/** A pack with what was signed about it. */
export interface PackFile {
  readonly pack: Pack;
  readonly manifest: PackManifest;
  /** Of each type in the order of their SHA-256, none twice. */
  readonly bundles: Bundles;
}

/**
 * The one file of a pack with these bundles, whose order does not matter.
 *
 * @throws EvidenceError `REACH-E5007` more than 16 of one type
 *
 * @example
 * readPackFile(engine, writePackFile(engine, pack)).pack.digest === pack.digest; // → true
 */
export function writePackFile(
  engine: Engine,
  pack: Pack,
  bundles: Bundles = new Map(),
): Uint8Array<ArrayBuffer> {
  const blobs = packBlobs(engine, pack);
  blobs.delete(pack.digest);
  const entries: ContainerEntry[] = [
    { name: "pack.json", bytes: pack.manifest },
    ...STATEMENTS.flatMap((name) =>
      inOrder(engine, name, bundles.get(name) ?? []).map((bytes, i) => ({
        name: bundleName(name, i),
        bytes,
      })),
    ),
    ...[...blobs]
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([digest, bytes]) => ({ name: blobName(digest), bytes })),
  ];
  return writeContainer(entries);
}

/** Bundles in the one order that they have in a file. */
function inOrder(
  engine: Engine,
  name: StatementName,
  bundles: readonly Uint8Array[],
): readonly Uint8Array[] {
  const byDigest = new Map(bundles.map((bytes) => [toHex(engine.sha256(bytes)), bytes]));
  if (byDigest.size > MOST_BUNDLES) {
    throw new EvidenceError(
      "REACH-E5007",
      `a pack file has room for ${MOST_BUNDLES} ${name} statements, and these are ${byDigest.size}`,
    );
  }
  return [...byDigest].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, bytes]) => bytes);
}

/**
 * Reads a pack file: all files that pack.json lists, each with its digest and size, and no others.
 * Nothing about who signed it is checked: that is verifyPack().
 *
 * @throws EvidenceError `REACH-E5001` to `REACH-E5007` the container, `REACH-E5101`, `REACH-E5102`,
 *   `REACH-E5401` to `REACH-E5403` its content, `REACH-E5410` a file of it is missing
 *
 * @example
 * const { pack, manifest } = readPackFile(engine, packFile);
 */
export function readPackFile(engine: Engine, bytes: Uint8Array): PackFile {
  const own = bytes.buffer instanceof ArrayBuffer ? bytes : bytes.slice();
  const entries = readContainer(own);
  const [first] = entries;
  if (first?.name !== "pack.json") {
    throw new EvidenceError("REACH-E5006", "not a pack: the first entry is not pack.json");
  }
  const digest = toHex(engine.sha256(first.bytes));
  const blobs = new Map([[digest, first.bytes]]);
  const bundles = new Map<StatementName, Uint8Array[]>();
  for (const { name, bytes: content } of entries.slice(1)) {
    const statement = namesOfBundles.get(name);
    const blob = digestOfBlob(name);
    if (statement !== undefined) {
      bundles.set(statement, [...(bundles.get(statement) ?? []), content]);
    } else if (blob !== undefined && blob !== digest) blobs.set(blob, content);
    else throw new EvidenceError("REACH-E5003", `a pack has no entry ${quoted(name)}`);
  }
  requireBlobs(engine, blobs);
  const pack = readPack(engine, digest, blobs);
  if (pack === null) throw new EvidenceError("REACH-E5410", "a file of the pack is missing");
  if (!sameBytes(own, writePackFile(engine, pack, bundles))) {
    throw new EvidenceError("REACH-E5004", "the entries of the pack are not in their order");
  }
  return { pack, manifest: manifestOf(pack), bundles };
}

/**
 * The bundle of a statement about a pack: stock cosign checks it with the plain public key.
 *
 * @throws EvidenceError `REACH-E5206` a key of another algorithm than P-256
 *
 * @example
 * const publisher = newKey((n) => crypto.getRandomValues(new Uint8Array(n)), "P-256");
 * const predicate = packPredicate(manifestOf(pack));
 * const bundle = signPack(engine, pack, "pack", predicate, signerOf(publisher.private));
 * const one = writePackFile(engine, pack, new Map([["pack", [bundle]]]));
 * verifyPack(engine, one, { trustedKeys: [publicKeyOf(publisher.public)] }).ok; // → true
 */
export function signPack(
  engine: Engine,
  pack: Pack,
  name: StatementName,
  predicate: Readonly<Record<string, unknown>>,
  signer: Signer,
): Uint8Array<ArrayBuffer> {
  requireAlgorithm(signer.key, "P-256", "a pack");
  const subjects = [{ name: "pack.json", sha256: pack.digest }];
  const statement = formatStatement(engine, {
    subjects,
    predicateType: PREDICATES[name],
    predicate,
  });
  return writeBundle(engine, statement, signer);
}

/** What the own statement of a pack says of it. */
export const packPredicate = ({
  id,
  version,
}: Pick<PackManifest, "id" | "version">): Record<string, unknown> => ({
  format: "reach/pack/v1",
  id,
  version,
});

/**
 * Requires that what a publisher has signed is this id and this version.
 *
 * @throws EvidenceError `REACH-E5305`
 */
export function requireOwnPredicate(
  about: Pick<PackManifest, "id" | "version">,
  said: Readonly<Record<string, unknown>>,
): void {
  const wanted = Object.entries(packPredicate(about));
  const isSame =
    Object.keys(said).length === wanted.length &&
    wanted.every(([name, value]) => said[name] === value);
  if (isSame) return;
  throw new EvidenceError("REACH-E5305", "the signed statement is about another id or version");
}

/**
 * The predicate of a statement about a pack that this key signed.
 *
 * @throws EvidenceError `REACH-E5103`, `REACH-E5301` to `REACH-E5306`
 */
export function verifiedStatement(
  engine: Engine,
  bytes: Uint8Array,
  pack: Pack,
  name: StatementName,
  key: PublicKey,
): Readonly<Record<string, unknown>> {
  const bundle: Bundle = readBundle(engine, bytes, `the ${name} bundle`);
  const payload = verifiedPayload(bundle, key);
  const subjects = [{ name: "pack.json", sha256: pack.digest }];
  const predicateType = PREDICATES[name];
  return readStatement(engine, payload, { subjects, predicateType, isForeign: true });
}

/**
 * Which statement about this pack a bundle says it is. Nothing of it is verified.
 *
 * @throws EvidenceError `REACH-E5101` to `REACH-E5103`, `REACH-E5301`, `REACH-E5302`, `REACH-E5305` not such a
 *   statement, `REACH-E5306` one about another pack
 */
export function statementIn(engine: Engine, bytes: Uint8Array, pack: Pack): StatementName {
  const { payload, signatures } = readBundle(engine, bytes, "the bundle");
  if (signatures.length !== 1) {
    throw new EvidenceError(
      "REACH-E5301",
      `the bundle has ${signatures.length} signatures, not one`,
    );
  }
  return statementOf(engine, payload, pack);
}

/** Which statement about this pack a payload is. */
export function statementOf(engine: Engine, payload: Uint8Array, pack: Pack): StatementName {
  const said = parseForeign(engine, payload);
  const name = STATEMENTS.find((each) => PREDICATES[each] === said.predicateType);
  if (name === undefined) {
    const what = `the signed statement is a ${quoted(said.predicateType)}, which no pack has`;
    throw new EvidenceError("REACH-E5305", what);
  }
  const subjects = [{ name: "pack.json", sha256: pack.digest }];
  readStatement(engine, payload, { subjects, predicateType: said.predicateType, isForeign: true });
  return name;
}

/** The bundles with one more, in the place of what the same key has signed of its type. */
export function withBundle(
  engine: Engine,
  { pack, bundles }: Pick<PackFile, "pack" | "bundles">,
  name: StatementName,
  bundle: Uint8Array,
  key: PublicKey,
): Bundles {
  const others = (bundles.get(name) ?? []).filter(
    (each) => !isSignedBy(engine, each, pack, name, key),
  );
  return new Map([...bundles, [name, [...others, bundle]]]);
}

/** Whether a bundle is a statement about the pack that this key has signed. Never throws. */
export function isSignedBy(
  engine: Engine,
  bundle: Uint8Array,
  pack: Pack,
  name: StatementName,
  key: PublicKey,
): boolean {
  try {
    verifiedStatement(engine, bundle, pack, name, key);
    return true;
  } catch {
    return false;
  }
}
