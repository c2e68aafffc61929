// Packs in one file: docs/spec/pack.md, and the attacks on them.
import { fromUtf8, toHex, utf8 } from "@reach-fabric/engine";
import {
  manifestOf,
  MOST_BUNDLES,
  newKey,
  packPredicate,
  publicKeyOf,
  readPackFile,
  signerOf,
  signPack,
  verifyPack,
  withBundle,
  writePackFile,
  yankPack,
} from "@reach-fabric/evidence";
import type { PackPolicy, PackReport, StatementName } from "@reach-fabric/evidence";
import { preAuthEncoding, readContainer, writeContainer } from "@reach-fabric/evidence/testing";
import { compareVersions } from "@reach-fabric/schema";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { canonical, counting, engine, pack, pseudoRandom, signer } from "../fixtures/fixture.ts";

const publisher = newKey(pseudoRandom("publisher"), "P-256").private;
const stranger = newKey(pseudoRandom("stranger"), "P-256").private;
const key = publicKeyOf(publisher);
const { manifest } = readPackFile(engine, writePackFile(engine, pack));
const AT = "2026-11-27T10:00:00.000Z";

function signed(
  by = publisher,
  predicate: Record<string, unknown> = packPredicate(manifest),
): Uint8Array<ArrayBuffer> {
  const bundle = (
    name: StatementName,
    what: Record<string, unknown>,
  ): [StatementName, Uint8Array[]] => [name, [signPack(engine, pack, name, what, signerOf(by))]];
  const bundles = new Map([bundle("pack", predicate), bundle("sbom", { bomFormat: "CycloneDX" })]);
  return writePackFile(engine, pack, bundles);
}
const file = signed();
const check = (bytes: Uint8Array, policy: PackPolicy = { trustedKeys: [key] }): PackReport =>
  verifyPack(engine, bytes, policy);
const result = ({ verdicts }: PackReport, name: "intact" | "trusted" | "current"): string =>
  [verdicts[name].result, verdicts[name].code].filter(Boolean).join(" ");
const changed = (change: (entries: Map<string, Uint8Array>) => void): Uint8Array => {
  const entries = new Map(readContainer(file).map(({ name, bytes }) => [name, bytes]));
  change(entries);
  return writeContainer([...entries].map(([name, bytes]) => ({ name, bytes })));
};
/** The file with another pack.json, its own digest in order; nothing is signed again. */
function withManifest(change: (manifest: Record<string, unknown>) => unknown): Uint8Array {
  const value = JSON.parse(new TextDecoder().decode(pack.manifest)) as Record<string, unknown>;
  return changed((entries) => entries.set("pack.json", canonical(change(value))));
}

