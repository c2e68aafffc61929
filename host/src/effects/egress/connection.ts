// Where a request is sent: connections to what the operator says, or to public addresses only (GRANT-9).
import type { LookupFunction, Socket } from "node:net";
import { Agent, buildConnector } from "undici";
import { hostCode } from "../../files/codes.ts";
import { publicAddresses } from "./address.ts";
import type { AddressLookup } from "./address.ts";
import { Deadline } from "./deadline.ts";
import { RequestFailed } from "./failure.ts";
import type { EgressLimits } from "./limits.ts";

/** An agent for each way to look for hosts, by the limit of time of its connections. */
const agents: Readonly<Record<"public" | "any", WeakMap<AddressLookup, Map<number, Agent>>>> = {
  public: new WeakMap(),
  any: new WeakMap(),
};

/**
 * What makes connections: to public addresses only, or to those of a host that the operator has named. A connection for
 * each request: none is reused, so none was checked for somebody else. The agent is that of all runs, as it holds nothing
 * but connections that are open, and costs more than a request.
 */
export function agentFor(
  where: "public" | "any",
  { connect }: EgressLimits,
  lookup: AddressLookup,
): Agent {
  const known = agents[where].get(lookup) ?? new Map<number, Agent>();
  agents[where].set(lookup, known);
  const socket = where === "public" ? publicLookup(lookup) : socketLookup(lookup);
  const agent = known.get(connect) ?? newAgent(connect, socket);
  known.set(connect, agent);
  return agent;
}

function newAgent(connect: number, lookup: LookupFunction): Agent {
  // Limits of time are those of deadline.ts: undici's measure this machine, too.
  return new Agent({
    pipelining: 0,
    allowH2: false,
    headersTimeout: 0,
    bodyTimeout: 0,
    connect: connector(connect, lookup),
  });
}

function connector(limit: number, lookup: LookupFunction): buildConnector.connector {
  const connect = buildConnector({
    timeout: 0,
    // Said here, because an environment variable can turn the default off.
    rejectUnauthorized: true,
    lookup,
    // It gives the socket at once, which its type does not say.
  }) as (...given: Parameters<buildConnector.connector>) => Socket;
  return (options, callback) => {
    const deadline = new Deadline(limit, () => {
      const why = `no connection in ${limit} ms`;
      socket.destroy(new RequestFailed("timeout", hostCode.timeout, why));
    });
    const socket = connect(options, (...connected) => {
      deadline.stop();
      callback(...connected);
    });
  };
}

/** What a socket calls to find its address: it connects to what was checked and to nothing else. */
const publicLookup = (lookup: AddressLookup): LookupFunction =>
  socketLookup((hostname) => publicAddresses(hostname, lookup));

/** The same for a host that the operator has named, which may be anywhere. */
function socketLookup(lookup: AddressLookup): LookupFunction {
  return (hostname, { all }, callback) => {
    lookup(hostname).then(
      (found) => {
        const [first] = found;
        if (all) callback(null, [...found]);
        else callback(null, first?.address ?? "", first?.family);
      },
      (error: unknown) => callback(error as NodeJS.ErrnoException, "", 0),
    );
  };
}

export async function checkLiteral(origin: string): Promise<void> {
  const { hostname } = new URL(origin);
  const isLiteral = hostname.startsWith("[") || /^[0-9.]+$/.test(hostname);
  if (isLiteral) await publicAddresses(hostname, () => Promise.resolve([]));
}
