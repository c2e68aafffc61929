// Canaries in every place where a secret is sent, given back by services in every form and in every place where something
// is recorded: none of it is in what a run leaves behind. Without the guard the same scan finds all of it.
import { Server, ServerCredentials, status } from "@grpc/grpc-js";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import protobuf from "protobufjs";
import { describe, expect, it, vi } from "vitest";
import { canonicalize, createEngine, fromUtf8, replay } from "@reach-fabric/engine";
import { loadPack, memoryRecorder, run } from "@reach-fabric/host";
import type { RunOptions } from "@reach-fabric/host";
import { SecretGuard } from "@reach-fabric/host/testing";
import { later, newFolder, serve } from "../helpers.ts";
import { guardedAlways, guardedLong } from "./forms.ts";

const A = "https://api.example";
const B = "https://other.example";
const T = "https://login.example";
const secrets = {
  bearer: { token: "bearer-CANARY-0123456789" },
  // A header holds no more than ASCII.
  hole: { key: 'hole/CANARY+b"c&d<==\\Zz9' },
  login: { username: "me", password: "login-CANARY-0123456789" },
  stripe: { username: "sk_live_CANARY0123456789", password: "" },
  short: { token: "sh/CANARY-1" },
  app: {
    authority: `${T}/realm`,
    grant: "client_credentials",
    client: { id: "me", secret: "client-CANARY-0123456789" },
  },
};
const ACCESS = "access-CANARY-0123456789";
const REFRESH = "refresh-CANARY-0123456789";

/** Everything that a service can give back, by the place where the secret is. */
const canaries: Readonly<Record<string, string>> = {
  "a bearer's token": secrets.bearer.token,
  "a hole in a body": secrets.hole.key,
  "a password": secrets.login.password,
  "a key as a user's name": secrets.stripe.username,
  "a short token": secrets.short.token,
  "a client's secret": secrets.app.client.secret,
  "an access token": ACCESS,
  "a refresh token": REFRESH,
};

const proto = `syntax = "proto3"; package g; message M { string text = 1; bytes raw = 2; repeated string list = 3; }
service S { rpc Do (M) returns (M); }`;

/** What the services say, in the order in which they are asked; how it is put into an answer is the place's. */
let echoes: string[] = [];
let place = "";
const nextEcho = (): string => echoes.shift() ?? "";

/** Where an echo is put, and with which task it is asked for. */
const used = { use: "bearer" };
const get = { method: "get", endpoint: { uri: `${A}/x`, authentication: { bearer: used } } };
const http = { call: "http", with: get };
const grpc = {
  call: "grpc",
  with: {
    proto: { endpoint: "g.proto" },
    service: { name: "g.S", host: "grpc.example", port: 5011 },
    method: "Do",
    arguments: {},
  },
};
const mcp = {
  call: "mcp",
  with: {
    method: "tools/call",
    transport: { http: { endpoint: `${A}/mcp` } },
    protocolVersion: "2025-06-18",
    parameters: { name: "t" },
  },
};
const named = { ...http, metadata: { reach: { responseHeaders: ["x-echo"] } } };
const places: Readonly<Record<string, object>> = {
  "http: a text": http,
  "http: a name": http,
  "http: deep in a list": http,
  "http: a text that is no JSON": http,
  "http: an error's body": http,
  "http: two texts of a list": http,
  "http: two members": http,
  "http: a later answer of another origin": {
    call: "http",
    with: { method: "get", endpoint: `${B}/x` },
  },
  "http: a header": named,
  "mcp: a text": mcp,
  "mcp: an error": mcp,
  "mcp: two parts": mcp,
  "llm: a text": { call: "llm", with: { model: "small", prompt: "Well?" } },
  "grpc: a text": grpc,
  "grpc: bytes": grpc,
  "grpc: details": grpc,
};

/** Everything is sent once before, so that every token has come. */
const sendingAll = [
  ...["bearer", "short"].map((use) => [use, { bearer: { use } }] as const),
  ...["login", "stripe"].map((use) => [use, { basic: { use } }] as const),
  ["app", { oauth2: { use: "app" } }] as const,
].map(([name, authentication]) => ({
  [name]: { call: "http", with: { method: "get", endpoint: { uri: `${A}/all`, authentication } } },
}));
const hole = {
  call: "http",
  with: { method: "post", endpoint: `${A}/all`, body: "${ $secrets.hole.key }" },
};

