// call mcp against real MCP servers on loopback, of both eras of the protocol (WF-61 to WF-63, GRANT-14).
import { McpServer, createMcpHandler } from "@modelcontextprotocol/server";
import type { IncomingMessage, ServerResponse } from "node:http";
import { describe, expect, it } from "vitest";
import * as z from "zod";
import {
  canonicalize,
  createEngine,
  fromUtf8,
  makePack,
  parseRecord,
  replay,
} from "@reach-fabric/engine";
import { memoryRecorder, run } from "@reach-fabric/host";
import { createOutside } from "@reach-fabric/host/testing";
import type { RunOptions, RunResult } from "@reach-fabric/host";
import { json, serve } from "../../helpers.ts";
import type { Seen } from "../../helpers.ts";

const uri = "https://tools.example/mcp";
const secrets = { key: { token: "tok-abcdef" } };
const grant = {
  mcp: [
    {
      server: uri,
      calls: ["tools/call add", "tools/call fail*", "tools/list", "resources/read file:*"],
    },
  ],
};

function makeServer(): McpServer {
  const server = new McpServer({ name: "tools", version: "1.0.0" });
  server.registerTool(
    "add",
    {
      inputSchema: z.object({ a: z.number(), b: z.number() }),
      outputSchema: z.object({ sum: z.number() }),
    },
    ({ a, b }) => ({
      content: [{ type: "text", text: `${a + b}` }],
      structuredContent: { sum: a + b },
    }),
  );
  server.registerTool("fail", { inputSchema: z.object({}) }, () => ({
    isError: true,
    content: [{ type: "text", text: "out of order" }],
  }));
  server.registerResource("note", "file:///note", {}, () => ({
    contents: [{ uri: "file:///note", text: "hello" }],
  }));
  return server;
}

/** A server of the protocol behind node's http. */
async function mcpServer(
  options: Parameters<typeof createMcpHandler>[1] = {},
): Promise<{ origin: string; requests: Seen[] }> {
  const handler = createMcpHandler(makeServer, options);
  const answer = async (
    request: IncomingMessage,
    response: ServerResponse,
    body: string,
  ): Promise<void> => {
    const headers = new Headers(
      Object.entries(request.headers).map(
        ([name, value]) => [name, String(value)] as [string, string],
      ),
    );
    const { method = "GET", url = "/" } = request;
    const got = await handler.fetch(
      new Request(`http://${request.headers.host ?? ""}${url}`, {
        method,
        headers,
        ...(body === "" ? {} : { body }),
      }),
    );
    response.writeHead(got.status, Object.fromEntries(got.headers));
    response.end(Buffer.from(await got.arrayBuffer()));
  };
  return serve((request, response, body) => void answer(request, response, body));
}

async function runWith(
  origin: string,
  args: object,
  more: Partial<RunOptions> = {},
): Promise<RunResult> {
  const engine = createEngine();
  const document = { dsl: "1.0.3", namespace: "test", name: "mcp", version: "1.0.0" };
  const given = { method: "tools/call", transport: { http: { endpoint: uri } }, ...args };
  const pack = makePack(engine, {
    id: "test/mcp",
    version: "1.0.0",
    workflows: {
      "w.json": JSON.stringify({
        document,
        use: { secrets: ["key"] },
        do: [{ ask: { call: "mcp", with: given } }],
      }),
    },
  });
  const result = await run({
    engine,
    pack,
    input: canonicalize("{}"),
    recorder: memoryRecorder(),
    grant,
    addresses: { "https://tools.example": origin },
    secrets,
    ...more,
  });
  expect(replay(createEngine(), pack, result.records).status).toBe("reproduced");
  return result;
}

const add = { parameters: { name: "add", arguments: { a: 2, b: 3 } } };
const methodsOf = (requests: readonly Seen[]): unknown[] =>
  requests.map(({ body }) => (body === "" ? "" : (JSON.parse(body) as { method: string }).method));
const errorOf = ({ error }: RunResult): unknown => error;

