// Access tokens of OAuth 2.0 and OpenID Connect for requests (WF-48, GRANT-15): got where the grant allows it, kept
// while they last, and known only to the request that carries them.
import { strictOauth2, strictOidc } from "@reach-fabric/schema";
import type { Oauth2 } from "@reach-fabric/schema";
import * as oauth from "oauth4webapi";
import { hostCode } from "../../files/codes.ts";
import { orAborted } from "./deadline.ts";
import { RequestFailed } from "./failure.ts";
import { cut } from "./text.ts";
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
type Flight = (work: (send: Send) => Promise<Kept>) => Promise<Kept>;

interface Kept {
  readonly header: string;
  readonly text: string;
  /** Milliseconds from when it was asked for. */
  readonly lasts: number;
}

/** Before it ends, a token is not used any more: the request has yet to arrive. */
const MARGIN = 10_000;

/** How many milliseconds have passed, by whatever says more: a clock may be set back, and a machine that sleeps counts nothing else. */
function stopwatch(): () => number {
  const [clock, steady] = [Date.now(), performance.now()];
  return () => Math.max(Date.now() - clock, performance.now() - steady);
}

export class Tokens {
  readonly #flight: Flight;
  /** Tokens, and those that are asked for and have not come. */
  readonly #kept = new Map<string, { readonly token: Promise<Kept>; hasEnded: () => boolean }>();

  constructor(flight: Flight) {
    this.#flight = flight;
  }

  /**
   * The header of a token, and its text. All who want the same one at a time wait for one answer, which goes on
   * without those who stop waiting.
   *
   * @throws RequestFailed `denied` for invalid properties, and where the authority gives no token; HostTrouble; the
   *   signal's reason
   */
  get(scheme: "oauth2" | "oidc", properties: unknown, signal: AbortSignal): Promise<Kept> {
    const key = JSON.stringify([scheme, properties]);
    const known = this.#kept.get(key);
    if (known?.hasEnded() === false) return orAborted(known.token, signal);
    const passed = stopwatch();
    const token = this.#flight((send) => this.#ask(scheme, properties, send));
    const kept = { token, hasEnded: () => false };
    this.#kept.set(key, kept);
    token.then(
      ({ lasts }) => {
        kept.hasEnded = () => passed() >= lasts;
      },
      // A failure is not kept: the next request asks again.
      () => this.#kept.delete(key),
    );
    return orAborted(token, signal);
  }

  async #ask(scheme: "oauth2" | "oidc", properties: unknown, send: Send): Promise<Kept> {
    const parsed = (scheme === "oauth2" ? strictOauth2 : strictOidc).safeParse(properties);
    if (!parsed.success) throw noToken(`these are not credentials for ${scheme}`);
    const given = parsed.data as Oauth2;
    try {
      const server = scheme === "oidc" ? await discover(given, send) : serverOf(given);
      const client: oauth.Client = { client_id: given.client?.id ?? "" };
      const response = await oauth.genericTokenEndpointRequest(
        server,
        client,
        clientAuthentication(given),
        given.grant,
        parametersOf(given),
        optionsOf(send),
      );
      const token = await oauth.processGenericTokenEndpointResponse(server, client, response);
      const type = token.token_type.toLowerCase() === "bearer" ? "Bearer" : token.token_type;
      if (!/^[!-~]+$/.test(token.access_token) || !/^[\w-]+$/.test(type)) {
        throw noToken("a header cannot hold the authority's token");
      }
      return {
        header: `${type} ${token.access_token}`,
        text: token.access_token,
        lasts: (token.expires_in ?? 60) * 1000 - MARGIN,
      };
    } catch (error) {
      throwTrouble(error);
      if (error instanceof RequestFailed) throw error;
      const cause = (error as { cause?: unknown }).cause;
      if (cause instanceof RequestFailed) throw cause;
      // Its texts could hold what was sent: only the protocol's own word for it is said.
      const word = error instanceof oauth.ResponseBodyError ? error.error : "no token that is one";
      throw noToken(`the authority says ${cut(word, 100)}`);
    }
  }
}

async function discover(
  { authority, issuers = [] }: Oauth2,
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
function serverOf({ authority, endpoints }: Oauth2): oauth.AuthorizationServer {
  const base = authority.replace(/\/$/, "");
  const path = endpoints?.token ?? "/oauth2/token";
  return { issuer: base, token_endpoint: path.includes("://") ? path : `${base}${path}` };
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

function parametersOf(given: Oauth2): [string, string][] {
  const { scopes = [], audiences = [], username, password, subject, actor, grant } = given;
  const some = (name: string, value: string | undefined): [string, string][] =>
    value === undefined ? [] : [[name, value]];
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
