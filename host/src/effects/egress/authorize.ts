// Credentials on their way into a request (WF-48, GRANT-12). A secret is known here and nowhere else.
import type { Grant } from "@reach-fabric/schema";
import { hostCode } from "../../files/codes.ts";
import type { Secret, Secrets } from "../../secrets/texts.ts";
import type { Login } from "./http-digest.ts";
import { RequestFailed } from "./failure.ts";
import { requireGranted } from "./grant.ts";
import type { Redeemed } from "./grant.ts";
import type { Tokens } from "./tokens.ts";

type Scheme = "basic" | "bearer" | "digest" | "oauth2" | "oidc";

/** TRACE-5: as the engine made it. */
export type Authentication =
  | { readonly scheme: "basic" | "digest"; readonly username: string; readonly password: string }
  | { readonly scheme: "bearer"; readonly token: string }
  | { readonly scheme: "oauth2" | "oidc"; readonly properties: unknown }
  | { readonly scheme: Scheme; readonly secret: string };

/** How a request is sent. */
export interface Authorized {
  readonly header?: string;
  /** What answers a challenge, where the scheme waits for one. */
  readonly login?: Login;
}

/**
 * What a request carries.
 *
 * @throws RequestFailed `denied` for a secret that is not granted, not there, or of another kind
 */
export async function authorize(
  authentication: Authentication | undefined,
  origin: string,
  {
    grant,
    secrets,
    tokens,
    signal,
    redeemed,
    resource,
  }: {
    readonly grant: Grant;
    readonly secrets: Secrets;
    readonly tokens: Tokens;
    readonly signal: AbortSignal;
    readonly redeemed?: Redeemed | undefined;
    /** What a token is for (RFC 8707). */
    readonly resource?: string | undefined;
  },
): Promise<Authorized> {
  if (authentication === undefined) return {};
  const { scheme } = authentication;
  const name = "secret" in authentication ? authentication.secret : undefined;
  const values =
    name !== undefined
      ? redeem(name, origin, { grant, secrets, redeemed: isSent(scheme) ? redeemed : undefined })
      : "properties" in authentication
        ? authentication.properties
        : { ...authentication, scheme: undefined };
  if (scheme === "oauth2" || scheme === "oidc") {
    return { header: await tokens.get(scheme, values, signal, { secret: name, resource }) };
  }
  const own = values as Readonly<Record<string, unknown>>;
  const login = scheme === "bearer" ? undefined : loginOf(scheme, own);
  if (scheme === "digest" && login !== undefined) return { login };
  return { header: login === undefined ? bearerOf(own) : basicOf(login) };
}

/** What decides about it. */
export interface Redeeming {
  readonly grant: Grant;
  /** As they are now. */
  readonly secrets: Secrets;
  /** Is told of one that is given out. */
  readonly redeemed?: Redeemed | undefined;
}

/** Those of OAuth go to the authority, and a token in their place. */
const isSent = (scheme: Scheme): boolean => scheme !== "oauth2" && scheme !== "oidc";

/**
 * A secret, for a request to an origin: the one place at which one is given out (GRANT-12).
 *
 * @throws RequestFailed `denied` for one that may not go there, or is not there
 */
export function redeem(
  name: string,
  origin: string,
  { grant, secrets, redeemed }: Redeeming,
): Secret {
  requireGranted(grant, name, origin);
  const secret = Object.hasOwn(secrets, name) ? secrets[name] : undefined;
  if (secret !== undefined) {
    redeemed?.(name, origin);
    return secret;
  }
  throw new RequestFailed("denied", hostCode.badCredentials, `there is no secret ${name}`);
}

const noCredentials = (scheme: string): RequestFailed =>
  new RequestFailed("denied", hostCode.badCredentials, `these are not credentials for ${scheme}`);

function bearerOf({ token }: Readonly<Record<string, unknown>>): string {
  if (typeof token === "string" && /^[!-~]+$/.test(token)) return `Bearer ${token}`;
  throw noCredentials("bearer");
}

function loginOf(scheme: string, { username, password }: Readonly<Record<string, unknown>>): Login {
  const isText = (text: unknown): text is string =>
    typeof text === "string" && /^[ -~]*$/.test(text);
  if (isText(username) && isText(password) && !username.includes(":"))
    return { username, password };
  throw noCredentials(scheme);
}

const basicOf = ({ username, password }: Login): string =>
  `Basic ${Buffer.from(`${username}:${password}`).toString("base64")}`;
