// Access tokens of OAuth 2.0 and OpenID Connect for requests (WF-48, GRANT-15): got where the grant allows it, and guarded
// from the moment that they come.
import { strictOauth2, strictOidc } from "@reach-fabric/schema";
import type { Oauth2 } from "@reach-fabric/schema";
import * as oauth from "oauth4webapi";
import { hostCode } from "../../files/codes.ts";
import { SHORTEST_SECRET } from "../../secrets/forms.ts";
import { authoritiesOf, authorityAt } from "../../secrets/protected-resource.ts";
import type { KeptToken, TenantTokens } from "../../secrets/token-cache.ts";
import { orAborted } from "./deadline.ts";
import { RequestFailed } from "./failure.ts";
import { throwTrouble } from "./trouble.ts";

/** One request of the protocol. */
interface TokenRequest {
  readonly method: string;
  readonly uri: string;
  readonly headers: Headers;
  readonly body: string | undefined;
}

/** Sends one; it throws RequestFailed for what the grant does not allow. */
export type SendToken = (request: TokenRequest, stop: AbortController) => Promise<Response>;

type Send = (request: TokenRequest) => Promise<Response>;

/** What is asked of an authority, within limits that are those of no request: several may wait for it. */
type Flight = (work: (send: Send) => Promise<KeptToken>, signal: AbortSignal) => Promise<KeptToken>;

/** What asking an authority needs of the client that does it. */
interface World {
  /** Of the run, or of all runs of its tenant. */
  readonly tokens: TenantTokens;
  /** Where the run may go, and where that is. */
  readonly world: unknown;
  readonly flight: Flight;
  /** Throws RequestFailed for a secret that may not go there. */
  readonly leaving: (secret: string, uri: string) => void;
  /** Guards what has come. */
  readonly came: (texts: readonly string[]) => void;
  /** Guards what is used, in a later process of the run, too: that is durable when this resolves. */
  readonly used: (texts: readonly string[]) => Promise<void>;
}

interface Wanted {
  readonly scheme: "oauth2" | "oidc";
  readonly properties: unknown;
  readonly secret: string | undefined;
  /** What the token is for (RFC 8707). */
  readonly resource: string | undefined;
}

/** Before it ends, a token is not used any more: the request has yet to arrive. */
const MARGIN = 10_000;

export class Tokens {
  readonly #world: World;

  constructor(world: World) {
    this.#world = world;
  }

  /**
   * The header of a token, whose texts the run guards from then on, whoever has asked for it.
   *
   * @param of `secret`, the name of the secret that the properties are, if they are one; `resource`, what the token is for
   * @throws RequestFailed `denied` for invalid properties, where the authority gives no token, and where the secret may
   *   not go there; HostTrouble; the signal's reason
   */
  async get(
    scheme: "oauth2" | "oidc",
    properties: unknown,
    signal: AbortSignal,
    { secret, resource }: Partial<Pick<Wanted, "secret" | "resource">> = {},
  ): Promise<string> {
    const { tokens, world, flight, used } = this.#world;
    const wanted = { scheme, properties, secret, resource };
    const known = {
      scheme,
      secret,
      world,
      properties: resource ? [properties, resource] : properties,
    };
    const token = tokens.get(known, (closing) =>
      flight((send) => this.#ask(wanted, send), closing),
    );
    const { header, texts } = await orAborted(token, signal);
    await used(texts);
    return header;
  }

  async #ask(wanted: Wanted, sendAny: Send): Promise<KeptToken> {
    const { scheme, properties, secret, resource } = wanted;
    const { leaving, came } = this.#world;
    const send: Send = async (request) => {
      const isProof = request.body !== undefined || request.headers.has("authorization");
      if (secret !== undefined && isProof) leaving(secret, request.uri);
      return sendAny(request);
    };
    const parsed = (scheme === "oauth2" ? strictOauth2 : strictOidc).safeParse(properties);
    if (!parsed.success) throw noToken(`these are not credentials for ${scheme}`);
    const given = parsed.data as Oauth2;
    try {
      const server = await this.#serverOf(given, wanted, send);
      const client: oauth.Client = { client_id: given.client?.id ?? "" };
      const response = await oauth.genericTokenEndpointRequest(
        server,
        client,
        clientAuthentication(given),
        given.grant,
        [...parametersOf(given), ...some("resource", resource)],
        optionsOf(send),
      );
      const token = await oauth.processGenericTokenEndpointResponse(server, client, response);
      const texts = [token.access_token, token.refresh_token, token.id_token].filter(
        (text) => text !== undefined,
      );
      if (texts.some(({ length }) => length < SHORTEST_SECRET)) {
        throw noToken("a token is too short to be guarded");
      }
      came(texts);
      const type = token.token_type.toLowerCase() === "bearer" ? "Bearer" : token.token_type;
      if (!/^[!-~]+$/.test(token.access_token) || !/^[\w-]+$/.test(type)) {
        throw noToken("a header cannot hold the authority's token");
      }
      return {
        header: `${type} ${token.access_token}`,
        texts,
        lasts: (token.expires_in ?? 60) * 1000 - MARGIN,
      };
    } catch (error) {
      throwTrouble(error);
      if (error instanceof RequestFailed) throw error;
      const cause = (error as { cause?: unknown }).cause;
      if (cause instanceof RequestFailed) throw cause;
      // Its texts could hold what was sent: only a word of the protocol is said.
      throw noToken(`the authority says ${wordOf(error)}`);
    }
  }

