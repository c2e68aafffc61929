// Evidence about runs that the engine computed: made, opened, verified, compared.
import { createEngine, fromUtf8, utf8 } from "@reach-fabric/engine";
import {
  attachPack,
  openEvidence,
  recordsOf,
  replayEvidence,
  stripPack,
  verify,
} from "@reach-fabric/evidence";
import type { CreateOptions } from "@reach-fabric/evidence";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  codeOf,
  computed,
  counting,
  engine,
  enteredOf,
  entries,
  evidence,
  facts,
  finding,
  joined,
  pack,
  packOf,
  recorded,
  signedAgain,
  trusted,
  withEntries,
  workflowWith,
} from "./fixtures/fixture.ts";

const file = evidence();

describe("a file", () => {
  test("verifies, with everything that is built", () => {
    const report = verify(engine, file, { trustedKeys: [trusted], engines: [engine.digest] });
    expect(report).toMatchObject({ ok: true, exitCode: 0, computed: { status: "ended" } });
    expect(report.outcome).toEqual({ status: "completed", output: { accept: true } });
    expect(report.decision).toBe(report.computed?.decision);
    expect(report.fingerprint).toBe(report.computed?.fingerprint);
  });

  test("gives its records back byte for byte", () => {
    const opened = openEvidence(engine, file);
    const all = [...recordsOf(engine, opened)];
    expect(all.map(({ bytes }) => bytes)).toEqual(recorded(712));
    expect(all.map(({ seq }) => seq)).toEqual([0, 1, 2, 3, 4, 5]);
    expect(all.flatMap(({ seq, entered }) => (entered ? [seq] : []))).toEqual([0, 2]);
    expect(opened.inputs).toEqual([0, 2].map((seq) => recorded(712)[seq]));
    expect(opened.last).toEqual(recorded(712)[5]);
    expect(opened.pack).toEqual(pack);
    expect(opened.run).toMatchObject(facts);
    expect(opened.outcome).toEqual({ status: "completed", output: { accept: true } });
  });

  test("is read as Node's own bytes as well, of which a slice shares the memory", () => {
    for (let attempt = 1; attempt <= 8; attempt++) {
      const bytes = Buffer.from(evidence({ run: { ...facts, attempt } }));
      const before = Buffer.from(bytes);
      expect(verify(engine, bytes).ok).toBe(true);
      expect(bytes.equals(before)).toBe(true);
    }
  });

  test("of a pack that is loaded does not load it again, and one of another pack does", () => {
    const other = packOf({ "loan.yaml": workflowWith(600) });
    const theirs = evidence({ pack: other, records: recorded(650, { pack: other }) });
    let loads = 0;
    const own = createEngine();
    const load: typeof own.load = (each) => {
      loads += 1;
      own.load(each);
    };
    // What an engine has loaded is asked of it each time.
    const counted = Object.defineProperty({ ...own, load }, "loaded", { get: () => own.loaded });
    const results = [file, file, theirs, theirs, file].map((each) => verify(counted, each).ok);
    expect(results).toEqual([true, true, true, true, true]);
    expect(loads).toBe(3);
  });

  test("whose key nobody vouches for passes, and that is said", () => {
    const report = verify(engine, file);
    expect(finding(report, "trusted")).toBe("not checked");
    expect(report).toMatchObject({ ok: true, required: ["authentic", "complete", "replayed"] });
    for (const verdict of ["logged", "witnessed"] as const) {
      expect(finding(report, verdict)).toBe("not checked");
    }
    expect(finding(report, "redacted")).toBe("pass");
  });

  test("gives the same file on every build of the engine", () => {
    for (const build of ["scalar", "simd"] as const) {
      const other = createEngine({ build });
      expect(evidence({ engine: other })).toEqual(file);
      expect(verify(other, file).ok).toBe(true);
    }
  });

  test("has annotations that are signed and in no digest", () => {
    const annotations = [{ seq: 1, at: "2026-11-23T07:00:00.500Z" }];
    const annotated = evidence({ annotations });
    const report = verify(engine, annotated);
    expect(report.ok).toBe(true);
    expect(report.run?.annotations).toEqual(annotations);
    expect(report.decision).toBe(verify(engine, file).decision);
  });

  test("that faulted and one that was cancelled are evidence too", () => {
    for (const [records, status] of [
      [recorded("no number"), "faulted"],
      [recorded(712, { cancel: true }), "cancelled"],
    ] as const) {
      const report = verify(engine, evidence({ records }));
      expect(report).toMatchObject({ ok: true, outcome: { status } });
    }
  });
});

