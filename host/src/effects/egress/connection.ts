// Where a request is sent: connections to what the operator says, or to public addresses only (GRANT-9).
import type { LookupFunction, Socket } from "node:net";
import { Agent, buildConnector } from "undici";
import { hostCode } from "../../files/codes.ts";
import { publicAddresses } from "./address.ts";
import type { AddressLookup } from "./address.ts";
import { Deadline } from "./deadline.ts";
import { RequestFailed } from "./failure.ts";
import type { EgressLimits } from "./limits.ts";

/** A connection for each request: none is reused, so none was checked for somebody else. */
export function newAgent(limits: EgressLimits, lookup: LookupFunction): Agent {
  // Limits of time are those of deadline.ts: undici's measure this machine, too.
  return new Agent({
    pipelining: 0,
    allowH2: false,
    headersTimeout: 0,
    bodyTimeout: 0,
    connect: connector(limits.connect, lookup),
  });
}

/** An agent that is made when it is first needed. */
export class LateAgent {
  readonly #make: () => Agent;
  #agent: Agent | undefined;

  constructor(make: () => Agent) {
    this.#make = make;
  }

  get agent(): Agent {
    return (this.#agent ??= this.#make());
  }

  async destroy(): Promise<void> {
    await this.#agent?.destroy(HAS_ENDED);
  }
}

/** One for all: with many runs, stacks that are of no use are a good part of what an end costs. */
export const HAS_ENDED: Error = new Error("the run has ended");

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
export const publicLookup = (lookup: AddressLookup): LookupFunction =>
  socketLookup((hostname) => publicAddresses(hostname, lookup));

/** The same for a host that the operator has named, which may be anywhere. */
export function socketLookup(lookup: AddressLookup): LookupFunction {
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
