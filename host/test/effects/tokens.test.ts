// Digest (RFC 7616), OAuth 2.0 and OpenID Connect, against services on loopback (WF-48, GRANT-12, GRANT-15).
import { createHash } from "node:crypto";
import { describe, expect, it, vi } from "vitest";
import { createEgress } from "@reach-fabric/host";
import type { EgressOptions, HttpResult, Performed, HttpRequest } from "@reach-fabric/host";
import { digestHeader } from "@reach-fabric/host/testing";
import { later, serve } from "../helpers.ts";
import type { Seen } from "../helpers.ts";

const A = "https://api.example";
const T = "https://login.example";
const client = { id: "me", secret: "s3cret-of-me" };
const oauth2 = { authority: `${T}/realm`, grant: "client_credentials", client };

type World = {
  answer: (...given: Parameters<typeof send>) => Promise<Performed<HttpResult>>;
  requests: Seen[];
};

/** An authority and a service behind one server. */
async function world(
  token: object | ((body: URLSearchParams) => object) = {},
  status = 200,
): Promise<World> {
  const { origin, requests } = await serve((request, response, body) => {
    response.setHeader("content-type", "application/json");
    const { url = "" } = request;
    if (url.endsWith("/.well-known/openid-configuration")) {
      return response.end(
        JSON.stringify({ issuer: `${T}/realm`, token_endpoint: `${T}/realm/other/token` }),
      );
    }
    if (url.endsWith("/token")) {
      const given = typeof token === "function" ? token(new URLSearchParams(body)) : token;
      response.statusCode = status;
      return response.end(
        JSON.stringify({ access_token: "tok-1234567", token_type: "Bearer", ...given }),
      );
    }
    return response.end(JSON.stringify({ ok: true }));
  });
  const options = {
    grant: {
      http: [
        { origin: A, methods: ["GET" as const, "POST" as const], paths: ["/*"] },
        { origin: T, methods: ["GET" as const, "POST" as const], paths: ["/realm/*"] },
      ],
      secrets: [{ name: "app", origins: [A, T] }],
    },
    addresses: { [A]: origin, [T]: origin },
    secrets: { app: oauth2, login: { username: "me", password: "s3cret-pass" } },
  };
  const egress = createEgress(options);
  later(() => egress.close());
  return {
    requests,
    answer: (authentication, more = {}, request = {}) =>
      Object.keys(more).length === 0
        ? send(authentication, egress, request)
        : send(authentication, { ...options, ...more }, request),
  };
}

async function send(
  authentication: HttpRequest["authentication"],
  using: Partial<EgressOptions> | ReturnType<typeof createEgress> = {},
  request: Partial<HttpRequest> = {},
): Promise<Performed<HttpResult>> {
  const egress = "fetch" in using ? using : createEgress(using as EgressOptions);
  if (!("fetch" in using)) later(() => egress.close());
  const full = { method: "GET", uri: `${A}/x`, headers: {}, redirect: false, ...request };
  return egress.fetch(authentication === undefined ? full : { ...full, authentication }, {
    idempotencyKey: "k",
    signal: new AbortController().signal,
  });
}
const sentTo = (requests: readonly Seen[], end: string): Seen[] =>
  requests.filter(({ url }) => url.endsWith(end));
const formOf = (request: Seen | undefined): object =>
  Object.fromEntries(new URLSearchParams(request?.body ?? ""));

