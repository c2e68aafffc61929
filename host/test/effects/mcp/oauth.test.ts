// OAuth 2.1 for MCP: a token is for the server that it is sent to, and comes from where the grant lets the client's secret go (GRANT-15).
import { describe, expect, it } from "vitest";
import type { RunOptions, RunResult } from "@reach-fabric/host";
import { json, serve } from "../../helpers.ts";
import type { Seen } from "../../helpers.ts";
import { ask, logical, misbehaving, resultsOf, REVISION, server } from "./asking.ts";

const login = "https://login.example";
const proof = "client-secret-0123456789";
const client = { id: "me", secret: proof };
const transport = {
  http: { endpoint: { uri: server, authentication: { oauth2: { use: "key" } } } },
};
const asked = { transport, protocolVersion: REVISION };
const every = { methods: ["GET" as const, "POST" as const], paths: ["/*"] };

/** A server of MCP, its metadata and an authority: each has what it was asked. */
async function world(metadata: object): Promise<{
  asked: Seen[];
  tokens: Seen[];
  run: (secret: object, more?: Partial<RunOptions>) => Promise<RunResult>;
}> {
  const tools = await misbehaving(
    ({ say }) => say({ result: { content: [] } }),
    ({ request, response }) => {
      if (request.url === "/.well-known/oauth-protected-resource/mcp") {
        json(metadata)(request, response, "");
      } else if (request.headers.authorization !== "Bearer token-0123456789") {
        response.writeHead(401).end();
      } else return false;
      return true;
    },
  );
  const authority = await serve((request, response, body) => {
    if (request.url?.startsWith("/.well-known/oauth-authorization-server") === true) {
      // Whichever of its realms it is asked about.
      json({ issuer: login, token_endpoint: `${login}/token` })(request, response, body);
    } else if (request.method === "POST") {
      const token = { access_token: "token-0123456789", token_type: "Bearer", expires_in: 3600 };
      json(token)(request, response, body);
    } else response.writeHead(404).end();
  });
  return {
    asked: tools.requests,
    tokens: authority.requests,
    run: (secret, more = {}) =>
      ask(tools.origin, [asked, asked], {
        grant: {
          mcp: [{ server, calls: ["tools/call *"] }],
          http: [
            { origin: login, ...every },
            { origin: logical, methods: ["GET"], paths: ["/.well-known/*"] },
          ],
          secrets: [{ name: "key", origins: [logical, login] }],
        },
        addresses: { [logical]: tools.origin, [login]: authority.origin },
        secrets: { key: { grant: "client_credentials", client, ...secret } },
        ...more,
      }),
  };
}

const fine = [{ result: { content: [] } }, { result: { content: [] } }];
const bodies = (seen: readonly Seen[]): URLSearchParams[] =>
  seen.filter(({ method }) => method === "POST").map(({ body }) => new URLSearchParams(body));

describe("GRANT-15: a token for an MCP server", () => {
  it("is asked for with the server as its resource, once for a run", async () => {
    const { tokens, run, asked } = await world({});
    const result = await run({ authority: login, endpoints: { token: "/token" } });
    expect(resultsOf(result)).toEqual(fine);
    expect(bodies(tokens).map((body) => body.getAll("resource"))).toEqual([[server]]);
    expect(asked.some(({ url }) => url.includes("well-known"))).toBe(false);
  });

  it("comes from the authority that the server's metadata name, where the secret may go", async () => {
    const elsewhere = "https://evil.example";
    const { tokens, run } = await world({
      resource: server,
      authorization_servers: [elsewhere, login],
    });
    expect(resultsOf(await run({}))).toEqual(fine);
    const [body, ...more] = bodies(tokens);
    expect(more).toEqual([]);
    expect([body?.get("resource"), body?.get("client_secret")]).toEqual([server, proof]);
  });

  it.each([
    ["of another resource", { resource: `${logical}/other`, authorization_servers: [login] }],
    ["that name nobody", { resource: server }],
    [
      "that name nobody whom the secret may go to",
      { resource: server, authorization_servers: ["https://evil.example"] },
    ],
    ["that are none", []],
  ])("does not come by metadata %s, and nothing of the client leaves", async (_, metadata) => {
    const { tokens, run } = await world(metadata);
    expect(resultsOf(await run({}))).toEqual([{ failure: "denied" }]);
    expect(bodies(tokens)).toEqual([]);
  });

  it("does not come from an authority that describes another one", async () => {
    const { tokens, run } = await world({
      resource: server,
      authorization_servers: [`${login}/realm`],
    });
    expect(resultsOf(await run({}))).toEqual([{ failure: "denied" }]);
    expect(bodies(tokens)).toEqual([]);
  });

  it("does not come where the grant lets no metadata be read", async () => {
    const { tokens, asked, run } = await world({
      resource: server,
      authorization_servers: [login],
    });
    const grant = {
      mcp: [{ server, calls: ["tools/call *"] }],
      http: [{ origin: login, ...every }],
      secrets: [{ name: "key", origins: [logical, login] }],
    };
    expect(resultsOf(await run({}, { grant }))).toEqual([{ failure: "denied" }]);
    expect([tokens, asked]).toEqual([[], []]);
  });
});
