import { createPublicKey, verify as verifyWithNode } from "node:crypto";
import { utf8 } from "@reach-fabric/engine";
import {
  EvidenceError,
  newKey,
  publicKeyFile,
  publicKeyOf,
  publicKeyPem,
  readKeyFile,
  sameKey,
  signerOf,
} from "@reach-fabric/evidence";
import { describe, expect, test } from "vitest";
import { isSignature } from "../src/keys.ts";
import { engine, pseudoRandom } from "./fixture.ts";

const key = newKey(pseudoRandom("a key"));
const text = (value: unknown): string => JSON.stringify(value, null, 2);

describe("a new key", () => {
  test("EVID-20: is two key files, of which one can sign", () => {
    expect(Object.keys(key.private).sort()).toEqual(["alg", "format", "id", "private", "public"]);
    expect(Object.keys(key.public).sort()).toEqual(["alg", "format", "id", "public"]);
    expect(readKeyFile(engine, text(key.private))).toEqual(key.private);
    expect(readKeyFile(engine, text(key.public))).toEqual(key.public);
    expect(publicKeyFile(publicKeyOf(key.private))).toEqual(key.public);
  });

  test("signs what it and others verify", () => {
    const signer = signerOf(key.private);
    const message = utf8("a message");
    const signature = signer.sign(message);
    expect(isSignature(signer.key, message, signature)).toBe(true);
    expect(isSignature(signer.key, utf8("another"), signature)).toBe(false);
    const pem = createPublicKey(publicKeyPem(signer.key));
    expect(pem.asymmetricKeyType).toBe("ed25519");
    expect(verifyWithNode(null, message, pem, signature)).toBe(true);
  });

  test("is another one every time", () => {
    const random = pseudoRandom("more keys");
    const [a, b] = [newKey(random), newKey(random)].map((k) => publicKeyOf(k.public));
    expect(a && b && sameKey(a, b)).toBe(false);
  });
});

describe("a key file is refused", () => {
  const codeOf = (work: () => unknown): string => {
    try {
      work();
    } catch (error) {
      if (error instanceof EvidenceError) return error.code;
      throw error;
    }
    return "accepted";
  };
  const other = newKey(pseudoRandom("another key"));

  test.each([
    ["that is not JSON", "not a key"],
    ["with a member twice", `{"alg":"Ed25519",${text(key.public).slice(1)}`],
    ["with a member that is not known", text({ ...key.public, more: 1 })],
    ["without a member", text({ ...key.public, id: undefined })],
    ["of another format", text({ ...key.public, format: "reach/key/v3" })],
    ["of another algorithm", text({ ...key.public, alg: "P-256" })],
    ["with a key that is too short", text({ ...key.public, public: "AAAA" })],
    [
      "with base64 in another spelling",
      text({ ...key.public, public: key.public.public.replace(/.=$/, "B=") }),
    ],
    ["with a private key that is none", text({ ...key.private, private: "AAAA" })],
  ])("%s", (_, file) => {
    expect(codeOf(() => readKeyFile(engine, file))).toBe("REACH-E5201");
  });

  test("whose id is not that of its key", () => {
    const file = text({ ...key.public, id: other.public.id });
    expect(codeOf(() => readKeyFile(engine, file))).toBe("REACH-E5203");
  });

  test("whose private key is that of another one", () => {
    const file = text({ ...key.private, private: other.private.private });
    expect(codeOf(() => readKeyFile(engine, file))).toBe("REACH-E5203");
  });

  test("of low order", () => {
    const bytes = new Uint8Array(32);
    bytes[0] = 1;
    const file = text({ ...key.public, public: Buffer.from(bytes).toString("base64") });
    expect(codeOf(() => readKeyFile(engine, file))).toBe("REACH-E5202");
  });

  test("for signing, where it has no private key", () => {
    expect(codeOf(() => signerOf(key.public))).toBe("REACH-E5204");
  });

  test("without its private key being in the message", () => {
    const file = { ...key.private, private: `${key.private.private.slice(0, -1)}?` };
    expect.assertions(1);
    try {
      readKeyFile(engine, text(file));
    } catch (error) {
      expect(String(error)).not.toContain(key.private.private.slice(0, 20));
    }
  });
});
