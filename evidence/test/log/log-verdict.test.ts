// verify() and logs: docs/spec/log.md, LOG-33 to LOG-36, and the attacks on what it says.
import {
  consistencyProof,
  hashFrames,
  inclusionProof,
  merkleRoot,
  utf8,
} from "@reach-fabric/engine";
import {
  evidenceEntryOf,
  formatCheckpoint,
  formatEntry,
  formatTlogProof,
  stripPack,
  signNote,
  withProof,
} from "@reach-fabric/evidence";
import type { LogPolicy, Policy, Report } from "@reach-fabric/evidence";
import { describe, expect, test } from "vitest";
import {
  attacker,
  engine,
  evidence,
  facts,
  finding,
  pseudoRandom,
  signedAgain,
  trusted,
  verify,
  withEntries,
} from "../fixtures/fixture.ts";
import { keyOf, ORIGIN } from "../fixtures/log-fixture.ts";
import type { NoteSigner } from "../fixtures/log-fixture.ts";

const log = keyOf("log", ORIGIN, "note");
const [first, second] = [
  keyOf("w1", "example.org/w1", "cosignature"),
  keyOf("w2", "example.org/w2", "cosignature"),
];
const file = evidence();
const AFTER = "2026-11-23T07:00:02.000Z";
const NOW = "2026-11-24T00:00:00.000Z";
const seconds = (text: string): bigint => BigInt(Date.parse(text) / 1000);

/** A log with other entries and the one of this evidence at the place 3 of 7. */
function entriesOf(bytes: Uint8Array, at: string): Uint8Array[] {
  const others = Array.from({ length: 6 }, (_, i) => utf8(`another entry ${i}`));
  return [
    ...others.slice(0, 3),
    formatEntry(engine, evidenceEntryOf(engine, bytes), at),
    ...others.slice(3),
  ];
}

interface Making {
  readonly of?: Uint8Array;
  readonly at?: string;
  readonly origin?: string;
  readonly by?: readonly (NoteSigner & { time?: bigint })[];
  readonly entries?: readonly Uint8Array[];
}

/** The proof of evidence in a log. */
function proofOf({
  of = file,
  at = AFTER,
  origin = ORIGIN,
  by = [log],
  entries = entriesOf(of, at),
}: Making = {}): Uint8Array {
  const text = formatCheckpoint({
    origin,
    size: BigInt(entries.length),
    root: merkleRoot(entries),
  });
  const note = utf8(
    `${text}\n${by.map(({ key, signer, time }) => signNote(text, key, signer, time)).join("")}`,
  );
  const hashes = inclusionProof(hashFrames(entries, 0), 3);
  return formatTlogProof({ index: 3n, hashes, extra: entries[3], checkpoint: note });
}
const policyOf = (more: Partial<LogPolicy> = {}): Policy => ({
  logs: [{ origin: ORIGIN, key: log.key, witnesses: [first.key, second.key], quorum: 0, ...more }],
  required: ["authentic", "logged"],
  now: NOW,
});
const judged = (making: Making = {}, more: Partial<LogPolicy> = {}): Report =>
  verify(withEntriesProof(file, proofOf(making)), policyOf(more));
/** The file with whatever proof: withProof() would refuse one of another entry. */
const withEntriesProof = (bytes: Uint8Array, proof: Uint8Array): Uint8Array => {
  const honest = withProof(engine, bytes, proofOf({ of: bytes }));
  return withEntries(honest, { "run.tlog-proof": proof });
};

