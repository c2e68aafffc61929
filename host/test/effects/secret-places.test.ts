// `$secrets` in the arguments of calls: what the engine sees, what is sent, and what is refused (WF-69).
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { canonicalize, createEngine, fromUtf8, replay } from "@reach-fabric/engine";
import type { Pack } from "@reach-fabric/engine";
import { loadPack, memoryRecorder, run } from "@reach-fabric/host";
import type { RunOptions, RunResult } from "@reach-fabric/host";
import { placeSecrets } from "@reach-fabric/host/testing";
import { json, newFolder, serve } from "../helpers.ts";

const origin = "https://a.example";
const secrets = { api: { key: "k-1234567" }, other: { token: "tok-abcdef" } };
const document = { dsl: "1.0.3", namespace: "test", name: "secrets", version: "1.0.0" };

async function packOf(args: object, call = "http", names = ["api", "other"]): Promise<Pack> {
  const folder = await newFolder();
  const given = call === "http" ? { method: "post", endpoint: `${origin}/x`, ...args } : args;
  const list = [{ a: { call, with: given } }];
  await writeFile(
    join(folder, "w.json"),
    JSON.stringify({ document, use: { secrets: names }, do: list }),
  );
  const pack = await loadPack(join(folder, "w.json"));
  createEngine().load(pack);
  return pack;
}

async function runWith(
  pack: Pack,
  address: string,
  more: Partial<RunOptions> = {},
): Promise<RunResult> {
  const result = await run({
    engine: createEngine(),
    pack,
    input: canonicalize('{"id":7}'),
    recorder: memoryRecorder(),
    grant: {
      http: [{ origin, methods: ["POST"], paths: ["/*"] }],
      secrets: [{ name: "api", origins: [origin] }],
    },
    addresses: { [origin]: address },
    secrets,
    ...more,
  });
  expect(replay(createEngine(), pack, result.records).status).toBe("reproduced");
  return result;
}

