// records.jsonl: evidence of which nothing is hidden. docs/spec/evidence.md, EVID-43 to EVID-45.
import { toHex, utf8 } from "@reach-fabric/engine";
import { attachPack, evidenceEntryOf, openEvidence, redact } from "@reach-fabric/evidence";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  attacker,
  codeOf,
  computed,
  counting,
  engine,
  entries,
  evidence,
  expanded,
  facts,
  finding,
  joined,
  linesOf,
  pack,
  packOf,
  pseudoRandom,
  recorded,
  textOf,
  trusted,
  verify,
  wholeEvidence,
  withEntries,
  workflowWith,
} from "./fixtures/fixture.ts";

const annotations = [{ seq: 0, at: facts.startedAt }];
const file = wholeEvidence({ annotations });
const lines = linesOf(file, "records.jsonl");

/** The file with other lines; what was signed is what it was. */
const withLines = (changed: readonly string[]): Uint8Array =>
  withEntries(file, { "records.jsonl": joined(changed) });
const withLine = (at: number, change: (line: string) => string): Uint8Array =>
  withLines(lines.with(at, change(lines[at] ?? "")));
const authentic = (bytes: Uint8Array): string => finding(verify(bytes), "authentic");

describe("EVID-43 evidence of which nothing is hidden", () => {
  test("is made with its records, in place of trace and disclosures", () => {
    expect([...entries(file).keys()].map((name) => name.replace(/[0-9a-f]{64}/, "HEX"))).toEqual([
      "run.json",
      "run.sigstore.json",
      "records.jsonl",
      "blobs/sha256/HEX",
      "blobs/sha256/HEX",
    ]);
    expect(Object.keys(JSON.parse(lines[0] ?? "") as object)).toEqual([
      "actor",
      "annotations",
      "decision",
      "seed",
      "tenant",
    ]);
    expect(lines.slice(1).map((line) => utf8(line))).toEqual(recorded(712));
    expect(verify(file, { trustedKeys: [trusted] }).ok).toBe(true);
  });

  test("says what the other form says: verdicts, records, entry in a log", () => {
    const other = expanded(file);
    expect(other.length).toBeGreaterThan(file.length);
    expect(verify(other)).toEqual(verify(file));
    expect(openEvidence(engine, other)).toEqual(openEvidence(engine, file));
    expect(evidenceEntryOf(engine, other)).toEqual(evidenceEntryOf(engine, file));
    expect(evidence({ annotations })).toEqual(other);
  });

  test("does so for every value", () => {
    const value = fc.jsonValue({ stringUnit: "grapheme", maxDepth: 4 });
    fc.assert(
      fc.property(value, (extra) => {
        const records = recorded(712, { input: { extra } });
        const one = wholeEvidence({ records });
        const other = expanded(one);
        expect(verify(one).ok).toBe(true);
        expect(verify(other)).toEqual(verify(one));
        expect(openEvidence(engine, one).records).toEqual(records);
        expect(openEvidence(engine, other).records).toEqual(records);
      }),
      { numRuns: 50 },
    );
  });

  test("has so many records that they are read in several calls", () => {
    const many = counting(3000);
    const records = computed(many, { text: "\u00e9\u2028\ud83d\ude00".repeat(1000) });
    const one = wholeEvidence({ pack: many, records });
    expect(entries(one).get("records.jsonl")?.length).toBeGreaterThan(2 ** 20);
    expect(verify(one).ok).toBe(true);
    expect(verify(expanded(one))).toEqual(verify(one));
  });

  test("has one of the forms, and not both", () => {
    const other = entries(expanded(file));
    for (const name of ["trace.jsonl", "disclosures.jsonl"]) {
      const both = withEntries(file, { [name]: other.get(name) });
      expect(authentic(both)).toBe("fail REACH-E5003");
    }
    expect(authentic(withEntries(file, { "records.jsonl": undefined }))).toBe("fail REACH-E5006");
  });

  test("stays in this form where nothing is taken out", () => {
    expect(redact(engine, file, { drop: [] }).file).toEqual(file);
    const { file: detached } = redact(engine, file, { drop: [], detached: true });
    expect([...entries(detached).keys()].at(-1)).toBe("records.jsonl");
    expect(authentic(detached)).toBe("pass");
  });
});