describe("a call of an MCP server", () => {
  it("of today gives the method's result, in one record", async () => {
    const { origin, requests } = await mcpServer();
    const result = await runWith(origin, add);
    expect(result.output).toMatchObject({ structuredContent: { sum: 5 } });
    expect(methodsOf(requests)).toContain("tools/call");
    expect(methodsOf(requests)).not.toContain("initialize");
    const results = result.records
      .map((bytes) => parseRecord(bytes))
      .filter(({ kind }) => kind === "result");
    expect(results).toHaveLength(1);
  });

  it("of 2025 shakes hands first; both eras give the workflow the same", async () => {
    const { origin, requests } = await mcpServer();
    const result = await runWith(origin, { ...add, protocolVersion: "2025-06-18" });
    expect(result.output).toMatchObject({ structuredContent: { sum: 5 } });
    expect(methodsOf(requests).slice(0, 1)).toEqual(["initialize"]);
    expect(methodsOf(requests).at(-1)).toBe("tools/call");
  });

  it("asks a server that does not know the probe in the old way", async () => {
    const { origin } = await serve((_, response, body) => {
      const { id, method } = JSON.parse(body) as { id?: number; method: string };
      const say = (result: object): void => json({ jsonrpc: "2.0", id, result })(_, response, body);
      if (method === "initialize") {
        say({
          protocolVersion: "2025-11-25",
          capabilities: { tools: {} },
          serverInfo: { name: "old", version: "1" },
        });
      } else if (method === "tools/call") say({ content: [], structuredContent: { sum: 7 } });
      else if (id === undefined) response.writeHead(202).end();
      else
        json({ jsonrpc: "2.0", id, error: { code: -32601, message: "Method not found" } })(
          _,
          response,
          body,
        );
    });
    const result = await runWith(origin, add);
    expect(result.output).toEqual({ content: [], structuredContent: { sum: 7 } });
  });

  it("records a server's own words, whatever they begin with", async () => {
    const { origin } = await serve((request, response, body) => {
      const { id, method } = JSON.parse(body) as { id?: number; method: string };
      const error = { code: -32000, message: "MCP error -32000: busy" };
      const serverInfo = { name: "own", version: "1" };
      const result = { protocolVersion: "2025-06-18", capabilities: { tools: {} }, serverInfo };
      const said = method === "initialize" ? { result } : { error };
      if (id === undefined) response.writeHead(202).end();
      else json({ jsonrpc: "2.0", id, ...said })(request, response, body);
    });
    const { records } = await runWith(origin, { ...add, protocolVersion: "2025-06-18" });
    const results = records.map((bytes) => parseRecord(bytes));
    expect(results.find(({ kind }) => kind === "result")).toMatchObject({
      result: { error: { code: -32000, message: "MCP error -32000: busy" } },
    });
  });

  it("reads a stream of events as it reads JSON", async () => {
    const { origin } = await mcpServer({ responseMode: "sse" });
    expect((await runWith(origin, add)).output).toMatchObject({ structuredContent: { sum: 5 } });
  });

  it("reads resources and lists tools", async () => {
    const { origin } = await mcpServer();
    const read = await runWith(origin, {
      method: "resources/read",
      parameters: { uri: "file:///note" },
    });
    expect(read.output).toMatchObject({ contents: [{ text: "hello" }] });
    const list = await runWith(origin, { method: "tools/list" });
    expect((list.output as { tools: { name: string }[] }).tools.map(({ name }) => name)).toEqual([
      "add",
      "fail",
    ]);
  });

  it("sends the workflow's headers and the secret, and records neither the secret nor the session", async () => {
    const { origin, requests } = await mcpServer();
    const endpoint = { uri, authentication: { bearer: { use: "key" } } };
    const http = { endpoint, headers: { "x-tenant": "t1" } };
    const origins = ["https://tools.example"];
    const result = await runWith(
      origin,
      { ...add, transport: { http } },
      {
        grant: { ...grant, secrets: [{ name: "key", origins }] },
      },
    );
    expect(result.status).toBe("completed");
    for (const { headers } of requests) {
      expect(headers).toMatchObject({ authorization: "Bearer tok-abcdef", "x-tenant": "t1" });
    }
    expect(result.records.map((bytes) => fromUtf8(bytes)).join()).not.toContain("tok-abcdef");
    const keys = requests.map(({ headers }) => headers["idempotency-key"]);
    expect(new Set(keys).size).toBe(keys.length);
    expect(keys.at(-1)).toMatch(/^[0-9a-f]{64}$/);
  });

  it("faults with what a tool says of its failure", async () => {
    const { origin } = await mcpServer();
    const result = await runWith(origin, { parameters: { name: "fail" } });
    expect(errorOf(result)).toMatchObject({
      status: 502,
      title: "The tool has failed",
      detail: "out of order",
    });
  });

  it("faults with the protocol's own errors", async () => {
    const { origin } = await mcpServer();
    const result = await runWith(origin, {
      method: "resources/read",
      parameters: { uri: "file:///none" },
    });
    expect(errorOf(result)).toMatchObject({
      status: 502,
      title: "The MCP server answered with an error",
      detail: expect.stringMatching(/^-32\d{3} /) as string,
    });
  });

  it.each([
    [
      "another tool",
      { parameters: { name: "drop" } },
      "tools/call drop of https://tools.example/mcp",
    ],
    ["another method", { method: "prompts/list" }, "prompts/list of https://tools.example/mcp"],
    [
      "another server",
      { ...add, transport: { http: { endpoint: "https://tools.example/other" } } },
      "tools/call add of https://tools.example/other",
    ],
    [
      "the same with a query",
      { ...add, transport: { http: { endpoint: `${uri}?a=1` } } },
      undefined,
    ],
  ])("is denied where the grant does not name it: %s", async (_, args, detail) => {
    const { origin, requests } = await mcpServer();
    const result = await runWith(origin, args);
    expect(errorOf(result)).toMatchObject({
      status: 403,
      ...(detail === undefined ? {} : { detail }),
    });
    expect(requests).toHaveLength(0);
  });

  it.each([
    ["an error status", 500, { status: 500 }],
    ["no permission", 401, { status: 401 }],
  ])("faults at %s", async (_, status, expected) => {
    const { origin } = await serve((_request, response) => response.writeHead(status).end());
    expect(errorOf(await runWith(origin, add))).toMatchObject(expected);
  });

  it("faults when nothing comes in time", async () => {
    const { origin } = await serve(() => undefined);
    const result = await runWith(origin, { ...add, timeout: { milliseconds: 200 } });
    expect(errorOf(result)).toMatchObject({ status: 503, detail: "timeout" });
  });

  it("faults at what is not MCP, too much, and a server that is not there", async () => {
    const { origin: odd } = await serve(json({ hello: 1 }));
    expect(errorOf(await runWith(odd, add))).toMatchObject({ status: 502, detail: "protocol" });
    const { origin: long } = await serve(json("x".repeat(10_000)));
    const small = { egress: { bytes: 1000 } };
    expect(errorOf(await runWith(long, add, small))).toMatchObject({ detail: "tooLarge" });
    expect(errorOf(await runWith("http://127.0.0.1:9", add))).toMatchObject({ detail: "refused" });
  });
});

