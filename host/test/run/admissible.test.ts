// GRANT-18: nothing that an effect gives or does, and nobody who watches, leaves a run without an outcome.
import { randomBytes } from "node:crypto";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it, vi } from "vitest";
import { canonicalize, createEngine, parseRecord, replay } from "@reach-fabric/engine";
import { createEvidence, newKey, signerOf } from "@reach-fabric/evidence";
import { loadPack, memoryRecorder, run } from "@reach-fabric/host";
import type { Effects, RunOptions, RunResult } from "@reach-fabric/host";
import { cut } from "@reach-fabric/host/testing";
import { errorOf, later, newFolder } from "../helpers.ts";

const A = "https://bureau.example";
const calls = {
  fetch: { call: "http", with: { method: "post", endpoint: `${A}/pay` } },
  ask: { call: "llm", with: { model: "small", prompt: "Well?" } },
  mcp: {
    call: "mcp",
    with: { method: "tools/list", transport: { http: { endpoint: `${A}/mcp` } } },
  },
  grpc: {
    call: "grpc",
    with: {
      proto: { endpoint: "p.proto" },
      service: { name: "p.S", host: "bureau.example" },
      method: "Do",
      arguments: {},
    },
  },
} as const;
const proto = `syntax = "proto3"; package p; message M {} service S { rpc Do (M) returns (M); }`;

async function runOf(task: object, more: Partial<RunOptions>): Promise<RunResult> {
  const engine = createEngine();
  const document = { dsl: "1.0.3", namespace: "test", name: "sample", version: "1.0.0" };
  const folder = await newFolder();
  const content = JSON.stringify({ document, do: [{ ask: task }] });
  await writeFile(join(folder, "w.json"), content);
  await writeFile(join(folder, "p.proto"), proto);
  const pack = await loadPack(join(folder, "w.json"));
  const result = await run({
    engine,
    pack,
    input: canonicalize("{}"),
    grant: {
      http: [{ origin: A, methods: ["POST"], paths: ["/*"] }],
      mcp: [{ server: `${A}/mcp`, calls: ["*"] }],
      models: ["small"],
    },
    recorder: memoryRecorder(),
    ...more,
  });
  expect(replay(createEngine(), pack, result.records).status).toBe("reproduced");
  // What the host notes is admissible, too.
  const signer = signerOf(newKey(randomBytes).private);
  const { secret: runSecret, ...facts } = result.run;
  const { records, annotations } = result;
  const evidence = createEvidence({
    engine,
    pack,
    records,
    annotations,
    runSecret,
    signer,
    run: { ...facts, tenant: "t", actor: "a" },
  });
  expect(evidence.length).toBeGreaterThan(0);
  return result;
}

const resultOf = ({ records }: RunResult): unknown =>
  records.map((bytes) => parseRecord(bytes)).find((record) => record.kind === "result")?.result;

const nested = (levels: number): object => {
  let value: object = {};
  for (let i = 0; i < levels; i++) value = { a: value };
  return value;
};
const circular: { self?: object } = {};
circular.self = circular;

/** What an effect gives that no record can hold, as code that was given wrong types would. */
const given: [string, () => unknown][] = [
  ["nothing", () => undefined],
  ["null", () => null],
  ["a text", () => "answer"],
  ["no result", () => ({})],
  ["an array", () => ({ result: [] })],
  ["a status that is none", () => ({ result: { status: "x" } })],
  ["a failure that is no word", () => ({ result: { failure: "plugin" } })],
  ["a member that is none", () => ({ result: { failure: "reset", more: 1 } })],
  ["a body that is none", () => ({ result: { status: 200, headers: {} }, body: { a: 1 } })],
  [
    "a lone surrogate",
    () => ({
      result: {
        status: 200,
        headers: { a: "a\ud800b" },
        text: "\ud800",
        finish: "stop",
        model: "m",
        result: { a: "\ud800" },
        value: { a: "\udc00" },
      },
    }),
  ],
  [
    "NaN",
    () => ({
      result: {
        status: Number.NaN,
        headers: {},
        result: { a: Number.NaN },
        value: { a: Infinity },
      },
    }),
  ],
  ["a nesting of 2,000", () => ({ result: { result: nested(2000), value: nested(2000) } })],
  ["a nesting of 100,000", () => ({ result: { result: nested(100_000), value: nested(100_000) } })],
  ["a circle", () => ({ result: circular })],
  ["a number that JSON lacks", () => ({ result: { status: 1n } })],
  [
    "an error",
    () => {
      throw new Error("a secret: s3cret");
    },
  ],
  [
    "no error that is one",
    () => {
      throw "s3cret";
    },
  ],
  [
    "a member that throws",
    () => ({
      get result(): object {
        throw new TypeError("x");
      },
    }),
  ],
];