describe("OAuth 2.0", () => {
  it("gets a token at the authority, and sends it with each request until it ends", async () => {
    const { answer, requests } = await world({ expires_in: 3600 });
    for (let i = 0; i < 2; i++) {
      const { result } = await answer({
        scheme: "oauth2",
        properties: { ...oauth2, scopes: ["a", "b"] },
      });
      expect(result).toMatchObject({ status: 200 });
    }
    const tokens = sentTo(requests, "/token");
    expect(tokens).toHaveLength(1);
    expect(tokens[0]).toMatchObject({ method: "POST", url: "/realm/oauth2/token" });
    expect(tokens[0]?.headers["idempotency-key"]).toBeUndefined();
    expect(formOf(tokens[0])).toEqual({
      grant_type: "client_credentials",
      client_id: "me",
      client_secret: "s3cret-of-me",
      scope: "a b",
    });
    expect(sentTo(requests, "/x").map(({ headers }) => headers["authorization"])).toEqual([
      "Bearer tok-1234567",
      "Bearer tok-1234567",
    ]);
  });

  it("asks again for one that has ended", async () => {
    const { answer, requests } = await world({ expires_in: 1 });
    await answer({ scheme: "oauth2", properties: oauth2 });
    await answer({ scheme: "oauth2", properties: oauth2 });
    expect(sentTo(requests, "/token")).toHaveLength(2);
  });

  it.each([
    ["back by an hour", -3_600_000],
    ["forward by a day", 86_400_000],
  ])("asks again for one that has ended, where the clock was set %s", async (_, by) => {
    const { answer, requests } = await world({ expires_in: 10.05 });
    await answer({ scheme: "oauth2", properties: oauth2 });
    const real = Date.now;
    const clock = vi.spyOn(Date, "now").mockImplementation(() => real() + by);
    try {
      await new Promise((resolve) => setTimeout(resolve, 60));
      await answer({ scheme: "oauth2", properties: oauth2 });
    } finally {
      clock.mockRestore();
    }
    expect(sentTo(requests, "/token")).toHaveLength(2);
  });

  it("asks once for all who want it at a time, and again after a failure", async () => {
    const { answer, requests } = await world({ expires_in: 3600 });
    const ask = () => answer({ scheme: "oauth2", properties: oauth2 });
    const answers = await Promise.all(Array.from({ length: 10 }, ask));
    expect(answers.map(({ result }) => result)).toEqual(
      answers.map(() => expect.objectContaining({ status: 200 })),
    );
    expect(sentTo(requests, "/token")).toHaveLength(1);
    const refusing = await world({ error: "invalid_client" }, 400);
    const refused = () => refusing.answer({ scheme: "oauth2", properties: oauth2 });
    await Promise.all([refused(), refused()]);
    await refused();
    expect(sentTo(refusing.requests, "/token")).toHaveLength(2);
  });

  it("who stops waiting for it ends the waiting of nobody else", async () => {
    const { origin, requests } = await serve((request, response) => {
      const isToken = request.url?.endsWith("/token") === true;
      const body = isToken ? { access_token: "tok-1234567", token_type: "Bearer" } : {};
      response.setHeader("content-type", "application/json");
      setTimeout(() => response.end(JSON.stringify(body)), isToken ? 100 : 0);
    });
    const methods: ("GET" | "POST")[] = ["GET", "POST"];
    const egress = createEgress({
      grant: { http: [A, T].map((at) => ({ origin: at, methods, paths: ["/*"] })) },
      addresses: { [A]: origin, [T]: origin },
    });
    later(() => egress.close());
    const ask = (signal: AbortSignal): Promise<unknown> =>
      egress
        .fetch(
          {
            method: "GET",
            uri: `${A}/x`,
            headers: {},
            redirect: false,
            authentication: { scheme: "oauth2", properties: oauth2 },
          },
          { idempotencyKey: "k", signal },
        )
        .then(({ result }) => result);
    const stop = new AbortController();
    const first = ask(stop.signal);
    const second = ask(new AbortController().signal);
    setTimeout(() => stop.abort(new Error("given up")), 20);
    await expect(first).rejects.toThrow("given up");
    expect(await second).toMatchObject({ status: 200 });
    expect(sentTo(requests, "/token")).toHaveLength(1);
  });

  it("by a secret's name, where it may go to both", async () => {
    const { answer, requests } = await world();
    expect((await answer({ scheme: "oauth2", secret: "app" })).result).toMatchObject({
      status: 200,
    });
    expect(requests.at(-1)?.headers["authorization"]).toBe("Bearer tok-1234567");
  });

  it.each([
    ["client_secret_basic", { authentication: "client_secret_basic" }, {}],
    [
      "private_key_jwt",
      { authentication: "private_key_jwt", assertion: "a.b.c" },
      { client_assertion: "a.b.c" },
    ],
    ["none", { authentication: "none" }, { client_id: "me" }],
  ])("authenticates the client by %s", async (name, how, form) => {
    const { answer, requests } = await world();
    await answer({ scheme: "oauth2", properties: { ...oauth2, client: { ...client, ...how } } });
    const [token] = sentTo(requests, "/token");
    expect(formOf(token)).toMatchObject(form);
    expect(formOf(token)).not.toHaveProperty("client_secret");
    // RFC 6749, 2.3.1: both are form-encoded first.
    const [, given = ""] = token?.headers["authorization"]?.split(" ") ?? [];
    const basic = decodeURIComponent(Buffer.from(given, "base64").toString());
    expect(basic).toBe(name === "client_secret_basic" ? "me:s3cret-of-me" : "");
  });

  it.each([
    [
      "password",
      { grant: "password", username: "u", password: "p" },
      { username: "u", password: "p" },
    ],
    [
      "refresh_token",
      { grant: "refresh_token", subject: { token: "r", type: "x" } },
      { refresh_token: "r" },
    ],
    [
      "token exchange",
      {
        grant: "urn:ietf:params:oauth:grant-type:token-exchange",
        subject: { token: "s", type: "t" },
        actor: { token: "a", type: "b" },
      },
      { subject_token: "s", subject_token_type: "t", actor_token: "a", actor_token_type: "b" },
    ],
  ])("asks by %s", async (_, how, form) => {
    const { answer, requests } = await world();
    await answer({ scheme: "oauth2", properties: { ...oauth2, ...how } });
    expect(formOf(sentTo(requests, "/token")[0])).toMatchObject(form);
  });

  it.each([
    ["no credentials", { scheme: "oauth2" as const, properties: { authority: T } }],
    ["an unknown field", { scheme: "oauth2" as const, properties: { ...oauth2, more: 1 } }],
    ["a secret of another kind", { scheme: "oauth2" as const, secret: "login" }],
    ["a secret that is not granted", { scheme: "oauth2" as const, secret: "none" }],
  ])("is denied with %s", async (_, authentication) => {
    const { answer, requests } = await world();
    expect((await answer(authentication)).result).toEqual({ failure: "denied" });
    expect(requests).toEqual([]);
  });

  it("is denied where the grant does not hold the authority, and asks it nothing", async () => {
    const { answer, requests } = await world();
    const grant = { http: [{ origin: A, methods: ["GET" as const], paths: ["/*"] }] };
    const { result, note } = await answer({ scheme: "oauth2", properties: oauth2 }, { grant });
    expect(result).toEqual({ failure: "denied" });
    expect(note?.why).toContain(T);
    expect(requests).toEqual([]);
  });

  it("is denied when the authority refuses, with the protocol's word and none of the secret's", async () => {
    const refusal = { error: "invalid_client", error_description: "s3cret-of-me is wrong" };
    const { answer, requests } = await world({ ...refusal, access_token: undefined }, 401);
    const { result, note } = await answer({ scheme: "oauth2", properties: oauth2 });
    expect(result).toEqual({ failure: "denied" });
    expect(note).toEqual({ code: "REACH-E3109", why: "the authority says invalid_client" });
    expect(sentTo(requests, "/x")).toEqual([]);
  });

  it("an answer that holds the token or the client's secret is no answer", async () => {
    for (const text of ["tok-1234567", "s3cret-of-me"]) {
      const { origin } = await serve((request, response) => {
        response.setHeader("content-type", "application/json");
        response.end(
          JSON.stringify(
            request.url?.endsWith("/token") === true
              ? { access_token: "tok-1234567", token_type: "Bearer" }
              : { echo: text },
          ),
        );
      });
      const { answer } = await world();
      const { result } = await answer(
        { scheme: "oauth2", secret: "app" },
        { addresses: { [A]: origin, [T]: origin } },
      );
      expect(result).toEqual({ failure: "denied" });
    }
  });
});

