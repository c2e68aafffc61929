// Our strict Ed25519 verdicts (docs/spec/evidence.md, EVID-21 and EVID-22), DSSE's encoding, and zip
// files that nobody should read, against the vectors of others.
import { createPublicKey, verify as verifyWithNode } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fromHex, fromUtf8, utf8 } from "@reach-fabric/engine";
import type { Engine } from "@reach-fabric/engine";
import { EvidenceError, publicKey } from "@reach-fabric/evidence";
import { readContainer } from "../../evidence/src/container.ts";
import { preAuthEncoding } from "../../evidence/src/dsse.ts";
import { isSignature } from "../../evidence/src/keys.ts";
import type { Suite, SuiteResult } from "../conformance.ts";

const json = (vectors: string, file: string): unknown =>
  JSON.parse(readFileSync(join(vectors, file), "utf8"));

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

async function wycheproof(_: Engine, vectors: string): Promise<SuiteResult> {
  const { testGroups } = json(vectors, "wycheproof/testvectors_v1/ed25519_test.json") as Wycheproof;
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

async function cctv(_: Engine, vectors: string): Promise<SuiteResult> {
  const cases = json(vectors, "cctv-ed25519/ed25519vectors.json") as CctvCase[];
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
async function speccheck(_: Engine, vectors: string): Promise<SuiteResult> {
  const cases = json(vectors, "ed25519-speccheck/cases.json") as SpeccheckCase[];
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
async function dsse(_: Engine, vectors: string): Promise<SuiteResult> {
  const { payload, payloadType, pae, key, envelope } = json(
    vectors,
    "dsse/dsse-protocol.json",
  ) as Dsse;
  const encoded = preAuthEncoding(payloadType, utf8(payload));
  const coordinate = (decimal: string): string =>
    Buffer.from(BigInt(decimal).toString(16).padStart(64, "0"), "hex").toString("base64url");
  const p256 = createPublicKey({
    format: "jwk",
    key: { kty: "EC", crv: "P-256", x: coordinate(key.x_dec), y: coordinate(key.y_dec) },
  });
  const signature = Buffer.from(envelope.signatures[0]?.sig ?? "", "base64");
  const options = { key: p256, dsaEncoding: "ieee-p1363" as const };
  return tally([
    { name: "encoding", wanted: true, got: fromUtf8(encoded) === pae },
    {
      name: "signature over it",
      wanted: true,
      got: verifyWithNode("sha256", encoded, options, signature),
    },
  ]);
}

/** Every archive is refused as a container, whatever is wrong with it. */
async function archives(_: Engine, vectors: string): Promise<SuiteResult> {
  const folder = join(vectors, "archive-attacks/yauzl/test");
  const files = readdirSync(folder, { recursive: true, encoding: "utf8" }).filter((name) =>
    name.endsWith(".zip"),
  );
  return tally(
    files.sort().map((name) => ({
      name,
      wanted: false,
      got: isContainer(new Uint8Array(readFileSync(join(folder, name)))),
    })),
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