describe("the file", () => {
  test("PACK-4 PACK-9 the same pack is the same bytes, signed or not", () => {
    expect(writePackFile(engine, pack)).toEqual(writePackFile(engine, pack));
    const read = readPackFile(engine, file);
    expect(read.pack).toEqual({ ...pack });
    expect([...read.bundles.keys()]).toEqual(["pack", "sbom"]);
    expect(writePackFile(engine, read.pack, read.bundles)).toEqual(file);
  });

  test("what pack.json says is read once for a pack, and is not to be changed", () => {
    const said = manifestOf(pack);
    expect(said).toEqual(JSON.parse(fromUtf8(pack.manifest)));
    expect(manifestOf(pack)).toBe(said);
    expect(() => said.workflows.push("other.json")).toThrow(TypeError);
    expect(() => Object.assign(said.files[0] as object, { sha256: "" })).toThrow(TypeError);
  });

  test("PACK-1 unknown members, a wrong order, another digest", () => {
    expect(result(check(withManifest((m) => ({ ...m, plugins: [] }))), "intact")).toBe(
      "fail REACH-E5402",
    );
    expect(result(check(withManifest((m) => ({ ...m, format: "reach/pack/v2" }))), "intact")).toBe(
      "fail REACH-E5402",
    );
    const again = withManifest((m) => ({ ...m, version: "1.0.1" }));
    expect(result(check(again), "intact")).toBe("pass");
    expect(result(check(again), "trusted")).toBe("fail REACH-E5306");
  });

  const named = (path: string, ...more: string[]): Uint8Array => {
    const bytes = pack.files[0]?.bytes ?? new Uint8Array();
    const listed = [path, ...more].sort().map((each) => ({
      path: each,
      sha256: toHex(engine.sha256(bytes)),
      size: bytes.length,
    }));
    return withManifest((m) => ({ ...m, files: listed, workflows: [path] }));
  };
  test.each([
    "../loan.yaml",
    "a/../../b.yaml",
    "/etc/loan.yaml",
    "C:/loan.yaml",
    "C:loan.yaml",
    "a\\..\\b.yaml",
    "./loan.yaml",
    "a//b.yaml",
    "loan.yaml/",
    "con",
    "NUL.yaml",
    "a/com1.txt",
    "lpt9",
    "a./b",
    "b.",
    "lo\u0000an.yaml",
    "lo\u202ean.yaml",
    "l\u006f\u0308an.yaml",
    "pack.json",
    "x".repeat(241),
    Array.from({ length: 17 }, () => "a").join("/"),
    "",
  ])("PACK-2 archive slip: the path %j is refused", (path) => {
    expect(result(check(named(path)), "intact")).toBe("fail REACH-E5402");
  });
  test("PACK-2 case collisions, and a file below a file", () => {
    expect(result(check(named("a.yaml", "A.yaml")), "intact")).toBe("fail REACH-E5402");
    expect(result(check(named("a", "a/b.yaml")), "intact")).toBe("fail REACH-E5402");
    expect(result(check(named("a", "A/b.yaml")), "intact")).toBe("fail REACH-E5402");
    expect(result(check(named("a.yaml", "b.yaml")), "intact")).toBe("pass");
  });

  test("PACK-5 a file missing, one too many, one that is another", () => {
    const blob = (entries: Map<string, Uint8Array>): string =>
      [...entries.keys()].find((name) => name.startsWith("blobs/")) ?? "";
    expect(result(check(changed((e) => e.delete(blob(e)))), "intact")).toBe("fail REACH-E5410");
    expect(result(check(changed((e) => e.set(blob(e), utf8("{}")))), "intact")).toBe(
      "fail REACH-E5401",
    );
    const extra = `blobs/sha256/${toHex(engine.sha256(utf8("x")))}`;
    expect(result(check(changed((e) => e.set(extra, utf8("x")))), "intact")).toMatch(
      /fail REACH-E5(403|004)/,
    );
    expect(result(check(changed((e) => e.set("notes.txt", utf8("x")))), "intact")).toBe(
      "fail REACH-E5003",
    );
  });

  test("PACK-4 entries out of order, and evidence in a pack's place", () => {
    const entries = readContainer(file);
    const turned = writeContainer([...entries.slice(0, 1), ...entries.slice(1).toReversed()]);
    expect(result(check(turned), "intact")).toBe("fail REACH-E5004");
    const other = writeContainer(entries.toReversed());
    expect(result(check(other), "intact")).toBe("fail REACH-E5006");
  });
});