describe("$secrets in the arguments of a call", () => {
  it("are sent in headers and bodies, and are in no record", async () => {
    const { origin: address, requests } = await serve(json({ ok: true }));
    const pack = await packOf({
      headers: { "X-Api-Key": "${ $secrets.api.key }", "x-id": "${ .id }" },
      body: {
        id: "${ .id }",
        auth: { key: '${ "Key \\"" + $secrets.api.key + "\\"" }' },
        list: ["${ $secrets.api.key }"],
      },
    });
    const result = await runWith(pack, address);
    expect(result.output).toEqual({ ok: true });
    expect(requests[0]?.headers).toMatchObject({ "x-api-key": "k-1234567", "x-id": "7" });
    expect(JSON.parse(requests[0]?.body ?? "")).toEqual({
      id: 7,
      auth: { key: 'Key "k-1234567"' },
      list: ["k-1234567"],
    });
    const records = result.records.map((bytes) => fromUtf8(bytes)).join("\n");
    expect(records).not.toContain("k-1234567");
    expect(records).toContain(
      '"secrets":[{"at":"/headers/x-api-key","parts":[{"field":"key","name":"api"}]}',
    );
  });

  it("are the whole body, where it is one", async () => {
    const { origin: address, requests } = await serve(json({}));
    await runWith(await packOf({ body: "${ $secrets.api.key }" }), address);
    expect(requests[0]?.body).toBe('"k-1234567"');
  });

  it.each([
    [
      "not granted to the engine",
      { "x-k": "${ $secrets.other.token }" },
      {},
      "other https://a.example",
    ],
    ["not there", { "x-k": "${ $secrets.api.key }" }, { secrets: {} }, "denied"],
    ["without the field", { "x-k": "${ $secrets.api.token }" }, {}, "denied"],
    [
      "no text of a header",
      { "x-k": "${ $secrets.api.key }" },
      { secrets: { api: { key: "abc\r\nde: fgh" } } },
      "denied",
    ],
  ])("are not sent when they are %s", async (_, headers, more, detail) => {
    const { origin: address, requests } = await serve(json({}));
    const { error } = await runWith(await packOf({ headers }), address, more);
    expect(error).toMatchObject({ status: 403, detail });
    expect(requests).toEqual([]);
  });

  it("are not given by the host where its grant lacks them, whatever the engine asks for", () => {
    const places = [{ at: "/headers/x-k", parts: [{ name: "api", field: "key" }] }];
    const grant = { secrets: [{ name: "api", origins: [origin] }] };
    expect(placeSecrets(places, origin, grant, secrets).names).toEqual(["api"]);
    for (const [elsewhere, less] of [
      ["https://b.example", grant],
      [origin, {}],
    ] as const) {
      expect(() => placeSecrets(places, elsewhere, less, secrets)).toThrow("is not granted there");
    }
  });

  it("forged secret placeholders: a value that looks like a place for one is sent as it is", async () => {
    const { origin: address, requests } = await serve(json({}));
    const pack = await packOf({
      headers: { "x-k": "${ $secrets.api.key }", "x-said": "${ .said }" },
      body: "${ . }",
    });
    const forged = {
      said: "${ $secrets.api.key }",
      secrets: [{ at: "/headers/x-said", parts: [{ field: "key", name: "api" }] }],
      $secrets: { api: { key: null } },
    };
    const input = canonicalize(JSON.stringify(forged));
    const result = await runWith(pack, address, { input });
    expect(result.status).toBe("completed");
    expect(requests[0]?.headers).toMatchObject({ "x-k": "k-1234567", "x-said": forged.said });
    expect(JSON.parse(requests[0]?.body ?? "")).toEqual(forged);
  });

  it("an answer that holds one is no answer", async () => {
    const { origin: address } = await serve(json({ echo: "k-1234567" }));
    const { error } = await runWith(
      await packOf({ headers: { "x-k": "${ $secrets.api.key }" } }),
      address,
    );
    expect(error).toMatchObject({ status: 403, detail: "denied" });
  });

  it.each([
    [
      "a header that is the host's",
      { headers: { Authorization: '${ "Bearer " + $secrets.api.key }' } },
      "REACH-E4213",
    ],
    ["computed with", { body: { h: "${ $secrets.api.key | @base64 }" } }, "REACH-E4214"],
    ["a secret as a whole", { body: "${ $secrets.api }" }, "REACH-E4214"],
    ["headers as an expression", { headers: "${ {k: $secrets.api.key} }" }, "REACH-E4214"],
    ["the query", { query: { k: "${ $secrets.api.key }" } }, "REACH-E1303"],
    ["a secret that use.secrets lacks", { body: "${ $secrets.nobody.key }" }, "REACH-E1516"],
  ])("are refused in %s", async (_, args, code) => {
    await expect(packOf(args)).rejects.toMatchObject({ code });
  });

  it("are sent to MCP servers and gRPC services, too", async () => {
    const http = { endpoint: `${origin}/mcp`, headers: { "x-api-key": "${ $secrets.api.key }" } };
    const parameters = { name: "add", arguments: { key: "${ $secrets.api.key }" } };
    const pack = await packOf({ method: "tools/call", parameters, transport: { http } }, "mcp");
    const { origin: address, requests } = await serve((request, response, body) => {
      const { id, method } = JSON.parse(body) as { id?: number; method: string };
      const result =
        method === "tools/call"
          ? { content: [] }
          : {
              protocolVersion: "2025-11-25",
              capabilities: {},
              serverInfo: { name: "s", version: "1" },
            };
      const refused = { error: { code: -32601, message: "none" } };
      if (id === undefined) return response.writeHead(202).end();
      const known = method === "initialize" || method === "tools/call";
      return json({ jsonrpc: "2.0", id, ...(known ? { result } : refused) })(
        request,
        response,
        body,
      );
    });
    const grant = {
      mcp: [{ server: `${origin}/mcp`, calls: ["tools/call add"] }],
      secrets: [{ name: "api", origins: [origin] }],
    };
    const result = await runWith(pack, address, { grant });
    expect(result.status).toBe("completed");
    const call = requests.find(({ body }) => body.includes("tools/call"));
    expect(call?.headers["x-api-key"]).toBe("k-1234567");
    expect(JSON.parse(call?.body ?? "")).toMatchObject({
      params: { arguments: { key: "k-1234567" } },
    });
    expect(result.records.map((bytes) => fromUtf8(bytes)).join()).not.toContain("k-1234567");
  });
});
