// What a run tells the security log, by the public API. docs/spec/security-log.md, SEC-1.
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { Readable } from "node:stream";
import { describe, expect, test } from "vitest";
import { createEngine } from "@reach-fabric/engine";
import {
  commandFile,
  createPerformer,
  createSecurityLog,
  effectiveGrant,
  eventFile,
  folderRecorder,
  loadPack,
  memoryRecorder,
  readKept,
  resolveEffect,
  resume,
  run,
  runFolder,
} from "@reach-fabric/host";
import type { RunOptions, SecurityLog } from "@reach-fabric/host";
import type { SecurityRecord } from "@reach-fabric/schema";
import { bytes, json, newFolder, serve } from "../helpers.ts";

const A = "https://api.example";
const B = "https://other.example";
const TOKEN = "bearer-CANARY-0123456789";
const secrets = { key: { token: TOKEN } };

/** A log that keeps its records. */
function collecting(): { log: SecurityLog; records: SecurityRecord[]; told: () => unknown[] } {
  const records: SecurityRecord[] = [];
  const sink = { write: (record: SecurityRecord) => void records.push(record) };
  const log = createSecurityLog({ actor: "ops-7", sinks: [sink], clock: () => 0 });
  const told = (): unknown[] =>
    records.map((all) => {
      const { v: _, at: __, actor: ___, outcome, ...record } = all;
      return [record.type, outcome, record];
    });
  return { log, records, told };
}

/** Runs tasks; the records of it, without what all have. */
async function toldBy(
  tasks: readonly object[],
  options: Partial<RunOptions> = {},
): Promise<{ told: unknown[]; status: string }> {
  const path = join(await newFolder(), "workflow.json");
  const document = { dsl: "1.0.3", namespace: "t", name: "t", version: "1.0.0" };
  const use = { secrets: ["key", "app"] };
  await writeFile(path, JSON.stringify({ document, use, do: tasks }));
  const { log, told } = collecting();
  const recorder = memoryRecorder();
  const status = await run({
    engine: createEngine(),
    pack: await loadPack(path),
    input: bytes(JSON.stringify({ a: A, b: B, aws: "http://169.254.169.254" })),
    secrets,
    recorder,
    security: log,
    ...options,
  }).then(
    (result) => result.status,
    (error: { code: string }) => error.code,
  );
  const { id } = recorder.run;
  const own = JSON.parse(JSON.stringify(told()).replaceAll(id, "RUN")) as unknown[];
  expect(JSON.stringify(own)).not.toContain("CANARY");
  return { told: own, status };
}

const get = (uri: string, more: object = {}): object => ({
  call: "http",
  with: { method: "get", endpoint: { uri, ...more }, redirect: true },
});
const bearer = { authentication: { bearer: { use: "key" } } };
const grant = effectiveGrant({
  http: [{ origin: A, methods: ["GET"], paths: ["/*"] }],
  secrets: [{ name: "key", origins: [A] }],
});
const denied = (more: object): unknown => [
  "grant.denied",
  "failure",
  { type: "grant.denied", run: "RUN", by: "engine", ...more },
];

