// The requests of one call: each with the call's headers and credentials, checked and bounded as any other.
import type { Egress, OpenAnswer, RequestContext } from "../egress/egress.ts";
import type { EgressLimits } from "../egress/limits.ts";
import type { McpCall } from "./mcp-call.ts";

/** What of an answer's headers is looked at. */
const READ = ["content-type", "mcp-session-id"];

interface Sent {
  readonly method: "POST" | "GET" | "DELETE";
  /** The server's, unless it has named another one. */
  readonly uri?: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly message?: object;
  /** True for the call itself, which has the effect's key; what is said around it has keys of its own. */
  readonly isCall?: boolean;
}

export class Sender {
  readonly call: McpCall;
  readonly limits: EgressLimits;
  readonly signal: AbortSignal;
  readonly #egress: Egress;
  readonly #context: RequestContext;
  /** Shared with those that send for the same call. */
  readonly #count: { requests: number };

  constructor(
    egress: Egress,
    call: McpCall,
    limits: EgressLimits,
    context: RequestContext,
    count: { requests: number } = { requests: 0 },
  ) {
    this.#egress = egress;
    this.call = call;
    this.limits = limits;
    this.#context = context;
    this.signal = context.signal;
    this.#count = count;
  }

  /** The same, until another signal is aborted. */
  until(signal: AbortSignal): Sender {
    const context = { ...this.#context, signal };
    return new Sender(this.#egress, this.call, this.limits, context, this.#count);
  }

  /** Sends a request: see Egress.open. */
  send({ method, uri, headers, message, isCall = false }: Sent): Promise<OpenAnswer> {
    const { authentication } = this.call;
    return this.#egress.open(
      {
        method,
        uri: uri ?? this.call.uri,
        headers: { ...this.call.headers, ...headers },
        redirect: false,
        responseHeaders: READ,
        ...(authentication ? { authentication, resource: this.call.uri } : {}),
        ...(message === undefined ? {} : { body: message }),
      },
      isCall ? this.#context : this.#around(),
      this.limits.headers,
    );
  }

  #around(): RequestContext {
    const { idempotencyKey, attempt = 1, signal } = this.#context;
    this.#count.requests += 1;
    return { idempotencyKey: `${idempotencyKey}.${attempt}.${this.#count.requests}`, signal };
  }
}
