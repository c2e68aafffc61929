// Steps by themselves: docs/spec/evidence.md, EVID-40 to EVID-42.
import { fromUtf8, utf8 } from "@reach-fabric/engine";
import { isStep, proveStep, redact, verifyStep } from "@reach-fabric/evidence";
import type { Policy, PublicKey, StepReport } from "@reach-fabric/evidence";
import { readContainer, writeContainer } from "@reach-fabric/evidence/testing";
import { describe, expect, test } from "vitest";
import {
  attacker,
  canonical,
  computed,
  counting,
  engine,
  evidence,
  linesOf,
  packOf,
  recorded,
  signedAgain,
  trusted,
} from "./fixtures/fixture.ts";
import { acme, now, ringOf, somebody, year } from "./fixtures/keyring-fixture.ts";
import { keyOf, ORIGIN } from "./fixtures/log-fixture.ts";

const file = evidence();
const check = (bytes: Uint8Array): StepReport =>
  verifyStep(engine, bytes, { trustedKeys: [trusted] });
const found = ({ verdicts }: StepReport): string[] =>
  Object.values(verdicts).map(({ result, code }) => [result, code].filter(Boolean).join(" "));
const changed = (bytes: Uint8Array, name: string, change: (text: string) => string): Uint8Array =>
  writeContainer(
    readContainer(bytes).map((entry) =>
      entry.name === name
        ? { name, bytes: utf8(change(new TextDecoder().decode(entry.bytes))) }
        : entry,
    ),
  );

