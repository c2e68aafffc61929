// Credentials on their way into a request (WF-48, GRANT-12). A secret is known here and nowhere else.
import type { Grant } from "@reach-fabric/schema";
import { RequestFailed } from "./failure.ts";
import { maySend } from "./grant.ts";

/** TRACE-5: as the engine made it. */
export type Authentication =
  | { readonly scheme: "basic"; readonly username: string; readonly password: string }
  | { readonly scheme: "bearer"; readonly token: string }
  | { readonly scheme: "basic" | "bearer"; readonly secret: string };

/** An operator's secrets by name: `{username, password}` for basic, `{token}` for bearer. */
export type Secrets = Readonly<Record<string, Readonly<Record<string, string>>>>;

/**
 * The header, and the texts of a secret in it that no answer may hold.
 *
 * @throws RequestFailed `denied` for a secret that is not granted, not there, or of another kind
 */
export function authorize(
  authentication: Authentication | undefined,
  origin: string,
  grant: Grant,
  secrets: Secrets,
): { readonly header?: string; readonly texts: readonly string[] } {
  if (authentication === undefined) return { texts: [] };
  if (!("secret" in authentication)) {
    return { header: headerOf(authentication.scheme, { ...authentication }), texts: [] };
  }
  const { scheme, secret } = authentication;
  if (!maySend(grant, secret, origin)) {
    throw new RequestFailed("denied", "REACH-E3106", `the secret ${secret} is not granted there`);
  }
  const values = Object.hasOwn(secrets, secret) ? secrets[secret] : undefined;
  if (values === undefined) {
    throw new RequestFailed("denied", "REACH-E3106", `there is no secret ${secret}`);
  }
  const header = headerOf(scheme, values);
  const own = scheme === "basic" ? values["password"] : values["token"];
  const texts = [own ?? "", header.replace(/^\S+ /, "")];
  return { header, texts: texts.filter((text) => text.length >= SHORTEST) };
}

/** A secret's text shorter than this is found in answers by chance. */
const SHORTEST = 6;

function headerOf(scheme: string, values: Readonly<Record<string, unknown>>): string {
  const { username, password, token } = values;
  if (scheme === "bearer" && typeof token === "string" && /^[!-~]+$/.test(token)) {
    return `Bearer ${token}`;
  }
  const isText = (text: unknown): text is string =>
    typeof text === "string" && /^[ -~]*$/.test(text);
  if (scheme === "basic" && isText(username) && isText(password) && !username.includes(":")) {
    return `Basic ${Buffer.from(`${username}:${password}`).toString("base64")}`;
  }
  throw new RequestFailed("denied", "REACH-E3106", `these are no credentials for ${scheme}`);
}

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
