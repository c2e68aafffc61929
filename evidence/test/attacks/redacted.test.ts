// Redacted files that were changed: by anyone, whose changes are found without an engine; and their signer, whose
// are found by computing what is there.
import { fromHex, toHex } from "@reach-fabric/engine";
import { describe, expect, test } from "vitest";
import {
  codeOf,
  engine,
  finding,
  joined,
  textOf,
  verify,
  withEntries,
} from "../fixtures/fixture.ts";
import { evidenceOf, get, post, redacted, shownOf } from "../fixtures/redaction-fixture.ts";
import { openEvidence } from "@reach-fabric/evidence";
import {
  filled,
  holeAt,
  openingOf,
  recordSeed,
  RUN_SEQ,
  slotSeed,
} from "@reach-fabric/evidence/testing";

const file = evidenceOf({
  do: [
    { keep: { set: { who: "${ .name }", plain: 1, deep: { of: ["${ .name }", 2] } } } },
    { ask: { ...get("/a"), output: { as: "${ . }" } } },
    { decide: { set: { accept: "${ .annual > 1000 }" } } },
    { say: post({ a: 1 }) },
  ],
  input: { name: "Ada", list: [{ a: 1 }, 2] },
  answers: [{ annual: 61234, note: "monthly" }, { ok: true }],
});
const { file: public_, computed } = redacted(file, {
  drop: ["input/name", "ask/result/body/annual"],
  show: ["outcome/output", "decide/output"],
});
const lines = shownOf(public_);
const withLines = (changed: readonly string[]): Uint8Array =>
  withEntries(public_, { "shown.jsonl": joined(changed) });

type Line = Readonly<Record<string, unknown>>;
const value = (at: number): Line => JSON.parse(lines.at(at) ?? "") as Line;
/** The file with one line another value; members stay in their order. */
const withLine = (at: number, change: (line: Line) => unknown): Uint8Array => {
  const changed = new TextDecoder().decode(engine.canonicalize(JSON.stringify(change(value(at)))));
  return withLines(lines.with(at, changed));
};
const said = (bytes: Uint8Array): string[] => {
  const report = verify(bytes, { required: ["authentic"] });
  return [finding(report, "authentic"), finding(report, "replayed")];
};
const unchecked = "not checked";
const whole = "not checked REACH-E5504";
const head = (change: (line: Line) => unknown): Uint8Array => withLine(0, change);
const shown = JSON.parse(JSON.stringify(value(0))) as Record<string, unknown> & {
  seeds: [number, number, string][];
  entered: string[];
  trace: string[];
};
const other = "ab".repeat(32);

test("the file as it was is authentic, and computed as far as it goes", () => {
  expect(said(public_)).toEqual(["pass", whole]);
  expect(computed).toBeLessThan(openEvidence(engine, public_).run.trace.size);
});

// Whoever has the whole file has its seeds, and can open what reach redact would hide.
describe("EVID-36: attack: a digest that confirms guesses of what is hidden, with its true opening", () => {
  const evidenceRun = openEvidence(engine, file).run;
  const { decision, fingerprint } = evidenceRun;
  const seed = (JSON.parse(textOf(file, "entered.jsonl").split("\n")[0] ?? "") as { seed: string })
    .seed;
  const own = slotSeed(engine, recordSeed(engine, fromHex(seed), RUN_SEQ), "decision");
  const both = { decision, fingerprint };
  const opened = (shown: unknown): unknown => openingOf(engine, own, both, shown);

  test.each<[string, object]>([
    ["the decision and the fingerprint", both],
    ["the fingerprint alone", { ...both, decision: holeAt(0) }],
    ["the decision alone", { ...both, fingerprint: holeAt(0) }],
    ["neither, but that there are two", { decision: holeAt(0), fingerprint: holeAt(1) }],
  ])("%s", (_, shown) => {
    const bytes = head((line) => ({ ...line, decision: opened(shown) }));
    const report = verify(bytes, { required: ["authentic", "redacted"] });
    expect(finding(report, "authentic")).toBe("fail REACH-E5509");
    expect(finding(report, "redacted")).toBe("not checked");
    expect(report.exitCode).toBe(1);
  });

  test("is not there where it is hidden as a whole, which is what the run commits to", () => {
    const bytes = head((line) => ({ ...line, decision: opened(holeAt(0)) }));
    expect(finding(verify(bytes, { required: ["authentic", "redacted"] }), "redacted")).toBe(
      "pass",
    );
    expect(bytes).toEqual(public_);
  });
});

