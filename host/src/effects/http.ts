// The one way out: every request of every run passes here, is checked against the grant again, goes
// to an address that it may go to, and comes back bounded in time and size (docs/spec/grant.md).
import { canonicalize, utf8 } from "@reach-fabric/engine";
import type { Grant } from "@reach-fabric/schema";
import { Agent } from "undici";
import type { Dispatcher } from "undici";
import type { LookupFunction } from "node:net";
import { hostCode } from "../files/codes.ts";
import { lookupAll, publicAddresses } from "./egress/address.ts";
import type { AddressLookup } from "./egress/address.ts";
import { authorize, echoes } from "./egress/authorize.ts";
import type { Authentication, Authorized, Secrets } from "./egress/authorize.ts";
import { digestHeader } from "./egress/http-digest.ts";
import type { EffectKind, Performed } from "./effect.ts";
import { failureOf, RequestFailed } from "./egress/failure.ts";
import type { Failure } from "./egress/failure.ts";
import { parseTarget, whyNotGranted } from "./egress/grant.ts";
import { filled, placeSecrets } from "./egress/secret-places.ts";
import type { PlacedSecrets, SecretPlace } from "./egress/secret-places.ts";
import type { Target } from "./egress/grant.ts";
import { systemCode } from "../files/files.ts";
import { Tokens } from "./egress/tokens.ts";

/** TRACE-5: an http request as the engine made it. */
export interface HttpRequest {
  readonly method: string;
  readonly uri: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly authentication?: Authentication;
  readonly body?: unknown;
  readonly redirect: boolean;
  readonly responseHeaders?: readonly string[];
  readonly secrets?: readonly SecretPlace[];
}

/** TRACE-6: what of an answer is recorded, but for its body. */
export type HttpResult =
  | { readonly status: number; readonly headers: Readonly<Record<string, string>> }
  | { readonly failure: Failure };

/** Bounds of one request, redirects included. Times in milliseconds, sizes in bytes. */
export interface EgressLimits {
  /** Until the connection stands, name resolution and TLS included. */
  readonly connect: number;
  /** From the request until the answer's headers. */
  readonly headers: number;
  /** From the beginning until the answer's last byte. */
  readonly total: number;
  /** Of the answer's body. */
  readonly bytes: number;
  readonly redirects: number;
}

/** What the engine can still admit, as base64 in a record, whatever an operator asks for. */
const MOST_BYTES = 16 * 1024 * 1024;

export const DEFAULT_LIMITS: EgressLimits = {
  connect: 10_000,
  headers: 30_000,
  total: 60_000,
  bytes: 8 * 1024 * 1024,
  redirects: 5,
};

export interface EgressOptions {
  readonly grant: Grant;
  /** From a logical origin to the origin to contact: the operator's, may lead anywhere. */
  readonly addresses?: Readonly<Record<string, string>>;
  readonly limits?: Partial<EgressLimits>;
  /** What the names of secrets stand for; none without it. */
  readonly secrets?: Secrets;
  /** Resolves names that no address is given for; every answer is checked. */
  readonly lookup?: AddressLookup;
}

/** What an effect adds to its request at egress. */
export interface RequestContext {
  /** Sent as Idempotency-Key with every method that may change something. */
  readonly idempotencyKey: string;
  readonly signal: AbortSignal;
}

export interface Egress {
  /**
   * Performs a request; every way in which it can fail is an answer.
   *
   * @throws the signal's reason, if it was aborted: an interruption is no answer
   */
  readonly fetch: (request: HttpRequest, context: RequestContext) => Promise<Performed<HttpResult>>;
  /**
   * What a request to an origin carries.
   *
   * @throws RequestFailed
   */
  readonly authorize: (
    authentication: Authentication | undefined,
    origin: string,
    signal: AbortSignal,
  ) => Promise<Authorized>;
  readonly close: () => Promise<void>;
}

/** Methods that change nothing (RFC 9110, 9.2.1). */
const SAFE = new Set(["GET", "HEAD", "OPTIONS"]);

