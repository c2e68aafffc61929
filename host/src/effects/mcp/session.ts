// What a run has with one MCP server: the revision that both speak, and a session where there is one. It is kept for all of
// the run's calls that are asked in the same way.
import type { Grant } from "@reach-fabric/schema";
import { orAborted, within } from "../egress/deadline.ts";
import type { Egress, RequestContext } from "../egress/egress.ts";
import type { EgressLimits } from "../egress/limits.ts";
import type { Performed } from "../egress/performed.ts";
import { agreedOn, codeOf, errorIn, recorded, spokenBy } from "./answers.ts";
import type { McpCall } from "./mcp-call.ts";
import { Exchange, protocol } from "./exchange.ts";
import type { RpcOutcome } from "./exchange.ts";
import { HttpSse } from "./http-sse.ts";
import { mirrored, nameHeader, ToolHeaders } from "./mirror.ts";
import { clientOf, metaOf, rpcRequest, statelessMeta } from "./requests.ts";
import { isKnown, STATELESS, WITH_HANDSHAKE } from "./revisions.ts";
import { Sender } from "./sender.ts";
import { StreamableHttp } from "./streamable-http.ts";
import type { Wire } from "./wire.ts";

/** What was agreed on. */
interface Connection {
  readonly revision: string;
  readonly wire: Wire;
  /** True where the server keeps something that it may forget. */
  readonly hasSession: boolean;
}

/** What the server has said in place of agreeing. */
interface Refused {
  readonly refused: RpcOutcome;
}

interface Flight {
  readonly done: Promise<Connection | Refused>;
  readonly stop: AbortController;
  waiting: number;
  isSettled: boolean;
}

interface Place {
  readonly grant: Grant;
  readonly addresses: Readonly<Record<string, string>>;
}

/** What a call is performed with. */
export interface Asking {
  readonly call: McpCall;
  /** The call's parameters without the texts of secrets. */
  readonly shown: McpCall["parameters"];
  readonly limits: EgressLimits;
  readonly context: RequestContext;
  readonly heard: () => void;
  /** Ends the call by what this machine lacks. */
  readonly fail: (error: unknown) => void;
}

/** The error of a server that wants other headers. */
const HEADER_MISMATCH = -32020;
/** Statuses that say nothing of the revision. */
const NOT_ABOUT_IT: ReadonlySet<number> = new Set([401, 403, 407, 408, 429]);
/** Statuses behind which the older form may be. */
const MAY_BE_OLDER: ReadonlySet<number> = new Set([400, 404, 405]);
/** Milliseconds that a server has to hear that a session has ended. */
const FAREWELL = 1000;

export class McpSession {
  readonly #egress: Egress;
  readonly #place: Place;
  readonly #tools = new ToolHeaders();
  #flight: Flight | undefined;
  #ids = 0;
  /** Of the call before: what is said at the end is sent as that was. */
  #last: Sender | undefined;

  constructor(egress: Egress, place: Place) {
    this.#egress = egress;
    this.#place = place;
  }

