// docs/spec/policy.md: policies, and what verify() makes of them.
import { toBase64, utf8 } from "@reach-fabric/engine";
import {
  formatNoteKey,
  newKey,
  noteKey,
  publicKeyOf,
  readPolicy,
  signerOf,
  verdicts,
  withCompromise,
} from "@reach-fabric/evidence";
import type { PublicKey, Report, Verdict } from "@reach-fabric/evidence";
import { policyFile } from "@reach-fabric/schema";
import { describe, expect, test } from "vitest";
import {
  attacker,
  codeOf,
  engine,
  evidence,
  facts,
  finding,
  enteredOf,
  joined,
  pack,
  pseudoRandom,
  signedAgain,
  trusted,
  verify,
  withEntries,
} from "../fixtures/fixture.ts";
import {
  acme,
  evidenceOfAcme,
  issue,
  now,
  otherRoot,
  ringOf,
  root,
  signedRing,
  somebody,
  year,
} from "../fixtures/keyring-fixture.ts";

const file = evidence();
const pinned = { alg: root.key.alg, public: toBase64(root.key.bytes) };
const policy = (change: object = {}): Uint8Array<ArrayBuffer> =>
  utf8(JSON.stringify({ format: "reach/policy/v1", root: pinned, ...change }, null, 2));
const withoutRoot = (change: object = {}): Uint8Array<ArrayBuffer> =>
  policy({ root: undefined, ...change });

/** What a file is under a policy, with this keyring. */
const judged = (change: object = {}, { bytes = file, ring = acme.bytes, at = now } = {}): Report =>
  verify(bytes, readPolicy(engine, policy(change), { keyring: ring, now: at }));
const judgedWithoutRoot = (change: object, bytes = file): Report =>
  verify(bytes, readPolicy(engine, withoutRoot(change), { now }));

const found = (report: Report, verdict: Verdict): [string, number] => [
  finding(report, verdict),
  report.exitCode,
];
const read = (bytes: Uint8Array, keyring?: Uint8Array): string =>
  codeOf(() => readPolicy(engine, bytes, { keyring, now }));

const publisher = signerOf(newKey(pseudoRandom("publisher"), "P-256").private);
const publisherKey = { alg: publisher.key.alg, public: toBase64(publisher.key.bytes) };
const vkey = (name: string, kind: "note" | "cosignature", key: PublicKey): string =>
  formatNoteKey(noteKey(name, kind, key));
const logKey = publicKeyOf(newKey(pseudoRandom("log")).public);
const witnessKey = publicKeyOf(newKey(pseudoRandom("witness")).public);
const log = {
  origin: "log.example/audit",
  key: vkey("log.example/audit", "note", logKey),
  witnesses: [vkey("witness.example", "cosignature", witnessKey)],
  quorum: 1,
};

