// Limits of time and size that entries of a grant say (GRANT-21).
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { createEgress, readGrant } from "@reach-fabric/host";
import type { EgressOptions } from "@reach-fabric/host";
import { Bounds, parseTarget } from "@reach-fabric/host/testing";
import { errorOf, later, newFolder, serve } from "../helpers.ts";

const A = "https://a.example";
const entry = { methods: ["GET" as const], origin: A, paths: ["/v1/*"] };
const target = (uri: string) => {
  const found = parseTarget(uri);
  if ("why" in found) throw new Error(found.why);
  return found;
};

async function grantOf(content: object): ReturnType<typeof readGrant> {
  const path = join(await newFolder(), "grant.json");
  await writeFile(path, JSON.stringify({ format: "reach/grant/v1", ...content }));
  return readGrant(path);
}

describe("GRANT-21: limits in a grant", () => {
  it("are read apart from what is granted, and in no digest", async () => {
    const limits = { total: 300_000, bytes: 100 };
    const call = { server: `${A}/mcp`, calls: ["tools/call add"] };
    const read = await grantOf({
      http: [
        { ...entry, limits },
        { ...entry, paths: ["/v2"] },
      ],
      mcp: [{ ...call, limits, repeatable: true }],
    });
    expect(read.bounds).toEqual({ http: [{ ...entry, limits }], mcp: [{ ...call, limits }] });
    expect(JSON.stringify([read.grant, read.repeatable])).not.toContain("limits");
  });

  it.each([
    ["more than an hour", { total: 3_600_001 }],
    ["more than a record can hold", { bytes: 16 * 1024 * 1024 + 1 }],
    ["no time", { headers: 0 }],
    ["half a byte", { bytes: 0.5 }],
    ["a text", { total: "60s" }],
    ["a limit that is none", { connect: 5 }],
  ])("are refused: %s", async (_, limits) => {
    const ofHttp = await errorOf(grantOf({ http: [{ ...entry, limits }] }));
    expect(ofHttp.where).toContain("/http/0/limits");
    const provider = { api: "openai-chat", url: `${A}/v1`, model: "m", limits };
    const ofModel = await errorOf(grantOf({ models: ["m"], providers: { m: provider } }));
    expect(ofModel.where).toContain("/providers/m/limits");
  });

  it("are the largest of the entries that allow the request, and otherwise the host's", () => {
    const bounds = new Bounds({
      limits: { total: 50 },
      bounds: {
        http: [
          { ...entry, limits: { total: 100, bytes: 7 } },
          { ...entry, paths: ["/v1/slow"], limits: { total: 900, headers: 30 } },
        ],
      },
    });
    expect(bounds.http("GET", target(`${A}/v1/x`))).toMatchObject({
      total: 100,
      headers: 100,
      bytes: 7,
    });
    expect(bounds.http("GET", target(`${A}/v1/slow`))).toMatchObject({ total: 900, headers: 30 });
    for (const [method, uri] of [
      ["POST", `${A}/v1/slow`],
      ["GET", `${A}/v2/slow`],
      ["GET", "https://b.example/v1/slow"],
    ] as const) {
      expect(bounds.http(method, target(uri))).toMatchObject({ total: 50, headers: 30_000 });
    }
  });

  it("are cut by the host's ceiling, and by an hour and 16 MiB", () => {
    const limits = { total: 9e9, headers: 9e9, bytes: 9e9 };
    const said = { bounds: { http: [{ ...entry, limits }] } };
    expect(new Bounds(said).http("GET", target(`${A}/v1/x`))).toMatchObject({
      total: 3_600_000,
      headers: 3_600_000,
      bytes: 16 * 1024 * 1024,
    });
    const low = new Bounds({ ...said, ceiling: { total: 9, headers: 8, bytes: 7 } });
    expect(low.http("GET", target(`${A}/v1/x`))).toMatchObject({ total: 9, headers: 8, bytes: 7 });
    expect(low.own()).toMatchObject({ total: 9, headers: 8, bytes: 7 });
    const call = { uri: `${A}/mcp`, method: "tools/list" };
    expect(low.mcp(call, 5000)).toMatchObject({ total: 9, headers: 8 });
    expect(low.model(limits)).toMatchObject({ total: 9, bytes: 7 });
  });

  it("of a call of MCP are its own timeout, or those of its entry", () => {
    const calls = ["tools/call slow"];
    const mcp = [{ server: `${A}/mcp`, calls, limits: { total: 900 } }];
    const bounds = new Bounds({ bounds: { mcp } });
    const slow = { uri: `${A}/mcp`, method: "tools/call", parameters: { name: "slow" } };
    expect(bounds.mcp(slow)).toMatchObject({ total: 900, headers: 900 });
    expect(bounds.mcp(slow, 120_000)).toMatchObject({ total: 120_000, headers: 120_000 });
    expect(bounds.mcp({ ...slow, parameters: { name: "x" } })).toMatchObject({ total: 60_000 });
  });
});

describe("a request under an entry with limits", () => {
  const ask = async (options: Partial<EgressOptions>, uri = `${A}/v1/x`): Promise<string> => {
    const egress = createEgress({ grant: { http: [{ ...entry, paths: ["/*"] }] }, ...options });
    later(() => egress.close());
    const context = { idempotencyKey: "k", signal: new AbortController().signal };
    const request = { method: "GET", uri, headers: {}, redirect: true };
    const { result } = await egress.fetch(request, context);
    return "failure" in result ? result.failure : `status ${result.status}`;
  };
  const limited = (limits: object, paths = ["/v1/*"]) => ({
    bounds: { http: [{ ...entry, paths, limits }] },
  });

  it("has its time, where the host's own would be over", async () => {
    const { origin } = await serve((_, response) => {
      setTimeout(() => response.end("{}"), 300);
    });
    const given = { addresses: { [A]: origin }, limits: { headers: 100, total: 100 } };
    expect(await ask(given)).toBe("timeout");
    expect(await ask({ ...given, ...limited({ total: 60_000 }) })).toBe("status 200");
    expect(await ask({ ...given, ...limited({ total: 60_000, headers: 100 }) })).toBe("timeout");
    expect(await ask({ ...given, ...limited({ total: 60_000 }), ceiling: { total: 100 } })).toBe(
      "timeout",
    );
  });

  it("has its size, and takes both along where it is redirected", async () => {
    const { origin } = await serve((request, response) =>
      request.url === "/v1/x"
        ? response.writeHead(302, { location: "/v2/x" }).end()
        : response.end("x".repeat(1000)),
    );
    const addresses = { [A]: origin };
    expect(await ask({ addresses, ...limited({ bytes: 1000 }) })).toBe("status 200");
    expect(await ask({ addresses, ...limited({ bytes: 999 }) })).toBe("tooLarge");
    expect(await ask({ addresses, ...limited({ bytes: 9 }, ["/v2/*"]) })).toBe("status 200");
  });
});