function answerOf(echo: string): [status: number, body: string, type?: string] {
  const half = Math.ceil(echo.length / 2);
  const [one, two] = [echo.slice(0, half), echo.slice(half)];
  const of = (value: unknown): [number, string] => [200, JSON.stringify(value)];
  switch (place) {
    case "http: a name":
      return of({ [echo]: 1 });
    case "http: deep in a list":
      return of({ a: [[{ b: [echo] }]] });
    case "http: a text that is no JSON":
      return [200, echo, "text/plain"];
    case "http: an error's body":
      return [400, JSON.stringify({ error: echo })];
    case "http: two texts of a list":
      return of([one, two]);
    case "http: two members":
      return of({ a: one, b: two });
    case "llm: a text":
      return of({ model: "m", choices: [{ finish_reason: "stop", message: { content: echo } }] });
    default:
      return of({ text: place.startsWith("http: a header") ? "" : echo });
  }
}

function mcpAnswer(method: string): object {
  if (method === "initialize") {
    const info = { name: "s", version: "1" };
    return {
      result: { protocolVersion: "2025-06-18", capabilities: { tools: {} }, serverInfo: info },
    };
  }
  const echo = nextEcho();
  const half = Math.ceil(echo.length / 2);
  const texts = place === "mcp: two parts" ? [echo.slice(0, half), echo.slice(half)] : [echo];
  if (place === "mcp: an error") return { error: { code: -32602, message: echo } };
  return { result: { content: texts.map((text) => ({ type: "text", text })) } };
}

/** A service, an authority, a model and an MCP server behind one address. */
async function world(): Promise<string> {
  const { origin } = await serve((request, response, body) => {
    const { url = "" } = request;
    const say = (value: object): void => {
      response.writeHead(200, { "content-type": "application/json" }).end(JSON.stringify(value));
    };
    if (url.endsWith("/token")) {
      return say({ access_token: ACCESS, refresh_token: REFRESH, token_type: "Bearer" });
    }
    if (url === "/all") return say({});
    if (url === "/mcp") {
      if (body === "") return response.writeHead(405).end();
      const { id, method } = JSON.parse(body) as { id?: number; method: string };
      if (id === undefined) return response.writeHead(202).end();
      return say({ jsonrpc: "2.0", id, ...mcpAnswer(method) });
    }
    const echo = nextEcho();
    const [code, text, type = "application/json"] = answerOf(echo);
    if (place === "http: a header") response.setHeader("x-echo", echo);
    return response.writeHead(code, { "content-type": type }).end(text);
  });
  return origin;
}

async function greeter(): Promise<string> {
  const type = protobuf.parse(proto, new protobuf.Root()).root.lookupType("g.M");
  const server = new Server();
  const path = { path: "/g.S/Do", requestStream: false, responseStream: false } as const;
  server.addService(
    {
      do: {
        ...path,
        requestSerialize: (value: object) => Buffer.from(type.encode(value).finish()),
        requestDeserialize: (bytes: Buffer) => type.decode(bytes),
        responseSerialize: (value: object) => Buffer.from(type.encode(value).finish()),
        responseDeserialize: (bytes: Buffer) => type.decode(bytes),
      },
    },
    {
      do: (_: unknown, answer: (error: object | null, value?: object) => void) => {
        const echo = nextEcho();
        if (place === "grpc: details") answer({ code: status.UNAUTHENTICATED, details: echo });
        else answer(null, place === "grpc: bytes" ? { raw: Buffer.from(echo) } : { text: echo });
      },
    },
  );
  const port = await new Promise<number>((resolve, reject) => {
    server.bindAsync("127.0.0.1:0", ServerCredentials.createInsecure(), (error, bound) =>
      error ? reject(error) : resolve(bound),
    );
  });
  later(() => server.forceShutdown());
  return `http://127.0.0.1:${port}`;
}

const G = "https://grpc.example:5011";

