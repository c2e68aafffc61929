// redact(): what is hidden, how far the run is still computed, and what is shown by name.
import { fromUtf8, packOf } from "@reach-fabric/engine";
import { openEvidence, pointersOfClasses, recordsOf } from "@reach-fabric/evidence";
import { describe, expect, test } from "vitest";
import {
  codeOf,
  engine,
  finding,
  linesOf,
  signer,
  textOf,
  verify,
  withEntries,
} from "../fixtures/fixture.ts";
import {
  evidenceOf,
  get,
  packFor,
  post,
  redacted,
  shownOf,
} from "../fixtures/redaction-fixture.ts";

/** Carries a name, decides by an income that it asks for, and says so. */
const loan = evidenceOf({
  do: [
    { keep: { set: { who: "${ .applicant.name }", of: "${ .applicant }", plain: "Ada" } } },
    { income: { ...get("/income"), output: { as: "${ {annual: .annual, note: .note} }" } } },
    { decide: { set: { accept: "${ .annual > 1000 }", note: "${ .note }" } } },
    { say: post({ text: "${ .note }" }) },
  ],
  input: { applicant: { name: "Ada Lovelace", age: 36 }, other: [1, { two: "2" }] },
  answers: [{ annual: 61234, note: "paid monthly" }, { ok: true }],
});
const size = [...recordsOf(engine, openEvidence(engine, loan))].length;
const text = (file: Uint8Array): string => shownOf(file).join("\n");
const shown = (file: Uint8Array): Record<string, unknown>[] =>
  [...recordsOf(engine, openEvidence(engine, file))].map(
    ({ bytes }) => JSON.parse(fromUtf8(bytes)) as Record<string, unknown>,
  );
const passes = (file: Uint8Array, prefix: string): void => {
  const report = verify(file, { required: ["authentic", "redacted"] });
  expect(report.ok).toBe(true);
  expect(finding(report, "complete")).toBe("not checked REACH-E5504");
  expect(finding(report, "replayed")).toBe("not checked REACH-E5504");
  expect(report.verdicts.replayed.why).toContain(prefix);
};

describe("what is only carried", () => {
  const { file, ...found } = redacted(loan, { drop: ["input/applicant/name"] });

  test("EVID-38: is hidden wherever the run carries it, and all is computed", () => {
    expect(found).toMatchObject({ computed: size, size, stop: null, outcome: true, named: [] });
    expect(found.hidden).toEqual(
      expect.arrayContaining([
        "/run/decision",
        "/0/input/applicant/name",
        "/1/output/of/name",
        "/1/output/who",
        "/4/input/who",
        "/8/context/applicant/name",
      ]),
    );
    expect(text(file)).not.toContain("Lovelace");
    passes(file, `${size} of ${size} records`);
    expect(shown(file)[1]).toMatchObject({
      output: { who: "[hidden]", of: { name: "[hidden]", age: 36 }, plain: "Ada" },
    });
  });

  test("and nothing is hidden because it equals it: a constant of the pack stays", () => {
    const other = redacted(
      evidenceOf({
        do: [{ a: { set: { it: "${ .it }", t: true, f: false } } }],
        input: { it: true },
      }),
      { drop: ["input/it"] },
    );
    expect(shown(other.file)[1]).toMatchObject({ output: { it: "[hidden]", t: true, f: false } });
  });

  test("the file has neither the run's seed nor one of what is hidden, or of anything above it", () => {
    const { seed = "" } = JSON.parse(linesOf(loan, "entered.jsonl")[0] ?? "") as { seed?: string };
    expect(text(file)).not.toContain(seed);
    const [head = ""] = shownOf(file);
    const { seeds } = JSON.parse(head) as { seeds: [number, number, string][] };
    for (const [from, level] of seeds) {
      expect(from > 1 || from + 2 ** level <= 0).toBe(true);
    }
  });
});

