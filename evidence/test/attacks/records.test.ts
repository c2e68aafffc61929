// Attacks on what entered a run, and on the JSON that it is written in.
import { fromUtf8, utf8 } from "@reach-fabric/engine";
import { openEvidence } from "@reach-fabric/evidence";
import { readEntered } from "@reach-fabric/evidence/testing";
import { describe, expect, test } from "vitest";
import {
  canonical,
  codeOf,
  engine,
  enteredOf,
  evidence,
  facts,
  finding,
  joined,
  jsonOf,
  pseudoRandom,
  recorded,
  signedAgain,
  textOf,
  verify,
  withEntries,
} from "../fixtures/fixture.ts";
import { authentic, changedLines, file, lines, other, refused } from "./attacking.ts";
import { withLine, withLines } from "./attacking.ts";

const [, start = "", answer = "", outcome = ""] = lines;

describe("what entered:", () => {
  test("TRACE-11: a changed value, seed or record is found without an engine", () => {
    const seed = /"seed":"(\w{8})/.exec(lines[0] ?? "")?.[1] ?? "";
    expect(authentic(withLine(0, (line) => line.replace(seed, "00000000")))).toMatch(
      /^fail REACH-E5(502|604)$/,
    );
    for (const [at, from, to] of [
      [1, "3200", "3201"],
      [1, "GET", "PUT"],
      [1, '"fuel":100000000', '"fuel":100000001'],
      [2, "712", "612"],
      [2, '"seq":2', '"seq":3'],
      [2, '"key":"0"', '"key":"1"'],
      [3, "true", "false"],
      [3, '"seq":5', '"seq":4'],
    ] as const) {
      const changed = withLine(at, (line) => line.replace(from, to));
      expect([from, authentic(changed)]).toEqual([from, "fail REACH-E5604"]);
    }
  });

  test("tail truncation, reorder, a record left out, doubled or put in", () => {
    for (const changed of [
      lines.slice(0, -1),
      [lines[0] ?? "", answer, start, outcome],
      [lines[0] ?? "", start, outcome],
      lines.toSpliced(2, 0, answer),
      lines.toSpliced(3, 0, '{"kind":"cancel","reason":null,"seq":4}'),
      [...lines, outcome],
    ]) {
      refused(withLines(changed), "authentic", "REACH-E5604");
    }
    refused(withLines(lines.slice(0, 1)), "authentic", "REACH-E5603");
  });

  test("memory bombs: of millions of lines those behind a bad one are not read", () => {
    class Counted extends Uint8Array<ArrayBuffer> {
      static parts = 0;
      override subarray(...place: [number?, number?]): Uint8Array<ArrayBuffer> {
        Counted.parts += 1;
        return super.subarray(...place);
      }
    }
    const partsOf = (text: string, code: string): number => {
      Counted.parts = 0;
      expect(codeOf(() => readEntered(engine, Counted.from(utf8(text))))).toBe(code);
      return Counted.parts;
    };
    const many = (line: string): string => `${line}\n`.repeat(20_000);
    expect(partsOf(many(""), "REACH-E5101")).toBe(1);
    expect(partsOf(many("{}"), "REACH-E5103")).toBe(1);
    expect(partsOf(`${lines[0]}\n${many(start)}`, "accepted")).toBeGreaterThan(20_000);
    expect(partsOf(`${lines[0]}\n${many("{}")}`, "REACH-E5601")).toBeLessThan(2000);
    expect(partsOf(`${lines[0]}\n${start}\n${many("[]")}`, "REACH-E5601")).toBeLessThan(2000);
  });

  test("the same by the signer: it is not one whole run", () => {
    for (const [entered, code] of [
      [lines.slice(0, -1), "REACH-E5603"],
      [[lines[0] ?? "", answer, outcome], "REACH-E5603"],
      [[lines[0] ?? "", start, start, answer, outcome], "REACH-E5602"],
      [lines.toSpliced(3, 0, answer.replace('"seq":2', '"seq":1')), "REACH-E5602"],
      [lines.toSpliced(2, 0, outcome.replace('"seq":5', '"seq":1')), "REACH-E5603"],
      [changedLines(3, (line) => line.replace('"seq":5', '"seq":6')), "REACH-E5602"],
    ] as const) {
      const report = refused(signedAgain(file, { entered }), "complete", code);
      expect(finding(report, "authentic")).toBe("pass");
      expect(finding(report, "replayed")).toBe("not checked");
    }
  });

  test("an input changed, left out or added by the signer himself: the run does not come to that", () => {
    for (const entered of [
      changedLines(2, (line) => line.replace("712", "612")),
      changedLines(1, (line) => line.replace("3200", "3201")),
      changedLines(3, (line) => line.replace("true", "false")),
      [lines[0] ?? "", start, outcome],
      lines.toSpliced(3, 0, answer.replace('"seq":2', '"seq":4')),
      changedLines(2, (line) => line.replace('"key":"0"', '"key":"7"')),
    ]) {
      const report = refused(signedAgain(file, { entered }), "replayed", "REACH-E5701");
      expect(finding(report, "authentic")).toBe("pass");
      expect(finding(report, "complete")).toBe("pass");
    }
  });

  test("another root or size than that of the records", () => {
    const run = jsonOf(file, "run.json") as Record<"trace" | "entered", { size: number }>;
    const none = "0".repeat(64);
    for (const [change, verdict, code] of [
      [{ entered: { ...run.entered, root: none } }, "authentic", "REACH-E5604"],
      [{ entered: { ...run.entered, size: 4 } }, "authentic", "REACH-E5604"],
      [{ trace: { ...run.trace, size: 7 } }, "complete", "REACH-E5602"],
      [{ trace: { ...run.trace, root: none } }, "replayed", "REACH-E5701"],
    ] as const) {
      refused(signedAgain(file, { run: change }), verdict, code);
    }
  });

  test("splice across runs: what entered another one, its answer, its seed, its head", () => {
    const theirs = enteredOf(other);
    refused(withLines(theirs), "authentic", "REACH-E5502");
    refused(
      withLine(2, () => theirs[2] ?? ""),
      "authentic",
      "REACH-E5604",
    );
    const again = evidence({
      annotations: [{ seq: 0, at: facts.startedAt }],
      runSecret: pseudoRandom("another")(32),
    });
    refused(
      withLine(0, () => enteredOf(again)[0] ?? ""),
      "authentic",
      "REACH-E5502",
    );
    const text = textOf(again, "entered.jsonl");
    refused(withEntries(file, { "entered.jsonl": text }), "authentic", "REACH-E5502");
  });

  test("splice across runs: a start of another pack, workflow or semantics", () => {
    for (const [name, value] of Object.entries({
      pack: "0".repeat(64),
      workflow: "test/other:1.0.0",
      semantics: 2,
    })) {
      const changed = fromUtf8(canonical({ ...(JSON.parse(start) as object), [name]: value }));
      refused(signedAgain(file, { entered: lines.with(1, changed) }), "complete", "REACH-E5605");
    }
  });

  test("across tenants: a changed value of run.json is not the one committed to", () => {
    for (const [from, to] of [
      ["acme", "evil"],
      ["maria", "diego"],
      [/"decision":"\w{4}/, '"decision":"0000'],
      [facts.startedAt, facts.endedAt],
    ] as const) {
      refused(
        withLine(0, (line) => line.replace(from, to)),
        "authentic",
        "REACH-E5502",
      );
    }
  });

  test("annotations that are put in or left out", () => {
    const less = withLine(0, (line) => line.replace(/"annotations":\[.*?\],/, ""));
    refused(less, "authentic", "REACH-E5503");
    const bare = evidence();
    const [first = "", ...rest] = enteredOf(bare);
    const more = [first.replace('"decision"', '"annotations":[],"decision"'), ...rest];
    refused(withEntries(bare, { "entered.jsonl": joined(more) }), "authentic", "REACH-E5503");
  });

  test("replayed attempt", () => {
    const second = evidence({
      annotations: [{ seq: 0, at: facts.startedAt }],
      run: { ...facts, attempt: 2 },
    });
    const bytes = withEntries(file, { "run.json": textOf(second, "run.json") });
    refused(bytes, "authentic", "REACH-E5303");
  });

  test("a run that ends before it starts", () => {
    const bytes = signedAgain(file, { run: { endedAt: "2026-11-23T06:00:00.000Z" } });
    refused(bytes, "authentic", "REACH-E5103");
  });

  test("EVID-15: a leaf in place of an outcome that is small enough to be there", () => {
    const whole = evidence({
      records: recorded(712),
      annotations: [{ seq: 0, at: facts.startedAt }],
    });
    expect(whole).toEqual(file);
    const leaf = leafOfOutcome();
    const hidden = withLine(3, () => leaf);
    // The leaf is the same, and so is the root: only the run itself says how large its outcome is.
    expect(authentic(hidden)).toBe("pass");
    refused(hidden, "replayed", "REACH-E5601");
  });

  function leafOfOutcome(): string {
    const { seed } = JSON.parse(lines[0] ?? "") as { seed: string };
    const { texts = [] } = engine.leaves(Buffer.from(seed, "hex"), [utf8(outcome)], {
      texts: true,
    });
    return `{"leaf":${fromUtf8(texts[0] ?? new Uint8Array())}}`;
  }
});

describe("JSON:", () => {
  /** The file with another text for run.json: refused before anything is verified. */
  const withRun = (change: (text: string) => string): Uint8Array =>
    withEntries(file, { "run.json": change(textOf(file, "run.json")) });

  test("duplicate keys", () => {
    refused(
      withRun((t) => t.replace("{", '{"actor":"x",')),
      "authentic",
      "REACH-E5101",
    );
    for (const at of [0, 1, 2, 3]) {
      const twice = withLine(at, (line) => line.replace(/\{("\w+":[^,]+,)/, "{$1$1"));
      refused(twice, "authentic", "REACH-E5101");
    }
  });

  test("number aliasing", () => {
    for (const [alias, code] of [
      ["1.0", "REACH-E5102"],
      ["1e0", "REACH-E5102"],
      ["10e-1", "REACH-E5102"],
      ["-0", "REACH-E5102"],
      ["9007199254740993", "REACH-E5101"],
      ["01", "REACH-E5101"],
      ["1e400", "REACH-E5101"],
    ] as const) {
      const bytes = withRun((t) => t.replace('"attempt":1', `"attempt":${alias}`));
      refused(bytes, "authentic", code);
    }
    refused(
      withLine(1, (line) => line.replace("3200", "3.2e3")),
      "authentic",
      "REACH-E5102",
    );
  });

  test("__proto__ and other members that are not known", () => {
    for (const name of ["__proto__", "constructor", "toString", "extra"]) {
      const member = `,"${name}":{"format":"reach/evidence/v1"}}`;
      const sorted = (text: string): string =>
        fromUtf8(engine.canonicalize(text.replace(/\}$/, member)));
      const changed = sorted(textOf(file, "run.json"));
      expect(changed).toContain(`"${name}"`);
      const value = JSON.parse(member.slice(1, -1).replace(/^"\w+":/, "")) as unknown;
      const own = Object.defineProperty({}, name, { value, enumerable: true });
      const run = Object.defineProperties({}, Object.getOwnPropertyDescriptors(own));
      if (name !== "__proto__") refused(signedAgain(file, { run }), "authentic", "REACH-E5103");
      refused(withEntries(file, { "run.json": changed }), "authentic", "REACH-E5103");
      refused(withLine(0, sorted), "authentic", "REACH-E5103");
      refused(withLine(2, sorted), "authentic", "REACH-E5601");
    }
  });

  test("__proto__ inside a value is a part of it: none can be put in", () => {
    const input: unknown = JSON.parse('{"__proto__":{"admin":true},"10":1,"9":2}');
    const records = recorded(712, { input });
    const bytes = evidence({ records });
    expect(verify(bytes).ok).toBe(true);
    expect(fromUtf8(records[0] ?? new Uint8Array())).toContain('{"10":1,"9":2,"__proto__":');
    expect(openEvidence(engine, bytes).inputs?.[0]).toEqual(records[0]);
    const more = '"annotations":[{"__proto__":{"approvedBy":"mallory"},';
    const put = withLine(0, (line) => line.replace('"annotations":[{', more));
    refused(put, "authentic", "REACH-E5502");
    const one = JSON.parse('[{"__proto__":{"a":1},"seq":0}]') as object[];
    const signed = evidence({ annotations: one });
    expect(enteredOf(signed)[0]).toContain('[{"__proto__":{"a":1},"seq":0}]');
    expect(verify(signed).ok).toBe(true);
  });

  test("lone surrogates and bytes that are not UTF-8", () => {
    for (const at of [0, 1]) {
      const escaped = withLine(at, (line) => line.replace(/acme|test/, "\\ud800"));
      refused(escaped, "authentic", "REACH-E5101");
    }
    for (const name of ["run.json", "entered.jsonl"]) {
      const raw = utf8(textOf(file, name));
      raw[20] = 0xff;
      refused(withEntries(file, { [name]: raw }), "authentic", "REACH-E5101");
    }
  });

  test("Unicode normalisation: equal looks are not equal bytes", () => {
    const composed = evidence({ run: { ...facts, actor: "Zo\u00eb" } });
    const decomposed = enteredOf(composed).map((line) => line.replace("\u00eb", "e\u0308"));
    refused(
      withEntries(composed, { "entered.jsonl": joined(decomposed) }),
      "authentic",
      "REACH-E5502",
    );
  });

  test("a byte order mark, white space, and data behind the value", () => {
    for (const [change, code] of [
      [(t: string) => `\ufeff${t}`, "REACH-E5101"],
      [(t: string) => `${t} `, "REACH-E5102"],
      [(t: string) => `${t}{}`, "REACH-E5101"],
    ] as const) {
      refused(withRun(change), "authentic", code);
      for (const at of [0, 1, 2, 3]) refused(withLine(at, change), "authentic", code);
    }
    refused(
      withRun((t) => `${t}\n`),
      "authentic",
      "REACH-E5102",
    );
  });

  test("lines: none, empty ones, several values on one, one value on several", () => {
    const text = textOf(file, "entered.jsonl");
    for (const [changed, code] of [
      ["", "REACH-E5105"],
      ["\n", "REACH-E5101"],
      [text.slice(0, -1), "REACH-E5105"],
      [`${text}\n`, "REACH-E5101"],
      [`\n${text}`, "REACH-E5101"],
      [text.replace("\n", ","), "REACH-E5101"],
      [`${text.slice(0, -1)},${outcome}\n`, "REACH-E5101"],
      [`${text}[1\n2]\n`, "REACH-E5101"],
    ] as const) {
      refused(withEntries(file, { "entered.jsonl": changed }), "authentic", code);
    }
  });

  test("a first line of another form", () => {
    for (const first of ["[]", "7", "{}", start, '{"actor":"a","seed":"00","tenant":"t"}']) {
      refused(
        withLine(0, () => first),
        "authentic",
        "REACH-E5103",
      );
    }
    for (const seed of ["", "ab", "AB".repeat(32), "ab".repeat(33)]) {
      const changed = withLine(0, (line) => line.replace(/"seed":"\w+"/, `"seed":"${seed}"`));
      refused(changed, "authentic", "REACH-E5103");
    }
  });

  test("what is no record that enters, whatever it is instead", () => {
    for (const record of [
      "null",
      "7",
      '"start"',
      "[]",
      '[{"kind":"start","seq":0}]',
      "{}",
      '{"kind":"start"}',
      '{"kind":7,"seq":0}',
      '{"kind":"cancel","reason":null,"seq":-1}',
      '{"kind":"cancel","reason":null,"seq":0.5}',
      '{"kind":"cancel","reason":null,"seq":4294967295}',
      '{"kind":"cancel","seq":1}',
      '{"kind":"constructor","seq":1}',
      '{"kind":"__proto__","seq":1}',
      '{"input":{},"kind":"start","seq":0}',
      '{"input":{"a":[[]]},"kind":"toString","output":1,"seq":1}',
      '{"key":"x","kind":"result","result":{},"seq":2}',
      fromUtf8(recorded(712)[1] ?? new Uint8Array()),
      fromUtf8(recorded(712)[3] ?? new Uint8Array()),
    ]) {
      expect({ record, is: authentic(withLine(2, () => record)) }).toEqual({
        record,
        is: "fail REACH-E5601",
      });
    }
  });

  test("a line of a leaf of another form", () => {
    for (const [line, code] of [
      ['{"leaf":7}', "REACH-E5103"],
      ['{"leaf":{},"more":1}', "REACH-E5103"],
      ['{"leaf":{}}', "REACH-E5601"],
      ['{"leaf":{"kind":"outcome","output":"00","seq":5,"status":"completed"}}', "REACH-E5601"],
      ['{"leaf":{"kind":"outcome","output":{},"seq":5,"status":"completed"}}', "REACH-E5601"],
      ['{"leaf":{"kind":"outcome","seq":5,"status":"completed"}}', "REACH-E5601"],
      ['{"leaf":{"kind":"outcome","seq":5,"status":"lost"}}', "REACH-E5601"],
      ['{"leaf":{"kind":"constructor","seq":5}}', "REACH-E5601"],
      ['{"leaf":{"kind":"outcome","seq":5,"status":"constructor"}}', "REACH-E5601"],
      ['{"leaf":{"kind":"__proto__","seq":5}}', "REACH-E5601"],
      ['{"leaf": {}}', "REACH-E5102"],
      ['{"leaf":{"seq":1,"kind":2}}', "REACH-E5102"],
    ] as const) {
      expect([line, authentic(withLine(3, () => line))]).toEqual([line, `fail ${code}`]);
    }
    // And only as the last line.
    const early = lines.with(2, '{"leaf":{"kind":"outcome","seq":2,"status":"cancelled"}}');
    refused(withLines(early), "authentic", "REACH-E5601");
  });

  test("deep nesting", () => {
    const deep = `${"[".repeat(100_000)}${"]".repeat(100_000)}`;
    for (const changed of [
      withLine(1, (line) => line.replace("3200", deep)),
      withLine(1, (line) => line.replace(/"grant":\{.*?\]\}\]?\}/, `"grant":{"a":${deep}}`)),
      withLine(0, (line) => line.replace(/"annotations":\[.*?\]/, `"annotations":${deep}`)),
    ]) {
      refused(changed, "authentic", "REACH-E5101");
    }
  });
});
