// Our strict Ed25519 verdicts (docs/spec/evidence.md, EVID-21 and EVID-22), DSSE's encoding, and zip
// files that nobody should read, against the vectors of others.
import { fromHex, fromUtf8, utf8 } from "@reach-fabric/engine";
import type { Engine } from "@reach-fabric/engine";
import { EvidenceError, publicKey } from "@reach-fabric/evidence";
import { readContainer } from "../../evidence/src/container.ts";
import { preAuthEncoding } from "../../evidence/src/dsse.ts";
import { isSignature } from "../../evidence/src/keys.ts";
import { fromBase64, jsonOf } from "./suite.ts";
import type { Suite, SuiteResult, Vectors } from "./suite.ts";

/** Whether Reach takes this signature: the key is enrolled first, as it always is. */
function accepts(key: string, message: Uint8Array, signature: string): boolean {
  try {
    return isSignature(publicKey(fromHex(key)), message, fromHex(signature));
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

/** What makes a signature of CCTV one that Reach refuses; the rest verifies, cofactored. */
const REFUSED = [
  "low_order_A",
  "low_order_component_A",
  "non_canonical_A",
  "non_canonical_R",
  "reencoded_k",
];

interface CctvCase {
  readonly number: number;
  readonly key: string;
  readonly sig: string;
  readonly msg: string;
  readonly flags: readonly string[] | null;
}

function cctv(_: Engine, vectors: Vectors): SuiteResult {
  const cases = jsonOf(vectors, "cctv-ed25519/ed25519vectors.json") as CctvCase[];
  return tally(
    cases.map(({ number, key, sig, msg, flags }) => ({
      name: `${number} ${(flags ?? []).join(" ")}`,
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
  return tally(
    cases.map(({ message, pub_key, signature }, i) => ({
      name: `${i}`,
      wanted: false,
      got: accepts(pub_key, fromHex(message), signature),
    })),
  );
}

interface Dsse {
  readonly payload: string;
  readonly payloadType: string;
  readonly pae: string;
  readonly key: { readonly x_dec: string; readonly y_dec: string };
  readonly envelope: { readonly signatures: readonly { readonly sig: string }[] };
}

/** The encoding itself, and that the signature of the specification (P-256) is one over it. */
async function dsse(_: Engine, vectors: Vectors): Promise<SuiteResult> {
  const { payload, payloadType, pae, key, envelope } = jsonOf(
    vectors,
    "dsse/dsse-protocol.json",
  ) as Dsse;
  const encoded = preAuthEncoding(payloadType, utf8(payload));
  const coordinates = [key.x_dec, key.y_dec].map((decimal) =>
    fromHex(BigInt(decimal).toString(16).padStart(64, "0")),
  );
  const algorithm = { name: "ECDSA", namedCurve: "P-256", hash: "SHA-256" };
  const p256 = await crypto.subtle.importKey(
    "raw",
    new Uint8Array([4, ...coordinates.flatMap((bytes) => [...bytes])]),
    algorithm,
    false,
    ["verify"],
  );
  const signature = fromBase64(envelope.signatures[0]?.sig ?? "");
  return tally([
    { name: "encoding", wanted: true, got: fromUtf8(encoded) === pae },
    {
      name: "signature over it",
      wanted: true,
      got: await crypto.subtle.verify(algorithm, p256, signature, new Uint8Array(encoded)),
    },
  ]);
}

/** Every archive is refused as a container, whatever is wrong with it. */
function archives(_: Engine, vectors: Vectors): SuiteResult {
  return tally(
    vectors
      .list("archive-attacks/yauzl/test")
      .filter((path) => path.endsWith(".zip"))
      .map((path) => ({ name: path, wanted: false, got: isContainer(vectors.bytes(path)) })),
  );
}

function isContainer(bytes: Uint8Array): boolean {
  try {
    readContainer(bytes);
    return true;
  } catch (error) {
    if (error instanceof EvidenceError) return false;
    throw error;
  }
}

export const suites: Suite[] = [
  { name: "wycheproof-ed25519", run: wycheproof },
  { name: "cctv-ed25519", run: cctv },
  { name: "ed25519-speccheck", run: speccheck },
  { name: "dsse-pae", run: dsse },
  { name: "archive-attacks-zip", run: archives },
];
