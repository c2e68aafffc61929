// The one way out: every request of every run passes here, is checked against the grant again, goes
// to an address that it may go to, and comes back bounded in time and size (docs/spec/grant.md).
import type { Grant } from "@reach-fabric/schema";
import { hostCode } from "../../files/codes.ts";
import type { AddressLookup } from "./address.ts";
import { chunksOf, discard, failed, namedHeaders, readBody } from "./answer.ts";
import type { HttpResult, Received } from "./answer.ts";
import { SecretGuard } from "../../secrets/guard.ts";
import type { Secrets } from "../../secrets/texts.ts";
import { createTokenCache } from "../../secrets/token-cache.ts";
import type { TenantTokens } from "../../secrets/token-cache.ts";
import { authorize } from "./authorize.ts";
import type { Authentication, Authorized } from "./authorize.ts";
import { Bounds } from "./limits.ts";
import type { BoundsOptions } from "./limits.ts";
import { checkLiteral, wayFor } from "./connection.ts";
import { Deadline, orAborted, within } from "./deadline.ts";
import { RequestFailed } from "./failure.ts";
import { parseTarget, requireGranted, whyNotGranted } from "./grant.ts";
import type { Redeemed } from "./grant.ts";
import { placeSecrets } from "./secret-places.ts";
import type { PlacedSecrets } from "./secret-places.ts";
import { digestHeader } from "./http-digest.ts";
import type { EgressLimits } from "./limits.ts";
import type { Performed } from "./performed.ts";
import { carries, isRedirect, overridingIn, redirected, sendable, withSecrets } from "./request.ts";
import type { HttpRequest, Sendable, Tried } from "./request.ts";
import { lookupAll } from "./resolver.ts";
import { Tokens } from "./tokens.ts";
import type { SendToken } from "./tokens.ts";
import { throwTrouble } from "./trouble.ts";

export interface EgressOptions extends BoundsOptions {
  readonly grant: Grant;
  /** From a logical origin to the origin to contact: the operator's, may lead anywhere. */
  readonly addresses?: Readonly<Record<string, string>>;
  /** What the names of secrets stand for; none without it. */
  readonly secrets?: Secrets;
  /** Resolves names that no address is given for; every answer is checked. */
  readonly lookup?: AddressLookup;
  /** Tokens of the tenant, which its runs share; without it, they are the run's own. */
  readonly tokens?: TenantTokens;
}

/** What the requests of one run have in common, whichever client sends them. */
export interface Shared {
  /** Resolves names that no address is given for; the system's resolver without it. */
  readonly lookup?: AddressLookup;
  /** Of all secrets that the run may use; without it, of those that the grant names. */
  readonly guard?: SecretGuard;
  /** Guards what was got with a secret, in later processes of the run, too. */
  readonly got?: (texts: readonly string[]) => Promise<void>;
  /** Under the run's whole grant, and with its tokens. */
  readonly authorize?: Egress["authorize"];
  /** Is told of each secret that is about to be sent, and where. */
  readonly redeemed?: Redeemed;
}

/** What an effect adds to its request at egress. */
export interface RequestContext {
  /** Sent as Idempotency-Key with every method that may change something. */
  readonly idempotencyKey: string;
  /** Sent beside it as X-Reach-Attempt: which try of the same operation it is; 1 unless it is given. */
  readonly attempt?: number;
  readonly signal: AbortSignal;
}

/** An answer whose headers are there. */
export interface OpenAnswer {
  readonly status: number;
  /** Those that the request names. */
  readonly headers: Readonly<Record<string, string>>;
  /** As it comes, without a bound, and without a look at what is in it. */
  readonly body: AsyncIterable<Uint8Array>;
  /** Ends it: nothing more is read, and the connection is closed. */
  readonly close: () => void;
}

export interface Egress {
  /**
   * Performs a request; every way in which the world can fail it is an answer.
   *
   * @throws the signal's reason, if it was aborted: an interruption is no answer; HostTrouble, `REACH-E3240`: this
   *   machine could not perform it
   */
  readonly fetch: (request: HttpRequest, context: RequestContext) => Promise<Performed<HttpResult>>;
  /**
   * Sends a request by the same rules, and gives its answer as soon as the headers are there. Whoever asks for it
   * bounds its time and size, has the guard look at what is kept of it, and closes it.
   *
   * @param patience milliseconds until the headers, in place of the limit
   * @throws what failed() knows the word for; the signal's reason, which ends the body, too; HostTrouble
   */
  readonly open: (
    request: HttpRequest,
    context: RequestContext,
    patience?: number,
  ) => Promise<OpenAnswer>;
  /**
   * What a request to an origin carries.
   *
   * @param resource what a token is for (RFC 8707), where the protocol says that it is told
   * @throws RequestFailed, HostTrouble
   */
  readonly authorize: (
    authentication: Authentication | undefined,
    origin: string,
    signal: AbortSignal,
    resource?: string,
  ) => Promise<Authorized>;
  readonly close: () => Promise<void>;
}

