// One request that waits for its answer: what may come before it, and how much of it.
import { fromUtf8 } from "@reach-fabric/engine";
import { hostCode } from "../../files/codes.ts";
import { RequestFailed } from "../egress/failure.ts";
import { membersOf, rpcMessages, wordOf } from "./message.ts";
import type { RpcMessage } from "./message.ts";

/** What a server has said to a request. */
export type RpcAnswer = Extract<RpcMessage, { readonly kind: "answer" }>;

/** An answer, or no more than the status of one. */
export type RpcOutcome =
  | { readonly kind: "said"; readonly answer: RpcAnswer; readonly session?: string | undefined }
  | { readonly kind: "status"; readonly status: number; readonly error: RpcAnswer | undefined };

/** Most messages that come before an answer. */
const MOST_MESSAGES = 10_000;
/** Most requests of a server that are answered while it works on one of ours. */
const MOST_REPLIES = 100;
/** JSON-RPC 2.0, 5.1: what a server would ask back, nobody here could say the same again. */
const NO_METHOD = { code: -32601, message: "Method not found" };

export interface ExchangeOptions {
  readonly id: number;
  /** Bytes of all that comes. */
  readonly limit: number;
  /** Called for each sign that the server works on the request. */
  readonly heard: () => void;
  /** Sends an answer of ours; undefined where the revision has none. */
  readonly reply: ((message: object) => void) | undefined;
}

export class Exchange {
  readonly id: number;
  readonly #options: ExchangeOptions;
  #bytes = 0;
  #messages = 0;
  #replies = 0;
  #progress = Number.NEGATIVE_INFINITY;

  constructor(options: ExchangeOptions) {
    this.id = options.id;
    this.#options = options;
  }

  /**
   * Counts what has come.
   *
   * @throws RequestFailed `tooLarge`
   */
  came(bytes: number): void {
    this.#bytes += bytes;
    const { limit } = this.#options;
    if (this.#bytes <= limit) return;
    const why = `the answer is over the limit of ${limit} bytes`;
    throw new RequestFailed("tooLarge", hostCode.largeAnswer, why);
  }

  /** All of a body, as it comes. */
  async bodyOf(
    body: AsyncIterable<Uint8Array>,
    most: number = Number.POSITIVE_INFINITY,
  ): Promise<Buffer> {
    const chunks: Uint8Array[] = [];
    let size = 0;
    for await (const chunk of body) {
      this.came(chunk.length);
      size += chunk.length;
      if (size > most) break;
      chunks.push(chunk);
    }
    return Buffer.concat(chunks);
  }

  /**
   * Takes the text of a message; gives the answer if it is that, or holds it.
   *
   * @throws RequestFailed `protocol` for what is no JSON-RPC, and for a server that says too much; `tooLarge`
   */
  take(text: Uint8Array): RpcAnswer | undefined {
    const messages = rpcMessages(text);
    if (messages === undefined) throw protocol("a message of the server is not JSON-RPC 2.0");
    let found: RpcAnswer | undefined;
    for (const message of messages) found ??= this.dealWith(message);
    return found;
  }

  /** One message: the answer, or something on the way to it. */
  dealWith(message: RpcMessage): RpcAnswer | undefined {
    this.#messages += 1;
    if (this.#messages > MOST_MESSAGES)
      throw protocol("the server says too much before it answers");
    if (message.kind === "answer") return message.id === this.id ? message : undefined;
    if (message.kind === "request") this.#reply(message);
    else if (message.method === "notifications/progress") this.#advance(message.params);
    return undefined;
  }

  #reply({ id, method }: Extract<RpcMessage, { readonly kind: "request" }>): void {
    const { reply } = this.#options;
    if (reply === undefined) return;
    this.#replies += 1;
    if (this.#replies > MOST_REPLIES) throw protocol("the server asks too much before it answers");
    reply(replyTo(id, method));
  }

  /** Progress counts where it goes forward, as the protocol says that it does. */
  #advance(params: Uint8Array | undefined): void {
    const members = membersOf(params);
    const [token, progress] = [members?.get("progressToken"), members?.get("progress")];
    if (wordOf(token) !== this.id || progress === undefined) return;
    const value: unknown = JSON.parse(fromUtf8(progress));
    if (typeof value !== "number" || !(value > this.#progress)) return;
    this.#progress = value;
    this.#options.heard();
  }
}

/** A ping is answered; anything else is nothing that this client does. */
export const replyTo = (id: string | number, method: string): object => ({
  jsonrpc: "2.0",
  id,
  ...(method === "ping" ? { result: {} } : { error: NO_METHOD }),
});

export const protocol = (why: string): RequestFailed =>
  new RequestFailed("protocol", hostCode.protocol, why);
