// A session with an MCP server: one for a run, streams that are read as they come, time that goes on with progress (GRANT-14).
import { DEFAULT_LIMITS, HostTrouble } from "@reach-fabric/host";
import type { Egress } from "@reach-fabric/host";
import { McpSession, orAborted } from "@reach-fabric/host/testing";
import { describe, expect, it } from "vitest";
import {
  ask,
  logical,
  messagesOf,
  misbehaving,
  resultsOf,
  REVISION,
  runOf,
  server,
} from "./asking.ts";
import type { Turn } from "./asking.ts";

const old = { protocolVersion: REVISION };
const event = (message: object): string => `data: ${JSON.stringify(message)}\n\n`;
const withSession =
  (name: () => string | undefined) =>
  ({ heard, say }: Turn): boolean => {
    if (heard.method !== "initialize") return false;
    const session = name();
    const result = { protocolVersion: REVISION, capabilities: {}, serverInfo: { name: "x" } };
    say({ result }, session === undefined ? {} : { "mcp-session-id": session });
    return true;
  };

describe("GRANT-14: a session with an MCP server", () => {
  it("is one for all calls of a run, and ends with it", async () => {
    const { origin, requests } = await misbehaving(
      ({ say }) => say({ result: { content: [] } }),
      withSession(() => "s1"),
    );
    await ask(origin, [old, old, old]);
    expect(messagesOf(requests).map(({ method }) => method)).toEqual([
      "initialize",
      "notifications/initialized",
      "tools/call",
      "tools/call",
      "tools/call",
      "DELETE",
    ]);
    for (const { headers } of requests.slice(1)) {
      expect(headers).toMatchObject({ "mcp-session-id": "s1", "mcp-protocol-version": REVISION });
    }
    expect(requests[0]?.headers["mcp-session-id"]).toBeUndefined();
    const keys = requests.map(({ headers }) => headers["idempotency-key"]);
    expect(new Set(keys).size).toBe(keys.length);
  });

  it("is begun once where several calls begin at a time, and not shared with other credentials", async () => {
    const { origin, requests } = await misbehaving(
      ({ say }) => say({ result: { content: [] } }),
      withSession(() => "s1"),
    );
    const call = (headers: object): object => ({
      call: "mcp",
      with: {
        ...old,
        method: "tools/list",
        transport: { http: { endpoint: server, headers } },
      },
    });
    const branches = ["a", "a", "a", "b"].map((tenant, i) => ({
      [`b${i}`]: call({ "x-tenant": tenant }),
    }));
    await runOf([{ all: { fork: { branches } } }], origin);
    const began = messagesOf(requests).filter(({ method }) => method === "initialize");
    expect(began).toHaveLength(2);
  });

  it("that the server has forgotten is begun again, once, with the same key", async () => {
    let sessions = 0;
    const { origin, requests } = await misbehaving(
      ({ request, response, say }) => {
        if (request.headers["mcp-session-id"] === "s1") response.writeHead(404).end();
        else say({ result: { content: [] } });
      },
      withSession(() => `s${(sessions += 1)}`),
    );
    expect(resultsOf(await ask(origin, old))).toEqual([{ result: { content: [] } }]);
    const calls = requests.filter(({ body }) => body.includes("tools/call"));
    expect(calls.map(({ headers }) => headers["mcp-session-id"])).toEqual(["s1", "s2"]);
    expect(new Set(calls.map(({ headers }) => headers["idempotency-key"])).size).toBe(1);
  });

  it("without a name is none to end, and a server that refuses the end is let go", async () => {
    const { origin, requests } = await misbehaving(({ say }) => say({ result: { content: [] } }));
    await ask(origin, old);
    expect(messagesOf(requests).at(-1)).toMatchObject({ method: "tools/call" });
    const mute = await misbehaving(
      ({ say }) => say({ result: { content: [] } }),
      (turn) => turn.request.method === "DELETE" || withSession(() => "s1")(turn),
    );
    expect((await ask(mute.origin, old)).status).toBe("completed");
  });

  it("has no handshake in a stateless revision, whose requests say all that is needed", async () => {
    const { origin, requests } = await misbehaving(({ say }) =>
      say({ result: { resultType: "complete", content: [] } }),
    );
    const parameters = { name: "\u00fc", arguments: {}, _meta: { own: 1 } };
    const client = { name: "me", version: "2" };
    const result = await ask(origin, { protocolVersion: "2026-07-28", parameters, client });
    expect(resultsOf(result)).toEqual([{ result: { content: [] } }]);
    expect(requests).toHaveLength(1);
    expect(requests[0]?.headers).toMatchObject({
      accept: "application/json, text/event-stream",
      "mcp-method": "tools/call",
      "mcp-name": "=?base64?w7w=?=",
      "mcp-protocol-version": "2026-07-28",
    });
    expect(messagesOf(requests)[0]?.params?.["_meta"]).toEqual({
      own: 1,
      progressToken: 1,
      "io.modelcontextprotocol/protocolVersion": "2026-07-28",
      "io.modelcontextprotocol/clientInfo": client,
      "io.modelcontextprotocol/clientCapabilities": {},
    });
  });

  it("is of the revision that both speak, and of none that the host does not", async () => {
    const { origin, requests } = await misbehaving(({ say }) => {
      say({
        error: { code: -32022, message: "no", data: { supported: ["1999-01-01", REVISION] } },
      });
    });
    await ask(origin);
    expect(
      messagesOf(requests).map(({ method, params }) => [method, params?.["protocolVersion"]]),
    ).toEqual([
      ["server/discover", undefined],
      ["initialize", REVISION],
      ["notifications/initialized", undefined],
      ["tools/call", undefined],
    ]);
    const before = requests.length;
    const result = await ask(origin, { protocolVersion: "2099-01-01" });
    expect(resultsOf(result)).toEqual([{ failure: "protocol" }]);
    expect(requests).toHaveLength(before);
  });

  it("repeats the arguments in headers that a tool's definition says, and no secret among them", async () => {
    const schema = {
      type: "object",
      properties: {
        region: { type: "string", "x-mcp-header": "Region" },
        deep: { type: "object", properties: { n: { type: "integer", "x-mcp-header": "N" } } },
        key: { type: "string", "x-mcp-header": "Key" },
        bad: { type: "array", items: {} },
      },
    };
    const { origin, requests } = await misbehaving(({ heard, say, request }) => {
      if (heard.method === "tools/list")
        say({ result: { tools: [{ name: "t", inputSchema: schema }] } });
      else if (request.headers["mcp-param-region"] === "eu") say({ result: { content: [] } });
      else say({ error: { code: -32020, message: "Header mismatch" } });
    });
    const args = { region: "eu", deep: { n: 7 } };
    const at = "/parameters/arguments/key";
    const places = [{ at, parts: [{ name: "key", field: "token" }] }];
    const result = await ask(
      origin,
      {
        protocolVersion: "2026-07-28",
        parameters: { name: "t", arguments: args },
        secrets: places,
      },
      {
        secrets: { key: { token: "tok-0123456789abcdef" } },
        grant: {
          mcp: [{ server, calls: ["tools/call *"] }],
          secrets: [{ name: "key", origins: [logical] }],
        },
      },
    );
    expect(resultsOf(result)).toEqual([{ result: { content: [] } }]);
    expect(messagesOf(requests).map(({ method }) => method)).toEqual([
      "tools/call",
      "tools/list",
      "tools/call",
    ]);
    expect(requests.at(-1)?.headers).toMatchObject({
      "mcp-param-region": "eu",
      "mcp-param-n": "7",
    });
    expect(requests.at(-1)?.body).toContain("tok-0123456789abcdef");
    expect(requests.at(-1)?.headers["mcp-param-key"]).toBeUndefined();
  });
});