describe("GRANT-22: a header that the transport of MCP says", () => {
  it.each(["mcp-session-id", "mcp-method", "mcp-param-a", "last-event-id", "x-real-ip"])(
    "%s is not the workflow's to say, whatever the engine let through",
    async (name) => {
      const { origin, requests } = await mcpServer();
      const pack = makePack(createEngine(), {
        id: "test/mcp",
        version: "1.0.0",
        workflows: {
          "w.json": JSON.stringify({
            document: { dsl: "1.0.3", namespace: "test", name: "mcp", version: "1.0.0" },
            do: [{ a: { set: {} } }],
          }),
        },
      });
      const addresses = { "https://tools.example": origin };
      const outside = createOutside({ pack, grant, addresses });
      const asked = { uri, method: "tools/list", protocolVersion: "2026-07-28", timeout: 5000 };
      const context = { idempotencyKey: "k", attempt: 1, signal: new AbortController().signal };
      const ask = (headers: object): Promise<{ result: object }> =>
        outside.mcp({ ...asked, headers } as unknown as Parameters<typeof outside.mcp>[0], context);
      expect((await ask({ [name]: "x" })).result).toEqual({ failure: "denied" });
      expect(requests).toEqual([]);
      expect((await ask({ "x-mcp": "x" })).result).not.toHaveProperty("failure");
      await outside.close();
    },
  );
});
