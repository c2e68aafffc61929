// Our strict verdicts about signatures (docs/spec/keys.md, KEY-2 to KEY-4), DSSE's encoding, and archives
// that nobody should read, against the vectors of others.
import { fromBase64, fromHex, fromUtf8, toHex, utf8 } from "@reach-fabric/engine";
import type { Engine } from "@reach-fabric/engine";
import { EvidenceError, publicKey, readPackFile } from "@reach-fabric/evidence";
import type { AlgorithmName } from "@reach-fabric/evidence";
import { readContainer, preAuthEncoding, isSignature } from "@reach-fabric/evidence/testing";
import { jsonOf } from "./suite.ts";
import type { Suite, SuiteResult, Vectors } from "./suite.ts";
import { unlikeTable } from "./verdicts.ts";
import type { Verdict } from "./verdicts.ts";

/** Whether Reach takes this signature: the key is enrolled first, as it always is. */
function accepts(
  key: string,
  message: Uint8Array,
  signature: string,
  alg: AlgorithmName = "Ed25519",
): boolean {
  try {
    return isSignature(publicKey(fromHex(key), alg), message, fromHex(signature));
  } catch (error) {
    if (error instanceof EvidenceError) return false;
    throw error;
  }
}

/** Counts the cases whose verdict is the one that is wanted. */
function tally(cases: Iterable<{ name: string; wanted: boolean; got: boolean }>): SuiteResult {
  const failed: string[] = [];
  let [passed, accepted] = [0, 0];
  for (const { name, wanted, got } of cases) {
    if (got) accepted += 1;
    if (wanted === got) passed += 1;
    else failed.push(`${name}: ${got ? "accepted" : "refused"}`);
  }
  return { passed, failed, skipped: [], notes: [`${accepted} accepted`] };
}

interface Wycheproof {
  readonly testGroups: readonly {
    readonly publicKey: { readonly pk: string };
    readonly tests: readonly {
      readonly tcId: number;
      readonly comment: string;
      readonly msg: string;
      readonly sig: string;
      readonly result: "valid" | "invalid" | "acceptable";
    }[];
  }[];
}

function wycheproof(_: Engine, vectors: Vectors): SuiteResult {
  const { testGroups } = jsonOf(
    vectors,
    "wycheproof/testvectors_v1/ed25519_test.json",
  ) as Wycheproof;
  return tally(
    testGroups.flatMap(({ publicKey: { pk }, tests }) =>
      tests.map(({ tcId, comment, msg, sig, result }) => ({
        name: `${tcId} ${comment}`,
        wanted: result === "valid",
        got: accepts(pk, fromHex(msg), sig),
      })),
    ),
  );
}

interface WycheproofEcdsa {
  readonly testGroups: readonly {
    readonly publicKey: { readonly uncompressed: string };
    readonly tests: Wycheproof["testGroups"][number]["tests"];
  }[];
}

/** n, the number of points of P-256: FIPS 186-5. */
const ORDER = 0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551n;

/** Whether S > n/2 in a signature that is DER: what Wycheproof calls valid is. */
function hasHighS(signature: string): boolean {
  const bytes = fromHex(signature);
  const s = bytes.subarray(4 + (bytes[3] ?? 0) + 2);
  return BigInt(`0x${toHex(s)}`) > ORDER / 2n;
}

/** Two numbers of 32 bytes as DER: a sequence of two integers, which are not negative. */
function asDer(numbers: Uint8Array): string {
  const integers = [numbers.subarray(0, 32), numbers.subarray(32)].map((number) => {
    const hex = BigInt(`0x${toHex(number)}`).toString(16);
    const even = hex.padStart(hex.length + (hex.length % 2), "0");
    const body = /^[89a-f]/.test(even) ? `00${even}` : even;
    return `02${(body.length / 2).toString(16).padStart(2, "0")}${body}`;
  });
  const body = integers.join("");
  return `30${(body.length / 2).toString(16)}${body}`;
}

/**
 * Every verdict is the vector's, but that of each valid signature two are made: S and n - S. Of those
 * Reach takes the one with the lower S, so that a signature has no twin.
 */
function wycheproofP256(_: Engine, vectors: Vectors): SuiteResult {
  const { testGroups } = jsonOf(
    vectors,
    "wycheproof/testvectors_v1/ecdsa_secp256r1_sha256_test.json",
  ) as WycheproofEcdsa;
  const cases = testGroups.flatMap(({ publicKey: { uncompressed }, tests }) =>
    tests.map(({ tcId, comment, msg, sig, result }) => ({
      name: `${tcId} ${comment}`,
      why: result !== "valid" ? "invalid" : hasHighS(sig) ? "valid, S > n/2" : "valid, S <= n/2",
      wanted: result === "valid" && !hasHighS(sig),
      got: accepts(uncompressed, fromHex(msg), sig, "P-256"),
    })),
  );
  return againstTable("wycheproof-p256", cases);
}

/** Tallies cases, and requires that the verdicts are those of the table. */
function againstTable(
  suite: string,
  cases: readonly { name: string; why: string; wanted: boolean; got: boolean }[],
): SuiteResult {
  const result = tally(cases);
  const verdicts = cases.map(({ why, got }): Verdict => ({ why, accepted: got }));
  return { ...result, failed: [...result.failed, ...unlikeTable(suite, verdicts)] };
}

/** What makes a signature of CCTV one that Reach refuses, in the order of the table. */
const REFUSED = [
  "non_canonical_A",
  "low_order_A",
  "low_order_component_A",
  "non_canonical_R",
  "reencoded_k",
];

/** The rest verifies, cofactored. */
const ACCEPTED = ["low_order_component_R", "low_order_R"];