describe("WF-61: a call on an open stream", () => {
  it("ends with its answer, and the stream is closed", async () => {
    let gone = (): void => undefined;
    const closed = new Promise<void>((resolve) => (gone = resolve));
    const { origin } = await misbehaving(({ response, stream, answer }) => {
      response.on("close", gone);
      stream(`data: ${answer()}\n\n`);
    });
    expect((await ask(origin, old)).status).toBe("completed");
    await closed;
  });

  it("answers a ping, and refuses what only a person or a model could say", async () => {
    let answered = 0;
    let go = (): void => undefined;
    const { origin, requests } = await misbehaving(({ heard, response, stream, answer }) => {
      if (heard.method === undefined) {
        response.writeHead(202).end();
        answered += 1;
        if (answered === 4) go();
        return;
      }
      for (const method of ["ping", "sampling/createMessage", "elicitation/create", "roots/list"]) {
        stream(event({ jsonrpc: "2.0", id: method, method }));
      }
      go = () => stream(`data: ${answer()}\n\n`);
    });
    expect((await ask(origin, old)).status).toBe("completed");
    const said = messagesOf(requests).filter(({ method }) => method === undefined);
    expect(said).toHaveLength(4);
    expect(said.find(({ id }) => String(id) === "ping")).toMatchObject({ result: {} });
    expect(said.filter(({ error }) => error?.code === -32601)).toHaveLength(3);
  });

  it("goes on where the stream was cut, from the last event, after the pause that the server says", async () => {
    let cut = 0;
    const { origin, requests } = await misbehaving(
      ({ request, response, stream, answer, heard }) => {
        if (request.method === "GET") {
          const id = (cut += 1);
          stream(`id: e${id}\ndata: \n\n`);
          if (cut < 3) response.end();
          else stream(`data: ${answer().replace("{", `{"id":${called},`)}\n\n`);
          return;
        }
        called = heard.id ?? 0;
        stream("id: e0\nretry: 20\ndata: \n\n");
        response.end();
      },
    );
    let called = 0;
    expect(resultsOf(await ask(origin, old))).toEqual([{ result: { content: [] } }]);
    const resumed = requests.filter(({ method }) => method === "GET");
    expect(resumed.map(({ headers }) => headers["last-event-id"])).toEqual(["e0", "e1", "e2"]);
    for (const { headers } of resumed) expect(headers.accept).toBe("text/event-stream");
  });

  it("has more time with each sign of progress", async () => {
    const { origin } = await misbehaving(({ heard, stream, answer, response }) => {
      let progress = 0;
      const { progressToken: token } = (heard.params?.["_meta"] ?? {}) as {
        progressToken?: number;
      };
      const more = setInterval(() => {
        progress += 1;
        if (progress === 10) stream(`data: ${answer()}\n\n`);
        else {
          const params = { progressToken: token, progress };
          stream(event({ jsonrpc: "2.0", method: "notifications/progress", params }));
        }
      }, 100);
      response.on("close", () => clearInterval(more));
    });
    const result = await ask(origin, { ...old, timeout: { milliseconds: 500 } });
    expect(resultsOf(result)).toEqual([{ result: { content: [] } }]);
  });

  it("tells a server with a session that nothing waits any more", async () => {
    let told: (params: unknown) => void = () => undefined;
    const cancelled = new Promise((resolve) => (told = resolve));
    let id: unknown;
    const { origin } = await misbehaving(({ heard, response }) => {
      if (heard.method === "notifications/cancelled") {
        told(heard.params);
        response.writeHead(202).end();
      } else id = heard.id;
    });
    const result = await runOf(
      [
        {
          t: {
            try: [
              {
                a: {
                  call: "mcp",
                  with: {
                    ...old,
                    method: "tools/list",
                    timeout: { milliseconds: 200 },
                    transport: { http: { endpoint: server } },
                  },
                },
              },
            ],
            catch: { do: [{ w: { wait: { milliseconds: 300 } } }] },
          },
        },
      ],
      origin,
    );
    expect(result.status).toBe("completed");
    expect(await cancelled).toEqual({ requestId: id });
  });
});

it("WF-61: the older form, over an event stream of its own, is one stream for a run", async () => {
  let streams = 0;
  let said: (text: string) => void = () => undefined;
  const { origin, requests } = await misbehaving(
    () => undefined,
    ({ request, response, heard, stream, answer }) => {
      if (request.method === "GET") {
        streams += 1;
        said = (text) => stream(`data: ${text}\n\n`);
        stream("event: endpoint\ndata: /messages?s=1\n\n");
      } else if (request.url === "/mcp") response.writeHead(405).end();
      else {
        response.writeHead(202).end();
        if (heard.method === "initialize") {
          said(answer({ protocolVersion: "2024-11-05", capabilities: {}, serverInfo: {} }));
          said(JSON.stringify({ jsonrpc: "2.0", id: "p", method: "ping" }));
        } else if (heard.method === "tools/call") said(answer({ content: [], n: heard.id }));
      }
      return true;
    },
  );
  const grant = {
    mcp: [{ server, calls: ["tools/call *"] }],
    http: [{ origin: "https://tools.example", methods: ["POST" as const], paths: ["/messages"] }],
  };
  const result = await ask(origin, [{}, {}], { grant });
  expect(resultsOf(result)).toMatchObject([
    { result: { content: [] } },
    { result: { content: [] } },
  ]);
  expect(streams).toBe(1);
  const posted = messagesOf(requests.filter(({ url }) => url === "/messages?s=1"));
  expect(posted.map(({ method, result: pong }) => method ?? pong)).toEqual(
    expect.arrayContaining(["initialize", "notifications/initialized", {}, "tools/call"]),
  );
});

it("GRANT-17: is this machine's trouble, where a ping cannot be answered", async () => {
  const lacking = new HostTrouble("this process has too many open files");
  const stream = async function* events(text: string): AsyncGenerator<Uint8Array> {
    yield Buffer.from(text);
    await new Promise(() => undefined);
  };
  const open: Egress["open"] = async ({ body }) => {
    const { method, id } = body as { method?: string; id?: number };
    if (method === undefined) throw lacking;
    const result = { protocolVersion: REVISION, capabilities: {}, serverInfo: {} };
    const text =
      method === "tools/list"
        ? event({ jsonrpc: "2.0", id: "p", method: "ping" })
        : event({ jsonrpc: "2.0", id, result });
    const headers = { "content-type": "text/event-stream" };
    return { status: 200, headers, body: stream(text), close: () => undefined };
  };
  const stop = new AbortController();
  const session = new McpSession({ open } as Egress, { grant: {}, addresses: {} });
  const call = { method: "tools/list", uri: server, headers: {}, protocolVersion: REVISION };
  const work = session.call({
    call,
    shown: undefined,
    limits: DEFAULT_LIMITS,
    context: { idempotencyKey: "k", signal: stop.signal },
    heard: () => undefined,
    fail: (error) => stop.abort(error),
  });
  await expect(orAborted(work, stop.signal)).rejects.toBe(lacking);
});
