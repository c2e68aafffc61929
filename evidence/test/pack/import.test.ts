// Statements about packs that stock programs have signed: docs/spec/pack.md, PACK-21.
import { fromHex, fromUtf8, toBase64, utf8 } from "@reach-fabric/engine";
import {
  importStatement,
  importWithdrawal,
  newKey,
  packPredicate,
  publicKeyOf,
  publicKeyPem,
  readKeyFile,
  readPackFile,
  signerOf,
  signPack,
  verifyPack,
  writePackFile,
} from "@reach-fabric/evidence";
import { preAuthEncoding } from "@reach-fabric/evidence/testing";
import { createHash, createPrivateKey, generateKeyPairSync, sign } from "node:crypto";
import { describe, expect, test } from "vitest";
import { codeOf, counting, engine, pack, pseudoRandom, signer } from "../fixtures/fixture.ts";

const file = readPackFile(engine, writePackFile(engine, pack));
const pair = generateKeyPairSync("ec", { namedCurve: "P-256" });
const pem = pair.publicKey.export({ type: "spki", format: "pem" });
const key = publicKeyOf(readKeyFile(engine, pem));
const TYPE = "application/vnd.in-toto+json";

/** What cosign 3.1.1 writes: v0.1, members in its own order, a hint of its own, and either S. */
interface Said {
  readonly statement?: Record<string, unknown>;
  readonly payload?: string;
  readonly envelope?: Record<string, unknown>;
  readonly material?: Record<string, unknown>;
  readonly more?: Record<string, unknown>;
  readonly s?: "high" | "low";
}
const subject = [{ name: "pack.json", digest: { sha256: pack.digest } }];
const statement = {
  _type: "https://in-toto.io/Statement/v0.1",
  subject,
  predicateType: "urn:reach:pack:v1",
  predicate: packPredicate(file.manifest),
};
const N = 0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551n;

/** Signs again until S is as wanted: half of all are high, and cosign takes what it gets. */
function signature(payload: string, s: "high" | "low"): Uint8Array {
  for (;;) {
    const der = sign("sha256", preAuthEncoding(TYPE, utf8(payload)), pair.privateKey);
    const value = BigInt(`0x${der.subarray(6 + (der[3] ?? 0)).toString("hex")}`);
    if (value > N / 2n === (s === "high")) return der;
  }
}

function fromCosign(said: Said = {}): string {
  const payload = said.payload ?? JSON.stringify({ ...statement, ...said.statement });
  const sig = toBase64(signature(payload, said.s ?? "low"));
  return JSON.stringify({
    mediaType: "application/vnd.dev.sigstore.bundle.v0.3+json",
    verificationMaterial: {
      publicKey: { hint: createHash("sha256").update(pem).digest("base64") },
      ...said.material,
    },
    dsseEnvelope: {
      payload: toBase64(utf8(payload)),
      payloadType: TYPE,
      signatures: [{ sig }],
      ...said.envelope,
    },
    ...said.more,
  });
}

const taken = (text: string): ReturnType<typeof importStatement> =>
  importStatement(engine, utf8(text), file, key);
const refused = (text: string): string => codeOf(() => taken(text));
const signedWith = (bundle: Uint8Array): Uint8Array =>
  writePackFile(engine, pack, new Map([["pack", [bundle]]]));

describe("PACK-21 a bundle from cosign", () => {
  test.each(["low", "high"] as const)("is taken and verifies, with a %s S", (s) => {
    const { name, bundle } = taken(fromCosign({ s }));
    expect(name).toBe("pack");
    const report = verifyPack(engine, signedWith(bundle), { trustedKeys: [key] });
    expect([report.exitCode, report.key?.id]).toEqual([0, key.id]);
  });

  test("has the form that Reach writes, and the bytes that were signed", () => {
    const { bundle } = taken(fromCosign());
    const { verificationMaterial, dsseEnvelope } = JSON.parse(fromUtf8(bundle)) as {
      verificationMaterial: unknown;
      dsseEnvelope: { payload: string };
    };
    expect(fromUtf8(engine.canonicalize(bundle))).toBe(fromUtf8(bundle));
    expect(verificationMaterial).toEqual({ publicKey: { hint: key.id } });
    expect(atob(dsseEnvelope.payload)).toBe(JSON.stringify(statement));
    expect(taken(fromUtf8(bundle)).bundle).toEqual(bundle);
  });

  test.each([
    ["blanks between all", () => JSON.stringify(JSON.parse(fromCosign()), null, 3)],
    ["escapes", () => fromCosign().replace("mediaType", String.raw`\u006dediaType`)],
    ["v1", () => fromCosign({ statement: { _type: "https://in-toto.io/Statement/v1" } })],
    ["a payload with blanks", () => fromCosign({ payload: JSON.stringify(statement, null, 2) })],
    ["log entries", () => fromCosign({ material: { tlogEntries: [{ logIndex: "1" }] } })],
    ["time stamps", () => fromCosign({ material: { timestampVerificationData: {} } })],
    ["no hint", () => fromCosign({ material: { publicKey: {} } })],
    ["a key id", () => fromCosign().replace('"sig":', '"keyid":"x","sig":')],
  ])("in another spelling: %s", (_, text) => {
    const { bundle } = taken(text());
    expect(verifyPack(engine, signedWith(bundle), { trustedKeys: [key] }).exitCode).toBe(0);
  });

  test("of each type, told by what is signed", () => {
    for (const [name, predicateType] of [
      ["provenance", "https://slsa.dev/provenance/v1"],
      ["sbom", "https://cyclonedx.org/bom"],
    ]) {
      expect(taken(fromCosign({ statement: { predicateType, predicate: {} } })).name).toBe(name);
    }
  });
});

