// A run's guard over whatever performs its effects, and its tokens over all ways out (GRANT-15, GRANT-20).
import { describe, expect, it } from "vitest";
import { canonicalize, createEngine, fromUtf8, makePack } from "@reach-fabric/engine";
import { HostTrouble, memoryRecorder, run } from "@reach-fabric/host";
import type { Effects, RunOptions, RunResult } from "@reach-fabric/host";
import { errorOf, json, serve } from "../helpers.ts";

const A = "https://a.example";
const T = "https://login.example";
const TOKEN = "tok-0123456789abcdef";
const app = {
  authority: `${T}/realm`,
  grant: "client_credentials",
  client: { id: "me", secret: "the-proof-of-the-client" },
};
const secrets = { key: { token: TOKEN }, app };

async function runOf(tasks: readonly object[], more: Partial<RunOptions>): Promise<RunResult> {
  const engine = createEngine();
  const document = { dsl: "1.0.3", namespace: "test", name: "guarded", version: "1.0.0" };
  const content = JSON.stringify({ document, use: { secrets: ["key", "app"] }, do: tasks });
  const pack = makePack(engine, {
    id: "test/guarded",
    version: "1.0.0",
    workflows: { "w.json": content },
  });
  return run({
    engine,
    pack,
    input: canonicalize("{}"),
    recorder: memoryRecorder(),
    grant: {
      http: [A, T].map((origin) => ({ origin, methods: ["GET", "POST"], paths: ["/*"] })),
      secrets: [
        { name: "key", origins: [A] },
        { name: "app", origins: [A, T] },
      ],
      mcp: [{ server: `${A}/mcp`, calls: ["*"] }],
      emit: ["*"],
    },
    secrets,
    ...more,
  });
}

const get = (authentication: object): object => ({
  call: "http",
  with: { method: "get", endpoint: { uri: `${A}/x`, authentication } },
});
const left = ({ records, annotations, error }: RunResult): string =>
  records.map((bytes) => fromUtf8(bytes)).join() + JSON.stringify({ annotations, error });

describe("GRANT-20: what an embedder performs is guarded as well", () => {
  it.each<[string, Partial<Effects>, object]>([
    [
      "a body",
      {
        fetch: async () => ({
          result: { status: 200, headers: {} },
          body: Buffer.from(`"${TOKEN}"`),
        }),
      },
      { failure: "denied" },
    ],
    [
      "a header",
      { fetch: async () => ({ result: { status: 200, headers: { a: TOKEN } } }) },
      { failure: "denied" },
    ],
    [
      "a note",
      {
        fetch: async () => ({
          result: { failure: "reset" },
          note: { code: "MINE", why: `sent ${encodeURIComponent(TOKEN)} in vain` },
        }),
      },
      { failure: "reset" },
    ],
    [
      "the code of a note",
      { fetch: async () => ({ result: { failure: "reset" }, note: { code: TOKEN, why: "x" } }) },
      { failure: "reset" },
    ],
  ])("%s", async (_, effects, result) => {
    const ended = await runOf([{ a: get({ bearer: { use: "key" } }) }], { effects });
    expect(left(ended)).not.toContain(TOKEN);
    expect(left(ended)).toContain(JSON.stringify(result).slice(1, -1));
    expect(ended.annotations.some(({ code }) => code === "REACH-E3110")).toBe(true);
  });

  it("the words of a trouble, told and thrown", async () => {
    const told: unknown[] = [];
    const work = runOf([{ a: get({ bearer: { use: "key" } }) }], {
      effects: { fetch: () => Promise.reject(new HostTrouble(`no way for ${TOKEN} today`)) },
      trouble: { tries: 2, pause: 1 },
      onWait: (awaits) => told.push(awaits),
    });
    const error = await errorOf(work);
    expect([error.code, error.why]).toEqual([
      "REACH-E3009",
      "no way for [redacted] today; it was tried 2 times",
    ]);
    expect(JSON.stringify(told)).toContain("no way for [redacted] today");
    expect(JSON.stringify(told)).not.toContain(TOKEN);
  });
});

it("GRANT-12: a run with a secret that is too short does not begin", async () => {
  const recorder = memoryRecorder();
  const short = { ...secrets, key: { token: "short" } };
  const error = await errorOf(
    runOf([{ a: get({ bearer: { use: "key" } }) }], { recorder, secrets: short }),
  );
  expect([error.code, error.where]).toEqual(["REACH-E4133", "secret key.token"]);
});

it("GRANT-15: one token serves the calls of an MCP server in a run, another its requests", async () => {
  const { origin, requests } = await serve((request, response, body) => {
    const { url = "" } = request;
    if (url.endsWith("/token")) {
      const token = {
        access_token: "access-0123456789abc",
        token_type: "Bearer",
        expires_in: 3600,
      };
      return json(token)(request, response, body);
    }
    if (url === "/x" || body === "") return json({})(request, response, body);
    const { id, method } = JSON.parse(body) as { id?: number; method: string };
    if (id === undefined) return response.writeHead(202).end();
    const info = { name: "s", version: "1" };
    const first = { protocolVersion: "2025-06-18", capabilities: { tools: {} }, serverInfo: info };
    const result = method === "initialize" ? first : { content: [] };
    return json({ jsonrpc: "2.0", id, result })(request, response, body);
  });
  const authentication = { oauth2: { use: "app" } };
  const mcp = {
    call: "mcp",
    with: {
      method: "tools/call",
      transport: { http: { endpoint: { uri: `${A}/mcp`, authentication } } },
      protocolVersion: "2025-06-18",
      parameters: { name: "t" },
    },
  };
  const tasks = [{ a: mcp }, { b: get(authentication) }, { c: mcp }];
  const { status } = await runOf(tasks, { addresses: { [A]: origin, [T]: origin } });
  expect(status).toBe("completed");
  // One for the MCP server, and for no other (RFC 8707); one for all else.
  const asked = requests.filter(({ url }) => url.endsWith("/token"));
  expect(asked.map(({ body }) => new URLSearchParams(body).get("resource"))).toEqual([
    `${A}/mcp`,
    null,
  ]);
  const others = requests.filter(({ url }) => !url.endsWith("/token"));
  expect(others.map(({ headers }) => headers["authorization"])).toEqual(
    others.map(() => "Bearer access-0123456789abc"),
  );
});