/**
 * Headers that a workflow may not set (WF-20): they decide where a request goes or where it ends, or
 * are the host's or a secret's to say.
 */
const OWN_HEADERS =
  /^(?:accept-encoding|authorization|connection|content-length|cookie|expect|host|http2-settings|idempotency-key|keep-alive|proxy-.*|te|trailer|transfer-encoding|upgrade|via)$/;
/** Headers that may follow a redirect to another origin: any other could be a credential. */
const SHARED_HEADERS =
  /^(?:accept|accept-encoding|accept-language|content-type|idempotency-key|user-agent)$/;

/**
 * The egress client of one run.
 *
 * Guarantees: what the grant does not allow is never sent, and no redirect leads out of it; an
 * origin without an address of the operator is contacted at public addresses only, checked for the
 * very connection that is used; nothing is read beyond the limits; no proxy is taken from the
 * environment and no certificate goes unchecked.
 */
export function createEgress(options: EgressOptions): Egress {
  const { grant, addresses = {}, lookup = lookupAll, secrets = {} } = options;
  const asked = { ...DEFAULT_LIMITS, ...options.limits };
  const limits = { ...asked, bytes: Math.min(asked.bytes, MOST_BYTES) };
  const mapped = newAgent(limits);
  const open = newAgent(limits, publicLookup(lookup));

  const hop = async (request: Sendable, signal: AbortSignal): Promise<Received> => {
    const { target, method, headers, body } = request;
    const why = whyNotGranted(grant, method, target);
    if (why !== undefined) throw new RequestFailed("denied", hostCode.notGranted, why);
    const address = addresses[target.origin];
    // An IP literal never asks a resolver, so it is checked here.
    if (address === undefined) await checkLiteral(target.origin);
    const dispatcher = address === undefined ? open : mapped;
    const answer = await dispatcher.request({
      origin: address ?? target.origin,
      path: target.path + target.query,
      method,
      headers,
      body: body ?? null,
      signal,
    });
    return { status: answer.statusCode, headers: answer.headers, body: answer.body, address };
  };

  const follow = async (first: Sendable, signal: AbortSignal): Promise<Received> => {
    let request = first;
    for (let hops = 0; ; hops += 1) {
      const answer = await hop(request, signal);
      const location = answer.headers["location"];
      if (!first.redirect || !isRedirect(answer.status) || typeof location !== "string") {
        return answer;
      }
      discard(answer.body);
      if (hops === limits.redirects) {
        throw new RequestFailed("redirect", hostCode.manyRedirects, `more than ${hops} redirects`);
      }
      request = redirected(request, answer, location);
      const why = whyNotGranted(grant, request.method, request.target);
      if (why !== undefined) throw new RequestFailed("redirect", hostCode.badRedirect, why);
    }
  };

  /** What an authority is asked for goes out as any other request, and is in no record. */
  const tokens = new Tokens(async ({ method, uri, headers, body }, signal) => {
    const { authorization, ...others } = Object.fromEntries(headers);
    const sent = body === undefined ? {} : { body };
    const { headers: own, ...first } = sendable(
      { method, uri, headers: others, redirect: false, ...sent },
      "",
    );
    const kept: Record<string, string> = { ...own };
    delete kept["idempotency-key"];
    if (authorization !== undefined) kept["authorization"] = authorization;
    const answer = await follow({ ...first, headers: kept }, signal);
    const bytes = await readBody(answer, limits.bytes);
    const type = answer.headers["content-type"];
    return new Response(bytes.length === 0 ? null : Uint8Array.from(bytes), {
      status: answer.status < 200 || answer.status > 599 ? 502 : answer.status,
      headers: typeof type === "string" ? { "content-type": type } : {},
    });
  });
  const authorized: Egress["authorize"] = (authentication, origin, signal) =>
    authorize(authentication, origin, { grant, secrets, tokens, signal });

  const perform = async (
    request: HttpRequest,
    idempotencyKey: string,
    signal: AbortSignal,
  ): Promise<Performed<HttpResult>> => {
    const target = parseTarget(request.uri);
    const origin = "why" in target ? "" : target.origin;
    const placed = placeSecrets(request.secrets, origin, grant, secrets);
    const first = sendable(withSecrets(request, placed), idempotencyKey);
    const proven = await authorized(request.authentication, origin, signal);
    const { header, login } = proven;
    const texts = [...placed.texts, ...proven.texts];
    if (header !== undefined) Object.assign(first.headers, { authorization: header });
    let answer = await follow(first, signal);
    const challenge = answer.headers["www-authenticate"];
    if (login !== undefined && answer.status === 401 && challenge !== undefined) {
      const { path, query } = first.target;
      const text = typeof challenge === "string" ? challenge : challenge.join(", ");
      const proof = digestHeader(text, login, first.method, path + query);
      if (proof !== undefined) {
        discard(answer.body);
        answer = await follow(
          { ...first, headers: { ...first.headers, authorization: proof } },
          signal,
        );
      }
    }
    if (answer.status < 100 || answer.status > 599) {
      discard(answer.body);
      throw new RequestFailed("protocol", hostCode.protocol, "the answer's status is not valid");
    }
    const body = await readBody(answer, limits.bytes);
    const headers = namedHeaders(answer.headers, request.responseHeaders ?? []);
    if (echoes(texts, body, headers)) {
      throw new RequestFailed(
        "denied",
        hostCode.badCredentials,
        "the answer holds the secret itself",
      );
    }
    return { result: { status: answer.status, headers }, body };
  };

  return {
    authorize: authorized,
    fetch: async (request, { idempotencyKey, signal }) => {
      signal.throwIfAborted();
      const deadline = new AbortController();
      const late = new RequestFailed(
        "timeout",
        hostCode.timeout,
        `no answer in ${limits.total} ms`,
      );
      const timer = setTimeout(() => deadline.abort(late), limits.total);
      try {
        const either = AbortSignal.any([signal, deadline.signal]);
        // undici lets go of a request that is still connecting only when that has ended.
        return await Promise.race([perform(request, idempotencyKey, either), aborted(either)]);
      } catch (error) {
        signal.throwIfAborted();
        return failed(deadline.signal.aborted ? late : error);
      } finally {
        clearTimeout(timer);
      }
    },
    close: async () => {
      await Promise.all([mapped.destroy(), open.destroy()]);
    },
  };
}

