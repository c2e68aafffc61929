// docs/spec/keys.md, KEY-8 to KEY-12: keyrings, and the attacks on them.
import { fromUtf8, utf8 } from "@reach-fabric/engine";
import {
  issueKeyring,
  newKey,
  openKeyring,
  requireFresh,
  requireSuccessor,
  signerEntry,
  signerOf,
  signerTrust,
  withCompromise,
  withEnd,
  withKey,
} from "@reach-fabric/evidence";
import type { Keyring } from "@reach-fabric/evidence";
import { preAuthEncoding } from "@reach-fabric/evidence/testing";
import { describe, expect, test } from "vitest";
import { attacker, canonical, codeOf, engine, pseudoRandom, trusted } from "../fixtures/fixture.ts";
import {
  acme,
  evidenceOfAcme,
  issue,
  now,
  otherRoot,
  packer,
  payloadOf,
  ringOf,
  root,
  signedRing,
  somebody,
  year,
} from "../fixtures/keyring-fixture.ts";

const { bytes, keyring } = acme;
const payload = payloadOf(bytes);
const [entry] = payload["keys"] as [Record<string, unknown>];
const open = (file: Uint8Array): string => codeOf(() => openKeyring(engine, file, root.key));
const resigned = (change: object): string => open(signedRing({ ...payload, ...change }));
const claim = { key: trusted, role: "evidence", at: "2026-11-23T07:00:00.000Z" } as const;