  /** Whom to ask: as the properties say, or else the resource, of which the first counts that the secret may go to. */
  async #serverOf(
    given: Oauth2,
    { scheme, secret, resource }: Wanted,
    send: Send,
  ): Promise<oauth.AuthorizationServer> {
    if (given.authority !== undefined) {
      return scheme === "oidc" ? discover(given, send) : serverOf(given);
    }
    if (resource === undefined) throw noToken("there is no authority to ask");
    const { leaving } = this.#world;
    let denied: unknown = noToken("the resource names no authority");
    for (const issuer of await authoritiesOf(resource, optionsOf(send))) {
      try {
        if (secret !== undefined) leaving(secret, issuer);
        return await authorityAt(issuer, optionsOf(send));
      } catch (error) {
        throwTrouble(error);
        denied = error;
      }
    }
    throw denied;
  }
}

/** RFC 6749, 5.2; RFC 8693, 2.2.2. */
const WORDS: ReadonlySet<string> = new Set([
  "invalid_request",
  "invalid_client",
  "invalid_grant",
  "unauthorized_client",
  "unsupported_grant_type",
  "invalid_scope",
  "invalid_target",
]);

function wordOf(error: unknown): string {
  if (!(error instanceof oauth.ResponseBodyError)) return "no token that is one";
  return WORDS.has(error.error) ? error.error : "an error that is none of the protocol's";
}

async function discover(
  { authority = "", issuers = [] }: Oauth2,
  send: Send,
): Promise<oauth.AuthorizationServer> {
  const issuer = new URL(authority.replace(/\/\.well-known\/openid-configuration$/, ""));
  const response = await oauth.discoveryRequest(issuer, optionsOf(send));
  const expected = issuers.length === 0 ? issuer : new URL(issuers[0] ?? authority);
  return oauth.processDiscoveryResponse(expected, response);
}

const optionsOf = (send: Send): object => ({
  // Which addresses are contacted, and by what, is the grant's and the operator's to say.
  [oauth.allowInsecureRequests]: true,
  [oauth.customFetch]: async (
    uri: string,
    { method, headers, body }: { method: string; headers: Record<string, string>; body?: unknown },
  ): Promise<Response> =>
    send({
      method,
      uri,
      headers: new Headers(headers),
      body: body instanceof URLSearchParams ? body.toString() : undefined,
    }),
});

const noToken = (why: string): RequestFailed => new RequestFailed("denied", hostCode.noToken, why);

/** OAuth 2.0 as the DSL has it: endpoints below the authority. */
function serverOf(given: Oauth2): oauth.AuthorizationServer {
  return {
    issuer: (given.authority ?? "").replace(/\/$/, ""),
    token_endpoint: tokenEndpointOf(given),
  };
}

/** GRANT-15: where OAuth 2.0 asks for a token. */
export function tokenEndpointOf({
  authority = "",
  endpoints,
}: Pick<Oauth2, "authority" | "endpoints">): string {
  const path = endpoints?.token ?? "/oauth2/token";
  return path.includes("://") ? path : `${authority.replace(/\/$/, "")}${path}`;
}

function clientAuthentication({ client = {} }: Oauth2): oauth.ClientAuth {
  const { authentication = "client_secret_post", secret = "", assertion = "" } = client;
  if (authentication === "none" || (secret === "" && authentication !== "private_key_jwt")) {
    return oauth.None();
  }
  if (authentication === "client_secret_basic") return oauth.ClientSecretBasic(secret);
  if (authentication === "client_secret_post") return oauth.ClientSecretPost(secret);
  // The assertion was signed by whoever holds the key.
  return (_, { client_id }, body) => {
    body.set("client_id", client_id);
    body.set("client_assertion_type", "urn:ietf:params:oauth:client-assertion-type:jwt-bearer");
    body.set("client_assertion", assertion);
  };
}

const some = (name: string, value: string | undefined): [string, string][] =>
  value === undefined ? [] : [[name, value]];

function parametersOf(given: Oauth2): [string, string][] {
  const { scopes = [], audiences = [], username, password, subject, actor, grant } = given;
  return [
    ...some("scope", scopes.length > 0 ? scopes.join(" ") : undefined),
    ...audiences.map((audience): [string, string] => ["audience", audience]),
    ...some("username", username),
    ...some("password", password),
    ...some(grant === "refresh_token" ? "refresh_token" : "subject_token", subject?.token),
    ...(grant === "refresh_token" ? [] : some("subject_token_type", subject?.type)),
    ...some("actor_token", actor?.token),
    ...some("actor_token_type", actor?.type),
  ];
}