describe("what is looked at", () => {
  const { file, ...found } = redacted(loan, { drop: ["income/result/body/annual"] });

  test("EVID-41: ends the computation, and all that follows is hidden", () => {
    const { computed, stop, outcome } = found;
    expect(stop).toEqual({
      task: "/do/2/decide",
      what: "expression",
      expression: ".annual > 1000",
    });
    expect(outcome).toBe(false);
    expect(computed).toBeLessThan(size);
    expect(text(file)).not.toContain("accept");
    passes(file, `${computed} of ${size} records`);
    expect(shown(file)).toHaveLength(computed);
    expect(verify(file).outcome).toBeUndefined();
  });

  test("EVID-44: is shown by name where that is asked for, with its proof", () => {
    const show = ["decide/output/accept", "outcome/output"];
    const { file, named, outcome } = redacted(loan, {
      drop: ["income/result/body/annual"],
      show,
    });
    expect(outcome).toBe(true);
    expect(named.map(({ pointer }) => pointer)).toEqual([
      `/${found.computed}/output/accept`,
      `/${size - 1}/output`,
    ]);
    passes(file, `${found.computed} of ${size} records`);
    const [decide, end] = shown(file).slice(found.computed);
    expect(decide).toMatchObject({ output: { accept: true, note: "[hidden]" }, input: "[hidden]" });
    expect(end).toMatchObject({ kind: "outcome", output: { ok: true } });
    expect(verify(file).outcome).toEqual({ status: "completed", output: { ok: true } });
  });

  test("a text that was hidden and stands in what is shown by name is pointed out, and stays", () => {
    const { file, named } = redacted(loan, {
      drop: ["income/result/body/annual", "income/result/body/note"],
      show: ["decide/output"],
    });
    expect(named).toEqual([
      { pointer: `/${found.computed}/output`, holds: ["/3/result/body/note"] },
    ]);
    expect(text(file)).toContain("paid monthly");
  });
});

test("EVID-42: an answer to what holds something hidden is hidden, and ends what is computed", () => {
  const { file, stop, computed } = redacted(loan, { drop: ["income/result/body/note"] });
  expect(stop).toEqual({ task: "/do/3/say", what: "answer" });
  passes(file, `${computed} of ${size} records`);
  const last = shown(file).at(-1);
  expect(last).toMatchObject({ kind: "request", request: { body: { text: "[hidden]" } } });
  expect(text(file)).not.toContain("ok");
});

test("EVID-43: stamps of records that are not computed are hidden", () => {
  const { file, computed } = redacted(loan, { drop: ["income/result/body/annual"] });
  const seqs = openEvidence(engine, file).run.annotations?.map(({ seq }) => Number(seq)) ?? [];
  expect(seqs.length).toBeGreaterThan(0);
  expect(seqs.every((seq) => seq < computed)).toBe(true);
  const all = openEvidence(engine, loan).run.annotations ?? [];
  expect(seqs.length).toBeLessThan(all.length);
});

test("all but what is named is hidden on demand", () => {
  const { file } = redacted(loan, { only: true, show: ["input/applicant/age", "/run/tenant"] });
  const { run } = openEvidence(engine, file);
  expect(run).toMatchObject({ tenant: "acme", actor: null, decision: null });
  expect(shown(file)[0]).toMatchObject({
    input: { applicant: { age: 36, name: "[hidden]" }, other: "[hidden]" },
  });
  expect(text(file)).not.toContain("61234");
});

test("EVID-36: a name of run.json is hidden, and the decision in any case", () => {
  const { file } = redacted(loan, { drop: ["/run/actor"] });
  expect(openEvidence(engine, file).run).toMatchObject({ actor: null, tenant: "acme" });
  expect(openEvidence(engine, file).missing).toEqual(["/run/decision", "/run/actor"].sort());
});

test.each<[string, { drop?: string[]; show?: string[] }, string]>([
  ["nothing is there", { drop: ["/0/input/applicant/nam"] }, "REACH-E5507"],
  ["there is no such record", { drop: ["/99/input"] }, "REACH-E5507"],
  ["there is no such task", { drop: ["nobody/result"] }, "REACH-E5507"],
  ["it is not in a slot", { drop: ["/0/pack"] }, "REACH-E5507"],
  ["it is computed", { drop: ["/1/output/who"] }, "REACH-E5507"],
  ["it is hidden", { drop: ["input/applicant"], show: ["/0/input/applicant"] }, "REACH-E5507"],
  ["it is the decision", { show: ["/run/decision"] }, "REACH-E5508"],
])("EVID-46: a place is refused where %s", (_, options, code) => {
  expect(codeOf(() => redacted(loan, options))).toBe(code);
});

