// Steps by themselves: docs/spec/evidence.md, EVID-49 and EVID-50.
import { fromUtf8, utf8 } from "@reach-fabric/engine";
import { isStep, openEvidence, proveStep, redact } from "@reach-fabric/evidence";
import type { Policy, PublicKey } from "@reach-fabric/evidence";
import { readContainer, writeContainer } from "@reach-fabric/evidence/testing";
import { describe, expect, test } from "vitest";
import {
  attacker,
  canonical,
  codeOf,
  engine,
  evidence,
  recorded,
  signedAgain,
  textOf,
  trusted,
  verify,
  withEntries,
} from "../fixtures/fixture.ts";
import { acme, now, ringOf, somebody, year } from "../fixtures/keyring-fixture.ts";
import { keyOf, ORIGIN } from "../fixtures/log-fixture.ts";
import {
  check,
  evidenceOf,
  forgedStep,
  found,
  stepOf,
  tasksOf,
  withStep,
} from "../fixtures/step-fixture.ts";

const file = evidence();
const step = proveStep(engine, file, 4);
const PASS = ["pass", "pass", "pass"];

describe("the file of a step", () => {
  test("EVID-49 is small, and the task is computed again from it alone", () => {
    for (const seq of [3, 4]) {
      const own = proveStep(engine, file, seq);
      expect([isStep(own), isStep(file)]).toEqual([true, false]);
      expect(found(check(own))).toEqual(PASS);
    }
    expect(check(step)).toMatchObject({ ok: true, task: "/do/1/decide", seq: 4 });
    expect(verify(step).verdicts.authentic.code).toBe("REACH-E5006");
    expect(found(check(file))[0]).toBe("fail REACH-E5006");
  });

  test("EVID-49 is that of a task that ended, of a run that is all there and as it was signed", () => {
    const prove = (from: Uint8Array, seq: number): string =>
      codeOf(() => proveStep(engine, from, seq));
    for (const seq of [0, 1, 2, 5, 99])
      expect([seq, prove(file, seq)]).toEqual([seq, "REACH-E5510"]);
    const other = signedAgain(file, { run: { trace: { root: "00".repeat(32), size: 6 } } });
    expect(prove(other, 4)).toBe("REACH-E5701");
    const bare = redact(engine, file, { drop: ["input"] }).file;
    expect(prove(bare, 4)).toBe("REACH-E5504");
    const tasks = [{ a: { for: { in: "${ [range(4100)] }" }, do: [{ b: { set: { n: 1 } } }] } }];
    const long = evidenceOf(tasks);
    expect(prove(long, tasksOf(long, "/do/0/a")[0] ?? 0)).toBe("REACH-E5510");
  });

  test("EVID-49 shows nothing but what its task is computed from", () => {
    const person = { iban: "DE89370400440532013000", n: 1, note: "personal" };
    const tasks = [
      { first: { set: { n: "${ .n }", iban: "${ .iban }" }, output: { as: "${ {n} }" } } },
      { second: { set: { twice: "${ .n * 2 }" } } },
      { third: { set: { iban: "${ $workflow.input.iban }" } } },
      { fourth: { set: { all: "${ $context.note }" } } },
    ];
    const run = evidenceOf(tasks, { input: person });
    const text = (seq: number): string => textOf(proveStep(engine, run, seq), "step.json");
    expect(text(2)).not.toMatch(/DE89|personal/);
    expect(
      stepOf(proveStep(engine, run, 2)).records.map(({ slots }) => Object.keys(slots ?? {})),
    ).toEqual([[], [], ["context", "input", "output"]]);
    // The run's input, and $context, where something looks at them.
    expect(text(3)).toMatch(/DE89/);
    expect(text(4)).toMatch(/personal/);
    for (const seq of [1, 2, 3, 4]) expect(found(check(proveStep(engine, run, seq)))).toEqual(PASS);
    // Neither is the seed of anything else there.
    const seed = openEvidence(engine, run).seed ?? new Uint8Array();
    expect(text(2)).not.toContain(Buffer.from(seed).toString("hex"));
  });

  test("EVID-50 a record, a value, a proof, an entry or a signature that is another one", () => {
    const changed = (name: string, from: string | RegExp, to: string): Uint8Array =>
      withEntries(step, { [name]: textOf(step, name).replace(from, to) });
    const swapped = readContainer(step);
    [swapped[1], swapped[2]] = [swapped[2] as never, swapped[1] as never];
    const attacks: [string, Uint8Array, string][] = [
      ["a value", changed("step.json", '"accept":true', '"accept":false'), "REACH-E5502"],
      ["a seed", changed("step.json", /"s":"../, '"s":"00'), "REACH-E5502"],
      ["a record", changed("step.json", '"completed"', '"skipped"'), "REACH-E5511"],
      ["a proof", changed("step.json", /"proof":\["../, '"proof":["00'), "REACH-E5511"],
      ["its place", changed("step.json", '"seq":4', '"seq":5'), "REACH-E5511"],
      ["another task", changed("step.json", '"step":4', '"step":3'), "REACH-E5511"],
      ["a member", changed("step.json", '"step":4', '"step":4,"x":1'), "REACH-E5103"],
      ["a format", changed("step.json", "step/v1", "step/v2"), "REACH-E5103"],
      ["a spelling", changed("step.json", '"step":4', '"step": 4'), "REACH-E5102"],
      ["a slot", changed("step.json", '"input":{"s"', '"inpuu":{"s"'), "REACH-E5501"],
      ["run.json", changed("run.json", '"attempt":1', '"attempt":2'), "REACH-E5303"],
      ["a signature", withEntries(step, { "run.sig": new Uint8Array(64) }), "REACH-E5303"],
      [
        "an entry",
        writeContainer([...readContainer(step), { name: "x", bytes: utf8("") }]),
        "REACH-E5003",
      ],
      ["no entry", withEntries(step, { "run.sig": undefined }), "REACH-E5006"],
      ["order", writeContainer(swapped), "REACH-E5006"],
      ["a byte", step.subarray(0, -1), "REACH-E5005"],
    ];
    for (const [name, bytes, code] of attacks) {
      expect([name, found(check(bytes))[0]]).toEqual([name, `fail ${code}`]);
    }
  });

  test("EVID-50 the pack can be taken out, and then nothing is computed", () => {
    const bare = Object.fromEntries(
      readContainer(step).flatMap(({ name }) =>
        name.startsWith("blobs/") ? [[name, undefined]] : [],
      ),
    );
    expect(found(check(withEntries(step, bare)))).toEqual([
      "pass",
      "pass",
      "not checked REACH-E5404",
    ]);
  });

  test("EVID-50 a step of somebody else's evidence is authentic and not trusted", () => {
    const other = proveStep(engine, signedAgain(file, { by: attacker }), 4);
    expect(found(check(other))).toEqual(["pass", "fail REACH-E5205", "pass"]);
  });

  test("EVID-50 a step whose run started as another one than its run.json says", () => {
    const others = {
      pack: ["pack", "0".repeat(64)],
      workflow: ["workflow", "test/other:1.0.0"],
      semantics: ["semantics", 99],
    };
    for (const [member, value] of Object.values(others)) {
      const forged = forgedStep(file, 4, (text, seq) =>
        seq === 0 ? JSON.stringify({ ...JSON.parse(text), [String(member)]: value }) : text,
      );
      expect([member, found(check(forged))[0]]).toEqual([member, "fail REACH-E5605"]);
    }
  });

  test("EVID-50 an older context in place of the one before it: nothing between can be left out", () => {
    const run = evidenceOf([
      { first: { set: { n: 1 }, export: { as: "${ {limit: 9} }" } } },
      { second: { set: { n: 1 }, export: { as: "${ {limit: 5} }" } } },
      { third: { set: { limit: "${ $context.limit }" }, export: { as: "${ {limit: 9} }" } } },
    ]);
    // A signer ran the third task with the context that the first one left, and signed that.
    const lied = forgedStep(run, 3, (text) =>
      text.replace('"output":{"limit":5}', '"output":{"limit":9}'),
    );
    expect(found(check(lied))).toEqual(["pass", "pass", "fail REACH-E5513"]);
    const of = (seq: number): ReturnType<typeof stepOf>["records"] =>
      stepOf(
        forgedStep(run, seq, (text) =>
          text.replace('"output":{"limit":5}', '"output":{"limit":9}'),
        ),
      ).records;
    const [start, , own] = of(3);
    const [, first] = of(2);
    if (start === undefined || first === undefined || own === undefined)
      throw new Error("no records");
    for (const records of [[start, first, own], [start, own], [first, own], [own, start], [own]]) {
      const cut = withStep(lied, (whole) => ({ ...whole, records }));
      expect(found(check(cut))).toEqual(["fail REACH-E5511", "not checked", "not checked"]);
    }
  });
});

describe("what is asked of a step", () => {
  test("EVID-50 fuel bombs: a step of a run that may use more than the verifier spends is not computed", () => {
    expect(found(check(step, { fuel: 1000 }))).toEqual(["pass", "pass", "not checked REACH-E5703"]);
    expect(check(step, { fuel: 1_000_000_000 }).ok).toBe(true);
    // Nor is more spent than that, whatever the run may have used.
    const bomb = evidenceOf([{ a: { set: { n: "${ reduce range(20000) as $i (0; . + 1) }" } } }]);
    const forged = forgedStep(bomb, 1, (text) => text.replace('"fuel":100000000', '"fuel":1000'));
    expect(found(check(forged, { fuel: 5000 }))[2]).toBe("not checked REACH-E5703");
  });

  test("EVID-50 a faulty engine computes no step that counts, whoever ran it", () => {
    const other = proveStep(engine, signedAgain(file, { run: { engine: "0".repeat(64) } }), 4);
    expect(found(check(other, { faultyEngines: [engine.digest] }))).toEqual([
      "pass",
      "pass",
      "not checked REACH-E5223",
    ]);
    expect(check(step, { faultyEngines: [engine.digest] }).exitCode).toBe(1);
    expect(found(check(step, { yankedPacks: [openEvidence(engine, file).run.pack] }))[2]).toBe(
      "fail REACH-E5221",
    );
  });

  test("EVID-50 a policy is asked about a step as about evidence, and what a step cannot show is no pass", () => {
    const under = (policy: Policy): [string[], number] => {
      const report = check(step, { trustedKeys: undefined, ...policy } as Policy);
      return [found(report), report.exitCode];
    };
    const all = { role: "evidence", ...year } as const;
    const by = (key: PublicKey): Policy => ({
      now,
      signers: { keyring: ringOf([[key, all]]).keyring },
    });
    expect(under(by(trusted))).toEqual([PASS, 0]);
    expect(under(by(somebody))).toEqual([["pass", "fail REACH-E5205", "pass"], 1]);
    // Whose run it is, a step does not say.
    expect(under({ now, signers: { keyring: acme.keyring } })).toEqual([
      ["pass", "not checked REACH-E5217", "pass"],
      3,
    ]);
    const log = { origin: ORIGIN, key: keyOf("log", ORIGIN, "note").key, witnesses: [], quorum: 0 };
    const beyond = ["pass", "not checked REACH-E5512", "pass"];
    expect(under({ now, trustedKeys: [trusted], logs: [log] })).toEqual([beyond, 3]);
    expect(under({ trustedKeys: [trusted], required: ["complete"] })).toEqual([beyond, 3]);
    expect(under({ required: ["complete"] })).toEqual([beyond, 3]);
    expect(under({ trustedKeys: [trusted], engines: [] })[0][2]).toBe("fail REACH-E5405");
    expect(under({ required: ["trusted"] })).toEqual([["pass", "not checked", "pass"], 3]);
  });

  test("EVID-51 a signer who lied about a step is found by it alone", () => {
    const lies: [string, (text: string) => string][] = [
      ["output", (text) => text.replace('"accept":true', '"accept":false')],
      [
        "next",
        (text) =>
          text
            .replace('"next":"end"', '"next":"exit"')
            .replace('"next":"exit","output":{"accept', '"next":"/do/0/ask","output":{"accept'),
      ],
    ];
    for (const [name, lie] of lies) {
      expect([name, found(check(forgedStep(file, 4, lie)))]).toEqual([
        name,
        ["pass", "pass", "fail REACH-E5513"],
      ]);
      // The step before it is as it was.
      expect(found(check(forgedStep(file, 3, lie)))).toEqual(PASS);
    }
    const asked = forgedStep(file, 3, (text) => text.replace("/v1/score", "/v1/other"));
    expect(found(check(asked))[2]).toBe("fail REACH-E5513");
    const told = forgedStep(file, 3, (text) =>
      text.replace('"body":{"score":712}', '"body":{"score":900}'),
    );
    expect(found(check(told))[2]).toBe("fail REACH-E5513");
    // He did not lie: the workflow takes a text, too.
    expect(found(check(proveStep(engine, evidence({ records: recorded("none") }), 4)))).toEqual(
      PASS,
    );
  });

  test("EVID-51 a signer who lied about $context, or about what else was asked", () => {
    const run = evidenceOf([
      { own: { set: { n: 1 }, export: { as: "${ {n: 1} }" } } },
      { inner: { do: [{ a: { set: { n: 2 }, export: { as: "${ {n: 2} }" } } }] } },
      { neither: { set: { n: 3 } } },
    ]);
    const lie = (text: string): string => text.replace(/"context":\{"n":./, '"context":{"n":7');
    for (const [task, result] of [
      ["/do/0/own", "fail REACH-E5513"],
      ["/do/1/inner", "fail REACH-E5513"],
      // It has not looked at it, and nothing of it is shown.
      ["/do/2/neither", "pass"],
    ] as const) {
      const seq = tasksOf(run, task)[0] ?? 0;
      const forged = forgedStep(run, seq, (text, at) => (at === seq ? lie(text) : text));
      expect([task, found(check(forged))[2]]).toEqual([task, result]);
      const { why } = check(forged).verdicts.recomputed;
      if (result === "pass") expect(why).toContain("$context is not shown");
    }
    const get = { call: "http", with: { method: "get", endpoint: "https://a.example/v1/x" } };
    const forked = evidenceOf([{ f: { fork: { branches: [{ x: get }, { y: get }] } } }]);
    const [seq = 0] = tasksOf(forked, "/do/0/f/fork/branches/0/x");
    const more = forgedStep(
      forked,
      seq,
      (text) =>
        text.includes('"kind":"request"')
          ? text.replace("1/y", "0/x")
          : text.replace(/"key":"0.1.0"/, '"key":"9"'),
      true,
    );
    expect(check(more).verdicts.recomputed).toMatchObject({
      code: "REACH-E5513",
      why: expect.stringContaining("it asks less often") as string,
    });
  });

  test("EVID-51 a value that the task needs and that is hidden: it is not computed", () => {
    const hidden = withStep(step, (whole) => ({
      ...whole,
      records: whole.records.map(({ slots, ...rest }) =>
        slots === undefined ? rest : { ...rest, slots: { ...slots, input: rest.leaf["input"] } },
      ),
    }));
    expect(found(check(hidden))).toEqual(["pass", "pass", "not checked REACH-E5504"]);
    const bare = withStep(step, (whole) => ({
      ...whole,
      records: whole.records.map(({ leaf, proof }) => ({ leaf, proof })),
    }));
    expect(found(check(bare))).toEqual(["pass", "pass", "not checked REACH-E5504"]);
    expect(fromUtf8(canonical(stepOf(hidden)))).not.toContain('"score":712');
  });
});
