// GRANT-7: one key for one operation, from the records alone.
import { createHash } from "node:crypto";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { canonicalize, createEngine, fromUtf8, parseRecord } from "@reach-fabric/engine";
import type { TraceRecord } from "@reach-fabric/engine";
import { effectiveGrant, loadPack, memoryRecorder, run } from "@reach-fabric/host";
import type { RunOptions, RunResult } from "@reach-fabric/host";
import { IdempotencyKeys } from "@reach-fabric/host/testing";
import { json, newFolder, serve } from "../helpers.ts";
import type { Seen } from "../helpers.ts";

const A = "https://bureau.example";
const document = { dsl: "1.0.3", namespace: "test", name: "sample", version: "1.0.0" };
const pay = (more: object = {}, body: unknown = { amount: 100 }): object => ({
  pay: { call: "http", with: { method: "post", endpoint: `${A}/pay`, body }, ...more },
});
/** Tries again up to three times. */
const retried = (...tasks: object[]): object => ({
  attempt: {
    try: tasks,
    catch: { retry: { delay: { milliseconds: 1 }, limit: { attempt: { count: 3 } } } },
  },
});

async function runOf(
  tasks: readonly object[],
  origin: string,
  more: Partial<RunOptions> = {},
): Promise<RunResult & { again: IdempotencyKeys }> {
  const folder = await newFolder();
  await writeFile(join(folder, "w.json"), JSON.stringify({ document, do: tasks }));
  const pack = await loadPack(join(folder, "w.json"));
  const result = await run({
    engine: createEngine(),
    pack,
    input: canonicalize("{}"),
    grant: effectiveGrant({
      http: [{ origin: A, methods: ["POST"], paths: ["/*"] }],
      emit: ["*"],
    } as never),
    addresses: { [A]: origin },
    recorder: memoryRecorder(),
    ...more,
  });
  return { ...result, again: new IdempotencyKeys(pack.digest, result.run.id) };
}

const keysOf = (requests: readonly Seen[]): string[] =>
  requests.map(({ headers }) => String(headers["idempotency-key"]));
const attemptsOf = (requests: readonly Seen[]): string[] =>
  requests.map(({ headers }) => String(headers["x-reach-attempt"]));

describe("GRANT-7: a request that is tried again", () => {
  it("has the same key while the connection drops, and the records alone give it", async () => {
    const { origin, requests } = await serve((request, response, body) =>
      requests.length < 3 ? void response.destroy() : json({ ok: 1 })(request, response, body),
    );
    const { status, records, again } = await runOf([retried(pay())], origin);
    expect(status).toBe("completed");
    expect(new Set(keysOf(requests)).size).toBe(1);
    expect(attemptsOf(requests)).toEqual(["1", "2", "3"]);
    const tries = records
      .map((record) => parseRecord(record))
      .flatMap((record) => {
        again.take(record);
        return record.kind === "request" && record.type === "http" ? [again.of(record.key)] : [];
      });
    expect(tries.map(({ idempotencyKey }) => idempotencyKey)).toEqual(keysOf(requests));
    expect(tries.map(({ attempt }) => String(attempt))).toEqual(attemptsOf(requests));
  });

  const timeout = { after: { milliseconds: 100 } };
  it.each<[string, object[], Partial<RunOptions>]>([
    ["its task", [retried(pay({ timeout }))], {}],
    ["a task around it", [retried({ around: { do: [pay()], timeout } })], {}],
    ["the host", [retried(pay())], { egress: { total: 100 } }],
  ])("has the same key after a timeout of %s", async (_, tasks, more) => {
    const { origin, requests } = await serve(() => undefined);
    await runOf(tasks, origin, more);
    // On a machine that is busy one may not even have got there in that time.
    expect(requests.length).toBeGreaterThan(1);
    expect(new Set(keysOf(requests)).size).toBe(1);
    expect(new Set(attemptsOf(requests)).size).toBe(requests.length);
  });

  it("has a new key once the service has answered, with an error too", async () => {
    const { origin, requests } = await serve((request, response, body) => {
      const turn = requests.length;
      if (turn === 2) response.destroy();
      else json({}, turn < 4 ? 503 : 200)(request, response, body);
    });
    expect((await runOf([retried(pay())], origin)).status).toBe("completed");
    const [first, second, third, fourth] = keysOf(requests);
    // The second was not answered, so the third may be the same work.
    expect(third).toBe(second);
    expect(new Set([first, second, fourth]).size).toBe(3);
    expect(attemptsOf(requests)).toEqual(["1", "2", "3", "4"]);
  });

  it("has the same key in a fork that is tried again, each branch its own", async () => {
    const { origin, requests } = await serve((request, response, body) =>
      requests.length <= 2 ? void response.destroy() : json({})(request, response, body),
    );
    const branches = [{ a: { do: [pay()] } }, { b: { do: [pay()] } }];
    const { status } = await runOf([retried({ both: { fork: { branches } } })], origin);
    expect(status).toBe("completed");
    const keys = keysOf(requests);
    expect(new Set(keys).size).toBe(2);
    expect(new Set(keys.slice(-2)).size).toBe(2);
  });

  it("has the same key where the workflow jumps back without an answer, and another one after it", async () => {
    const { origin, requests } = await serve((request, response, body) =>
      requests.length === 1 ? void response.destroy() : json({})(request, response, body),
    );
    const tasks = [
      { again: { try: [pay()], catch: { as: "e" } } },
      { count: { set: { n: "${ ($context.n // 0) + 1 }" }, export: { as: "${ . }" } } },
      { more: { switch: [{ yes: { when: "${ $context.n < 3 }", then: "again" } }] } },
    ];
    expect((await runOf(tasks, origin)).status).toBe("completed");
    const [first, second, third] = keysOf(requests);
    expect(requests).toHaveLength(3);
    expect(second).toBe(first);
    expect(third).not.toBe(second);
  });

  it("is another request where its content, its task or its turn is another", async () => {
    const { origin, requests } = await serve(json({}));
    const loop = { each: { for: { in: "${ [1, 1] }" }, do: [pay()] } };
    await runOf(
      [pay(), { second: (pay() as { pay: object }).pay }, loop, { third: { do: [pay({}, 1)] } }],
      origin,
    );
    expect(new Set(keysOf(requests)).size).toBe(5);
    expect(new Set(attemptsOf(requests))).toEqual(new Set(["1"]));
  });

  it("is the host's to count: a workflow that sets the header is denied", async () => {
    const { origin, requests } = await serve(json({}));
    const headers = { "x-reach-attempt": "1" };
    const call = { call: "http", with: { method: "post", endpoint: `${A}/pay`, headers } };
    expect((await runOf([{ pay: call }], origin)).status).toBe("faulted");
    expect(requests).toEqual([]);
  });

  it("gives an event one id until the sink has it", async () => {
    const ids: unknown[] = [];
    const emit = async (event: object): Promise<void> => {
      ids.push((event as { id: unknown }).id);
      if (ids.length < 3) throw new Error("no");
    };
    const tell = { tell: { emit: { event: { with: { type: "t", data: 1 } } } } };
    await runOf([retried(tell), tell], "", { effects: { emit } });
    expect(ids).toHaveLength(4);
    expect(new Set(ids.slice(0, 3)).size).toBe(1);
    expect(new Set(ids).size).toBe(2);
  });
});

