// The form in which a request is sent (GRANT-7), and that in which it follows a redirect.
import { canonicalize, utf8 } from "@reach-fabric/engine";
import { hostCode } from "../../files/codes.ts";
import type { Received } from "./answer.ts";
import type { Authentication } from "./authorize.ts";
import { RequestFailed } from "./failure.ts";
import { parseTarget } from "./grant.ts";
import type { Target } from "./grant.ts";
import { filledMember } from "./secret-places.ts";
import type { PlacedSecrets, SecretPlace } from "./secret-places.ts";

/** TRACE-5: an http request as the engine made it. */
export interface HttpRequest {
  readonly method: string;
  readonly uri: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly authentication?: Authentication;
  /** What a token is asked for (RFC 8707): said by the protocol that is spoken, never by the engine. */
  readonly resource?: string;
  readonly body?: unknown;
  readonly redirect: boolean;
  readonly responseHeaders?: readonly string[];
  readonly secrets?: readonly SecretPlace[];
}

/** What says that a request is the same as one before; what an authority is asked for has no key. */
export interface Tried {
  readonly idempotencyKey?: string;
  readonly attempt?: number;
}

/** A request that has passed all checks of its form. */
export interface Sendable {
  readonly method: string;
  readonly target: Target;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: Uint8Array | undefined;
  readonly redirect: boolean;
}

/** Methods that change nothing (RFC 9110, 9.2.1). */
export const SAFE: ReadonlySet<string> = new Set(["GET", "HEAD", "OPTIONS"]);

/**
 * Headers that a workflow may not set (WF-20): they decide where a request goes or where it ends, or
 * are the host's or a secret's to say.
 */
const OWN_HEADERS =
  /^(?:accept-encoding|authorization|connection|content-length|cookie|expect|host|http2-settings|idempotency-key|keep-alive|proxy-.*|te|trailer|transfer-encoding|upgrade|via|x-reach-attempt)$/;
/**
 * Headers that say another method, path, host or sender than the request has (GRANT-22): frameworks and proxies take
 * their word, and the grant would be about something else.
 */
const OVERRIDING =
  /^(?:(?:x-)?forwarded.*|x-(?:http-)?method.*|x-(?:original|rewrite|envoy-original|accel|middleware|remote)-.*|x-(?:http-host-override|host|sendfile)|cf-connecting-ip.*|(?:x-(?:real|client|cluster-client|originating|proxyuser)|true-client|fastly-client)-ip)$/;
/** Headers that may follow a redirect to another origin: any other could be a credential. */
const SHARED_HEADERS =
  /^(?:accept|accept-encoding|accept-language|content-type|idempotency-key|user-agent|x-reach-attempt)$/;

/** Headers that the transport of MCP says, and no workflow: which session it is, which call. */
const OF_MCP = /^(?:mcp-.*|last-event-id)$/;

/** The names of headers of a call of MCP that say another call than it is. */
export const overridingMcp = (headers: HttpRequest["headers"]): readonly string[] =>
  Object.keys(headers).filter((name) => OF_MCP.test(name) || OVERRIDING.test(name));

/** The names of headers that say another request than it is. */
export const overridingIn = (headers: HttpRequest["headers"]): readonly string[] =>
  Object.keys(headers).filter((name) => OVERRIDING.test(name));

export function withSecrets(request: HttpRequest, filling: PlacedSecrets): HttpRequest {
  if (filling.values.length === 0) return request;
  const headers = filledMember(request.headers, "headers", filling) as HttpRequest["headers"];
  const body = filledMember(request.body, "body", filling);
  return { ...request, headers, ...(body === undefined ? {} : { body }) };
}

/** The names of secrets that a request carries in the places that were filled. */
export const carries = (request: Sendable, { values, names }: PlacedSecrets): readonly string[] =>
  values.some(([[member, name = ""]]) =>
    member === "headers" ? Object.hasOwn(request.headers, name) : request.body !== undefined,
  )
    ? names
    : [];