describe("GRANT-15: a client's secret goes only where the grant lets it", () => {
  const E = "https://elsewhere.example";
  const both: ("GET" | "POST")[] = ["GET", "POST"];
  const open = { http: [A, T, E].map((at) => ({ origin: at, methods: both, paths: ["/*"] })) };

  it.each<[string, string[], "oauth2" | "oidc", object, string, string[]]>([
    ["an authority that the secret may not go to", [A], "oauth2", {}, T, []],
    [
      "a token endpoint elsewhere, by the secret itself",
      [A, T],
      "oauth2",
      { endpoints: { token: `${E}/token` } },
      T,
      [],
    ],
    [
      "a token endpoint elsewhere, by the discovery document",
      [A, T],
      "oidc",
      {},
      E,
      ["/realm/.well-known/openid-configuration"],
    ],
  ])("not to %s", async (_, origins, scheme, more, at, asked) => {
    const { origin, requests } = await serve((request, response) => {
      const isDocument = request.url?.includes("well-known") === true;
      const document = { issuer: `${T}/realm`, token_endpoint: `${at}/token` };
      const token = { access_token: "tok-1234567", token_type: "Bearer" };
      response.setHeader("content-type", "application/json");
      response.end(JSON.stringify(isDocument ? document : token));
    });
    const { result, note } = await send(
      { scheme, secret: "app" },
      {
        grant: { ...open, secrets: [{ name: "app", origins }] },
        addresses: { [A]: origin, [T]: origin, [E]: origin },
        secrets: { app: { ...oauth2, ...more } },
      },
    );
    expect([result, note?.code]).toEqual([{ failure: "denied" }, "REACH-E3106"]);
    expect(requests.map(({ url }) => url)).toEqual(asked);
  });

  it("nor does a token that another secret of the same words has got", async () => {
    const { origin, requests } = await serve((_, response) => {
      const token = { access_token: "tok-1234567", token_type: "Bearer", expires_in: 3600 };
      response.setHeader("content-type", "application/json");
      response.end(JSON.stringify(token));
    });
    const { app } = { app: oauth2 };
    const egress = createEgress({
      grant: {
        ...open,
        secrets: [
          { name: "app", origins: [T, E] },
          { name: "same", origins: [A] },
        ],
      },
      addresses: { [A]: origin, [T]: origin, [E]: origin },
      secrets: { app, same: app },
    });
    later(() => egress.close());
    const first = await send({ scheme: "oauth2", secret: "app" }, egress, { uri: `${E}/x` });
    // The server's answer is the token itself.
    expect(first.result).toEqual({ failure: "denied" });
    const second = await send({ scheme: "oauth2", secret: "same" }, egress);
    expect([second.result, second.note?.code]).toEqual([{ failure: "denied" }, "REACH-E3106"]);
    expect(requests.map(({ url }) => url)).toEqual(["/realm/oauth2/token", "/x"]);
  });
});

