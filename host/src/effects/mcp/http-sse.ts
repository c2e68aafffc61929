// HTTP+SSE, the older form (MCP 2024-11-05, "Transports"): one event stream brings all that the server says, and first the
// URI that takes messages.
import { utf8 } from "@reach-fabric/engine";
import type { Grant } from "@reach-fabric/schema";
import { hostCode } from "../../files/codes.ts";
import { EventStreamReader } from "../egress/event-stream.ts";
import type { StreamedEvent } from "../egress/event-stream.ts";
import { RequestFailed } from "../egress/failure.ts";
import { parseTarget, whyNotGranted } from "../egress/grant.ts";
import type { OpenAnswer } from "../egress/egress.ts";
import { orAborted } from "../egress/deadline.ts";
import type { RpcOutcome, Exchange, RpcAnswer } from "./exchange.ts";
import { protocol, replyTo } from "./exchange.ts";
import { rpcMessages } from "./message.ts";
import type { Sender } from "./sender.ts";
import type { RpcRequest, Wire } from "./wire.ts";

interface Waiting {
  readonly exchange: Exchange;
  readonly resolve: (answer: RpcAnswer) => void;
  readonly reject: (error: unknown) => void;
}

/** Where messages may go. */
interface Place {
  readonly grant: Grant;
  readonly addresses: Readonly<Record<string, string>>;
}

/** Most requests of a server that are answered on one stream. */
const MOST_REPLIES = 1000;

export class HttpSse implements Wire {
  readonly #answer: OpenAnswer;
  readonly #endpoint: string;
  readonly #waiting = new Map<number, Waiting>();
  readonly #sender: Sender;
  /** Bytes that the stream may still bring: each request adds what its answer may be. */
  #left: number;
  #replies = 0;
  #ended: { readonly why: unknown } | undefined;

  private constructor(answer: OpenAnswer, endpoint: string, sender: Sender) {
    this.#answer = answer;
    this.#endpoint = endpoint;
    this.#sender = sender;
    this.#left = sender.limits.bytes;
  }

  /**
   * Opens the stream; undefined for a server that has none. The sender's signal ends it.
   *
   * @throws RequestFailed `denied` for a URI for messages that the grant does not allow, `protocol`
   */
  static async connect(sender: Sender, place: Place): Promise<HttpSse | undefined> {
    const answer = await sender.send({ method: "GET", headers: { accept: "text/event-stream" } });
    const type = answer.headers["content-type"] ?? "";
    if (answer.status !== 200 || !/^\s*text\/event-stream\s*(?:;|$)/i.test(type)) {
      answer.close();
      return undefined;
    }
    try {
      const reader = new EventStreamReader(sender.limits.bytes);
      const chunks = answer.body[Symbol.asyncIterator]();
      const first = await firstEvents(chunks, reader, sender.limits.bytes);
      const [{ type: kind, data } = { type: "", data: "" }, ...rest] = first;
      if (kind !== "endpoint")
        throw protocol("the server's stream does not begin with its endpoint");
      const wire = new HttpSse(answer, endpointOf(data, sender.call.uri, place), sender);
      void wire.#follow(chunks, reader, rest);
      return wire;
    } catch (error) {
      answer.close();
      throw error;
    }
  }

  get isOpen(): boolean {
    return this.#ended === undefined;
  }