describe("attack: PACK-21 a bundle that is not what the key has signed about this pack", () => {
  test.each([
    ["another key", "REACH-E5303", () => fromUtf8(strangers())],
    ["another payload", "REACH-E5303", () => withPayload({ ...statement, predicate: {} })],
    ["another pack", "REACH-E5306", () => fromCosign({ statement: { subject: about("ab") } })],
    ["another file", "REACH-E5305", () => fromCosign({ statement: { subject: named("x") } })],
    [
      "two subjects",
      "REACH-E5305",
      () => fromCosign({ statement: { subject: [...subject, ...subject] } }),
    ],
    [
      "another id",
      "REACH-E5305",
      () => fromCosign({ statement: { predicate: { ...statement.predicate, id: "t/x" } } }),
    ],
    [
      "more in it",
      "REACH-E5305",
      () => fromCosign({ statement: { predicate: { ...statement.predicate, x: 1 } } }),
    ],
    [
      "another type",
      "REACH-E5305",
      () => fromCosign({ statement: { predicateType: "urn:reach:evidence:v1" } }),
    ],
    [
      "a version of in-toto that is none",
      "REACH-E5305",
      () => fromCosign({ statement: { _type: "https://in-toto.io/Statement/v2" } }),
    ],
    [
      "a member twice, signed",
      "REACH-E5101",
      () =>
        fromCosign({
          payload: JSON.stringify(statement).replace("{", '{"predicateType":"urn:x",'),
        }),
    ],
    ["a member twice", "REACH-E5101", () => fromCosign().replace("{", '{"mediaType":"x",')],
    ["behind its end", "REACH-E5101", () => `${fromCosign()}{}`],
    ["no signature", "REACH-E5301", () => fromCosign({ envelope: { signatures: [] } })],
    [
      "two signatures",
      "REACH-E5301",
      () => fromCosign({ envelope: { signatures: [{ sig: "AA==" }, { sig: "AA==" }] } }),
    ],
    ["no DER", "REACH-E5303", () => fromCosign({ envelope: { signatures: [{ sig: "AA==" }] } })],
    [
      "another base64",
      "REACH-E5302",
      () => fromCosign({ envelope: { signatures: [{ sig: "AA" }] } }),
    ],
    [
      "another payload type",
      "REACH-E5103",
      () => fromCosign({ envelope: { payloadType: "text/plain" } }),
    ],
    [
      "a certificate",
      "REACH-E5103",
      () => fromCosign({ material: { certificate: { rawBytes: "AA==" } } }),
    ],
    [
      "a key in it",
      "REACH-E5103",
      () => fromCosign({ material: { publicKey: { hint: "x", rawBytes: "AA==" } } }),
    ],
    ["members that it does not have", "REACH-E5103", () => fromCosign({ more: { x: 1 } })],
    [
      "another version",
      "REACH-E5103",
      () => fromCosign({ more: { mediaType: "application/vnd.dev.sigstore.bundle.v0.4+json" } }),
    ],
    [
      "a signature of a file",
      "REACH-E5103",
      () => '{"mediaType":"application/vnd.dev.sigstore.bundle.v0.3+json","messageSignature":{}}',
    ],
  ])("%s: %s", (_, code, text) => {
    expect(refused(text())).toBe(code);
  });

  const about = (hex: string): object[] => [
    { name: "pack.json", digest: { sha256: hex.repeat(32) } },
  ];
  const named = (name: string): object[] => subject.map((each) => ({ ...each, name }));
  const strangers = (): Uint8Array =>
    signPack(
      engine,
      pack,
      "pack",
      packPredicate(file.manifest),
      signerOf(newKey(pseudoRandom("stranger"), "P-256").private),
    );
  function withPayload(said: object): string {
    const bundle = JSON.parse(fromCosign()) as { dsseEnvelope: { payload: string } };
    bundle.dsseEnvelope.payload = toBase64(utf8(JSON.stringify(said)));
    return JSON.stringify(bundle);
  }

  test("a key of Ed25519", () => {
    const own = (): unknown => importStatement(engine, utf8(fromCosign()), file, signer.key);
    expect(codeOf(own)).toBe("REACH-E5206");
  });

  test("the pack of another digest", () => {
    const other = readPackFile(engine, writePackFile(engine, counting(3)));
    expect(codeOf(() => importStatement(engine, utf8(fromCosign()), other, key))).toBe(
      "REACH-E5306",
    );
  });

  test("in a pack file a bundle still has one spelling", () => {
    const inPack = signedWith(utf8(fromCosign()));
    const { trusted } = verifyPack(engine, inPack, { trustedKeys: [key] }).verdicts;
    expect([trusted.result, trusted.code]).toEqual(["fail", "REACH-E5102"]);
  });
});

