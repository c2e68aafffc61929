// Times and roles in verify(): docs/spec/log.md, LOG-39 to LOG-41, docs/spec/keys.md, KEY-19 and KEY-20, and the
// attacks on them.
import { hashFrames, inclusionProof, merkleRoot, utf8 } from "@reach-fabric/engine";
import {
  evidenceEntryOf,
  formatCheckpoint,
  formatEntry,
  formatTlogProof,
  manifestOf,
  newKey,
  packPredicate,
  publicKeyOf,
  signerOf,
  signNote,
  signPack,
  withCompromise,
  withEnd,
  withProof,
} from "@reach-fabric/evidence";
import type { Enrolment, LogPolicy, Policy, PublicKey, Report } from "@reach-fabric/evidence";
import { instantAt, millisecondsOf } from "@reach-fabric/evidence/testing";
import { describe, expect, test } from "vitest";
import {
  engine,
  evidence,
  facts,
  finding,
  pack,
  pseudoRandom,
  trusted,
  verify,
} from "../fixtures/fixture.ts";
import { acme, evidenceOfAcme, now, ringOf, year } from "../fixtures/keyring-fixture.ts";
import { keyOf, ORIGIN } from "../fixtures/log-fixture.ts";
import type { NoteSigner } from "../fixtures/log-fixture.ts";

const log = keyOf("log", ORIGIN, "note");
const [first, second, third] = ["w1", "w2", "w3"].map((name) =>
  keyOf(name, `example.org/${name}`, "cosignature"),
) as [NoteSigner, NoteSigner, NoteSigner];
const seconds = (text: string): bigint => BigInt(Date.parse(text) / 1000);

/** Five seconds after the run of the fixture has ended, and a minute later. */
const LOGGED = "2026-11-23T07:00:06.000Z";
const SEEN = "2026-11-23T07:01:06.000Z";

interface Making {
  /** When the host says that the run ended. */
  readonly endedAt?: string;
  /** The time of the log. */
  readonly logged?: string;
  /** Who cosigned, and when. */
  readonly by?: readonly (readonly [NoteSigner, bigint | string])[];
}

/** Evidence in a log that these witnesses have cosigned. */
function made({ endedAt = facts.endedAt, logged = LOGGED, by = [] }: Making): Uint8Array {
  const startedAt = endedAt < facts.startedAt ? endedAt : facts.startedAt;
  const file = evidence({ run: { ...facts, startedAt, endedAt } });
  const entry = formatEntry(engine, evidenceEntryOf(engine, file), logged);
  const entries = [utf8("another entry"), entry];
  const text = formatCheckpoint({ origin: ORIGIN, size: 2n, root: merkleRoot(entries) });
  const lines = by.map(([{ key, signer }, time]) =>
    signNote(text, key, signer, typeof time === "string" ? seconds(time) : time),
  );
  const checkpoint = utf8(`${text}\n${signNote(text, log.key, log.signer)}${lines.join("")}`);
  const hashes = inclusionProof(hashFrames(entries, 0), 1);
  return withProof(engine, file, formatTlogProof({ index: 1n, hashes, extra: entry, checkpoint }));
}

interface Asking extends Partial<Policy> {
  readonly quorum?: LogPolicy["quorum"];
}

/** What it is under a policy with this log and its witnesses. */
function judged(making: Making, { quorum = 1, ...more }: Asking = {}): Report {
  const witnesses = [first, second, third].map(({ key }) => key);
  const logs = [{ origin: ORIGIN, key: log.key, witnesses, quorum }];
  return verify(made(making), { logs, required: ["authentic"], now, ...more });
}
const found = (report: Report): Record<string, string> => ({
  trusted: finding(report, "trusted"),
  logged: finding(report, "logged"),
  witnessed: finding(report, "witnessed"),
});
const ring = (
  entries: readonly (readonly [PublicKey, Enrolment])[] = [],
  change?: Parameters<typeof ringOf>[1],
): Pick<Policy, "signers"> => ({
  signers: { keyring: ringOf([[trusted, evidenceOfAcme], ...entries], change).keyring },
});