describe("GRANT-15: what an authority says", () => {
  it.each([
    ["a secret as its error", { error: "s3cret-of-me" }],
    ["a secret within its error", { error: "invalid_client s3cret-of-me" }],
    ["an error of another protocol", { error: "slow_down" }],
  ])("is not repeated where it is %s", async (_, refusal) => {
    const { answer } = await world({ ...refusal, access_token: undefined }, 400);
    const { result, note } = await answer({ scheme: "oauth2", properties: oauth2 });
    expect(result).toEqual({ failure: "denied" });
    const why = "the authority says an error that is none of the protocol's";
    expect(note).toEqual({ code: "REACH-E3109", why });
  });

  it("is no token where it is too short to be guarded", async () => {
    const { answer, requests } = await world({ access_token: "tok-123" });
    const { result, note } = await answer({ scheme: "oauth2", properties: oauth2 });
    expect([result, note?.code]).toEqual([{ failure: "denied" }, "REACH-E3109"]);
    expect(sentTo(requests, "/x")).toEqual([]);
  });
});

describe("OpenID Connect", () => {
  it.each([`${T}/realm`, `${T}/realm/.well-known/openid-configuration`])(
    "finds the endpoint by %s",
    async (authority) => {
      const { answer, requests } = await world();
      const { result } = await answer({ scheme: "oidc", properties: { ...oauth2, authority } });
      expect(result).toMatchObject({ status: 200 });
      expect(requests.map(({ url }) => url)).toEqual([
        "/realm/.well-known/openid-configuration",
        "/realm/other/token",
        "/x",
      ]);
    },
  );

  it("is denied when the authority names itself otherwise", async () => {
    const { answer, requests } = await world();
    const properties = { ...oauth2, authority: `${T}/realm/else` };
    expect((await answer({ scheme: "oidc", properties })).result).toEqual({ failure: "denied" });
    expect(sentTo(requests, "/token")).toEqual([]);
  });
});

