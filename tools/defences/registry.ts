// Registries, and packs that several have signed.
import { PACK } from "./defence.ts";
import type { Defence } from "./defence.ts";

const CREDENTIALS = "host/test/oci/credentials.test.ts";
const REFERRERS = "host/test/oci/referrers.test.ts";
const MANY = "attack: PACK-20 many referrers";
const SLOW = "attack: PACK-20 answers that come a byte at a time";
const IMPORT = "evidence/test/pack/import.test.ts";
const FOREIGN = "attack: PACK-21 a bundle that is not what the key has signed about this pack";
const REDIRECTED = "attack: PACK-19 a host that is redirected to";
const TOKENS = "attack: PACK-19 a token of another host";
const DOWNGRADE = "attack: PACK-19 from TLS to plain HTTP";

export const registry: readonly Defence[] = [
  {
    attack: "a registry's answer in pieces of one byte",
    file: "host/src/oci/exchange.ts",
    take: " || pieces > mostPieces(limit)",
    put: "",
    test: "host/test/oci/pieces.test.ts",
    name: "attack: PACK-17 an answer in pieces of one byte is bounded by their number",
  },
  {
    attack: "a registry redirects, and what it redirects to asks for credentials",
    file: "host/src/oci/client.ts",
    take: "if (first.status !== 401 || !first.isOwn) return first;",
    put: "if (first.status !== 401) return first;",
    test: CREDENTIALS,
    name: REDIRECTED,
  },
  {
    attack: "a redirect takes the registry's token along",
    file: "host/src/oci/client.ts",
    take: "isOwn &&= target.origin === this.#base.origin;",
    put: "isOwn &&= true;",
    test: CREDENTIALS,
    name: REDIRECTED,
  },
  {
    attack: "a redirect leads back to the registry, with its credentials",
    file: "host/src/oci/client.ts",
    take: "isOwn &&= target.origin === this.#base.origin;",
    put: "isOwn = target.origin === this.#base.origin;",
    test: CREDENTIALS,
    name: REDIRECTED,
  },
  {
    attack: "a registry sends to another host for tokens",
    file: "host/src/oci/access.ts",
    take: "if (url.host === this.#base.host || this.#tokenHosts.some((name) => isNamed(url, name))) {",
    put: "if (url !== undefined) {",
    test: CREDENTIALS,
    name: TOKENS,
  },
  {
    attack: "credentials from TLS to plain HTTP, by a redirect",
    file: "host/src/oci/client.ts",
    take: "next === null || isWeaker(next, target)",
    put: "next === null",
    test: CREDENTIALS,
    name: DOWNGRADE,
  },
  {
    attack: "credentials from TLS to plain HTTP, for a token",
    file: "host/src/oci/access.ts",
    take: "if (url === null || isWeaker(url, this.#base)) throw this.denied();",
    put: "if (url === null) throw this.denied();",
    test: CREDENTIALS,
    name: DOWNGRADE,
  },
  {
    attack: "a registry has uploads sent to another host",
    file: "host/src/oci/client.ts",
    take: "if (url?.origin === this.#base.origin) return url;",
    put: "if (url !== null) return url;",
    test: CREDENTIALS,
    name: "PACK-19 uploads that are sent elsewhere are not sent",
  },
  {
    attack: "credentials in an error, from a file that holds something else",
    file: "host/src/oci/access.ts",
    take: 'hint: "Write user:password, in one line.",',
    put: 'hint: "Write user:password, in one line.", why: credentials,',
    test: CREDENTIALS,
    name: "PACK-19 no error shows credentials",
  },
  {
    attack: "credentials in an error, from a reference",
    file: "host/src/oci/reference.ts",
    take: 'text.replace(/^.*@(?!sha256:)/s, "***@")',
    put: "text",
    test: CREDENTIALS,
    name: "PACK-19 no error shows credentials",
  },
  {
    attack: "junk that hides the publisher's signature of a pack",
    file: "evidence/src/pack/verify-pack.ts",
    take: "refused.push(error);",
    put: "throw error;",
    test: PACK,
    name: "PACK-10 attack: junk in front of the publisher's bundle, whatever it is",
  },
  {
    attack: "one pack with the same signatures as several files",
    file: "evidence/src/pack/pack-file.ts",
    take: "return [...byDigest].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, bytes]) => bytes);",
    put: "return [...byDigest].map(([, bytes]) => bytes);",
    test: PACK,
    name: "PACK-4 no other order, no gap, none twice, none beyond the last",
  },
  {
    attack: "a referrer that is broken, in front of the publisher's",
    file: "host/src/oci/referrers.ts",
    take: "return skip(referrer.digest, error);",
    put: "throw error;",
    test: REFERRERS,
    name: "attack: PACK-20 listed first",
  },
  {
    attack: "a referrer whose bundle is broken, in front of the publisher's",
    file: "host/src/oci/referrers.ts",
    take: "return skip(digest, error);",
    put: "throw error;",
    test: REFERRERS,
    name: "attack: PACK-20 listed first",
  },
  {
    attack: "the publisher's bundle, said to have another size",
    file: "host/src/oci/referrers.ts",
    take: "[`${layer.digest} ${layer.size}`, layer]",
    put: "[layer.digest, layer]",
    test: REFERRERS,
    name: "attack: PACK-20 listed first",
  },
  {
    attack: "referrers without end",
    file: "host/src/oci/referrers.ts",
    take: "if (looked++ === MOST.referrers)",
    put: "if (looked++ < 0)",
    test: REFERRERS,
    name: "what comes behind it is not looked at, and that is told",
  },
  {
    attack: "pages of referrers without end",
    file: "host/src/oci/referrers.ts",
    take: "if (pages++ === MOST.pages)",
    put: "if (pages++ === 5 * MOST.pages)",
    test: REFERRERS,
    name: "PACK-20 pages",
  },
  {
    attack: "a thousand signatures of strangers, which hide the publisher's",
    file: "host/src/oci/referrers.ts",
    take: "for (const each of [...trusted, ...found.filter((one) => !trusted.has(one))]) {",
    put: "for (const each of found) {",
    test: REFERRERS,
    name: MANY,
  },
  {
    attack: "large bundles in the place of small ones",
    file: "host/src/oci/referrers.ts",
    take: ".sort((a, b) => a.size - b.size)",
    put: ".sort((a, b) => b.size - a.size)",
    test: REFERRERS,
    name: MANY,
  },
  {
    attack: "an answer of a registry that never ends",
    file: "host/src/oci/exchange.ts",
    take: "const late = AbortSignal.timeout(most);",
    put: "const late = AbortSignal.timeout(20 * most);",
    test: REFERRERS,
    name: SLOW,
  },
  {
    attack: "a bundle of another program, by another key",
    file: "evidence/src/pack/import.ts",
    take: `  const name = statementOf(engine, verifiedPayload(readBundle(engine, bundle, what), key), pack);
  const said = verifiedStatement(engine, bundle, pack, name, key);
  if (name === "pack") requireOwnPredicate(manifest, said);
`,
    put: "  const name = statementOf(engine, readBundle(engine, bundle, what).payload, pack);\n",
    test: IMPORT,
    name: FOREIGN,
  },
  {
    attack: "a bundle of another program, about another version",
    file: "evidence/src/pack/import.ts",
    take: 'if (name === "pack") requireOwnPredicate(manifest, said);',
    put: "void said;",
    test: IMPORT,
    name: FOREIGN,
  },
  {
    attack: "a bundle of another program, in a file as it stands",
    file: "evidence/src/signature/bundle.ts",
    take: "inShape(sigstoreBundle, parseCanonical(engine, bytes, what), what)",
    put: "inShape(sigstoreBundle, parseAnySpelling(engine, bytes, what), what)",
    test: IMPORT,
    name: "in a pack file a bundle still has one spelling",
  },
  {
    attack: "a password in what should be a reference, noted for good",
    file: "cli/src/commands/pack/registry.ts",
    take: "host.parseReference(reference);",
    put: "",
    test: "cli/test/pack.test.ts",
    name: "attack: a password in what should be a reference is never in the audit log",
  },
];