describe("KEY-19: when a key is judged", () => {
  const ended = ring([], (keys) => withEnd(keys, trusted.id, "2026-02-01T00:00:00.000Z"));
  const backdated = { endedAt: "2026-01-15T00:00:00.000Z", by: [[first, SEEN]] } as const;

  test("attack: backdating with a key that has ended", () => {
    const lag = { maxLag: 365 * 86_400_000 };
    const report = judged(backdated, { ...ended, ...lag });
    expect(found(report)).toEqual({
      trusted: "fail REACH-E5215",
      logged: "pass",
      witnessed: "pass",
    });
    expect(report.exitCode).toBe(1);
    expect(report.verdicts.trusted.why).toContain("seen at 2026-11-23T07:01:06.000Z");
    // Without witnesses, only the lag of the log holds it off; without a log, nothing does, and the verdict says so.
    const alone = { ...ended, quorum: 0 };
    expect(found(judged(backdated, alone))).toMatchObject({ logged: "fail REACH-E5231" });
    expect(judged(backdated, alone).ok).toBe(false);
    const host = judged(backdated, { ...alone, ...lag });
    expect(host.verdicts.trusted).toMatchObject({ result: "pass" });
    expect(host.verdicts.trusted.why).toMatch(/2026-01-15T00:00:00.000Z, as the host alone says$/);
  });

  test("the time is that of the witnesses, whatever the host's clock says", () => {
    const begun = ring([], ([key, ...more]) => [
      { ...key!, from: "2026-11-23T07:01:00.000Z" },
      ...more,
    ]);
    expect(found(judged({ by: [[first, SEEN]] }, begun))["trusted"]).toBe("pass");
    expect(found(judged({ by: [[first, SEEN]] }, { ...begun, quorum: 0 }))["trusted"]).toBe(
      "fail REACH-E5215",
    );
    const { why } = judged({ by: [[first, SEEN]] }, ring()).verdicts.trusted;
    expect(why).toMatch(/by 2026-11-23T07:01:06.000Z, as witnesses say$/);
  });

  test("of the second that witnesses say, all lies before the end of a key", () => {
    const until = (to: string): string =>
      found(
        judged(
          { by: [[first, SEEN]] },
          ring([], (keys) => withEnd(keys, trusted.id, to)),
        ),
      )["trusted"] ?? "";
    expect(until("2026-11-23T07:01:06.500Z")).toBe("fail REACH-E5215");
    expect(until("2026-11-23T07:01:07.000Z")).toBe("pass");
  });
});

describe("LOG-39: how soon a run is seen", () => {
  const by = [[first, "2026-11-23T09:00:00.000Z"]] as const;
  test("a day after its end, where the policy does not say", () => {
    const late = "2026-11-25T00:00:00.000Z";
    const at = (endedAt: string): string =>
      found(
        judged(
          {
            endedAt,
            logged: "2026-11-24T06:00:00.000Z",
            by: [[first, "2026-11-24T07:00:00.000Z"]],
          },
          { now: late },
        ),
      )["witnessed"] ?? "";
    expect(at("2026-11-23T07:00:00.000Z")).toBe("pass");
    expect(at("2026-11-23T06:59:59.999Z")).toBe("fail REACH-E5231");
  });

  test("as the policy says, by the witnesses, or by the log where it asks for none", () => {
    const lag = (maxLag: number, quorum = 1): Record<string, string> =>
      found(judged({ by }, { maxLag, quorum }));
    expect(lag(3_600_000)).toMatchObject({ logged: "pass", witnessed: "fail REACH-E5231" });
    expect(lag(7_200_000)).toMatchObject({ logged: "pass", witnessed: "pass" });
    expect(lag(5000, 0)).toMatchObject({ logged: "pass", witnessed: "not checked" });
    expect(lag(4000, 0)).toMatchObject({ logged: "fail REACH-E5231" });
  });
});

