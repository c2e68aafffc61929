// How long a request may take and how much it may bring: the host's own limits, and those that entries of a grant say
// for what they allow (GRANT-10, GRANT-21).
import { mayCall } from "@reach-fabric/schema";
import type { Callable, GrantBounds, RequestBounds } from "@reach-fabric/schema";
import { whyNotGranted } from "./grant.ts";
import type { Target } from "./grant.ts";

/** Bounds of one request, redirects included. Times in milliseconds, sizes in bytes. */
export interface EgressLimits {
  /** Until the connection stands, name resolution and TLS included. */
  readonly connect: number;
  /** From the request until the answer's headers. */
  readonly headers: number;
  /** From the beginning until the answer's last byte. */
  readonly total: number;
  /** Of the answer's body. */
  readonly bytes: number;
  readonly redirects: number;
}

/** What the engine can still admit, as base64 in a record, whatever an operator asks for. */
export const MOST_BYTES: number = 16 * 1024 * 1024;

/** The longest that an entry of a grant may say, in milliseconds. */
export const MOST_TIME = 3_600_000;

export const DEFAULT_LIMITS: EgressLimits = {
  connect: 10_000,
  headers: 30_000,
  total: 60_000,
  bytes: 8 * 1024 * 1024,
  redirects: 5,
};

export interface BoundsOptions {
  /** The host's own; DEFAULT_LIMITS where it has none. */
  readonly limits?: Partial<EgressLimits> | undefined;
  /** What entries of the grant say. */
  readonly bounds?: GrantBounds | undefined;
  /** What no request may exceed, whatever a grant says. */
  readonly ceiling?: Partial<EgressLimits> | undefined;
}

/** The bounds of one run's requests. */
export class Bounds {
  readonly #own: EgressLimits;
  readonly #said: GrantBounds;
  /** What no request may exceed. */
  readonly most: EgressLimits;

  constructor({ limits, bounds = {}, ceiling }: BoundsOptions) {
    this.#own = { ...DEFAULT_LIMITS, ...limits };
    this.#said = bounds;
    const { connect, redirects } = this.#own;
    const highest = { connect, headers: MOST_TIME, total: MOST_TIME, bytes: MOST_BYTES, redirects };
    this.most = least(highest, { ...highest, ...ceiling });
  }

  /** Of what no entry is about. */
  own(): EgressLimits {
    return this.#of([]);
  }

  http(method: string, target: Target): EgressLimits {
    const { http = [] } = this.#said;
    return this.#of(
      http.filter((entry) => whyNotGranted({ http: [entry] }, method, target) === undefined),
    );
  }

  /** Of a call of MCP; one that says how long it takes has that time for its whole exchange (WF-61). */
  mcp(call: Callable, timeout?: number): EgressLimits {
    const { mcp = [] } = this.#said;
    const limits = this.#of(mcp.filter((entry) => mayCall({ mcp: [entry] }, call)));
    if (timeout === undefined) return limits;
    return least({ ...limits, total: timeout, headers: timeout }, this.most);
  }

  model(limits: RequestBounds | undefined): EgressLimits {
    return this.#of(limits === undefined ? [] : [{ limits }]);
  }

  #of(entries: readonly { readonly limits: RequestBounds }[]): EgressLimits {
    const largest = (name: keyof RequestBounds): number | undefined => {
      const said = entries.flatMap(({ limits }) => limits[name] ?? []);
      return said.length === 0 ? undefined : Math.max(...said);
    };
    const { headers, total, bytes } = this.#own;
    const asked = {
      ...this.#own,
      // Who waits longer for the whole waits as long for its beginning.
      headers: largest("headers") ?? largest("total") ?? headers,
      total: largest("total") ?? total,
      bytes: largest("bytes") ?? bytes,
    };
    return least(asked, this.most);
  }
}

function least(a: EgressLimits, b: EgressLimits): EgressLimits {
  return {
    connect: Math.min(a.connect, b.connect),
    headers: Math.min(a.headers, b.headers),
    total: Math.min(a.total, b.total),
    bytes: Math.min(a.bytes, b.bytes),
    redirects: Math.min(a.redirects, b.redirects),
  };
}
