// The attacks on evidence that are known, each with a test that fails when its defence is taken
// out. Most files here are signed again by their own signer, so that CRC, digest and signature are
// right and only the defence that the test is about can refuse them.
import { createHash } from "node:crypto";
import { ed25519 } from "@noble/curves/ed25519.js";
import { EngineTrap, fromHex, fromUtf8, replay, taggedHash, utf8 } from "@reach-fabric/engine";
import {
  EvidenceError,
  newKey,
  openEvidence,
  publicKey,
  verify as verifyWith,
} from "@reach-fabric/evidence";
import type { Policy, Report, Verdict } from "@reach-fabric/evidence";
import {
  preAuthEncoding,
  readFields,
  commitFields,
  fieldOf,
  Frames,
} from "@reach-fabric/evidence/testing";
import { describe, expect, test } from "vitest";
import {
  codeOf,
  attacker,
  canonical,
  commitmentTo,
  engine,
  entries,
  evidence,
  facts,
  fileOf,
  finding,
  joined,
  jsonOf,
  lineOf,
  linesOf,
  pack,
  packOf,
  pseudoRandom,
  recorded,
  signedAgain,
  signer,
  signerSeed,
  textOf,
  trusted,
  verify,
  withEntries,
} from "./fixtures/fixture.ts";

const file = evidence();
const other = evidence({
  records: recorded(650, { input: { income: 900 } }),
  runSecret: pseudoRandom("another run")(32),
  run: { ...facts, id: "0191b0c0-0000-4000-8000-000000000002", tenant: "globex" },
});
const trace = linesOf(file, "trace.jsonl");
const disclosures = linesOf(file, "disclosures.jsonl");

/** Requires that a verdict of a file is `fail` with this code, and that nothing passes after it. */
function refused(bytes: Uint8Array, verdict: Verdict, code: string, policy?: Policy): Report {
  const report = verify(bytes, policy);
  expect(finding(report, verdict)).toBe(`fail ${code}`);
  expect(report.exitCode).toBe(1);
  for (const { why, hint } of Object.values(report.verdicts)) {
    expect(`${why}${hint ?? ""}`).toMatch(/^[\u0020-\u007e]+$/);
  }
  return report;
}

const bundleOf = (bytes: Uint8Array): Record<string, Record<string, unknown>> =>
  jsonOf(bytes, "run.sigstore.json") as Record<string, Record<string, unknown>>;

/** The file with another envelope in its bundle. */
const withEnvelope = (envelope: Record<string, unknown>): Uint8Array => {
  const bundle = bundleOf(file);
  const dsseEnvelope = { ...bundle["dsseEnvelope"], ...envelope };
  return withEntries(file, { "run.sigstore.json": canonical({ ...bundle, dsseEnvelope }) });
};

const signatureOf = (bytes: Uint8Array): string => {
  const { signatures } = bundleOf(bytes)["dsseEnvelope"] as { signatures: { sig: string }[] };
  return signatures[0]?.sig ?? "";
};

describe("signing again is no attack by itself:", () => {
  test("EVID-19: the same content signed again is the same file", () => {
    expect(signedAgain(file, {})).toEqual(file);
  });
});

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

const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString("hex");

