// Streamable HTTP (MCP 2025-03-26 and later, "Transports"): each message is a POST, and its answer JSON or an event stream. A
// stream that was cut is taken up where it was (until 2025-11-25).
import { utf8 } from "@reach-fabric/engine";
import { Deadline, orAborted } from "../egress/deadline.ts";
import type { OpenAnswer } from "../egress/egress.ts";
import { EventStreamReader } from "../egress/event-stream.ts";
import type { RpcOutcome, Exchange, RpcAnswer } from "./exchange.ts";
import { protocol } from "./exchange.ts";
import { rpcMessages } from "./message.ts";
import type { RpcRequest, Wire } from "./wire.ts";
import { namesItself, STATELESS } from "./revisions.ts";
import type { Sender } from "./sender.ts";

/** How often a stream is taken up again. */
const MOST_RESUMED = 100;
/** Milliseconds until a stream is taken up again where it does not say. */
const PAUSE = 1000;
const SHORTEST_PAUSE = 10;
/** What is read of the body behind an error status: the protocol's error is there, if any is. */
const MOST_OF_REFUSAL = 65_536;

export class StreamableHttp implements Wire {
  readonly isOpen = true;
  readonly #revision: string | undefined;
  readonly #session: string | undefined;

  /**
   * @param revision undefined before one is agreed on
   * @param session the server's name for it, if it has given one
   */
  constructor(revision?: string, session?: string) {
    this.#revision = revision;
    this.#session = session;
  }

  async ask(request: RpcRequest, exchange: Exchange, sender: Sender): Promise<RpcOutcome> {
    const { headers = {}, message, isCall = false } = request;
    let answer = await sender.send({
      method: "POST",
      headers: { ...this.#headers(), ...headers },
      message,
      isCall,
    });
    try {
      const { status } = answer;
      if (status >= 400) return { kind: "status", status, error: await refusal(answer, exchange) };
      const session = answer.headers["mcp-session-id"];
      const type = typeOf(answer);
      if (status >= 300 || (type !== JSON_TYPE && type !== EVENTS)) {
        throw protocol("the server's answer is neither JSON nor an event stream");
      }
      if (type === JSON_TYPE) {
        const said = onlyAnswer(await exchange.bodyOf(answer.body), exchange);
        return { kind: "said", answer: said, session };
      }
      const reader = new EventStreamReader(sender.limits.bytes);
      for (let resumed = 0; ; resumed += 1) {
        const said = await this.#read(answer, reader, exchange);
        if (said !== undefined) return { kind: "said", answer: said, session };
        if (resumed === MOST_RESUMED) throw protocol("the server's stream is cut again and again");
        answer.close();
        answer = await this.#resume(reader, sender);
      }
    } finally {
      answer.close();
    }
  }

  async tell(message: object, sender: Sender): Promise<void> {
    const answer = await sender.send({ method: "POST", headers: this.#headers(), message });
    answer.close();
  }

  async close(sender: Sender): Promise<void> {
    if (this.#session === undefined) return;
    const answer = await sender.send({ method: "DELETE", headers: this.#headers() });
    answer.close();
  }

  /** The answer, or undefined where the stream has ended before it and can be taken up again. */
  async #read(
    { body }: OpenAnswer,
    reader: EventStreamReader,
    exchange: Exchange,
  ): Promise<RpcAnswer | undefined> {
    try {
      for await (const chunk of body) {
        exchange.came(chunk.length);
        for (const { type, data } of reader.each(chunk)) {
          if (type !== "message" || data === "") continue;
          const said = exchange.take(utf8(data));
          if (said !== undefined) return said;
        }
      }
    } catch (error) {
      if (!this.#canResume(reader) || isOurs(error)) throw error;
    }
    if (this.#canResume(reader)) return undefined;
    throw protocol("the server's stream has ended without an answer");
  }

  #canResume({ lastId }: EventStreamReader): boolean {
    const isResumable = this.#revision !== undefined && this.#revision < STATELESS;
    return isResumable && /^[\x20-\x7e]{1,1024}$/.test(lastId);
  }

  async #resume(reader: EventStreamReader, sender: Sender): Promise<OpenAnswer> {
    await pause(Math.max(reader.retry ?? PAUSE, SHORTEST_PAUSE), sender.signal);
    const headers = { ...this.#headers(), accept: EVENTS, "last-event-id": reader.lastId };
    const answer = await sender.send({ method: "GET", headers });
    if (answer.status === 200 && typeOf(answer) === EVENTS) return answer;
    answer.close();
    throw protocol("the server does not take its stream up again");
  }

  #headers(): Record<string, string> {
    const revision = this.#revision;
    return {
      accept: `${JSON_TYPE}, ${EVENTS}`,
      "content-type": JSON_TYPE,
      ...(revision !== undefined && namesItself(revision)
        ? { "mcp-protocol-version": revision }
        : {}),
      ...(this.#session === undefined ? {} : { "mcp-session-id": this.#session }),
    };
  }
}

const JSON_TYPE = "application/json";
const EVENTS = "text/event-stream";

const typeOf = ({ headers }: OpenAnswer): string =>
  /^\s*([^;\s]*)/.exec(headers["content-type"] ?? "")?.[1]?.toLowerCase() ?? "";

/** What this client has found wrong, and not the network. */
const isOurs = (error: unknown): boolean =>
  error instanceof Error && (error.name === "RequestFailed" || error.name === "HostTrouble");

/** In JSON there is the answer and, in a batch, what came before it. */
function onlyAnswer(text: Uint8Array, exchange: Exchange): RpcAnswer {
  const messages = rpcMessages(text);
  if (messages === undefined) throw protocol("the server's answer is not JSON-RPC 2.0");
  const [first] = messages;
  // An error without an id: there is one request that it can be about.
  if (messages.length === 1 && first?.kind === "answer" && first.id === null) return first;
  let found: RpcAnswer | undefined;
  for (const message of messages) found ??= exchange.dealWith(message);
  if (found !== undefined) return found;
  throw protocol("the server's answer is about another request");
}

/** The protocol's error behind an error status, if there is one. */
async function refusal(answer: OpenAnswer, exchange: Exchange): Promise<RpcAnswer | undefined> {
  if (typeOf(answer) !== JSON_TYPE) return undefined;
  const text = await exchange.bodyOf(answer.body, MOST_OF_REFUSAL);
  const [message] = rpcMessages(text) ?? [];
  return message?.kind === "answer" && message.member === "error" ? message : undefined;
}

async function pause(ms: number, signal: AbortSignal): Promise<void> {
  let deadline: Deadline | undefined;
  const passed = new Promise<void>((resolve) => {
    deadline = new Deadline(ms, resolve);
  });
  try {
    await orAborted(passed, signal);
  } finally {
    deadline?.stop();
  }
}