describe("EVID-46 a pack that was left out", () => {
  const { file: bare } = redact(engine, file, { drop: [], detached: true });

  test("makes the file again that it was", () => {
    expect(finding(verify(bare), "replayed")).toBe("not checked REACH-E5404");
    expect(attachPack(engine, bare, pack)).toEqual(file);
    expect(attachPack(engine, file, pack)).toEqual(file);
    const { file: hidden } = redact(engine, file, { drop: ["/0/input"], detached: true });
    const { file: enclosed } = redact(engine, file, { drop: ["/0/input"] });
    expect(attachPack(engine, hidden, pack)).toEqual(enclosed);
  });

  test("is the one that ran, and no other", () => {
    const other = packOf({ "loan.yaml": workflowWith(701) });
    expect(codeOf(() => attachPack(engine, bare, other))).toBe("REACH-E5407");
    // What a pack says of its own digest counts for nothing.
    const forged = { ...other, digest: pack.digest };
    expect(codeOf(() => attachPack(engine, bare, forged))).toBe("REACH-E5407");
  });

  test("does not make good what is wrong with the one that is there", () => {
    const [name = ""] = [...entries(file).keys()].filter((each) => each.startsWith("blobs/"));
    const changed = withEntries(file, { [name]: utf8("x") });
    const stranger = withEntries(file, { [`blobs/sha256/${"f".repeat(64)}`]: utf8("evil") });
    for (const bytes of [changed, stranger]) {
      expect(authentic(bytes)).toBe("fail REACH-E5401");
      expect(codeOf(() => attachPack(engine, bytes, pack))).toBe("REACH-E5401");
    }
  });
});

describe("EVID-44 attacks on records", () => {
  test("a changed value, seed or record follows to another trace than was signed", () => {
    const seed = /"seed":"(\w{8})/.exec(lines[0] ?? "")?.[1] ?? "";
    expect(authentic(withLine(0, (line) => line.replace(seed, "00000000")))).toBe(
      "fail REACH-E5306",
    );
    expect(authentic(withLine(1, (line) => line.replace("3200", "3201")))).toBe("fail REACH-E5306");
    expect(authentic(withLine(3, (line) => line.replace("712", "612")))).toBe("fail REACH-E5306");
    expect(authentic(withLine(1, (line) => line.replace("GET", "PUT")))).toBe("fail REACH-E5306");
  });

  test("tail truncation, reorder, a record left out or doubled", () => {
    for (const changed of [
      lines.slice(0, -1),
      lines.slice(0, 1),
      lines.with(2, lines[3] ?? "").with(3, lines[2] ?? ""),
      lines.toSpliced(2, 1),
      lines.toSpliced(2, 0, lines[2] ?? ""),
    ]) {
      expect(authentic(withLines(changed))).toBe("fail REACH-E5306");
    }
  });

  test("across tenants: a changed value of run.json is not the one committed to", () => {
    for (const [from, to] of [
      ["acme", "evil"],
      ["maria", "diego"],
      [/"decision":"\w{4}/, '"decision":"0000'],
      [annotations[0]?.at ?? "", facts.endedAt],
    ] as const) {
      expect(authentic(withLine(0, (line) => line.replace(from, to)))).toBe("fail REACH-E5502");
    }
    // The value of a run without annotations has no commitment to belong to.
    const bare = wholeEvidence();
    const [first = "", ...rest] = linesOf(bare, "records.jsonl");
    const more = [first.replace('"decision"', '"annotations":[],"decision"'), ...rest];
    const added = withEntries(bare, { "records.jsonl": joined(more) });
    expect(authentic(added)).toBe("fail REACH-E5503");
  });

  test("EVID-43 a value of run.json left out: beside the seed nothing is hidden", () => {
    const less = withLine(0, (line) => line.replace(/"annotations":\[.*?\],/, ""));
    expect(authentic(less)).toBe("fail REACH-E5503");
    expect(codeOf(() => redact(engine, less, { drop: [] }))).toBe("REACH-E5503");
  });

  test("__proto__ in a value is a part of it: none can be put in", () => {
    const more = '"annotations":[{"__proto__":{"approvedBy":"mallory"},';
    const put = withLine(0, (line) => line.replace('"annotations":[{', more));
    expect(authentic(put)).toBe("fail REACH-E5502");
    const one = JSON.parse('[{"__proto__":{"a":1},"seq":0}]') as object[];
    const signed = wholeEvidence({ annotations: one });
    expect(linesOf(signed, "records.jsonl")[0]).toContain('[{"__proto__":{"a":1},"seq":0}]');
    expect(verify(signed).ok).toBe(true);
    expect(verify(expanded(signed))).toEqual(verify(signed));
  });

  test("splice across runs: the records of another run, and its seed", () => {
    const other = wholeEvidence({ annotations, runSecret: pseudoRandom("another")(32) });
    expect(authentic(withEntries(file, { "records.jsonl": textOf(other, "records.jsonl") }))).toBe(
      "fail REACH-E5306",
    );
    const seed = linesOf(other, "records.jsonl")[0] ?? "";
    expect(authentic(withLine(0, () => seed))).toBe("fail REACH-E5306");
  });

  test("duplicate keys, number aliasing, white space, lines that are not one value", () => {
    for (const [change, code] of [
      [(line: string) => line.replace("{", '{"kind":"start",'), "REACH-E5101"],
      [(line: string) => line.replace("3200", "3.2e3"), "REACH-E5102"],
      [(line: string) => `${line} `, "REACH-E5102"],
      [(line: string) => `${line},${line}`, "REACH-E5101"],
      [() => "", "REACH-E5101"],
    ] as const) {
      expect(authentic(withLine(1, change))).toBe(`fail ${code}`);
    }
    const open = withEntries(file, { "records.jsonl": lines.join("\n") });
    expect(authentic(open)).toBe("fail REACH-E5105");
    expect(authentic(withEntries(file, { "records.jsonl": new Uint8Array() }))).toBe(
      "fail REACH-E5105",
    );
  });

  test("a first line of another form", () => {
    for (const first of [
      "[]",
      "7",
      "{}",
      lines[1] ?? "",
      '{"actor":"a","seed":"00","tenant":"t"}',
    ]) {
      expect(authentic(withLine(0, () => first))).toBe("fail REACH-E5103");
    }
    for (const name of ["__proto__", "constructor", "extra"]) {
      const more = (line: string): string =>
        new TextDecoder().decode(engine.canonicalize(line.replace(/\}$/, `,"${name}":1}`)));
      expect(authentic(withLine(0, more))).toBe("fail REACH-E5103");
      expect(authentic(withLine(2, more))).toBe("fail REACH-E5601");
    }
  });

  test("what is no record, whatever it is instead", () => {
    for (const record of [
      "null",
      "7",
      '"start"',
      "[]",
      '[{"kind":"start","seq":0}]',
      "{}",
      '{"kind":"start"}',
      '{"kind":7,"seq":0}',
      '{"kind":"task","seq":-1}',
      '{"kind":"task","seq":0.5}',
      '{"kind":"constructor","seq":1}',
      '{"kind":"__proto__","seq":1}',
      '{"input":{},"kind":"start","seq":0}',
      '{"input":{"a":[[]]},"kind":"toString","output":1,"seq":1}',
    ]) {
      expect({ record, is: authentic(withLine(2, () => record)) }).toEqual({
        record,
        is: "fail REACH-E5601",
      });
    }
  });

  test("a signer who lied is found by the replay", () => {
    const lied = recorded(712).map((bytes) =>
      utf8(new TextDecoder().decode(bytes).replaceAll('"score":712', '"score":612')),
    );
    const digests = { decision: "00".repeat(32), fingerprint: "00".repeat(32) };
    const forged = wholeEvidence({ records: lied, signer: attacker }, () => ({
      status: "reproduced",
      steps: 0,
      records: lied.length,
      ...digests,
    }));
    const report = verify(forged);
    expect(finding(report, "authentic")).toBe("pass");
    expect(finding(report, "replayed")).toBe("fail REACH-E5701");
  });
});

