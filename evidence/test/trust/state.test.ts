// docs/spec/keys.md, KEY-15 to KEY-17, and docs/spec/log.md, LOG-42: what a verifier keeps, and the attacks that it holds
// off.
import {
  consistencyProof,
  hashFrames,
  inclusionProof,
  merkleRoot,
  utf8,
} from "@reach-fabric/engine";
import {
  emptyState,
  evidenceEntryOf,
  formatCheckpoint,
  formatEntry,
  formatNoteKey,
  formatState,
  formatTlogProof,
  issueKeyring,
  digestOfRoot,
  manifestOf,
  mergedState,
  newKey,
  packPredicate,
  proveStep,
  readState,
  rootOf,
  signerOf,
  signNote,
  signPack,
  verifyStep,
  withCompromise,
  withKey,
  withProof,
} from "@reach-fabric/evidence";
import type {
  Issue,
  Keyring,
  LogPolicy,
  Policy,
  Report,
  RootSigners,
  Signer,
  VerifierState,
} from "@reach-fabric/evidence";
import { describe, expect, test } from "vitest";
import {
  attacker,
  codeOf,
  engine,
  evidence,
  finding,
  pack,
  pseudoRandom,
  signedAgain,
  trusted,
  verify,
} from "../fixtures/fixture.ts";
import {
  acme,
  evidenceOfAcme,
  issue,
  now,
  otherRoot,
  ringOf,
  root,
  year,
} from "../fixtures/keyring-fixture.ts";
import { keyOf, ORIGIN } from "../fixtures/log-fixture.ts";

const file = evidence();
const trust = (report: Report): string => finding(report, "trusted");

describe("KEY-15: the newest keyring of a root", () => {
  const next = (before: Keyring, more: Partial<Issue> = {}): Keyring =>
    issueKeyring(engine, root, before, { ...issue, keys: before.keys, ...more }).keyring;
  const lost = withCompromise(acme.keyring.keys, trusted.id, "2026-11-10T00:00:00.000Z");
  const second = next(acme.keyring, { keys: lost });
  const third = next(second);
  const under = (keyring: Keyring, state?: VerifierState, more: Policy = {}): Report =>
    verify(file, { now, signers: { keyring }, ...more }, { state });
  const after = (...keyrings: readonly Keyring[]): VerifierState =>
    keyrings.reduce<VerifierState>(
      (state, keyring) => under(keyring, state).state ?? emptyState,
      emptyState,
    );

  test("attack: keyring rollback within its 90 days", () => {
    expect(trust(under(second, emptyState))).toBe("fail REACH-E5216");
    expect(trust(under(acme.keyring))).toBe("pass");
    const report = under(acme.keyring, after(second));
    expect(trust(report)).toBe("not checked REACH-E5235");
    expect(report.exitCode).toBe(3);
    expect(trust(under(second, after(second)))).toBe("fail REACH-E5216");
    expect(trust(under(second, after(second, third)))).toBe("not checked REACH-E5235");
  });

  test("attack: another keyring of the number that was seen, or one that does not continue it", () => {
    const other = next(acme.keyring, { expiresAt: "2026-11-29T00:00:00.000Z" });
    expect(trust(under(other, after(second)))).toBe("fail REACH-E5236");
    expect(trust(under(next(other), after(second)))).toBe("fail REACH-E5236");
    expect(trust(under(next(next(other)), after(acme.keyring)))).toBe("pass");
  });

  test("KEY-17: the first one is taken as it is: what was not seen cannot be missed", () => {
    expect(trust(under(acme.keyring, emptyState))).toBe("pass");
    expect(trust(under(acme.keyring, after(acme.keyring)))).toBe("pass");
    expect(trust(under(third, after(acme.keyring)))).toBe("fail REACH-E5216");
  });

  test("holds for steps, too", () => {
    const step = proveStep(engine, file, 4);
    const policy = { now, signers: { keyring: acme.keyring } };
    expect(verifyStep(engine, step, policy, { state: after(second) }).verdicts.trusted.code).toBe(
      "REACH-E5235",
    );
    expect(verifyStep(engine, step, policy, { state: emptyState }).state?.keyrings.size).toBe(1);
  });

  test("attack: a publisher by an older keyring than was seen approves nothing", () => {
    const publisher = signerOf(newKey(pseudoRandom("publisher"), "P-256").private);
    const keys = withKey(acme.keyring.keys, publisher.key, { role: "pack", ...year });
    const first = ringOf([[trusted, evidenceOfAcme]], () => keys).keyring;
    const revoked = next(first, { keys: withCompromise(keys, publisher.key.id, year.from) });
    const bundle = signPack(engine, pack, "pack", packPredicate(manifestOf(pack)), publisher);
    const approved = (keyring: Keyring, state: VerifierState): string => {
      const policy: Policy = { now, signers: { keyring }, rules: { publishers: "keyring" } };
      return finding(verify(file, policy, { state, packBundles: [bundle] }), "approved");
    };
    expect(approved(first, emptyState)).toBe("pass");
    expect(approved(revoked, after(revoked))).toBe("fail REACH-E5216");
    expect(approved(first, after(revoked))).toBe("not checked REACH-E5235");
    expect(approved(next(first), after(revoked))).toBe("fail REACH-E5236");
  });

  test("is kept whatever became of the file, for it is the verifier who has it", () => {
    const forged = signedAgain(file, { by: attacker });
    for (const bytes of [forged, utf8("no evidence")]) {
      const { state } = verify(bytes, { now, signers: { keyring: second } }, { state: emptyState });
      expect([...(state?.keyrings.values() ?? [])]).toMatchObject([{ serial: 2 }]);
    }
  });

  test("is not kept where it is not to be relied on, nor without a state", () => {
    const late = { now: issue.expiresAt };
    expect(under(second, emptyState, late).state).toEqual(emptyState);
    expect(under(second).state).toBeUndefined();
    expect(verify(file, {}, { state: emptyState }).state).toEqual(emptyState);
  });

  const signing = (by: Signer): RootSigners => ({ root: rootOf(by.key), signers: [by] });
  const changed = next(next(acme.keyring), { newRoot: signing(otherRoot) });

  test("attack: an older root, once a newer one was seen", () => {
    expect(trust(under(changed, emptyState))).toBe("pass");
    const state = after(changed);
    // The old root signs a later number, without the change that took its place.
    const rogue = next(next(next(next(acme.keyring))));
    expect(trust(under(rogue, emptyState))).toBe("pass");
    expect(trust(under(rogue, state))).toBe("fail REACH-E5236");
    expect(trust(under(next(acme.keyring), state))).toBe("not checked REACH-E5235");
    // Who pins the new root next knows what was seen under the old one.
    expect(state.keyrings.size).toBe(2);
    const signers = new Set([...state.keyrings.values()].map(({ signedBy }) => signedBy));
    expect([...signers]).toEqual([digestOfRoot(rootOf(otherRoot.key))]);
  });

  test("attack: an older root that was lost, and says that it has given way to another one", () => {
    const own = signing(attacker);
    const rogue = next(next(next(next(acme.keyring))), { newRoot: own });
    expect(trust(under(rogue, emptyState))).toBe("pass");
    expect(trust(under(rogue, after(changed)))).toBe("fail REACH-E5236");
  });

  test("attack: an older keyring of a later root, by way of the root before it", () => {
    const pinned = (ring: Keyring): Keyring => ({ ...ring, rootPath: ring.rootPath.slice(-1) });
    const newer = issueKeyring(engine, otherRoot, pinned(changed), {
      ...issue,
      keys: changed.keys,
    }).keyring;
    const state = after(newer);
    expect(trust(under(changed, emptyState))).toBe("pass");
    const report = under(changed, state);
    expect(trust(report)).toBe("not checked REACH-E5235");
    expect(report.state).toEqual(state);
  });
});

