// Attacks on the trace of a run, and on the JSON that it is written in.
import { fromUtf8, utf8 } from "@reach-fabric/engine";
import { openEvidence } from "@reach-fabric/evidence";
import { describe, expect, test } from "vitest";
import {
  canonical,
  engine,
  evidence,
  facts,
  finding,
  joined,
  jsonOf,
  linesOf,
  recorded,
  signedAgain,
  textOf,
  verify,
  withEntries,
} from "../fixtures/fixture.ts";
import { file, other, trace, disclosures, refused, hex } from "./attacking.ts";

describe("the trace:", () => {
  test("tail truncation", () => {
    const cut = trace.slice(0, -1);
    refused(withEntries(file, { "trace.jsonl": joined(cut) }), "authentic", "REACH-E5306");
  });

  test("tail truncation by the signer", () => {
    const bytes = signedAgain(file, {
      trace: trace.slice(0, -1),
      disclosures: disclosures.slice(0, -1),
    });
    const report = refused(bytes, "complete", "REACH-E5603");
    expect(finding(report, "authentic")).toBe("pass");
    expect(finding(report, "replayed")).toBe("not checked");
  });

  test("a record left out by the signer", () => {
    const bytes = signedAgain(file, {
      trace: trace.toSpliced(2, 1),
      disclosures: disclosures.filter((line) => !line.includes('"/2/')),
    });
    refused(bytes, "complete", "REACH-E5602");
  });

  test("reorder", () => {
    const reordered = trace.with(3, trace[4] ?? "").with(4, trace[3] ?? "");
    refused(withEntries(file, { "trace.jsonl": joined(reordered) }), "authentic", "REACH-E5306");
  });

  test("reorder by the signer", () => {
    const reordered = trace.with(3, trace[4] ?? "").with(4, trace[3] ?? "");
    const at = (seq: number): string[] => disclosures.filter((line) => line.includes(`"/${seq}/`));
    const bytes = signedAgain(file, {
      trace: reordered,
      disclosures: [...disclosures.slice(0, 3), ...[0, 1, 2, 4, 3, 5].flatMap((seq) => at(seq))],
    });
    refused(bytes, "complete", "REACH-E5602");
  });

  test("two starts, two outcomes", () => {
    const twice = trace.with(4, (trace[5] ?? "").replace('"seq":5', '"seq":4'));
    const bytes = signedAgain(file, {
      trace: twice,
      disclosures: [...disclosures.slice(0, 9), disclosures.at(-1) ?? ""],
    });
    expect(verify(bytes).ok).toBe(false);
    const again = signedAgain(file, {
      trace: trace.with(1, trace[0] ?? ""),
      disclosures: disclosures.with(4, disclosures[3] ?? ""),
    });
    refused(again, "complete", "REACH-E5602");
  });

  test("another root or size than that of the trace", () => {
    const { trace: signed } = jsonOf(file, "run.json") as { trace: { root: string; size: number } };
    const size = signedAgain(file, { run: { trace: { ...signed, size: 7 } } });
    refused(size, "complete", "REACH-E5604");
    const root = signedAgain(file, { run: { trace: { ...signed, root: "0".repeat(64) } } });
    refused(root, "complete", "REACH-E5604");
  });

  test("splice across runs: the whole trace", () => {
    const bytes = withEntries(file, {
      "trace.jsonl": textOf(other, "trace.jsonl"),
      "disclosures.jsonl": textOf(other, "disclosures.jsonl"),
    });
    refused(bytes, "authentic", "REACH-E5306");
  });

  test("splice across runs: one value with its salt", () => {
    const line = linesOf(other, "disclosures.jsonl").find((l) => l.includes('"/2/result"')) ?? "";
    const spliced = disclosures.map((l) => (l.includes('"/2/result"') ? line : l));
    refused(
      withEntries(file, { "disclosures.jsonl": joined(spliced) }),
      "authentic",
      "REACH-E5502",
    );
  });

  test("splice across runs: the trace of another pack, workflow or semantics", () => {
    for (const [name, value] of Object.entries({
      pack: "0".repeat(64),
      workflow: "test/other:1.0.0",
      semantics: 2,
    })) {
      const start = { ...(JSON.parse(trace[0] ?? "") as object), [name]: value };
      const bytes = signedAgain(file, { trace: trace.with(0, fromUtf8(canonical(start))) });
      refused(bytes, "complete", "REACH-E5605");
    }
  });

  test("across tenants", () => {
    const line = linesOf(other, "disclosures.jsonl").find((l) => l.includes('"/run/tenant"')) ?? "";
    const swapped = disclosures.map((l) => (l.includes('"/run/tenant"') ? line : l));
    refused(
      withEntries(file, { "disclosures.jsonl": joined(swapped) }),
      "authentic",
      "REACH-E5502",
    );
    const renamed = disclosures.map((l) => l.replace('"acme"', '"evil"'));
    refused(
      withEntries(file, { "disclosures.jsonl": joined(renamed) }),
      "authentic",
      "REACH-E5502",
    );
  });

  test("replayed attempt", () => {
    const second = evidence({ run: { ...facts, attempt: 2 } });
    const bytes = withEntries(file, { "run.json": textOf(second, "run.json") });
    refused(bytes, "authentic", "REACH-E5306");
  });

  test("a run that ends before it starts", () => {
    const bytes = signedAgain(file, { run: { endedAt: "2026-11-23T06:00:00.000Z" } });
    refused(bytes, "authentic", "REACH-E5103");
  });
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
  });

  test("duplicate keys in a trace, a disclosure and a statement", () => {
    const leaf = (trace[2] ?? "").replace("{", '{"key":"0",');
    refused(signedAgain(file, { trace: trace.with(2, leaf) }), "authentic", "REACH-E5101");
    const line = (disclosures[3] ?? "").replace('{"income"', '{"income":1,"income"');
    const bytes = signedAgain(file, { disclosures: disclosures.with(3, line) });
    refused(bytes, "authentic", "REACH-E5101");
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
  });

  test("number aliasing in a disclosed value", () => {
    const line = (disclosures[3] ?? "").replace("3200", "3.2e3");
    const bytes = withEntries(file, { "disclosures.jsonl": joined(disclosures.with(3, line)) });
    refused(bytes, "authentic", "REACH-E5102");
  });

  test("__proto__ and other members that are not known", () => {
    for (const name of ["__proto__", "constructor", "toString", "extra"]) {
      const member = `,"${name}":{"format":"reach/evidence/v1"}}`;
      const sorted = (text: string): string =>
        fromUtf8(engine.canonicalize(text.replace(/\}$/, member)));
      expect(sorted(textOf(file, "run.json"))).toContain(`"${name}"`);
      refused(resign(sorted(textOf(file, "run.json"))), "authentic", "REACH-E5103");
      const leaf = sorted(trace[2] ?? "");
      refused(signedAgain(file, { trace: trace.with(2, leaf) }), "authentic", "REACH-E5601");
    }
  });

  test("__proto__ inside a value is a member like any other", () => {
    const input: unknown = JSON.parse('{"__proto__":{"admin":true},"10":1,"9":2}');
    const records = recorded(712, { input });
    const bytes = evidence({ records });
    expect(verify(bytes).ok).toBe(true);
    expect(fromUtf8(records[0] ?? new Uint8Array())).toContain('{"10":1,"9":2,"__proto__":');
    expect(openEvidence(engine, bytes).records).toEqual(records);
  });

  test("lone surrogates and bytes that are not UTF-8", () => {
    const escaped = (disclosures[0] ?? "").replace("maria", "\\ud800");
    refused(
      withEntries(file, { "disclosures.jsonl": joined(disclosures.with(0, escaped)) }),
      "authentic",
      "REACH-E5101",
    );
    const raw = utf8(textOf(file, "run.json"));
    raw[20] = 0xff;
    refused(withEntries(file, { "run.json": raw }), "authentic", "REACH-E5101");
  });

  test("Unicode normalisation: equal looks are not equal bytes", () => {
    const composed = evidence({ run: { ...facts, actor: "Zo\u00eb" } });
    const lines = linesOf(composed, "disclosures.jsonl");
    const decomposed = lines.map((line) => line.replace("\u00eb", "e\u0308"));
    refused(
      withEntries(composed, { "disclosures.jsonl": joined(decomposed) }),
      "authentic",
      "REACH-E5502",
    );
  });

  test("a byte order mark, white space, and data behind the value", () => {
    refused(
      withRun((t) => `\ufeff${t}`),
      "authentic",
      "REACH-E5101",
    );
    refused(
      withRun((t) => `${t}\n`),
      "authentic",
      "REACH-E5102",
    );
    refused(
      withRun((t) => `${t}{}`),
      "authentic",
      "REACH-E5101",
    );
    refused(
      signedAgain(file, { trace: trace.with(1, `${trace[1] ?? ""} `) }),
      "authentic",
      "REACH-E5102",
    );
  });

  test("lines: none, empty ones, several values on one, one value on several", () => {
    refused(withEntries(file, { "disclosures.jsonl": "" }), "authentic", "REACH-E5105");
    refused(withEntries(file, { "disclosures.jsonl": "\n" }), "authentic", "REACH-E5101");
    const text = textOf(file, "disclosures.jsonl");
    refused(
      withEntries(file, { "disclosures.jsonl": text.slice(0, -1) }),
      "authentic",
      "REACH-E5105",
    );
    refused(withEntries(file, { "disclosures.jsonl": `${text}\n` }), "authentic", "REACH-E5101");
    refused(
      withEntries(file, { "disclosures.jsonl": text.replace("\n", ",") }),
      "authentic",
      "REACH-E5101",
    );
    // Lines that are JSON only when they are put together with a comma, as the batch check does.
    const split = text
      .replace('"maria@acme.example"]', '"maria@acme.example"')
      .replace("\n[", "\n[");
    refused(withEntries(file, { "disclosures.jsonl": split }), "authentic", "REACH-E5101");
    const halves = `${text.slice(0, -1)}\n[1\n2]\n`;
    refused(withEntries(file, { "disclosures.jsonl": halves }), "authentic", "REACH-E5101");
  });

  test("deep nesting", () => {
    const deep = `${"[".repeat(100_000)}${"]".repeat(100_000)}`;
    const line = (disclosures[3] ?? "").replace(/\{.*$/, `${deep}]`);
    const bytes = withEntries(file, { "disclosures.jsonl": joined(disclosures.with(3, line)) });
    refused(bytes, "authentic", "REACH-E5101");
    const grant = (trace[0] ?? "").replace(/"grant":\{.*?\]\}\]?\}/, `"grant":{"a":${deep}}`);
    refused(signedAgain(file, { trace: trace.with(0, grant) }), "authentic", "REACH-E5101");
  });

  /** The file with this text for run.json, signed by its own signer. */
  function resign(runJson: string): Uint8Array {
    const digest = { sha256: hex(engine.sha256(utf8(runJson))) };
    const signed = signedAgain(file, {
      statement: (statement) => ({
        ...statement,
        subject: (statement["subject"] as { name: string }[]).map((subject) =>
          subject.name === "run.json" ? { ...subject, digest } : subject,
        ),
      }),
    });
    return withEntries(signed, { "run.json": runJson });
  }
});