describe("a policy", () => {
  test("POL-1: is strict JSON in any layout", () => {
    expect(read(withoutRoot())).toBe("accepted");
    expect(read(policy(), acme.bytes)).toBe("accepted");
    const whole = {
      required: [...verdicts],
      keyring: { minSerial: 1, maxAgeDays: 30 },
      tenant: "acme",
      engines: { allowed: [engine.digest], faulty: ["0".repeat(64)] },
      packs: {
        allowed: [
          { digest: pack.digest },
          { name: "test/loan", versions: "^1.0.0", publisher: publisherKey },
        ],
        signedBy: { role: "pack" },
        yanked: ["1".repeat(64)],
      },
      workflows: [{ name: "test/loan", versions: "1.0.0" }],
      grants: { models: ["small"] },
      limits: { fuel: 5, effects: 3 },
      window: { from: "2026-01-01T00:00:00.000Z", to: "2027-01-01T00:00:00.000Z" },
      logs: [{ ...log, final: { size: 7, root: "2".repeat(64) } }],
      maxLag: "P1DT2H3M4S",
      fuel: 5,
    };
    const made = readPolicy(engine, policy(whole), { keyring: acme.bytes, now });
    expect(made).toMatchObject({
      required: verdicts,
      now,
      signers: { keyring: acme.keyring, tenant: "acme", minSerial: 1, maxAgeDays: 30 },
      engines: [engine.digest],
      faultyEngines: ["0".repeat(64)],
      rules: {
        packs: [
          { digest: pack.digest },
          { name: "test/loan", versions: "^1.0.0", publisher: publisher.key },
        ],
        publishers: "keyring",
        workflows: whole.workflows,
        grants: whole.grants,
        limits: whole.limits,
        window: whole.window,
      },
      yankedPacks: ["1".repeat(64)],
      logs: [{ origin: log.origin, quorum: 1, final: { size: 7n } }],
      maxLag: 93_784_000,
      fuel: 5,
    });
  });

  test("POL-1: knows the verdicts that there are", () => {
    const named = { root: pinned, required: [...verdicts], logs: [log] };
    const { required } = policyFile.parse({ format: "reach/policy/v1", ...named });
    expect(required).toEqual(verdicts);
  });

  test.each([
    ["that is not JSON", utf8("format: reach/policy/v1")],
    ["with a member twice", utf8('{"format":"reach/policy/v1","fuel":1,"fuel":2}')],
    ["that is too large", new Uint8Array(4 * 1024 * 1024 + 1).fill(0x20)],
    ["of another format", withoutRoot({ format: "reach/policy/v2" })],
    ["with a member that is not known", withoutRoot({ trust: "everybody" })],
    ["with a verdict that is none", withoutRoot({ required: ["lucky"] })],
    ["with a digest in another spelling", withoutRoot({ packs: { yanked: ["A".repeat(64)] } })],
    ["with a tenant and no root", withoutRoot({ tenant: "acme" })],
    ["with a keyring and no root", withoutRoot({ keyring: { minSerial: 1 } })],
    ["with a lag and no log", withoutRoot({ maxLag: "P1D" })],
    ["with a lag that is no duration", withoutRoot({ logs: [log], maxLag: "PT" })],
    ["with a lag whose length depends on a date", withoutRoot({ logs: [log], maxLag: "P1M" })],
    ["with a root whose key is too short", policy({ root: { ...pinned, public: "AAAA" } })],
    ["with more witnesses required than named", withoutRoot({ logs: [{ ...log, quorum: 2 }] })],
    [
      "attack: one witness under two names for a quorum of two",
      withoutRoot({
        logs: [
          {
            ...log,
            quorum: 2,
            witnesses: ["a.example", "b.example"].map((name) =>
              vkey(name, "cosignature", witnessKey),
            ),
          },
        ],
      }),
    ],
    [
      "with a witness's key for a log's",
      withoutRoot({ logs: [{ ...log, key: log.witnesses[0] }] }),
    ],
    ["with a log's key for a witness's", withoutRoot({ logs: [{ ...log, witnesses: [log.key] }] })],
  ])("POL-1: is refused %s", (_, bytes) => {
    expect(read(bytes)).toBe("REACH-E5218");
  });

  test("POL-1: is refused with a key that is none, and with one that is not safe", () => {
    expect(read(withoutRoot({ logs: [{ ...log, key: "x" }] }))).toBe("REACH-E5310");
    const neutral = new Uint8Array(32);
    neutral[0] = 1;
    const low = policy({ root: { alg: "Ed25519", public: toBase64(neutral) } });
    expect(read(low, acme.bytes)).toBe("REACH-E5202");
  });

  test("POL-2: a root and a keyring go together", () => {
    expect(read(policy())).toBe("REACH-E5218");
    expect(read(withoutRoot(), acme.bytes)).toBe("REACH-E5218");
    const other = { alg: otherRoot.key.alg, public: toBase64(otherRoot.key.bytes) };
    expect(read(policy({ root: other }), acme.bytes)).toBe("REACH-E5210");
  });

  test("POL-2: attack: one key in two roles, of root, keyring, log and witness", () => {
    const logs = (as: Partial<typeof log>): string =>
      read(policy({ logs: [{ ...log, ...as }] }), acme.bytes);
    expect(logs({})).toBe("accepted");
    expect(logs({ key: vkey("a.example", "note", root.key) })).toBe("REACH-E5219");
    expect(logs({ key: vkey("a.example", "note", trusted) })).toBe("REACH-E5219");
    expect(logs({ witnesses: [vkey("a.example", "cosignature", trusted)] })).toBe("REACH-E5219");
    expect(logs({ witnesses: [vkey("a.example", "cosignature", logKey)] })).toBe("REACH-E5219");
  });
});