describe("a step", () => {
  test("EVID-40 is a small file of its own, with which the task is computed again", () => {
    for (const seq of [3, 4]) {
      const step = proveStep(engine, file, seq);
      expect(isStep(step)).toBe(true);
      expect(isStep(file)).toBe(false);
      expect(found(check(step))).toEqual(["pass", "pass", "pass"]);
    }
    expect(check(proveStep(engine, file, 4)).task).toBe("/do/1/decide");
    expect(() => proveStep(engine, file, 2)).toThrow("not that of a task");
    expect(() => proveStep(engine, file, 99)).toThrow("not that of a task");
  });

  test("EVID-41 a record, a value, a proof or a pack that is another one", () => {
    const step = proveStep(engine, file, 4);
    const attacks: [string, Uint8Array, string][] = [
      [
        "a value",
        changed(step, "disclosures.jsonl", (t) => t.replace('"accept":true', '"accept":false')),
        "REACH-E5502",
      ],
      [
        "a record",
        changed(step, "step.json", (t) => t.replace('"status":"completed"', '"status":"skipped"')),
        "REACH-E5511",
      ],
      [
        "a proof",
        changed(step, "step.json", (t) => t.replace(/"proof":\["../, '"proof":["00')),
        "REACH-E5511",
      ],
      [
        "its place",
        changed(step, "step.json", (t) => t.replaceAll('"seq":4', '"seq":5')),
        "REACH-E5511",
      ],
      [
        "a value too many",
        changed(step, "disclosures.jsonl", (t) => `${t}${t.split("\n")[0] ?? ""}\n`),
        "REACH-E5503",
      ],
      [
        "run.json",
        changed(step, "run.json", (t) => t.replace('"attempt":1', '"attempt":2')),
        "REACH-E5306",
      ],
      [
        "an entry",
        writeContainer([...readContainer(step), { name: "x.json", bytes: utf8("{}") }]),
        "REACH-E5003",
      ],
    ];
    for (const [name, bytes, code] of attacks)
      expect(found(check(bytes))[0], name).toBe(`fail ${code}`);
    expect(found(check(file))[0]).toBe("fail REACH-E5006");
  });

  test("EVID-41 a step of somebody else's evidence is authentic and not trusted", () => {
    const step = proveStep(engine, signedAgain(file, { by: attacker }), 4);
    expect(found(check(step))).toEqual(["pass", "fail REACH-E5205", "pass"]);
  });

  test("EVID-41 fuel bombs: a step of a run that may use more than the verifier spends is not computed", () => {
    const step = proveStep(engine, file, 4);
    const report = verifyStep(engine, step, { trustedKeys: [trusted], fuel: 1_000 });
    expect(found(report)).toEqual(["pass", "pass", "not checked REACH-E5703"]);
    expect(verifyStep(engine, step, { fuel: 1_000_000_000 }).verdicts.recomputed.result).toBe(
      "pass",
    );
  });

  test("EVID-41 a faulty engine computes no step that counts, whoever ran it", () => {
    const other = signedAgain(file, { run: { engine: "0".repeat(64) } });
    const step = proveStep(engine, other, 4);
    const report = verifyStep(engine, step, { faultyEngines: [engine.digest] });
    expect(found(report)).toEqual(["pass", "not checked", "not checked REACH-E5223"]);
  });

  test("EVID-41 a step whose run started as another one than its run.json says", () => {
    const lines = linesOf(file, "trace.jsonl");
    const start = JSON.parse(lines[0] ?? "") as object;
    const others = { pack: "0".repeat(64), workflow: "test/other:1.0.0", semantics: 99 };
    for (const [name, value] of Object.entries(others)) {
      const trace = lines.with(0, fromUtf8(canonical({ ...start, [name]: value })));
      const step = proveStep(engine, signedAgain(file, { trace }), 4);
      expect(found(check(step))[0], name).toBe("fail REACH-E5605");
    }
  });

  test("EVID-41 a policy is asked about a step as about evidence, and what a step cannot show is no pass", () => {
    const step = proveStep(engine, file, 4);
    const under = (policy: Policy): [string[], number] => {
      const report = verifyStep(engine, step, policy);
      return [found(report), report.exitCode];
    };
    const all = { role: "evidence", ...year } as const;
    const by = (key: PublicKey): Policy => ({
      signers: { keyring: ringOf([[key, all]]).keyring, now },
    });
    expect(under(by(trusted))).toEqual([["pass", "pass", "pass"], 0]);
    expect(under(by(somebody))).toEqual([["pass", "fail REACH-E5205", "pass"], 1]);
    // Whose run it is, a step does not say.
    expect(under({ signers: { keyring: acme.keyring, now } })).toEqual([
      ["pass", "not checked REACH-E5217", "pass"],
      3,
    ]);
    const log = { origin: ORIGIN, key: keyOf("log", ORIGIN, "note").key, witnesses: [], quorum: 0 };
    const beyond = ["pass", "not checked REACH-E5512", "pass"];
    expect(under({ trustedKeys: [trusted], logs: [log] })).toEqual([beyond, 3]);
    expect(under({ trustedKeys: [trusted], required: ["complete"] })).toEqual([beyond, 3]);
    expect(under({ required: ["complete"] })).toEqual([beyond, 3]);
    expect(under({ trustedKeys: [trusted], engines: [] })[0][2]).toBe("fail REACH-E5405");
    expect(under({ trustedKeys: [trusted], faultyEngines: [engine.digest] })[1]).toBe(1);
    expect(under({ required: ["trusted"] })).toEqual([["pass", "not checked", "pass"], 3]);
  });

  test("EVID-41 an older context in place of the one before it: nothing between can be left out", () => {
    const pack = packOf({
      "loan.yaml": {
        document: { dsl: "1.0.3", namespace: "test", name: "loan", version: "1.0.0" },
        do: [
          { first: { set: { n: 1 }, export: { as: "${ {limit: 9} }" } } },
          { second: { set: { n: 1 }, export: { as: "${ {limit: 5} }" } } },
          { third: { set: { limit: "${ $context.limit }" }, export: { as: "${ {limit: 9} }" } } },
        ],
      },
    });
    // Somebody ran the third task with the context that the first one left, and signed that.
    const records = computed(pack, {}).map((bytes) =>
      canonical(
        JSON.parse(
          new TextDecoder().decode(bytes).replace('"output":{"limit":5}', '"output":{"limit":9}'),
        ),
      ),
    );
    const as = { status: "reproduced", steps: 0, records: 5 } as const;
    const digests = { decision: "00".repeat(32), fingerprint: "00".repeat(32) };
    const bytes = evidence({ pack, records }, () => ({ ...as, ...digests }));
    const third = proveStep(engine, bytes, 3);
    expect(found(check(third))).toEqual(["pass", "pass", "fail REACH-E5513"]);
    const text = (step: Uint8Array, name: string): string =>
      new TextDecoder().decode(readContainer(step).find((each) => each.name === name)?.bytes);
    const recordsIn = (step: Uint8Array): { leaf: { seq: number } }[] =>
      (JSON.parse(text(step, "step.json")) as { records: { leaf: { seq: number } }[] }).records;
    const linesIn = (step: Uint8Array, at: RegExp): string[] =>
      text(step, "disclosures.jsonl")
        .split("\n")
        .filter((line) => at.test(line));
    const first = proveStep(engine, bytes, 1);
    const swapped = recordsIn(third).flatMap((each) =>
      each.leaf.seq === 2 ? recordsIn(first).filter(({ leaf }) => leaf.seq === 1) : [each],
    );
    const forged = changed(
      changed(third, "step.json", () =>
        new TextDecoder().decode(canonical({ format: "reach/step/v1", records: swapped, step: 3 })),
      ),
      "disclosures.jsonl",
      () =>
        [
          ...linesIn(first, /^\["\/(run|0)\//),
          ...linesIn(first, /^\["\/1\//),
          ...linesIn(third, /^\["\/3\//),
          "",
        ].join("\n"),
    );
    expect(found(check(forged))).toEqual(["fail REACH-E5511", "not checked", "not checked"]);
    // Nor can the task before be left out: then it would be the context that the run began with.
    const without = recordsIn(third).filter(({ leaf }) => leaf.seq !== 2);
    const cut = changed(
      changed(third, "step.json", () =>
        new TextDecoder().decode(canonical({ format: "reach/step/v1", records: without, step: 3 })),
      ),
      "disclosures.jsonl",
      () => [...linesIn(third, /^\["\/(run|0|3)\//), ""].join("\n"),
    );
    expect(found(check(cut))).toEqual(["fail REACH-E5511", "not checked", "not checked"]);
  });

  test("EVID-42 a signer who lied about a step is found by it alone", () => {
    const lied = evidence({ records: recorded(712) }, () => ({
      status: "reproduced",
      steps: 0,
      records: 6,
      decision: "00".repeat(32),
      fingerprint: "00".repeat(32),
    }));
    expect(found(check(proveStep(engine, lied, 4)))[2]).toBe("pass");
    const records = recorded(712).map((bytes) =>
      canonical(
        JSON.parse(new TextDecoder().decode(bytes).replace('"accept":true', '"accept":false')),
      ),
    );
    const wrong = evidence({ records }, () => ({
      status: "reproduced",
      steps: 0,
      records: 6,
      decision: "00".repeat(32),
      fingerprint: "00".repeat(32),
    }));
    expect(found(check(proveStep(engine, wrong, 4)))).toEqual(["pass", "pass", "fail REACH-E5513"]);
    // The step before it is as it was.
    expect(found(check(proveStep(engine, wrong, 3)))[2]).toBe("pass");
  });

  test("EVID-42 what a step does not hold is not checked, and a hidden value neither", () => {
    const bare = redact(engine, file, { drop: ["/2/result"] }).file;
    expect(found(check(proveStep(engine, bare, 3)))[2]).toBe("not checked REACH-E5504");
    expect(found(check(proveStep(engine, bare, 4)))[2]).toMatch(/pass|not checked REACH-E5504/);
    const loops = counting(2);
    const looped = evidence({ pack: loops, records: computed(loops) });
    expect(found(check(proveStep(engine, looped, 1)))[2]).toBe("not checked REACH-E5512");
    const looking = packOf({
      "loan.yaml": {
        document: { dsl: "1.0.3", namespace: "test", name: "loan", version: "1.0.0" },
        do: [{ a: { set: { n: "${ $workflow.input.n }" } } }],
      },
    });
    const elsewhere = evidence({ pack: looking, records: computed(looking, { n: 1 }) });
    expect(found(check(proveStep(engine, elsewhere, 1)))[2]).toBe("not checked REACH-E5512");
  });

  test("EVID-42 context, switches, `then` and errors: each step alone comes to what it came to", () => {
    const pack = packOf({
      "loan.yaml": {
        document: { dsl: "1.0.3", namespace: "test", name: "loan", version: "1.0.0" },
        do: [
          { first: { set: { n: "${ .n + 1 }" }, export: { as: "${ {seen: .n} }" } } },
          {
            choose: {
              switch: [{ big: { when: ".n > 5", then: "large" } }, { other: { then: "small" } }],
            },
          },
          { large: { set: { is: "large", seen: "${ $context.seen }" }, then: "end" } },
          {
            small: { do: [{ in: { set: { n: 2 } } }, { is: { set: { is: "${ .n | error }" } } }] },
          },
        ],
      },
    });
    for (const n of [1, 9]) {
      const bytes = evidence({ pack, records: computed(pack, { n }) });
      for (const seq of n === 1 ? [1, 2, 5] : [1, 2, 3]) {
        const report = check(proveStep(engine, bytes, seq));
        expect([n, seq, found(report)[2], report.verdicts.recomputed.why]).toEqual([
          n,
          seq,
          "pass",
          expect.any(String),
        ]);
      }
    }
  });
});