describe("commitments:", () => {
  test("TRACE-11: a changed value, seed or pointer", () => {
    const seed = (JSON.parse(disclosures[3] ?? "") as string[])[1] ?? "";
    for (const [from, to] of [
      ["3200", "3201"],
      [seed.slice(0, 8), "00000000"],
      ["/0/input", "/4/input"],
    ] as const) {
      const lines = disclosures.with(3, (disclosures[3] ?? "").replace(from, to));
      const bytes = withEntries(file, { "disclosures.jsonl": joined(lines) });
      refused(bytes, "authentic", "REACH-E5502");
    }
  });

  /** The file with other lines for its input; the commitment in the trace is made to fit, and signed. */
  const withInput = (lines: readonly string[], commitment = commitmentTo(...lines)): Uint8Array =>
    signedAgain(file, {
      trace: trace.with(0, (trace[0] ?? "").replace(/"input":"\w+"/, `"input":"${commitment}"`)),
      disclosures: disclosures.toSpliced(3, 1, ...lines),
    });
  const hexOf = (bytes: Uint8Array | undefined): string => hex(bytes ?? new Uint8Array());
  const salt = "ab".repeat(32);
  const zero = new Uint8Array(32);
  const other = "cd".repeat(32);

  test("huge counts: of children, of which each costs what it costs, and of bytes", () => {
    // 80,000 scalars: of a frame that was copied for each of them this took minutes.
    const wide = fieldOf(JSON.stringify(Array.from({ length: 80_000 }, () => 0)), "/0/input", zero);
    commitFields(engine, [wide]);
    expect(wide.commitment).toHaveLength(32);
    // A long name above many fields stands in the pointers of all of them.
    const deep = JSON.stringify({ ["x".repeat(1 << 20)]: Array.from({ length: 300 }, () => 0) });
    expect(codeOf(() => commitFields(engine, [fieldOf(deep, "/0/input", zero)]))).toBe(
      "REACH-E5007",
    );
    const large = new Frames("value").begin().bytes(new Uint8Array(1 << 26));
    expect(codeOf(() => large.end())).toBe("REACH-E5007");
  });

  test("TRACE-21 one commitment in two places opens in one of them", () => {
    const at = (pointer: string): string => `["${pointer}","${salt}",{"x":1}]`;
    expect(commitmentTo(at("/0/input"))).not.toBe(commitmentTo(at("/4/input")));
    const commitment = commitmentTo(at("/4/input"));
    expect(verify(withInput([at("/0/input")])).verdicts.authentic.result).toBe("pass");
    refused(withInput([at("/0/input")], commitment), "authentic", "REACH-E5502");
  });

  test("an array and an object that look alike", () => {
    // Both would be members "0" to whoever walks them by index: the shape tells them apart.
    const asArray = commitmentTo(`["/0/input","${salt}",["array",1],{"0":"${other}"}]`);
    const asObject = commitmentTo(`["/0/input","${salt}",["object",1],{"0":"${other}"}]`);
    expect(asArray).not.toBe(asObject);
    expect(commitmentTo(`["/0/input","${salt}",["x"]]`)).not.toBe(
      commitmentTo(`["/0/input","${salt}",{"0":"x"}]`),
    );
    const good = `["/0/input","${salt}",["array",1],{"0":"${other}"}]`;
    const bad = good.replace("array", "object");
    expect(verify(withInput([good])).verdicts.authentic.result).toBe("pass");
    refused(withInput([bad], commitmentTo(good)), "authentic", "REACH-E5502");
  });

  test("a salt or a seed that is not 32 bytes", () => {
    for (const wrong of ["", "ab", "AB".repeat(32), "ab".repeat(33), 7]) {
      const text = JSON.stringify(wrong);
      for (const line of [
        `["/0/input",${text},1]`,
        `["/0/input",${text},["array",1],{"0":"${other}"}]`,
      ]) {
        refused(withInput([line], other), "authentic", "REACH-E5501");
      }
    }
  });

  test("TRACE-22 a seed where a salt belongs, and a salt where a seed belongs", () => {
    const whole = `["/0/input","${salt}",{"a":1,"b":2}]`;
    const commitment = commitmentTo(whole);
    // The children's commitments are known to whoever has the whole; its seed is no salt.
    const [tree] = readFields([lineOf(whole)]);
    commitFields(engine, tree ? [tree] : []);
    const [a, b] = tree?.children.map((child) => hexOf(child.commitment)) ?? [];
    const open = (with_: string): string =>
      `["/0/input","${with_}",["object",2],{"a":"${a}","b":"${b}"}]`;
    expect(commitmentTo(open(hexOf(tree?.salt)))).toBe(commitment);
    refused(withInput([open(salt)], commitment), "authentic", "REACH-E5502");
    const asSeed = `["/0/input","${hexOf(tree?.salt)}",{"a":1,"b":2}]`;
    refused(withInput([asSeed], commitment), "authentic", "REACH-E5502");
  });

  const child = (name: string, value: string): string => `["/0/input/${name}","${other}",${value}]`;
  const opened = (count: number, ...hidden: readonly string[]): string =>
    `["/0/input","${salt}",["object",${count}],{${hidden.map((name) => `"${name}":"${other}"`).join(",")}}]`;

  test("TRACE-20 huge counts, and counts that lie: as many children as the shape says", () => {
    expect(verify(withInput([opened(2, "b"), child("a", "1")])).verdicts.authentic.result).toBe(
      "pass",
    );
    for (const lines of [
      [opened(3, "b"), child("a", "1")],
      [opened(1, "b"), child("a", "1")],
      [opened(9_007_199_254_740_991, "b"), child("a", "1")],
      [opened(2, "b")],
    ]) {
      refused(withInput(lines, other), "authentic", "REACH-E5505");
    }
    refused(withInput([opened(0)], other), "authentic", "REACH-E5501");
  });

  test("EVID-14 children twice, out of order, without a container, or of another one", () => {
    for (const lines of [
      [opened(2, "a"), child("a", "1")],
      [opened(2), child("b", "1"), child("a", "1")],
      [opened(2), child("a", "1"), child("a", "1")],
      [child("a", "1")],
      [opened(1, "b"), `["/0/inputs/a","${other}",1]`],
      [opened(1), `["/0/input/a/b","${other}",1]`],
    ]) {
      refused(withInput(lines, other), "authentic", "REACH-E5505");
    }
    const array = `["/0/input","${salt}",["array",2],{"0":"${other}","2":"${other}"}]`;
    refused(withInput([array], other), "authentic", "REACH-E5505");
  });

  test("deep nesting of opened containers", () => {
    const lines: string[] = [];
    let pointer = "/0/input";
    for (let i = 0; i < 1100; i++) {
      lines.push(`["${pointer}","${salt}",["array",1],{}]`);
      pointer += "/0";
    }
    lines.push(`["${pointer}","${salt}",1]`);
    refused(withInput(lines, other), "authentic", "REACH-E5501");
  });

  test("TRACE-21 proof swap on redaction: a hidden part cannot stand for another one", () => {
    const whole = `["/0/input","${salt}",{"a":1,"b":2}]`;
    const [tree] = readFields([lineOf(whole)]);
    commitFields(engine, tree ? [tree] : []);
    const [a, b] = (tree?.children ?? []).map((child) => ({ commitment: hexOf(child.commitment) }));
    const line = (first?: string, second?: string): string =>
      `["/0/input","${hexOf(tree?.salt)}",["object",2],{"a":"${first}","b":"${second}"}]`;
    const commitment = hexOf(tree?.commitment);
    expect(
      verify(withInput([line(a?.commitment, b?.commitment)], commitment)).verdicts.authentic.result,
    ).toBe("pass");
    refused(
      withInput([line(b?.commitment, a?.commitment)], commitment),
      "authentic",
      "REACH-E5502",
    );
    refused(
      withInput([line(a?.commitment, a?.commitment)], commitment),
      "authentic",
      "REACH-E5502",
    );
  });

  test("dictionary attack on weak salts: a secret that can be guessed is not used", () => {
    for (const runSecret of [new Uint8Array(32), new Uint8Array(16), pseudoRandom("x")(33)]) {
      expect(() => evidence({ runSecret })).toThrow(EvidenceError);
    }
    const salts = disclosures.map((line) => (JSON.parse(line) as [string, string])[1]);
    expect(new Set(salts).size).toBe(disclosures.length);
  });

  test("a value twice, out of order, or for no commitment", () => {
    const variants = [
      [...disclosures, disclosures.at(-1) ?? ""],
      disclosures.with(3, disclosures[4] ?? "").with(4, disclosures[3] ?? ""),
      [...disclosures, `["/9/output","${"ab".repeat(32)}",null]`],
    ];
    for (const lines of variants) {
      refused(
        withEntries(file, { "disclosures.jsonl": joined(lines) }),
        "authentic",
        "REACH-E5503",
      );
    }
  });

  test("a value taken away is no damage, and no pass either", () => {
    const lines = disclosures.filter((line) => !line.includes('"/2/result"'));
    const report = verify(withEntries(file, { "disclosures.jsonl": joined(lines) }));
    expect(finding(report, "authentic")).toBe("pass");
    expect(finding(report, "complete")).toBe("not checked REACH-E5504");
    expect(finding(report, "replayed")).toBe("not checked REACH-E5504");
    expect(report.exitCode).toBe(3);
  });

  test("all values taken away", () => {
    const report = verify(withEntries(file, { "disclosures.jsonl": undefined }));
    expect(finding(report, "authentic")).toBe("pass");
    expect(report.exitCode).toBe(3);
    expect(report.run).toMatchObject({ tenant: null, actor: null, decision: null });
  });

  test("the decision's digest taken away: a replay has nothing to be compared with", () => {
    const lines = disclosures.filter((line) => !line.includes('"/run/decision"'));
    const report = verify(withEntries(file, { "disclosures.jsonl": joined(lines) }));
    expect(finding(report, "replayed")).toBe("not checked REACH-E5504");
  });
});