/**
 * The egress client of one run.
 *
 * Guarantees: what the grant does not allow is never sent, and no redirect leads out of it; an
 * origin without an address of the operator is contacted at public addresses only, checked for the
 * very connection that is used; nothing is read beyond the limits; no proxy is taken from the
 * environment and no certificate goes unchecked; a secret goes only where the grant lets it, and no answer that holds
 * one is given.
 *
 * @throws ReachError `REACH-E4133` for a secret that is too short to be guarded
 */
export function createEgress(options: EgressOptions, shared: Shared = {}): Egress {
  const { grant, addresses = {}, secrets = {} } = options;
  const lookup = options.lookup ?? shared.lookup ?? lookupAll;
  const {
    guard = new SecretGuard(secrets, grant.secrets?.map(({ name }) => name) ?? []),
    redeemed,
  } = shared;
  const bounds = new Bounds(options);
  /** What ends the requests that are under way. */
  const underWay = new Set<AbortController>();

  const hop = async (
    request: Sendable,
    limits: EgressLimits,
    stop: AbortController,
  ): Promise<Received> => {
    const { target, method, headers, body } = request;
    const why = whyNotGranted(grant, method, target, overridingIn(headers));
    if (why !== undefined) throw new RequestFailed("denied", hostCode.notGranted, why);
    const address = addresses[target.origin];
    // An IP literal never asks a resolver, so it is checked here.
    if (address === undefined) await checkLiteral(target.origin);
    const way =
      address === undefined ? wayFor("public", limits, lookup) : wayFor("any", limits, lookupAll);
    const leave = way.wait(address ?? target.origin);
    // undici comes to what is aborted only when the connection stands.
    stop.signal.addEventListener("abort", leave, { once: true });
    const deadline = new Deadline(limits.headers, () => stop.abort(noAnswer(limits.headers)));
    try {
      const answer = await way.agent.request({
        origin: address ?? target.origin,
        path: target.path + target.query,
        method,
        headers,
        body: body ?? null,
        signal: stop.signal,
      });
      return {
        status: answer.statusCode,
        headers: answer.headers,
        body: answer.body,
        address,
        target,
      };
    } finally {
      deadline.stop();
      stop.signal.removeEventListener("abort", leave);
      leave();
    }
  };

  const follow = async (
    first: Sendable,
    limits: EgressLimits,
    stop: AbortController,
    placed?: PlacedSecrets,
  ): Promise<Received> => {
    let request = first;
    for (let hops = 0; ; hops += 1) {
      const answer = await hop(request, limits, stop);
      const location = answer.headers["location"];
      if (!first.redirect || !isRedirect(answer.status) || typeof location !== "string") {
        return answer;
      }
      discard(answer.body);
      if (hops === limits.redirects) {
        throw new RequestFailed("redirect", hostCode.manyRedirects, `more than ${hops} redirects`);
      }
      request = redirected(request, answer, location);
      const { method, target, headers } = request;
      const why = whyNotGranted(grant, method, target, overridingIn(headers));
      if (why !== undefined) throw new RequestFailed("redirect", hostCode.badRedirect, why);
      for (const name of placed === undefined ? [] : carries(request, placed)) {
        requireGranted(grant, name, request.target.origin, redeemed);
      }
    }
  };

  const own = bounds.own();
  /** What an authority is asked for goes out as any other request, and is in no record. */
  const sendToken: SendToken = async ({ method, uri, headers, body }, stop) => {
    const { authorization, ...others } = Object.fromEntries(headers);
    const sent = body === undefined ? {} : { body };
    const { headers: plain, ...first } = sendable(
      { method, uri, headers: others, redirect: false, ...sent },
      {},
    );
    const kept: Record<string, string> = { ...plain };
    if (authorization !== undefined) kept["authorization"] = authorization;
    const answer = await follow({ ...first, headers: kept }, own, stop);
    const bytes = await readBody(answer, own.bytes);
    const type = answer.headers["content-type"];
    return new Response(bytes.length === 0 ? null : Uint8Array.from(bytes), {
      status: answer.status < 200 || answer.status > 599 ? 502 : answer.status,
      headers: typeof type === "string" ? { "content-type": type } : {},
    });
  };
  const ownTokens = createTokenCache();
  const came = (texts: readonly string[]): void => {
    for (const text of texts) guard.add(text);
  };
  const tokens = new Tokens({
    tokens: options.tokens ?? ownTokens.forTenant(""),
    world: [grant.http, grant.secrets, addresses],
    flight: (work, signal) =>
      within(own.total, noAnswer(own.total), signal, (stop) =>
        work((request) => sendToken(request, stop)),
      ),
    leaving: (secret, uri) => {
      const to = parseTarget(uri);
      requireGranted(grant, secret, "why" in to ? "" : to.origin, redeemed);
    },
    came,
    used: async (texts) => {
      came(texts);
      await shared.got?.(texts);
    },
  });
  const authorized: Egress["authorize"] =
    shared.authorize ??
    ((authentication, origin, signal, resource) =>
      authorize(authentication, origin, { grant, secrets, tokens, signal, redeemed, resource }));

  const begin = async (
    request: HttpRequest,
    tried: Tried,
    limits: EgressLimits,
    stop: AbortController,
    target: Parsed,
  ): Promise<Received> => {
    const origin = "why" in target ? "" : target.origin;
    const filling = placeSecrets(request.secrets, origin, grant, secrets, redeemed);
    const first = sendable(withSecrets(request, filling), tried, target);
    const { header, login } = await authorized(
      request.authentication,
      origin,
      stop.signal,
      request.resource,
    );
    if (header !== undefined) Object.assign(first.headers, { authorization: header });
    let answer = await follow(first, limits, stop, filling);
    const challenge = answer.headers["www-authenticate"];
    // A challenge is answered where it was made, and by nobody behind a redirect.
    const isOwn = answer.target === first.target;
    if (login !== undefined && isOwn && answer.status === 401 && challenge !== undefined) {
      const { path, query } = first.target;
      const text = typeof challenge === "string" ? challenge : challenge.join(", ");
      const proof = digestHeader(text, login, first.method, path + query);
      if (proof !== undefined) {
        discard(answer.body);
        answer = await follow(
          { ...first, headers: { ...first.headers, authorization: proof } },
          limits,
          stop,
          filling,
        );
      }
    }
    if (answer.status < 100 || answer.status > 599) {
      discard(answer.body);
      throw new RequestFailed("protocol", hostCode.protocol, "the answer's status is not valid");
    }
    return answer;
  };

  const perform = async (
    request: HttpRequest,
    tried: Tried,
    limits: EgressLimits,
    stop: AbortController,
    target: Parsed,
  ): Promise<Performed<HttpResult>> => {
    const answer = await begin(request, tried, limits, stop, target);
    const body = await readBody(answer, limits.bytes);
    const headers = namedHeaders(answer.headers, request.responseHeaders ?? []);
    // As the bytes pass: of a protocol's answer less is admitted than has come.
    if (guard.holds(body) || guard.holds(headers)) {
      throw new RequestFailed("denied", hostCode.secretCaught, "the answer holds a secret");
    }
    return { result: { status: answer.status, headers }, body };
  };

  const limitsOf = ({ method }: HttpRequest, target: Parsed): EgressLimits =>
    "why" in target ? own : bounds.http(method, target);

  return {
    authorize: authorized,
    fetch: async (request, { signal, ...tried }) => {
      try {
        const target = parseTarget(request.uri);
        const limits = limitsOf(request, target);
        const late = (): RequestFailed => noAnswer(limits.total);
        return await within(limits.total, late, signal, (stop) => {
          underWay.add(stop);
          return perform(request, tried, limits, stop, target).finally(() => underWay.delete(stop));
        });
      } catch (error) {
        signal.throwIfAborted();
        throwTrouble(error);
        return failed(error);
      }
    },
    open: async (request, { signal, ...tried }, patience) => {
      signal.throwIfAborted();
      const stop = new AbortController();
      const pass = (): void => stop.abort(signal.reason);
      signal.addEventListener("abort", pass, { once: true });
      underWay.add(stop);
      const leave = (): void => {
        underWay.delete(stop);
        signal.removeEventListener("abort", pass);
      };
      try {
        const target = parseTarget(request.uri);
        const { headers, ...others } = limitsOf(request, target);
        const limits = { ...others, headers: patience ?? headers };
        const answer = await orAborted(begin(request, tried, limits, stop, target), stop.signal);
        return {
          status: answer.status,
          headers: namedHeaders(answer.headers, request.responseHeaders ?? []),
          body: chunksOf(answer),
          close: () => {
            leave();
            discard(answer.body);
          },
        };
      } catch (error) {
        leave();
        throwTrouble(error);
        throw error;
      }
    },
    close: async () => {
      const ended = new Error("the run has ended");
      ownTokens.close();
      for (const stop of underWay) stop.abort(ended);
    },
  };
}

type Parsed = ReturnType<typeof parseTarget>;

const noAnswer = (limit: number): RequestFailed =>
  new RequestFailed("timeout", hostCode.timeout, `no answer in ${limit} ms`);
