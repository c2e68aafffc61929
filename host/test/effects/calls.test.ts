// call a2a and call asyncapi: what they become, against services on loopback (WF-66, WF-67, WF-70).
import { createHash } from "node:crypto";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { Readable } from "node:stream";
import { describe, expect, it } from "vitest";
import { canonicalize, createEngine, replay } from "@reach-fabric/engine";
import type { Pack } from "@reach-fabric/engine";
import { loadPack, memoryRecorder, run } from "@reach-fabric/host";
import type { RunResult } from "@reach-fabric/host";
import { errorOf, json, newFolder, serve } from "../helpers.ts";

const origin = "https://a.example";
const document = { dsl: "1.0.3", namespace: "test", name: "calls", version: "1.0.0" };

async function packOf(
  call: string,
  args: object,
  files: Record<string, object> = {},
): Promise<Pack> {
  const folder = await newFolder();
  const pins: Record<string, object> = {};
  for (const [index, [name, content]] of Object.entries(files).entries()) {
    const text = JSON.stringify(content);
    const file = name.includes("://") ? `pinned-${index}.json` : name;
    await writeFile(join(folder, file), text);
    if (file === name) continue;
    pins[name] = { file, sha256: createHash("sha256").update(text).digest("hex") };
  }
  const format = "reach/pins/v1";
  await writeFile(join(folder, "reach.pins.json"), JSON.stringify({ format, pins }));
  const list = [{ ask: { call, with: args } }, { after: { set: "{got: .}" } }];
  await writeFile(join(folder, "w.json"), JSON.stringify({ document, do: list }));
  const pack = await loadPack(join(folder, "w.json"));
  createEngine().load(pack);
  return pack;
}

async function runWith(pack: Pack, address: string, input: object = {}): Promise<RunResult> {
  const result = await run({
    engine: createEngine(),
    pack,
    input: canonicalize(JSON.stringify(input)),
    recorder: memoryRecorder(),
    grant: { http: [{ origin, methods: ["POST", "PUT"], paths: ["/*"] }] },
    addresses: { [origin]: address },
  });
  expect(replay(createEngine(), pack, result.records).status).toBe("reproduced");
  return result;
}

describe("call a2a", () => {
  const message = {
    role: "user",
    parts: [{ kind: "text", text: "${ .question }" }],
    messageId: "m1",
  };
  const send = { method: "message/send", parameters: { message } };

  it("is a JSON-RPC request to the agent of its card, and its result", async () => {
    const { origin: address, requests } = await serve(
      json({
        jsonrpc: "2.0",
        id: "1",
        result: { kind: "message", parts: [{ kind: "text", text: "Yes" }] },
      }),
    );
    const card = "https://a.example/.well-known/agent-card.json";
    const pack = await packOf(
      "a2a",
      { ...send, agentCard: { endpoint: card } },
      { [card]: { name: "agent", url: `${origin}/a2a` } },
    );
    const { output } = await runWith(pack, address, { question: "Is it?" });
    expect(output).toEqual({ got: { kind: "message", parts: [{ kind: "text", text: "Yes" }] } });
    expect(requests[0]?.url).toBe("/a2a");
    expect(JSON.parse(requests[0]?.body ?? "")).toEqual({
      jsonrpc: "2.0",
      id: "1",
      method: "message/send",
      params: { message: { ...message, parts: [{ kind: "text", text: "Is it?" }] } },
    });
  });

  it("goes to a server that is named, and faults with the agent's error", async () => {
    const error = { code: -32001, message: "Task not found" };
    const { origin: address } = await serve(json({ jsonrpc: "2.0", id: "1", error }));
    const pack = await packOf("a2a", {
      method: "tasks/get",
      server: `${origin}/agent`,
      parameters: { id: "t1" },
    });
    expect((await runWith(pack, address)).error).toMatchObject({
      status: 502,
      title: "The agent answered with an error",
      detail: "-32001 Task not found",
    });
  });

  it.each([
    ["a stream", { ...send, method: "message/stream", server: origin }, {}, "REACH-E4214"],
    ["no such method", { method: "tasks/drop", server: origin }, {}, "REACH-E4215"],
    ["no agent", send, {}, "REACH-E4215"],
    [
      "a card that is not pinned",
      { ...send, agentCard: { endpoint: "https://b.example/c" } },
      {},
      "REACH-E4213",
    ],
    [
      "a card without a URL",
      { ...send, agentCard: { endpoint: "card.json" } },
      { "card.json": {} },
      "REACH-E4215",
    ],
  ])("is refused: %s", async (_, args, files, code) => {
    expect((await errorOf(packOf("a2a", args, files))).code).toBe(code);
  });
});

