// Attacks on commitments, and on what is opened of them.
import { EvidenceError } from "@reach-fabric/evidence";
import { readFields, commitFields, fieldOf, Frames } from "@reach-fabric/evidence/testing";
import { describe, expect, test } from "vitest";
import {
  codeOf,
  commitmentTo,
  engine,
  evidence,
  finding,
  joined,
  lineOf,
  pseudoRandom,
  signedAgain,
  verify,
  withEntries,
} from "../fixtures/fixture.ts";
import { file, trace, disclosures, refused, hex } from "./attacking.ts";

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
