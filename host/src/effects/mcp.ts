// call mcp (WF-61 to WF-63): one method of an MCP server over Streamable HTTP. Whatever the protocol's client
// sends for it (a probe, a handshake, the call itself) goes out as any other request: bounded, checked, with a
// secret that is granted, and to that server only.
import type { Grant } from "@reach-fabric/schema";
import { mayCall } from "@reach-fabric/schema";
import * as z from "zod";
import { hostCode } from "../files/codes.ts";
import type { Secrets } from "../secrets/texts.ts";
import type { Authentication } from "./egress/authorize.ts";
import { createEgress } from "./egress/egress.ts";
import { Bounds } from "./egress/limits.ts";
import type { BoundsOptions } from "./egress/limits.ts";
import { failed } from "./egress/answer.ts";
import type { HttpResult } from "./egress/answer.ts";
import { orAborted, within } from "./egress/deadline.ts";
import type { Egress, RequestContext, Shared } from "./egress/egress.ts";
import type { EffectKind } from "./effect.ts";
import type { Performed } from "./egress/performed.ts";
import { RequestFailed } from "./egress/failure.ts";
import { parseTarget } from "./egress/grant.ts";
import { filledMember, placeSecrets } from "./egress/secret-places.ts";
import type { SecretPlace } from "./egress/secret-places.ts";
import { cut } from "./egress/text.ts";
import { throwTrouble, troubleOf } from "./egress/trouble.ts";
import type { HostTrouble } from "./egress/trouble.ts";

/** TRACE-5: an MCP request as the engine made it. */
export interface McpCall {
  readonly method: string;
  readonly uri: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly authentication?: Authentication;
  readonly parameters?: Readonly<Record<string, unknown>>;
  readonly protocolVersion?: string;
  readonly client?: { readonly name: string; readonly version: string };
  readonly secrets?: readonly SecretPlace[];
  /** Milliseconds for the whole exchange. */
  readonly timeout?: number;
}

export interface McpOptions extends BoundsOptions {
  readonly grant: Grant;
  readonly addresses?: Readonly<Record<string, string>>;
  readonly secrets?: Secrets;
}

export type CallMcp = (call: McpCall, context: RequestContext) => Promise<Performed>;

/** The first revision without a handshake: it, and those behind it, are asked for alone. */
const STATELESS = "2026-07-28";

/** Calls MCP servers where the operator says that they are. */
export function createMcp(options: McpOptions, shared: Shared): CallMcp {
  const { grant, addresses = {}, secrets } = options;
  const bounds = new Bounds(options);
  return async (call, context) => {
    const { signal } = context;
    if (!mayCall(grant, call)) return denied("the call is not granted");
    const target = parseTarget(call.uri);
    if ("why" in target) return denied(target.why);
    const { origin, path } = target;
    let full: McpCall;
    try {
      const placed = placeSecrets(call.secrets, origin, grant, secrets ?? {}, shared.redeemed);
      full = {
        ...call,
        headers: filledMember(call.headers, "headers", placed) as McpCall["headers"],
        ...(call.parameters
          ? { parameters: filledMember(call.parameters, "parameters", placed) as object }
          : {}),
      } as McpCall;
    } catch (error) {
      return denied(error instanceof RequestFailed ? error.message : "the secrets are not there");
    }
    // To the server and nowhere else; a token for it comes from wherever the run's grant says.
    const http = [{ origin, methods: ["POST" as const, "DELETE" as const], paths: [path] }];
    const limits = bounds.mcp(call, call.timeout);
    const egress = createEgress(
      { grant: { http }, addresses, limits, ceiling: bounds.most },
      shared,
    );
    const time = limits.total;
    const late = new RequestFailed("timeout", hostCode.timeout, `no answer in ${time} ms`);
    try {
      return await within(time, late, signal, async (stop) => {
        const protocol = await import("@modelcontextprotocol/client");
        const exchange = new Exchange(protocol, full, egress, { ...context, signal: stop.signal });
        return exchange.result().catch((error: unknown) => exchange.failed(error));
      });
    } catch (error) {
      signal.throwIfAborted();
      throwTrouble(error);
      return failed(error);
    } finally {
      await egress.close();
    }
  };
}

const denied = (why: string): Performed => ({
  result: { failure: "denied" },
  note: { code: hostCode.noMcpCall, why },
});

/** The protocol's client, read when it is first asked for: most runs have no use for it. */
type Protocol = typeof import("@modelcontextprotocol/client");

/** All requests of one call. */
class Exchange {
  readonly #protocol: Protocol;
  readonly #call: McpCall;
  readonly #egress: Egress;
  readonly #context: RequestContext;
  readonly #signal: AbortSignal;
  #requests = 0;
  /** The last answer that was no success. */
  #bad: Performed<HttpResult> | undefined;
  /** What this machine lacked: the protocol's client makes an error of its own of it. */
  #trouble: HostTrouble | undefined;

