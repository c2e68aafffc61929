// The one way out: every request of every run passes here, is checked against the grant again, goes
// to an address that it may go to, and comes back bounded in time and size (docs/spec/grant.md).
import type { Grant } from "@reach-fabric/schema";
import { hostCode } from "../../files/codes.ts";
import { lookupAll } from "./address.ts";
import type { AddressLookup } from "./address.ts";
import { discard, failed, namedHeaders, readBody } from "./answer.ts";
import type { HttpResult, Received } from "./answer.ts";
import { authorize, echoes } from "./authorize.ts";
import type { Authentication, Authorized, Secrets } from "./authorize.ts";
import { checkLiteral, newAgent, publicLookup } from "./connection.ts";
import { RequestFailed } from "./failure.ts";
import { parseTarget, whyNotGranted } from "./grant.ts";
import { placeSecrets } from "./secret-places.ts";
import { digestHeader } from "./http-digest.ts";
import { DEFAULT_LIMITS, MOST_BYTES } from "./limits.ts";
import type { EgressLimits } from "./limits.ts";
import type { Performed } from "./performed.ts";
import { isRedirect, redirected, sendable, withSecrets } from "./request.ts";
import type { HttpRequest, Sendable, Tried } from "./request.ts";
import { Tokens } from "./tokens.ts";

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
  /** Sent beside it as X-Reach-Attempt: which try of the same operation it is; 1 unless it is given. */
  readonly attempt?: number;
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
      {},
    );
    const kept: Record<string, string> = { ...own };
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
    tried: Tried,
    signal: AbortSignal,
  ): Promise<Performed<HttpResult>> => {
    const target = parseTarget(request.uri);
    const origin = "why" in target ? "" : target.origin;
    const filling = placeSecrets(request.secrets, origin, grant, secrets);
    const first = sendable(withSecrets(request, filling), tried);
    const proven = await authorized(request.authentication, origin, signal);
    const { header, login } = proven;
    const texts = [...filling.texts, ...proven.texts];
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
    fetch: async (request, { signal, ...tried }) => {
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
        return await Promise.race([perform(request, tried, either), aborted(either)]);
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

/** Rejects when the signal is aborted. */
function aborted(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    signal.addEventListener("abort", () => reject(signal.reason as Error), { once: true });
  });
}