// What the rule says, written out by hand: another host comes to the same.
const sha = (text: string): string => createHash("sha256").update(text).digest("hex");
const request = '{"b":[1,2.5,"ä"],"method":"POST"}';
const keyFor = (rest: string): string =>
  sha(`["reach/v1/idempotency-key","${"a".repeat(64)}","run-1",${rest}]`);

describe("GRANT-7: vectors", () => {
  const asked = (key: string, task = "/do/0/pay", iteration: number[] = [2, 0]): object => ({
    kind: "request",
    type: "http",
    key,
    task,
    iteration,
    request: JSON.parse(request) as unknown,
  });
  const ended = { kind: "task", task: "/do/0/pay", iteration: [2, 0], status: "faulted" };
  const result = (key: string, what: object, kind = "result"): object => ({
    kind,
    key,
    result: what,
  });
  const digest = sha(request);
  const place = '"/do/0/pay",[2,0]';

  it.each([
    ["the first", [asked("0")], "0", `${place},1,"${digest}"`, 1],
    [
      "behind a failure",
      [asked("0"), result("0", { failure: "reset" }), ended, asked("2")],
      "2",
      `${place},1,"${digest}"`,
      2,
    ],
    [
      "behind an effect that was given up",
      [asked("0"), ended, asked("2")],
      "2",
      `${place},1,"${digest}"`,
      2,
    ],
    [
      "behind a late answer",
      [asked("0"), ended, result("0", { status: 200 }, "late"), asked("2")],
      "2",
      `${place},1,"${digest}"`,
      2,
    ],
    [
      "behind an answer",
      [asked("0"), result("0", { status: 503 }), ended, asked("2")],
      "2",
      `${place},1,"${digest}",1`,
      2,
    ],
    ["two at once", [asked("0"), asked("1")], "1", `${place},2,"${digest}"`, 1],
    [
      "of another task",
      [asked("0"), asked("1", "/do/1/pay", [])],
      "1",
      `"/do/1/pay",[],1,"${digest}"`,
      1,
    ],
  ])("%s", (_, records, key, rest, attempt) => {
    const keys = new IdempotencyKeys("a".repeat(64), "run-1");
    for (const record of records) keys.take(record as TraceRecord);
    const found = keys.of(key);
    expect(found.idempotencyKey).toBe(keyFor(rest));
    expect(found.attempt).toBe(attempt);
  });

  it("in hex, so that no code of this test is needed", () => {
    const keys = new IdempotencyKeys("a".repeat(64), "run-1");
    keys.take(asked("0") as TraceRecord);
    expect(keys.of("0").idempotencyKey).toBe(
      "9e2aab83c1e429ce139fe4a4f5105a3725f181858ed25043809495e555187515",
    );
    expect(fromUtf8(canonicalize(request))).toBe(request);
  });
});