function rowOf(flags: readonly string[]): string {
  const first = [...REFUSED, ...ACCEPTED].find((flag) => flags.includes(flag));
  if (first === undefined) return "no flag";
  return first === REFUSED[0] ? `\`${first}\`` : `else \`${first}\``;
}

interface CctvCase {
  readonly number: number;
  readonly key: string;
  readonly sig: string;
  readonly msg: string;
  readonly flags: readonly string[] | null;
}

function cctv(_: Engine, vectors: Vectors): SuiteResult {
  const cases = jsonOf(vectors, "cctv-ed25519/ed25519vectors.json") as CctvCase[];
  return againstTable(
    "cctv-ed25519",
    cases.map(({ number, key, sig, msg, flags }) => ({
      name: `${number} ${(flags ?? []).join(" ")}`,
      why: rowOf(flags ?? []),
      wanted: !(flags ?? []).some((flag) => REFUSED.includes(flag)),
      got: accepts(key, utf8(msg), sig),
    })),
  );
}

interface SpeccheckCase {
  readonly message: string;
  readonly pub_key: string;
  readonly signature: string;
}

/** In all twelve the key is not of prime order, or S is not below the group's order. */
function speccheck(_: Engine, vectors: Vectors): SuiteResult {
  const cases = jsonOf(vectors, "ed25519-speccheck/cases.json") as SpeccheckCase[];
  return againstTable(
    "ed25519-speccheck",
    cases.map(({ message, pub_key, signature }, i) => ({
      name: `${i}`,
      why: "all twelve",
      wanted: false,
      got: accepts(pub_key, fromHex(message), signature),
    })),
  );
}

/** A signature of the vectors, whoever would enrol its key. */
export interface SignatureCase {
  readonly name: string;
  readonly key: Uint8Array;
  readonly message: Uint8Array;
  readonly signature: Uint8Array;
}

/** All Ed25519 signatures of the vectors. */
export function ed25519Cases(vectors: Vectors): SignatureCase[] {
  const read = (path: string): unknown => jsonOf(vectors, path);
  const one = (name: string, key: string, message: Uint8Array, sig: string): SignatureCase => ({
    name,
    key: fromHex(key),
    message,
    signature: fromHex(sig),
  });
  const { testGroups } = read("wycheproof/testvectors_v1/ed25519_test.json") as Wycheproof;
  return [
    ...testGroups.flatMap(({ publicKey: { pk }, tests }) =>
      tests.map(({ tcId, msg, sig }) => one(`wycheproof ${tcId}`, pk, fromHex(msg), sig)),
    ),
    ...(read("cctv-ed25519/ed25519vectors.json") as CctvCase[]).map(({ number, key, msg, sig }) =>
      one(`cctv ${number}`, key, utf8(msg), sig),
    ),
    ...(read("ed25519-speccheck/cases.json") as SpeccheckCase[]).map(
      ({ message, pub_key, signature }, i) =>
        one(`speccheck ${i}`, pub_key, fromHex(message), signature),
    ),
  ];
}

interface Dsse {
  readonly payload: string;
  readonly payloadType: string;
  readonly pae: string;
  readonly key: { readonly x_dec: string; readonly y_dec: string };
  readonly envelope: { readonly signatures: readonly { readonly sig: string }[] };
}

/**
 * The encoding itself, and the signature of the specification (P-256) over it. That one is written as two
 * numbers; what DSSE says nothing about, cosign has as DER: Reach takes that alone.
 */
function dsse(_: Engine, vectors: Vectors): SuiteResult {
  const { payload, payloadType, pae, key, envelope } = jsonOf(
    vectors,
    "dsse/dsse-protocol.json",
  ) as Dsse;
  const encoded = preAuthEncoding(payloadType, utf8(payload));
  const [x = "", y = ""] = [key.x_dec, key.y_dec].map((decimal) =>
    BigInt(decimal).toString(16).padStart(64, "0"),
  );
  const point = `04${x}${y}`;
  const raw = fromBase64(envelope.signatures[0]?.sig ?? "");
  const der = asDer(raw);
  const changed = preAuthEncoding(`${payloadType}x`, utf8(payload));
  return tally([
    { name: "encoding", wanted: true, got: fromUtf8(encoded) === pae },
    { name: "signature over it", wanted: true, got: accepts(point, encoded, der, "P-256") },
    { name: "over another type", wanted: false, got: accepts(point, changed, der, "P-256") },
    { name: "not DER", wanted: false, got: accepts(point, encoded, toHex(raw), "P-256") },
  ]);
}

/**
 * Every archive of others, zip or tar, is refused whole, whatever is odd about it: as evidence and as a pack.
 * Neither reader writes anything.
 */
function archives(engine: Engine, vectors: Vectors): SuiteResult {
  const readers = {
    evidence: readContainer,
    pack: (bytes: Uint8Array) => readPackFile(engine, bytes),
  };
  return tally(
    vectors
      .list("archive-attacks")
      .filter((path) => /\.(zip|tar|tgz)$/.test(path))
      .flatMap((path) =>
        Object.entries(readers).map(([what, read]) => ({
          name: `${path} as ${what}`,
          wanted: false,
          got: isRead(() => read(vectors.bytes(path))),
        })),
      ),
  );
}

function isRead(read: () => unknown): boolean {
  try {
    read();
    return true;
  } catch (error) {
    if (error instanceof EvidenceError) return false;
    throw error;
  }
}

export const suites: Suite[] = [
  { name: "wycheproof-ed25519", run: wycheproof },
  { name: "wycheproof-p256", run: wycheproofP256 },
  { name: "cctv-ed25519", run: cctv },
  { name: "ed25519-speccheck", run: speccheck },
  { name: "dsse-pae", run: dsse },
  { name: "archive-attacks", run: archives },
];