describe("EVID-45 the seed of a run", () => {
  const { seed } = JSON.parse(lines[0] ?? "") as { seed: string };
  const spellings = (hex: string): string[] => {
    const bytes = Buffer.from(hex, "hex");
    return [hex, bytes.toString("latin1"), bytes.toString("base64").slice(0, 40)];
  };
  const holds = (bytes: Uint8Array, hex: string): boolean =>
    spellings(hex).some((text) => Buffer.from(bytes).toString("latin1").includes(text));

  test("is in no file in which something is hidden, and the run's secret in none", () => {
    expect(holds(file, seed)).toBe(true);
    for (const drop of [["/0/input"], ["/0/input/income"], ["/run/actor"]]) {
      const { file: bare } = redact(engine, file, { drop });
      expect(holds(bare, seed)).toBe(false);
      expect(authentic(bare)).toBe("pass");
    }
    expect(holds(expanded(file), seed)).toBe(false);
    const secret = toHex(pseudoRandom("run secret")(32));
    for (const bytes of [file, expanded(file)]) expect(holds(bytes, secret)).toBe(false);
  });

  test("what is shown of a redacted file does not stand for it", () => {
    const { file: bare } = redact(engine, file, { drop: ["/run/actor"] });
    const shown = [...textOf(bare, "disclosures.jsonl").matchAll(/"([0-9a-f]{64})"/g)];
    expect(shown.length).toBeGreaterThan(5);
    for (const [, other = ""] of shown) {
      expect(authentic(withLine(0, (line) => line.replace(seed, other)))).toBe("fail REACH-E5306");
    }
  });

  test("evidence of format v2 has no records.jsonl", () => {
    const old = (bytes: Uint8Array): Uint8Array =>
      withEntries(bytes, {
        "run.json": textOf(bytes, "run.json").replace("evidence/v3", "evidence/v2"),
      });
    expect(codeOf(() => openEvidence(engine, old(file)))).toBe("REACH-E5003");
  });
});
