// Attacks on keys and signatures, and on the statement that is signed.
import { createHash } from "node:crypto";
import { ed25519 } from "@noble/curves/ed25519.js";
import { utf8 } from "@reach-fabric/engine";
import { EvidenceError, newKey, publicKey } from "@reach-fabric/evidence";
import { preAuthEncoding } from "@reach-fabric/evidence/testing";
import { describe, expect, test } from "vitest";
import {
  attacker,
  canonical,
  finding,
  jsonOf,
  signedAgain,
  signer,
  signerSeed,
  trusted,
  verify,
  withEntries,
} from "../fixtures/fixture.ts";
import { file, refused, bundleOf, withEnvelope, signatureOf } from "./attacking.ts";

describe("signing again is no attack by itself:", () => {
  test("EVID-19: the same content signed again is the same file", () => {
    expect(signedAgain(file, {})).toEqual(file);
  });
});

describe("keys and signatures:", () => {
  test("key substitution: everything signed again with another key", () => {
    const forged = signedAgain(file, { by: attacker });
    refused(forged, "trusted", "REACH-E5205", { trustedKeys: [trusted] });
    // Nobody who names no key can tell: the file is what its key signed, and no more is said.
    const report = verify(forged);
    expect(finding(report, "authentic")).toBe("pass");
    expect(finding(report, "trusted")).toBe("not checked");
    expect(report.verdicts.authentic.why).toContain("whose key that is, the file cannot say");
  });

  test("key substitution: only the key that run.json names", () => {
    const named = { alg: "Ed25519", public: btoa(String.fromCharCode(...attacker.key.bytes)) };
    const run = canonical({ ...jsonOf(file, "run.json"), key: named });
    refused(withEntries(file, { "run.json": run }), "authentic", "REACH-E5304");
    const bundle = bundleOf(file);
    const hinted = { ...bundle, verificationMaterial: { publicKey: { hint: attacker.key.id } } };
    refused(
      withEntries(file, { "run.json": run, "run.sigstore.json": canonical(hinted) }),
      "authentic",
      "REACH-E5303",
    );
  });

  test("embedded keys: the bundle has no place for one", () => {
    for (const material of [
      { publicKey: { hint: signer.key.id, rawBytes: "AAAA" } },
      { certificate: { rawBytes: "AAAA" } },
      { publicKey: { hint: signer.key.id }, tlogEntries: [] },
    ]) {
      const bundle = { ...bundleOf(file), verificationMaterial: material };
      refused(
        withEntries(file, { "run.sigstore.json": canonical(bundle) }),
        "authentic",
        "REACH-E5103",
      );
    }
  });

  test("key-id collision: a trusted key with the same id and other bytes", () => {
    const forged = signedAgain(file, { by: attacker });
    const lookalike = { ...trusted, id: attacker.key.id };
    refused(forged, "trusted", "REACH-E5205", { trustedKeys: [lookalike] });
  });

  test("no trusted key at all", () => {
    refused(file, "trusted", "REACH-E5205", { trustedKeys: [] });
  });

  test("two signatures, and none", () => {
    const sig = signatureOf(file);
    refused(withEnvelope({ signatures: [{ sig }, { sig }] }), "authentic", "REACH-E5301");
    refused(withEnvelope({ signatures: [] }), "authentic", "REACH-E5301");
  });

  test("a signature over the payload without its type, and over another type", () => {
    const payload = Buffer.from(bundleOf(file)["dsseEnvelope"]?.["payload"] as string, "base64");
    for (const message of [payload, preAuthEncoding("text/plain", payload)]) {
      const sig = Buffer.from(signer.sign(message)).toString("base64");
      refused(withEnvelope({ signatures: [{ sig }] }), "authentic", "REACH-E5303");
    }
    refused(withEnvelope({ payloadType: "text/plain" }), "authentic", "REACH-E5103");
  });

  test("base64 aliasing", () => {
    const sig = signatureOf(file);
    const last = sig.at(-3) ?? "";
    // The last character before == carries four bits that decode to nothing.
    const next = String.fromCharCode(last.charCodeAt(0) + 1);
    for (const alias of [
      `${sig.slice(0, -3)}${next}==`,
      sig.replace(/=+$/, ""),
      `${sig.slice(0, 20)}\n${sig.slice(20)}`,
      ` ${sig}`,
      `${sig}=`,
    ]) {
      refused(withEnvelope({ signatures: [{ sig: alias }] }), "authentic", "REACH-E5302");
    }
    const payload = bundleOf(file)["dsseEnvelope"]?.["payload"] as string;
    refused(withEnvelope({ payload: `${payload}\n` }), "authentic", "REACH-E5302");
    const key = { alg: "Ed25519", public: `${jsonKey().slice(0, -2)}${bump(jsonKey())}=` };
    refused(signedAgain(file, { run: { key } }), "authentic", "REACH-E5201");
  });

  const jsonKey = (): string => (jsonOf(file, "run.json")["key"] as { public: string }).public;
  const bump = (text: string): string => String.fromCharCode((text.at(-2) ?? "").charCodeAt(0) + 1);

  test("a malleable signature: S plus the group's order", () => {
    const bytes = Buffer.from(signatureOf(file), "base64");
    bytes.set(little(big(bytes.subarray(32)) + ed25519.Point.CURVE().n), 32);
    const sig = bytes.toString("base64");
    refused(withEnvelope({ signatures: [{ sig }] }), "authentic", "REACH-E5303");
  });

  test("EVID-22, KEY-3: a signature whose point R is not canonical: verifiers disagree about it", () => {
    const payload = Buffer.from(bundleOf(file)["dsseEnvelope"]?.["payload"] as string, "base64");
    const message = preAuthEncoding("application/vnd.in-toto+json", payload);
    // R is the neutral element written as y = p + 1; then S = H(R, A, M) * a.
    const p = 2n ** 255n - 19n;
    const r = little(p + 1n);
    const digest = new Uint8Array(
      createHash("sha512").update(r).update(signer.key.bytes).update(message).digest(),
    );
    const { scalar } = ed25519.utils.getExtendedPublicKey(signerSeed);
    const s = (big(digest) * scalar) % ed25519.Point.CURVE().n;
    const signature = Buffer.concat([r, little(s)]);
    expect(ed25519.verify(signature, message, signer.key.bytes, { zip215: true })).toBe(true);
    const signatures = [{ sig: signature.toString("base64") }];
    refused(withEnvelope({ signatures }), "authentic", "REACH-E5303");
  });

  const little = (value: bigint): Uint8Array =>
    Uint8Array.from({ length: 32 }, (_, i) => Number((value >> BigInt(8 * i)) & 0xffn));
  const big = (bytes: Uint8Array): bigint =>
    bytes.reduceRight((value, byte) => (value << 8n) | BigInt(byte), 0n);

  test("a signature of another length", () => {
    for (const size of [0, 63, 65, 96]) {
      const sig = Buffer.alloc(size, 1).toString("base64");
      refused(withEnvelope({ signatures: [{ sig }] }), "authentic", "REACH-E5303");
    }
  });

  test("a low-order key, under which a signature that nobody made is valid", () => {
    const identity = new Uint8Array(32);
    identity[0] = 1;
    const signature = new Uint8Array(64);
    signature[0] = 1;
    const key = { alg: "Ed25519" as const, id: "0".repeat(16), bytes: identity };
    // This is the attack: without strictness the signature verifies for any message.
    expect(ed25519.verify(signature, utf8("anything"), identity, { zip215: true })).toBe(true);
    const forged = signedAgain(file, { by: { key, sign: () => signature } });
    refused(forged, "authentic", "REACH-E5202", { trustedKeys: [key] });
    expect(() => publicKey(identity)).toThrow(expect.objectContaining({ code: "REACH-E5202" }));
  });

  test("EVID-21, KEY-2: keys that are not canonical, not on the curve, or outside the prime-order group", () => {
    const p = 2n ** 255n - 19n;
    const mixed = ed25519.Point.fromBytes(signer.key.bytes).add(
      ed25519.Point.fromAffine({ x: 0n, y: p - 1n }),
    );
    for (const bytes of [little(p), little(p + 1n), little(2n), little(0n), mixed.toBytes()]) {
      expect(() => publicKey(bytes)).toThrow(expect.objectContaining({ code: "REACH-E5202" }));
    }
    for (const size of [0, 31, 33]) {
      expect(() => publicKey(new Uint8Array(size))).toThrow(
        expect.objectContaining({ code: "REACH-E5201" }),
      );
    }
  });

  test("algorithm confusion", () => {
    for (const alg of ["ECDSA", "none", "Ed25519ph", "ed25519", ""]) {
      const key = { alg, public: jsonKey() };
      refused(signedAgain(file, { run: { key } }), "authentic", "REACH-E5103");
    }
    refused(
      withEnvelope({ signatures: [{ sig: signatureOf(file), keyid: signer.key.id }] }),
      "authentic",
      "REACH-E5103",
    );
    refused(
      withEnvelope({ signatures: [{ sig: signatureOf(file), alg: "none" }] }),
      "authentic",
      "REACH-E5103",
    );
  });

  test("a source of randomness that gives nothing random makes no key", () => {
    expect(() => newKey((size) => new Uint8Array(size))).toThrow(EvidenceError);
    expect(() => newKey(() => new Uint8Array(16))).toThrow(EvidenceError);
  });
});