  constructor(protocol: Protocol, call: McpCall, egress: Egress, context: RequestContext) {
    this.#protocol = protocol;
    this.#call = call;
    this.#egress = egress;
    this.#context = context;
    this.#signal = context.signal;
  }

  async result(): Promise<Performed> {
    const { method, parameters, uri, client: info, protocolVersion: version } = this.#call;
    const isModern = version !== undefined && version >= STATELESS;
    const { Client, StreamableHTTPClientTransport } = this.#protocol;
    const client = new Client(info ?? { name: "reach", version: "1" }, {
      // What a server wants to know in between, nobody here could say the same again.
      inputRequired: { autoFulfill: false },
      versionNegotiation: {
        mode: version === undefined ? "auto" : isModern ? { pin: version } : "legacy",
      },
      ...(version === undefined || isModern ? {} : { supportedProtocolVersions: [version] }),
    });
    const transport = new StreamableHTTPClientTransport(new URL(uri), {
      fetch: (_, init) => this.#fetch(init ?? {}),
      reconnectionOptions: {
        initialReconnectionDelay: 1,
        maxReconnectionDelay: 1,
        reconnectionDelayGrowFactor: 1,
        maxRetries: 0,
      },
    });
    try {
      // The client's own limit of time would be another one.
      const options = { signal: this.#signal, timeout: LONGEST };
      await orAborted(client.connect(transport, options), this.#signal);
      const request = client.request(
        { method, ...(parameters === undefined ? {} : { params: parameters }) } as never,
        z.looseObject({}),
        options,
      );
      const found: object = await orAborted(request, this.#signal);
      return { result: { result: found } };
    } finally {
      await client.close().catch(() => undefined);
    }
  }

  /**
   * What is recorded of an exchange that came to nothing.
   *
   * @throws HostTrouble
   */
  failed(error: unknown): Performed {
    if (this.#trouble !== undefined) throw this.#trouble;
    if (this.#protocol.ProtocolError.isInstance(error)) {
      const { code, message } = error; // the server's own words
      return { result: { error: { code, message: cut(message, 1000) } } };
    }
    const { result, note } = this.#bad ?? {};
    if (result !== undefined) {
      const what = "failure" in result ? { failure: result.failure } : { status: result.status };
      return { result: what, ...(note ? { note } : {}) };
    }
    return {
      result: { failure: "protocol" },
      note: { code: hostCode.protocol, why: "the server's answer is not MCP" },
    };
  }

  async #fetch(init: RequestInit): Promise<Response> {
    const method = init.method ?? "GET";
    // The stream of what a server says by itself: a call has nothing to do with it.
    if (method === "GET") return new Response(null, { status: 405 });
    const isCall = typeof init.body === "string" && this.#isCall(init.body);
    const { headers, authentication, uri } = this.#call;
    const request = {
      method,
      uri,
      headers: { ...headers, ...Object.fromEntries(new Headers(init.headers)) },
      redirect: false,
      responseHeaders: ["content-type", "mcp-session-id"],
      ...(authentication ? { authentication } : {}),
      ...(typeof init.body === "string" ? { body: JSON.parse(init.body) as unknown } : {}),
    };
    const context = isCall ? this.#context : this.#around();
    const answer = await this.#egress.fetch(request, context).catch((error: unknown) => {
      this.#trouble = troubleOf(error);
      throw error;
    });
    if ("failure" in answer.result) {
      this.#bad = answer;
      throw new TypeError(answer.result.failure);
    }
    const { status } = answer.result;
    if (status >= 400) this.#bad = answer;
    const body = answer.body === undefined || answer.body.length === 0 ? null : answer.body;
    return new Response(body === null ? null : Uint8Array.from(body), {
      status: status < 200 ? 502 : status,
      headers: answer.result.headers,
    });
  }

  /** The call itself has the effect's key; what is said around it is said anew by each try: a session is none's but its own. */
  #around(): RequestContext {
    const { idempotencyKey, attempt = 1, signal } = this.#context;
    this.#requests += 1;
    return { idempotencyKey: `${idempotencyKey}.${attempt}.${this.#requests}`, signal };
  }

  #isCall(body: string): boolean {
    return (JSON.parse(body) as { method?: unknown }).method === this.#call.method;
  }
}

/** Longest delay of a timer of the machine. */
const LONGEST = 2 ** 31 - 1;

/** mcp: one exchange with an MCP server (TRACE-5). */
export const mcp: EffectKind<{ readonly mcp: CallMcp }> = {
  perform: ({ request }, outside, context) => outside.mcp(request as unknown as McpCall, context),
  isReadOnly: ({ method }) => method !== "tools/call",
  operation: ({ method, parameters }) => {
    const { name } = (parameters ?? {}) as { name?: unknown };
    return typeof name === "string" ? `${method as string} ${name}` : (method as string);
  },
};
