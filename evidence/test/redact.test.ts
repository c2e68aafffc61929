// Redaction and disclosure: docs/spec/evidence.md, EVID-33 to EVID-37; and who tries to get back what was
// taken out.
import { toHex, utf8 } from "@reach-fabric/engine";
import type { Pack } from "@reach-fabric/engine";
import { discloseOnly, openEvidence, redact } from "@reach-fabric/evidence";
import {
  readFields,
  commitFields,
  fieldsIn,
  fieldPointer,
  matchDisclosures,
  knownOf,
  readDocument,
  valuesOf,
  difference,
} from "@reach-fabric/evidence/testing";
import type { Known } from "@reach-fabric/evidence/testing";
import fc from "fast-check";
import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import {
  codeOf,
  engine,
  entries,
  evidence,
  finding,
  lineOf,
  linesOf,
  packOf,
  recorded,
  textOf,
  verify,
  wholeEvidence,
  withEntries,
} from "./fixtures/fixture.ts";

/** Grants a loan by a band of the income, and notes a ratio and a text with the name in it. */
const pack: Pack = packOf({
  "loan.yaml": {
    document: { dsl: "1.0.3", namespace: "test", name: "loan", version: "1.0.0" },
    do: [
      {
        ask: {
          call: "http",
          with: {
            method: "post",
            endpoint: "https://bureau.example/v1/score",
            body: { who: "${ .applicant.name }" },
          },
        },
      },
      {
        decide: {
          set: {
            band: '${ if $workflow.input.income >= 50000 then "high" elif $workflow.input.income >= 20000 then "middle" else "low" end }',
            greeting: '${ "Dear \\($workflow.input.applicant.name)!" }',
            encoded: "${ $workflow.input.applicant.name | @base64 }",
            score: "${ .score }",
          },
        },
      },
    ],
  },
});
const grant = { http: [{ methods: ["POST"], origin: "https://bureau.example", paths: ["/v1/*"] }] };
const input = {
  applicant: { name: "Maria Schneider-Öztürk", age: 41, tags: ["x", "vip"] },
  income: 31_415,
  "Maria Schneider-Öztürk": true,
};

function recordsOf(given: unknown): Uint8Array[] {
  engine.load(pack);
  const start = engine.admitStart({ grant }, JSON.stringify(given));
  const { records } = engine.start(start);
  const answer = engine.admitResult(
    "0",
    { status: 200, headers: {} },
    JSON.stringify({ score: 712 }),
  );
  return [start, ...records, answer, ...engine.advance(answer).records];
}
const file = evidence({ pack, records: recordsOf(input) });
const whole = (bytes: Uint8Array): string =>
  [...entries(bytes)]
    .map(([name, content]) => `${name}\n${new TextDecoder().decode(content)}`)
    .join("\n");

