// Attacks on keys and signatures, and on the statement that is signed.
import { createHash } from "node:crypto";
import { ed25519 } from "@noble/curves/ed25519.js";
import { fromBase64, fromUtf8, toBase64, utf8 } from "@reach-fabric/engine";
import { bundleOf, EvidenceError, newKey, publicKey } from "@reach-fabric/evidence";
import { preAuthEncoding } from "@reach-fabric/evidence/testing";
import { describe, expect, test } from "vitest";
import {
  attacker,
  canonical,
  codeOf,
  engine,
  finding,
  jsonOf,
  signedAgain,
  signer,
  signerSeed,
  trusted,
  verify,
  withEntries,
} from "../fixtures/fixture.ts";
import { file, refused, signatureOf, withSignature } from "./attacking.ts";

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
    refused(withEntries(file, { "run.json": run }), "authentic", "REACH-E5303");
  });

  test("key-id collision: a trusted key with the same id and other bytes", () => {
    const forged = signedAgain(file, { by: attacker });
    const lookalike = { ...trusted, id: attacker.key.id };
    refused(forged, "trusted", "REACH-E5205", { trustedKeys: [lookalike] });
  });

  test("no trusted key at all", () => {
    refused(file, "trusted", "REACH-E5205", { trustedKeys: [] });
  });

  test("a signature over the statement without its type, and over another type", () => {
    for (const message of [statement(), preAuthEncoding("text/plain", statement())]) {
      refused(withSignature(signer.sign(message)), "authentic", "REACH-E5303");
    }
  });

  /** The statement that follows from run.json. */
  const statement = (): Uint8Array => {
    const text = fromUtf8(bundleOf(engine, file));
    const { dsseEnvelope } = JSON.parse(text) as { dsseEnvelope: { payload: string } };
    return fromBase64(dsseEnvelope.payload);
  };

  test("base64 aliasing of the key", () => {
    const key = { alg: "Ed25519", public: `${jsonKey().slice(0, -2)}${bump(jsonKey())}=` };
    refused(signedAgain(file, { run: { key } }), "authentic", "REACH-E5201");
  });

  const jsonKey = (): string => (jsonOf(file, "run.json")["key"] as { public: string }).public;
  const bump = (text: string): string => String.fromCharCode((text.at(-2) ?? "").charCodeAt(0) + 1);

  test("a malleable signature: S plus the group's order", () => {
    const bytes = signatureOf(file).slice();
    bytes.set(little(big(bytes.subarray(32)) + ed25519.Point.CURVE().n), 32);
    refused(withSignature(bytes), "authentic", "REACH-E5303");
  });

  test("EVID-22, KEY-3: a signature whose point R is not canonical: verifiers disagree about it", () => {
    const message = preAuthEncoding("application/vnd.in-toto+json", statement());
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
    refused(withSignature(signature), "authentic", "REACH-E5303");
  });

  const little = (value: bigint): Uint8Array =>
    Uint8Array.from({ length: 32 }, (_, i) => Number((value >> BigInt(8 * i)) & 0xffn));
  const big = (bytes: Uint8Array): bigint =>
    bytes.reduceRight((value, byte) => (value << 8n) | BigInt(byte), 0n);

  test("a signature of another length", () => {
    for (const size of [0, 63, 65, 96]) {
      refused(withSignature(new Uint8Array(size).fill(1)), "authentic", "REACH-E5303");
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
  });

  test("a source of randomness that gives nothing random makes no key", () => {
    expect(() => newKey((size) => new Uint8Array(size))).toThrow(EvidenceError);
    expect(() => newKey(() => new Uint8Array(16))).toThrow(EvidenceError);
  });
});

describe("the statement:", () => {
  test("EVID-10: another file, digest, type or predicate than follows from run.json", () => {
    for (const [from, to] of [
      ['"name":"run.json"', '"name":"run.txt"'],
      [/"sha256":"\w{64}"/, `"sha256":"${"0".repeat(64)}"`],
      ['"digest":{', '"digest":{"sha512":"00",'],
      ["urn:reach:evidence:v1", "urn:reach:evidence:v2"],
      ["https://in-toto.io/Statement/v1", "https://in-toto.io/Statement/v0.1"],
      ["reach/evidence/v4", "reach/evidence/v3"],
      [/\}$/, ',"more":1}'],
      ["[{", "[{},{"],
    ] as const) {
      const changed = signedAgain(file, {
        statement: (text) => {
          const other = text.replace(from, to);
          expect(other).not.toBe(text);
          return other;
        },
      });
      refused(changed, "authentic", "REACH-E5303");
    }
    expect(signedAgain(file, { statement: (text) => text })).toEqual(file);
  });

  test("EVID-12: the bundle that is written for others has the same signature", () => {
    const text = fromUtf8(bundleOf(engine, file));
    const { dsseEnvelope, verificationMaterial } = JSON.parse(text) as {
      dsseEnvelope: { signatures: { sig: string }[] };
      verificationMaterial: unknown;
    };
    expect(dsseEnvelope.signatures).toEqual([{ sig: toBase64(signatureOf(file)) }]);
    expect(verificationMaterial).toEqual({ publicKey: { hint: signer.key.id } });
    expect(text).toBe(fromUtf8(canonical(JSON.parse(text))));
    expect(codeOf(() => bundleOf(engine, withSignature(new Uint8Array(64))))).toBe("REACH-E5303");
  });
});