test("a file in which something is hidden is not redacted again", () => {
  const { file } = redacted(loan, { drop: ["/run/actor"] });
  expect(codeOf(() => redacted(file, { drop: ["/0/input"] }))).toBe("REACH-E5514");
});

test("EVID-45: who has redacted it is signed, for these bytes, and said in the report", () => {
  const by = { signer, by: "privacy@acme.example", at: "2026-11-30T10:00:00.000Z", why: "case 17" };
  const { file } = redacted(loan, { drop: ["input/applicant/name"], by });
  const { redaction, verdicts } = verify(file, { required: ["authentic"] });
  expect(redaction).toMatchObject({ by: by.by, at: by.at, why: by.why });
  expect(redaction?.key.id).toBe(signer.key.id);
  expect(verdicts.redacted.why).toContain(`signed with the key ${signer.key.id}`);
  // The statement of another redaction, one that is about another run, one that was changed: none of these is taken.
  const name = "redaction.sigstore.json";
  const statement = textOf(file, name);
  const others: [string, Uint8Array][] = [
    ["REACH-E5306", redacted(loan, { drop: ["input/other"], by }).file],
    ["REACH-E5306", redacted(evidenceOf({ do: [{ a: { set: { b: 1 } } }] }), { by }).file],
  ];
  for (const [code, other] of others) {
    const swapped = withEntries(file, { [name]: textOf(other, name) });
    expect(finding(verify(swapped), "authentic")).toBe(`fail ${code}`);
  }
  const forged = statement.replace(/"sig":"..../, '"sig":"AAAA');
  expect(finding(verify(withEntries(file, { [name]: forged })), "authentic")).toBe(
    "fail REACH-E5303",
  );
  expect(finding(verify(withEntries(file, { [name]: undefined })), "redacted")).toBe("pass");
  expect(codeOf(() => redacted(loan, { by: { ...by, at: "today" } }))).toBe("REACH-E5802");
});

test("EVID-47: the values of a class are hidden by its name", () => {
  const run = {
    do: [{ ask: get("/who") }],
    input: { name: "Ada", amount: 5 },
    answers: [{ income: 61234 }],
  };
  const said = {
    id: "test/case",
    version: "1.0.0",
    workflows: ["w.json"],
    tables: [],
    classification: [
      { class: "personal", in: "input", pointer: "/name" },
      { class: "personal", in: "result:/do/0/ask", pointer: "/body/income" },
      { class: "personal", in: "input", pointer: "/nowhere" },
    ],
  };
  const whole = evidenceOf(run, packOf(engine, said, packFor(run).files));
  const drop = pointersOfClasses(engine, whole, ["personal"]);
  expect(drop).toEqual(["/0/input/name", "/2/result/body/income"]);
  const { file } = redacted(whole, { drop });
  expect(text(file)).not.toMatch(/Ada|61234/);
  expect(finding(verify(file, { required: ["authentic"] }), "authentic")).toBe("pass");
  expect(codeOf(() => pointersOfClasses(engine, whole, ["health"]))).toBe("REACH-E5507");
});

test("EVID-41: without the pack nobody can tell whether the rest is behind what was signed", () => {
  const { file } = redacted(loan, { drop: ["input/applicant/name"], detached: true });
  const report = verify(file, { required: ["authentic", "redacted"] });
  expect([finding(report, "authentic"), finding(report, "redacted"), report.exitCode]).toEqual([
    "pass",
    "not checked REACH-E5404",
    3,
  ]);
});

test("TRACE-29: how a run ended at a limit is hidden, whatever limit it was, and can be shown by name", () => {
  const nested = evidenceOf({
    do: [
      { keep: { set: { who: "${ .name }" } } },
      { nest: { set: "${ reduce range(1100) as $i (1; [.]) }" } },
    ],
    input: { name: "Ada" },
  });
  const { computed, size, stop, outcome } = redacted(nested, { drop: ["input/name"] });
  expect({ computed, size, outcome, stop }).toEqual({
    computed: 2,
    size: 3,
    outcome: false,
    stop: { task: "/do/1/nest", what: "limit" },
  });
  const { file } = redacted(nested, { drop: ["input/name"], show: ["outcome/error"] });
  expect(openEvidence(engine, file).outcome?.error).toMatchObject({ status: 500 });
});