describe("redact", () => {
  test("EVID-33 what is left is still what was signed, and the verdicts say what is missing", () => {
    const { file: bare, hidden } = redact(engine, file, { drop: ["/0/input/applicant/name"] });
    const report = verify(bare);
    expect(finding(report, "authentic")).toBe("pass");
    expect(finding(report, "redacted")).toBe("pass");
    expect(finding(report, "complete")).toBe("not checked REACH-E5504");
    expect(finding(report, "replayed")).toBe("not checked REACH-E5504");
    expect(report.verdicts.replayed.why).toContain(
      'records from 0 on were not computed: the value at "/0/input',
    );
    expect(report.exitCode).toBe(3);
    expect(hidden).toContain("/run/decision");
    expect(openEvidence(engine, bare).missing).toEqual(expect.arrayContaining(["/0/input"]));
    expect(textOf(bare, "run.json")).toBe(textOf(file, "run.json"));
    expect(textOf(bare, "trace.jsonl")).toBe(textOf(file, "trace.jsonl"));
  });

  test("EVID-34 every copy goes: in tasks, requests, names, texts, base64 and hex", () => {
    const { file: bare, hidden } = redact(engine, file, { drop: ["/0/input/applicant/name"] });
    const { name } = input.applicant;
    const text = whole(bare);
    for (const spelling of [
      name,
      "Schneider",
      JSON.stringify(name).slice(1, -1),
      btoa(unescape(encodeURIComponent(name))),
      toHex(utf8(name)),
    ]) {
      expect(text.includes(spelling), spelling).toBe(false);
    }
    // The object that has it as a name went as a whole; what is beside the value stays.
    expect(hidden).toContain("/0/input");
    const copies = hidden.filter(
      (pointer) => !pointer.startsWith("/0/") && pointer !== "/run/decision",
    );
    expect(copies.length).toBeGreaterThan(3);
    expect(text).toContain('"score":712');
  });

  test("EVID-34 short values go under their own name; others that look alike are named", () => {
    const plain = evidence({
      pack,
      records: recordsOf({ ...input, "Maria Schneider-Öztürk": undefined, other: 41 }),
    });
    const { file: bare, left } = redact(engine, plain, { drop: ["/0/input/applicant/age"] });
    expect(whole(bare)).not.toContain('"age":41');
    expect(left).toContainEqual({
      where: "/0/input/other",
      why: "the same short value under another name",
    });
  });

  test("EVID-35 what was computed from it is named, and goes with --derived", () => {
    const plain = evidence({
      pack,
      records: recordsOf({ applicant: input.applicant, income: input.income }),
    });
    const kept = redact(engine, plain, { drop: ["/0/input/income"] });
    expect(kept.derived.some((pointer) => pointer.endsWith("/output/band"))).toBe(true);
    expect(whole(kept.file)).toContain('"band":"middle"');
    const gone = redact(engine, plain, { drop: ["/0/input/income"], derived: true });
    expect(gone.derived).toEqual([]);
    expect(whole(gone.file)).not.toContain('"middle"]');
    expect(finding(verify(gone.file), "authentic")).toBe("pass");
  });

  test("EVID-33 the pack can be left out as well", () => {
    const { file: bare } = redact(engine, file, { drop: ["/run/actor"], detached: true });
    expect([...entries(bare).keys()].some((name) => name.startsWith("blobs/"))).toBe(false);
    const report = verify(bare);
    expect(finding(report, "replayed")).toBe("not checked REACH-E5404");
    // Nothing of a record is hidden: the decision's digest may stay.
    expect(report.run?.decision).toMatch(/^[0-9a-f]{64}$/);
  });

  test("EVID-33 redacting again takes out more, and what is hidden cannot be hidden twice", () => {
    const once = redact(engine, file, { drop: ["/0/input/applicant/age"] }).file;
    const twice = redact(engine, once, { drop: ["/0/input/applicant/tags/1"] }).file;
    expect(finding(verify(twice), "authentic")).toBe("pass");
    expect(codeOf(() => redact(engine, twice, { drop: ["/0/input/applicant/age"] }))).toBe(
      "REACH-E5507",
    );
    expect(codeOf(() => redact(engine, file, { drop: ["/0/input/nothing"] }))).toBe("REACH-E5507");
  });

  test("EVID-36 shows what is asked for and nothing else", () => {
    const bare = discloseOnly(engine, file, ["/run/tenant", "/4/output/band"]);
    const report = verify(bare);
    expect(finding(report, "authentic")).toBe("pass");
    expect(report.run).toMatchObject({ tenant: "acme", actor: null, decision: null });
    const text = textOf(bare, "disclosures.jsonl");
    expect(text).toContain('"middle"');
    expect(text).not.toContain("Maria");
    expect(text).not.toContain("31415");
    expect(codeOf(() => discloseOnly(engine, file, ["/run/decision"]))).toBe("REACH-E5508");
  });

  test("EVID-36 shows one of very many", () => {
    const many = Array.from({ length: 150_000 }, (_, i) => i % 10);
    const file = wholeEvidence({ records: recorded(712, { input: { many } }) });
    const shown = discloseOnly(engine, file, ["/0/input/many/5"]);
    expect(finding(verify(shown), "authentic")).toBe("pass");
  });

  test("EVID-36 a decision's digest beside hidden values is found", () => {
    const lines = linesOf(file, "disclosures.jsonl").filter(
      (line) => !line.startsWith('["/0/input'),
    );
    const report = verify(
      withEntries(file, { "disclosures.jsonl": lines.map((line) => `${line}\n`).join("") }),
    );
    expect(finding(report, "redacted")).toBe("fail REACH-E5509");
  });

  test("EVID-37 a replay goes as far as it has what the engine was given, and compares what is shown", () => {
    const { file: bare } = redact(engine, file, { drop: ["/2/result/body/score"] });
    const why = verify(bare).verdicts.replayed.why;
    expect(why).toContain(
      'records from 2 on were not computed: the value at "/2/result/body/score" is hidden',
    );
    // Only computed values are hidden: all is computed again.
    const outputs = discloseOnly(engine, file, ["/0/input", "/2/result"]);
    expect(verify(outputs).verdicts.replayed.why).toContain("all 6 records were computed again");
  });

  test("evidence of format v1 is not redacted", () => {
    const old = readFileSync(new URL("../../golden/runs/completed.reach", import.meta.url));
    expect(codeOf(() => redact(engine, old, { drop: [] }))).toBe("REACH-E5506");
  });
});