describe("evidence is not made", () => {
  const madeOf = (options: Partial<CreateOptions>): string => codeOf(() => evidence(options));

  test("of a run that has not ended", () => {
    expect(madeOf({ records: recorded(712).slice(0, -1) })).toBe("REACH-E5801");
    expect(madeOf({ records: recorded(712).slice(0, 2) })).toBe("REACH-E5801");
    expect(madeOf({ records: [] })).toBe("REACH-E5801");
  });

  test("of a run that does not reproduce", () => {
    const records = recorded(712).map((record) =>
      utf8(fromUtf8(record).replace('"accept":true', '"accept":false')),
    );
    expect(madeOf({ records })).toBe("REACH-E5803");
    expect(madeOf({ records: recorded(712).slice(1) })).toBe("REACH-E5801");
    const other = packOf({ "loan.yaml": workflowWith(800) });
    expect(madeOf({ pack: other })).toBe("REACH-E5803");
  });

  test("of records that are not canonical", () => {
    const records = recorded(712);
    const start = fromUtf8(records[0] ?? new Uint8Array());
    const spaced = utf8(start.replace('"input":', '"input": '));
    expect(madeOf({ records: records.with(0, spaced) })).toBe("REACH-E5102");
  });

  test("with facts that do not fit", () => {
    for (const change of [
      { id: "one" },
      { tenant: "" },
      { actor: "x".repeat(257) },
      { actor: "\ud800" },
      { attempt: 0 },
      { startedAt: "yesterday" },
      { endedAt: "2020-01-01T00:00:00.000Z" },
    ]) {
      expect(madeOf({ run: { ...facts, ...change } })).toMatch(/^REACH-E5(802|103)$/);
    }
  });
});

