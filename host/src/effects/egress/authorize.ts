// Credentials on their way into a request (WF-48, GRANT-12). A secret is known here and nowhere else.
import type { Grant } from "@reach-fabric/schema";
import { hostCode } from "../../files/codes.ts";
import type { Login } from "./http-digest.ts";
import { RequestFailed } from "./failure.ts";
import { maySend } from "./grant.ts";
import type { Tokens } from "./tokens.ts";

type Scheme = "basic" | "bearer" | "digest" | "oauth2" | "oidc";

/** TRACE-5: as the engine made it. */
export type Authentication =
  | { readonly scheme: "basic" | "digest"; readonly username: string; readonly password: string }
  | { readonly scheme: "bearer"; readonly token: string }
  | { readonly scheme: "oauth2" | "oidc"; readonly properties: unknown }
  | { readonly scheme: Scheme; readonly secret: string };

/** An operator's secrets by name: what the scheme's credentials are, as the DSL names them. */
export type Secrets = Readonly<Record<string, Readonly<Record<string, unknown>>>>;

/** How a request is sent. */
export interface Authorized {
  readonly header?: string;
  /** What answers a challenge, where the scheme waits for one. */
  readonly login?: Login;
  /** The texts of secrets that no answer may hold. */
  readonly texts: readonly string[];
}

/**
 * What a request carries, and the texts that no answer may hold.
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
  }: {
    readonly grant: Grant;
    readonly secrets: Secrets;
    readonly tokens: Tokens;
    readonly signal: AbortSignal;
  },
): Promise<Authorized> {
  if (authentication === undefined) return { texts: [] };
  const { scheme } = authentication;
  const isSecret = "secret" in authentication;
  const values = isSecret
    ? secretOf(authentication.secret, origin, grant, secrets)
    : "properties" in authentication
      ? authentication.properties
      : { ...authentication, scheme: undefined };
  if (scheme === "oauth2" || scheme === "oidc") {
    const { header, text } = await tokens.get(scheme, values, signal);
    return { header, texts: longEnough([text, ...(isSecret ? textsIn(values) : [])]) };
  }
  const own = values as Readonly<Record<string, unknown>>;
  const login = scheme === "bearer" ? undefined : loginOf(scheme, own);
  const texts = !isSecret ? [] : [own[scheme === "bearer" ? "token" : "password"] as string];
  if (scheme === "digest" && login !== undefined) return { login, texts: longEnough(texts) };
  const header = login === undefined ? bearerOf(own) : basicOf(login);
  return { header, texts: longEnough(isSecret ? [...texts, header.replace(/^\S+ /, "")] : []) };
}

function secretOf(name: string, origin: string, grant: Grant, secrets: Secrets): unknown {
  if (!maySend(grant, name, origin)) {
    throw new RequestFailed(
      "denied",
      hostCode.badCredentials,
      `the secret ${name} is not granted there`,
    );
  }
  const values = Object.hasOwn(secrets, name) ? secrets[name] : undefined;
  if (values !== undefined) return values;
  throw new RequestFailed("denied", hostCode.badCredentials, `there is no secret ${name}`);
}

/** Texts of a secret that would be one by itself: of OAuth 2.0 neither names nor addresses are. */
function textsIn(value: unknown, name = ""): string[] {
  if (typeof value === "string")
    return /secret|password|token|assertion/i.test(name) ? [value] : [];
  if (typeof value !== "object" || value === null) return [];
  return Object.entries(value).flatMap(([key, inner]) => textsIn(inner, key));
}

/** A secret's text shorter than this is found in answers by chance. */
const SHORTEST = 6;
const longEnough = (texts: readonly string[]): string[] =>
  texts.filter((text) => text.length >= SHORTEST);

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

/** True if an answer holds one of the texts: it would be recorded with them. */
export function echoes(
  texts: readonly string[],
  body: Uint8Array,
  headers: Readonly<Record<string, string>>,
): boolean {
  const bytes = Buffer.from(body.buffer, body.byteOffset, body.length);
  return texts.some(
    (text) => bytes.includes(text) || Object.values(headers).some((value) => value.includes(text)),
  );
}