describe("dictionary attack after redaction", () => {
  const band = (income: number): string =>
    income >= 50_000 ? "high" : income >= 20_000 ? "middle" : "low";
  const { applicant, income: secret } = input;
  const plain = evidence({ pack, records: recordsOf({ applicant, income: secret }) });
  // REACH_LONG=1 for a million.
  const step = process.env["REACH_LONG"] === undefined ? 251 : 1;
  const candidates = Array.from(
    { length: Math.floor(1_000_000 / step) },
    (_, i) => i * step + (secret % step),
  );

  /** Tells whether a guess agrees with all that a file shows, the trace's own texts included. */
  function guesser(bytes: Uint8Array): (income: number) => boolean {
    const { document, layout } = readDocument(engine, bytes);
    const values = valuesOf(engine, document, layout);
    const leaves = values.leaves();
    const known = knownOf(leaves, matchDisclosures(document, leaves, values.disclosures()));
    return (income) =>
      recordsOf({ applicant, income }).every(
        (record, i) => difference(record, known[i] as Known) === undefined,
      );
  }

  test("by replaying with each candidate: what agrees is what the named derived values imply", () => {
    const { file: bare, derived } = redact(engine, plain, { drop: ["/0/input/income"] });
    const fits = candidates.filter(guesser(bare));
    expect(fits).toEqual(candidates.filter((income) => band(income) === "middle"));
    expect(fits).toContain(secret);
    expect(fits.length).toBeGreaterThan(100);
    expect(derived.some((pointer) => pointer.endsWith("/band"))).toBe(true);
    const { file: closed } = redact(engine, plain, { drop: ["/0/input/income"], derived: true });
    expect(candidates.filter(guesser(closed))).toEqual(candidates);
    // With the whole file, only the value itself agrees: the attack works where nothing is hidden.
    expect(candidates.filter(guesser(plain))).toEqual([secret]);
  }, 1_800_000);

  test("by commitment: no seed or salt that is shown opens a hidden one", () => {
    const { file: bare } = redact(engine, plain, { drop: ["/0/input/income"] });
    const known = [...whole(bare).matchAll(/"([0-9a-f]{64})"/g)].map(([, hex]) => hex as string);
    const target = /"income":"([0-9a-f]{64})"/.exec(textOf(bare, "disclosures.jsonl"))?.[1] ?? "";
    expect(target).toMatch(/^[0-9a-f]{64}$/);
    for (const seed of new Set(known)) {
      for (const income of [secret - 1, secret])
        expect(guesses(seed, income)).not.toContain(target);
    }
    // With a seed of the whole file the guess is confirmed: the attack works where nothing is hidden.
    const [, seed = ""] =
      /^\["\/0\/input","([0-9a-f]{64})"/m.exec(textOf(plain, "disclosures.jsonl")) ?? [];
    expect(guesses(seed, secret)).toContain(target);
    expect(guesses(seed, secret - 1)).not.toContain(target);
  });

  /** The commitments of an income by a seed: its own, or that of the input that it is a part of. */
  function guesses(seed: string, income: number): string[] {
    const empty = `["/0/input","${"00".repeat(32)}",["object",1],{}]`;
    return [
      [empty, `["/0/input/income","${seed}",${income}]`],
      [`["/0/input","${seed}",{"income":${income}}]`],
    ].flatMap((lines) => {
      const trees = readFields(lines.map(lineOf));
      commitFields(engine, trees);
      return trees.flatMap(({ children }) =>
        children.map(({ commitment }) => toHex(commitment ?? new Uint8Array())),
      );
    });
  }
});

test("EVID-34 any value, anywhere: what is taken out is nowhere, and the file is authentic", () => {
  const leaf = fc.oneof(
    fc.string({ unit: "grapheme", minLength: 6, maxLength: 20 }).map((text) => `§${text}§`),
    fc.integer({ min: 1_000_000, max: 2_000_000_000 }),
    fc.boolean(),
    fc.constant(null),
  );
  const { value } = fc.letrec<{ value: unknown }>((tie) => ({
    value: fc.oneof(
      { maxDepth: 3 },
      leaf,
      fc.array(tie("value"), { maxLength: 3 }),
      fc.dictionary(fc.string({ maxLength: 5 }), tie("value"), { maxKeys: 3 }),
    ),
  }));
  fc.assert(
    fc.property(value, fc.nat(), (extra, pick) => {
      const given = { applicant: { name: "§name of somebody§" }, income: 5, extra };
      const bytes = evidence({ pack, records: recordsOf(given) });
      const lines = linesOf(bytes, "disclosures.jsonl").filter((line) =>
        line.startsWith('["/0/input'),
      );
      const [tree] = readFields(lines.map(lineOf));
      const fields = tree === undefined ? [] : fieldsIn(tree);
      const chosen = fields[pick % fields.length];
      if (chosen === undefined) return;
      const { file: bare } = redact(engine, bytes, { drop: [fieldPointer(chosen)] });
      expect(finding(verify(bare), "authentic")).toBe("pass");
      const text = whole(bare);
      for (const { text: json } of fieldsIn(chosen)) {
        if (json === undefined || json.length < 6) continue;
        const plain = json.startsWith('"') ? (JSON.parse(json) as string) : json;
        // Digits may stand in a hash by chance.
        if (/^\d+$/.test(plain)) continue;
        const spellings = [
          plain,
          json,
          toHex(utf8(plain)),
          Buffer.from(plain).toString("base64").slice(0, -4),
        ];
        for (const spelling of spellings) expect(text.includes(spelling), spelling).toBe(false);
      }
    }),
    { seed: 20261127, numRuns: 60 },
  );
});