describe("a run tells of", () => {
  test.each([
    ["a request", get('${ .b + "/x?token=abc" }'), { kind: "http", origin: B }],
    [
      "a header",
      {
        call: "http",
        with: { method: "get", endpoint: `${A}/x`, headers: { "X-Forwarded-Host": "b" } },
      },
      { kind: "http", origin: A },
    ],
    ["a secret", get(`${B}/x`, bearer), { kind: "secret", origin: B, secret: "key" }],
    [
      "an event",
      { emit: { event: { with: { type: "${ .a }", source: "/x" } } } },
      { kind: "emit", origin: A },
    ],
    [
      "a model",
      { call: "llm", with: { model: "none", messages: [{ role: "user", content: "x" }] } },
      { kind: "llm" },
    ],
    [
      "a call of MCP",
      {
        call: "mcp",
        with: {
          method: "tools/call",
          parameters: { name: "t" },
          transport: { http: { endpoint: `${A}/mcp` } },
        },
      },
      { kind: "mcp", origin: A },
    ],
  ])("SEC-1: %s that the engine denies, once, wherever the task is", async (_, task, about) => {
    const open =
      about.kind === "secret"
        ? { ...grant, http: [{ origin: B, methods: ["GET" as const], paths: ["/*"] }] }
        : grant;
    const tasks = [{ outer: { do: [{ ask: task }] } }];
    const { told, status } = await toldBy(tasks, { grant: open });
    expect(status).toBe("faulted");
    expect(told).toEqual([denied({ ...about, task: "/do/0/outer/do/0/ask" })]);
  });

  test("SEC-1: a denial that the workflow catches", async () => {
    const caught = { try: [{ ask: get("${ .b }") }], catch: { do: [{ go: { set: { x: 1 } } }] } };
    const { told, status } = await toldBy([{ outer: caught }], { grant });
    expect([status, told]).toEqual([
      "completed",
      [denied({ kind: "http", origin: B, task: "/do/0/outer/try/0/ask" })],
    ]);
  });

  test("SEC-1: what the host denies though the engine did not, and a secret that is not there", async () => {
    const effects = {
      fetch: async () => ({
        result: { failure: "denied" as const },
        note: { code: "REACH-E3102", why: "no" },
      }),
    };
    const { told } = await toldBy([{ ask: get(`${A}/x`) }], { grant, effects });
    const about = {
      type: "grant.denied",
      run: "RUN",
      effect: "0",
      by: "host",
      origin: A,
      task: "/do/0/ask",
    };
    expect(told).toEqual([
      ["grant.denied", "failure", { ...about, kind: "http", code: "REACH-E3102" }],
    ]);
    const without = await toldBy([{ ask: get(`${A}/x`, bearer) }], { grant, secrets: {} });
    expect(without.told).toEqual([
      ["grant.denied", "failure", { ...about, kind: "secret", code: "REACH-E3106" }],
    ]);
  });

  test("SEC-1: a secret that is sent, and one that comes back", async () => {
    const { origin } = await serve((request, response) =>
      json({ you: request.headers.authorization })(request, response, ""),
    );
    const { told, status } = await toldBy([{ ask: get(`${A}/x`, bearer) }], {
      grant,
      addresses: { [A]: origin },
    });
    expect(status).toBe("faulted");
    const redeemed = { type: "secret.redeemed", run: "RUN", secret: "key", origin: A };
    const caught = {
      type: "secret.caught",
      run: "RUN",
      effect: "0",
      kind: "http",
      code: "REACH-E3110",
      origin: A,
    };
    expect(told).toEqual([
      ["secret.redeemed", "success", redeemed],
      ["secret.caught", "failure", caught],
    ]);
  });

  test("SEC-1: a secret wherever it is sent: in a body, to an authority, to an MCP server, to a model's provider", async () => {
    const T = "https://login.example";
    const { origin } = await serve((request, response, body) => {
      if (request.url?.endsWith("/token") === true) {
        const token = {
          access_token: "access-0123456789abc",
          token_type: "Bearer",
          expires_in: 3600,
        };
        return json(token)(request, response, body);
      }
      return json({})(request, response, body);
    });
    const app = {
      authority: `${T}/realm`,
      grant: "client_credentials",
      client: { id: "me", secret: TOKEN },
    };
    const open = effectiveGrant({
      http: [A, T].map((one) => ({ origin: one, methods: ["GET", "POST"], paths: ["/*"] })),
      mcp: [{ server: `${A}/mcp`, calls: ["*"] }],
      secrets: [
        { name: "key", origins: [A] },
        { name: "app", origins: [A, T] },
      ],
      models: ["small"],
    });
    const url = `${origin}/v1`;
    const options = {
      grant: open,
      secrets: { ...secrets, app },
      addresses: { [A]: origin, [T]: origin },
      providers: { small: { api: "openai-chat", url, model: "m", secret: "key" } },
    } as const;
    const redeemedBy = async (task: object): Promise<unknown[]> => {
      const caught = { try: [{ ask: task }], catch: { do: [{ go: { set: { x: 1 } } }] } };
      const { told } = await toldBy([{ outer: caught }], options);
      const records = told.map((one) => (one as unknown[])[2] as Record<string, string>);
      return records
        .filter(({ type }) => type === "secret.redeemed")
        .map(({ secret, origin: to }) => [secret, to]);
    };
    const body = { key: "${ $secrets.key.token }", also: '${ "x" + $secrets.key.token }' };
    const post = { call: "http", with: { method: "post", endpoint: `${A}/x`, body } };
    expect(await redeemedBy(post)).toEqual([["key", A]]);
    // The API gets the token alone.
    const oauth = { authentication: { oauth2: { use: "app" } } };
    expect(await redeemedBy(get(`${A}/x`, oauth))).toEqual([["app", T]]);
    const endpoint = { uri: `${A}/mcp`, ...bearer };
    const mcp = { method: "tools/list", transport: { http: { endpoint } } };
    const calls = await redeemedBy({ call: "mcp", with: mcp });
    expect(calls.length).toBeGreaterThan(0);
    expect(calls).toEqual(calls.map(() => ["key", A]));
    const question = { model: "small", messages: [{ role: "user", content: "x" }] };
    expect(await redeemedBy({ call: "llm", with: question })).toEqual([["key", origin]]);
  });

  test("SEC-1: an address, a redirect and a header that are refused", async () => {
    const { origin } = await serve((_, response) =>
      response.writeHead(302, { location: `${B}/y` }).end(),
    );
    const refused = (reason: string, code: string, to: string): unknown => [
      "egress.refused",
      "failure",
      { type: "egress.refused", run: "RUN", effect: "0", kind: "http", reason, code, origin: to },
    ];
    const meta = "http://169.254.169.254";
    const open = effectiveGrant({ http: [{ origin: meta, methods: ["GET"], paths: ["/*"] }] });
    const address = await toldBy([{ ask: get('${ .aws + "/latest" }') }], { grant: open });
    expect(address.told).toEqual([refused("address", "REACH-E3104", meta)]);
    const redirect = await toldBy([{ ask: get(`${A}/x`) }], { grant, addresses: { [A]: origin } });
    expect(redirect.told).toEqual([refused("redirect", "REACH-E3210", A)]);
    const effects = {
      fetch: async () => ({
        result: { failure: "denied" as const },
        note: { code: "REACH-E3103", why: "no" },
      }),
    };
    const header = await toldBy([{ ask: get(`${A}/x`) }], { grant, effects });
    expect(header.told).toEqual([refused("request", "REACH-E3103", A)]);
  });

  test("SEC-1: an answer that no record can hold, an event and a command that are none", async () => {
    const refused = (input: string, code: string, more: object = {}): unknown => [
      "input.refused",
      "failure",
      { type: "input.refused", run: "RUN", input, code, ...more },
    ];
    const effects = { fetch: () => Promise.reject(new Error(TOKEN)) };
    const answer = await toldBy([{ ask: get(`${A}/x`) }], { grant, effects });
    expect(answer.told).toEqual([refused("answer", "REACH-E3236", { effect: "0" })]);
    const odd = { fetch: async () => ({ result: { status: 9_999, headers: {} } }) };
    const unfit = await toldBy([{ ask: get(`${A}/x`) }], { grant, effects: odd });
    expect(unfit.told).toEqual([refused("answer", "REACH-E3236", { effect: "0" })]);
    const listen = { wait: { listen: { to: { one: { with: { type: "t" } } } } } };
    const lineOf = (value: object): Readable =>
      Readable.from([Buffer.from(`${JSON.stringify(value)}\n`)]);
    const event = await toldBy([listen], { events: eventFile(lineOf({ type: "t" })) });
    expect([event.status, event.told]).toEqual(["REACH-E3005", [refused("event", "REACH-E3005")]]);
    const commands = commandFile(lineOf({ command: "explode" }));
    const command = await toldBy([listen], { commands });
    expect([command.status, command.told]).toEqual([
      "REACH-E3006",
      [refused("command", "REACH-E3006")],
    ]);
  });

  test("SEC-3: nothing of its secrets, in whatever text one is", async () => {
    const host = "tok-canary-0123456789";
    // An input that holds it by itself is refused.
    const rest = host.slice(4);
    const { told } = await toldBy([{ ask: get('${ "https://tok-" + .rest + ".example/x" }') }], {
      grant,
      secrets: { key: { token: host.toUpperCase() } },
      input: bytes(JSON.stringify({ rest })),
    });
    expect(told).toEqual([
      denied({ kind: "http", origin: "https://[redacted].example", task: "/do/0/ask" }),
    ]);
  });

  test("SEC-1: nothing, where there is nothing to tell", async () => {
    const { origin } = await serve(json({ ok: true }));
    const { told, status } = await toldBy([{ ask: get(`${A}/x`) }], {
      grant,
      addresses: { [A]: origin },
    });
    expect([status, told]).toEqual(["completed", []]);
  });
});