describe("LOG-40: times that cannot be", () => {
  test("attack: a run that ends after the verifier's now", () => {
    const policy = { trustedKeys: [trusted], now: "2026-11-23T06:00:00.000Z" };
    const file = evidence();
    expect(finding(verify(file, policy), "trusted")).toBe("fail REACH-E5230");
    expect(finding(verify(file, { now: policy.now }), "trusted")).toBe("fail REACH-E5230");
    const close = { ...policy, now: "2026-11-23T06:56:00.000Z" };
    expect(finding(verify(file, close), "trusted")).toBe("pass");
  });

  test("attack: an entry, and witnesses, of the future", () => {
    const future = "2999-01-01T00:00:00.000Z";
    expect(found(judged({ logged: future }, { quorum: 0 }))).toMatchObject({
      logged: "fail REACH-E5230",
    });
    for (const time of [2n ** 64n - 1n, seconds("2100-01-01T00:00:00.000Z")]) {
      expect(found(judged({ by: [[first, time]] })), String(time)).toMatchObject({
        logged: "pass",
        witnessed: "fail REACH-E5230",
      });
    }
    // One that lies about the time does not count for another one.
    const by = [
      [first, 2n ** 64n - 1n],
      [second, SEEN],
    ] as const;
    expect(found(judged({ by }))).toMatchObject({ witnessed: "pass" });
    expect(found(judged({ by }, { quorum: 2 }))).toMatchObject({ witnessed: "fail REACH-E5230" });
  });

  test("LOG-41 attack: an entry that is later than its own cosignature", () => {
    const logged = "2026-11-23T08:00:00.000Z";
    expect(found(judged({ logged, by: [[first, SEEN]] }))).toMatchObject({
      logged: "fail REACH-E5232",
      witnessed: "not checked",
    });
    expect(found(judged({ logged, by: [[first, "2026-11-23T07:55:00.000Z"]] }))).toMatchObject({
      logged: "pass",
      witnessed: "pass",
    });
  });

  test("nothing is judged without the verifier's time", () => {
    expect(() => judged({}, { now: undefined as never })).toThrow(TypeError);
    expect(() => verify(evidence(), { signers: { keyring: acme.keyring } })).toThrow(TypeError);
  });
});

describe("KEY-20: the keys of logs, witnesses", () => {
  const asLog: Enrolment = { role: "log", ...year };
  const asWitness: Enrolment = { role: "witness", ...year };
  const keys = [
    [log.key.key, asLog],
    [first.key.key, asWitness],
  ] as const;
  const lost = "2026-01-10T00:00:00.000Z";
  const by = [[first, SEEN]] as const;

  test("count while the keyring says so", () => {
    const all = { trusted: "pass", logged: "pass", witnessed: "pass" };
    expect(found(judged({ by }, ring(keys)))).toEqual(all);
    // What the policy names and the keyring does not have is named by the policy alone.
    expect(found(judged({ by }, ring()))).toEqual(all);
  });

  test("attack: a witness, and a log, that have ended, or were compromised", () => {
    const under = (change: Parameters<typeof ringOf>[1], quorum = 1): Record<string, string> =>
      found(judged({ by }, { ...ring(keys, change), quorum }));
    const end = "2026-02-01T00:00:00.000Z";
    const fails = { witnessed: "fail REACH-E5337" };
    expect(under((all) => withEnd(all, first.key.key.id, end))).toMatchObject(fails);
    expect(under((all) => withCompromise(all, first.key.key.id, lost))).toMatchObject(fails);
    const log15 = { logged: "fail REACH-E5215", witnessed: "not checked" };
    expect(under((all) => withEnd(all, log.key.key.id, end))).toMatchObject(log15);
    const log16 = { logged: "fail REACH-E5216", witnessed: "not checked" };
    expect(under((all) => withCompromise(all, log.key.key.id, lost))).toMatchObject(log16);
    expect(under((all) => withCompromise(all, log.key.key.id, lost), 0)).toMatchObject(log16);
  });

  test("what witnesses saw before a log's key was compromised still counts", () => {
    const since = (at: string): string =>
      found(
        judged(
          { by },
          ring(keys, (all) => withCompromise(all, log.key.key.id, at)),
        ),
      )["logged"] ?? "";
    expect(since("2026-11-23T07:01:07.000Z")).toBe("pass");
    expect(since("2026-11-23T07:01:06.999Z")).toBe("fail REACH-E5216");
  });

  test("attack: a stolen witness key that its owner has revoked rescues no compromised key", () => {
    const before = "2026-11-23T06:59:00.000Z";
    const both = ring(keys, (all) =>
      withCompromise(
        withCompromise(all, trusted.id, "2026-11-23T12:00:00.000Z"),
        first.key.key.id,
        before,
      ),
    );
    const report = judged({ by }, both);
    expect(found(report)).toMatchObject({
      trusted: "fail REACH-E5216",
      witnessed: "fail REACH-E5337",
    });
    expect(report.verdicts.witnessed.why).toContain("was compromised at");
    // Another witness, whose key is its own, does.
    expect(found(judged({ by: [...by, [second, SEEN]] }, both))["trusted"]).toBe("pass");
  });

  test("attack: the witness of another tenant, and a key of another role", () => {
    const other = ring([[first.key.key, { ...asWitness, tenant: "globex" }]]);
    expect(found(judged({ by }, other))["witnessed"]).toBe("fail REACH-E5337");
    const role = ring([[first.key.key, { ...asWitness, role: "evidence" }]]);
    expect(found(judged({ by }, role))["witnessed"]).toBe("fail REACH-E5337");
    const ofLog = ring([[log.key.key, { ...asLog, tenant: "globex" }]]);
    expect(found(judged({ by }, ofLog))["logged"]).toBe("fail REACH-E5214");
  });
});

