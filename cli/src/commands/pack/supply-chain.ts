// What a pack is made of, for those who keep books of such things: a CycloneDX 1.6 bill of materials and
// an SLSA v1.2 provenance. Both follow from the pack alone: the same pack has the same. docs/spec/pack.md,
// PACK-14 and PACK-15.
import type { Pack } from "@reach-fabric/engine";
import { manifestOf, packPredicate } from "@reach-fabric/evidence";
import type { PackFile, StatementName } from "@reach-fabric/evidence";
import { capabilitiesOf } from "../run/capabilities.ts";

type Predicate = Readonly<Record<string, unknown>>;

/** What a statement about a pack says of it. */
export function predicateOf(
  { pack, manifest }: PackFile,
  name: StatementName,
  version: string,
): Predicate {
  if (name === "pack") return packPredicate(manifest);
  return name === "sbom" ? bomOf(pack) : provenanceOf(pack, version);
}

/** The bill of materials: files, models that are asked, services that are called. */
export function bomOf(pack: Pack): Predicate {
  const { id, version, files } = manifestOf(pack);
  const capabilities = capabilitiesOf(pack);
  const unique = (names: readonly string[]): string[] => [...new Set(names)].sort();
  const models = unique(capabilities.flatMap((one) => (one.kind === "model" ? [one.name] : [])));
  const services = unique(
    capabilities.flatMap((one) =>
      one.kind === "http" ? [one.origin] : one.kind === "mcp" ? [one.server] : [],
    ),
  );
  return {
    bomFormat: "CycloneDX",
    specVersion: "1.6",
    serialNumber: `urn:uuid:${uuidOf(pack.digest)}`,
    version: 1,
    metadata: {
      component: {
        type: "application",
        "bom-ref": "pack",
        name: id,
        version,
        hashes: [{ alg: "SHA-256", content: pack.digest }],
      },
    },
    components: [
      ...files.map(({ path, sha256 }) => ({
        type: "file",
        "bom-ref": `file:${path}`,
        name: path,
        hashes: [{ alg: "SHA-256", content: sha256 }],
      })),
      ...models.map((name) => ({
        type: "machine-learning-model",
        "bom-ref": `model:${name}`,
        name,
      })),
    ],
    ...(services.length === 0
      ? {}
      : {
          services: services.map((origin) => ({
            "bom-ref": `service:${origin}`,
            name: origin,
            endpoints: [origin],
          })),
        }),
  };
}

/** A UUID of version 8 (RFC 9562) that follows from a digest. */
function uuidOf(digest: string): string {
  const hex = `${digest.slice(0, 12)}8${digest.slice(13, 16)}8${digest.slice(17, 32)}`;
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, "$1-$2-$3-$4-$5");
}

/** How the pack came to be: by this program, from these documents. */
function provenanceOf(pack: Pack, version: string): Predicate {
  const manifest = manifestOf(pack);
  const sources = manifest.files.filter(({ path }) => path.startsWith("sources/"));
  const inputs = sources.length > 0 ? sources : manifest.files;
  return {
    buildDefinition: {
      buildType: "urn:reach:pack-build:v1",
      externalParameters: { id: manifest.id, version: manifest.version },
      resolvedDependencies: inputs.map(({ path, sha256 }) => ({ name: path, digest: { sha256 } })),
    },
    runDetails: { builder: { id: "urn:reach:cli", version: { reach: version } } },
  };
}