describe("a keyring", () => {
  test("KEY-8: is one canonical JSON text that its root signed", () => {
    expect(openKeyring(engine, bytes, root.key)).toEqual(keyring);
    expect(Object.keys(JSON.parse(fromUtf8(bytes)) as object)).toEqual([
      "payload",
      "payloadType",
      "signatures",
    ]);
    expect(keyring).toMatchObject({ serial: 1, ...issue });
    expect(keyring.previous).toBeUndefined();
  });

  test("KEY-8: can have a root of either algorithm", () => {
    const p256 = signerOf(newKey(pseudoRandom("a P-256 root"), "P-256").private);
    const made = issueKeyring(engine, p256, undefined, { ...issue, keys: keyring.keys });
    expect(openKeyring(engine, made.bytes, p256.key).keys).toEqual(keyring.keys);
    expect(codeOf(() => openKeyring(engine, made.bytes, root.key))).toBe("REACH-E5210");
  });

  test("KEY-8: attack: key substitution, a keyring that another root signed", () => {
    const forged = signedRing(payload, otherRoot);
    expect(open(forged)).toBe("REACH-E5210");
  });

  test("KEY-8: attack: an embedded key, the root's own in the envelope", () => {
    const file = JSON.parse(fromUtf8(signedRing(payload, otherRoot))) as Record<string, unknown>;
    const named = { ...file, keyid: otherRoot.key.id };
    expect(open(canonical(named))).toBe("REACH-E5209");
    const [signature] = file["signatures"] as [object];
    const hinted = { ...file, signatures: [{ ...signature, keyid: otherRoot.key.id }] };
    expect(open(canonical(hinted))).toBe("REACH-E5209");
  });

  test("KEY-8: attack: another signature beside the root's, or none", () => {
    const file = JSON.parse(fromUtf8(bytes)) as { signatures: object[] };
    const [signature] = file.signatures;
    for (const signatures of [[], [signature, signature]]) {
      expect(open(canonical({ ...file, signatures }))).toBe("REACH-E5209");
    }
  });

  test("KEY-8: attack: bytes of another type that the root signed", () => {
    const type = "application/vnd.in-toto+json";
    const signature = root.sign(preAuthEncoding(type, canonical(payload)));
    const file = JSON.parse(fromUtf8(bytes)) as object;
    const sig = btoa(String.fromCharCode(...signature));
    expect(open(canonical({ ...file, signatures: [{ sig }] }))).toBe("REACH-E5210");
    expect(open(canonical({ ...file, payloadType: type }))).toBe("REACH-E5209");
  });

  test("KEY-8: is refused before anything else where it is too large", () => {
    expect(open(new Uint8Array(8 * 1024 * 1024 + 1))).toBe("REACH-E5209");
  });

  test.each([
    ["a newline behind it", `${fromUtf8(bytes)}\n`, "REACH-E5102"],
    ["a byte order mark", `\u{feff}${fromUtf8(bytes)}`, "REACH-E5101"],
    ["a member twice", fromUtf8(bytes).replace("{", '{"payload":"",'), "REACH-E5101"],
    ["base64 without padding", fromUtf8(bytes).replace('=="}]', '"}]'), "REACH-E5209"],
  ])("KEY-8: is refused with %s", (_, text, code) => {
    expect(open(utf8(text))).toBe(code);
  });

  test.each([
    ["that is not canonical", JSON.stringify(payload, null, 1), "REACH-E5102"],
    ["with a member twice", `{"serial":7,${JSON.stringify(payload).slice(1)}`, "REACH-E5101"],
  ])("KEY-8: is refused with a payload %s, which its root signed", (_, text, code) => {
    expect(open(signedRing(text))).toBe(code);
  });

  test.each([
    ["a number that is none", { serial: 0 }],
    ["a second number without the one before", { serial: 2 }],
    ["a first number with one before", { previous: "0".repeat(64) }],
    ["an end before its beginning", { expiresAt: issue.issuedAt }],
    ["an instant in another spelling", { issuedAt: "2026-11-01T00:00:00Z" }],
    ["a member more", { note: "x" }],
    ["a role that is none", { keys: [{ ...entry, role: "root" }] }],
    ["a role of the other algorithm", { keys: [{ ...entry, role: "pack" }] }],
    ["a key of the other algorithm", { keys: [{ ...entry, alg: "P-256" }] }],
    ["a key that ends before it begins", { keys: [{ ...entry, to: "2025-01-01T00:00:00.000Z" }] }],
    ["attack: key-id collision, the id of another key", { keys: [{ ...entry, id: somebody.id }] }],
  ])("KEY-9: is refused with %s, though its root signed it", (_, change) => {
    expect(resigned(change)).toBe("REACH-E5209");
  });

  test("KEY-9: attack: a key with a second role", () => {
    expect(resigned({ keys: [entry, { ...entry, role: "log" }] })).toBe("REACH-E5219");
    const twice = codeOf(() => withKey(keyring.keys, trusted, { role: "log", ...year }));
    expect(twice).toBe("REACH-E5219");
  });

  test("KEY-9: attack: the root as a key of its own keyring", () => {
    expect(codeOf(() => ringOf([[root.key, { role: "evidence", ...year }]]))).toBe("REACH-E5219");
  });

  test("KEY-9: takes keys of the role's algorithm alone, and safe ones", () => {
    const add = (key: typeof trusted, role: "pack" | "evidence"): string =>
      codeOf(() => withKey([], key, { role, ...year }));
    expect(add(trusted, "pack")).toBe("REACH-E5206");
    expect(add(packer, "evidence")).toBe("REACH-E5206");
    expect(add(packer, "pack")).toBe("accepted");
    const neutral = new Uint8Array(32);
    neutral[0] = 1;
    expect(add({ ...trusted, bytes: neutral }, "evidence")).toBe("REACH-E5202");
  });
});