function withSecrets(request: HttpRequest, placed: PlacedSecrets): HttpRequest {
  if (placed.values.length === 0) return request;
  const headers = filled(request.headers, "headers", placed) as HttpRequest["headers"];
  const body = filled(request.body, "body", placed);
  return { ...request, headers, ...(body === undefined ? {} : { body }) };
}

/** Rejects when the signal is aborted. */
function aborted(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    signal.addEventListener("abort", () => reject(signal.reason as Error), { once: true });
  });
}

/** A request that has passed all checks of its form. */
interface Sendable {
  readonly method: string;
  readonly target: Target;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: Uint8Array | undefined;
  readonly redirect: boolean;
}

interface Received {
  readonly status: number;
  readonly headers: Dispatcher.ResponseData["headers"];
  readonly body: Dispatcher.ResponseData["body"];
  /** The operator's address that was contacted, if there is one. */
  readonly address: string | undefined;
}

/** A connection for each request: none is reused, so none was checked for another request. */
function newAgent(limits: EgressLimits, lookup?: LookupFunction): Agent {
  return new Agent({
    pipelining: 0,
    allowH2: false,
    headersTimeout: limits.headers,
    bodyTimeout: limits.total,
    connect: {
      timeout: limits.connect,
      // Said here, because an environment variable can turn the default off.
      rejectUnauthorized: true,
      ...(lookup ? { lookup } : {}),
    },
  });
}

/** What a socket calls to find its address: it connects to what was checked and to nothing else. */
function publicLookup(lookup: AddressLookup): LookupFunction {
  return (hostname, { all }, callback) => {
    publicAddresses(hostname, lookup).then(
      (found) => {
        const [first] = found;
        if (all) callback(null, [...found]);
        else callback(null, first?.address ?? "", first?.family);
      },
      (error: unknown) => callback(error as NodeJS.ErrnoException, "", 0),
    );
  };
}