  /**
   * One call. A session that the server has forgotten is begun again, once.
   *
   * @throws RequestFailed, HostTrouble, the signal's reason, and what the network ended with
   */
  async call(asking: Asking): Promise<Performed> {
    const { call, limits, context } = asking;
    const sender = new Sender(this.#egress, call, limits, context);
    this.#last = sender;
    for (let tries = 1; ; tries += 1) {
      const flight = this.#connecting(sender);
      const connection = await joined(flight, context.signal, () => this.#forget(flight));
      if ("refused" in connection) return recorded(connection.refused);
      if (!connection.wire.isOpen && tries === 1) {
        this.#forget(flight);
        continue;
      }
      const answered = await this.#ask(connection, asking, sender);
      const isLost = answered.kind === "status" && connection.hasSession;
      if (isLost && (answered.status === 404 || answered.status === 400)) this.#forget(flight);
      if (isLost && answered.status === 404 && tries === 1) continue;
      return recorded(answered);
    }
  }

  /** Ends it. It waits a moment for the server to hear of it, and never throws. */
  async close(): Promise<void> {
    const flight = this.#flight;
    this.#flight = undefined;
    const last = this.#last;
    if (flight === undefined || last === undefined) return;
    try {
      if (!flight.isSettled) return;
      const connection = await flight.done;
      if ("refused" in connection) return;
      const late = protocol("the server did not hear of the end");
      await within(FAREWELL, late, new AbortController().signal, ({ signal }) =>
        connection.wire.close(last.until(signal)),
      );
    } catch {
      // It was told.
    } finally {
      flight.stop.abort(new Error("the run has ended"));
    }
  }

  #forget(flight: Flight): void {
    if (this.#flight === flight) this.#flight = undefined;
  }

  /** Those who want it at a time wait for one, which goes on without those who stop waiting. */
  #connecting(sender: Sender): Flight {
    if (this.#flight !== undefined) return this.#flight;
    const stop = new AbortController();
    const done = this.#connect(sender.until(stop.signal));
    const flight: Flight = { done, stop, waiting: 0, isSettled: false };
    this.#flight = flight;
    done.then(
      (connection) => {
        flight.isSettled = true;
        if ("refused" in connection) this.#forget(flight);
      },
      () => {
        flight.isSettled = true;
        this.#forget(flight);
      },
    );
    return flight;
  }

  /** MCP 2026-07-28, "Versioning": what a pin says, or else what the server says that it speaks. */
  async #connect(sender: Sender): Promise<Connection | Refused> {
    const { protocolVersion: pin } = sender.call;
    if (pin !== undefined && !isKnown(pin)) {
      throw protocol(`this host does not speak the revision ${pin} of MCP`);
    }
    if (pin === STATELESS) return stateless();
    if (pin !== undefined) return this.#shakeHands(pin, [pin], sender);
    const [latest = ""] = WITH_HANDSHAKE;
    const answered = await this.#discover(sender);
    if (answered.kind === "status" && NOT_ABOUT_IT.has(answered.status))
      return { refused: answered };
    if (answered.kind === "status" && answered.status >= 500) return { refused: answered };
    const spoken = spokenBy(answered);
    if (spoken === "refused") return { refused: answered };
    if (spoken?.includes(STATELESS) === true) return stateless();
    const own = spoken === undefined ? latest : WITH_HANDSHAKE.find((one) => spoken.includes(one));
    if (own === undefined)
      throw protocol("the server speaks no revision of MCP that this host does");
    return this.#shakeHands(own, WITH_HANDSHAKE, sender);
  }

  #discover(sender: Sender): Promise<RpcOutcome> {
    const id = this.#nextId();
    const message = rpcRequest(id, "server/discover", statelessMeta({}, sender.call));
    const headers = { "mcp-method": "server/discover" };
    const exchange = new Exchange({ id, ...quiet(sender) });
    return new StreamableHttp(STATELESS).ask({ message, headers }, exchange, sender);
  }