describe("LOG-42: the last checkpoint of a log", () => {
  const log = keyOf("log", ORIGIN, "note");
  const witness = keyOf("w1", "example.org/w1", "cosignature");
  const entry = formatEntry(engine, evidenceEntryOf(engine, file), "2026-11-23T07:00:06.000Z");
  const entries = [utf8("a"), entry, ...["b", "c", "d", "e"].map(utf8)];
  const fork = [utf8("x"), entry, ...["b", "c", "d", "e"].map(utf8)];
  interface Making {
    readonly size: number;
    readonly of?: readonly Uint8Array[];
    readonly cosigned?: boolean;
  }
  function logged({ size, of = entries, cosigned = true }: Making): Uint8Array {
    const tree = of.slice(0, size);
    const text = formatCheckpoint({ origin: ORIGIN, size: BigInt(size), root: merkleRoot(tree) });
    const time = 1_795_417_266n;
    const lines = cosigned ? signNote(text, witness.key, witness.signer, time) : "";
    const checkpoint = utf8(`${text}\n${signNote(text, log.key, log.signer)}${lines}`);
    const hashes = inclusionProof(hashFrames(tree, 0), 1);
    const proof = formatTlogProof({ index: 1n, hashes, extra: entry, checkpoint });
    return withProof(engine, file, proof);
  }
  const grown = (from: number, to: number, of = entries): NonNullable<LogPolicy["growth"]> => [
    {
      from: BigInt(from),
      to: BigInt(to),
      hashes: consistencyProof(hashFrames(of.slice(0, to), 0), from),
    },
  ];
  const under = (
    making: Making,
    state: VerifierState,
    growth: NonNullable<LogPolicy["growth"]> = [],
  ): Report => {
    const logs = [{ origin: ORIGIN, key: log.key, witnesses: [witness.key], quorum: 1, growth }];
    return verify(logged(making), { now, logs, required: ["authentic"] }, { state });
  };
  const sizeIn = (state: VerifierState | undefined): bigint | undefined =>
    state?.logs.get(formatNoteKey(log.key))?.size;
  const kept = (size: number): VerifierState => under({ size }, emptyState).state ?? emptyState;
  const found = (report: Report): [string, bigint | undefined] => [
    finding(report, "logged"),
    sizeIn(report.state),
  ];

  test("is kept, and advances by a proof of growth alone", () => {
    expect(found(under({ size: 4 }, emptyState))).toEqual(["pass", 4n]);
    expect(found(under({ size: 6 }, kept(4), grown(4, 6)))).toEqual(["pass", 6n]);
    expect(found(under({ size: 6 }, kept(4)))).toEqual(["pass", 4n]);
    expect(found(under({ size: 6 }, kept(4), grown(3, 6)))).toEqual(["pass", 4n]);
    expect(found(under({ size: 4 }, kept(4)))).toEqual(["pass", 4n]);
    // An older one is that of older evidence: it does not go back.
    expect(found(under({ size: 3 }, kept(4)))).toEqual(["pass", 4n]);
    expect(found(under({ size: 3 }, kept(4), grown(3, 4)))).toEqual(["pass", 4n]);
  });

  test("attack: split view, another tree of the size that was kept", () => {
    expect(found(under({ size: 4, of: fork }, kept(4)))).toEqual(["fail REACH-E5333", 4n]);
    expect(found(under({ size: 4, of: fork }, emptyState))).toEqual(["pass", 4n]);
  });

  test("attack: a log that is shown to have become another one, or to have shrunk", () => {
    expect(found(under({ size: 6, of: fork }, kept(4), grown(4, 6)))).toEqual([
      "fail REACH-E5333",
      4n,
    ]);
    expect(found(under({ size: 3, of: fork }, kept(4), grown(3, 4)))).toEqual([
      "fail REACH-E5333",
      4n,
    ]);
  });

  test("attack: a log that lacks the beginning of the run, where the policy asks for it, moves nothing", () => {
    const logs = [
      { origin: ORIGIN, key: log.key, witnesses: [witness.key], quorum: 1, started: true },
    ];
    const report = verify(logged({ size: 4 }), { now, logs }, { state: emptyState });
    expect(found(report)).toEqual(["not checked REACH-E5346", undefined]);
  });

  test("attack: what did not verify under the policy moves nothing", () => {
    const unseen = under({ size: 6, cosigned: false }, kept(4), grown(4, 6));
    expect(finding(unseen, "witnessed")).toBe("fail REACH-E5337");
    expect(sizeIn(unseen.state)).toBe(4n);
    expect(sizeIn(under({ size: 6, cosigned: false }, emptyState).state)).toBeUndefined();
  });
});