test("SEC-1: a hypothesis tells of what it asks", async () => {
  const { log, told } = collecting();
  const pack = await loadPack(
    join(import.meta.dirname, "../../../examples/loan-prescreen/workflow.yaml"),
  );
  const performer = createPerformer({ pack, grant: {}, security: log });
  const request = { method: "GET", uri: `${A}/x`, headers: {}, redirect: false };
  const record = {
    kind: "request",
    seq: 1,
    key: "0",
    type: "http",
    occurrence: 1,
    task: "/do/0/ask",
    iteration: [] as number[],
    request,
  } as const;
  const { result } = await performer.perform(record, new AbortController().signal);
  await performer.close();
  expect(result).toEqual({ failure: "denied" });
  expect(told()).toEqual([
    [
      "grant.denied",
      "failure",
      {
        type: "grant.denied",
        effect: "0",
        kind: "http",
        by: "host",
        code: "REACH-E3102",
        origin: A,
        task: "/do/0/ask",
      },
    ],
  ]);
});

test("SEC-1: what a person says of an effect is told with who says it, and so is what cannot be said", async () => {
  const folder = join(await newFolder(), "run");
  const path = join(await newFolder(), "workflow.json");
  const document = { dsl: "1.0.3", namespace: "t", name: "t", version: "1.0.0" };
  const post = { call: "http", with: { method: "post", endpoint: `${A}/pay`, body: { n: 1 } } };
  await writeFile(path, JSON.stringify({ document, do: [{ pay: post }] }));
  const stop = new AbortController();
  const engine = createEngine();
  const open = effectiveGrant({ http: [{ origin: A, methods: ["POST"], paths: ["/pay"] }] });
  const recorder = folderRecorder(folder);
  const hanging = new Promise<never>((_, reject) => {
    stop.signal.addEventListener("abort", () => reject(new Error("stopped")));
  });
  const cut = run({
    engine,
    pack: await loadPack(path),
    input: bytes("{}"),
    grant: open,
    recorder,
    signal: stop.signal,
    effects: {
      fetch: () => {
        stop.abort(new Error("interrupted"));
        return hanging;
      },
    },
  });
  await expect(cut).rejects.toMatchObject({ code: "REACH-E3002" });
  const { waiting } = await readKept(createEngine(), runFolder(folder));
  expect(waiting).toMatchObject([{ hasBegun: true }]);
  const { log, records } = collecting();
  const say = (key: string): Promise<unknown> =>
    resolveEffect({
      engine: createEngine(),
      run: runFolder(folder),
      key,
      by: "clerk-7",
      as: { result: { failure: "timeout" } },
      at: "2026-11-23T07:00:00.000Z",
      security: log,
    });
  await say("0");
  await expect(say("0")).rejects.toMatchObject({ code: "REACH-E3008" });
  await expect(say("../0")).rejects.toMatchObject({ code: "REACH-E3008" });
  const about = { type: "effect.resolved", actor: "clerk-7", run: recorder.run.id, as: "failure" };
  expect(records).toMatchObject([
    { ...about, outcome: "success", effect: "0" },
    { ...about, outcome: "failure", effect: "0", code: "REACH-E3008" },
    { ...about, outcome: "failure", code: "REACH-E3008" },
  ]);
  // Going on tells nothing again of what was before.
  const { log: later, records: after } = collecting();
  const ended = await resume({ engine: createEngine(), run: runFolder(folder), security: later });
  expect([ended.status, after]).toEqual(["faulted", []]);
});