/** What a run leaves that asks for every echo in one place: all of it, and what is recorded of each echo. */
async function leftBy(
  task: object,
  count: number,
  options: Partial<RunOptions>,
): Promise<{ readonly all: string; readonly results: readonly string[] }> {
  const folder = await newFolder();
  await writeFile(join(folder, "g.proto"), proto);
  const document = { dsl: "1.0.3", namespace: "test", name: "canary", version: "1.0.0" };
  const asked = Array.from({ length: count }, (_, i) => ({
    [`ask${i}`]: { try: [{ one: task }], catch: { do: [{ none: { set: { denied: true } } }] } },
  }));
  const use = { secrets: Object.keys(secrets) };
  const list = [...sendingAll, { hole }, ...asked];
  await writeFile(join(folder, "w.json"), JSON.stringify({ document, use, do: list }));
  const pack = await loadPack(join(folder, "w.json"));
  const told: unknown[] = [];
  const methods: ("GET" | "POST")[] = ["GET", "POST"];
  const result = await run({
    engine: createEngine(),
    pack,
    input: canonicalize("{}"),
    recorder: memoryRecorder(),
    secrets,
    grant: {
      http: [A, B, T, G].map((origin) => ({ origin, methods, paths: ["/*"] })),
      secrets: Object.keys(secrets).map((name) => ({ name, origins: [A, T] })),
      mcp: [{ server: `${A}/mcp`, calls: ["*"] }],
      models: ["small"],
    },
    onRecord: (record) => told.push(record),
    onWait: (awaits) => told.push(awaits),
    ...options,
  });
  expect(result.status).toBe("completed");
  expect(replay(createEngine(), pack, result.records).status).toBe("reproduced");
  const records = result.records.map((bytes) => fromUtf8(bytes));
  const results = records.filter((text) => text.includes('"kind":"result"')).slice(-count);
  const { output, error, annotations } = result;
  return {
    all: [...records, JSON.stringify({ output, error, annotations, told })].join("\n"),
    results,
  };
}

/** How many echoes there were, and which are in what a run has left. */
async function scan(): Promise<{ readonly tried: number; readonly found: string[] }> {
  const address = await world();
  const addresses = { [A]: address, [B]: address, [T]: address, [G]: await greeter() };
  const providers = { small: { api: "openai-chat" as const, url: `${address}/v1`, model: "m" } };
  const found: string[] = [];
  let tried = 0;
  for (const [name, task] of Object.entries(places)) {
    const cases = Object.entries(canaries).flatMap(([where, secret]) =>
      Object.entries(secret.length < 16 ? guardedAlways : guardedLong)
        .map(([form, make]) => [`${name}: ${where}, ${form}`, make(secret)] as const)
        // A header holds no line's end.
        .filter(([, text]) => name !== "http: a header" || /^[ -~]*$/.test(text)),
    );
    place = name;
    echoes = cases.map(([, text]) => text);
    tried += cases.length;
    const { all, results } = await leftBy(task, cases.length, { addresses, providers });
    for (const [i, [what, text]] of cases.entries()) {
      // As it is written in JSON, once more where it is a text in one; of one that is split, the second part.
      const part = /two/.test(name) ? text.slice(Math.ceil(text.length / 2)) : text;
      const escaped = JSON.stringify(part).slice(1, -1);
      const written = [
        part,
        escaped,
        JSON.stringify(escaped).slice(1, -1),
        Buffer.from(text).toString("base64"),
      ];
      if (written.some((one) => results[i]?.includes(one) || (isGuarded && all.includes(one))))
        found.push(what);
    }
  }
  return { tried, found };
}
let isGuarded = true;

describe("canaries", { timeout: 300_000 }, () => {
  it("are in nothing that a run leaves, and without the guard all of them are", async () => {
    later(() => vi.restoreAllMocks());
    const guarded = await scan();
    expect(guarded.found).toEqual([]);
    isGuarded = false;
    vi.spyOn(SecretGuard.prototype, "holds").mockReturnValue(false);
    const open = await scan();
    expect(open.tried - open.found.length).toBe(0);
    expect(guarded.tried).toBe(open.tried);
    process.stdout.write(
      `canaries: ${open.found.length} of ${open.tried} found without the guard, none with it\n`,
    );
  });
});