describe("LOG-33 logged", () => {
  test("by a log that the policy names", () => {
    const report = judged();
    expect(finding(report, "logged")).toBe("pass");
    expect(report.verdicts.logged.why).toContain("entry 3 of 7");
    expect(report.ok).toBe(true);
    expect(finding(report, "witnessed")).toBe("not checked");
  });

  test("nothing is said without a proof, or without a policy", () => {
    expect(finding(verify(file, policyOf()), "logged")).toBe("not checked REACH-E5339");
    expect(verify(file, policyOf()).exitCode).toBe(3);
    expect(finding(verify(withEntriesProof(file, proofOf())), "logged")).toBe("not checked");
  });

  test("splice across runs: the proof of another run, attempt or signer", () => {
    const others = [
      evidence({ run: { ...facts, attempt: 2 } }),
      evidence({ runSecret: pseudoRandom("another")(32) }),
      signedAgain(file, { by: attacker }),
    ];
    for (const other of others)
      expect(finding(judged({ of: other }), "logged")).toBe("fail REACH-E5338");
  });

  test("entry not bound to artifact: an entry of this evidence that is not in the log", () => {
    const entries = entriesOf(file, AFTER);
    const outside = formatEntry(engine, evidenceEntryOf(engine, file), "2026-11-23T07:00:03.000Z");
    const proof = proofOf({ entries });
    const extra = btoa(String.fromCharCode(...outside));
    const swapped = new TextDecoder().decode(proof).replace(/extra .*/, `extra ${extra}`);
    const report = verify(withEntriesProof(file, utf8(swapped)), policyOf());
    expect(finding(report, "logged")).toBe("fail REACH-E5333");
  });

  test("a log that nobody named, and one that only has the name", () => {
    expect(finding(judged({ origin: "example.net/other" }), "logged")).toBe("fail REACH-E5340");
    const impostor = keyOf("impostor", ORIGIN, "note");
    expect(finding(judged({ by: [impostor] }), "logged")).toBe("fail REACH-E5308");
    expect(finding(judged({ by: [{ ...first, time: 1n }] }), "logged")).toBe("fail REACH-E5308");
  });

  test("wrong-size proofs, cut and extended ones", () => {
    const text = new TextDecoder().decode(proofOf());
    const lines = text.split("\n");
    const variants = [
      lines.toSpliced(3, 1).join("\n"),
      lines.toSpliced(3, 0, lines[3] ?? "").join("\n"),
      text.replace("index 3", "index 2"),
      text.replace("index 3", "index 7"),
      text.replace("\n7\n", "\n8\n"),
      text.slice(0, -1),
    ];
    for (const variant of variants) {
      const report = verify(withEntriesProof(file, utf8(variant)), policyOf());
      expect(report.verdicts.logged.result, variant).toBe("fail");
    }
  });

  test("evidence without its pack is still logged", () => {
    const proven = withEntriesProof(file, proofOf());
    const bare = stripPack(engine, proven);
    expect(finding(verify(bare, policyOf()), "logged")).toBe("pass");
  });
});

describe("LOG-34 witnessed", () => {
  const cosigned = [
    log,
    { ...first, time: seconds(AFTER) },
    { ...second, time: seconds(AFTER) + 50n },
  ];
  test("by as many as are asked for; the last of them says since when", () => {
    const report = judged({ by: cosigned }, { quorum: 2 });
    expect([finding(report, "logged"), finding(report, "witnessed")]).toEqual(["pass", "pass"]);
    expect(report.verdicts.witnessed.why).toContain(
      "2 of 2 witnesses had seen it by 2026-11-23T07:00:52.000Z",
    );
    expect(finding(judged({ by: cosigned.slice(0, 2) }, { quorum: 2 }), "witnessed")).toBe(
      "fail REACH-E5337",
    );
    expect(finding(judged({ by: [log] }, { quorum: 1 }), "witnessed")).toBe("fail REACH-E5337");
  });

  test("one witness under two names is one", () => {
    const alias = keyOf("w1", "example.org/alias", "cosignature");
    const by = [log, { ...first, time: seconds(AFTER) }, { ...alias, time: seconds(AFTER) }];
    const report = judged({ by }, { witnesses: [first.key, alias.key, second.key], quorum: 2 });
    expect(finding(report, "witnessed")).toBe("fail REACH-E5337");
  });

  test("backdating with a compromised key: only what witnesses saw before still counts", () => {
    const entry = (compromisedAt: string): Policy => ({
      ...policyOf({ quorum: 1 }),
      signers: {
        keyring: {
          serial: 1,
          issuedAt: "2026-11-23T00:00:00.000Z",
          expiresAt: "2027-11-23T00:00:00.000Z",
          keys: [
            {
              id: trusted.id,
              alg: "Ed25519",
              public: btoa(String.fromCharCode(...trusted.bytes)),
              role: "evidence",
              from: "2026-01-01T00:00:00.000Z",
              to: "2027-01-01T00:00:00.000Z",
              compromisedAt,
            },
          ],
        } as never,
      },
    });
    const proven = withEntriesProof(file, proofOf({ by: cosigned }));
    const at = (time: string): string => finding(verify(proven, entry(time)), "trusted");
    expect(at("2026-11-23T08:00:00.000Z")).toBe("pass");
    expect(at("2026-11-23T07:00:01.500Z")).toBe("fail REACH-E5216");
    const unlogged = verify(file, entry("2026-11-23T08:00:00.000Z"));
    expect(finding(unlogged, "trusted")).toBe("fail REACH-E5216");
  });
});

