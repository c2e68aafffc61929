import { diff, openEvidence, stripPack } from "@reach-fabric/evidence";
import { expect, test } from "vitest";
import {
  computed,
  counting,
  engine,
  evidence,
  facts,
  pack,
  packOf,
  pseudoRandom,
  recorded,
  verify,
  workflowWith,
} from "./fixtures/fixture.ts";

const file = evidence();

test("two runs that decided the same from the same do not differ, whoever ran them", () => {
  const again = evidence({
    runSecret: pseudoRandom("another secret")(32),
    run: { ...facts, id: "0191b0c0-0000-4000-8000-000000000009", tenant: "globex", attempt: 3 },
  });
  const report = diff(engine, file, openEvidence(engine, again));
  expect(report).toMatchObject({ same: true, outcomes: { a: { output: { accept: true } } } });
  expect(report.step).toBeUndefined();
  expect(verify(again).decision).toBe(verify(file).decision);
});

test("EVID-28: another answer: the record that brought it", () => {
  const report = diff(engine, file, evidence({ records: recorded(650) }));
  expect(report).toMatchObject({
    same: false,
    step: 2,
    kind: "result",
    pointer: "/result/body/score",
    values: { a: 712, b: 650 },
    outcomes: { a: { output: { accept: true } }, b: { output: { accept: false } } },
  });
  expect(report.decisions.a).not.toBe(report.decisions.b);
});

test("another input: the start", () => {
  const input = { income: 1, extra: 2 };
  const report = diff(engine, file, evidence({ records: recorded(712, { input }) }));
  expect(report).toMatchObject({ step: 0, kind: "start", pointer: "/input/extra" });
  expect(report.values).toEqual({ a: undefined, b: 2 });
});

test("another rule: the task that decided otherwise, and the file that changed", () => {
  const stricter = packOf({ "loan.yaml": workflowWith(720) }, "1.1.0");
  const records = recorded(712, { pack: stricter });
  const report = diff(engine, file, evidence({ pack: stricter, records }));
  expect(report).toMatchObject({
    same: false,
    step: 4,
    kind: "task",
    task: "/do/1/decide",
    pointer: "/output/accept",
    values: { a: true, b: false },
    packs: { a: pack.digest, b: stricter.digest, files: ["loan.yaml"] },
  });
});

test("another rule that made no difference: packs differ, no record does", () => {
  const milder = packOf({ "loan.yaml": workflowWith(600) }, "1.1.0");
  const records = recorded(712, { pack: milder });
  const report = diff(engine, file, evidence({ pack: milder, records }));
  expect(report).toMatchObject({ same: false, packs: { files: ["loan.yaml"] } });
  expect(report.step).toBeUndefined();
});

test("one run that goes on where the other has ended", () => {
  const [few, more] = [counting(2), counting(3)].map((of) =>
    evidence({ pack: of, records: computed(of) }),
  ) as [Uint8Array, Uint8Array];
  const report = diff(engine, few, more);
  expect(report).toMatchObject({ same: false, b: { kind: "task", iteration: [2] } });
  expect(report.a).toMatchObject({ kind: "task", next: "exit" });
});

test("what is not enclosed cannot be compared", () => {
  const other = evidence({ records: recorded(1) });
  expect(() => diff(engine, stripPack(engine, file), other)).toThrow(
    expect.objectContaining({ code: "REACH-E5404" }),
  );
});