describe("digest", () => {
  it("is the header of RFC 7616, section 3.9.1", () => {
    const login = { username: "Mufasa", password: "Circle of Life" };
    const challenge = (algorithm: string): string =>
      `Basic realm="x", Digest realm="http-auth@example.org", qop="auth, auth-int", algorithm=${algorithm}, ` +
      'nonce="7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v", opaque="FQhe/qaU925kfnzjCev0ciny7QMkPqMAFRtzCUYo5tdS"';
    const cnonce = "f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ";
    const response = (algorithm: string): string | undefined =>
      /response="([0-9a-f]+)"/.exec(
        digestHeader(challenge(algorithm), login, "GET", "/dir/index.html", cnonce) ?? "",
      )?.[1];
    expect(response("MD5")).toBe("8ca523f5e9506fed4657c9700eebdbec");
    expect(response("SHA-256")).toBe(
      "753927fa0e85d155564e2e272a28d1802ca10daf4496794697cf8db5856cb6c1",
    );
    expect(response("SHA-512-256")).toBeUndefined();
    expect(digestHeader("Basic realm=x", login, "GET", "/")).toBeUndefined();
  });

  it("answers no challenge of another origin", async () => {
    const other = await serve((_, response) => {
      response.setHeader("www-authenticate", 'Digest realm="there", nonce="n2", qop="auth"');
      response.writeHead(401).end();
    });
    const { origin, requests } = await serve((_, response) =>
      response.writeHead(307, { location: `${T}/y` }).end(),
    );
    const { result } = await send(
      { scheme: "digest", secret: "login" },
      {
        grant: {
          http: [A, T].map((at) => ({ origin: at, methods: ["POST" as const], paths: ["/*"] })),
          secrets: [{ name: "login", origins: [A] }],
        },
        addresses: { [A]: origin, [T]: other.origin },
        secrets: { login: { username: "me", password: "s3cret-pass" } },
      },
      { method: "POST", body: {}, redirect: true },
    );
    expect(result).toMatchObject({ status: 401 });
    expect(requests).toHaveLength(1);
    expect([...requests, ...other.requests].map(({ headers }) => headers["authorization"])).toEqual(
      [undefined, undefined],
    );
  });

  it("answers a server's challenge, once", async () => {
    const md5 = (text: string): string => createHash("md5").update(text).digest("hex");
    const { origin, requests } = await serve((request, response) => {
      const given = request.headers["authorization"] ?? "";
      const [, nc, cnonce] = /nc=(\w+), cnonce="(\w+)"/.exec(given) ?? [];
      const wanted = md5(
        `${md5("me:here:s3cret-pass")}:n1:${nc}:${cnonce}:auth:${md5("POST:/x?a=1")}`,
      );
      const isRight = given.includes(`response="${wanted}"`);
      response.setHeader("www-authenticate", 'Digest realm="here", nonce="n1", qop="auth"');
      response.setHeader("content-type", "application/json");
      response.writeHead(isRight ? 200 : 401).end("{}");
    });
    const options = {
      grant: {
        http: [{ origin: A, methods: ["POST" as const], paths: ["/*"] }],
        secrets: [{ name: "login", origins: [A] }],
      },
      addresses: { [A]: origin },
      secrets: { login: { username: "me", password: "s3cret-pass" } },
    };
    const post = { method: "POST", uri: `${A}/x?a=1`, body: { n: 1 } };
    const right = await send({ scheme: "digest", secret: "login" }, options, post);
    expect(right.result).toMatchObject({ status: 200 });
    expect(requests.map(({ body }) => body)).toEqual(['{"n":1}', '{"n":1}']);
    expect(requests[0]?.headers["authorization"]).toBeUndefined();
    const wrong = await send({ scheme: "digest", username: "me", password: "no" }, options, post);
    expect(wrong.result).toMatchObject({ status: 401 });
    expect(requests).toHaveLength(4);
  });
});