test("SEC-8: a log that fails, or refuses, changes nothing of a run", async () => {
  const document = { dsl: "1.0.3", namespace: "t", name: "t", version: "1.0.0" };
  const path = join(await newFolder(), "workflow.json");
  await writeFile(path, JSON.stringify({ document, do: [{ ask: get("${ .b }") }] }));
  const decided = async (security?: SecurityLog): Promise<unknown> => {
    const { status, decision, records } = await run({
      engine: createEngine(),
      pack: await loadPack(path),
      input: bytes(JSON.stringify({ b: B })),
      grant,
      recorder: memoryRecorder(),
      ...(security && { security }),
    });
    return [status, decision, records.map((record) => Buffer.from(record).toString())];
  };
  const plain = await decided();
  const told: string[] = [];
  const broken = createSecurityLog({
    actor: "ops-7",
    sinks: [{ write: () => Promise.reject(new Error("full")) }],
    onTrouble: ({ code }) => void told.push(code),
  });
  expect(await decided(broken)).toEqual(plain);
  await broken.close();
  expect(told).toEqual(["REACH-E4182"]);
  const throwing: SecurityLog = {
    ...broken,
    note: () => {
      throw new Error("an embedder's own log");
    },
  };
  expect(await decided(throwing)).toEqual(plain);
});