describe("keys and signatures:", () => {
  test("key substitution: everything signed again with another key", () => {
    const forged = signedAgain(file, { by: attacker });
    refused(forged, "trusted", "REACH-E5205", { trustedKeys: [trusted] });
    // Nobody who names no key can tell: the file is what its key signed, and no more is said.
    const report = verify(forged);
    expect(finding(report, "authentic")).toBe("pass");
    expect(finding(report, "trusted")).toBe("not checked");
    expect(report.verdicts.authentic.why).toContain("whose key that is, the file cannot say");
  });

  test("key substitution: only the key that run.json names", () => {
    const named = { alg: "Ed25519", public: btoa(String.fromCharCode(...attacker.key.bytes)) };
    const run = canonical({ ...jsonOf(file, "run.json"), key: named });
    refused(withEntries(file, { "run.json": run }), "authentic", "REACH-E5304");
    const bundle = bundleOf(file);
    const hinted = { ...bundle, verificationMaterial: { publicKey: { hint: attacker.key.id } } };
    refused(
      withEntries(file, { "run.json": run, "run.sigstore.json": canonical(hinted) }),
      "authentic",
      "REACH-E5303",
    );
  });

  test("embedded keys: the bundle has no place for one", () => {
    for (const material of [
      { publicKey: { hint: signer.key.id, rawBytes: "AAAA" } },
      { certificate: { rawBytes: "AAAA" } },
      { publicKey: { hint: signer.key.id }, tlogEntries: [] },
    ]) {
      const bundle = { ...bundleOf(file), verificationMaterial: material };
      refused(
        withEntries(file, { "run.sigstore.json": canonical(bundle) }),
        "authentic",
        "REACH-E5103",
      );
    }
  });

  test("key-id collision: a trusted key with the same id and other bytes", () => {
    const forged = signedAgain(file, { by: attacker });
    const lookalike = { ...trusted, id: attacker.key.id };
    refused(forged, "trusted", "REACH-E5205", { trustedKeys: [lookalike] });
  });

  test("no trusted key at all", () => {
    refused(file, "trusted", "REACH-E5205", { trustedKeys: [] });
  });

  test("two signatures, and none", () => {
    const sig = signatureOf(file);
    refused(withEnvelope({ signatures: [{ sig }, { sig }] }), "authentic", "REACH-E5301");
    refused(withEnvelope({ signatures: [] }), "authentic", "REACH-E5301");
  });

  test("a signature over the payload without its type, and over another type", () => {
    const payload = Buffer.from(bundleOf(file)["dsseEnvelope"]?.["payload"] as string, "base64");
    for (const message of [payload, preAuthEncoding("text/plain", payload)]) {
      const sig = Buffer.from(signer.sign(message)).toString("base64");
      refused(withEnvelope({ signatures: [{ sig }] }), "authentic", "REACH-E5303");
    }
    refused(withEnvelope({ payloadType: "text/plain" }), "authentic", "REACH-E5103");
  });

  test("base64 aliasing", () => {
    const sig = signatureOf(file);
    const last = sig.at(-3) ?? "";
    // The last character before == carries four bits that decode to nothing.
    const next = String.fromCharCode(last.charCodeAt(0) + 1);
    for (const alias of [
      `${sig.slice(0, -3)}${next}==`,
      sig.replace(/=+$/, ""),
      `${sig.slice(0, 20)}\n${sig.slice(20)}`,
      ` ${sig}`,
      `${sig}=`,
    ]) {
      refused(withEnvelope({ signatures: [{ sig: alias }] }), "authentic", "REACH-E5302");
    }
    const payload = bundleOf(file)["dsseEnvelope"]?.["payload"] as string;
    refused(withEnvelope({ payload: `${payload}\n` }), "authentic", "REACH-E5302");
    const key = { alg: "Ed25519", public: `${jsonKey().slice(0, -2)}${bump(jsonKey())}=` };
    refused(signedAgain(file, { run: { key } }), "authentic", "REACH-E5201");
  });

  const jsonKey = (): string => (jsonOf(file, "run.json")["key"] as { public: string }).public;
  const bump = (text: string): string => String.fromCharCode((text.at(-2) ?? "").charCodeAt(0) + 1);

  test("a malleable signature: S plus the group's order", () => {
    const bytes = Buffer.from(signatureOf(file), "base64");
    bytes.set(little(big(bytes.subarray(32)) + ed25519.Point.CURVE().n), 32);
    const sig = bytes.toString("base64");
    refused(withEnvelope({ signatures: [{ sig }] }), "authentic", "REACH-E5303");
  });

  test("EVID-22, KEY-3: a signature whose point R is not canonical: verifiers disagree about it", () => {
    const payload = Buffer.from(bundleOf(file)["dsseEnvelope"]?.["payload"] as string, "base64");
    const message = preAuthEncoding("application/vnd.in-toto+json", payload);
    // R is the neutral element written as y = p + 1; then S = H(R, A, M) * a.
    const p = 2n ** 255n - 19n;
    const r = little(p + 1n);
    const digest = new Uint8Array(
      createHash("sha512").update(r).update(signer.key.bytes).update(message).digest(),
    );
    const { scalar } = ed25519.utils.getExtendedPublicKey(signerSeed);
    const s = (big(digest) * scalar) % ed25519.Point.CURVE().n;
    const signature = Buffer.concat([r, little(s)]);
    expect(ed25519.verify(signature, message, signer.key.bytes, { zip215: true })).toBe(true);
    const signatures = [{ sig: signature.toString("base64") }];
    refused(withEnvelope({ signatures }), "authentic", "REACH-E5303");
  });

  const little = (value: bigint): Uint8Array =>
    Uint8Array.from({ length: 32 }, (_, i) => Number((value >> BigInt(8 * i)) & 0xffn));
  const big = (bytes: Uint8Array): bigint =>
    bytes.reduceRight((value, byte) => (value << 8n) | BigInt(byte), 0n);

  test("a signature of another length", () => {
    for (const size of [0, 63, 65, 96]) {
      const sig = Buffer.alloc(size, 1).toString("base64");
      refused(withEnvelope({ signatures: [{ sig }] }), "authentic", "REACH-E5303");
    }
  });

  test("a low-order key, under which a signature that nobody made is valid", () => {
    const identity = new Uint8Array(32);
    identity[0] = 1;
    const signature = new Uint8Array(64);
    signature[0] = 1;
    const key = { alg: "Ed25519" as const, id: "0".repeat(16), bytes: identity };
    // This is the attack: without strictness the signature verifies for any message.
    expect(ed25519.verify(signature, utf8("anything"), identity, { zip215: true })).toBe(true);
    const forged = signedAgain(file, { by: { key, sign: () => signature } });
    refused(forged, "authentic", "REACH-E5202", { trustedKeys: [key] });
    expect(() => publicKey(identity)).toThrow(expect.objectContaining({ code: "REACH-E5202" }));
  });

  test("EVID-21, KEY-2: keys that are not canonical, not on the curve, or outside the prime-order group", () => {
    const p = 2n ** 255n - 19n;
    const mixed = ed25519.Point.fromBytes(signer.key.bytes).add(
      ed25519.Point.fromAffine({ x: 0n, y: p - 1n }),
    );
    for (const bytes of [little(p), little(p + 1n), little(2n), little(0n), mixed.toBytes()]) {
      expect(() => publicKey(bytes)).toThrow(expect.objectContaining({ code: "REACH-E5202" }));
    }
    for (const size of [0, 31, 33]) {
      expect(() => publicKey(new Uint8Array(size))).toThrow(
        expect.objectContaining({ code: "REACH-E5201" }),
      );
    }
  });

  test("algorithm confusion", () => {
    for (const alg of ["ECDSA", "none", "Ed25519ph", "ed25519", ""]) {
      const key = { alg, public: jsonKey() };
      refused(signedAgain(file, { run: { key } }), "authentic", "REACH-E5103");
    }
    refused(
      withEnvelope({ signatures: [{ sig: signatureOf(file), keyid: signer.key.id }] }),
      "authentic",
      "REACH-E5103",
    );
    refused(
      withEnvelope({ signatures: [{ sig: signatureOf(file), alg: "none" }] }),
      "authentic",
      "REACH-E5103",
    );
  });

  test("a source of randomness that gives nothing random makes no key", () => {
    expect(() => newKey((size) => new Uint8Array(size))).toThrow(EvidenceError);
    expect(() => newKey(() => new Uint8Array(16))).toThrow(EvidenceError);
  });
});

