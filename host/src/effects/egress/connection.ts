// Where a request is sent: connections to what the operator says, or to public addresses only (GRANT-9).
import type { LookupFunction, Socket } from "node:net";
import { Agent, buildConnector } from "undici";
import { hostCode } from "../../files/codes.ts";
import { publicAddresses } from "./address.ts";
import type { AddressLookup } from "./address.ts";
import { Deadline } from "./deadline.ts";
import { RequestFailed } from "./failure.ts";
import type { EgressLimits } from "./limits.ts";

/** What makes connections, and ends those that no request waits for any more. */
export interface Way {
  readonly agent: Agent;
  /** A request to an origin waits for its connection until what this gives is called, once or more often. */
  readonly wait: (origin: string) => () => void;
}

/** A way for each way to look for hosts, by the limit of time of its connections. */
const ways: Readonly<Record<"public" | "any", WeakMap<AddressLookup, Map<number, Way>>>> = {
  public: new WeakMap(),
  any: new WeakMap(),
};

/**
 * What makes connections: to public addresses only, or to those of a host that the operator has named. A connection for
 * each request: none is reused, so none was checked for somebody else. The agent is that of all runs, as it holds nothing
 * but connections that are open, and costs more than a request.
 */
export function wayFor(
  where: "public" | "any",
  { connect }: EgressLimits,
  lookup: AddressLookup,
): Way {
  const known = ways[where].get(lookup) ?? new Map<number, Way>();
  ways[where].set(lookup, known);
  const way =
    known.get(connect) ?? newWay(connect, where === "public" ? publicOnly(lookup) : lookup);
  known.set(connect, way);
  return way;
}

const publicOnly =
  (lookup: AddressLookup): AddressLookup =>
  (hostname, signal) =>
    publicAddresses(hostname, lookup, signal);

/** Requests to one origin that have no connection yet, and connections to it that do not stand. */
interface Waiting {
  requests: number;
  readonly sockets: Set<Socket>;
}

function newWay(limit: number, lookup: AddressLookup): Way {
  const waiting = new Map<string, Waiting>();
  // Limits of time are those of deadline.ts: undici's measure this machine, too.
  const agent = new Agent({
    pipelining: 0,
    allowH2: false,
    headersTimeout: 0,
    bodyTimeout: 0,
    connect: connector(limit, lookup, waiting),
  });
  return {
    agent,
    wait: (origin) => {
      const known = waiting.get(origin) ?? { requests: 0, sockets: new Set() };
      waiting.set(origin, known);
      known.requests += 1;
      let waits = true;
      return () => {
        if (!waits) return;
        waits = false;
        known.requests -= 1;
        if (known.requests > 0) return;
        waiting.delete(origin);
        for (const socket of known.sockets) socket.destroy(new Error("no request waits for it"));
      };
    },
  };
}

/** Makes sockets that connect to what was looked up, and checked, and to nothing else. */
function connector(
  limit: number,
  lookup: AddressLookup,
  waiting: ReadonlyMap<string, Waiting>,
): buildConnector.connector {
  /** Of the socket that is being made: it asks for its address at once, and says not who it is. */
  let asking: { ended?: AbortController } | undefined;
  const socketLookup: LookupFunction = (hostname, { all }, callback) => {
    const ended = new AbortController();
    if (asking !== undefined) asking.ended = ended;
    lookup(hostname, ended.signal).then(
      (found) => {
        const [first] = found;
        if (all) callback(null, [...found]);
        else callback(null, first?.address ?? "", first?.family);
      },
      (error: unknown) => callback(error as NodeJS.ErrnoException, "", 0),
    );
  };
  const connect = buildConnector({
    timeout: 0,
    // Said here, because an environment variable can turn the default off.
    rejectUnauthorized: true,
    lookup: socketLookup,
    // It gives the socket at once, which its type does not say.
  }) as (...given: Parameters<buildConnector.connector>) => Socket;
  return (options, callback) => {
    const { protocol, host } = options as { protocol: string; host: string };
    const sockets = waiting.get(`${protocol}//${host}`)?.sockets;
    const making: { ended?: AbortController } = {};
    const deadline = new Deadline(limit, () => {
      const why = `no connection in ${limit} ms`;
      socket.destroy(new RequestFailed("timeout", hostCode.timeout, why));
    });
    asking = making;
    const socket = connect(options, (...connected) => {
      deadline.stop();
      sockets?.delete(socket);
      // An error of its own for each connection that has ended well would cost more than the rest here.
      if (connected[0] === null) delete making.ended;
      callback(...connected);
    });
    asking = undefined;
    sockets?.add(socket);
    socket.once("close", () => {
      sockets?.delete(socket);
      making.ended?.abort(new Error("the connection is not wanted any more"));
    });
  };
}

export async function checkLiteral(origin: string): Promise<void> {
  const { hostname } = new URL(origin);
  const isLiteral = hostname.startsWith("[") || /^[0-9.]+$/.test(hostname);
  if (isLiteral) await publicAddresses(hostname, () => Promise.resolve([]));
}
