// The smallest grant for requests: exact, sorted, and no wider than the requests are together.
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { RequestRecord } from "@reach-fabric/engine";
import { effectiveGrant, grantAllowing, suggestGrant } from "@reach-fabric/host";
import type { Permission, SuggestOptions } from "@reach-fabric/host";
import { parseTarget, whyNotGranted } from "@reach-fabric/host/testing";
import { grantFile, mayCall, mayEmit } from "@reach-fabric/schema";
import type { GrantFile } from "@reach-fabric/schema";

const A = "https://a.example";
const B = "https://b.example";

const asked = (type: RequestRecord["type"], request: object): RequestRecord => ({
  kind: "request",
  seq: 1,
  key: "0",
  type,
  occurrence: 1,
  task: "/do/0/ask",
  iteration: [],
  request: request as RequestRecord["request"],
});
const http = (method: string, uri: string, more: object = {}): RequestRecord =>
  asked("http", { method, uri, headers: {}, redirect: false, ...more });
const grantOf = (requests: RequestRecord[], options?: SuggestOptions): GrantFile =>
  suggestGrant(requests, options).grant;

describe("a suggested grant", () => {
  test("allows exact methods of exact paths, and no others of the same origin", () => {
    const grant = grantOf([
      http("GET", `${A}/x?y=1`),
      http("POST", `${A}/x`),
      http("GET", `${A}/y`),
      http("GET", B),
      http("GET", `${A}/y`),
    ]);
    expect(grant).toEqual({
      format: "reach/grant/v1",
      http: [
        { origin: A, methods: ["GET", "POST"], paths: ["/x"] },
        { origin: A, methods: ["GET"], paths: ["/y"] },
        { origin: B, methods: ["GET"], paths: ["/"] },
      ],
    });
  });

  test("has a row for each effect, and each part of a grant", () => {
    const bearer = { authentication: { scheme: "bearer", secret: "key" } };
    const places = { secrets: [{ at: "/body/key", parts: ["x", { name: "hole", field: "key" }] }] };
    const grant = grantOf([
      http("GET", `${A}/x`, { ...bearer, ...places }),
      asked("grpc", {
        uri: `${B}/pkg.S/Do`,
        arguments: {},
        method: "Do",
        proto: "s.proto",
        service: "pkg.S",
        ...bearer,
      }),
      asked("mcp", {
        uri: `${A}/mcp`,
        method: "tools/call",
        parameters: { name: "find" },
        headers: {},
        ...bearer,
      }),
      asked("mcp", {
        uri: `${A}/mcp`,
        method: "resources/read",
        parameters: { uri: "file:a b" },
        headers: {},
      }),
      asked("mcp", { uri: `${A}/mcp`, method: "tools/list", headers: {} }),
      asked("llm", { model: "small", messages: [] }),
      asked("emit", { event: { type: "t.done" } }),
      ...(["clock", "random", "timer", "event"] as const).map((type) => asked(type, {})),
    ]);
    expect(grant).toEqual({
      format: "reach/grant/v1",
      http: [
        { origin: A, methods: ["GET"], paths: ["/x"] },
        { origin: B, methods: ["POST"], paths: ["/pkg.S/Do"] },
      ],
      emit: ["t.done"],
      secrets: [
        { name: "hole", origins: [A] },
        { name: "key", origins: [A, B] },
      ],
      models: ["small"],
      mcp: [
        { server: `${A}/mcp`, calls: ["resources/read file:a b", "tools/call find", "tools/list"] },
      ],
    });
    expect(grantFile.safeParse(grant).success).toBe(true);
  });

  test("names where tokens come from as far as that is known, and says what is not", () => {
    const inline = {
      scheme: "oauth2",
      properties: { authority: `${B}/realm/`, grant: "client_credentials" },
    };
    const named = { scheme: "oauth2", secret: "app" };
    const oidc = { scheme: "oidc", properties: { authority: `${B}/` } };
    const of = (authentication: object, secrets = {}) =>
      suggestGrant([http("GET", `${A}/x`, { authentication })], { secrets });
    const own = { origin: A, methods: ["GET"], paths: ["/x"] };
    const token = { origin: B, methods: ["POST"], paths: ["/realm/oauth2/token"] };
    expect(of(inline)).toMatchObject({ grant: { http: [own, token] }, open: [] });
    expect(of(named)).toMatchObject({
      grant: { http: [own], secrets: [{ name: "app", origins: [A] }] },
      open: ["where the token of the secret app comes from"],
    });
    expect(
      of(named, { app: { authority: `${B}/realm`, grant: "client_credentials" } }),
    ).toMatchObject({
      grant: { http: [own, token], secrets: [{ name: "app", origins: [A, B] }] },
      open: [],
    });
    expect(of(oidc)).toMatchObject({
      grant: {
        http: [own, { origin: B, methods: ["GET"], paths: ["/.well-known/openid-configuration"] }],
      },
      open: [`where ${B}/ gives tokens, as its discovery document says`],
    });
    expect(suggestGrant([http("GET", `${A}/x`, { redirect: true })]).open).toEqual([
      `where GET ${A}/x was redirected to`,
    ]);
  });

  test("ends where a text has a star, which no pattern has as itself, and names once what that allows", () => {
    const emit = (type: string): RequestRecord => asked("emit", { event: { type } });
    const grant = grantOf([
      http("GET", `${A}/a*b/c`),
      http("GET", `${A}/ab`),
      http("PUT", `${A}/ab`),
      emit("x*"),
      emit("xy"),
      emit("z"),
    ]);
    expect(grant).toMatchObject({
      http: [
        { methods: ["GET"], paths: ["/a*"] },
        { methods: ["PUT"], paths: ["/ab"] },
      ],
      emit: ["x*", "z"],
    });
    expect(grantFile.safeParse(grant).success).toBe(true);
  });

  test("allows all that begins so, of paths with numbers and ids, where that is asked for", () => {
    const paths = [
      "/v1/accounts/17/balance",
      "/v1/accounts/18",
      "/v1/x/0191b0c0-0000-7000-8000-000000000001",
      "/v1/y/deadbeefdeadbeef",
      "/v1/2fa/x",
      "/v10",
    ];
    const requests = paths.map((path) => http("GET", A + path));
    expect(grantOf(requests, { ids: true }).http).toEqual([
      {
        origin: A,
        methods: ["GET"],
        paths: ["/v1/2fa/x", "/v1/accounts/*", "/v1/x/*", "/v1/y/*", "/v10"],
      },
    ]);
    expect(grantOf(requests).http?.[0]?.paths).toEqual([...paths].sort());
  });

  test("names a header that says another request, with the requests that had it", () => {
    const headers = {
      "x-forwarded-host": "x",
      accept: "text/html",
      "x-http-method-override": "PUT",
    };
    const requests = [
      http("GET", `${A}/x`),
      http("GET", `${A}/x`, { headers }),
      http("GET", `${A}/y`, { headers: { "x-forwarded-host": "x" } }),
      http("GET", `${A}/z`),
    ];
    expect(grantOf(requests).http).toEqual([
      {
        origin: A,
        methods: ["GET"],
        paths: ["/x"],
        headers: ["x-forwarded-host", "x-http-method-override"],
      },
      { origin: A, methods: ["GET"], paths: ["/y"], headers: ["x-forwarded-host"] },
      { origin: A, methods: ["GET"], paths: ["/z"] },
    ]);
  });

  test("keeps a limit on what may be spent, with the prices of what is left", () => {
    const spending = {
      cost: 5,
      prices: { small: { input: 1, output: 2 }, large: { input: 3, output: 4 } },
    };
    const ask = asked("llm", { model: "small", messages: [] });
    const left = { cost: 5, prices: { small: { input: 1, output: 2 } } };
    expect(grantOf([ask], { spending })).toEqual({
      format: "reach/grant/v1",
      models: ["small"],
      spending: left,
    });
    expect(grantFile.safeParse(grantOf([ask], { spending })).success).toBe(true);
    expect(grantOf([http("GET", A)], { spending })).not.toHaveProperty("spending");
    const given = {
      grant: { spending: { tokens: 9 } },
      repeatable: {},
      bounds: {},
      addresses: {},
      providers: {},
      directories: {},
    };
    expect(grantOf([ask], { spending, given }).spending).toEqual({ tokens: 9 });
  });

  test("keeps what the operator says of what is left, and nothing of the rest", () => {
    const limits = { total: 5000 };
    const provider = { api: "openai-chat", url: `${B}/v1`, model: "m" } as const;
    const given = {
      grant: {},
      repeatable: effectiveGrant({ http: [{ origin: A, methods: ["POST"], paths: ["/pay/*"] }] }),
      bounds: { mcp: [{ server: `${A}/mcp`, calls: ["tools/call *"], limits }] },
      addresses: { [A]: "http://127.0.0.1:1", [B]: "http://127.0.0.1:2" },
      providers: { small: provider, large: provider },
      directories: { letters: "/srv/letters", other: "/srv/other" },
    };
    const requests = [
      http("POST", `${A}/pay/1`),
      http("POST", `${A}/send`),
      asked("mcp", {
        uri: `${A}/mcp`,
        method: "tools/call",
        parameters: { name: "find" },
        headers: {},
      }),
      asked("mcp", { uri: `${A}/mcp`, method: "tools/list", headers: {} }),
      asked("llm", { model: "small", messages: [] }),
      asked("file", { method: "write", folder: "letters", path: "a", content: 1 }),
      asked("file", { method: "read", folder: "letters", path: "b" }),
      asked("file", { method: "read", folder: "letters", path: "c" }),
    ];
    const grant = grantOf(requests, { given });
    expect(grantFile.safeParse(grant).success).toBe(true);
    expect(grant).toEqual({
      format: "reach/grant/v1",
      http: [
        { origin: A, methods: ["POST"], paths: ["/pay/1"], repeatable: true },
        { origin: A, methods: ["POST"], paths: ["/send"] },
      ],
      models: ["small"],
      mcp: [
        { server: `${A}/mcp`, calls: ["tools/call find"], limits },
        { server: `${A}/mcp`, calls: ["tools/list"] },
      ],
      folders: [{ name: "letters", access: ["read", "write"] }],
      directories: { letters: "/srv/letters" },
      providers: { small: provider },
      addresses: { [A]: "http://127.0.0.1:1" },
    });
  });

  const text = fc.stringMatching(/^[a-d*]{1,4}$/);
  const request = fc.oneof(
    fc
      .tuple(fc.constantFrom("GET", "POST", "PUT"), fc.constantFrom(A, B), text)
      .map(([method, origin, path]) => http(method, `${origin}/${path}`)),
    text.map((type) => asked("emit", { event: { type } })),
    text.map((name) =>
      asked("mcp", { uri: `${A}/mcp`, method: "tools/call", parameters: { name }, headers: {} }),
    ),
    fc.constantFrom("m", "n").map((model) => asked("llm", { model, messages: [] })),
  );

  /** Whether a grant allows a request, by the rules that the host compares with. */
  function allows(file: GrantFile, { type, request: own }: RequestRecord): boolean {
    const grant = effectiveGrant(file);
    const { uri, method, event, model } = own as unknown as {
      uri: string;
      method: string;
      event: { type: string };
      model: string;
    };
    if (type === "emit") return mayEmit(grant, event.type);
    if (type === "mcp") return mayCall(grant, own as never);
    if (type === "llm") return grant.models?.includes(model) === true;
    const target = parseTarget(uri);
    return !("why" in target) && whyNotGranted(grant, method, target) === undefined;
  }

  test("allows all of any requests, is the same in any order, and with one permission less one is denied", () => {
    fc.assert(
      fc.property(
        fc.array(request, { maxLength: 12 }),
        fc.infiniteStream(fc.nat()),
        (requests, order) => {
          const { grant, permissions } = suggestGrant(requests);
          expect(grantFile.safeParse(grant).success).toBe(true);
          const shuffled = requests
            .map((one) => [order.next().value, one] as const)
            .sort(([a], [b]) => a - b);
          expect(suggestGrant(shuffled.map(([, one]) => one))).toEqual(suggestGrant(requests));
          expect(requests.filter((one) => !allows(grant, one))).toEqual([]);
          for (const one of permissions) {
            const less = grantAllowing(permissions.filter((other: Permission) => other !== one));
            expect([one, requests.every((each) => allows(less, each))]).toEqual([one, false]);
          }
        },
      ),
      { numRuns: 300 },
    );
  });
});