  /** MCP 2025-11-25, "Lifecycle". */
  async #shakeHands(
    wanted: string,
    accepted: readonly string[],
    sender: Sender,
  ): Promise<Connection | Refused> {
    const first = await this.#initialize(new StreamableHttp(), wanted, sender);
    if (first.kind === "status" && MAY_BE_OLDER.has(first.status)) {
      const wire = await HttpSse.connect(sender, this.#place);
      if (wire === undefined) return { refused: first };
      const answered = await this.#initialize(wire, wanted, sender);
      const revision = agreedOn(answered, accepted);
      if (revision === undefined) return { refused: answered };
      await wire.tell(INITIALIZED, sender);
      return { revision, wire, hasSession: true };
    }
    const revision = agreedOn(first, accepted);
    if (revision === undefined || first.kind !== "said") return { refused: first };
    const { session } = first;
    if (session !== undefined && !/^[!-~]{1,2048}$/.test(session)) {
      throw protocol("the server's name for the session is not one");
    }
    const wire = new StreamableHttp(revision, session);
    await wire.tell(INITIALIZED, sender);
    return { revision, wire, hasSession: session !== undefined };
  }

  #initialize(wire: Wire, protocolVersion: string, sender: Sender): Promise<RpcOutcome> {
    const id = this.#nextId();
    const params = { protocolVersion, capabilities: {}, clientInfo: clientOf(sender.call) };
    const exchange = new Exchange({ id, ...quiet(sender) });
    return wire.ask({ message: rpcRequest(id, "initialize", params) }, exchange, sender);
  }

  async #ask(connection: Connection, asking: Asking, sender: Sender): Promise<RpcOutcome> {
    const { call, shown } = asking;
    if (connection.revision !== STATELESS) return this.#askInSession(connection, asking, sender);
    const given = shown?.["arguments"];
    const answered = await this.#askAlone(connection, asking, sender);
    if (call.method === "tools/list") this.#tools.learn(answered);
    if (call.method !== "tools/call" || codeOf(errorIn(answered)) !== HEADER_MISMATCH)
      return answered;
    // The server has headers of its own for the tool: what they are, its definition says.
    const name = String(call.parameters?.["name"]);
    const before = mirrored(this.#tools.of(name), given);
    await this.#learnTool(name, connection, sender);
    const now = mirrored(this.#tools.of(name), given);
    if (JSON.stringify(now) === JSON.stringify(before)) return answered;
    return this.#askAlone(connection, asking, sender);
  }

  /** A request that says all that it needs. */
  #askAlone(connection: Connection, asking: Asking, sender: Sender): Promise<RpcOutcome> {
    const { call, shown, limits, heard } = asking;
    const id = this.#nextId();
    const { method, parameters = {} } = call;
    const tool = method === "tools/call" ? this.#tools.of(String(parameters["name"])) : [];
    if (tool === undefined) throw protocol("the tool's definition has headers that are none");
    const headers = {
      ...mirrored(tool, shown?.["arguments"]),
      "mcp-method": method,
      ...nameHeader(method, shown),
    };
    const message = rpcRequest(id, method, statelessMeta(parameters, call, id));
    // No answer of ours goes to a server here.
    const exchange = new Exchange({ id, limit: limits.bytes, heard, reply: undefined });
    return connection.wire.ask({ message, headers, isCall: true }, exchange, sender);
  }

  async #askInSession(
    { wire }: Connection,
    { call, limits, heard, fail, context }: Asking,
    sender: Sender,
  ): Promise<RpcOutcome> {
    const id = this.#nextId();
    const { method, parameters = {} } = call;
    const reply = (message: object): void => {
      // A server that does not hear it waits in vain; that this machine could not say it is no fault of the server's.
      wire.tell(message, sender).catch((error: unknown) => {
        if (error instanceof Error && error.name === "HostTrouble") fail(error);
      });
    };
    const exchange = new Exchange({ id, limit: limits.bytes, heard, reply });
    const params = { ...parameters, _meta: { ...metaOf(parameters), progressToken: id } };
    try {
      const message = rpcRequest(id, method, params);
      return await wire.ask({ message, isCall: true }, exchange, sender);
    } catch (error) {
      if (context.signal.aborted) this.#cancel(wire, id, sender);
      throw error;
    }
  }

  /** Tells the server that nothing waits for an answer any more: it need not hear it. */
  #cancel(wire: Wire, requestId: number, sender: Sender): void {
    const method = "notifications/cancelled";
    const message = { jsonrpc: "2.0", method, params: { requestId } };
    const late = protocol("the server did not hear of the end");
    within(FAREWELL, late, new AbortController().signal, ({ signal }) =>
      wire.tell(message, sender.until(signal)),
    ).catch(() => undefined);
  }

  /** Looks for a tool's definition in the server's list, of which a page follows the other. */
  async #learnTool(name: string, { wire }: Connection, sender: Sender): Promise<void> {
    let cursor: string | undefined;
    for (let page = 0; page < MOST_PAGES && (page === 0 || cursor !== undefined); page += 1) {
      const id = this.#nextId();
      const params = statelessMeta(cursor === undefined ? {} : { cursor }, sender.call);
      const exchange = new Exchange({ id, ...quiet(sender) });
      const headers = { "mcp-method": "tools/list" };
      const message = rpcRequest(id, "tools/list", params);
      cursor = this.#tools.learn(await wire.ask({ message, headers }, exchange, sender));
      if (this.#tools.has(name)) return;
    }
  }

  #nextId(): number {
    this.#ids += 1;
    return this.#ids;
  }
}

/** Most pages of a server's list of tools. */
const MOST_PAGES = 20;
const INITIALIZED = { jsonrpc: "2.0", method: "notifications/initialized" };

const stateless = (): Connection => ({
  revision: STATELESS,
  wire: new StreamableHttp(STATELESS),
  hasSession: false,
});

/** What is said around a call hears nothing and answers nothing. */
const quiet = ({ limits }: Sender): { limit: number; heard: () => void; reply: undefined } => ({
  limit: limits.bytes,
  heard: () => undefined,
  reply: undefined,
});

/** What comes of a flight; the last one who stops waiting for it ends it. */
async function joined(
  flight: Flight,
  signal: AbortSignal,
  forget: () => void,
): Promise<Connection | Refused> {
  flight.waiting += 1;
  try {
    return await orAborted(flight.done, signal);
  } finally {
    flight.waiting -= 1;
    if (flight.waiting === 0 && !flight.isSettled) {
      forget();
      flight.stop.abort(new Error("nothing waits for it"));
    }
  }
}