async function checkLiteral(origin: string): Promise<void> {
  const { hostname } = new URL(origin);
  const isLiteral = hostname.startsWith("[") || /^[0-9.]+$/.test(hostname);
  if (isLiteral) await publicAddresses(hostname, () => Promise.resolve([]));
}

/** GRANT-7: the request in the form in which it is sent, or a denial. */
function sendable(request: HttpRequest, idempotencyKey: string): Sendable {
  const target = parseTarget(request.uri);
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
  if (!SAFE.has(request.method)) headers["idempotency-key"] = idempotencyKey;
  // Nothing decompresses: the size limit is about what arrives.
  headers["accept-encoding"] = "identity";
  return { method: request.method, target, headers, body, redirect: request.redirect };
}

function checkHeader(name: string, value: string): void {
  const deny = (why: string): never => {
    throw new RequestFailed("denied", hostCode.badAddress, why);
  };
  if (!/^[!#$%&'*+\-.^_`|~0-9a-z]+$/.test(name)) deny("a header's name is not one");
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

const isRedirect = (status: number): boolean => [301, 302, 303, 307, 308].includes(status);

/** The next request of a chain (RFC 9110, 15.4), by logical names. */
function redirected(request: Sendable, answer: Received, location: string): Sendable {
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
    !(toGet && /^(?:content-.*|idempotency-key)$/.test(name));
  const headers = Object.entries(request.headers).filter(([name]) => keep(name));
  return {
    method: toGet ? "GET" : request.method,
    target,
    headers: Object.fromEntries(headers),
    body: toGet ? undefined : request.body,
    redirect: true,
  };
}

async function readBody({ body, headers }: Received, limit: number): Promise<Uint8Array> {
  const encoding = headers["content-encoding"];
  if (encoding !== undefined && encoding !== "identity") {
    discard(body);
    throw new RequestFailed(
      "protocol",
      hostCode.encodedAnswer,
      "the answer is encoded, which was not asked for",
    );
  }
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of body as AsyncIterable<Uint8Array>) {
    size += chunk.length;
    if (size > limit) {
      const why = `the answer is over the limit of ${limit} bytes`;
      throw new RequestFailed("tooLarge", hostCode.largeAnswer, why);
    }
    chunks.push(chunk);
  }
  return new Uint8Array(Buffer.concat(chunks, size));
}

/** Ends an answer that is not read. */
function discard(body: Dispatcher.ResponseData["body"]): void {
  body.on("error", () => undefined);
  body.destroy();
}

/** TRACE-6: the headers that the workflow names, and nothing else. */
function namedHeaders(
  headers: Dispatcher.ResponseData["headers"],
  names: readonly string[],
): Record<string, string> {
  const found: Record<string, string> = {};
  for (const name of names) {
    const value = headers[name.toLowerCase()];
    if (value !== undefined) {
      found[name.toLowerCase()] = typeof value === "string" ? value : value.join(", ");
    }
  }
  return found;
}

function failed(error: unknown): Performed<HttpResult> {
  const failure = failureOf(error);
  const note =
    error instanceof RequestFailed
      ? { code: error.code, why: error.message }
      : { code: noteCodes[failure] ?? hostCode.otherFailure, why: systemCode(error) || failure };
  return { result: { failure }, note };
}

/** Codes for what the network said, rather than this client. */
const noteCodes: Partial<Record<Failure, string>> = {
  denied: hostCode.otherDenial,
  timeout: hostCode.timeout,
  refused: hostCode.refused,
  reset: hostCode.reset,
  dns: hostCode.noAddress,
  tls: hostCode.tls,
  protocol: hostCode.protocol,
};

/** http: one request, through the egress client (TRACE-5). */
export const http: EffectKind<Pick<Egress, "fetch">> = {
  perform: ({ request }, { fetch }, context) => fetch(request as unknown as HttpRequest, context),
  isReadOnly: ({ method }) => SAFE.has(method as string),
  operation: ({ method, uri }) => `${method as string} ${(uri as string).replace(/[?].*/, "")}`,
};