describe("several bundles of a type", () => {
  type Entry = ReturnType<typeof readContainer>[number];
  const by = (
    each: typeof publisher,
    predicate: Record<string, unknown> = packPredicate(manifest),
  ): Uint8Array => signPack(engine, pack, "pack", predicate, signerOf(each));
  const others = Array.from(
    { length: MOST_BUNDLES - 1 },
    (_, i) => newKey(pseudoRandom(`other ${i}`), "P-256").private,
  );
  const withPacks = (bundles: readonly Uint8Array[]): Uint8Array<ArrayBuffer> =>
    writePackFile(engine, pack, new Map([["pack", bundles]]));
  const namesOf = (bytes: Uint8Array): string[] => readContainer(bytes).map(({ name }) => name);

  test("PACK-4 in the order of their digests, whatever order they came in, and none twice", () => {
    const bundles = [by(publisher), by(stranger), ...others.slice(0, 3).map((each) => by(each))];
    const written = withPacks(bundles);
    expect(withPacks([...bundles.toReversed(), ...bundles])).toEqual(written);
    expect(namesOf(written).slice(1, 6)).toEqual([
      "pack.sigstore.json",
      ...[2, 3, 4, 5].map((n) => `pack.${n}.sigstore.json`),
    ]);
    const read = readPackFile(engine, written);
    expect(writePackFile(engine, read.pack, read.bundles)).toEqual(written);
    const digests = read.bundles.get("pack")?.map((bytes) => toHex(engine.sha256(bytes)));
    expect(digests).toEqual(digests?.toSorted());
    expect(read.bundles.get("pack")).toEqual(expect.arrayContaining(bundles));
  });

  test("PACK-4 no other order, no gap, none twice, none beyond the last", () => {
    const entries = readContainer(withPacks([by(publisher), by(stranger)]));
    const [json, first, second, ...rest] = entries as [Entry, Entry, Entry, ...Entry[]];
    const intact = (...bundles: readonly [string, Uint8Array][]): string =>
      result(
        check(
          writeContainer([json, ...bundles.map(([name, bytes]) => ({ name, bytes })), ...rest]),
        ),
        "intact",
      );
    const [a, b] = ["pack.sigstore.json", "pack.2.sigstore.json"];
    expect(intact([a, first.bytes], [b, second.bytes])).toBe("pass");
    expect(intact([a, second.bytes], [b, first.bytes])).toBe("fail REACH-E5004");
    expect(intact([b, second.bytes], [a, first.bytes])).toBe("fail REACH-E5004");
    expect(intact([a, first.bytes], [b, first.bytes])).toBe("fail REACH-E5004");
    expect(intact([a, first.bytes], ["pack.3.sigstore.json", second.bytes])).toBe(
      "fail REACH-E5004",
    );
    expect(intact([b, first.bytes])).toBe("fail REACH-E5004");
    for (const n of ["0", "1", "02", "17"]) {
      const name = `pack.${n}.sigstore.json`;
      expect(intact([a, first.bytes], [name, second.bytes])).toBe("fail REACH-E5003");
    }
    const most = [publisher, ...others].map((each) => by(each));
    expect(readPackFile(engine, withPacks(most)).bundles.get("pack")).toHaveLength(MOST_BUNDLES);
    expect(() => withPacks([...most, by(stranger)])).toThrow("room for 16 pack statements");
  });

  test("PACK-10 attack: junk in front of the publisher's bundle, whatever it is", () => {
    const junk = [
      utf8("not json"),
      utf8("{}"),
      by(stranger),
      by(publisher, { ...packPredicate(manifest), version: "9.9.9" }),
      signPack(engine, counting(3), "pack", packPredicate(manifest), signerOf(publisher)),
      signPack(engine, pack, "sbom", { bomFormat: "CycloneDX" }, signerOf(publisher)),
      ...others.slice(0, 9).map((each) => by(each)),
    ];
    const report = check(withPacks([...junk, by(publisher)]));
    expect([report.exitCode, report.key?.id]).toEqual([0, key.id]);
    expect(check(withPacks(junk)).exitCode).toBe(1);
    for (const each of [stranger, ...others.slice(0, 9)]) {
      const trustedKeys = [publicKeyOf(each)];
      expect(check(withPacks([...junk, by(publisher)]), { trustedKeys }).exitCode).toBe(0);
    }
  });

  test("PACK-10 of a bundle that hints at a trusted key the fault is told, not that there are others", () => {
    const lied = by(publisher, { ...packPredicate(manifest), version: "9.9.9" });
    const strangers = [stranger, ...others.slice(0, 8)].map((each) => by(each));
    expect(result(check(withPacks([...strangers, lied])), "trusted")).toBe("fail REACH-E5305");
    expect(result(check(withPacks(strangers)), "trusted")).toBe("fail REACH-E5205");
  });

  test("PACK-9 a statement takes the place of the one by its key, and of no other", () => {
    const sbom = (each: typeof publisher, version: number): Uint8Array =>
      signPack(engine, pack, "sbom", { version }, signerOf(each));
    const before = {
      pack,
      bundles: new Map([["sbom" as const, [sbom(publisher, 1), sbom(stranger, 1)]]]),
    };
    const after = withBundle(engine, before, "sbom", sbom(publisher, 2), key);
    expect(after.get("sbom")).toEqual([sbom(stranger, 1), sbom(publisher, 2)]);
    const bundles = withBundle(engine, before, "pack", by(publisher), key);
    expect([...bundles].map(([name, { length }]) => [name, length])).toEqual([
      ["sbom", 2],
      ["pack", 1],
    ]);
    const report = check(writePackFile(engine, pack, bundles));
    expect(report.statements).toEqual(["sbom"]);
  });
});

