// The packs of golden/runs, from fixed keys.
import { toBase64, utf8 } from "@reach-fabric/engine";
import {
  importStatement,
  newKey,
  packPredicate,
  publicKeyOf,
  publicKeyFile,
  readPackFile,
  signerOf,
  signPack,
  writePackFile,
} from "@reach-fabric/evidence";
import type { KeyFile, StatementName } from "@reach-fabric/evidence";
import { preAuthEncoding } from "@reach-fabric/evidence/testing";
import {
  engine,
  entries,
  fileOf,
  pack,
  pseudoRandom,
  withEntries,
} from "../evidence/test/fixtures/fixture.ts";
import type { Made } from "./runs.ts";

type Private = ReturnType<typeof newKey>["private"];

const publisher = newKey(pseudoRandom("publisher"), "P-256").private;
const auditor = newKey(pseudoRandom("auditor"), "P-256").private;
const stranger = newKey(pseudoRandom("stranger"), "P-256").private;

const shown = (key: Private): KeyFile => publicKeyFile(publicKeyOf(key));
/** Who has signed them. */
export const packKeys: Readonly<Record<string, KeyFile>> = {
  publisher: shown(publisher),
  auditor: shown(auditor),
};

const { manifest } = readPackFile(engine, writePackFile(engine, pack));
const says = packPredicate(manifest);

const signed = (
  key: Private,
  name: StatementName = "pack",
  predicate: Record<string, unknown> = says,
): Uint8Array => signPack(engine, pack, name, predicate, signerOf(key));

function made(bundles: Partial<Record<StatementName, Uint8Array[]>>): Uint8Array<ArrayBuffer> {
  const named = Object.entries(bundles) as [StatementName, Uint8Array[]][];
  return writePackFile(engine, pack, new Map(named));
}

/** Its entries under other names, in the order of the names. */
function renamed(file: Uint8Array, names: Readonly<Record<string, string>>): Uint8Array {
  const parts = [...entries(file)].map(([name, bytes]) => [names[name] ?? name, bytes] as const);
  const bundles = parts.filter(([name]) => name.includes("sigstore"));
  const number = (name: string): number => Number(/\d+/.exec(name)?.[0] ?? 1);
  bundles.sort(([a], [b]) => number(a) - number(b));
  const [json] = parts;
  if (json === undefined) throw new Error("an empty pack");
  const blobs = parts.filter(([name]) => name.startsWith("blobs/"));
  return fileOf(new Map([json, ...bundles, ...blobs]));
}

/** As cosign writes it: v0.1, members in its own order, a hint of its own. */
function foreign(): Uint8Array {
  const statement = {
    _type: "https://in-toto.io/Statement/v0.1",
    subject: [{ name: "pack.json", digest: { sha256: pack.digest } }],
    predicateType: "urn:reach:pack:v1",
    predicate: says,
  };
  const payload = utf8(JSON.stringify(statement));
  const payloadType = "application/vnd.in-toto+json";
  const sig = toBase64(signerOf(publisher).sign(preAuthEncoding(payloadType, payload)));
  const bundle = {
    mediaType: "application/vnd.dev.sigstore.bundle.v0.3+json",
    verificationMaterial: { publicKey: { hint: "c29tZSBoaW50" } },
    dsseEnvelope: { payload: toBase64(payload), payloadType, signatures: [{ sig }] },
  };
  return utf8(JSON.stringify(bundle));
}

/** The pack of the runs, signed in several ways, and files that are no packs. */
export function packs(): Made[] {
  const sbom = (key: Private): Uint8Array => signed(key, "sbom", { bomFormat: "CycloneDX" });
  const one = made({ pack: [signed(publisher)], sbom: [sbom(publisher)] });
  const two = made({ pack: [signed(publisher), signed(auditor)] });
  const [first, second] = ["pack.sigstore.json", "pack.2.sigstore.json"] as const;
  const junk = Array.from({ length: 12 }, (_, i) =>
    i % 2 === 0 ? utf8(`junk ${i}`) : signed(stranger, "pack", { ...says, version: `${i}.0.0` }),
  );
  const full = made({ pack: [...junk, signed(publisher), signed(auditor)] });
  const sample = (
    name: string,
    why: string,
    rule: Made["rule"],
    trusts: string,
    make: () => Uint8Array,
  ): Made => ({ file: `${name}.pack`, why, rule, trusts, make });
  return [
    sample("signed", "a pack that its publisher has signed", "PACK-10", "publisher", () => one),
    sample("signed.two", "two have signed it: the one", "PACK-10", "publisher", () => two),
    sample("signed.two", "two have signed it: the other", "PACK-10", "auditor", () => two),
    sample("signed.junk", "junk before and behind it", "PACK-10", "publisher", () => full),
    sample("signed.other", "signed by another", "PACK-10", "publisher", () =>
      made({ pack: [signed(auditor)], sbom: [sbom(publisher)] }),
    ),
    sample("signed.version", "its publisher signed another version", "PACK-10", "publisher", () =>
      made({ pack: [signed(publisher, "pack", { ...says, version: "9.9.9" })] }),
    ),
    sample("signed.cosign", "signed by cosign, and put in", "PACK-21", "publisher", () => {
      const file = readPackFile(engine, one);
      return made({
        pack: [importStatement(engine, foreign(), file, publicKeyOf(publisher)).bundle],
      });
    }),
    sample("signed.as-is", "signed by cosign, as it stands", "PACK-21", "publisher", () =>
      made({ pack: [foreign()] }),
    ),
    sample("signed.turned", "two bundles in the other order", "PACK-4", "publisher", () =>
      renamed(two, { [first]: second, [second]: first }),
    ),
    sample("signed.twice", "one bundle twice", "PACK-4", "publisher", () =>
      withEntries(two, { [second]: entries(two).get(first) }),
    ),
    sample("signed.gap", "no second bundle before the third", "PACK-4", "publisher", () =>
      renamed(two, { [second]: "pack.3.sigstore.json" }),
    ),
    sample("signed.beyond", "a bundle beyond the sixteenth", "PACK-4", "publisher", () =>
      renamed(two, { [second]: "pack.17.sigstore.json" }),
    ),
  ];
}