describe("changed by anybody", () => {
  test.each<[string, string, () => Uint8Array]>([
    [
      "EVID-36: the decision is shown",
      "REACH-E5509",
      () =>
        head((line) => ({
          ...line,
          decision: { s: other, v: { decision: other, fingerprint: other } },
        })),
    ],
    [
      "EVID-36: another value of run.json",
      "REACH-E5502",
      () => head((line) => ({ ...line, tenant: { ...(line["tenant"] as object), v: "globex" } })),
    ],
    [
      "EVID-36: no stamps",
      "REACH-E5503",
      () => head((line) => ({ ...line, annotations: undefined })),
    ],
    ["EVID-36: one more member", "REACH-E5103", () => head((line) => ({ ...line, more: 1 }))],
    [
      "EVID-36: lines in another order",
      "REACH-E5505",
      () => withLines([...lines.slice(0, 1), ...lines.slice(1).reverse()]),
    ],
    [
      "EVID-36: a record twice",
      "REACH-E5505",
      () => withLines(lines.toSpliced(1, 0, lines[1] ?? "")),
    ],
    [
      "EVID-36: more records than there are are computed",
      "REACH-E5505",
      () => head((line) => ({ ...line, computed: 1000 })),
    ],
    [
      "EVID-36: another number of them",
      "REACH-E5505",
      () => head((line) => ({ ...line, computed: computed + 1 })),
    ],
    [
      "EVID-37: a shown value is another",
      "REACH-E5604",
      () =>
        withLine(
          1,
          (line) => JSON.parse(JSON.stringify(line).replace('{"a":1}', '{"a":2}')) as unknown,
        ),
    ],
    [
      "EVID-37: a hidden value is said to be another",
      "REACH-E5604",
      () =>
        withLine(
          1,
          (line) =>
            JSON.parse(
              JSON.stringify(line).replace(/"name":"[^"]*"/, `"name":"${other}"`),
            ) as unknown,
        ),
    ],
    [
      "EVID-37: a guess in the place of what is hidden",
      "REACH-E5501",
      () =>
        withLine(
          1,
          (line) =>
            JSON.parse(
              JSON.stringify(line).replace(/"name":"[^"]*"/, `"name":{"s":"${other}","v":"Ada"}`),
            ) as unknown,
        ),
    ],
    [
      "EVID-39: a seed more",
      "REACH-E5505",
      () => head((line) => ({ ...line, seeds: [...shown.seeds, [0, 0, other]] })),
    ],
    [
      "EVID-39: a seed less",
      "REACH-E5505",
      () => head((line) => ({ ...line, seeds: shown.seeds.slice(1) })),
    ],
    [
      "EVID-39: a seed from higher up",
      "REACH-E5505",
      () => head((line) => ({ ...line, seeds: [[0, 3, other]] })),
    ],
    [
      "EVID-40: a hash of what entered is another",
      "REACH-E5604",
      () => head((line) => ({ ...line, entered: shown.entered.map(() => other) })),
    ],
    [
      "EVID-40: one more of them",
      "REACH-E5604",
      () => head((line) => ({ ...line, entered: [...shown.entered, other] })),
    ],
    [
      "EVID-44: a proof of another record",
      "REACH-E5505",
      () => withLine(-1, (line) => ({ ...line, proof: value(-2)["proof"] })),
    ],
    [
      "EVID-44: another place",
      "REACH-E5505",
      () => withLine(-2, (line) => ({ ...line, index: 1 })),
    ],
    [
      "EVID-44: the other tree",
      "REACH-E5505",
      () => withLine(-2, (line) => ({ ...line, tree: "entered" })),
    ],
    [
      "EVID-44: another value",
      "REACH-E5502",
      () =>
        withLine(
          -2,
          (line) => JSON.parse(JSON.stringify(line).replace("true", "false")) as unknown,
        ),
    ],
    [
      "EVID-44: the values of another record",
      "REACH-E5502",
      () =>
        withLine(-1, (line) => {
          const { output } = value(-2)["slots"] as { output: unknown };
          return { ...line, slots: { output } };
        }),
    ],
    [
      "EVID-44: another task in the leaf",
      "REACH-E5505",
      () =>
        withLine(-2, (line) => ({
          ...line,
          leaf: { ...(line["leaf"] as object), task: "/do/0/keep" },
        })),
    ],
  ])("%s", (_, code, change) => {
    expect(said(change())).toEqual([`fail ${code}`, unchecked]);
  });
});

/** The commitment of a value in the place of its seed: every reader of the file can compute it. */
const hidden = (_: string, seed: string): string =>
  `"plain":"${toHex(engine.commitValue(fromHex(seed), "1"))}"`;