/** GRANT-7: the request in the form in which it is sent, or a denial. */
export function sendable(
  request: HttpRequest,
  { idempotencyKey, attempt = 1 }: Tried,
  target: ReturnType<typeof parseTarget> = parseTarget(request.uri),
): Sendable {
  if ("why" in target) throw new RequestFailed("denied", hostCode.badRequest, target.why);
  if (!/^[A-Z]+$/.test(request.method)) {
    throw new RequestFailed("denied", hostCode.badRequest, "the method is not upper-case letters");
  }
  const headers: Record<string, string> = { accept: "application/json" };
  for (const [name, value] of Object.entries(request.headers)) {
    checkHeader(name, value);
    headers[name] = value;
  }
  const body = request.body === undefined ? undefined : encodeBody(request.body, headers);
  headers["user-agent"] ??= "reach";
  if (idempotencyKey !== undefined && !SAFE.has(request.method)) {
    headers["idempotency-key"] = idempotencyKey;
    headers["x-reach-attempt"] = String(attempt);
  }
  // Nothing decompresses: the size limit is about what arrives.
  headers["accept-encoding"] = "identity";
  return { method: request.method, target, headers, body, redirect: request.redirect };
}

function checkHeader(name: string, value: string): void {
  const deny = (why: string): never => {
    throw new RequestFailed("denied", hostCode.badRequest, why);
  };
  // An object would take the second for its prototype, and send nothing of it.
  if (!/^[!#$%&'*+\-.^_`|~0-9a-z]+$/.test(name) || name === "__proto__") {
    deny("a header's name is not one");
  }
  if (OWN_HEADERS.test(name)) deny(`the header ${name} is the host's`);
  if (typeof value !== "string" || !/^[\t\x20-\x7e]*$/.test(value)) {
    deny(`the value of the header ${name} has a character that a header cannot hold`);
  }
}

/** JSON, unless the workflow names another type and gives a text. */
function encodeBody(body: unknown, headers: Record<string, string>): Uint8Array {
  const type = (headers["content-type"] ??= "application/json");
  const isJson = /^application\/(?:[a-z0-9.+-]+\+)?json\s*(?:;|$)/i.test(type);
  if (typeof body === "string" && !isJson) return utf8(body);
  return canonicalize(JSON.stringify(body));
}

export const isRedirect = (status: number): boolean => [301, 302, 303, 307, 308].includes(status);

/** The next request of a chain (RFC 9110, 15.4), by logical names. */
export function redirected(
  request: Sendable,
  answer: Pick<Received, "status" | "address">,
  location: string,
): Sendable {
  const deny = (why: string): never => {
    throw new RequestFailed("redirect", hostCode.badRedirect, why);
  };
  const { origin, path, query } = request.target;
  if (!URL.canParse(location, origin + path + query)) deny("the location is not a URI");
  const next = new URL(location, origin + path + query);
  next.hash = "";
  // A server behind an address may name itself by it.
  const own = answer.address !== undefined && next.origin === answer.address;
  const target = parseTarget((own ? origin : next.origin) + next.pathname + next.search);
  if (next.username !== "" || next.password !== "") deny("the location holds a user's name");
  if ("why" in target) return deny(target.why);
  if (origin.startsWith("https:") && !target.origin.startsWith("https:")) {
    deny("the location leaves https");
  }
  const toGet =
    (answer.status === 303 && request.method !== "HEAD") ||
    (answer.status !== 307 && answer.status !== 308 && request.method === "POST");
  const keep = (name: string): boolean =>
    (target.origin === origin || SHARED_HEADERS.test(name)) &&
    !(toGet && /^(?:content-.*|idempotency-key|x-reach-attempt)$/.test(name));
  const headers = Object.entries(request.headers).filter(([name]) => keep(name));
  return {
    method: toGet ? "GET" : request.method,
    target,
    headers: Object.fromEntries(headers),
    body: toGet ? undefined : request.body,
    redirect: true,
  };
}
