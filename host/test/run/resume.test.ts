// Runs that go on after they were interrupted: docs/spec/run-folder.md, RUN-6; docs/spec/grant.md, GRANT-16.
import { cp, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { createEngine, makePack, parseRecord, utf8 } from "@reach-fabric/engine";
import {
  effectiveGrant,
  folderRecorder,
  isRepeatable,
  loadPack,
  readKept,
  runFolder,
  resolveEffect,
  resume,
  run,
  RunWaits,
} from "@reach-fabric/host";
import type { ResolveOptions, ResumeOptions, RunResult } from "@reach-fabric/host";
import { describe, expect, it } from "vitest";
import { bytes, errorOf, newFolder, serve, text } from "../helpers.ts";

const A = "https://bureau.example";
const grant = effectiveGrant({
  http: [{ origin: A, methods: ["GET", "POST", "PUT"], paths: ["/v1/*"] }],
});
const ask = (name: string, method: string): string =>
  `  - ${name}: {call: http, with: {method: ${method}, endpoint: "${A}/v1/${name}", body: {n: 1}}}\n`;
const workflow = `
document: {dsl: "1.0.3", namespace: test, name: durable, version: 1.0.0}
do:
  - first: {call: http, with: {method: get, endpoint: "${A}/v1/first"}}
  - times: {set: {id: "\${ $workflow.id }", at: "\${ now }"}}
${ask("pay", "post")}${ask("put", "put")}  - pause: {wait: {milliseconds: 20}}
${ask("last", "post")}`;

/** The run that is never interrupted, and what its service counted by key. */
async function undisturbed() {
  const folder = await newFolder();
  const path = join(folder, "workflow.yaml");
  await writeFile(path, workflow);
  const { origin, requests } = await serve((request, response) => {
    response.writeHead(200, { "content-type": "application/json" }).end(`{"of":"${request.url}"}`);
  });
  const addresses = { [A]: origin };
  const recorder = folderRecorder(join(folder, "run"));
  const pack = await loadPack(path);
  const options = { engine: createEngine(), pack, input: bytes("{}"), grant, addresses };
  const result = await run({ ...options, recorder });
  return { folder: join(folder, "run"), result, addresses, requests };
}

type Whole = Awaited<ReturnType<typeof undisturbed>>;

/** A copy of the run's folder in which so many lines of its journal are left, and a part of the next one. */
async function cut({ folder }: Whole, lines: number, part = 0): Promise<string> {
  const copy = join(await newFolder(), "run");
  await cp(folder, copy, { recursive: true });
  const journal = join(copy, "entered.jsonl");
  const all = (await readFile(journal, "utf8")).match(/.*\n/g) ?? [];
  const left = all.slice(0, lines).join("") + (all[lines] ?? "").slice(0, part);
  await writeFile(journal, left);
  return copy;
}

const goOn = (folder: string, { addresses }: Whole, more: Partial<ResumeOptions> = {}) =>
  resume({ engine: createEngine(), run: runFolder(folder), addresses, ...more });

/** What does not depend on when the run was executed: the answers of the clock do. */
const shapeOf = ({ records, status }: RunResult): unknown[] => [
  status,
  ...records.map((record) => {
    const { kind, seq, ...rest } = parseRecord(record);
    return [kind, seq, "task" in rest ? rest.task : null];
  }),
];

describe("RUN-6 a run goes on", () => {
  it("from whatever was kept, and performs nothing twice that was recorded", async () => {
    const whole = await undisturbed();
    const lines = (await readFile(join(whole.folder, "entered.jsonl"), "utf8")).split("\n").length;
    const repeatable = { http: [{ origin: A, methods: ["POST" as const], paths: ["/v1/*"] }] };
    for (let left = 1; left < lines; left += 1) {
      const folder = await cut(whole, left, left % 2 === 0 ? 40 : 0);
      const kept = (await readKept(createEngine(), runFolder(folder))).records.map(text);
      const before = whole.requests.length;
      const result = await goOn(folder, whole, { repeatable });
      expect(shapeOf(result)).toEqual(shapeOf(whole.result));
      expect(result.records.slice(0, kept.length).map(text)).toEqual(kept);
      const answered = kept.filter(
        (line) => line.includes('"kind":"result"') && line.includes('"status"'),
      );
      expect(whole.requests.length - before).toBe(4 - answered.length);
      expect((await readKept(createEngine(), runFolder(folder))).ended).toBe("completed");
    }
  });

  it("to the same decision, by the same answers", async () => {
    const whole = await undisturbed();
    const clock = (): number => Date.parse(whole.result.annotations.at(-1)?.at ?? "");
    const lines = (await readFile(join(whole.folder, "entered.jsonl"), "utf8")).split("\n").length;
    const ended = await goOn(await cut(whole, lines - 2), whole, { effects: { clock } }).catch(
      (error: unknown) => error,
    );
    expect(ended).toBeInstanceOf(RunWaits);
    const again = await goOn(whole.folder, whole);
    expect([again.decision, again.fingerprint]).toEqual([
      whole.result.decision,
      whole.result.fingerprint,
    ]);
    expect(again.run).toEqual(whole.result.run);
  });

  it("GRANT-16 with the same keys, and a POST that may have been performed waits for a person", async () => {
    const whole = await undisturbed();
    const keys = whole.requests.map(({ url, headers }) => [url, headers["idempotency-key"]]);
    const states: string[] = [];
    for (let left = 1; left < 6; left += 1) {
      const folder = await cut(whole, left);
      const { waiting } = await readKept(createEngine(), runFolder(folder));
      const { type, request } = waiting[0]!.request;
      const method = typeof request["method"] === "string" ? request["method"] : type;
      const before = whole.requests.length;
      const error = await goOn(folder, whole).catch((thrown: unknown) => thrown);
      const asked = whole.requests
        .slice(before)
        .map(({ url, headers }) => [url, headers["idempotency-key"]]);
      for (const request of asked) expect(keys).toContainEqual(request);
      states.push(`${method}: ${error instanceof RunWaits ? error.awaits[0]?.for : "completed"}`);
    }
    expect(states).toEqual([
      "GET: completed",
      "random: completed",
      "clock: completed",
      "POST: person",
      "PUT: completed",
    ]);
  });

  it("RUN-7 with what a person says of an effect that is in doubt", async () => {
    const whole = await undisturbed();
    const paid = 4;
    const at = "2026-11-23T07:00:00.000Z";
    const say = (folder: string, as: ResolveOptions["as"], key = "3"): Promise<unknown> =>
      resolveEffect({ engine: createEngine(), run: runFolder(folder), key, by: "clerk-7", as, at });
    const body = bytes('{"of":"a person"}');
    const outcomes: unknown[] = [];
    for (const as of [
      { result: { status: 200, headers: {} }, body },
      { result: { failure: "timeout" } },
      "retry",
    ] as const) {
      const folder = await cut(whole, paid);
      const { waiting } = await readKept(createEngine(), runFolder(folder));
      expect(waiting).toMatchObject([{ hasBegun: true, request: { request: { method: "POST" } } }]);
      const { key } = waiting[0]!.request;
      await say(folder, as, key);
      expect((await errorOf(say(folder, as, key))).code).toBe("REACH-E3008");
      const before = whole.requests.length;
      const { status, annotations } = await goOn(folder, whole);
      const asked = whole.requests.slice(before).map(({ url }) => url);
      const who = annotations.flatMap(({ resolvedBy, retriedBy }) => resolvedBy ?? retriedBy ?? []);
      outcomes.push([status, asked, who]);
    }
    expect(outcomes).toEqual([
      ["completed", ["/v1/put", "/v1/last"], ["clerk-7"]],
      ["faulted", [], ["clerk-7"]],
      ["completed", ["/v1/pay", "/v1/put", "/v1/last"], ["clerk-7"]],
    ]);
    const early = await cut(whole, 1);
    expect((await errorOf(say(early, "retry", "99"))).code).toBe("REACH-E3008");
  });

  it("and asks nothing again for a branch that was cancelled, whatever that had asked for inside", async () => {
    const path = join(await newFolder(), "workflow.yaml");
    const post = `{call: http, with: {method: post, endpoint: "${A}/v1/slow", body: {n: 1}}}`;
    const slow = `do: [{inner: {do: [{ask: ${post}}]}}]`;
    const fast = `{call: http, with: {method: get, endpoint: "${A}/v1/fast"}}`;
    await writeFile(
      path,
      `document: {dsl: "1.0.3", namespace: test, name: race, version: 1.0.0}
do:
  - race: {fork: {compete: true, branches: [{slow: {${slow}}}, {fast: ${fast}}]}}
  - pause: {wait: {milliseconds: 5}}
`,
    );
    const { origin, requests } = await serve((request, response) => {
      if (request.url === "/v1/fast") response.writeHead(200).end("1");
    });
    const addresses = { [A]: origin };
    const folder = join(path, "../run");
    const pack = await loadPack(path);
    const options = { engine: createEngine(), pack, input: bytes("{}"), grant, addresses };
    await run({ ...options, recorder: folderRecorder(folder) });
    const journal = join(folder, "entered.jsonl");
    const lines = (await readFile(journal, "utf8")).match(/.*\n/g) ?? [];
    await writeFile(journal, lines.slice(0, -1).join(""));
    const { waiting } = await readKept(createEngine(), runFolder(folder));
    expect(waiting.map(({ request }) => request.type)).toEqual(["timer"]);
    const before = requests.length;
    expect(
      (await resume({ engine: createEngine(), run: runFolder(folder), addresses })).status,
    ).toBe("completed");
    expect(requests.length).toBe(before);
  });

  it("in one process at a time", async () => {
    const whole = await undisturbed();
    const folder = await cut(whole, 1);
    const both = await Promise.allSettled([goOn(folder, whole), goOn(folder, whole)]);
    const codes = both.map((end) =>
      end.status === "rejected" ? String(end.reason.code) : "ended",
    );
    expect(codes.sort()).toEqual(["REACH-E4114", "ended"]);
  });

  it("not where nothing had entered, and not on another engine", async () => {
    const whole = await undisturbed();
    expect((await errorOf(goOn(await cut(whole, 0), whole))).code).toBe("REACH-E4130");
    const meta = join(whole.folder, "run.json");
    const text = await readFile(meta, "utf8");
    await writeFile(meta, text.replace(/"engine":"[0-9a-f]{4}/, '"engine":"0000'));
    expect((await errorOf(goOn(whole.folder, whole))).code).toBe("REACH-E4140");
  });
});

describe("GRANT-16 what is performed again", () => {
  it.each<[string, object, boolean]>([
    ["clock", {}, true],
    ["random", {}, true],
    ["timer", { ms: 5 }, true],
    ["emit", { event: {} }, true],
    ["llm", { model: "m" }, true],
    ...["GET", "HEAD", "OPTIONS", "PUT", "DELETE"].map((method): [string, object, boolean] => [
      "http",
      { method, uri: `${A}/v1/x` },
      true,
    ]),
    ["http", { method: "POST", uri: `${A}/v1/x` }, false],
    ["http", { method: "PATCH", uri: `${A}/v1/x` }, false],
    ["http", { method: "POST", uri: `${A}/safe/x` }, true],
    ["http", { method: "POST", uri: `${A}/safe/../v1/x` }, false],
    ["mcp", { uri: "https://mcp.example/", method: "tools/list" }, true],
    ["mcp", { uri: "https://mcp.example/", method: "resources/read" }, true],
    [
      "mcp",
      { uri: "https://mcp.example/", method: "tools/call", parameters: { name: "pay" } },
      false,
    ],
    [
      "mcp",
      { uri: "https://mcp.example/", method: "tools/call", parameters: { name: "look" } },
      true,
    ],
    ["grpc", { uri: `${A}/v1.Bank/Pay` }, false],
    ["grpc", { uri: `${A}/safe/Look` }, true],
    ["else", {}, false],
  ])("%s %j", (type, request, expected) => {
    const vouched = {
      http: [{ origin: A, methods: ["POST" as const], paths: ["/safe/*"] }],
      mcp: [{ server: "https://mcp.example/", calls: ["tools/call look"] }],
    };
    const asked = { type, request } as Parameters<typeof isRepeatable>[0];
    expect(isRepeatable(asked, vouched)).toBe(expected);
  });

  it.each<[string, boolean]>([
    ["", false],
    ["option idempotency_level = IDEMPOTENCY_UNKNOWN;", false],
    ["option idempotency_level = NO_SIDE_EFFECTS;", true],
    ["option idempotency_level = IDEMPOTENT;", true],
  ])("a method of gRPC whose definition has %j", (option, expected) => {
    const proto = `syntax = "proto3"; package v1; message M {}
      service Bank { rpc Pay (M) returns (M) { ${option} } }`;
    const pack = makePack(createEngine(), {
      id: "t/t",
      version: "1.0.0",
      workflows: {
        "w.json":
          '{"document":{"dsl":"1.0.3","namespace":"t","name":"t","version":"1.0.0"},"do":[{"a":{"set":{"x":1}}}]}',
      },
    });
    const files = [...pack.files, { path: "bank.proto", bytes: utf8(proto) }];
    const request = {
      uri: `${A}/v1.Bank/Pay`,
      proto: "bank.proto",
      service: "v1.Bank",
      method: "Pay",
    };
    const asked = { type: "grpc", request } as Parameters<typeof isRepeatable>[0];
    expect(isRepeatable(asked, {}, { ...pack, files })).toBe(expected);
    expect(
      isRepeatable(
        { ...asked, request: { ...request, proto: "other.proto" } },
        {},
        { ...pack, files },
      ),
    ).toBe(false);
  });
});
