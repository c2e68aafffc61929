// What a verification came to, signed. docs/spec/evidence.md, EVID-53 and EVID-54.
import { fromUtf8, sha256, toHex, utf8 } from "@reach-fabric/engine";
import { attest, newKey, publicKeyOf, redact, signerOf, verdicts } from "@reach-fabric/evidence";
import type { Judgement } from "@reach-fabric/evidence";
import { readBundle, verifiedPayload } from "@reach-fabric/evidence/testing";
import { describe, expect, test } from "vitest";
import { codeOf, engine, evidence, pseudoRandom, verify } from "./fixtures/fixture.ts";

const { private: secret, public: shared } = newKey(pseudoRandom("auditor"));
const signer = signerOf(secret);
const file = evidence();
const policy = utf8("{}");
const at = "2026-11-30T10:00:00.000Z";
const attested = { signer, at, file, policy };

interface Statement {
  readonly _type: string;
  readonly subject: unknown;
  readonly predicateType: string;
  readonly predicate: { readonly properties: string[]; readonly verifier: object };
}

/** The statement in a bundle, once its signature is verified. */
function read(bytes: Uint8Array): Statement {
  const payload = verifiedPayload(readBundle(engine, bytes, "the result"), publicKeyOf(shared));
  return JSON.parse(fromUtf8(payload)) as Statement;
}

const digestOf = (bytes: Uint8Array): object => ({ digest: { sha256: toHex(sha256(bytes)) } });

describe("a signed result", () => {
  test("EVID-53: names the file, the time, the policy, the engine and the key", () => {
    const keyring = utf8("ring");
    const bytes = attest(engine, verify(file), { ...attested, keyring });
    expect(read(bytes)).toMatchObject({
      _type: "https://in-toto.io/Statement/v1",
      subject: [{ name: "evidence", ...digestOf(file) }],
      predicateType: "https://in-toto.io/attestation/svr/v0.1",
      predicate: {
        timeCreated: at,
        verifier: {
          id: "urn:reach:verifier:v1",
          engine: { digest: { sha256: engine.digest } },
          policy: digestOf(policy),
          keyring: digestOf(keyring),
        },
      },
    });
    expect(codeOf(() => attest(engine, verify(file), { ...attested, at: "today" }))).toBe(
      "REACH-E5802",
    );
  });

  test("EVID-54: has the verdicts that passed, and no other", () => {
    const propertiesOf = (bytes: Uint8Array): string[] => {
      const required = { required: ["authentic"] } as const;
      const report = verify(bytes, required);
      const passed = verdicts.filter((name) => report.verdicts[name].result === "pass");
      const { properties } = read(attest(engine, report, { ...attested, file: bytes })).predicate;
      expect(properties).toEqual(passed.map((name) => `REACH_${name.toUpperCase()}`));
      return properties;
    };
    expect(propertiesOf(file)).toContain("REACH_REPLAYED");
    const { file: hidden } = redact(engine, file, { drop: ["input"] });
    expect(propertiesOf(hidden)).not.toContain("REACH_REPLAYED");
  });

  test("EVID-54 attack: nothing is signed where a required verdict did not pass", () => {
    const report = verify(redact(engine, file, { drop: ["input"] }).file);
    expect(codeOf(() => attest(engine, report, attested))).toBe("REACH-E5804");
    for (const result of ["fail", "not checked", "skipped"] as const) {
      const verdict = { result, why: "it is so" } as { result: "fail"; why: string };
      const judged: Judgement<string> = {
        verdicts: { authentic: verdict, trusted: { result: "pass", why: "it is" } },
        required: ["authentic"],
        ok: true,
        exitCode: 0,
      };
      expect(codeOf(() => attest(engine, judged, attested))).toBe("REACH-E5804");
      const { properties } = read(attest(engine, { ...judged, required: [] }, attested)).predicate;
      expect(properties).toEqual(["REACH_TRUSTED"]);
    }
    expect(codeOf(() => attest(engine, { ...report, required: ["kind"] }, attested))).toBe(
      "REACH-E5804",
    );
  });
});