  async ask(request: RpcRequest, exchange: Exchange, sender: Sender): Promise<RpcOutcome> {
    if (this.#ended !== undefined) throw this.#ended.why;
    this.#left += sender.limits.bytes;
    const come = new Promise<RpcAnswer>((resolve, reject) =>
      this.#waiting.set(exchange.id, { exchange, resolve, reject }),
    );
    // It may be rejected before anything waits for it.
    come.catch(() => undefined);
    try {
      const { status, close } = await this.#post(request.message, sender, request.isCall);
      close();
      if (status >= 400) return { kind: "status", status, error: undefined };
      return { kind: "said", answer: await orAborted(come, sender.signal) };
    } finally {
      this.#waiting.delete(exchange.id);
    }
  }

  async tell(message: object, sender: Sender): Promise<void> {
    (await this.#post(message, sender)).close();
  }

  async close(): Promise<void> {
    this.#end(new Error("the run has ended"));
  }

  #post(message: object, sender: Sender, isCall = false): Promise<OpenAnswer> {
    const headers = { accept: "application/json", "content-type": "application/json" };
    return sender.send({ method: "POST", uri: this.#endpoint, headers, message, isCall });
  }

  /** Reads the stream until it ends, whoever waits for something in it. */
  async #follow(
    chunks: AsyncIterator<Uint8Array>,
    reader: EventStreamReader,
    first: readonly StreamedEvent[],
  ): Promise<void> {
    try {
      for (const event of first) this.#take(event);
      for (;;) {
        const { done, value } = await chunks.next();
        if (done === true) throw new RequestFailed("reset", hostCode.reset, "the stream has ended");
        this.#left -= value.length;
        if (this.#left < 0) {
          throw new RequestFailed("tooLarge", hostCode.largeAnswer, "the stream is over its limit");
        }
        for (const event of reader.each(value)) this.#take(event);
      }
    } catch (error) {
      this.#end(error);
    }
  }

  #take({ type, data }: StreamedEvent): void {
    if (type !== "message") return;
    const messages = rpcMessages(utf8(data));
    if (messages === undefined) throw protocol("a message of the server is not JSON-RPC 2.0");
    for (const message of messages) {
      if (message.kind === "request") {
        this.#replies += 1;
        if (this.#replies > MOST_REPLIES) throw protocol("the server asks too much");
        // Where it cannot be sent, the server does not answer either.
        this.tell(replyTo(message.id, message.method), this.#sender).catch((error: unknown) =>
          this.#end(error),
        );
        continue;
      }
      for (const { exchange, resolve, reject } of this.#waiting.values()) {
        try {
          const found = exchange.dealWith(message);
          if (found !== undefined) resolve(found);
        } catch (error) {
          reject(error);
        }
      }
    }
  }

  #end(why: unknown): void {
    this.#ended ??= { why };
    for (const { reject } of this.#waiting.values()) reject(why);
    this.#waiting.clear();
    this.#answer.close();
  }
}

/** The events that come with the first one. */
async function firstEvents(
  chunks: AsyncIterator<Uint8Array>,
  reader: EventStreamReader,
  limit: number,
): Promise<StreamedEvent[]> {
  for (let left = limit; left >= 0;) {
    const { done, value } = await chunks.next();
    if (done === true) throw protocol("the server's stream has ended at its beginning");
    left -= value.length;
    const events = reader.push(value);
    if (events.length > 0) return events;
  }
  throw new RequestFailed("tooLarge", hostCode.largeAnswer, "the stream is over its limit");
}

/** Where the server wants its messages: at its own URI, or where the grant allows a POST (GRANT-14). */
function endpointOf(named: string, uri: string, { grant, addresses }: Place): string {
  const own = parseTarget(uri);
  if ("why" in own) throw protocol(own.why);
  if (!URL.canParse(named, uri)) throw protocol("the server's endpoint is not a URI");
  const url = new URL(named, uri);
  // A server behind an address may name itself by it.
  const origin = url.origin === addresses[own.origin] ? own.origin : url.origin;
  const target = parseTarget(origin + url.pathname + url.search);
  const why =
    "why" in target
      ? target.why
      : target.origin !== own.origin
        ? "it is of another origin"
        : target.path === own.path
          ? undefined
          : whyNotGranted(grant, "POST", target);
  if (why === undefined) return origin + url.pathname + url.search;
  throw new RequestFailed("denied", hostCode.noMcpCall, `of the server's endpoint: ${why}`);
}
