import { describe, expect, test } from "vitest";
import {
  createEngine,
  firstDifference,
  fromUtf8,
  parseRecord,
  replay,
  utf8,
} from "@reach-fabric/engine";
import type { ReplayResult } from "@reach-fabric/engine";
import { recorded, scorePack } from "./runs.ts";

const engine = createEngine();
const pack = scorePack(engine);
const records = recorded(engine, pack);
const decision = engine.decision();
const fingerprint = engine.fingerprint();

const again = (trace: Iterable<Uint8Array>): ReplayResult => replay(createEngine(), pack, trace);
const replaced = (seq: number, bytes: Uint8Array): Uint8Array[] => records.with(seq, bytes);
const edited = (seq: number, from: string, to: string): Uint8Array[] => {
  const text = fromUtf8(records[seq] ?? utf8(""));
  expect(text).toContain(from);
  return replaced(seq, utf8(text.replace(from, to)));
};
const seqOf = (kind: string, which: number = 0): number =>
  records.map((record) => parseRecord(record)).filter((record) => record.kind === kind)[which]
    ?.seq ?? -1;

describe("ABI-9 a replay", () => {
  test("reproduces the run, with its decision and fingerprint", () => {
    expect(again(records)).toMatchObject({
      status: "reproduced",
      steps: 5,
      records: records.length,
      end: "completed",
      decision,
      fingerprint,
    });
    expect(again(records[Symbol.iterator]())).toMatchObject({ status: "reproduced" });
  });

  test("a trace cut anywhere is incomplete, never reproduced", () => {
    for (let length = 1; length < records.length; length++) {
      expect(again(records.slice(0, length))).toMatchObject({
        status: "incomplete",
        records: length,
      });
    }
    expect(again([])).toMatchObject({ status: "incomplete", records: 0 });
  });

  test("no record can be changed, left out, doubled, moved or added unnoticed", () => {
    for (const [seq, record] of records.entries()) {
      const traces = [
        records.toSpliced(seq, 1),
        records.toSpliced(seq, 0, record),
        replaced(seq, utf8(`${fromUtf8(record)} `)),
        replaced(seq, record.subarray(0, -1)),
        replaced(seq, utf8("")),
        ...(seq > 0 ? [records.toSpliced(seq - 1, 2, record, records[seq - 1] ?? record)] : []),
      ];
      for (const trace of traces) expect(again(trace).status).not.toBe("reproduced");
    }
    expect(again([...records, records.at(-1) ?? utf8("")])).toMatchObject({
      status: "diverged",
      divergence: { seq: records.length, reason: "the run has ended before this record" },
    });
  });

  test("every single byte counts", () => {
    for (const [seq, record] of records.entries()) {
      for (let i = 0; i < record.length; i += 7) {
        const changed = record.slice();
        changed[i] = (changed[i] ?? 0) ^ 1;
        const result = again(replaced(seq, changed));
        // A changed input is another run: it may go through, but never to the same decision.
        expect(result.decision).not.toBe(decision);
        if (seq > 0 && result.status === "reproduced")
          expect(parseRecord(record).kind).toBe("result");
      }
    }
  });

  test("names the first difference: step, task, pointer, both values", () => {
    const seq = seqOf("task", 1);
    expect(again(edited(seq, '"score":600', '"score":601'))).toMatchObject({
      status: "diverged",
      records: seq,
      divergence: {
        seq,
        kind: "task",
        task: "/do/1/each/do/0/ask",
        reason: "the engine gives another record",
        pointer: expect.stringContaining("score"),
        recorded: 601,
        replayed: 600,
      },
    });
  });

  test("a changed answer shows at the first record that depends on it", () => {
    const seq = seqOf("result", 2);
    const { divergence } = again(edited(seq, '"score":610', '"score":611'));
    expect(divergence).toMatchObject({
      seq: seq + 1,
      recorded: 1210,
      replayed: 1211,
      pointer: "/context/total",
    });
  });

  test("a changed rule shows at the first record that it changes", () => {
    const other = scorePack(engine, { do: [{ start: { set: { id: "x" } } }] });
    const start = { ...JSON.parse(fromUtf8(records[0] ?? utf8(""))), pack: other.digest } as object;
    const trace = replaced(0, engine.canonicalize(JSON.stringify(start)));
    expect(replay(engine, other, trace)).toMatchObject({
      status: "diverged",
      divergence: { seq: 1 },
    });
  });

  test("refuses what is not even a beginning", () => {
    expect(again([utf8("{}")])).toMatchObject({
      status: "refused",
      records: 0,
      refusal: { code: expect.stringMatching(/^REACH-E/) },
    });
    expect(again(records.slice(1))).toMatchObject({ status: "refused" });
    const other = scorePack(engine, { do: [] });
    expect(replay(engine, { ...pack, digest: other.digest }, records)).toMatchObject({
      status: "refused",
      refusal: { code: "REACH-E1502" },
    });
    expect(replay(engine, other, records)).toMatchObject({ status: "refused" });
  });

  test("leaves an engine that can replay again", () => {
    const one = createEngine();
    replay(one, pack, edited(seqOf("task"), '"task"', '"tusk"'));
    expect(replay(one, pack, records)).toMatchObject({ status: "reproduced", decision });
  });
});

test("firstDifference goes in the order of the canonical text", () => {
  expect(firstDifference({ a: [1, 2] }, { a: [1, 2] })).toBeUndefined();
  expect(firstDifference({ b: 1, a: [1, 2] }, { a: [1, 3], b: 2 })).toEqual({
    pointer: "/a/1",
    a: 2,
    b: 3,
  });
  expect(firstDifference({ "a/b": { "~": 1 } }, { "a/b": {} })).toEqual({
    pointer: "/a~1b/~0",
    a: 1,
    b: undefined,
  });
  expect(firstDifference([1], [1, 2])).toEqual({ pointer: "/1", a: undefined, b: 2 });
  expect(firstDifference([], {})).toEqual({ pointer: "", a: [], b: {} });
  expect(firstDifference(null, {})).toEqual({ pointer: "", a: null, b: {} });
  expect(firstDifference({ a: 1 }, JSON.parse('{"__proto__":1,"a":1}'))).toEqual({
    pointer: "/__proto__",
    a: undefined,
    b: 1,
  });
});
