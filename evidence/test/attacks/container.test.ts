// Attacks on the container of evidence, and on the pack in it.
import { fromUtf8, utf8 } from "@reach-fabric/engine";
import type { Policy } from "@reach-fabric/evidence";
import { verify as verifyWith } from "@reach-fabric/evidence";
import { describe, expect, test } from "vitest";
import {
  canonical,
  engine,
  entries,
  fileOf,
  finding,
  pack,
  packOf,
  pseudoRandom,
  signedAgain,
  signer,
  verify,
  withEntries,
} from "../fixtures/fixture.ts";
import { authentic, changedLines, file, hex, refused } from "./attacking.ts";

describe("the container:", () => {
  test("names that leave the folder, or look like another", () => {
    for (const name of [
      "../run.json",
      "blobs/../../run.json",
      "/etc/passwd",
      "C:/run.json",
      "blobs\\x",
      "RUN.JSON",
      "run.json/",
      "a//b",
      "./run.json",
      "run.json\0",
      "r\u00edn.json",
      "",
      "a/b/c/d/e",
      `blobs/sha256/${"A".repeat(64)}`,
    ]) {
      refused(raw([...all(), { name, bytes: utf8("x") }]), "authentic", "REACH-E5003");
    }
  });

  test("entries that the format does not know", () => {
    for (const name of [
      "more.json",
      "run.tlog-proofs",
      "run.sigstore.json",
      "trace.jsonl",
      "shown.jsonl",
      "redaction.sigstore.json",
      "blobs/sha256/00",
      "blobs/md5/00",
    ]) {
      refused(fileOf(new Map([...entries(file), [name, utf8("x")]])), "authentic", "REACH-E5003");
    }
  });

  test("two entries of one name", () => {
    const first = all()[0] as { name: string; bytes: Uint8Array };
    refused(raw([...all(), first]), "authentic", "REACH-E5004");
  });

  test("entries missing", () => {
    for (const name of ["run.json", "run.sig", "entered.jsonl"]) {
      refused(withEntries(file, { [name]: undefined }), "authentic", "REACH-E5006");
    }
  });

  test("EVID-35 EVID-52: entries beside the run's own, of which nothing is said here", () => {
    const beside = { "start.tlog-proof": "any", "pack.sigstore.jsonl": "{}\n[]\n" };
    const parts = new Map<string, Uint8Array>();
    for (const [name, bytes] of entries(file)) {
      if (name === "entered.jsonl") {
        for (const [own, text] of Object.entries(beside)) parts.set(own, utf8(text));
      }
      parts.set(name, bytes);
    }
    const report = verify(fileOf(parts));
    expect(report.ok).toBe(true);
    expect(authentic(fileOf(new Map([...parts].reverse())))).toMatch(/^fail REACH-E500/);
    const other = (name: string, text: string): string =>
      authentic(fileOf(new Map(parts).set(name, utf8(text))));
    expect(other("start.tlog-proof", "x".repeat(2 ** 20 + 1))).toBe("fail REACH-E5007");
    expect(other("pack.sigstore.jsonl", "{}")).toBe("fail REACH-E5105");
    expect(other("pack.sigstore.jsonl", "{ }\n")).toBe("fail REACH-E5102");
  });

  test("EVID-2: a decompression bomb, sizes that lie, and more entries than there can be", () => {
    const method = file.slice();
    method[8] = 8;
    refused(method, "authentic", "REACH-E5005");
    const size = file.slice();
    new DataView(size.buffer).setUint32(18, 0xffffffff, true);
    refused(size, "authentic", "REACH-E5007");
    const longer = file.slice();
    new DataView(longer.buffer).setUint32(18, file.length, true);
    refused(longer, "authentic", "REACH-E5002");
    const many = Array.from({ length: 5000 }, (_, i) => ({ name: `a${i}`, bytes: utf8("") }));
    refused(raw(many), "authentic", "REACH-E5007");
  });

  test("what is not evidence at all", () => {
    for (const bytes of [utf8(""), utf8("PK"), utf8("{}"), pseudoRandom("noise")(1000)]) {
      refused(bytes, "authentic", "REACH-E5001");
    }
  });

  test("time of check to time of use: memory that somebody else writes to while it is read", () => {
    const shared = new Uint8Array(new SharedArrayBuffer(file.length));
    shared.set(file);
    let steps = 0;
    const policy: Policy = { trustedKeys: [signer.key] };
    // It is told for the first time when the signature was checked.
    const onProgress = (): void => {
      steps += 1;
      shared.fill(0);
    };
    expect(verifyWith(engine, shared, policy, { onProgress })).toEqual(
      verifyWith(engine, file, policy),
    );
    expect(steps).toBeGreaterThan(0);
  });

  const all = (): { name: string; bytes: Uint8Array }[] =>
    [...entries(file)].map(([name, bytes]) => ({ name, bytes }));

  /** A stored zip without any check of its own, otherwise as ours. */
  function raw(list: readonly { name: string; bytes: Uint8Array }[]): Uint8Array {
    const chunks: Buffer[] = [];
    const directory: Buffer[] = [];
    let at = 0;
    for (const { name, bytes } of list) {
      const local = Buffer.alloc(30);
      const title = Buffer.from(name, "latin1");
      local.writeUInt32LE(0x04034b50, 0);
      local.writeUInt16LE(10, 4);
      local.writeUInt16LE(33, 12);
      local.writeUInt32LE(bytes.length, 18);
      local.writeUInt32LE(bytes.length, 22);
      local.writeUInt16LE(title.length, 26);
      const central = Buffer.alloc(46);
      central.writeUInt32LE(0x02014b50, 0);
      central.writeUInt32LE(at, 42);
      chunks.push(local, title, Buffer.from(bytes));
      directory.push(central, title);
      at += 30 + title.length + bytes.length;
    }
    const end = Buffer.alloc(22);
    end.writeUInt32LE(0x06054b50, 0);
    return new Uint8Array(Buffer.concat([...chunks, ...directory, end]));
  }
});