describe("the statement:", () => {
  type Subject = { name: string; digest: Record<string, string> };
  const withSubjects = (change: (subjects: Subject[]) => unknown[]): Uint8Array =>
    signedAgain(file, {
      statement: (statement) => ({
        ...statement,
        subject: change(statement["subject"] as Subject[]),
      }),
    });

  test("wrong subject", () => {
    const renamed = withSubjects((all) => all.with(0, { ...(all[0] as Subject), name: "run.txt" }));
    refused(renamed, "authentic", "REACH-E5305");
    for (const i of [0, 1, 2, 3]) {
      const digest = { sha256: "0".repeat(64) };
      const changed = withSubjects((all) => all.with(i, { ...(all[i] as Subject), digest }));
      refused(changed, "authentic", "REACH-E5306");
    }
  });

  test("subjects missing, added, twice, or in another order", () => {
    for (const change of [
      (all: Subject[]) => all.slice(1),
      (all: Subject[]) => all.slice(0, 3),
      () => [],
      (all: Subject[]) => [...all, { name: "more", digest: { sha256: "0".repeat(64) } }],
      (all: Subject[]) => [...all.slice(0, 3), all[0]],
      (all: Subject[]) => all.toReversed(),
    ]) {
      refused(withSubjects(change), "authentic", "REACH-E5305");
    }
  });

  test("another digest beside the one that is checked", () => {
    const more = withSubjects((all) =>
      all.map((subject) => ({ ...subject, digest: { ...subject.digest, sha512: "00" } })),
    );
    refused(more, "authentic", "REACH-E5305");
  });

  test("another type of statement or predicate, and unknown members", () => {
    for (const change of [
      { predicateType: "https://slsa.dev/provenance/v1" },
      { predicateType: "urn:reach:evidence:v2" },
      { _type: "https://in-toto.io/Statement/v0.1" },
      { predicate: {} },
      { predicate: { format: "reach/evidence/v1", more: 1 } },
      { more: 1 },
    ]) {
      const bytes = signedAgain(file, { statement: (statement) => ({ ...statement, ...change }) });
      refused(bytes, "authentic", "REACH-E5305");
    }
  });
});