describe("KEY-16: the file of a state", () => {
  const state: VerifierState = {
    keyrings: new Map([
      ["ab".repeat(32), { serial: 3, digest: "cd".repeat(32), signedBy: "ab".repeat(32) }],
    ]),
    logs: new Map([["key", { origin: ORIGIN, size: 5n, root: new Uint8Array(32).fill(7) }]]),
  };
  test("has one spelling, and is read strictly", () => {
    const bytes = formatState(engine, state);
    expect(readState(engine, bytes)).toEqual(state);
    expect(readState(engine, formatState(engine, emptyState))).toEqual(emptyState);
    const text = new TextDecoder().decode(bytes);
    for (const other of [
      `${text}\n`,
      "{}",
      "",
      text.replace('"serial":3', '"serial":0'),
      text.replace("state/v1", "state/v2"),
      text.replace('"size":5', '"size":5,"x":1'),
      text.replace(/"keyrings":\[(.*?)\]/, '"keyrings":[$1,$1]'),
    ]) {
      expect(
        codeOf(() => readState(engine, utf8(other))),
        other,
      ).toBe("REACH-E5237");
    }
  });

  test("of two programs at a time, what is newer of each is kept", () => {
    const other: VerifierState = {
      keyrings: new Map([
        ["ab".repeat(32), { serial: 2, digest: "ef".repeat(32), signedBy: "ab".repeat(32) }],
        ["01".repeat(32), { serial: 9, digest: "ef".repeat(32), signedBy: "01".repeat(32) }],
      ]),
      logs: new Map([["key", { origin: ORIGIN, size: 6n, root: new Uint8Array(32) }]]),
    };
    for (const merged of [mergedState(state, other), mergedState(other, state)]) {
      expect(
        [...merged.keyrings.values()].map(({ serial }) => serial).sort((x, y) => x - y),
      ).toEqual([3, 9]);
      expect(merged.logs.get("key")?.size).toBe(6n);
    }
  });
});
