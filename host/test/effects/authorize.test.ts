// Credentials: what is sent, where secrets may go, and that none of them comes back (GRANT-12, WF-48).
import { chmod, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { createEgress, effectiveGrant, readSecrets } from "@reach-fabric/host";
import type { EgressOptions, HttpResult, Performed, HttpRequest } from "@reach-fabric/host";
import { errorOf, json, later, newFolder, serve } from "../helpers.ts";

const A = "https://a.example";
const B = "https://b.example";
const http = [A, B].map((origin) => ({ origin, methods: ["GET" as const], paths: ["/*"] }));
const secrets = {
  login: { username: "me", password: "s3cret-pass" },
  key: { token: "tok-abcdef" },
  broken: { token: "two words" },
};
const grant = {
  http,
  secrets: [
    { name: "login", origins: [A] },
    { name: "key", origins: [A] },
  ],
};

async function send(
  authentication: HttpRequest["authentication"],
  options: Partial<EgressOptions>,
  request: Partial<HttpRequest> = {},
): Promise<Performed<HttpResult>> {
  const egress = createEgress({ grant, secrets, ...options });
  later(() => egress.close());
  const full = { method: "GET", uri: `${A}/x`, headers: {}, redirect: false, ...request };
  return egress.fetch(authentication === undefined ? full : { ...full, authentication }, {
    idempotencyKey: "k",
    signal: new AbortController().signal,
  });
}

describe("credentials", () => {
  it("become the header of their scheme", async () => {
    const { origin, requests } = await serve(json({}));
    const addresses = { [A]: origin };
    await send({ scheme: "basic", username: "a", password: "b:c" }, { addresses });
    await send({ scheme: "bearer", token: "t" }, { addresses });
    await send({ scheme: "basic", secret: "login" }, { addresses });
    await send({ scheme: "bearer", secret: "key" }, { addresses });
    expect(requests.map(({ headers }) => headers["authorization"])).toEqual([
      "Basic YTpiOmM=",
      "Bearer t",
      `Basic ${Buffer.from("me:s3cret-pass").toString("base64")}`,
      "Bearer tok-abcdef",
    ]);
  });

  it("a secret goes nowhere without its grant, and not in another scheme", async () => {
    const { origin, requests } = await serve(json({}));
    const addresses = { [A]: origin, [B]: origin };
    const failure = async (...given: Parameters<typeof send>): Promise<unknown> =>
      (await send(...given)).result;
    const denied = { failure: "denied" };
    const key = { scheme: "bearer", secret: "key" } as const;
    expect(await failure(key, { addresses }, { uri: `${B}/x` })).toEqual(denied);
    expect(await failure(key, { addresses, grant: { http } })).toEqual(denied);
    expect(await failure(key, { addresses, secrets: {} })).toEqual(denied);
    expect(await failure({ scheme: "basic", secret: "key" }, { addresses })).toEqual(denied);
    const broken = { http, secrets: [{ name: "broken", origins: [A] }] };
    const wrong = { scheme: "bearer", secret: "broken" } as const;
    expect(await failure(wrong, { addresses, grant: broken })).toEqual(denied);
    expect(requests).toEqual([]);
  });

  it("a secret does not follow a redirect to another origin", async () => {
    const other = await serve(json({}));
    const first = await serve((_, response) =>
      response.writeHead(302, { location: `${B}/y` }).end(),
    );
    const addresses = { [A]: first.origin, [B]: other.origin };
    const { result } = await send(
      { scheme: "bearer", secret: "key" },
      { addresses },
      { redirect: true },
    );
    expect(result).toMatchObject({ status: 200 });
    expect(first.requests[0]!.headers["authorization"]).toBe("Bearer tok-abcdef");
    expect(other.requests[0]!.headers["authorization"]).toBeUndefined();
  });

  it("GRANT-8: nor in a body that follows one", async () => {
    const other = await serve(json({}));
    const first = await serve((request, response) => {
      const location = request.url === "/own" ? "/x" : `${B}/y`;
      response.writeHead(307, { location }).end();
    });
    const addresses = { [A]: first.origin, [B]: other.origin };
    const body = { k: null };
    const parts = [{ name: "key", field: "token" }];
    const asked = { method: "POST", redirect: true, body, secrets: [{ at: "/body/k", parts }] };
    const posting = [A, B].map((origin) => ({ origin, methods: ["POST" as const], paths: ["/*"] }));
    for (const [origins, sent] of [
      [[A], 0],
      [[A, B], 1],
    ] as const) {
      const secretsGrant = [{ name: "key", origins: [...origins] }];
      const options = { addresses, grant: { http: posting, secrets: secretsGrant } };
      const { result } = await send(undefined, options, asked);
      expect(result).toEqual(sent === 0 ? { failure: "denied" } : { status: 200, headers: {} });
      expect(other.requests).toHaveLength(sent);
    }
    expect(other.requests[0]?.body).toBe('{"k":"tok-abcdef"}');
  });

  it("an answer that holds a secret is not recorded", async () => {
    const basic = Buffer.from("me:s3cret-pass").toString("base64");
    const echo = async (body: unknown, authentication: HttpRequest["authentication"]) => {
      const { origin } = await serve(json(body));
      return send(authentication, { addresses: { [A]: origin } });
    };
    const login = { scheme: "basic", secret: "login" } as const;
    for (const body of [{ got: "s3cret-pass" }, { header: `Basic ${basic}` }]) {
      const { result, body: kept } = await echo(body, login);
      expect([result, kept]).toEqual([{ failure: "denied" }, undefined]);
    }
    const key = { scheme: "bearer", secret: "key" } as const;
    expect((await echo({ got: "tok-abcdef" }, key)).result).toEqual({ failure: "denied" });
    expect((await echo({ got: "another" }, key)).result).toMatchObject({ status: 200 });
    // What the workflow knows itself is recorded anyway.
    const own = { scheme: "bearer", token: "tok-of-its-own" } as const;
    expect((await echo({ got: "tok-of-its-own" }, own)).result).toMatchObject({ status: 200 });
  });
});

it("the effective grant names each secret once", () => {
  expect(
    effectiveGrant({
      secrets: [
        { name: "b", origins: [B, A] },
        { name: "a", origins: [A] },
        { name: "b", origins: [A] },
      ],
    }),
  ).toEqual({
    secrets: [
      { name: "a", origins: [A] },
      { name: "b", origins: [A, B] },
    ],
  });
});

describe("a file of secrets", () => {
  const file = async (text: string, mode = 0o600): Promise<string> => {
    const path = join(await newFolder(), "secrets.json");
    await writeFile(path, text);
    await chmod(path, mode);
    return path;
  };
  const good = JSON.stringify({ format: "reach/secrets/v1", secrets });

  it("is read", async () => {
    expect(await readSecrets(await file(good))).toEqual(secrets);
  });

  it("is refused with a secret that is too short", async () => {
    const short = good.replace("tok-abcdef", "tok-abc");
    const error = await errorOf(readSecrets(await file(short)));
    expect([error.code, error.where]).toEqual(["REACH-E4133", "secret key.token"]);
    const names = JSON.stringify({ login: { username: "me", password: "" } });
    const path = await file(`{"format":"reach/secrets/v1","secrets":${names}}`);
    expect(await readSecrets(path)).toEqual({ login: { username: "me", password: "" } });
  });

  it("is refused where others may read it, or where it is none, without a word of it", async () => {
    expect((await errorOf(readSecrets(await file(good, 0o644)))).code).toBe("REACH-E4132");
    const odd = good.replace('"tok-abcdef"', '{"tok-abcdef":1}');
    const error = await errorOf(readSecrets(await file(odd)));
    expect(error.code).toMatch(/^REACH-E42/);
    expect(`${error.message} ${error.why} ${error.where}`).not.toMatch(/tok-abcdef|s3cret/);
  });
});