describe("the pack:", () => {
  const manifest = `blobs/sha256/${pack.digest}`;
  const names = [...entries(file).keys()].filter((name) => name.startsWith("blobs/"));
  const workflow = names.find((name) => name !== manifest) ?? "";

  test("a blob that is not what its name says", () => {
    refused(withEntries(file, { [workflow]: "{}" }), "authentic", "REACH-E5401");
    refused(withEntries(file, { [manifest]: "{}" }), "authentic", "REACH-E5401");
  });

  test("a blob that belongs to nothing", () => {
    const stranger = hex(engine.sha256(utf8("x")));
    const parts = [...entries(file), [`blobs/sha256/${stranger}`, utf8("x")] as const];
    const sorted = new Map(parts.sort(([a], [b]) => (isBlob(a) && isBlob(b) && a < b ? -1 : 0)));
    refused(fileOf(sorted), "authentic", "REACH-E5403");
  });

  const isBlob = (name: string): boolean => name.startsWith("blobs/");

  test("another pack in place of the one that ran", () => {
    const blobs = [...entries(file)].filter(([name]) => !isBlob(name));
    const swapped = packOf({ "loan.yaml": { replaced: true } });
    const own = [swapped.manifest, ...swapped.files.map(({ bytes }) => bytes)]
      .map((bytes) => [`blobs/sha256/${hex(engine.sha256(bytes))}`, bytes] as const)
      .sort(([a], [b]) => (a < b ? -1 : 1));
    refused(fileOf(new Map([...blobs, ...own])), "authentic", "REACH-E5403");
  });

  test("a manifest that says another size, or is not canonical", () => {
    const wrong = JSON.parse(fromUtf8(pack.manifest)) as { files: { size: number }[] };
    wrong.files.forEach((entry) => (entry.size += 1));
    for (const bytes of [canonical(wrong), utf8(` ${fromUtf8(pack.manifest)}`)]) {
      const digest = hex(engine.sha256(bytes));
      const entered = changedLines(1, (line) => line.replace(pack.digest, digest));
      const made = entries(signedAgain(file, { run: { pack: digest }, entered }));
      made.delete(manifest);
      made.set(`blobs/sha256/${digest}`, bytes);
      const report = verify(fileOf(new Map([...made].sort(blobsByName))));
      expect(finding(report, "authentic")).toMatch(/^fail REACH-E5(402|102)$/);
    }
  });

  const blobsByName = ([a]: [string, unknown], [b]: [string, unknown]): number =>
    isBlob(a) && isBlob(b) ? (a < b ? -1 : 1) : 0;

  test("left out: no damage, and no pass either", () => {
    const report = verify(withEntries(file, { [manifest]: undefined, [workflow]: undefined }));
    expect(finding(report, "authentic")).toBe("pass");
    expect(finding(report, "complete")).toBe("not checked REACH-E5404");
    expect(finding(report, "replayed")).toBe("not checked REACH-E5404");
    expect(report.exitCode).toBe(3);
    const part = verify(withEntries(file, { [workflow]: undefined }));
    expect(finding(part, "complete")).toBe("not checked REACH-E5404");
    refused(withEntries(file, { [manifest]: undefined }), "authentic", "REACH-E5403");
  });
});