describe("PACK-21 a withdrawal from cosign", () => {
  const predicate = { at: "2026-11-30T10:00:00.000Z", reason: "a wrong band" };
  const withdrawal = (change: Record<string, unknown> = {}): Uint8Array =>
    utf8(
      fromCosign({
        statement: { predicateType: "urn:reach:yank:v1", predicate, ...change },
        s: "high",
      }),
    );
  const taken = (bytes: Uint8Array, digest = pack.digest): ReturnType<typeof importWithdrawal> =>
    importWithdrawal(engine, bytes, digest, key);

  test("is taken, and the pack is withdrawn", () => {
    const { bundle, reason } = taken(withdrawal());
    expect(reason).toBe("a wrong band");
    const signed = signedWith(importStatement(engine, utf8(fromCosign()), file, key).bundle);
    const { current } = verifyPack(engine, signed, {
      trustedKeys: [key],
      yanks: [bundle],
    }).verdicts;
    expect([current.result, current.code]).toEqual(["fail", "REACH-E5412"]);
  });

  test("attack: of another pack, by another key, or no withdrawal", () => {
    expect(codeOf(() => taken(withdrawal(), "ab".repeat(32)))).toBe("REACH-E5306");
    expect(codeOf(() => taken(utf8(fromCosign())))).toBe("REACH-E5305");
    expect(codeOf(() => taken(withdrawal({ predicate: { reason: "x" } })))).toBe("REACH-E5305");
    const stranger = publicKeyOf(newKey(pseudoRandom("stranger"), "P-256").public);
    const own = (): unknown => importWithdrawal(engine, withdrawal(), pack.digest, stranger);
    expect(codeOf(own)).toBe("REACH-E5303");
  });
});

describe("KEY-5 the PEM of a public key is read as its key file", () => {
  test("of either algorithm, in the spellings of openssl and cosign", () => {
    expect(publicKeyPem(key).trim()).toBe(pem.trim());
    for (const alg of ["Ed25519", "P-256"] as const) {
      const { public: shared } = newKey(pseudoRandom("pem"), alg);
      const text = publicKeyPem(publicKeyOf(shared));
      for (const each of [text, text.replaceAll("\n", "\r\n"), `${text}\n`, text.trim()]) {
        expect(readKeyFile(engine, each)).toEqual(shared);
      }
    }
  });

  test.each([
    [
      "a private key",
      () =>
        createPrivateKey(pair.privateKey.export({ type: "pkcs8", format: "pem" })).export({
          type: "pkcs8",
          format: "pem",
        }),
    ],
    [
      "RSA",
      () =>
        generateKeyPairSync("rsa", { modulusLength: 1024 }).publicKey.export({
          type: "spki",
          format: "pem",
        }),
    ],
    [
      "P-384",
      () =>
        generateKeyPairSync("ec", { namedCurve: "P-384" }).publicKey.export({
          type: "spki",
          format: "pem",
        }),
    ],
    ["two keys", () => `${pem}${pem}`],
    ["a byte more", () => pem.replace("==\n", "AA==\n").replace("=\n", "AA=\n")],
    ["nothing in it", () => "-----BEGIN PUBLIC KEY-----\n\n-----END PUBLIC KEY-----\n"],
  ])("not %s", (_, text) => {
    expect(codeOf(() => readKeyFile(engine, text()))).toBe("REACH-E5201");
  });

  test("nor a point that is not on the curve", () => {
    const spki = fromHex("3059301306072a8648ce3d020106082a8648ce3d030107034200");
    const bytes = toBase64(Uint8Array.of(...spki, 4, ...new Uint8Array(64).fill(1)));
    const text = `-----BEGIN PUBLIC KEY-----\n${bytes}\n-----END PUBLIC KEY-----\n`;
    expect(codeOf(() => readKeyFile(engine, text))).toBe("REACH-E5202");
  });
});
