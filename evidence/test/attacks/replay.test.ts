// Attacks on the replay, and by versions and policies.
import { EngineTrap, fromHex, replay, taggedHash } from "@reach-fabric/engine";
import type { Policy, Report, Verdict } from "@reach-fabric/evidence";
import { verify as verifyWith } from "@reach-fabric/evidence";
import { describe, expect, test } from "vitest";
import {
  commitmentTo,
  engine,
  evidence,
  finding,
  signedAgain,
  verify,
} from "../fixtures/fixture.ts";
import { file, trace, disclosures, refused, hex } from "./attacking.ts";

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
