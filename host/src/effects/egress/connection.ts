// Where a request is sent: connections to what the operator says, or to public addresses only (GRANT-9).
import type { LookupFunction } from "node:net";
import { Agent } from "undici";
import { publicAddresses } from "./address.ts";
import type { AddressLookup } from "./address.ts";
import type { EgressLimits } from "./limits.ts";

/** A connection for each request: none is reused, so none was checked for somebody else. */
export function newAgent(limits: EgressLimits, lookup?: LookupFunction): Agent {
  return new Agent({
    pipelining: 0,
    allowH2: false,
    headersTimeout: limits.headers,
    bodyTimeout: limits.total,
    connect: {
      timeout: limits.connect,
      // Said here, because an environment variable can turn the default off.
      rejectUnauthorized: true,
      ...(lookup ? { lookup } : {}),
    },
  });
}

/** What a socket calls to find its address: it connects to what was checked and to nothing else. */
export function publicLookup(lookup: AddressLookup): LookupFunction {
  return (hostname, { all }, callback) => {
    publicAddresses(hostname, lookup).then(
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
