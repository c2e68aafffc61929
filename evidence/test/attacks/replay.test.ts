// Attacks on the replay, and by versions and policies.
import { EngineTrap, fromHex, recompute, taggedHash } from "@reach-fabric/engine";
import { diff, openEvidence, recordsOf, redact, replayEvidence } from "@reach-fabric/evidence";
import type {
  Budget,
  Policy,
  Progress,
  Report,
  ReplayOptions,
  Verdict,
} from "@reach-fabric/evidence";
import { describe, expect, test } from "vitest";
import {
  canonical,
  codeOf,
  engine,
  enteredOf,
  evidence,
  finding,
  joined,
  jsonOf,
  recorded,
  signedAgain,
  verify,
  withEntries,
} from "../fixtures/fixture.ts";
import { changedLines, file, hex, lines, refused, withLine } from "./attacking.ts";

type Recompute = NonNullable<ReplayOptions["recompute"]>;

describe("replay:", () => {
  const reportOf = (computing: Recompute, policy?: Policy): Report =>
    verify(file, policy, { recompute: computing });

  test("a run that the engine does not compute", () => {
    const refusal = { code: "REACH-E1602", message: "\u001b[2J" };
    const report = reportOf(() => ({ status: "diverged", steps: 1, refusal }));
    expect(finding(report, "replayed")).toBe("fail REACH-E5701");
    expect(report.verdicts.replayed.why).not.toContain("\u001b");
    expect(report.exitCode).toBe(1);
    expect(report.computed).toMatchObject({ status: "diverged" });
  });

  test("a run that ends before it ends, goes on after it, or cannot begin", () => {
    const incomplete = reportOf(() => ({ status: "incomplete", steps: 1 }));
    expect(finding(incomplete, "replayed")).toBe("fail REACH-E5701");
    const longer = reportOf(() => ({ status: "diverged", steps: 1 }));
    expect(finding(longer, "replayed")).toBe("fail REACH-E5701");
    const refusal = { code: "REACH-E1501", message: "no" };
    const refusedRun = reportOf(() => ({ status: "refused", steps: 0, refusal }));
    expect(finding(refusedRun, "replayed")).toBe("fail REACH-E5704");
  });

  test("other records, in number or under another root, and another outcome", () => {
    const none = new Uint8Array(32);
    const changes: ((found: ReturnType<Recompute>) => object)[] = [
      () => ({ size: 7 }),
      () => ({ root: none }),
      ({ entered }) => ({ entered: { ...entered, root: none } }),
      ({ entered }) => ({ entered: { root: entered?.root, size: 4 } }),
      () => ({ root: undefined, size: undefined }),
    ];
    for (const change of changes) {
      const report = reportOf((...args) => {
        const found = recompute(...args);
        return { ...found, ...change(found) };
      });
      expect(finding(report, "replayed")).toBe("fail REACH-E5701");
    }
  });

  test("another decision or fingerprint than the signed one", () => {
    const decision = reportOf((...args) => ({ ...recompute(...args), decision: "00".repeat(32) }));
    expect(finding(decision, "replayed")).toBe("fail REACH-E5702");
    // Each of the two is wrong by itself: a fingerprint that fits excuses no other decision.
    for (const name of ["decision", "fingerprint"]) {
      const entered = changedLines(0, (line) =>
        line.replace(new RegExp(`"${name}":"[0-9a-f]{8}`), `"${name}":"00000000`),
      );
      refused(signedAgain(file, { entered }), "replayed", "REACH-E5702");
    }
  });

  test("fuel bombs: a run that may use more than the verifier spends is not begun", () => {
    const never = { recompute: (): never => expect.fail("it was computed") };
    const report = verify(file, { fuel: 1e8 - 1 }, never);
    expect(finding(report, "replayed")).toBe("not checked REACH-E5703");
    expect(report.exitCode).toBe(3);
    const entered = changedLines(1, (line) =>
      line.replace('"fuel":100000000', '"fuel":9007199254740991'),
    );
    const bomb = signedAgain(file, { entered });
    expect(finding(verify(bomb, {}, never), "replayed")).toMatch(/E5703$/);
    expect(verify(file, { fuel: 1e8 }).ok).toBe(true);
    const opened = openEvidence(engine, bomb);
    const another = evidence({ records: recorded(612) });
    for (const compute of [
      (budget: Budget) => [...recordsOf(engine, opened, budget)],
      (budget: Budget) => replayEvidence(engine, opened, budget),
      (budget: Budget) => diff(engine, bomb, another, undefined, budget),
    ]) {
      expect(codeOf(() => compute({}))).toBe("REACH-E5703");
      expect(codeOf(() => compute({ fuel: Number.MAX_SAFE_INTEGER }))).toBe("accepted");
    }
  });

  test("a changed input is refused where no engine can compute the run, too", () => {
    const changed = withLine(2, (line) => line.replace("712", "612"));
    for (const policy of [{ fuel: 1 }, { faultyEngines: [engine.digest] }]) {
      expect(finding(verify(file, policy), "replayed")).toMatch(/^not checked|fail REACH-E5220/);
      refused(changed, "authentic", "REACH-E5604", policy);
    }
    const foreign = signedAgain(file, {
      run: { semantics: 2 },
      entered: changedLines(1, (line) => line.replace('"semantics":1', '"semantics":2')),
    });
    expect(finding(verify(foreign), "replayed")).toBe("not checked REACH-E5406");
    const entered = enteredOf(foreign).map((line) => line.replace("712", "612"));
    refused(withEntries(foreign, { "entered.jsonl": joined(entered) }), "authentic", "REACH-E5604");
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

  test("a run of another build with the same semantics is computed, and that is said", () => {
    const digest = "ab".repeat(32);
    const { decision = "" } = verify(file);
    const fingerprint = hex(taggedHash(engine, "fp", [fromHex(digest), fromHex(decision)]));
    const foreign = signedAgain(file, {
      run: { engine: digest },
      entered: changedLines(0, (line) =>
        line.replace(/"fingerprint":"\w+"/, `"fingerprint":"${fingerprint}"`),
      ),
    });
    const report = verify(foreign);
    expect(finding(report, "replayed")).toBe("pass");
    expect(report.verdicts.replayed.why).toContain("another build");
  });
});

describe("long work:", () => {
  test("says how far it is", () => {
    const seen: unknown[] = [];
    verify(file, {}, { onProgress: (progress) => seen.push(progress) });
    expect(seen).toEqual([
      { phase: "read", done: 2, total: 2 },
      { phase: "compute", done: 1, total: 2 },
      { phase: "compute", done: 2, total: 2 },
    ]);
  });

  test("says so of reading, and stops in it", () => {
    const [head = "", start = "", , end = ""] = lines;
    const suspend = (i: number): string => `{"kind":"suspend","reason":null,"seq":${i}}`;
    const entered = [head, start, ...Array.from({ length: 2500 }, (_, i) => suspend(i + 1)), end];
    const many = signedAgain(file, { entered });
    const seen: unknown[] = [];
    verify(many, {}, { onProgress: ({ done, total }) => seen.push([done, total]) });
    expect(seen.slice(0, 3)).toEqual([
      [1024, 2501],
      [2048, 2501],
      [2501, 2501],
    ]);
    const stop = new AbortController();
    const onProgress = ({ done }: Progress): void => {
      if (done >= 2048) expect.fail("it went on");
      stop.abort(new Error("enough"));
    };
    expect(() => verify(many, {}, { onProgress, signal: stop.signal })).toThrow("enough");
  });

  test("the same of a file in which something is hidden", () => {
    const { file: hidden } = redact(engine, file, { drop: ["/0/input/income"] });
    const seen: unknown[] = [];
    verify(hidden, {}, { onProgress: (progress) => seen.push(progress) });
    expect(seen).toEqual([
      { phase: "read", done: 2, total: 2 },
      { phase: "compute", done: 1, total: 2 },
      { phase: "compute", done: 2, total: 2 },
    ]);
    for (const last of [1, 2, 3]) {
      const stop = new AbortController();
      let count = 0;
      const onProgress = (): void => {
        count += 1;
        if (count === last) stop.abort(new Error("enough"));
      };
      expect(() => verify(hidden, {}, { onProgress, signal: stop.signal })).toThrow("enough");
      expect(count).toBe(last);
    }
  });

  test("stops where it is told to, and is no report then", () => {
    const stop = new AbortController();
    const onProgress = (): void => stop.abort(new Error("enough"));
    expect(() => verify(file, {}, { onProgress, signal: stop.signal })).toThrow("enough");
  });
});

describe("versions and policies:", () => {
  test("a file from a later version of the format could not be checked", () => {
    const run = canonical({ ...jsonOf(file, "run.json"), format: "reach/evidence/v5", more: {} });
    const report = verify(withEntries(file, { "run.json": run, "new.json": "{}" }));
    expect(finding(report, "authentic")).toBe("not checked REACH-E5104");
    expect(report.exitCode).toBe(3);
    expect(report.ok).toBe(false);
  });

  test("a relabelled file is a failure, and not a later version", () => {
    for (const version of ["5", "9", "41", "999999999"]) {
      const run = { format: `reach/evidence/v${version}` };
      refused(signedAgain(file, { run }), "authentic", "REACH-E5103");
    }
  });

  test("a file from before the first release is refused by the name of its version", () => {
    for (const version of ["v1", "v2", "v3"]) {
      const run = { format: `reach/evidence/${version}` };
      const { verdicts } = refused(signedAgain(file, { run }), "authentic", "REACH-E5107");
      expect(verdicts.authentic.why).toContain(version);
    }
  });

  test("no other format passes for a later version", () => {
    for (const format of ["reach/evidence/v0", "reach/evidence/v4.1", "reach/pack/v5", "", 4]) {
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
    const report = verify(file.with(1500, 0));
    expect(Object.keys(report).sort()).toEqual(["exitCode", "ok", "required", "verdicts"]);
    for (const verdict of ["trusted", "complete", "replayed"] as const) {
      expect(finding(report, verdict)).toBe("not checked");
    }
  });

  test("a run that is cancelled has a leaf without a slot, and is evidence as any other", () => {
    expect(verify(evidence({ records: recorded(712, { cancel: true }) })).ok).toBe(true);
  });
});
