// A resolver of one tenant's names (GRANT-25). The system's own has two threads for the whole process and cannot be told to
// stop: one tenant's silent name server would keep all others waiting.
import { Resolver } from "node:dns/promises";
import { systemCode } from "../../files/files.ts";
import type { Address, AddressLookup } from "./address.ts";
import { orAborted } from "./deadline.ts";

export interface NameOptions {
  /** Name servers, `ADDRESS` or `ADDRESS:PORT`; those of the system without it. */
  readonly servers?: readonly string[];
  /** Names that are looked up at a time; 16 without it. */
  readonly atOnce?: number;
  /** Names that are kept at most; 1000 without it. */
  readonly most?: number;
  /** Milliseconds that only grow; the machine's own without it. */
  readonly clock?: () => number;
}

/** Longest time that an answer is kept, in seconds, whatever it says. */
const LONGEST_KEPT = 300;
/** Milliseconds until a name server is asked again, and how often each is. */
const TIMEOUT = 2000;
const TRIES = 2;

interface Found {
  readonly addresses: readonly Address[];
  /** Seconds that it may be kept. */
  readonly ttl: number;
}

interface Flight {
  readonly found: Promise<Found>;
  readonly stop: AbortController;
  users: number;
}

/**
 * A look-up for `lookup` of RunOptions, one for each tenant.
 *
 * Guarantees: at most `atOnce` names are asked for at a time, each by one query for all who want it, which ends when no one
 * wants it any more; an answer is kept as long as all of its records last, at most 300 s, and `most` of them; whether an
 * address is public is checked at each use and never kept. It asks name servers alone: no `/etc/hosts`, no search domains;
 * `localhost` and names below it are this machine.
 *
 * @example
 * const lookup = createLookup({ servers: ["192.0.2.53"], atOnce: 4 });
 * const given = { engine: createEngine(), pack, input, recorder: memoryRecorder(), lookup };
 * (await run(given)).status; // → "completed"
 */
export function createLookup(options: NameOptions = {}): AddressLookup {
  const { servers, atOnce = 16, most = 1000, clock = () => performance.now() } = options;
  const kept = new Map<
    string,
    { readonly addresses: readonly Address[]; readonly until: number }
  >();
  const flights = new Map<string, Flight>();
  const places = new Places(atOnce);

  const keep = (name: string, { addresses, ttl }: Found): void => {
    if (ttl <= 0) return;
    kept.delete(name);
    kept.set(name, { addresses, until: clock() + Math.min(ttl, LONGEST_KEPT) * 1000 });
    for (const oldest of kept.keys()) {
      if (kept.size <= most) break;
      kept.delete(oldest);
    }
  };

  const fly = (name: string): Flight => {
    const stop = new AbortController();
    const found = places.within(stop.signal, () => query(name, servers, stop.signal));
    const flight = { found, stop, users: 0 };
    flights.set(name, flight);
    const end = (): void => {
      if (flights.get(name) === flight) flights.delete(name);
    };
    found.then((answer) => {
      end();
      keep(name, answer);
    }, end);
    return flight;
  };

  return async (hostname, signal) => {
    const name = hostname.toLowerCase();
    if (/(?:^|\.)localhost$/.test(name)) return LOOPBACK;
    const known = kept.get(name);
    if (known !== undefined && clock() < known.until) return known.addresses;
    const flight = flights.get(name) ?? fly(name);
    flight.users += 1;
    try {
      const { addresses } = await (signal ? orAborted(flight.found, signal) : flight.found);
      return addresses;
    } finally {
      flight.users -= 1;
      if (flight.users === 0) {
        // Who comes from now on begins anew.
        if (flights.get(name) === flight) flights.delete(name);
        flight.stop.abort(new Error("no one waits for the name any more"));
      }
    }
  };
}

const LOOPBACK: readonly Address[] = [
  { address: "127.0.0.1", family: 4 },
  { address: "::1", family: 6 },
];

/** Both families of a name, of name servers. */
async function query(
  name: string,
  servers: readonly string[] | undefined,
  signal: AbortSignal,
): Promise<Found> {
  // One for each name: it cancels all that it was asked.
  const resolver = new Resolver({ timeout: TIMEOUT, tries: TRIES });
  if (servers !== undefined) resolver.setServers(servers);
  const cancel = (): void => resolver.cancel();
  signal.addEventListener("abort", cancel, { once: true });
  try {
    const [v4, v6] = await Promise.allSettled([
      resolver.resolve4(name, { ttl: true }),
      resolver.resolve6(name, { ttl: true }),
    ]);
    signal.throwIfAborted();
    const records = [
      ...(v4.status === "fulfilled" ? v4.value.map((one) => ({ ...one, family: 4 })) : []),
      ...(v6.status === "fulfilled" ? v6.value.map((one) => ({ ...one, family: 6 })) : []),
    ];
    const errors = [v4, v6].flatMap((one) => (one.status === "rejected" ? [one.reason] : []));
    const unclear = errors.find((error) => !DEFINITE.has(systemCode(error)));
    if (records.length === 0) throw asLookup(unclear ?? errors[0]);
    return {
      addresses: records.map(({ address, family }) => ({ address, family })),
      // A family of which nothing is known may have more to say.
      ttl: unclear === undefined ? Math.min(...records.map(({ ttl }) => ttl)) : 0,
    };
  } finally {
    signal.removeEventListener("abort", cancel);
  }
}

/** Answers of a name server: there is no such name, or nothing of the kind, or it is no name. */
const DEFINITE: ReadonlySet<string> = new Set(["ENOTFOUND", "ENODATA", "EBADNAME"]);

/** The same in the words of the system's resolver, which the rest of the egress knows: no answer is trouble (GRANT-17). */
function asLookup(cause: unknown): Error {
  const code = systemCode(cause);
  const known = DEFINITE.has(code) ? "ENOTFOUND" : code === "ENOMEM" ? "EAI_MEMORY" : "EAI_AGAIN";
  const error = new Error(`the name server: ${code}`, { cause });
  return Object.assign(error, { code: known, syscall: "getaddrinfo" });
}

/** Work of which so much is under way at a time, first in, first out. */
class Places {
  #free: number;
  readonly #waiting = new Set<() => void>();

  constructor(count: number) {
    this.#free = count;
  }

  async within<T>(signal: AbortSignal, work: () => Promise<T>): Promise<T> {
    if (this.#free > 0) this.#free -= 1;
    else await this.#turn(signal);
    try {
      signal.throwIfAborted();
      return await work();
    } finally {
      const [next] = this.#waiting;
      if (next === undefined) this.#free += 1;
      else next();
    }
  }

  #turn(signal: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      const leave = (): void => {
        this.#waiting.delete(begin);
        signal.removeEventListener("abort", stop);
      };
      const begin = (): void => {
        leave();
        resolve();
      };
      const stop = (): void => {
        leave();
        reject(signal.reason as Error);
      };
      this.#waiting.add(begin);
      signal.addEventListener("abort", stop, { once: true });
    });
  }
}