describe("EVID-13 what entered is all that is kept of a run", () => {
  const inputs = [0, 2].map((seq) => recorded(712)[seq] as Uint8Array);

  test("EVID-19 and all that it is made of: the same file from all records, and from those alone", () => {
    expect(evidence({ records: inputs })).toEqual(file);
    const many = counting(3);
    const [start] = computed(many);
    expect(evidence({ pack: many, records: [start as Uint8Array] })).toEqual(
      evidence({ pack: many, records: computed(many) }),
    );
  });

  test("and the engine is as it was after load(): a run of the same pack gives its records", () => {
    const own = createEngine();
    evidence({ engine: own, records: inputs });
    expect(own.loaded).toBe(pack);
    expect(own.start(inputs[0] as Uint8Array).records).toHaveLength(1);
    const opened = openEvidence(own, file);
    replayEvidence(own, opened);
    expect(own.start(inputs[0] as Uint8Array).records).toHaveLength(1);
  });

  test("the entries, in their order", () => {
    expect([...entries(file).keys()].map((name) => name.replace(/[0-9a-f]{64}/, "HEX"))).toEqual([
      "run.json",
      "run.sig",
      "entered.jsonl",
      "blobs/sha256/HEX",
      "blobs/sha256/HEX",
    ]);
    expect(entries(file).get("run.sig")).toHaveLength(64);
    const [head = "", ...rest] = enteredOf(file);
    expect(Object.keys(JSON.parse(head) as object)).toEqual([
      "actor",
      "decision",
      "seed",
      "tenant",
    ]);
    expect(rest.map((line) => utf8(line))).toEqual([...inputs, recorded(712)[5]]);
  });

  test("EVID-15 a large outcome is there by its leaf, and computed again", () => {
    const input = { text: "\u00e9\u2028\ud83d\ude00".repeat(9000) };
    const echo = packOf({
      "loan.yaml": {
        document: { dsl: "1.0.3", namespace: "test", name: "loan", version: "1.0.0" },
        do: [{ echo: { set: "${ . }" } }],
      },
    });
    const records = computed(echo, input);
    const large = evidence({ pack: echo, records });
    expect(enteredOf(large).at(-1)).toMatch(/^\{"leaf":\{"kind":"outcome","output":"\w{64}"/);
    const report = verify(engine, large);
    expect(report).toMatchObject({ ok: true, outcome: { status: "completed" } });
    expect(report.outcome?.output).toEqual(input);
    const opened = openEvidence(engine, large);
    expect(opened.outcome).toEqual({ status: "completed" });
    expect(opened.last).toBeNull();
    expect([...recordsOf(engine, opened)].at(-1)?.bytes).toEqual(records.at(-1));
    const below = evidence({ pack: echo, records: computed(echo, { text: "x".repeat(60_000) }) });
    expect(enteredOf(below).at(-1)).toMatch(/^\{"kind":"outcome"/);
    // The record itself in the place of its leaf is another file about the same run.
    const both = withEntries(large, {
      "entered.jsonl": joined([
        ...enteredOf(large).slice(0, -1),
        fromUtf8(records.at(-1) as Uint8Array),
      ]),
    });
    expect(finding(verify(engine, both), "authentic")).toBe("fail REACH-E5601");
  });

  test("for every value", () => {
    const value = fc.jsonValue({ stringUnit: "grapheme", maxDepth: 4 });
    fc.assert(
      fc.property(value, (extra) => {
        const records = recorded(712, { input: { extra } });
        const one = evidence({ records });
        expect(verify(engine, one).ok).toBe(true);
        const all = [...recordsOf(engine, openEvidence(engine, one))];
        expect(all.map(({ bytes }) => bytes)).toEqual(records);
      }),
      { numRuns: 50 },
    );
  });

  test("a run that cannot be computed here: what entered and the outcome are there all the same", () => {
    const foreign = signedAgain(file, {
      run: { semantics: 2 },
      entered: enteredOf(file).map((line) => line.replace('"semantics":1', '"semantics":2')),
    });
    const opened = openEvidence(engine, foreign);
    expect(opened.outcome).toEqual({ status: "completed", output: { accept: true } });
    expect(opened.inputs).toHaveLength(2);
    expect(codeOf(() => [...recordsOf(engine, opened)])).toBe("REACH-E5406");
    const bare = openEvidence(engine, stripPack(engine, file));
    expect(codeOf(() => [...recordsOf(engine, bare)])).toBe("REACH-E5404");
    const lied = enteredOf(file).map((line) => line.replace('"key":"0"', '"key":"7"'));
    const other = openEvidence(engine, signedAgain(file, { entered: lied }));
    expect(codeOf(() => [...recordsOf(engine, other)])).toBe("REACH-E5701");
  });
});

describe("EVID-32 a pack that was left out", () => {
  const bare = stripPack(engine, file);

  test("makes the file again that it was", () => {
    expect(finding(verify(engine, bare), "replayed")).toBe("not checked REACH-E5404");
    expect(finding(verify(engine, bare), "authentic")).toBe("pass");
    expect(attachPack(engine, bare, pack)).toEqual(file);
    expect(attachPack(engine, file, pack)).toEqual(file);
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
      expect(finding(verify(engine, bytes), "authentic")).toBe("fail REACH-E5401");
      expect(codeOf(() => attachPack(engine, bytes, pack))).toBe("REACH-E5401");
    }
  });
});

describe("a replay by itself", () => {
  test("compares what the run comes to with what was signed, and needs no signature", () => {
    const { computed: found, difference } = replayEvidence(engine, openEvidence(engine, file));
    expect(difference).toBeNull();
    expect(found).toMatchObject({ status: "ended", end: "completed", size: 6 });
    const entered = enteredOf(file).map((line) => line.replace("712", "612"));
    const lied = openEvidence(engine, signedAgain(file, { entered }));
    expect(replayEvidence(engine, lied).difference).toMatchObject({ code: "REACH-E5701" });
  });
});