describe("who signed it", () => {
  test("PACK-10 a trusted key, this digest, this id, this version", () => {
    const report = check(file);
    expect([report.ok, report.exitCode, report.statements]).toEqual([true, 0, ["sbom"]]);
    expect(report.key?.id).toBe(key.id);
  });

  test("PACK-10 PACK-11 without a trusted key, and without a signature, it is not checked", () => {
    expect(check(file, {}).ok).toBe(true);
    expect(result(check(file, {}), "trusted")).toBe("not checked REACH-E5411");
    const bare = writePackFile(engine, pack);
    expect(result(check(bare), "trusted")).toBe("not checked REACH-E5411");
    expect(check(bare).exitCode).toBe(3);
  });

  test("embedded keys, two signatures, other spellings: what a bundle has no place for", () => {
    type Bundle = {
      verificationMaterial: { publicKey: { hint: string } };
      dsseEnvelope: { payload: string; payloadType: string; signatures: { sig: string }[] };
    };
    const name = "pack.sigstore.json";
    const own = JSON.parse(
      fromUtf8(readContainer(file).find((each) => each.name === name)?.bytes ?? new Uint8Array()),
    ) as Bundle;
    const { dsseEnvelope: envelope, verificationMaterial: material } = own;
    const sig = envelope.signatures[0]?.sig ?? "";
    const trust = (change: object): string => {
      const bundle = canonical({ ...own, ...change });
      return result(check(changed((entries) => entries.set(name, bundle))), "trusted");
    };
    const enveloped = (change: object): string =>
      trust({ dsseEnvelope: { ...envelope, ...change } });
    for (const verificationMaterial of [
      { publicKey: { ...material.publicKey, rawBytes: "AAAA" } },
      { certificate: { rawBytes: "AAAA" } },
      { ...material, tlogEntries: [] },
    ]) {
      expect(trust({ verificationMaterial })).toBe("fail REACH-E5103");
    }
    // The hint says which of the trusted keys is meant, and no more.
    const hinted = { verificationMaterial: { publicKey: { hint: publicKeyOf(stranger).id } } };
    expect(trust(hinted)).toBe("fail REACH-E5205");
    for (const signatures of [[], [{ sig }, { sig }]]) {
      expect(enveloped({ signatures })).toBe("fail REACH-E5301");
    }
    for (const alias of [sig.replace(/=*$/, ""), `${sig}=`, ` ${sig}`, `${sig.slice(0, 20)}\n`]) {
      if (alias !== sig) expect(enveloped({ signatures: [{ sig: alias }] })).toMatch(/E5302$/);
    }
    expect(enveloped({ payload: `${envelope.payload}\n` })).toBe("fail REACH-E5302");
    expect(enveloped({ payloadType: "text/plain" })).toBe("fail REACH-E5103");
    expect(enveloped({ signatures: [{ sig, keyid: "x" }] })).toBe("fail REACH-E5103");
  });

  test("key substitution, key-id collision, and a statement about something else", () => {
    expect(result(check(signed(stranger)), "trusted")).toBe("fail REACH-E5205");
    const lookalike = { ...key, id: publicKeyOf(stranger).id };
    expect(result(check(signed(stranger), { trustedKeys: [lookalike] }), "trusted")).toBe(
      "fail REACH-E5303",
    );
    const lied = signed(publisher, { ...packPredicate(manifest), version: "9.9.9" });
    expect(result(check(lied), "trusted")).toBe("fail REACH-E5305");
    const more = signed(publisher, { ...packPredicate(manifest), note: 1 });
    expect(result(check(more), "trusted")).toBe("fail REACH-E5305");
  });

  test("KEY-2: key-id collision, another trusted key that has the id of the publisher's", () => {
    const collides = { ...publicKeyOf(stranger), id: key.id };
    const trustedKeys = [collides, key];
    expect(result(check(file, { trustedKeys }), "trusted")).toBe("pass");
    expect(check(file, { trustedKeys }).key).toEqual(key);
    const reason = { reason: "a wrong band", at: AT };
    const yank = yankPack(engine, pack.digest, reason, signerOf(publisher));
    expect(result(check(file, { trustedKeys, yanks: [yank] }), "current")).toBe("fail REACH-E5412");
    expect(result(check(file, { trustedKeys: [collides] }), "trusted")).toBe("fail REACH-E5303");
  });

  test("algorithm confusion: an Ed25519 key signs no pack, and verifies none", () => {
    expect(() => signPack(engine, pack, "pack", {}, signer)).toThrow("takes a key of P-256");
    // A bundle all of which is right, but for the algorithm of its key.
    const ed25519 = changed((entries) => {
      const bundle = JSON.parse(fromUtf8(entries.get("pack.sigstore.json") as Uint8Array)) as {
        verificationMaterial: { publicKey: { hint: string } };
        dsseEnvelope: { payload: string; payloadType: string; signatures: { sig: string }[] };
      };
      const { payload, payloadType } = bundle.dsseEnvelope;
      const message = preAuthEncoding(payloadType, new Uint8Array(Buffer.from(payload, "base64")));
      bundle.verificationMaterial.publicKey.hint = signer.key.id;
      bundle.dsseEnvelope.signatures = [
        { sig: Buffer.from(signer.sign(message)).toString("base64") },
      ];
      entries.set("pack.sigstore.json", canonical(bundle));
    });
    expect(result(check(ed25519, { trustedKeys: [signer.key] }), "trusted")).toBe(
      "fail REACH-E5206",
    );
    expect(result(check(file, { trustedKeys: [{ ...signer.key, id: key.id }] }), "trusted")).toBe(
      "fail REACH-E5206",
    );
  });

  test("PACK-7 a bundle of another type, or of another pack, in its place", () => {
    const entries = new Map(readContainer(file).map(({ name, bytes }) => [name, bytes]));
    const sbom = entries.get("sbom.sigstore.json") as Uint8Array;
    expect(result(check(changed((e) => e.set("pack.sigstore.json", sbom))), "trusted")).toBe(
      "fail REACH-E5305",
    );
    const other = signPack(
      engine,
      counting(3),
      "pack",
      packPredicate(manifest),
      signerOf(publisher),
    );
    expect(result(check(changed((e) => e.set("pack.sigstore.json", other))), "trusted")).toBe(
      "fail REACH-E5306",
    );
  });

  test("ECDSA malleability: the other S of a signature is refused", () => {
    const n = 0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551n;
    const text = new TextDecoder().decode(readContainer(file)[1]?.bytes);
    const sig = Uint8Array.from(atob(/"sig":"([^"]+)"/.exec(text)?.[1] ?? ""), (c) =>
      c.charCodeAt(0),
    );
    const rLength = sig[3] ?? 0;
    const s = BigInt(`0x${toHex(sig.subarray(6 + rLength))}`);
    const high = (n - s).toString(16).padStart(66, "0");
    const tail = Uint8Array.from(high.match(/../g) ?? [], (byte) => Number.parseInt(byte, 16));
    const other = Uint8Array.of(
      0x30,
      4 + rLength + tail.length,
      ...sig.subarray(2, 4 + rLength),
      2,
      tail.length,
      ...tail,
    );
    const swapped = text.replace(/"sig":"[^"]+"/, `"sig":"${btoa(String.fromCharCode(...other))}"`);
    expect(
      result(check(changed((e) => e.set("pack.sigstore.json", utf8(swapped)))), "trusted"),
    ).toBe("fail REACH-E5303");
  });
});