describe("the next keyring", () => {
  const later = { ...issue, issuedAt: "2026-11-02T00:00:00.000Z" };
  const next = (keys: Readonly<Keyring["keys"]>, before = keyring): Keyring =>
    issueKeyring(engine, root, before, { ...later, keys }).keyring;
  /** One that the root signs, whether it continues the first one or not. */
  const forced = (change: object): Keyring => {
    const { serial, previous } = { serial: 2, previous: keyring.digest };
    const made = signedRing({ ...payload, ...later, serial, previous, ...change });
    return openKeyring(engine, made, root.key);
  };
  const against = (newer: Keyring): string => codeOf(() => requireSuccessor(keyring, newer));

  test("KEY-10: adds, ends and compromises, and names the one before", () => {
    const ended = withEnd(keyring.keys, trusted.id, "2026-11-10T00:00:00.000Z");
    const second = next(withKey(ended, packer, { role: "pack", ...year }));
    expect(second).toMatchObject({ serial: 2, previous: keyring.digest });
    expect(second.keys[0]?.to).toBe("2026-11-10T00:00:00.000Z");
    const since = "2026-11-05T00:00:00.000Z";
    const third = next(withCompromise(second.keys, trusted.id, since), second);
    expect(against(third)).toBe("accepted");
    const earlier = withCompromise(third.keys, trusted.id, "2026-11-03T00:00:00.000Z");
    expect(next(earlier, third).keys[0]?.compromisedAt).toBe("2026-11-03T00:00:00.000Z");
  });

  test("KEY-11: changes go one way: an end does not move back, nor a compromise on", () => {
    const ended = withEnd(keyring.keys, trusted.id, "2026-11-10T00:00:00.000Z");
    expect(withEnd(ended, trusted.id, "2026-12-10T00:00:00.000Z")).toEqual(ended);
    const lost = withCompromise(ended, trusted.id, "2026-11-05T00:00:00.000Z");
    expect(withCompromise(lost, trusted.id, "2026-11-09T00:00:00.000Z")).toEqual(lost);
    expect(withEnd(keyring.keys, trusted.id, "2020-01-01T00:00:00.000Z")[0]?.to).toBe(year.from);
    expect(codeOf(() => withEnd(keyring.keys, somebody.id, now))).toBe("REACH-E5222");
  });

  test.each([
    ["takes an entry out", { keys: [] }],
    [
      "puts another key in its place",
      { keys: [ringOf([[somebody, evidenceOfAcme]]).keyring.keys[0]] },
    ],
    ["gives a key another role", { keys: [{ ...entry, role: "log" }] }],
    ["gives a key another tenant", { keys: [{ ...entry, tenant: "globex" }] }],
    ["gives a key to every tenant", { keys: [{ ...entry, tenant: undefined }] }],
    ["begins a key earlier", { keys: [{ ...entry, from: "2025-01-01T00:00:00.000Z" }] }],
    ["ends a key later", { keys: [{ ...entry, to: "2028-01-01T00:00:00.000Z" }] }],
    ["continues another one", { previous: "0".repeat(64) }],
    ["was issued before", { issuedAt: "2026-10-01T00:00:00.000Z" }],
  ])("KEY-10: attack: one that %s", (_, change) => {
    expect(against(forced(change))).toBe("REACH-E5211");
  });

  test("KEY-10: attack: one that takes a compromise back, or makes it later", () => {
    const lost = next(withCompromise(keyring.keys, trusted.id, "2026-11-05T00:00:00.000Z"));
    const third = (compromisedAt?: string): string => {
      const keys = [{ ...entry, compromisedAt }];
      return codeOf(() =>
        requireSuccessor(lost, forced({ serial: 3, previous: lost.digest, keys })),
      );
    };
    expect(third("2026-11-05T00:00:00.000Z")).toBe("accepted");
    expect(third("2026-11-06T00:00:00.000Z")).toBe("REACH-E5211");
    expect(third()).toBe("REACH-E5211");
  });

  test("KEY-10: attack: rollback and split view, an older one or another of the same number", () => {
    const second = next(keyring.keys);
    expect(codeOf(() => requireSuccessor(second, keyring))).toBe("REACH-E5211");
    expect(
      codeOf(() =>
        requireSuccessor(second, forced({ keys: [entry], expiresAt: "2026-11-20T00:00:00.000Z" })),
      ),
    ).toBe("REACH-E5211");
    expect(codeOf(() => requireSuccessor(second, second))).toBe("accepted");
    const third = forced({ serial: 3, previous: second.digest });
    expect(codeOf(() => requireSuccessor(third, second))).toBe("REACH-E5211");
    expect(codeOf(() => requireSuccessor(second, third))).toBe("accepted");
  });

  test("KEY-10: is not issued by another root's key, nor with less than the one before", () => {
    const issued = (keys: Keyring["keys"], by = root): string =>
      codeOf(() => issueKeyring(engine, by, keyring, { ...later, keys }));
    expect(issued([])).toBe("REACH-E5211");
    expect(issued(keyring.keys)).toBe("accepted");
  });
});