describe("KEY-20: the key that signed the pack", () => {
  const publisher = newKey(pseudoRandom("publisher"), "P-256").private;
  const key = publicKeyOf(publisher);
  const bundle = signPack(
    engine,
    pack,
    "pack",
    packPredicate(manifestOf(pack)),
    signerOf(publisher),
  );
  const approved = (change: Parameters<typeof ringOf>[1], quorum = 1): string => {
    const logs = [{ origin: ORIGIN, key: log.key, witnesses: [first.key], quorum }];
    const policy: Policy = {
      now,
      logs,
      rules: { publishers: "keyring" },
      ...ring([[key, { role: "pack", ...year }]], change),
    };
    const report = verify(made({ by: [[first, SEEN]] }), policy, { packBundles: [bundle] });
    return finding(report, "approved");
  };

  test("attack: one that had ended by the time that witnesses say", () => {
    const until = (to: string, quorum?: number): string =>
      approved((all) => withEnd(all, key.id, to), quorum);
    expect(until("2026-11-23T07:01:07.000Z")).toBe("pass");
    expect(until("2026-11-23T07:01:06.999Z")).toBe("fail REACH-E5215");
    // Without witnesses the host says when the run was.
    expect(until("2026-11-23T07:01:06.999Z", 0)).toBe("pass");
  });

  test("attack: a stolen key that publishes what ran before, which witnesses had seen", () => {
    const since = (at: string, quorum?: number): string =>
      approved((all) => withCompromise(all, key.id, at), quorum);
    // The run was seen before, and what the key has signed by no one.
    expect(since("2026-11-23T07:01:07.000Z")).toBe("fail REACH-E5216");
    expect(since("2026-11-23T07:01:06.000Z")).toBe("fail REACH-E5216");
    expect(since("2026-11-23T07:01:07.000Z", 0)).toBe("fail REACH-E5216");
  });
});

test("instants are written as the calendar has them", () => {
  for (const text of [
    "1970-01-01T00:00:00.000Z",
    "1999-12-31T23:59:59.999Z",
    "2000-02-29T12:34:56.789Z",
    "2026-11-27T10:11:12.013Z",
    "2100-02-28T00:00:00.000Z",
    "2100-03-01T00:00:00.000Z",
    "9999-12-31T23:59:59.999Z",
  ]) {
    expect(instantAt(millisecondsOf(text))).toBe(text);
    expect(instantAt(Date.parse(text) + 1 - 1)).toBe(new Date(text).toISOString());
  }
  expect(instantAt(2 ** 70)).toBe("9999-12-31T23:59:59.999Z");
});
