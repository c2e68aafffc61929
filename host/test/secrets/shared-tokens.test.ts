// Tokens that the runs of a tenant share (GRANT-15).
import { describe, expect, it } from "vitest";
import { canonicalize, createEngine, fromUtf8, makePack } from "@reach-fabric/engine";
import { createTokenCache, memoryRecorder, run } from "@reach-fabric/host";
import type { KeptToken, RunOptions, RunResult, TokenWanted } from "@reach-fabric/host";
import { later, serve } from "../helpers.ts";

const A = "https://a.example";
const T = "https://login.example";
const app = (secret = "the-proof-of-the-client") => ({
  authority: `${T}/realm`,
  grant: "client_credentials",
  client: { id: "me", secret },
});
const tokenOf = (n: number): string => `access-${n}-0123456789abcdef`;

/** An authority, which gives another token each time, and a service, behind one server. */
async function world(echo: (n: number) => string = () => "", wait = Promise.resolve()) {
  let given = 0;
  const { origin, requests } = await serve((request, response) => {
    response.setHeader("content-type", "application/json");
    if (request.url?.endsWith("/token") !== true) {
      return response.end(JSON.stringify({ echo: echo(given) }));
    }
    given += 1;
    const access_token = tokenOf(given);
    void wait.then(() =>
      response.end(JSON.stringify({ access_token, token_type: "Bearer", expires_in: 3600 })),
    );
    return undefined;
  });
  const asked = (): number => requests.filter(({ url }) => url.endsWith("/token")).length;
  return { origin, requests, asked };
}

const grant = {
  http: [A, T].map((origin) => ({
    origin,
    methods: ["GET" as const, "POST" as const],
    paths: ["/*"],
  })),
  secrets: [{ name: "app", origins: [A, T] }],
};

function runOf(
  origin: string,
  more: Partial<RunOptions>,
  oauth2: object = { use: "app" },
): Promise<RunResult> {
  const engine = createEngine();
  const document = { dsl: "1.0.3", namespace: "test", name: "shares", version: "1.0.0" };
  const call = {
    call: "http",
    with: { method: "get", endpoint: { uri: `${A}/x`, authentication: { oauth2 } } },
  };
  const content = JSON.stringify({ document, use: { secrets: ["app"] }, do: [{ a: call }] });
  const pack = makePack(engine, {
    id: "test/shares",
    version: "1.0.0",
    workflows: { "w.json": content },
  });
  return run({
    engine,
    pack,
    input: canonicalize("{}"),
    recorder: memoryRecorder(),
    grant,
    secrets: { app: app() },
    addresses: { [A]: origin, [T]: origin },
    ...more,
  });
}

describe("GRANT-15: tokens that runs share", () => {
  it("are asked for once by all runs of a tenant that may", async () => {
    const { origin, asked } = await world();
    const cache = createTokenCache();
    later(() => cache.close());
    const tokens = cache.forTenant("acme");
    const at = Array.from({ length: 8 }, () => runOf(origin, { tokens }));
    for (const { status } of await Promise.all(at)) expect(status).toBe("completed");
    expect((await runOf(origin, { tokens })).status).toBe("completed");
    expect(asked()).toBe(1);
  });

  it.each<[string, Partial<RunOptions>, tenant?: string]>([
    ["another tenant", {}, "other"],
    ["a secret that was rotated", { secrets: { app: app("another-proof-of-it") } }],
    [
      "another grant",
      { grant: { ...grant, http: [...grant.http, { ...grant.http[0]!, paths: ["/y"] }] } },
    ],
    ["other addresses", { addresses: {} }],
  ])("but not those of %s", async (what, more, tenant = "acme") => {
    const { origin, asked } = await world();
    const cache = createTokenCache();
    later(() => cache.close());
    expect((await runOf(origin, { tokens: cache.forTenant("acme") })).status).toBe("completed");
    const tokens = cache.forTenant(tenant);
    const second = await runOf(origin, { tokens, ...more });
    if (what === "other addresses") expect([second.status, asked()]).toEqual(["faulted", 1]);
    else expect([second.status, asked()]).toEqual(["completed", 2]);
  });

  it("are asked for by no run in particular: the one that began may end", async () => {
    let answer: () => void = () => undefined;
    const { origin, asked, requests } = await world(
      undefined,
      new Promise<void>((resolve) => (answer = resolve)),
    );
    const cache = createTokenCache();
    later(() => cache.close());
    const tokens = cache.forTenant("acme");
    const stop = new AbortController();
    const first = runOf(origin, { tokens, signal: stop.signal });
    while (requests.length === 0) await new Promise((resolve) => setImmediate(resolve));
    const second = runOf(origin, { tokens });
    stop.abort(new Error("enough"));
    await expect(first).rejects.toMatchObject({ code: "REACH-E3002" });
    answer();
    expect((await second).status).toBe("completed");
    expect(asked()).toBe(1);
  });

  it("are guarded in each run that uses one, whoever has asked for it", async () => {
    const { origin, asked } = await world((n) => tokenOf(n));
    const cache = createTokenCache();
    later(() => cache.close());
    const tokens = cache.forTenant("acme");
    for (const _ of [1, 2]) {
      const ended = await runOf(origin, { tokens });
      const left = ended.records.map((bytes) => fromUtf8(bytes)).join();
      expect(left).toContain('{"failure":"denied"}');
      expect(left).not.toContain(tokenOf(1));
    }
    expect(asked()).toBe(1);
  });

  it("are not more than was said, and end with the cache", async () => {
    const cache = createTokenCache({ most: 2 });
    const tokens = cache.forTenant("acme");
    let asked = 0;
    const get = (n: number): Promise<KeptToken> => {
      const wanted: TokenWanted = { scheme: "oauth2", properties: n, secret: "s", world: [] };
      const ask = async (): Promise<KeptToken> => {
        asked += 1;
        return { header: `Bearer ${n}`, texts: [], lasts: 60_000 };
      };
      return tokens.get(wanted, ask);
    };
    for (const n of [1, 2, 1, 2, 3, 2, 3]) expect((await get(n)).header).toBe(`Bearer ${n}`);
    expect(asked).toBe(3);
    await get(1);
    expect(asked).toBe(4);
    const open = tokens.get(
      { scheme: "oauth2", properties: 9, secret: "s", world: [] },
      (closing) =>
        new Promise((_, reject) => {
          closing.addEventListener("abort", () => reject(closing.reason as Error));
        }),
    );
    cache.close();
    await expect(open).rejects.toThrow("the runs have ended");
  });
});
