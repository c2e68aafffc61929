// Evidence about runs that the engine computed: made, opened, verified, compared.
import { createEngine, fromUtf8, utf8 } from "@reach-fabric/engine";
import { EvidenceError, openEvidence, verify } from "@reach-fabric/evidence";
import type { CreateOptions } from "@reach-fabric/evidence";
import { describe, expect, test } from "vitest";
import {
  engine,
  evidence,
  facts,
  finding,
  linesOf,
  pack,
  packOf,
  recorded,
  signedAgain,
  trusted,
  workflowWith,
} from "./fixtures/fixture.ts";

const file = evidence();

describe("a file", () => {
  test("verifies, with everything that is built", () => {
    const report = verify(engine, file, { trustedKeys: [trusted], engines: [engine.digest] });
    expect(report).toMatchObject({ ok: true, exitCode: 0, replay: { status: "reproduced" } });
    expect(report.outcome).toEqual({ status: "completed", output: { accept: true } });
    expect(report.decision).toBe(report.replay?.decision);
    expect(report.fingerprint).toBe(report.replay?.fingerprint);
  });

  test("gives its records back byte for byte", () => {
    const opened = openEvidence(engine, file);
    expect(opened.records).toEqual(recorded(712));
    expect(opened.pack).toEqual(pack);
    expect(opened.run).toMatchObject(facts);
    expect(opened.outcome).toEqual({ status: "completed", output: { accept: true } });
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
  const codeOf = (options: Partial<CreateOptions>): string => {
    try {
      evidence(options);
    } catch (error) {
      if (error instanceof EvidenceError) return error.code;
      throw error;
    }
    return "made";
  };

  test("of a run that has not ended", () => {
    expect(codeOf({ records: recorded(712).slice(0, -1) })).toBe("REACH-E5801");
    expect(codeOf({ records: recorded(712).slice(0, 2) })).toBe("REACH-E5801");
    expect(codeOf({ records: [] })).toBe("REACH-E5801");
  });

  test("of a run that does not reproduce", () => {
    const records = recorded(712).map((record) =>
      utf8(fromUtf8(record).replace('"accept":true', '"accept":false')),
    );
    expect(codeOf({ records })).toBe("REACH-E5803");
    expect(codeOf({ records: recorded(712).slice(1) })).toBe("REACH-E5801");
    const other = packOf({ "loan.yaml": workflowWith(800) });
    expect(codeOf({ pack: other })).toBe("REACH-E5803");
  });

  test("of records that are not canonical", () => {
    const records = recorded(712);
    const start = fromUtf8(records[0] ?? new Uint8Array());
    const spaced = utf8(start.replace('"input":', '"input": '));
    expect(codeOf({ records: records.with(0, spaced) })).toBe("REACH-E5102");
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
      expect(codeOf({ run: { ...facts, ...change } })).toMatch(/^REACH-E5(802|103)$/);
    }
  });
});

describe("the signer himself cannot pass off another decision", () => {
  test("with an outcome that the engine does not compute", () => {
    // Consistent in itself, and signed: only the replay can tell.
    const lie = (line: string): string => line.replace('"accept":true', '"accept":false');
    const lied = recorded(712).map((record) => utf8(lie(fromUtf8(record))));
    const [decision, fingerprint] = ["00".repeat(32), "11".repeat(32)];
    const bytes = evidence({ records: lied }, () => ({
      status: "reproduced",
      steps: 2,
      records: 6,
      decision,
      fingerprint,
    }));
    const report = verify(engine, bytes);
    expect(finding(report, "authentic")).toBe("pass");
    expect(finding(report, "complete")).toBe("pass");
    expect(finding(report, "replayed")).toBe("fail REACH-E5701");
    expect(report.replay?.divergence).toMatchObject({ kind: "task", pointer: "/output/accept" });
    expect(report.exitCode).toBe(1);
  });

  test("with limits that the start record did not have", () => {
    const trace = linesOf(file, "trace.jsonl");
    const start = (trace[0] ?? "").replace('"effects":100000', '"effects":100001');
    const report = verify(engine, signedAgain(file, { trace: trace.with(0, start) }));
    expect(finding(report, "replayed")).toBe("fail REACH-E5702");
  });
});