describe("whether it is current", () => {
  const yank = yankPack(
    engine,
    pack.digest,
    { reason: "a wrong band", at: AT },
    signerOf(publisher),
  );
  test("PACK-11: attack: withdrawals, and no key that may withdraw", () => {
    expect(result(verifyPack(engine, file), "current")).toBe("not checked");
    expect(verifyPack(engine, file).required).toEqual(["intact"]);
    const given = verifyPack(engine, file, { yanks: [yank] });
    expect([result(given, "current"), given.exitCode]).toEqual(["not checked REACH-E5411", 3]);
    expect(result(check(file, { minVersion: "1.0.0" }), "current")).toBe("pass");
  });

  test("PACK-12 yanked packs", () => {
    const report = check(file, { trustedKeys: [key], yanks: [yank] });
    expect(result(report, "current")).toBe("fail REACH-E5412");
    expect(report.verdicts.current.why).toContain("a wrong band");
    const other = yankPack(engine, "00".repeat(32), { reason: "x", at: AT }, signerOf(publisher));
    expect(check(file, { trustedKeys: [key], yanks: [other] }).ok).toBe(true);
    const forged = yankPack(engine, pack.digest, { reason: "x", at: AT }, signerOf(stranger));
    expect(check(file, { trustedKeys: [key], yanks: [forged] }).ok).toBe(true);
    const broken = utf8(new TextDecoder().decode(yank).replace(/"sig":"..../, '"sig":"MEUC'));
    expect(result(check(file, { trustedKeys: [key], yanks: [broken] }), "current")).toMatch(
      /fail REACH-E530[23]/,
    );
  });

  test("PACK-13 pack rollback: an older version than is required", () => {
    const at = (minVersion: string): string =>
      result(check(file, { trustedKeys: [key], minVersion }), "current");
    expect(at("1.0.0")).toBe("pass");
    expect(at("0.9.9")).toBe("pass");
    expect(at("1.0.1")).toBe("fail REACH-E5413");
    const order = [
      "1.0.0-alpha",
      "1.0.0-alpha.1",
      "1.0.0-alpha.beta",
      "1.0.0-beta",
      "1.0.0-beta.2",
      "1.0.0-beta.11",
      "1.0.0-rc.1",
      "1.0.0",
      "1.2.0",
      "1.10.0",
      "2.0.0",
    ];
    for (const [i, a] of order.entries()) {
      for (const [j, b] of order.entries()) {
        expect(Math.sign(compareVersions(a, b)), `${a} ${b}`).toBe(Math.sign(i - j));
      }
    }
  });
});

test("PACK-5 hostile bytes: no change of a byte, no cut and no addition is taken for the pack", () => {
  fc.assert(
    fc.property(
      fc.nat(file.length - 1),
      fc.integer({ min: 1, max: 255 }),
      fc.constantFrom("flip", "cut", "add"),
      (at, by, how) => {
        const bytes =
          how === "flip"
            ? file.with(at, (file[at] ?? 0) ^ by)
            : how === "cut"
              ? file.slice(0, at)
              : Uint8Array.of(...file, by);
        const report = check(bytes);
        expect(report.ok).toBe(false);
      },
    ),
    { seed: 20261127, numRuns: 400 },
  );
});