describe("the statement:", () => {
  type Subject = { name: string; digest: Record<string, string> };
  const withSubjects = (change: (subjects: Subject[]) => unknown[]): Uint8Array =>
    signedAgain(file, {
      statement: (statement) => ({
        ...statement,
        subject: change(statement["subject"] as Subject[]),
      }),
    });

  test("wrong subject", () => {
    const renamed = withSubjects((all) => all.with(0, { ...(all[0] as Subject), name: "run.txt" }));
    refused(renamed, "authentic", "REACH-E5305");
    for (const i of [0, 1, 2, 3]) {
      const digest = { sha256: "0".repeat(64) };
      const changed = withSubjects((all) => all.with(i, { ...(all[i] as Subject), digest }));
      refused(changed, "authentic", "REACH-E5306");
    }
  });

  test("subjects missing, added, twice, or in another order", () => {
    for (const change of [
      (all: Subject[]) => all.slice(1),
      (all: Subject[]) => all.slice(0, 3),
      () => [],
      (all: Subject[]) => [...all, { name: "more", digest: { sha256: "0".repeat(64) } }],
      (all: Subject[]) => [...all.slice(0, 3), all[0]],
      (all: Subject[]) => all.toReversed(),
    ]) {
      refused(withSubjects(change), "authentic", "REACH-E5305");
    }
  });

  test("another digest beside the one that is checked", () => {
    const more = withSubjects((all) =>
      all.map((subject) => ({ ...subject, digest: { ...subject.digest, sha512: "00" } })),
    );
    refused(more, "authentic", "REACH-E5305");
  });

  test("another type of statement or predicate, and unknown members", () => {
    for (const change of [
      { predicateType: "https://slsa.dev/provenance/v1" },
      { predicateType: "urn:reach:evidence:v2" },
      { _type: "https://in-toto.io/Statement/v0.1" },
      { predicate: {} },
      { predicate: { format: "reach/evidence/v1", more: 1 } },
      { more: 1 },
    ]) {
      const bytes = signedAgain(file, { statement: (statement) => ({ ...statement, ...change }) });
      refused(bytes, "authentic", "REACH-E5305");
    }
  });
});

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
    for (const name of ["more.json", "run.tlog-proofs", "blobs/sha256/00", "blobs/md5/00"]) {
      refused(fileOf(new Map([...entries(file), [name, utf8("x")]])), "authentic", "REACH-E5003");
    }
  });

  test("two entries of one name", () => {
    const first = all()[0] as { name: string; bytes: Uint8Array };
    refused(raw([...all(), first]), "authentic", "REACH-E5004");
  });

  test("entries missing", () => {
    for (const name of ["run.json", "run.sigstore.json", "trace.jsonl"]) {
      refused(withEntries(file, { [name]: undefined }), "authentic", "REACH-E5006");
    }
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
    let reads = 0;
    const policy: Policy = {
      get trustedKeys() {
        // It is asked for once before the file is read, and again when its signature was checked.
        if ((reads += 1) > 1) shared.fill(0);
        return [signer.key];
      },
    };
    expect(verifyWith(engine, shared, policy)).toEqual(
      verifyWith(engine, file, { trustedKeys: [signer.key] }),
    );
    expect(reads).toBeGreaterThan(1);
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
      const start = (trace[0] ?? "").replace(pack.digest, digest);
      const made = entries(
        signedAgain(file, { run: { pack: digest }, trace: trace.with(0, start) }),
      );
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

describe("replay:", () => {
  const reportOf = (replayer: typeof replay, policy?: Policy): Report =>
    verifyWith(engine, file, policy, replayer);

  test("a run that the engine does not compute", () => {
    const divergence = {
      seq: 4,
      kind: "task",
      pointer: "/output/\u001b[2J",
      recorded: 1,
      replayed: 2,
      reason: "x",
    };
    const report = reportOf(() => ({ status: "diverged", steps: 1, records: 4, divergence }));
    expect(finding(report, "replayed")).toBe("fail REACH-E5701");
    expect(report.verdicts.replayed.why).not.toContain("\u001b");
    expect(report.exitCode).toBe(1);
    expect(report.replay).toMatchObject({ status: "diverged" });
  });

  test("a run that ends before it ends, and one that cannot begin", () => {
    const incomplete = reportOf(() => ({ status: "incomplete", steps: 1, records: 4 }));
    expect(finding(incomplete, "replayed")).toBe("fail REACH-E5701");
    const refusal = { code: "REACH-E1501", message: "no" };
    const refusedRun = reportOf(() => ({ status: "refused", steps: 0, records: 0, refusal }));
    expect(finding(refusedRun, "replayed")).toBe("fail REACH-E5704");
  });

  test("another decision or fingerprint than the signed one", () => {
    const decision = reportOf((...args) => ({ ...replay(...args), decision: "00".repeat(32) }));
    expect(finding(decision, "replayed")).toBe("fail REACH-E5702");
    // Each of the two is wrong by itself: a fingerprint that fits excuses no other decision.
    for (const name of ["decision", "fingerprint"]) {
      const line = disclosures[1] ?? "";
      const changed = line.replace(new RegExp(`"${name}":"[0-9a-f]{8}`), `"${name}":"00000000`);
      const bytes = signedAgain(file, {
        run: { decision: commitmentTo(changed) },
        disclosures: disclosures.with(1, changed),
      });
      refused(bytes, "replayed", "REACH-E5702");
    }
  });

  test("fuel bombs: a run that may use more than the verifier spends is not begun", () => {
    const neverCalled = (): never => expect.fail("it was replayed");
    const report = verifyWith(engine, file, { fuel: 1e8 - 1 }, neverCalled);
    expect(finding(report, "replayed")).toBe("not checked REACH-E5703");
    expect(report.exitCode).toBe(3);
    const start = (trace[0] ?? "").replace('"fuel":100000000', '"fuel":9007199254740991');
    const bomb = signedAgain(file, { trace: trace.with(0, start) });
    expect(finding(verifyWith(engine, bomb, {}, neverCalled), "replayed")).toMatch(/E5703$/);
    expect(verify(file, { fuel: 1e8 }).ok).toBe(true);
  });

  test("EVID-25: an engine that stops, and a check that throws: never a pass, never an exception", () => {
    const trapped = reportOf(() => {
      throw new EngineTrap("unreachable");
    });
    expect(finding(trapped, "replayed")).toBe("not checked REACH-E5705");
    expect(trapped.exitCode).toBe(3);
    const broken = reportOf(() => {
      throw new RangeError("Invalid array length");
    });
    expect(finding(broken, "replayed")).toBe("not checked REACH-E5901");
  });

  test("a withdrawn or hostile engine", () => {
    refused(file, "replayed", "REACH-E5405", { engines: ["0".repeat(64)] });
    expect(verify(file, { engines: [engine.digest] }).ok).toBe(true);
    const only = { engines: ["0".repeat(64)], required: ["authentic" as const] };
    expect(verify(file, only).exitCode).toBe(1);
  });

  test("a run with other semantics", () => {
    const start = (trace[0] ?? "").replace('"semantics":1', '"semantics":2');
    const bytes = signedAgain(file, { trace: trace.with(0, start), run: { semantics: 2 } });
    const report = verify(bytes);
    expect(finding(report, "replayed")).toBe("not checked REACH-E5406");
    expect(report.exitCode).toBe(3);
  });

  test("a run of another build with the same semantics is replayed, and that is said", () => {
    const digest = "ab".repeat(32);
    const foreign = evidence({ engine: { ...engine, digest } }, (...args) => {
      const result = replay(...args);
      const parts = [fromHex(digest), fromHex(result.decision ?? "")];
      return { ...result, fingerprint: hex(taggedHash(engine, "fp", parts)) };
    });
    const report = verify(foreign);
    expect(finding(report, "replayed")).toBe("pass");
    expect(report.verdicts.replayed.why).toContain("another build");
  });
});

describe("versions and policies:", () => {
  test("a file from a later version of the format could not be checked", () => {
    const report = verify(signedAgain(file, { run: { format: "reach/evidence/v4" } }));
    expect(finding(report, "authentic")).toBe("not checked REACH-E5104");
    expect(report.exitCode).toBe(3);
    expect(report.ok).toBe(false);
  });

  test("no other format passes for a later version", () => {
    for (const format of ["reach/evidence/v0", "reach/evidence/v2.1", "reach/pack/v2", "", 2]) {
      refused(signedAgain(file, { run: { format } }), "authentic", "REACH-E5103");
    }
  });

  test("EVID-26: a policy cannot leave `authentic` out, or ask for what is not built", () => {
    const damaged = file.with(100, 0);
    expect(verify(damaged, { required: [] }).exitCode).toBe(1);
    expect(verify(file, { required: [] }).required).toEqual(["authentic"]);
    expect(verify(file, { required: ["logged"] }).exitCode).toBe(3);
    expect(() => verify(file, { required: ["everything" as Verdict] })).toThrow(TypeError);
  });

  test("a report about a damaged file says nothing else about it", () => {
    const report = verify(file.with(3000, 0));
    expect(Object.keys(report).sort()).toEqual(["exitCode", "ok", "required", "verdicts"]);
    for (const verdict of ["trusted", "complete", "replayed"] as const) {
      expect(finding(report, verdict)).toBe("not checked");
    }
  });
});