/** The line of the first computed record in which something is hidden. */
const partly = lines.findIndex((line) => line.startsWith('{"seq"'));

describe("changed where only the computation can tell", () => {
  test.each<[string, string, () => Uint8Array]>([
    [
      "EVID-38: the commitment of what is carried is another",
      "REACH-E5701",
      () =>
        withLine(
          partly,
          (line) =>
            JSON.parse(
              JSON.stringify(line).replace(/"who":"[^"]*"/, `"who":"${other}"`),
            ) as unknown,
        ),
    ],
    [
      "EVID-38: something else is hidden",
      "REACH-E5701",
      () =>
        withLine(
          partly,
          (line) =>
            JSON.parse(
              JSON.stringify(line).replace(/"plain":\{"s":"([^"]*)"\}/, hidden),
            ) as unknown,
        ),
    ],
    [
      "EVID-38: what is hidden is said to be shown",
      "REACH-E5701",
      () =>
        withLine(
          partly,
          (line) =>
            JSON.parse(
              JSON.stringify(line).replace(/"who":"[^"]*"/, `"who":{"s":"${other}"}`),
            ) as unknown,
        ),
    ],
    [
      "EVID-38: an opening has a value of its own",
      "REACH-E5701",
      () =>
        withLine(
          partly,
          (line) =>
            JSON.parse(JSON.stringify(line).replace(/"plain":\{/, '"plain":{"v":7,')) as unknown,
        ),
    ],
    [
      "EVID-40: a hash of the trace is another",
      "REACH-E5701",
      () => head((line) => ({ ...line, trace: shown.trace.map(() => other) })),
    ],
    [
      "EVID-40: one more of them",
      "REACH-E5701",
      () => head((line) => ({ ...line, trace: [...shown.trace, other] })),
    ],
  ])("%s", (_, code, change) => {
    expect(said(change())).toEqual(["pass", `fail ${code}`]);
    const report = verify(change(), { required: ["authentic", "redacted"] });
    expect([finding(report, "redacted"), report.exitCode]).toEqual([`fail ${code}`, 1]);
  });

  test("EVID-41: with a budget that ends before the last computed record nobody can tell", () => {
    const { file: other } = redacted(file, { drop: ["input/name"] });
    const report = verify(other, { required: ["authentic"], fuel: 1 });
    expect(finding(report, "replayed")).toBe("not checked REACH-E5703");
  });
});

test("a hole is hidden by a commitment and by nothing else", () => {
  expect(codeOf(() => filled({ s: other }, "\udc001", "/1/output"))).toBe("REACH-E5701");
});

describe("attack: what redaction has given away", () => {
  const clinic = (hiv: unknown, only: object = {}): Uint8Array =>
    evidenceOf({
      do: [
        { triage: { set: { positive: "${ .hiv }", defaults: { contact: true, urgent: false } } } },
        { names: { set: { nulls: { a: "it is true" }, truest: "the nulled truest value" } } },
      ],
      input: { hiv, ...only },
    });
  const masked = (bytes: Uint8Array): string =>
    shownOf(bytes)
      .join("\n")
      .replaceAll(/[0-9a-f]{64}/g, "#");

  test("constants of the pack do not vanish where they equal what is hidden", () => {
    const files = [true, false, null, "it is true", "urgent"].map(
      (hiv) => redacted(clinic(hiv), { drop: ["input/hiv"] }).file,
    );
    const [first = new Uint8Array(), ...more] = files;
    for (const each of more) {
      expect(masked(each)).toBe(masked(first));
      expect(each.length).toBe(first.length);
    }
  });

  test("short and common values hide nothing but themselves", () => {
    const { hidden } = redacted(clinic(true, { vip: true, deceased: null }), {
      drop: ["input/hiv"],
    });
    const names = ["vip", "deceased", "nulls", "truest", "contact", "urgent"];
    expect(hidden.filter((at) => names.some((name) => at.includes(name)))).toEqual([]);
    expect(hidden).toContain("/1/output/positive");
  });

  test("what answers a request that held a hidden value is hidden, in whatever spelling", () => {
    const bureau = evidenceOf({
      do: [{ ask: post({ name: "${ .name }", income: "${ .income }" }) }],
      input: { name: "Müller Özil", income: 61234 },
      answers: [{ holder: "MÜLLER ÖZIL", incomeText: "61,234.00", plus1: 61235 }],
    });
    const text = shownOf(redacted(bureau, { drop: ["input/name", "input/income"] }).file).join(
      "\n",
    );
    for (const told of ["MÜLLER", "61,234", "61235", "Müller", "61234", "incomeText"]) {
      expect(text).not.toContain(told);
    }
  });
});