describe("POL-5: the signer", () => {
  test("is trusted by the keyring", () => {
    const report = judged({ tenant: "acme", keyring: { minSerial: 1, maxAgeDays: 30 } });
    expect(found(report, "trusted")).toEqual(["pass", 0]);
    expect(report.required).toEqual(["authentic", "trusted", "complete", "replayed"]);
  });

  test("attack: a file that somebody else has signed again", () => {
    const bytes = signedAgain(file, { by: attacker });
    expect(found(judged({}, { bytes }), "trusted")).toEqual(["fail REACH-E5205", 1]);
    expect(finding(judged({}, { bytes }), "authentic")).toBe("pass");
  });

  test("attack: a keyring of the attacker's own", () => {
    const bytes = signedAgain(file, { by: attacker });
    const [entry] = acme.keyring.keys;
    const key = { ...entry, id: attacker.key.id, public: toBase64(attacker.key.bytes) };
    const own = { ...issue, format: "reach/keyring/v1", serial: 1, keys: [key] };
    expect(read(policy(), signedRing(own, attacker))).toBe("REACH-E5210");
    const named = ringOf([[attacker.key, evidenceOfAcme]]).bytes;
    expect(found(judged({}, { bytes, ring: named }), "trusted")).toEqual(["pass", 0]);
  });

  test.each<[string, Parameters<typeof ringOf>, string]>([
    ["another role", [[[trusted, { role: "witness", ...year }]]], "fail REACH-E5213"],
    ["another tenant", [[[trusted, { ...evidenceOfAcme, tenant: "globex" }]]], "fail REACH-E5214"],
    [
      "a time that is over",
      [[[trusted, { ...evidenceOfAcme, to: facts.endedAt }]]],
      "fail REACH-E5215",
    ],
    [
      "attack: backdating with a compromised key",
      [
        [[trusted, evidenceOfAcme]],
        (keys) => withCompromise(keys, trusted.id, "2026-11-24T00:00:00.000Z"),
      ],
      "fail REACH-E5216",
    ],
    ["no entry", [[[somebody, evidenceOfAcme]]], "fail REACH-E5205"],
  ])("fails with a key of %s", (_, ring, wanted) => {
    const report = judged({}, { ring: ringOf(...ring).bytes });
    expect(found(report, "trusted")).toEqual([wanted, 1]);
    expect(finding(report, "authentic")).toBe("pass");
    expect(finding(report, "replayed")).toBe("pass");
  });

  test("of a file that is not authentic still fails, where it may not sign at all", () => {
    const bytes = withEntries(file, { "entered.jsonl": joined(enteredOf(file).slice(1)) });
    const report = judged({}, { bytes, ring: ringOf([[somebody, evidenceOfAcme]]).bytes });
    expect(finding(report, "authentic")).toBe("fail REACH-E5103");
    expect(finding(report, "trusted")).toBe("fail REACH-E5205");
    expect(finding(judged({}, { bytes }), "trusted")).toBe("not checked");
  });

  test("attack: a stale revocation list never reads as passed", () => {
    for (const [change, at] of [
      [{}, issue.expiresAt],
      [{}, "2026-10-01T00:00:00.000Z"],
      [{ keyring: { minSerial: 2 } }, now],
      [{ keyring: { maxAgeDays: 1 } }, now],
    ] as const) {
      const report = judged(change, { at });
      expect(found(report, "trusted")).toEqual(["not checked REACH-E5212", 3]);
    }
  });
});

describe("POL-6: engine and pack", () => {
  test("attack: a withdrawn engine, and the pack that was withdrawn", () => {
    const other = "0".repeat(64);
    const signed = signedAgain(file, { run: { engine: other } });
    const faulty = judgedWithoutRoot({ engines: { faulty: [other] } }, signed);
    expect(found(faulty, "replayed")).toEqual(["fail REACH-E5220", 1]);
    const yanked = judgedWithoutRoot({ packs: { yanked: [pack.digest] } });
    expect(found(yanked, "replayed")).toEqual(["fail REACH-E5221", 1]);
    const allowed = judgedWithoutRoot({ engines: { allowed: [other] } });
    expect(found(allowed, "replayed")).toEqual(["fail REACH-E5405", 1]);
    const neither = { engines: { faulty: [other] }, packs: { yanked: [other] } };
    expect(found(judgedWithoutRoot(neither), "replayed")).toEqual(["pass", 0]);
  });

  test("a faulty engine computes nothing that counts, whoever ran it", () => {
    const signed = signedAgain(file, { run: { engine: "0".repeat(64) } });
    const report = judgedWithoutRoot({ engines: { faulty: [engine.digest] } }, signed);
    expect(found(report, "replayed")).toEqual(["not checked REACH-E5223", 3]);
  });

  test("what is named is required, whatever `required` says", () => {
    const required = ["authentic"];
    for (const named of [{ engines: { faulty: [] } }, { packs: { yanked: [] } }]) {
      expect(judgedWithoutRoot({ required, ...named }).required).toContain("replayed");
    }
    expect(judgedWithoutRoot({ required }).required).toEqual(["authentic"]);
  });
});

test("POL-14: evidence is not logged because a policy asks for it", () => {
  const { exitCode, required } = judgedWithoutRoot({ required: ["authentic"], logs: [log] });
  expect(required).toEqual(["authentic", "logged", "witnessed"]);
  expect(exitCode).not.toBe(0);
  const unwitnessed = judgedWithoutRoot({ logs: [{ ...log, quorum: 0 }] });
  expect(unwitnessed.required).not.toContain("witnessed");
});

test("POL-15: the budget of a replay is the policy's", () => {
  expect(finding(judgedWithoutRoot({ fuel: 5 }), "replayed")).toBe("not checked REACH-E5703");
});