const names = Object.keys(calls) as (keyof typeof calls)[];
describe("GRANT-18: any answer", () => {
  describe.each(names)("of %s", (name) => {
    it.each(given)("that is %s", async (_, give) => {
      const effects = { [name]: async () => give() } as unknown as Partial<Effects>;
      const result = await runOf(calls[name], { effects });
      expect(result.status).toBe("faulted");
      expect(resultOf(result)).toEqual({ failure: "protocol" });
      expect(result.annotations[1]).toMatchObject({ seq: 2, code: "REACH-E3236" });
      expect(JSON.stringify(result.annotations)).not.toContain("s3cret");
    });
  });
});

describe("GRANT-18: what is not an answer of the world", () => {
  it.each<[string, Partial<Effects>]>([
    ["a clock without a time", { clock: () => Number.NaN }],
    ["a clock of another age", { clock: () => 8e15 }],
    ["randomness that is too short", { random: () => new Uint8Array(3) }],
    [
      "randomness that fails",
      {
        random: () => {
          throw new Error("no");
        },
      },
    ],
    ["a timer that fails", { timer: () => Promise.reject(new Error("no")) }],
  ])("%s: trouble of this machine", async (_, effects) => {
    const retry = {
      delay: { milliseconds: 1 },
      jitter: { from: "PT0S", to: "PT0.001S" },
      limit: { attempt: { count: 1 } },
    };
    const task = { try: [{ it: calls.fetch }], catch: { retry } };
    const fetch: Effects["fetch"] = async () => ({ result: { failure: "reset" } });
    const working = runOf(task, {
      effects: { fetch, ...effects },
      trouble: { tries: 2, pause: 1 },
    });
    expect((await errorOf(working)).code).toMatch(/^REACH-E(?:3009|3240)$/);
  });

  it("a clock may have parts of milliseconds", async () => {
    const task = { set: { at: "${ now }" } };
    expect((await runOf(task, { effects: { clock: () => 1000.9 } })).output).toEqual({ at: 1 });
  });
});

describe("GRANT-18: who watches", () => {
  const fetch: Effects["fetch"] = async () => ({ result: { status: 200, headers: {} } });

  it.each<[string, RunOptions["onRecord"]]>([
    [
      "throws",
      () => {
        throw new Error("broken");
      },
    ],
    [
      "rejects",
      async () => {
        throw new Error("broken");
      },
    ],
  ])("%s, and stops nothing", async (_, onRecord) => {
    const warned = vi.spyOn(process, "emitWarning").mockImplementation(() => undefined);
    later(() => warned.mockRestore());
    const { status } = await runOf(calls.fetch, {
      effects: { fetch },
      ...(onRecord ? { onRecord } : {}),
    });
    expect(status).toBe("completed");
    expect(warned).toHaveBeenCalledWith("what watches a run has failed: broken");
  });

  it("writes notes that are cut and without halves of characters", async () => {
    const note = { code: "X\ud800", why: `${"x".repeat(999)}\u{1f600}`, seq: 99 };
    const noted = (async () => ({ result: { failure: "reset" }, note })) as Effects["fetch"];
    const { annotations } = await runOf(calls.fetch, { effects: { fetch: noted } });
    expect(annotations[1]).toMatchObject({ seq: 2, code: "X\ufffd", why: "x".repeat(999) });
  });

  it("cuts a text between characters", () => {
    expect(cut("ab\u{1f600}c", 3)).toBe("ab");
    expect(cut("ab\u{1f600}c", 4)).toBe("ab\u{1f600}");
    expect(cut("abc", 4)).toBe("abc");
    expect(cut("", 4)).toBe("");
  });
});