describe("KEY-12: a signature", () => {
  const tenant = "acme";
  const trust = (more: object, about: object = { tenant }, ring = keyring): string =>
    codeOf(() => signerTrust(ring, { ...claim, ...more }, about));

  test("is trusted by key, role, time and tenant", () => {
    expect(signerTrust(keyring, claim, { tenant })).toEqual(keyring.keys[0]);
    expect(trust({ at: year.from })).toBe("accepted");
    expect(trust({ at: "2026-12-31T23:59:59.999Z" })).toBe("accepted");
  });

  test("attack: key-id collision, a key that has the id of a trusted one", () => {
    const collides = { ...attacker.key, id: trusted.id };
    expect(trust({ key: collides })).toBe("REACH-E5205");
    expect(codeOf(() => signerEntry(keyring, { ...claim, key: collides }))).toBe("REACH-E5205");
  });

  test("attack: algorithm confusion, the bytes of a trusted key under another algorithm", () => {
    expect(trust({ key: { ...trusted, alg: "P-256" } })).toBe("REACH-E5205");
  });

  test("attack: a key of another role", () => {
    const { keyring: ring } = ringOf([
      [trusted, { role: "log", ...year }],
      [somebody, { role: "witness", ...year }],
    ]);
    expect(trust({}, { tenant }, ring)).toBe("REACH-E5213");
    expect(trust({ key: somebody }, { tenant }, ring)).toBe("REACH-E5213");
    expect(trust({ role: "log" }, { tenant }, ring)).toBe("accepted");
  });

  test("attack: outside the time in which its key counts", () => {
    expect(trust({ at: "2025-12-31T23:59:59.999Z" })).toBe("REACH-E5215");
    expect(trust({ at: year.to })).toBe("REACH-E5215");
  });

  test("attack: across tenants", () => {
    expect(trust({}, { tenant: "globex" })).toBe("REACH-E5214");
    expect(trust({}, { tenant: "Acme" })).toBe("REACH-E5214");
    expect(trust({}, { tenant: "acme", only: "globex" })).toBe("REACH-E5214");
    const everybody = ringOf([[trusted, { role: "evidence", ...year }]]).keyring;
    expect(trust({}, { tenant: "globex" }, everybody)).toBe("accepted");
    expect(trust({}, { tenant: "globex", only: "acme" }, everybody)).toBe("REACH-E5214");
  });

  test("of an undisclosed tenant is neither trusted nor refused, where the tenant matters", () => {
    expect(trust({}, { tenant: null })).toBe("REACH-E5217");
    expect(trust({}, {})).toBe("REACH-E5217");
    expect(trust({}, { tenant: null, only: "globex" })).toBe("REACH-E5214");
    const everybody = ringOf([[trusted, { role: "evidence", ...year }]]).keyring;
    expect(trust({}, { tenant: null }, everybody)).toBe("accepted");
    expect(trust({}, { tenant: null, only: "acme" }, everybody)).toBe("REACH-E5217");
  });

  test("attack: backdating with a compromised key", () => {
    const since = "2026-11-20T00:00:00.000Z";
    const { keyring: ring } = ringOf([[trusted, evidenceOfAcme]], (keys) =>
      withCompromise(keys, trusted.id, since),
    );
    const before = { at: "2026-03-01T00:00:00.000Z" };
    const second = BigInt(Date.parse(since) / 1000);
    expect(trust(before, { tenant }, ring)).toBe("REACH-E5216");
    expect(trust(before, { tenant, witnessedAt: second }, ring)).toBe("REACH-E5216");
    expect(trust(before, { tenant, witnessedAt: second - 1n }, ring)).toBe("accepted");
    const within = ringOf([[trusted, evidenceOfAcme]], (keys) =>
      withCompromise(keys, trusted.id, "2026-11-20T00:00:00.500Z"),
    ).keyring;
    expect(trust(before, { tenant, witnessedAt: second }, within)).toBe("REACH-E5216");
  });

  test("attack: a stale revocation list is neither a yes nor a no", () => {
    const fresh = (at: string, more: object = {}): string =>
      codeOf(() => requireFresh(keyring, { now: at, ...more }));
    expect(fresh(now)).toBe("accepted");
    expect(fresh(issue.issuedAt)).toBe("accepted");
    expect(fresh(issue.expiresAt)).toBe("REACH-E5212");
    expect(fresh("2026-10-31T23:59:59.999Z")).toBe("REACH-E5212");
    expect(fresh(now, { minSerial: 2 })).toBe("REACH-E5212");
    expect(fresh(now, { minSerial: 1, maxAgeDays: 23 })).toBe("accepted");
    expect(fresh("2026-11-24T00:00:00.001Z", { maxAgeDays: 23 })).toBe("REACH-E5212");
  });
});