describe("LOG-35 the log as it was seen", () => {
  const entries = entriesOf(file, AFTER);
  const rootOf = (n: number, list = entries): Uint8Array => merkleRoot(list.slice(0, n));

  test("signing by a frozen log", () => {
    const at = (size: number, root: Uint8Array): string =>
      finding(judged({}, { final: { size: BigInt(size), root } }), "logged");
    expect(at(7, rootOf(7))).toBe("pass");
    expect(at(9, rootOf(7))).toBe("pass");
    expect(at(6, rootOf(6))).toBe("fail REACH-E5341");
    expect(at(7, rootOf(6))).toBe("fail REACH-E5341");
  });

  const grownBy = (
    from: number,
    to: number,
    hashes?: readonly Uint8Array[],
  ): Pick<LogPolicy, "growth"> =>
    hashes === undefined
      ? {}
      : { growth: [{ from: BigInt(from), to: BigInt(to), hashes: [...hashes] }] };

  test("split view: another tree of the size that was seen", () => {
    const seen = (size: number, root: Uint8Array, growth?: readonly Uint8Array[]): string =>
      finding(
        judged({}, { seen: { size: BigInt(size), root }, ...grownBy(size, 7, growth) }),
        "logged",
      );
    expect(seen(7, rootOf(7))).toBe("pass");
    expect(seen(7, rootOf(6))).toBe("fail REACH-E5333");
    expect(seen(5, rootOf(5))).toBe("not checked REACH-E5343");
    expect(seen(5, rootOf(5), consistencyProof(hashFrames(entries, 0), 5))).toBe("pass");
    expect(seen(5, rootOf(4), consistencyProof(hashFrames(entries, 0), 5))).toBe(
      "fail REACH-E5333",
    );
  });

  test("checkpoint rollback: an older checkpoint than was seen needs its proof, too", () => {
    const more = [...entries, utf8("later")];
    const seen = { size: 8n, root: merkleRoot(more) };
    expect(finding(judged({}, { seen }), "logged")).toBe("not checked REACH-E5343");
    const growth = grownBy(7, 8, consistencyProof(hashFrames(more, 0), 7));
    expect(finding(judged({}, { seen, ...growth }), "logged")).toBe("pass");
    const other = { ...seen, root: merkleRoot([...more].toReversed()) };
    expect(finding(judged({}, { seen: other, ...growth }), "logged")).toBe("fail REACH-E5333");
  });
});

test("LOG-36 logged, or witnessed, before it ended", () => {
  expect(finding(judged({ at: "2026-11-23T06:55:02.000Z" }), "logged")).toBe("pass");
  expect(finding(judged({ at: "2026-11-23T06:55:00.000Z" }), "logged")).toBe("fail REACH-E5342");
  const by = [log, { ...first, time: seconds("2026-11-23T06:51:00.000Z") }];
  const at = "2026-11-23T06:55:02.000Z";
  expect(finding(judged({ at, by }, { quorum: 1 }), "witnessed")).toBe("fail REACH-E5342");
});