describe("call asyncapi", () => {
  const v3 = {
    asyncapi: "3.0.0",
    servers: {
      live: {
        host: "{region}.example",
        protocol: "https",
        pathname: "/v1",
        variables: { region: { default: "b" } },
      },
      queue: { host: "q.example", protocol: "kafka" },
    },
    channels: { orders: { address: "orders/new" } },
    operations: {
      place: {
        action: "send",
        channel: { $ref: "#/channels/orders" },
        bindings: { http: { method: "PUT" } },
      },
      hear: { action: "receive", channel: { $ref: "#/channels/orders" } },
    },
  };
  const v2 = {
    asyncapi: "2.6.0",
    servers: { live: { url: "a.example", protocol: "https" } },
    channels: { "/orders": { publish: { operationId: "place" } } },
  };
  const args = {
    document: { endpoint: "api.json" },
    message: { payload: { id: "${ .id }" }, headers: { "x-kind": "order" } },
  };

  it("publishes a message by http, as AsyncAPI 3 says", async () => {
    const { origin: address, requests } = await serve((_, response) =>
      response.writeHead(204).end(),
    );
    const server = { name: "live", variables: { region: "a" } };
    const pack = await packOf(
      "asyncapi",
      { ...args, operation: "place", server },
      { "api.json": v3 },
    );
    expect((await runWith(pack, address, { id: 7 })).output).toEqual({ got: null });
    const [request] = requests;
    expect(request).toMatchObject({ method: "PUT", url: "/v1/orders/new", body: '{"id":7}' });
    expect(request?.headers["x-kind"]).toBe("order");
  });

  it.each([{ operation: "place" }, { channel: "/orders" }])("and AsyncAPI 2, by %j", async (by) => {
    const { origin: address, requests } = await serve(json({ ok: true }));
    const pack = await packOf("asyncapi", { ...args, ...by }, { "api.json": v2 });
    expect((await runWith(pack, address, { id: 7 })).output).toEqual({ got: { ok: true } });
    expect(requests[0]).toMatchObject({ method: "POST", url: "/orders" });
  });

  it.each([
    ["amount", { amount: 2 }, [1, 3]],
    ["until", { until: "${ (length == 1) }" }, [1]],
    ["while", { while: "${ length < 2 }" }, [1, 3]],
  ])("listens to the messages of a channel: %s", async (_, consume, expected) => {
    const foreach = { item: "message", do: [{ keep: { set: "$message.payload" } }] };
    const subscription = { filter: "${ .payload.n != 2 }", consume, foreach };
    const pack = await packOf(
      "asyncapi",
      { ...args, message: undefined, operation: "hear", server: { name: "queue" }, subscription },
      { "api.json": v3 },
    );
    const envelope = { specversion: "1.0", source: "kafka://q.example", type: "asyncapi.message" };
    const message = (n: number, subject = "orders/new"): Record<string, unknown> => ({
      ...envelope,
      id: `${n}`,
      subject,
      data: { payload: { n } },
    });
    const { output } = await run({
      engine: createEngine(),
      pack,
      input: canonicalize("{}"),
      recorder: memoryRecorder(),
      events: Readable.from([message(9, "orders/old"), message(1), message(2), message(3)]),
    });
    expect(output).toEqual({ got: expected.map((n) => ({ n })) });
  });

  it.each([
    ["another protocol", { operation: "place", protocol: "kafka" }, "REACH-E4214"],
    ["no such operation", { operation: "drop" }, "REACH-E4215"],
    ["one that receives", { operation: "hear" }, "REACH-E4215"],
    ["no such server", { operation: "place", server: { name: "none" } }, "REACH-E4215"],
    ["neither operation nor channel", {}, "REACH-E4215"],
    ["both", { operation: "hear", subscription: { consume: { amount: 1 } } }, "REACH-E4215"],
    [
      "a subscription by time",
      {
        operation: "hear",
        message: undefined,
        subscription: { consume: { amount: 1, for: { seconds: 1 } } },
      },
      "REACH-E4214",
    ],
    [
      "a subscription to what is sent",
      { operation: "place", message: undefined, subscription: { consume: { amount: 1 } } },
      "REACH-E4215",
    ],
  ])("is refused: %s", async (_, more, code) => {
    const error = await errorOf(packOf("asyncapi", { ...args, ...more }, { "api.json": v3 }));
    expect([error.code, ...(error.problems ?? []).map((problem) => problem.code)]).toContain(code);
  });
});
