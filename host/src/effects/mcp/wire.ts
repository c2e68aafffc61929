// What carries messages to a server, and its answers back: one of the two forms of MCP over HTTP.
import type { RpcOutcome, Exchange } from "./exchange.ts";
import type { Sender } from "./sender.ts";

/** A request of JSON-RPC, as it is sent. */
export interface RpcRequest {
  readonly message: object;
  readonly headers?: Readonly<Record<string, string>>;
  /** True for the call itself. */
  readonly isCall?: boolean;
}

export interface Wire {
  /** False where nothing can be asked any more. */
  readonly isOpen: boolean;
  /**
   * Sends a request and waits for its answer.
   *
   * @throws RequestFailed, HostTrouble, the signal's reason, and what the network ended with
   */
  ask(request: RpcRequest, exchange: Exchange, sender: Sender): Promise<RpcOutcome>;
  /** Sends what has no answer: a notification, or an answer of ours. It throws as ask() does. */
  tell(message: object, sender: Sender): Promise<void>;
  /** Says that the session has ended. It throws as ask() does. */
  close(sender: Sender): Promise<void>;
}
